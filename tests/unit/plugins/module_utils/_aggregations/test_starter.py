# Copyright (c) 2026, the sailpoint.isc contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Starting exactly once: a made-up tenant, in which launches are refused and answers lost at will, and a fake clock."""

from __future__ import annotations

import dataclasses
import time
import typing as t
from datetime import datetime, timezone

import pytest
from ansible_collections.sailpoint.isc.plugins.module_utils._aggregations.operations import (
    KINDS,
    Aggregations,
    Kind,
    Launch,
)
from ansible_collections.sailpoint.isc.plugins.module_utils._aggregations.starter import (
    NotWanted,
    Start,
    Starter,
    Turn,
    Wanted,
)
from ansible_collections.sailpoint.isc.plugins.module_utils._errors import IscError, RequestFailed
from ansible_collections.sailpoint.isc.plugins.module_utils._http.client import Client
from ansible_collections.sailpoint.isc.plugins.module_utils._sources.references import KnownSources, Reference
from ansible_collections.sailpoint.isc.plugins.module_utils._sources.sources import Sources
from ansible_collections.sailpoint.isc.plugins.module_utils._tasks.polling import Doubling, Waiter
from ansible_collections.sailpoint.isc.plugins.module_utils._tasks.records import Record
from ansible_collections.sailpoint.isc.plugins.module_utils._tasks.selection import Selection
from ansible_collections.sailpoint.isc.plugins.module_utils._tasks.statuses import TaskStatuses
from ansible_collections.sailpoint.isc.plugins.module_utils._tasks.wait import WaitFailed
from ansible_collections.sailpoint.isc.plugins.module_utils._time import format_timestamp
from ansible_collections.sailpoint.isc.tests.unit.fakes import FakeClock, Wire, connected, settings

NOW = 1_714_574_212.0
ACCOUNTS, ENTITLEMENTS = KINDS["accounts"], KINDS["entitlements"]
BUSY = "Another one runs."


def lost(**facts: t.Any) -> RequestFailed:
    """What a launch raises whose answer was lost."""
    facts = {"transient": True, "maybe_applied": True, **facts}
    return RequestFailed("failed", method="POST", url="http://127.0.0.1/sources/s/load-accounts", **facts)


@dataclasses.dataclass
class Tenant:
    """Tasks that run and end as time goes by, and launches that go as the script says.

    script: for each launch what becomes of it: "start", "refuse", or an exception; with "start and lose" it takes
    effect although it raises.
    shown_after: seconds until a started task is shown.
    """

    clock: FakeClock
    script: list[t.Any]
    shown_after: float = 0.0
    tasks: list[dict[str, t.Any]] = dataclasses.field(default_factory=list)
    launches: list[tuple[str, Kind, str | None, bool]] = dataclasses.field(default_factory=list)
    polls: int = 0
    blind: RequestFailed | None = None
    underway: dict[str, str] = dataclasses.field(default_factory=dict)
    on_launch: t.Callable[[], object] = lambda: None

    def add(
        self, name: str, kind: Kind = ACCOUNTS, age: float = 0, ends_in: float | None = None, **facts: t.Any
    ) -> None:
        now = self.clock.now()
        ends = None if ends_in is None else now + ends_in
        self.tasks.append({"id": name, "kind": kind, "created": now - age, "ends": ends, "shown": now, **facts})

    def launch(
        self,
        source_id: str,
        kind: Kind,
        file: str | None,
        disable_optimization: bool,
        before_each_try: t.Callable[[], None] = lambda: None,
    ) -> Launch:
        before_each_try()
        self.on_launch()
        self.launches.append((source_id, kind, file, disable_optimization))
        step = self.script.pop(0)
        name = f"started-{len(self.launches)}"
        if step in ("start", "start and lose"):
            self.add(name, kind, ends_in=60, shown=self.clock.now() + self.shown_after)
        if step == "start":
            return Launch({"id": name, "completed": None}, {"raw": name})
        if step == "refuse":
            return Launch({"id": "refused"}, {"success": False}, BUSY)
        raise lost() if step == "start and lose" else step

    def _shown(self, selection: Selection) -> list[Record]:
        self.polls += 1
        if self.blind:
            raise self.blind
        now = self.clock.now()
        found = []
        for task in sorted(self.tasks, key=lambda task: -task["created"]):
            over = task["ends"] is not None and task["ends"] <= now
            status = task.get("status", "SUCCESS") if over else None
            if task["shown"] > now or (selection.types and task["kind"].definition not in selection.types):
                continue
            if selection.completion_statuses and status not in selection.completion_statuses:
                continue
            found.append(
                {
                    **({} if task.get("nameless") else {"id": task["id"]}),
                    "uniqueName": "Aggregation",
                    "target": {"id": "s"},
                    "created": format_timestamp(task["created"]),
                    "completed": format_timestamp(task["ends"]) if over else None,
                    "completionStatus": status,
                }
            )
        return found

    def pending(self, selection: Selection) -> list[Record]:
        assert selection.source_ids == ["s"]
        return [task for task in self._shown(selection) if not task["completed"]][: selection.max_results]

    def listing(self, selection: Selection) -> list[Record]:
        assert selection.source_ids == ["s"]
        return [task for task in self._shown(selection) if task["completed"]][: selection.max_results]

    def lookup(self, ids: t.Sequence[str]) -> dict[str, Record]:
        return {record["id"]: record for record in self._shown(Selection()) if record.get("id") in ids}


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> FakeClock:
    """One clock for all: of the machine, of the waiting, of the tenant."""
    fake = FakeClock(NOW)
    monkeypatch.setattr(time, "time", fake.now)
    return fake


