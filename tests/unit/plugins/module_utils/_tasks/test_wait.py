# Copyright (c) 2026, the sailpoint.isc contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import time
import typing as t

import pytest
from ansible_collections.sailpoint.isc.plugins.module_utils._errors import IscError, RequestFailed
from ansible_collections.sailpoint.isc.plugins.module_utils._http.client import Client
from ansible_collections.sailpoint.isc.plugins.module_utils._progress import Progress
from ansible_collections.sailpoint.isc.plugins.module_utils._tasks.idle import IdleSources
from ansible_collections.sailpoint.isc.plugins.module_utils._tasks.polling import Doubling, Waiter
from ansible_collections.sailpoint.isc.plugins.module_utils._tasks.selection import Selection
from ansible_collections.sailpoint.isc.plugins.module_utils._tasks.wait import (
    IdsWatch,
    QuietWatch,
    Sightings,
    UnknownTasks,
    Wait,
    WaitFailed,
)
from ansible_collections.sailpoint.isc.tests.unit.fakes import FakeClock, Wire, connected, settings
from hypothesis import given
from hypothesis import strategies as st

Record = dict[str, t.Any]
FAIL_ON = ("ERROR", "TERMINATED", "TEMPERROR")
START = 1000.0


def record(task_id: str, status: str | None = None, **facts: t.Any) -> Record:
    completed = None if status is None else "2026-05-17T19:33:16.470Z"
    return {"id": task_id, "type": "QUARTZ", "completed": completed, "completionStatus": status, **facts}


class Tasks:
    """The tasks of a tenant, each known and pending from one time until another, when it ends with a status.

    plan: id -> (when it appears, when it ends, the status it ends with).  A fault is raised while one is set.
    """

    def __init__(self, clock: FakeClock, **plan: tuple[float, float, str]) -> None:
        self.clock = clock
        self.plan = plan
        self.asked: list[list[str]] = []
        self.faults: dict[float, RequestFailed] = {}
        self.vanished: set[str] = set()

    def _now(self, task_id: str) -> Record | None:
        appears, ends, status = self.plan.get(task_id, (float("inf"), 0, ""))
        now = self.clock.now() - START
        if now < appears or task_id in self.vanished:
            return None
        return record(task_id, status if now >= ends else None)

    def _check(self) -> None:
        fault = self.faults.pop(self.clock.now() - START, None)
        if fault:
            raise fault

    def get(self, task_id: str) -> Record | None:
        self._check()
        return self._now(task_id)

    def lookup(self, ids: t.Sequence[str]) -> dict[str, Record]:
        self._check()
        self.asked.append(list(ids))
        return {task_id: found for task_id in ids if (found := self._now(task_id)) is not None}

    def pending(self, _selection: Selection) -> list[Record]:
        self._check()
        records = [found for task_id in self.plan if (found := self._now(task_id)) is not None]
        return [found for found in records if found["completionStatus"] is None]


def transient() -> RequestFailed:
    return RequestFailed("failed with status 503", method="GET", url="http://h/", status=503, transient=True)


def wait_for(
    tasks: Tasks,
    ids: t.Sequence[str] | None = None,
    *,
    timeout: float = 100,
    grace: float = 30,
    settle: int = 1,
    fail_on: t.Collection[str] = FAIL_ON,
    fields: t.Sequence[str] | None = None,
    idle: IdleSources | None = None,
    **facts: t.Any,
) -> Wait:
    """A wait for ids, or without them for quiet, that polls every 2 seconds."""
    watch: t.Any = QuietWatch(tasks, Selection(), settle, tasks.clock, idle)  # type: ignore[arg-type]
    if ids is not None:
        watch = IdsWatch(tasks, ids, grace, tasks.clock)  # type: ignore[arg-type]
    client = Client(settings(), transport=connected(Wire(), tasks.clock))
    client.transport.requests_sent = 7
    return Wait(watch, Waiter(timeout, Doubling(2, 2), tasks.clock), client, fail_on, fields, **facts)


def failure_of(wait: Wait) -> dict[str, t.Any]:
    with pytest.raises(WaitFailed) as caught:
        wait.run()
    return caught.value.as_failure()


def ids_of(records: t.Iterable[Record]) -> list[str]:
    return [found["id"] for found in records]


