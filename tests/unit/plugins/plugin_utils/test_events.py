# Copyright (c) 2026, the sailpoint.isc contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which events follow from which polls, for any history of tasks, polled at any times, with faults between."""

from __future__ import annotations

import dataclasses
import itertools
import json
from typing import Any

import pytest
from ansible_collections.sailpoint.isc.plugins.module_utils._tasks.records import FAILED_STATUSES, created_at
from ansible_collections.sailpoint.isc.plugins.module_utils._time import format_timestamp
from ansible_collections.sailpoint.isc.plugins.plugin_utils._events import KINDS, Event, Poll, Timeline
from hypothesis import given
from hypothesis import strategies as st

# Seconds since 1970 at which histories begin
START = 1_800_000_000.0
STUCK_AFTER = 3600.0
DAY = 86400


@dataclasses.dataclass(frozen=True)
class Task:
    """created, seconds: when it began, counted from START, and how long it runs; None: for ever.

    late: seconds until it can be seen.  gap: seconds from `completed` to `completionStatus`.
    """

    id: str
    created: float
    seconds: float | None
    status: str = "SUCCESS"
    late: float = 0
    gap: float = 0

    @property
    def end(self) -> float | None:
        return None if self.seconds is None else self.created + self.seconds

    def record(self, now: float) -> dict[str, Any]:
        ended, settled = (self.end is not None and now >= self.end + more for more in (0, self.gap))
        return {
            "id": self.id,
            "created": format_timestamp(START + self.created),
            "completed": format_timestamp(START + (self.end or 0)) if ended else None,
            "completionStatus": self.status if settled else None,
        }


@dataclasses.dataclass
class Tenant:
    """The tasks of a tenant, as its API shows them.

    lists_all: its list shows pending tasks too.  pause: seconds from one request of a poll to the next.
    hides: tasks with one of `completed` and `completionStatus` are neither pending nor in the list of completed ones.
    ages: how many seconds ago the next answers were right; then all are.  slow: seconds that its clock seems late.
    """

    tasks: list[Task]
    lists_all: bool = False
    pause: float = 0.0
    hides: bool = False
    ages: list[float] = dataclasses.field(default_factory=list)
    slow: float = 0.0

    def poll(self, timeline: Timeline, now: float) -> Poll:
        """A look at the tenant that begins now; nothing is read that need not be."""
        pending = [
            record
            for record in self._records(now)
            if not (record["completed"] if self.hides else record["completionStatus"])
        ]
        later = now + self.pause
        listed = [
            record
            for record in self._records(later)
            if (self.lists_all or record["completionStatus"] or (record["completed"] and not self.hides))
            and (created_at(record) or 0) > timeline.horizon
            and timeline.concerns(record)
        ]
        missing = timeline.missing(pending, listed, beat=later)
        last = later + self.pause
        looked_up = [record for record in self._records(last) if record["id"] in missing]
        return Poll(pending, listed, looked_up, START + last - self.slow, last, last - now)

    def _records(self, now: float) -> list[dict[str, Any]]:
        now -= self.ages.pop() if self.ages else 0
        visible = [task for task in self.tasks if task.created + task.late <= now]
        return [task.record(now) for task in sorted(visible, key=lambda task: -task.created)]


def happened(task: Task, since: float, first_poll: float, end: float, stuck_after: float = STUCK_AFTER) -> set[str]:
    """The kinds of events of a task that are to be given by polls from the first one to the end."""
    kinds = {"started"} if task.created >= since else set()
    over = task.end is not None and task.end <= end
    stuck = task.created + stuck_after
    pending_at_first = task.created + task.late <= first_poll and (task.end is None or task.end + task.gap > first_poll)
    if stuck <= (task.end if over and task.end is not None else end) and stuck != task.end:
        kinds |= {"stuck"} if stuck >= since or pending_at_first else set()
    if over and task.end is not None and task.end >= since:
        kinds.add("completed")
        kinds |= {"failed"} if task.status in FAILED_STATUSES else set()
        kinds |= {"warned"} if task.status == "WARNING" else set()
    return kinds


def milliseconds(least: float, most: float) -> st.SearchStrategy[float]:
    return st.integers(int(least * 1000), int(most * 1000)).map(lambda number: number / 1000)


STATUSES = st.sampled_from(["SUCCESS", "WARNING", "ERROR", "TERMINATED", "TEMPERROR", "PARTIAL"])