def starter(tenant: Tenant, timeout: float = 600, turn: Turn | None = None, **wanted: t.Any) -> Starter:
    client = Client(settings(), transport=connected(Wire(), tenant.clock))
    # The server's clock as answers tell it: without what is beyond the second.
    client.transport.server_time = datetime.fromtimestamp(int(tenant.clock.now()), timezone.utc)
    tenant.underway = client.underway
    return Starter(
        client,
        t.cast(TaskStatuses, tenant),
        t.cast(Aggregations, tenant),
        Wanted(Reference("s", wanted.pop("source_name", None)), wanted.pop("kind", ACCOUNTS), **wanted),
        Waiter(timeout, Doubling(2, 30), tenant.clock),
        turn or Turn(),
        KnownSources(Sources(client)),
    )


def run(tenant: Tenant, **facts: t.Any) -> Start:
    return starter(tenant, **facts).run()


def test_it_is_started_once_where_nothing_runs(clock: FakeClock) -> None:
    tenant = Tenant(clock, ["start"])
    tenant.add("other-kind", ENTITLEMENTS, age=5)
    start = run(tenant, file="/a.csv", disable_optimization=True)
    assert start == Start("started", {"id": "started-1", "completed": None}, {"raw": "started-1"})
    assert tenant.launches == [("s", ACCOUNTS, "/a.csv", True)]


@pytest.mark.parametrize(
    ("facts", "max_age", "action"),
    [
        ({"age": 100, "ends_in": -50}, 60, "skipped"),
        ({"age": 100, "ends_in": -50}, 50, "started"),
        ({"age": 100, "ends_in": -50}, None, "started"),
        ({"age": 100, "ends_in": -50, "status": "WARNING"}, 60, "started"),
        ({"age": 100, "ends_in": -50, "kind": ENTITLEMENTS}, 60, "started"),
    ],
)
def test_a_success_that_is_young_enough_will_do(
    facts: dict[str, t.Any], max_age: float | None, action: str, clock: FakeClock
) -> None:
    tenant = Tenant(clock, ["start"])
    tenant.add("before", **facts)
    planned = starter(tenant, max_age=max_age).planned()
    start = run(tenant, max_age=max_age)
    assert (planned.action, start.action) == (action, action)
    assert len(tenant.launches) == (action == "started")
    if action == "skipped":
        assert start.task is not None
        assert start.task["id"] == "before"
        assert start.note == "Aggregation (before) succeeded at 2024-05-01T14:36:02.000Z."


def test_what_runs_makes_it_fail_or_is_what_on_busy_says(clock: FakeClock) -> None:
    tenant = Tenant(clock, [])
    tenant.add("running", age=5)
    with pytest.raises(
        IscError, match=r"The source is busy: Aggregation \(running\) has been running since 2024-05-01T14"
    ):
        run(tenant)
    for on_busy, action in (("skip", "skipped"), ("adopt", "adopted")):
        for start in (run(tenant, on_busy=on_busy), starter(tenant, on_busy=on_busy).planned()):
            assert start.action == action
            assert start.task is not None
            assert start.task["id"] == "running"
    assert starter(tenant, on_busy="wait").planned().action == "started"
    assert tenant.launches == []
    assert clock.pauses == []


def test_waiting_lets_the_running_one_finish_however_it_ends(clock: FakeClock) -> None:
    tenant = Tenant(clock, ["start"])
    tenant.add("running", ends_in=100, status="ERROR")
    assert run(tenant, on_busy="wait").action == "started"
    assert NOW + 100 <= clock.now() < NOW + 130
    assert len(tenant.launches) == 1