def test_sightings_tell_the_completed_from_the_pending() -> None:
    gap = {**record("gap"), "completed": "2026-05-17T19:33:16.470Z"}
    listed = [record("a", "Success"), record("b"), gap, record("c", "Temp_Error"), record("d", "NEW")]
    seen = Sightings(FakeClock())
    seen.see({found["id"]: found for found in listed})
    assert ids_of(seen.completed()) == ["a", "c", "d"]
    assert list(seen.pending()) == ["b", "gap"]
    assert ids_of(seen.failed(FAIL_ON)) == ["c"]
    assert ["(d) with" in warning for warning in seen.warnings()] == [True]


def test_a_wait_for_ids_ends_when_the_last_has_completed() -> None:
    tasks = Tasks(FakeClock(), a=(0, 5, "SUCCESS"), b=(0, 3, "WARNING"))
    results = wait_for(tasks, ["a", "b"]).run()
    assert ids_of(results["tasks"]) == ["a", "b"]
    assert results["failed_tasks"] == results["pending_tasks"] == []
    assert (results["polls"], results["elapsed"], results["requests"]) == (4, 6, 7)


def test_a_task_that_has_completed_is_not_asked_for_again() -> None:
    tasks = Tasks(FakeClock(), a=(0, 0, "SUCCESS"), b=(0, 3, "SUCCESS"))
    wait_for(tasks, ["a", "b"]).run()
    assert tasks.asked == [["a", "b"], ["b"], ["b"]]


def test_results_come_in_the_order_of_the_ids() -> None:
    tasks = Tasks(FakeClock(), a=(4, 9, "SUCCESS"), b=(2, 3, "SUCCESS"), c=(0, 1, "SUCCESS"))
    assert ids_of(wait_for(tasks, ["a", "b", "c"]).run()["tasks"]) == ["a", "b", "c"]


def test_results_hold_only_the_wanted_fields() -> None:
    tasks = Tasks(FakeClock(), a=(0, 0, "SUCCESS"))
    assert wait_for(tasks, ["a"], fields=["id", "missing"]).run()["tasks"] == [{"id": "a"}]


def test_a_task_that_failed_fails_the_wait_when_all_have_completed() -> None:
    tasks = Tasks(FakeClock(), a=(0, 1, "ERROR"), b=(0, 5, "SUCCESS"))
    failure = failure_of(wait_for(tasks, ["a", "b"]))
    assert failure["msg"] == "1 of 2 tasks failed: QUARTZ (a) ended with ERROR."
    assert ids_of(failure["tasks"]) == ["a", "b"]
    assert ids_of(failure["failed_tasks"]) == ["a"]
    assert failure["elapsed"] == 6


def test_what_fails_a_wait_is_what_was_named() -> None:
    tasks = Tasks(FakeClock(), a=(0, 0, "Warning"))
    assert wait_for(tasks, ["a"]).run()["failed_tasks"] == []
    assert ids_of(failure_of(wait_for(tasks, ["a"], fail_on=["WARNING"]))["failed_tasks"]) == ["a"]
    assert wait_for(Tasks(FakeClock(), a=(0, 0, "ERROR")), ["a"], fail_on=[]).run()["failed_tasks"] == []


def test_why_a_task_failed_is_in_the_sentence() -> None:
    messages = [{"type": "INFO", "key": "began"}, {"type": "ERROR", "localizedText": {"message": "No host."}}]
    tasks = Tasks(FakeClock())
    tasks.lookup = lambda ids: {"a": record("a", "ERROR", messages=messages)}  # type: ignore[method-assign]
    assert failure_of(wait_for(tasks, ["a"]))["msg"] == "QUARTZ (a) ended with ERROR (No host)."


def test_of_many_failed_tasks_ten_are_named() -> None:
    names = [f"t{number}" for number in range(12)]
    tasks = Tasks(FakeClock(), **dict.fromkeys(names, (0.0, 0.0, "ERROR")))
    message = failure_of(wait_for(tasks, names))["msg"]
    assert message.startswith("12 of 12 tasks failed: ")
    assert "(t9)" in message
    assert "(t10)" not in message
    assert message.endswith("; and 2 more.")


def test_a_status_that_nobody_knows_counts_as_completed_with_a_warning() -> None:
    results = wait_for(Tasks(FakeClock(), a=(0, 0, "Odd_One")), ["a"]).run()
    assert ids_of(results["tasks"]) == ["a"]
    assert results["warnings"] == [
        'Treated as completed, although the completion status is unknown: QUARTZ (a) with "Odd_One".'
    ]