# Where much happens within few seconds: from when on tasks begin, until when, how long they run, and between two polls
MINUTES = (-120.0, 900.0, 600.0, 300.0)
DAYS = (-3.0 * DAY, DAY / 2, 3.0 * DAY, 4 * 3600.0)
Pauses = list[tuple[float, bool]]


def tasks(scale: tuple[float, ...], *, late: float = 0, gap: float = 0) -> st.SearchStrategy[list[Task]]:
    """Histories on a scale, with tasks from before it."""
    first, last, longest, _pause = scale
    one = st.tuples(
        milliseconds(first, last),
        st.one_of(st.none(), milliseconds(0, 60), milliseconds(0, longest)),
        STATUSES,
        milliseconds(0, late),
        milliseconds(0, gap),
    )
    return st.lists(one, max_size=12).map(
        lambda found: [Task(f"t{number}", *facts) for number, facts in enumerate(found)]
    )


def polls_of(scale: tuple[float, ...], shortest: float = 0.1) -> st.SearchStrategy[Pauses]:
    """How long it is from one poll to the next, and whether a fault keeps what it has seen from arriving."""
    return st.lists(st.tuples(milliseconds(shortest, scale[-1]), st.booleans()), max_size=12)


def histories(
    *, late: float = 0, gap: float = 0, shortest: float = 0.1
) -> st.SearchStrategy[tuple[list[Task], Pauses]]:
    """Tasks, and when they are polled."""
    scales = [st.tuples(tasks(scale, late=late, gap=gap), polls_of(scale, shortest)) for scale in (MINUTES, DAYS)]
    return st.one_of(scales)


def moments(polls: Pauses, first: float = 0.0) -> Pauses:
    """When polls are made, and which arrive: the first one does, and some in the end, after all is over."""
    times = list(itertools.accumulate((pause for pause, _fault in polls), initial=first))
    arrives = [True, *(not fault for _pause, fault in polls)]
    end = times[-1] + 4 * DAY
    return [*zip(times, arrives), (end, True), (end + 100, True)]


def watch(tenant: Tenant, timeline: Timeline, polls: Pauses, *, restarts: bool = False) -> list[Event]:
    """All events of all polls, in the order in which they are given."""
    given_events: list[Event] = []
    for now, arrives in polls:
        poll = tenant.poll(timeline, now)
        if not arrives:
            continue
        events = timeline.take(poll)
        assert [event.moment for event in events] == sorted(event.moment for event in events)
        for event in events:
            timeline.told(event)
        given_events += events
        if restarts:
            state = json.loads(json.dumps(timeline.state()))
            timeline = Timeline.restored(state, KINDS, STUCK_AFTER)
    return given_events


def seen(tasks: list[Task]) -> list[Task]:
    """Without those that began long before the first poll, and end in the very moment of its first request."""
    return [task for task in tasks if task.created > -60 or task.end != 0]