def test_waiting_ends_with_the_timeout(clock: FakeClock) -> None:
    tenant = Tenant(clock, [])
    tenant.add("running", ends_in=100)
    with pytest.raises(
        IscError, match=r"^Timed out after 30 s: 1 of 1 task still pending: .*; nothing was started, because"
    ):
        run(tenant, on_busy="wait", timeout=30)
    assert clock.now() == NOW + 30


def test_a_wait_that_is_refused_says_so(clock: FakeClock) -> None:
    tenant = Tenant(clock, [])
    tenant.add("running", ends_in=100)
    lookup = RequestFailed("failed with status 403", method="GET", url="http://127.0.0.1/task-status", status=403)
    tenant.lookup = _raising(lookup)  # type: ignore[method-assign]
    with pytest.raises(WaitFailed, match=r"failed with status 403\.$"):
        run(tenant, on_busy="wait")


def _raising(error: Exception) -> t.Callable[..., t.NoReturn]:
    def fail(*_facts: t.Any) -> t.NoReturn:
        raise error

    return fail


def test_the_timeout_begins_with_the_run_and_the_turn_costs_nothing_of_it(clock: FakeClock) -> None:
    class Slow(Turn):
        def wait(self) -> None:
            clock.sleep(100)

    tenant = Tenant(clock, ["start"])
    aggregation = starter(tenant, timeout=30, turn=Slow())
    clock.sleep(1000)
    begin = clock.now()
    aggregation.run()
    assert clock.now() == begin + 100
    assert aggregation.waiter().deadline() == begin + 130
    assert aggregation.waiter().timeout == 30


@pytest.mark.parametrize(("on_busy", "launches"), [("fail", 1), ("skip", 1), ("adopt", 2), ("wait", 2)])
def test_a_groundless_refusal_is_questioned_once_at_the_most(on_busy: str, launches: int, clock: FakeClock) -> None:
    tenant = Tenant(clock, ["refuse"] * 10)
    with pytest.raises(IscError, match=f"^The tenant did not start the aggregation: {BUSY}$"):
        run(tenant, on_busy=on_busy)
    assert len(tenant.launches) == launches
    assert clock.pauses == [2] * (launches - 1)


def test_one_that_had_just_ended_when_the_launch_was_refused_is_no_obstacle(clock: FakeClock) -> None:
    tenant = Tenant(clock, ["refuse", "start"])
    assert run(tenant, on_busy="wait").action == "started"
    assert len(tenant.launches) == 2


@pytest.mark.parametrize("on_busy", ["fail", "skip", "adopt", "wait"])
def test_one_that_is_seen_only_after_the_refusal_counts_as_running(on_busy: str, clock: FakeClock) -> None:
    class Raced(Tenant):
        def launch(self, *facts: t.Any) -> Launch:
            if not self.launches:
                self.add("raced", ends_in=10)
            return super().launch(*facts)

    tenant = Raced(clock, ["refuse", "start"])
    if on_busy == "fail":
        with pytest.raises(IscError, match=r"The source is busy: Aggregation \(raced\)"):
            run(tenant)
    else:
        start = run(tenant, on_busy=on_busy)
        assert start.action == {"skip": "skipped", "adopt": "adopted", "wait": "started"}[on_busy]
        assert start.task is not None
        assert start.task["id"] == ("started-2" if on_busy == "wait" else "raced")
    assert len(tenant.launches) == (2 if on_busy == "wait" else 1)


@pytest.mark.parametrize("on_busy", ["adopt", "wait"])
def test_one_of_another_kind_is_never_adopted_but_let_finish(on_busy: str, clock: FakeClock) -> None:
    tenant = Tenant(clock, ["refuse", "start"])
    tenant.add("groups", ENTITLEMENTS, ends_in=10)
    start = run(tenant, on_busy=on_busy)
    assert start.action == "started"
    assert start.task is not None
    assert start.task["id"] == "started-2"
    assert clock.now() >= NOW + 10


def test_refusals_without_end_are_bounded_by_the_timeout(clock: FakeClock) -> None:
    class Busy(Tenant):
        def launch(self, *facts: t.Any) -> Launch:
            self.add(f"groups-{len(self.launches)}", ENTITLEMENTS, ends_in=10)
            return super().launch(*facts)

    tenant = Busy(clock, ["refuse"] * 1000)
    with pytest.raises(IscError, match="Timed out"):
        run(tenant, on_busy="wait", timeout=100)
    assert clock.now() <= NOW + 130
    assert len(tenant.launches) < 20