def test_a_timeout_names_what_is_pending_and_returns_what_is_known() -> None:
    tasks = Tasks(FakeClock(), a=(0, 1, "SUCCESS"), b=(0, 500, "SUCCESS"))
    failure = failure_of(wait_for(tasks, ["a", "b"], timeout=9))
    assert failure["msg"] == "Timed out after 9 s: 1 of 2 tasks still pending: QUARTZ (b)."
    assert (ids_of(failure["tasks"]), ids_of(failure["pending_tasks"])) == (["a"], ["b"])
    assert failure["elapsed"] == 9


def test_a_timeout_names_failed_and_unknown_tasks_and_the_last_fault_as_well() -> None:
    tasks = Tasks(FakeClock(), a=(0, 1, "ERROR"))
    tasks.faults = {10: transient()}
    message = failure_of(wait_for(tasks, ["a", "b"], timeout=10))["msg"]
    assert "1 failed: QUARTZ (a) ended with ERROR" in message
    assert 'unknown to the tenant: "b"' in message
    assert "the last poll failed: GET http://h/ failed with status 503" in message
    assert not message.endswith("..")


def test_an_id_that_appears_within_the_grace_is_waited_for() -> None:
    tasks = Tasks(FakeClock(), late=(25, 40, "SUCCESS"))
    assert ids_of(wait_for(tasks, ["late"]).run()["tasks"]) == ["late"]


def test_an_id_that_stays_unknown_ends_the_wait_after_the_grace() -> None:
    tasks = Tasks(FakeClock(), a=(0, 500, "SUCCESS"))
    failure = failure_of(wait_for(tasks, ["a", "x"]))
    assert failure["msg"].startswith('The id has been unknown to the tenant for 30 s (not_found_grace): "x"; ')
    assert failure["elapsed"] == 30
    assert ids_of(failure["pending_tasks"]) == ["a"]


def test_several_unknown_ids_are_counted_and_named() -> None:
    assert str(UnknownTasks(["x", 'y"'], 5)).startswith(
        '2 ids have been unknown to the tenant for 5 s (not_found_grace): "x", "y'
    )


def test_without_grace_an_unknown_id_ends_the_wait_at_the_first_poll() -> None:
    failure = failure_of(wait_for(Tasks(FakeClock()), ["x"], grace=0))
    assert failure["elapsed"] == 0


def test_the_grace_begins_anew_when_an_id_has_been_known_meanwhile() -> None:
    tasks = Tasks(FakeClock(), a=(0, 500, "SUCCESS"))
    wait = wait_for(tasks, ["a"], timeout=500, grace=10)
    lookup = tasks.lookup

    def lookup_with_gaps(ids: t.Sequence[str]) -> dict[str, Record]:
        now = tasks.clock.now() - START
        tasks.vanished = {"a"} if 2 <= now < 10 or now >= 20 else set()
        return lookup(ids)

    tasks.lookup = lookup_with_gaps  # type: ignore[method-assign]
    assert failure_of(wait)["elapsed"] == 30


def test_a_task_that_vanishes_is_reported_as_it_was_last_seen() -> None:
    tasks = Tasks(FakeClock(), a=(0, 500, "SUCCESS"))
    wait = wait_for(tasks, ["a"])
    assert not wait.watch.poll()
    tasks.vanished = {"a"}
    failure = failure_of(wait)
    assert "unknown to the tenant for 30 s" in failure["msg"]
    assert ids_of(failure["pending_tasks"]) == ["a"]


def test_passing_faults_do_not_end_a_wait() -> None:
    tasks = Tasks(FakeClock(), a=(0, 5, "SUCCESS"))
    tasks.faults = {0: transient(), 4: transient()}
    results = wait_for(tasks, ["a"]).run()
    assert (ids_of(results["tasks"]), results["polls"]) == (["a"], 2)


def test_a_lasting_fault_ends_a_wait_with_its_facts_and_what_was_found() -> None:
    tasks = Tasks(FakeClock(), a=(0, 1, "SUCCESS"), b=(0, 500, "SUCCESS"))
    tasks.faults = {4: RequestFailed("failed with status 403", method="GET", url="http://h/", status=403)}
    failure = failure_of(wait_for(tasks, ["a", "b"]))
    assert failure["status"] == 403
    assert (ids_of(failure["tasks"]), ids_of(failure["pending_tasks"])) == (["a"], ["b"])
    assert failure["msg"] == "GET http://h/ failed with status 403."