def kinds_by_id(events: list[Event]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for event in events:
        found.setdefault(event.task_id, []).append(event.kind)
    return {key: sorted(kinds) for key, kinds in found.items()}


def expected(tasks: list[Task], since: float, polls: Pauses) -> dict[str, list[str]]:
    found = {task.id: sorted(happened(task, since, polls[0][0], polls[-1][0])) for task in tasks}
    return {key: kinds for key, kinds in found.items() if kinds}


@given(histories(), st.booleans(), st.booleans())
def test_gives_every_event_once_and_in_the_order_of_time(
    history: tuple[list[Task], Pauses], lists_all: bool, restarts: bool
) -> None:
    tasks, pauses = history
    polls = moments(pauses)
    tasks = seen(tasks)
    events = watch(Tenant(tasks, lists_all), Timeline(KINDS, STUCK_AFTER, START), polls, restarts=restarts)
    assert kinds_by_id(events) == expected(tasks, 0.0, polls)
    assert [event.moment for event in events] == sorted(event.moment for event in events)


@given(histories(late=59, gap=20), st.booleans(), milliseconds(0, 15))
def test_gives_every_event_once_while_tasks_change_between_the_requests_of_a_poll(
    history: tuple[list[Task], Pauses], lists_all: bool, pause: float
) -> None:
    tasks, pauses = history
    polls = moments(pauses)
    tasks = seen(tasks)
    events = watch(Tenant(tasks, lists_all, pause), Timeline(KINDS, STUCK_AFTER, START), polls)
    assert kinds_by_id(events) == expected(tasks, 0.0, polls)


@given(histories(late=59, gap=20), st.booleans(), milliseconds(0, 2 * DAY))
def test_gives_what_happened_since_an_earlier_time(
    history: tuple[list[Task], Pauses], lists_all: bool, back: float
) -> None:
    tasks, pauses = history
    polls = moments(pauses)
    timeline = Timeline(KINDS, STUCK_AFTER, START - back, read_back=True)
    assert kinds_by_id(watch(Tenant(tasks, lists_all), timeline, polls)) == expected(tasks, -back, polls)


@given(
    histories(late=20, gap=4, shortest=5),
    st.booleans(),
    st.lists(milliseconds(0, 4), max_size=40),
    milliseconds(0, 2),
)
def test_gives_every_event_once_although_answers_are_old_and_hide_what_just_ends(
    history: tuple[list[Task], Pauses], hides: bool, ages: list[float], slow: float
) -> None:
    tasks, pauses = history
    polls = moments(pauses)
    tasks = [task for task in tasks if task.created > -60 or task.end is None or not -4 <= task.end <= 0]
    tenant = Tenant(tasks, hides=hides, ages=ages, slow=slow)
    events = watch(tenant, Timeline(KINDS, STUCK_AFTER, START), polls)
    assert kinds_by_id(events) == expected(tasks, 0.0, polls)


@given(histories(late=59, gap=10), st.lists(st.booleans(), max_size=12), st.sets(st.sampled_from(KINDS), min_size=1))
def test_gives_again_only_what_was_given_after_the_state_was_saved(
    history: tuple[list[Task], Pauses], crashes: list[bool], kinds: set[str]
) -> None:
    """After some polls it is killed, and goes on with the state of the poll before."""
    tasks, pauses = history
    tasks = seen(tasks)
    tenant, timeline = Tenant(tasks), Timeline(kinds, STUCK_AFTER, START)
    polls = moments(pauses)
    given_events: list[Event] = []
    state: dict[str, Any] = {}
    for (now, _arrives), is_killed in itertools.zip_longest(polls, [False, *crashes][: len(polls) - 2]):
        state = json.loads(json.dumps(timeline.state()))
        events = timeline.take(tenant.poll(timeline, now))
        given_events += [event for event in events if not is_killed]
        for event in events:
            timeline.told(event)
        if is_killed:
            timeline = Timeline.restored(state, kinds, STUCK_AFTER)
    wanted = {key: sorted(kinds & set(found)) for key, found in expected(tasks, 0.0, polls).items()}
    assert kinds_by_id(given_events) == {key: found for key, found in wanted.items() if found}


@given(histories(gap=10))
def test_gives_again_only_what_was_not_told_before_it_was_stopped(history: tuple[list[Task], Pauses]) -> None:
    """Each event that is given is told or not, and the source is stopped after each poll."""
    tasks, pauses = history
    tasks = seen(tasks)
    tenant, timeline = Tenant(tasks), Timeline(KINDS, STUCK_AFTER, START)
    polls = moments(pauses)
    told: list[Event] = []
    for number, (now, _arrives) in enumerate([*polls, *((polls[-1][0] + 40 * more, True) for more in range(1, 40))]):
        events = timeline.take(tenant.poll(timeline, now))
        # Stopped after a part of them
        for event in events[: number % 3]:
            timeline.told(event)
            told.append(event)
        timeline = Timeline.restored(json.loads(json.dumps(timeline.state())), KINDS, STUCK_AFTER)
    assert kinds_by_id(told) == expected(tasks, 0.0, polls)


def test_looks_twice_for_what_was_in_neither_list_when_it_ended() -> None:
    tenant = Tenant([Task("a", 10.0, 190.0, gap=2.0), Task("newer", 150.0, None)], hides=True)
    timeline = Timeline({"completed"}, None, START)
    assert kinds_by_id(watch(tenant, timeline, [(0.0, True), (201.0, True), (231.0, True)])) == {"a": ["completed"]}


def test_an_old_answer_does_not_bring_back_what_has_ended() -> None:
    tenant, timeline = Tenant([Task("a", -3600.0, 3620.0)]), Timeline({"completed"}, None, START)
    assert len(watch(tenant, timeline, [(0.0, True), (30.0, True)])) == 1
    for now in (60.0, 90.0):
        tenant.ages = [now - 15.0]
        assert watch(tenant, timeline, [(now, True)]) == []
    assert watch(tenant, timeline, [(120.0, True), (150.0, True)]) == []


def test_remembers_no_more_than_is_pending_or_new() -> None:
    """Ten thousand polls, in each of them a task that begins and ends, and one that runs for ever."""
    timeline = Timeline(KINDS, STUCK_AFTER, START)
    for_ever = Task("for ever", -10, None)
    sizes = []
    for number in range(10_000):
        recent = [Task(f"t{n:05}", n * 30.0, 12.0) for n in range(max(0, number - 4), number + 1)]
        events = _told(timeline, Tenant([for_ever, *recent]).poll(timeline, number * 30.0 + 20))
        assert 2 <= len(events) <= 3
        sizes.append(len(timeline.state()["open"]) + len(timeline.state()["ended"]) + len(timeline._marks))
    assert max(sizes) <= 10
    assert max(sizes[5000:]) <= max(sizes[:100])


@pytest.mark.parametrize("lists_all", [False, True])
def test_reads_one_page_when_many_ended_at_once_some_time_ago(lists_all: bool) -> None:
    tenant = Tenant([Task(f"t{number}", 10.0, 20.0) for number in range(300)], lists_all)
    timeline = Timeline({"completed"}, None, START)
    given_events = watch(tenant, timeline, [(number * 30.0, True) for number in range(8)])
    assert len(given_events) == 300
    assert len(tenant.poll(timeline, 300.0).listed) == 0


def test_gives_a_task_up_that_the_tenant_no_longer_knows() -> None:
    tenant, timeline = Tenant([Task("gone", -10, None)]), Timeline(KINDS, STUCK_AFTER, START)
    watch(tenant, timeline, [(0.0, True)])
    tenant.tasks.clear()
    asked = []
    for number in range(1, 60):
        asked.append(timeline.missing([], [], beat=number * 30.0))
        timeline.take(tenant.poll(timeline, number * 30.0))
    assert asked[0] == ["gone"]
    assert asked[-1] == []
    tenant.tasks.append(Task("gone", -10, 2000.0, "ERROR"))
    assert kinds_by_id(watch(tenant, timeline, [(1980.0, True), (2020.0, True)])) == {"gone": ["completed", "failed"]}


def test_takes_a_status_alone_as_the_end_after_a_while() -> None:
    timeline = Timeline({"failed"}, None, START)
    record = {"id": "a", "created": format_timestamp(START + 1), "completed": None, "completionStatus": "ERROR"}
    polls = [Poll([], [record], [], START + now, now) for now in (10.0, 30.0, 41.0, 60.0)]
    assert [len(_told(timeline, poll)) for poll in polls] == [0, 0, 1, 0]


def test_does_not_wait_for_a_status_that_never_comes() -> None:
    timeline = Timeline({"completed"}, None, START)
    half = {"id": "a", "created": format_timestamp(START + 1), "completed": format_timestamp(START + 2)}
    whole = {**half, "id": "b", "completed": format_timestamp(START + 3), "completionStatus": "SUCCESS"}
    polls = [Poll([half], [half, whole], [], START + now, now) for now in (10.0, 30.0, 41.0)]
    assert [len(_told(timeline, poll)) for poll in polls] == [0, 0, 1]


def test_a_date_in_the_future_hides_nothing() -> None:
    timeline = Timeline({"started"}, None, START)
    odd = Task("odd", 30 * DAY, None)
    tenant = Tenant([Task("a", 5, None), Task("b", 100, None)])
    polls = [tenant.poll(timeline, now) for now in (10.0, 200.0)]
    polls[0] = dataclasses.replace(polls[0], pending=[*polls[0].pending, odd.record(0)])
    given_events = [event.task_id for poll in polls for event in _told(timeline, poll)]
    assert set(given_events) >= {"a", "b"}


@pytest.mark.parametrize("record", [{}, {"id": None}, {"id": "x"}, {"id": "x", "created": "soon", "target": 5}])
def test_survives_odd_records(record: dict[str, Any]) -> None:
    timeline = Timeline(KINDS, STUCK_AFTER, START)
    ended = {**record, "completionStatus": "ERROR", "completed": "never"}
    for now in (1.0, 50.0, 100.0):
        timeline.take(Poll([record], [ended], [], START + now, now))
    assert json.dumps(timeline.state())


@pytest.mark.parametrize(
    "state", [{}, {"since": "x"}, {"since": 1, "horizon": 1, "newest": 1, "open": [], "ended": {}}]
)
def test_refuses_what_is_no_state(state: dict[str, Any]) -> None:
    with pytest.raises((AttributeError, KeyError, TypeError, ValueError)):
        Timeline.restored(state, KINDS, None)


def _told(timeline: Timeline, poll: Poll) -> list[Event]:
    events = timeline.take(poll)
    for event in events:
        timeline.told(event)
    return events