@pytest.mark.parametrize("shown_after", [0, 0.5, 2.5, 15, 50, 400])
@pytest.mark.parametrize("ends", [False, True])
def test_a_lost_launch_is_looked_for_and_never_sent_again(shown_after: float, ends: bool, clock: FakeClock) -> None:
    tenant = Tenant(clock, ["start and lose"], shown_after=shown_after)
    tenant.add("before", age=100, ends_in=-50)
    if ends:
        launch = tenant.launch
        tenant.launch = lambda *facts: _ended(tenant, launch, *facts)  # type: ignore[method-assign]
    start = run(tenant)
    assert start.action == "started"
    assert start.task is not None
    assert start.task["id"] == "started-1"
    assert bool(start.task["completed"]) is (ends or shown_after > 30)
    assert start.answer is None
    (warning,) = start.warnings
    assert warning == (
        "The answer to the launch was lost; Aggregation (started-1), created right after it, is assumed to be the "
        "started task."
    )
    assert len(tenant.launches) == 1
    assert tenant.underway == {"started-1": "Aggregation (started-1)"}
    assert clock.pauses == [1, 2, 4, 8, 16, *[30] * 20][: len(clock.pauses)]


@pytest.mark.parametrize(("timeout", "polls_for"), [(10, 60), (60, 60), (300, 300)])
@pytest.mark.parametrize("facts", [{}, {"transient": False}, {"status": 504}, {"retry_after": 7}])
def test_a_launch_that_is_not_found_is_given_up_when_the_time_is_up(
    timeout: float, polls_for: float, facts: dict[str, t.Any], clock: FakeClock
) -> None:
    tenant = Tenant(clock, [lost(**facts)])
    with pytest.raises(RequestFailed) as failure:
        run(tenant, timeout=timeout)
    assert failure.value.method == "POST"
    assert str(failure.value).endswith(
        "no started aggregation was found, but one may be running: check with "
        'pending_tasks_info (source_ids: ["s"]) before you run this again, or run it with on_busy: adopt.'
    )
    assert clock.now() == NOW + polls_for
    assert len(tenant.launches) == 1
    assert tenant.underway == {}


@pytest.mark.parametrize(
    ("facts", "waits"),
    [({"status": 403}, False), ({"status": 401}, False), ({"status": 503, "transient": True}, True)],
)
def test_where_it_cannot_be_looked_for_the_failure_says_that_one_may_be_running(
    facts: dict[str, t.Any], waits: bool, clock: FakeClock
) -> None:
    tenant = Tenant(clock, ["start and lose"])
    blind = RequestFailed("failed", method="GET", url="http://127.0.0.1/task-status", advice="no", **facts)
    tenant.on_launch = lambda: setattr(tenant, "blind", blind)
    with pytest.raises(RequestFailed, match="so an aggregation may be running: check with pending"):
        run(tenant, timeout=90)
    assert len(tenant.launches) == 1
    assert clock.now() == (NOW + 90 if waits else NOW)


def test_a_fault_that_passes_does_not_end_the_looking(clock: FakeClock) -> None:
    tenant = Tenant(clock, ["start and lose"], shown_after=20)
    blind = RequestFailed("failed", method="GET", url="http://127.0.0.1/task-status", status=503, transient=True)
    tenant.on_launch = lambda: setattr(tenant, "blind", blind)
    shown = tenant._shown

    def seeing_again(selection: Selection) -> list[Record]:
        if clock.now() > NOW + 10:
            tenant.blind = None
        return shown(selection)

    tenant._shown = seeing_again  # type: ignore[method-assign]
    start = run(tenant)
    assert start.task is not None
    assert start.task["id"] == "started-1"


def test_the_first_one_after_the_launch_is_taken_where_there_are_more(clock: FakeClock) -> None:
    tenant = Tenant(clock, ["start and lose"], shown_after=100)
    tenant.on_launch = lambda: tenant.add("somebody-else-s", age=-70, shown=NOW + 100)
    start = run(tenant)
    assert start.task is not None
    assert start.task["id"] == "started-1"


def test_one_without_an_id_is_taken_for_nothing_and_waited_for_by_nobody(clock: FakeClock) -> None:
    tenant = Tenant(clock, [lost()])
    tenant.on_launch = lambda: tenant.add("new", nameless=True)
    with pytest.raises(RequestFailed, match="one may be running"):
        run(tenant)
    tenant = Tenant(clock, [])
    tenant.add("running", nameless=True)
    for on_busy in ("wait", "adopt"):
        with pytest.raises(
            IscError, match="cannot be waited for, because the tenant did not return the id of the task"
        ):
            run(tenant, on_busy=on_busy)
    assert run(tenant, on_busy="skip").action == "skipped"