def test_nothing_is_sent_later_than_a_moment_after_the_end_and_then_everything_again() -> None:
    tasks = Tasks(FakeClock(), a=(0, 500, "SUCCESS"))
    wait = wait_for(tasks, ["a"], timeout=10)
    deadlines = []
    lookup = tasks.lookup

    def lookup_and_note(ids: t.Sequence[str]) -> dict[str, Record]:
        deadlines.append(tasks.clock.now() + (wait.client.transport.left() or 0))
        return lookup(ids)

    tasks.lookup = lookup_and_note  # type: ignore[method-assign]
    failure_of(wait)
    assert set(deadlines) == {START + 10 + 5}
    assert wait.client.transport.left() is None


def test_one_look_does_not_wait_and_finds_nothing_wrong_with_what_is_pending() -> None:
    tasks = Tasks(FakeClock(), a=(0, 0, "SUCCESS"), b=(0, 500, "SUCCESS"))
    results = wait_for(tasks, ["a", "b", "unknown"]).once()
    assert (ids_of(results["tasks"]), ids_of(results["pending_tasks"])) == (["a"], ["b"])
    assert (results["polls"], results["elapsed"], tasks.clock.pauses) == (1, 0, [])


def test_one_poll_fails_for_a_task_that_failed_and_for_a_fault() -> None:
    with pytest.raises(WaitFailed, match="ended with ERROR"):
        wait_for(Tasks(FakeClock(), a=(0, 0, "ERROR")), ["a"]).once()
    tasks = Tasks(FakeClock(), a=(0, 0, "ERROR"))
    tasks.faults = {0: transient()}
    with pytest.raises(WaitFailed, match="failed with status 503") as caught:
        wait_for(tasks, ["a"]).once()
    assert caught.value.as_failure()["status"] == 503


def test_a_wait_for_quiet_ends_when_nothing_is_pending_and_tells_how_all_ended() -> None:
    tasks = Tasks(FakeClock(), a=(0, 3, "SUCCESS"), b=(1, 5, "WARNING"))
    results = wait_for(tasks).run()
    assert sorted(ids_of(results["tasks"])) == ["a", "b"]
    assert (results["elapsed"], results["polls"]) == (6, 4)


def test_a_quiet_tenant_is_quiet_at_the_first_poll() -> None:
    results = wait_for(Tasks(FakeClock())).run()
    assert (results["tasks"], results["polls"], results["elapsed"]) == ([], 1, 0)


def test_quiet_must_last_for_as_many_polls_in_a_row_as_wanted() -> None:
    tasks = Tasks(FakeClock(), a=(0, 1, "SUCCESS"), b=(4, 7, "SUCCESS"))
    results = wait_for(tasks, settle=2).run()
    # Quiet at 2, not at 4 and 6, quiet at 8 and 10.
    assert (results["elapsed"], results["polls"]) == (10, 6)


def test_a_timeout_may_find_it_quiet_for_too_short_a_time() -> None:
    failure = failure_of(wait_for(Tasks(FakeClock()), settle=9, timeout=4))
    assert failure["msg"] == "Timed out after 4 s: fewer polls in a row than settle found nothing pending."


def test_a_task_that_failed_while_quiet_was_waited_for_fails_the_wait() -> None:
    failure = failure_of(wait_for(Tasks(FakeClock(), a=(0, 3, "ERROR"))))
    assert failure["msg"] == "QUARTZ (a) ended with ERROR."


def test_a_pending_task_that_is_gone_for_good_does_not_hold_up_quiet() -> None:
    tasks = Tasks(FakeClock(), a=(0, 500, "SUCCESS"))
    wait = wait_for(tasks)
    assert not wait.watch.poll()
    tasks.vanished = {"a"}
    results = wait.run()
    assert results["tasks"] == results["pending_tasks"] == []


def test_how_a_task_ended_is_told_even_where_the_list_is_behind() -> None:
    tasks = Tasks(FakeClock(), a=(0, 3, "ERROR"))
    tasks.lookup = lambda ids: {}  # type: ignore[method-assign]
    assert ids_of(failure_of(wait_for(tasks))["failed_tasks"]) == ["a"]


