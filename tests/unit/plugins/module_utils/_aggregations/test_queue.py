# Copyright (c) 2026, the sailpoint.isc contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Several aggregations: their order, how many at once, and what a failure does to the rest."""

from __future__ import annotations

import threading
import typing as t

import pytest
from ansible_collections.sailpoint.isc.plugins.module_utils._aggregations import queue
from ansible_collections.sailpoint.isc.plugins.module_utils._aggregations.queue import AggregateMany, SomeFailed
from ansible_collections.sailpoint.isc.plugins.module_utils._aggregations.starter import Turn
from ansible_collections.sailpoint.isc.plugins.module_utils._errors import InvalidOption, IscError
from ansible_collections.sailpoint.isc.plugins.module_utils._http.client import Client
from ansible_collections.sailpoint.isc.plugins.module_utils._sources.references import KnownSources, Reference
from ansible_collections.sailpoint.isc.plugins.module_utils._tasks.statuses import TaskStatuses
from ansible_collections.sailpoint.isc.plugins.module_utils._tasks.wait import WaitFailed
from ansible_collections.sailpoint.isc.tests.unit.fakes import settings

Step = t.Callable[[], None]


def nothing(_turn: Turn) -> None:
    """What most do before their launch."""


class Stage:
    """What happens in the aggregations of a test. does: what one of a source and kind does; as a rule, nothing.

    before: what it does before its launch.
    """

    def __init__(self) -> None:
        self.before: dict[tuple[str, str], t.Callable[[Turn], object]] = {}
        self.does: dict[tuple[str, str], Step] = {}
        self.options: list[dict[str, t.Any]] = []
        self.told: list[str] = []
        self.order: list[tuple[str, str]] = []
        self.running = 0
        self.most_running = 0
        self.lock = threading.Lock()


class Played:
    """An aggregation that asks the stage what it does."""

    stage: Stage

    def __init__(
        self,
        _client: Client,
        _tasks: TaskStatuses,
        options: dict[str, t.Any],
        turn: Turn,
        source: Reference,
        known: KnownSources,
    ) -> None:
        self.stage.options.append(options)
        self.turn = turn
        self.key = (source.id, options["aggregation"])

    def run(self) -> dict[str, t.Any]:
        self.stage.before.get(self.key, nothing)(self.turn)
        self.turn.wait()
        with self.stage.lock:
            self.stage.order.append(self.key)
            self.stage.running += 1
            self.stage.most_running = max(self.stage.most_running, self.stage.running)
        self.turn.pass_on()
        try:
            self.stage.does.get(self.key, lambda: None)()
        finally:
            with self.stage.lock:
                self.stage.running -= 1
        record = {"id": "-".join(self.key), "target": {"id": self.key[0], "name": self.key[0].upper()}}
        return {"changed": True, "action": "started", "task": record, "warnings": [f"{self.key[0]} is odd"]}

    def tell(self, text: str) -> None:
        self.stage.told.append(f"{self.key[0]} {text}")

    def planned(self) -> dict[str, t.Any]:
        return {"changed": True, "action": "started", "task": None, "msg": "It would be started.", "warnings": []}


@pytest.fixture
def stage(monkeypatch: pytest.MonkeyPatch) -> Stage:
    played = Stage()
    monkeypatch.setattr(queue, "Aggregate", type("Staged", (Played,), {"stage": played}))
    return played


def source(source_id: str, *kinds: str, **facts: t.Any) -> dict[str, t.Any]:
    return {
        "id": source_id,
        "name": None,
        "kinds": list(kinds) or ["accounts"],
        "file": None,
        "disable_optimization": False,
        "on_busy": "fail",
        "max_age": None,
        **facts,
    }


def many(*sources: dict[str, t.Any], max_parallel: int = 1, stop_on_failure: bool = True) -> AggregateMany:
    client = Client(settings())
    nobody: t.Any = None
    return AggregateMany(client, nobody, sources, {"timeout": "1h"}, max_parallel, stop_on_failure)


def raising(error: BaseException) -> Step:
    def step() -> None:
        raise error

    return step


def actions(outcomes: list[dict[str, t.Any]]) -> list[str]:
    return [f"{outcome['source_id']} {outcome['action']}" for outcome in outcomes]


def test_sources_and_kinds_come_in_their_order(stage: Stage) -> None:
    result = many(source("b", "entitlements", "accounts"), source("a"), source("b", name="Again")).run()
    assert stage.order == [("b", "entitlements"), ("b", "accounts"), ("a", "accounts"), ("b", "accounts")]
    assert stage.most_running == 1
    assert result["changed"] is True
    assert [outcome["source_name"] for outcome in result["results"]] == ["B", "B", "A", "Again"]
    assert [outcome["reason"] for outcome in result["results"]] == [""] * 4
    assert result["warnings"] == ["b is odd", "b is odd", "a is odd", "b is odd"]
    assert "warnings" not in result["results"][0]