class Stopping(Turn):
    """A turn that ends at some moment on the clock, and what was asked of it."""

    def __init__(self, clock: FakeClock, seconds: float) -> None:
        self.clock = clock
        self.ends_at = clock.now() + seconds
        self.passed_at: list[float] = []

    def wait(self) -> None:
        self.check()

    def check(self) -> None:
        if self.clock.now() >= self.ends_at:
            raise NotWanted("Another one failed.")

    def pass_on(self) -> None:
        self.passed_at.append(self.clock.now() - NOW)


def test_nothing_is_started_once_it_is_not_wanted_any_more(clock: FakeClock) -> None:
    tenant = Tenant(clock, ["start"] * 3)
    with pytest.raises(NotWanted):
        run(tenant, turn=Stopping(clock, 0))
    tenant.add("running", ends_in=500)
    turn = Stopping(clock, 20)
    with pytest.raises(NotWanted):
        run(tenant, turn=turn, on_busy="wait")
    # It does not wait for what it will not follow, and whoever waits holds up nobody.
    assert clock.now() < NOW + 50
    assert turn.passed_at[0] == 0
    assert tenant.launches == []


def test_a_launch_is_looked_for_though_nothing_more_is_wanted_and_holds_up_nobody(clock: FakeClock) -> None:
    tenant = Tenant(clock, ["start and lose"], shown_after=50)
    turn = Stopping(clock, 10)
    assert run(tenant, turn=turn).action == "started"
    assert turn.passed_at == [0]


@pytest.mark.parametrize(("on_busy", "passes"), [("skip", []), ("adopt", [0])])
def test_what_is_skipped_holds_its_place_and_what_is_waited_for_does_not(
    on_busy: str, passes: list[float], clock: FakeClock
) -> None:
    tenant = Tenant(clock, [])
    tenant.add("running")
    turn = Stopping(clock, 10)
    run(tenant, turn=turn, on_busy=on_busy)
    assert turn.passed_at == passes


def test_the_source_is_called_as_the_caller_calls_it(clock: FakeClock) -> None:
    tenant = Tenant(clock, ["start and lose"])
    tenant.add("running", ends_in=50)
    name = r"Aggregation of People \(running\)"
    with pytest.raises(IscError, match=f"The source is busy: {name} has been"):
        run(tenant, source_name="People")
    assert "Aggregation of People (running) is" in run(tenant, source_name="People", on_busy="skip").note
    clock.sleep(60)
    start = run(tenant, source_name="People", max_age=60)
    assert start.note.startswith("Aggregation of People (running) succeeded at 2024-05-01T")
    assert start.task is not None
    assert start.task["target"] == {"id": "s"}
    assert "Aggregation of People (started-1), created" in run(tenant, source_name="People").warnings[0]


def _ended(tenant: Tenant, launch: t.Callable[..., Launch], *facts: t.Any) -> Launch:
    try:
        return launch(*facts)
    finally:
        tenant.tasks[-1]["ends"] = tenant.clock.now()


@pytest.mark.parametrize("facts", [{"status": 403}, {"status": 400}, {"transient": False}])
def test_a_launch_that_was_refused_for_certain_is_looked_for_nowhere(facts: dict[str, t.Any], clock: FakeClock) -> None:
    tenant = Tenant(clock, [lost(maybe_applied=False, **facts)])
    with pytest.raises(RequestFailed):
        run(tenant)
    # One poll, before the launch, for what is running.
    assert tenant.polls == 1
    assert clock.pauses == []


@pytest.mark.parametrize("age", [100, 1.5, 3600])
def test_a_task_of_before_the_launch_is_never_adopted(age: float, clock: FakeClock) -> None:
    clock.sleep(0.9)
    tenant = Tenant(clock, [lost()])
    tenant.add("before", age=age, ends_in=-0.01)
    with pytest.raises(RequestFailed, match="no started aggregation was found"):
        run(tenant)


def test_one_that_was_let_finish_within_the_second_is_not_adopted(clock: FakeClock) -> None:
    """The server tells the time in whole seconds, so that this one was created after what it told last."""
    clock.sleep(0.1)
    tenant = Tenant(clock, [lost()])
    tenant.add("running", ends_in=2)
    with pytest.raises(RequestFailed, match="no started aggregation was found"):
        run(tenant, on_busy="wait")


def test_the_server_s_clock_decides_and_not_the_one_here(clock: FakeClock, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(time, "time", lambda: clock.now() + 3600)
    tenant = Tenant(clock, ["start and lose"])
    start = run(tenant)
    assert start.task is not None
    assert start.task["id"] == "started-1"