def test_a_pending_task_that_the_list_passed_over_is_still_pending() -> None:
    tasks = Tasks(FakeClock(), a=(0, 500, "SUCCESS"))
    wait = wait_for(tasks, timeout=10)
    assert not wait.watch.poll()
    tasks.pending = lambda selection: []  # type: ignore[assignment]
    assert ids_of(failure_of(wait)["pending_tasks"]) == ["a"]


@pytest.mark.parametrize("nameless", [{"completionStatus": None}, {"id": None}, {"id": ["x"]}])
def test_a_pending_task_whose_id_cannot_be_read_is_no_quiet(nameless: Record) -> None:
    tasks = Tasks(FakeClock())
    tasks.pending = lambda selection: [nameless]  # type: ignore[assignment]
    with pytest.raises(WaitFailed, match="Timed out after 4 s"):
        wait_for(tasks, timeout=4).run()


@given(
    st.dictionaries(
        st.sampled_from(["a", "b", "c", "d", "e"]),
        st.tuples(st.integers(0, 20), st.integers(0, 60), st.sampled_from(["SUCCESS", "ERROR", "Warning", "ODD"])),
        min_size=1,
    ),
    st.sets(st.integers(0, 40).map(lambda number: number * 2)),
    st.integers(0, 100),
)
def test_a_wait_for_ids_ends_in_time_and_every_task_is_in_its_place(
    plan: dict[str, tuple[int, int, str]], faults: set[int], timeout: int
) -> None:
    tasks = Tasks(FakeClock(), **{task_id: (at, at + lasts, status) for task_id, (at, lasts, status) in plan.items()})
    tasks.faults = {float(time): transient() for time in faults}
    wait = wait_for(tasks, sorted(plan), timeout=timeout)
    try:
        results = wait.run()
        succeeded = True
    except WaitFailed as error:
        results, succeeded = error.as_failure(), False
    now = tasks.clock.now() - START
    assert now <= timeout
    over = {task_id for task_id, (_appears, ends, _status) in tasks.plan.items() if ends <= now}
    completed, pending = set(ids_of(results["tasks"])), set(ids_of(results["pending_tasks"]))
    assert completed <= over
    assert not completed & pending
    failed = {task_id for task_id in completed if tasks.plan[task_id][2] == "ERROR"}
    assert set(ids_of(results["failed_tasks"])) == failed
    if succeeded:
        assert completed == set(plan)
        assert not failed
    elif completed == set(plan):
        assert failed
    else:
        assert now == timeout


def test_what_ended_a_wait_can_be_asked_for() -> None:
    cause = IscError("because")
    assert WaitFailed(cause, {"tasks": []}).cause is cause
    failure = WaitFailed("because", {"tasks": []}).as_failure()
    assert failure == {"tasks": [], "msg": "because"}


def test_a_completion_status_alone_counts_as_the_end_after_a_while_with_a_warning() -> None:
    tasks = Tasks(FakeClock())
    half = {**record("half", "SUCCESS"), "completed": None}
    tasks.lookup = lambda ids: {"half": half}  # type: ignore[method-assign]
    results = wait_for(tasks, ["half"]).run()
    assert (ids_of(results["tasks"]), results["pending_tasks"], results["elapsed"]) == (["half"], [], 30)
    assert results["warnings"] == [
        'Treated as completed, although the time of completion has been missing for 30 s: QUARTZ (half) with "SUCCESS".'
    ]


def test_a_task_that_failed_without_a_time_of_completion_fails_the_wait() -> None:
    tasks = Tasks(FakeClock())
    tasks.lookup = lambda ids: {"half": {"id": "half", "completionStatus": "ERROR"}}  # type: ignore[method-assign]
    failure = failure_of(wait_for(tasks, ["half"]))
    assert failure["msg"] == "task (half) ended with ERROR."
    assert failure["elapsed"] == 30


def test_the_time_of_a_completion_status_alone_begins_when_it_is_seen() -> None:
    tasks = Tasks(FakeClock())

    def lookup(ids: t.Sequence[str]) -> dict[str, Record]:
        now = tasks.clock.now() - START
        status = "ERROR" if 10 <= now < 30 or now >= 40 else None
        return {key: {"id": key, "completionStatus": status, "completed": None} for key in ids}

    tasks.lookup = lookup  # type: ignore[method-assign]
    assert failure_of(wait_for(tasks, ["a"]))["elapsed"] == 70