def test_what_a_source_says_reaches_its_aggregations(stage: Stage) -> None:
    many(
        source("a", "accounts", "entitlements", file="/a.csv", disable_optimization=True, max_age="1h"),
        source("b", "entitlements", file="/b.csv", on_busy="wait"),
        source("c", "uncorrelated_accounts", file="/c.csv"),
    )
    sent = [(one["id"], one["aggregation"], one["file"], one["disable_optimization"]) for one in stage.options]
    assert sent == [
        ("a", "accounts", "/a.csv", True),
        # What is for accounts is not for the entitlements of the same source.
        ("a", "entitlements", None, False),
        ("b", "entitlements", "/b.csv", False),
        ("c", "uncorrelated_accounts", "/c.csv", False),
    ]
    assert [one["max_age"] for one in stage.options] == ["1h", "1h", None, None]
    assert [one["on_busy"] for one in stage.options] == ["fail", "fail", "wait", "fail"]
    assert {(one["wait"], one["timeout"]) for one in stage.options} == {(True, "1h")}


def test_an_entry_that_is_wrong_is_named(stage: Stage) -> None:
    said = r'^sources\[1\] \(Leavers\): kinds is \["uncorrelated_accounts"\]: uncorrelated_accounts requires file\.$'
    with pytest.raises(InvalidOption, match=said):
        many(source("a"), source("b", "uncorrelated_accounts", name="Leavers"))


@pytest.mark.parametrize("slow", [0, 1, 3])
def test_launches_go_out_in_the_order_of_the_list_however_long_look_ups_take(slow: int, stage: Stage) -> None:
    names = "abcdef"
    looked_up = threading.Event()
    others = threading.Semaphore(0)

    def look_up(_turn: Turn) -> None:
        others.release()

    def look_up_slowly(_turn: Turn) -> None:
        # Not before so many others would be ready.
        for _other in range(slow + 1):
            assert others.acquire(timeout=30)
        looked_up.set()

    stage.before = {(name, "accounts"): look_up for name in names}
    stage.before[names[slow], "accounts"] = look_up_slowly
    many(*map(source, names), max_parallel=len(names)).run()
    assert looked_up.is_set()
    assert stage.order == [(name, "accounts") for name in names]


def test_one_that_waits_for_something_lets_the_others_go_on_and_one_that_is_skipped_does_not(stage: Stage) -> None:
    others_ran, skipped = threading.Event(), threading.Event()

    def wait_for_a_busy_one(turn: Turn) -> None:
        turn.pass_on()
        assert others_ran.wait(30)

    stage.before["busy", "accounts"] = wait_for_a_busy_one
    stage.before["two", "accounts"] = lambda _turn: skipped.set()
    stage.before["last", "accounts"] = lambda _turn: skipped.wait(30)
    stage.does["last", "accounts"] = others_ran.set
    many(source("busy"), source("two", "accounts", "entitlements"), source("last"), max_parallel=3).run()
    # Not the entitlements before the last one: its source has launched something by then.
    assert stage.order[0] == ("two", "accounts")
    assert stage.order[-1] == ("busy", "accounts")


def test_a_source_that_waits_for_its_other_turn_lets_the_others_go_on(stage: Stage) -> None:
    other_ran = threading.Event()
    stage.does["a", "accounts"] = lambda: t.cast(None, other_ran.wait(30))
    stage.does["b", "accounts"] = other_ran.set
    many(source("a"), source("a", "entitlements"), source("b"), max_parallel=3).run()
    assert other_ran.is_set()
    assert stage.order == [("a", "accounts"), ("b", "accounts"), ("a", "entitlements")]


def test_nothing_is_launched_after_a_failure_whatever_it_has_waited_for(stage: Stage) -> None:
    def until_the_failure(turn: Turn) -> None:
        turn.pass_on()
        assert run._failed.wait(30)

    stage.before["busy", "accounts"] = until_the_failure
    stage.does["a", "accounts"] = raising(IscError("No."))
    run = many(source("busy", "accounts", "entitlements"), source("a"), source("c"), max_parallel=2)
    with pytest.raises(SomeFailed) as failure:
        run.run()
    results = failure.value.as_failure()["results"]
    assert actions(results) == ["busy not_started", "busy not_started", "a not_started", "c not_started"]
    assert [outcome["failed"] for outcome in results] == [False, False, True, False]
    assert {outcome["reason"] for outcome in results if not outcome["failed"]} == {"Another aggregation has failed."}
    assert stage.order == [("a", "accounts")]


def test_a_sentence_about_many_failures_is_one_that_can_be_read(stage: Stage) -> None:
    names = [f"s{number}" for number in range(14)]
    stage.does = {(name, "accounts"): raising(IscError("The trace of a connector, " * 400)) for name in names}
    with pytest.raises(SomeFailed) as failure:
        many(*map(source, names), stop_on_failure=False).run()
    message = str(failure.value)
    assert message.startswith("14 of 14 aggregations failed: accounts of s0: The trace of a connector, The")
    assert message.endswith("; and 4 more.")
    assert len(message) < 7000