@pytest.mark.parametrize("listed", [True, False])
def test_a_completion_status_alone_holds_up_quiet_for_a_while_only(listed: bool) -> None:
    """beta may list it as pending for ever; the list of the later versions does not have it."""
    tasks = Tasks(FakeClock())
    begun = {"id": "a", "completed": None, "completionStatus": None}
    half = {**begun, "completionStatus": "SUCCESS"}

    def pending(selection: Selection) -> list[Record]:
        return [half if tasks.clock.now() > START else begun][: 1 if listed or tasks.clock.now() == START else 0]

    tasks.pending = pending  # type: ignore[assignment]
    tasks.lookup = lambda ids: dict.fromkeys(ids, half)  # type: ignore[method-assign]
    results = wait_for(tasks).run()
    assert (results["tasks"], results["elapsed"]) == ([half], 32)
    assert len(results["warnings"]) == 1


def test_a_timeout_says_for_how_long_tasks_have_been_pending(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(time, "time", lambda: 1_700_000_000.0)
    tasks = Tasks(FakeClock())
    created = {
        "new": "2023-11-14T22:13:08.000Z",
        "old": 1_699_999_999_000 - 7_500_000,
        "odd": "yesterday",
        "skew": 2e12,
    }
    tasks.lookup = lambda ids: {key: record(key, created=created[key]) for key in ids}  # type: ignore[method-assign]
    wait = wait_for(tasks, list(created), timeout=0)
    assert failure_of(wait)["msg"] == (
        "Timed out after 0 s: 4 of 4 tasks still pending: QUARTZ (new), for 12.0 s; QUARTZ (old), for 2 h 5 min; "
        "QUARTZ (odd); QUARTZ (skew)."
    )
    # By the tenant's clock.
    wait.client.transport.clock_offset = 108_000.0
    message = failure_of(wait)["msg"]
    assert "QUARTZ (new), for 30 h 0 min; " in message
    assert message.endswith("; the role sailpoint.isc.clear_stuck_tasks clears stuck tasks.")


@pytest.mark.parametrize(("timeout", "said"), [(2_419_200, "2419200"), (0.25, "0.25"), (90.0, "90")])
def test_a_timeout_gives_the_time_that_was_set_where_less_was_left(timeout: float, said: str) -> None:
    wait = wait_for(Tasks(FakeClock()), ["x"], timeout=timeout, grace=1e6)
    wait.waiter.ends_at = wait.waiter.clock.now() + 4
    failure = failure_of(wait)
    assert failure["msg"].startswith(f"Timed out after {said} s: ")
    assert failure["elapsed"] == 4


def test_reasons_and_lists_are_cut_to_what_a_person_reads_and_records_are_whole() -> None:
    trace = "java.lang.IllegalStateException: no" + "\n\tat a.B.c(B.java:1)" * 500 + "\nCaused by: E: the reason"
    failing = {
        f"t{number}": record(f"t{number}", "ERROR", messages=[{"type": "ERROR", "key": trace}]) for number in range(200)
    }
    tasks = Tasks(FakeClock())
    tasks.lookup = lambda ids: failing  # type: ignore[method-assign]
    failure = failure_of(wait_for(tasks, list(failing)))
    assert len(failure["msg"]) < 2000
    assert "java.lang.IllegalStateException: no Caused by: E: the reason" in failure["msg"]
    assert failure["msg"].endswith("; and 190 more.")
    assert failure["failed_tasks"] == list(failing.values())
    unknown = failure_of(wait_for(Tasks(FakeClock()), [f"u{number}" for number in range(200)], grace=0))
    assert len(unknown["msg"]) < 300
    unknown = failure_of(wait_for(Tasks(FakeClock()), [f"u{number}" for number in range(200)], timeout=0))
    assert len(unknown["msg"]) < 300


def test_a_reason_that_comes_several_times_is_told_once() -> None:
    messages = [{"type": "ERROR", "key": "No host."}, {"type": "ERROR", "localizedText": {"message": "No host."}}]
    tasks = Tasks(FakeClock())
    tasks.lookup = lambda ids: {"a": record("a", "ERROR", messages=messages)}  # type: ignore[method-assign]
    assert failure_of(wait_for(tasks, ["a"]))["msg"] == "QUARTZ (a) ended with ERROR (No host)."


def test_sources_are_called_as_the_caller_calls_them() -> None:
    tasks = Tasks(FakeClock())
    targets = {"a": {"id": "s1", "name": "Workday [source]"}, "b": {"id": "s2", "name": "SAP"}}
    tasks.lookup = lambda ids: {key: record(key, "ERROR", target=targets[key]) for key in ids}  # type: ignore[method-assign]
    failure = failure_of(wait_for(tasks, ["a", "b"], names={"s1": "HR"}))
    assert "QUARTZ of HR (a) ended with ERROR; QUARTZ of SAP (b) ended" in failure["msg"]
    assert failure["tasks"][0]["target"] == targets["a"]


def test_what_is_waited_for_is_underway_until_it_is_over() -> None:
    tasks = Tasks(FakeClock(), a=(2, 4, "SUCCESS"), b=(0, 6, "SUCCESS"))
    wait = wait_for(tasks, ["a", "b"])
    seen = []
    lookup = tasks.lookup

    def lookup_and_note(ids: t.Sequence[str]) -> dict[str, Record]:
        seen.append(dict(wait.client.underway))
        return lookup(ids)

    tasks.lookup = lookup_and_note  # type: ignore[method-assign]
    wait.client.underway["a"] = "what was started"
    wait.run()
    started, both = {"a": "what was started", "b": "QUARTZ (b)"}, {"a": "QUARTZ (a)", "b": "QUARTZ (b)"}
    assert seen == [{**started, "b": "task (b)"}, started, both, {"b": "QUARTZ (b)"}]
    assert wait.client.underway == {}


def test_what_a_wait_has_not_seen_the_end_of_stays_underway() -> None:
    wait = wait_for(Tasks(FakeClock(), a=(0, 400, "SUCCESS")), timeout=3)
    failure_of(wait)
    assert wait.client.underway == {"a": "QUARTZ (a)"}


def test_a_task_that_vanishes_while_quiet_is_waited_for_is_not_underway() -> None:
    tasks = Tasks(FakeClock(), a=(0, 500, "SUCCESS"))
    wait = wait_for(tasks, timeout=4)
    failure_of(wait)
    tasks.vanished = {"a"}
    wait.run()
    assert wait.client.underway == {}


def test_another_thread_may_fill_a_pause_while_a_poll_changes_what_was_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    lines: list[str] = []
    tasks = Tasks(FakeClock(), a=(0, 6, "SUCCESS"))
    wait = wait_for(tasks, ["a"])
    wait.client.show(Progress(lines.append, 1e-9))
    clear = Sightings.clear

    def clear_and_fill(seen: Sightings) -> None:
        clear(seen)
        wait.client.progress.fill()

    monkeypatch.setattr(Sightings, "clear", clear_and_fill)
    wait.run()
    assert [line.partition(" ")[2] for line in lines].count("QUARTZ, a: pending") >= 2


NUMBERS = st.integers() | st.floats(allow_nan=False)
MESSAGES = st.dictionaries(st.sampled_from(["type", "key", "localizedText"]), st.none() | NUMBERS | st.text(max_size=2))
ODD = st.one_of(
    st.none(),
    st.booleans(),
    NUMBERS,
    st.text(max_size=3),
    st.sampled_from(["2026-05-17T19:33:16Z", "SUCCESS"]),
    st.lists(NUMBERS | MESSAGES, max_size=2),
    st.dictionaries(st.sampled_from(["id", "name", "message"]), NUMBERS, max_size=2),
)
KEYS = ("id", "type", "uniqueName", "created", "completed", "completionStatus", "target", "messages")


@given(st.lists(st.dictionaries(st.sampled_from(KEYS), ODD), max_size=4), st.booleans())
def test_no_record_is_too_odd_for_a_wait(records: list[Record], twice: bool) -> None:
    records = records * 2 if twice else records
    tasks = Tasks(FakeClock())
    odd: t.Any = tasks
    odd.lookup = lambda ids: dict(zip(ids, records))
    odd.pending = lambda selection: records[: None if tasks.clock.now() < START + 6 else 1]
    odd.get = lambda task_id: next(iter(records), None)
    odd.listing = odd.pending
    idle = IdleSources(
        Client(settings()), odd, Selection(source_ids=["s"]), lambda names: {}, lambda ids: {"s": {}}, True
    )
    for wait in (wait_for(tasks, ["a", "b"], timeout=40), wait_for(tasks, timeout=40, idle=idle, fail_on_idle=True)):
        try:
            results = wait.run()
        except WaitFailed as error:
            results = error.as_failure()
            assert "\n" not in results["msg"]
        assert {"tasks", "failed_tasks", "pending_tasks", "polls"} <= results.keys()