@pytest.mark.parametrize("max_parallel", [2, 3])
def test_so_many_sources_run_at_once_but_never_two_kinds_of_one(max_parallel: int, stage: Stage) -> None:
    # Nobody passes until so many are there: it would break if they were fewer.
    meeting = threading.Barrier(max_parallel, timeout=30)
    names = [f"s{number}" for number in range(max_parallel * 2)]
    stage.does = {(name, "accounts"): lambda: t.cast(None, meeting.wait()) for name in names}
    result = many(*(source(name, "accounts", "entitlements") for name in names), max_parallel=max_parallel).run()
    assert stage.most_running == max_parallel
    for name in names:
        assert stage.order.index((name, "accounts")) < stage.order.index((name, "entitlements"))
    assert [outcome["source_id"] for outcome in result["results"]] == [name for name in names for _kind in range(2)]


def test_a_source_that_is_listed_twice_has_one_turn_after_the_other(stage: Stage) -> None:
    twice_at_once = threading.Barrier(2)

    def meet() -> None:
        with pytest.raises(threading.BrokenBarrierError):
            twice_at_once.wait(0.2)
        twice_at_once.reset()

    stage.does = {("a", kind): meet for kind in ("accounts", "entitlements")}
    many(source("a", "accounts"), source("a", "entitlements"), max_parallel=2).run()
    assert sorted(stage.order) == [("a", "accounts"), ("a", "entitlements")]
    assert stage.most_running == 1


FAILURES = [
    IscError("The source is busy."),
    WaitFailed("It ended with ERROR.", {"action": "started", "changed": True, "task": {"id": "t"}, "elapsed": 1.0}),
]


@pytest.mark.parametrize("failure", FAILURES)
@pytest.mark.parametrize("stop", [True, False])
def test_a_failure_in_the_middle_stops_the_rest_or_does_not(failure: IscError, stop: bool, stage: Stage) -> None:
    stage.does[("c", "accounts")] = raising(failure)
    with pytest.raises(SomeFailed) as failed:
        many(*(source(name, "accounts") for name in "abcde"), stop_on_failure=stop).run()
    facts = failed.value.as_failure()
    done = "started" if isinstance(failure, WaitFailed) else "not_started"
    rest = "not_started" if stop else "started"
    assert actions(facts["results"]) == ["a started", "b started", f"c {done}", f"d {rest}", f"e {rest}"]
    assert [outcome["failed"] for outcome in facts["results"]] == [False, False, True, False, False]
    assert facts["results"][2]["reason"] == str(failure)
    assert facts["changed"] is True
    left = ", and 2 were not started because of that" if stop else ""
    assert facts["msg"] == f"1 of 5 aggregations failed{left}: accounts of c: {str(failure).rstrip('.')}."
    if stop:
        assert [outcome["reason"] for outcome in facts["results"][3:]] == ["Another aggregation has failed."] * 2


def test_a_failure_stops_the_other_kinds_of_its_source_as_well(stage: Stage) -> None:
    stage.does[("a", "accounts")] = raising(IscError("No."))
    with pytest.raises(SomeFailed, match="and 1 was not started because of that"):
        many(source("a", "accounts", "entitlements")).run()
    assert stage.order == [("a", "accounts")]


def test_what_runs_when_another_one_fails_is_waited_for(stage: Stage) -> None:
    other_runs, failing = threading.Event(), threading.Event()
    ended: list[str] = []

    def fail() -> None:
        assert other_runs.wait(30)
        failing.set()
        raise IscError("No.")

    def go_on() -> None:
        other_runs.set()
        assert failing.wait(30)
        # Until the failure is known, or this one would have ended before it.
        assert run._failed.wait(30)
        ended.append("b")

    stage.does = {("a", "accounts"): fail, ("b", "accounts"): go_on}
    run = many(source("a"), source("b"), source("c"), max_parallel=2)
    with pytest.raises(SomeFailed) as failure:
        run.run()
    assert ended == ["b"]
    assert actions(failure.value.as_failure()["results"]) == ["a not_started", "b started", "c not_started"]


@pytest.mark.parametrize("crash", [ValueError("a bug"), KeyboardInterrupt()])
def test_a_bug_is_no_outcome_but_comes_out(crash: BaseException, stage: Stage) -> None:
    stage.does[("a", "accounts")] = raising(crash)
    with pytest.raises(type(crash)):
        many(source("a"), source("b")).run()
    assert stage.order == [("a", "accounts")]


def test_a_plan_tells_of_all_and_runs_none(stage: Stage) -> None:
    result = many(source("a", "accounts", "entitlements"), source("b")).planned()
    assert actions(result["results"]) == ["a started"] * 2 + ["b started"]
    assert [outcome["reason"] for outcome in result["results"]] == ["It would be started."] * 3
    assert stage.order == []
