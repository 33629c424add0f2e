# Copyright (c) 2026, the sailpoint.isc contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Aggregations of several sources: in their order, a few at once, and what becomes of the rest when one fails."""

from __future__ import annotations

import re
import threading
import typing as t

import pytest
from ansible_collections.sailpoint.isc.plugins.module_utils._aggregations.starter import Starter
from ansible_collections.sailpoint.isc.tests.support.hand import Hand, meanwhile, safe_mode, wait_until
from ansible_collections.sailpoint.isc.tests.support.modules import OMIT, VERSIONS, Run

Entries = list[dict[str, t.Any]]

# An aggregation that has completed at the first look.
AT_ONCE = {"seconds": 0, "completed_gap": 0}


@pytest.fixture(autouse=True)
def quick(run: Run) -> None:
    run.connection.update(interval=0.1, max_interval=0.1, timeout="1m")


def each(results: Entries, key: str) -> list[t.Any]:
    return [outcome[key] for outcome in results]


def statuses(results: Entries) -> list[str]:
    return [outcome["task"]["completionStatus"] for outcome in results]


def launched(tenant: Hand) -> list[str]:
    """What has started an aggregation, such as hr/load-accounts, in its order."""
    paths = [entry["path"] for entry in tenant.log() if entry["effect"] == "launched"]
    return [path.partition("/sources/")[2].replace("v1/", "") for path in paths]


def tasks(tenant: Hand) -> Entries:
    held: Entries = tenant.control("GET", "tasks")["tasks"]
    return held


def end(tenant: Hand, task_id: str) -> None:
    tenant.control("PATCH", f"tasks/{task_id}", {"ends_in": 0})


@pytest.mark.parametrize("version", VERSIONS)
def test_sources_and_kinds_are_aggregated_in_their_order(tenant: Hand, run: Run, version: str) -> None:
    brief = {"seconds": 0.1, "completed_gap": 0}
    tenant.scenario(
        sources=[
            {"id": "ad", "name": "Active Directory", "accounts": {**brief, "ends": "WARNING"}, "entitlements": brief},
            {"id": "hr", "name": "HR System", "accounts": brief},
            {"id": "recent", "name": "Contractors"},
        ],
        tasks=[{"id": "recent", "source": "recent", "age": "10m", "seconds": 30}],
    )
    sources: Entries = [
        {"id": "ad", "kinds": ["entitlements", "accounts"]},
        {"id": "hr", "name": "People"},
        {"id": "recent", "name": "Recent", "max_age": "1h"},
    ]

    def aggregate(sources: Entries, **options: t.Any) -> Entries:
        result = run("source_aggregations", sources=sources, api_version=version, **options)
        assert result["changed"]
        results: Entries = result["results"]
        assert each(results, "source_id") == ["ad", "ad", "hr", "recent"]
        assert each(results, "aggregation") == ["entitlements", "accounts", "accounts", "accounts"]
        assert each(results, "failed") == [False] * 4
        return results

    with safe_mode(tenant):
        planned = aggregate(sources, check_mode=True)
    assert each(planned, "action") == ["started"] * 3 + ["skipped"]
    assert each(planned[:3], "task") == [None] * 3
    assert planned[3]["task"]["id"] == "recent"
    assert "succeeded at" in planned[3]["reason"]

    results = aggregate(sources)
    assert each(results, "action") == ["started"] * 3 + ["skipped"]
    assert each(results, "source_name") == ["Active Directory", "Active Directory", "People", "Recent"]
    assert each(results[:3], "reason") == [""] * 3
    assert statuses(results[:3]) == ["SUCCESS", "WARNING", "SUCCESS"]
    assert "progress" not in results[0]
    assert results[1]["progress"]["status"] == "COMPLETED"
    held = {task["id"]: task for task in tasks(tenant)}
    first, second, third = (held[outcome["task"]["id"]] for outcome in results[:3])
    assert held.keys() == {"recent", first["id"], second["id"], third["id"]}
    # None was created before the one before it had completed.
    assert first["completed"] <= second["created"]
    assert second["completed"] <= third["created"]

    # The accounts of the first source have ended with a warning, which is no success.
    again = aggregate([{**source, "max_age": "1h"} for source in sources])
    assert each(again, "action") == ["skipped", "started", "skipped", "skipped"]
    assert launched(tenant) == ["ad/load-entitlements", "ad/load-accounts", "hr/load-accounts", "ad/load-accounts"]
    # One for each of the runs.
    assert tenant.control("GET", "log")["tokens"] == 3


def test_so_many_sources_are_aggregated_at_once(tenant: Hand, run: Run) -> None:
    tenant.scenario(
        sources=[
            {"id": "long", "accounts": {"seconds": 600}},
            {"id": "short", "accounts": AT_ONCE},
            {"id": "also-short", "accounts": AT_ONCE, "entitlements": AT_ONCE},
        ]
    )
    sources: Entries = [{"id": "long"}, {"id": "short"}, {"id": "also-short", "kinds": ["accounts", "entitlements"]}]

    def end_the_long_one() -> None:
        """Once all others have ended."""
        wait_until(lambda: each(tasks(tenant), "completionStatus").count("SUCCESS") == 3, "They did not end.")
        (running,) = (task for task in tasks(tenant) if task["completionStatus"] is None)
        end(tenant, running["id"])

    with meanwhile(tenant, "load_entitlements", end_the_long_one):
        result = run("source_aggregations", sources=sources, max_parallel=2)
    assert each(result["results"], "source_id") == ["long", "short", "also-short", "also-short"]
    assert statuses(result["results"]) == ["SUCCESS"] * 4
    paths = launched(tenant)
    assert sorted(paths[:2]) == ["long/load-accounts", "short/load-accounts"]
    assert paths[2:] == ["also-short/load-accounts", "also-short/load-entitlements"]
    assert tenant.control("GET", "log")["tokens"] == 1


# By the third of five sources: how it is called, its action, why it fails (a regular expression), and options.
FAILURES: dict[str, tuple[str, str, str, dict[str, t.Any]]] = {
    "broken": (
        "SAP",
        "started",
        r"^Cloud Account Aggregation of SAP \(\w+\) ended with ERROR \(The service account is locked\)",
        {},
    ),
    "nosuch": ("nosuch", "not_started", "/sources/nosuch/load-accounts failed with status 404 .*check source_id", {}),
    "busy": ("busy", "not_started", r"^The source is busy: Cloud Account Aggregation of Payroll \(in-busy\)", {}),
    "refused": ("refused", "not_started", "^The tenant did not start the aggregation: This aggregation", {}),
    "slow": ("slow", "started", r"^Timed out after [\d.]+ s: 1 of 1 task still pending", {"timeout": 0.5}),
}


@pytest.mark.parametrize("stop", [True, False])
@pytest.mark.parametrize("third", FAILURES)
def test_a_failure_stops_the_rest_or_does_not(tenant: Hand, run: Run, third: str, stop: bool) -> None:
    name, action, says, options = FAILURES[third]
    broken = {**AT_ONCE, "ends": "ERROR", "messages": ["The service account is locked."]}
    tenant.scenario(
        sources=[
            *({"id": source, "accounts": AT_ONCE} for source in ("one", "two", "four", "five")),
            {"id": "broken", "name": "SAP", "accounts": broken},
            {"id": "busy", "name": "Payroll"},
            {"id": "refused", "refuse": "completion_status"},
            {"id": "slow", "accounts": {"seconds": 600}},
        ],
        tasks=[{"id": "in-busy", "source": "busy"}],
    )
    sources = [{"id": source} for source in ("one", "two", third, "four", "five")]
    failure = run.failing("source_aggregations", sources=sources, stop_on_failure=stop, **options)
    assert failure["changed"]
    results: Entries = failure["results"]
    rest = "not_started" if stop else "started"
    assert each(results, "action") == ["started", "started", action, rest, rest]
    assert each(results, "failed") == [False, False, True, False, False]
    assert re.search(says, results[2]["reason"])
    assert each(results[3:], "reason") == ["Another aggregation has failed." if stop else ""] * 2
    left = ", and 2 were not started because of that" if stop else ""
    reason = results[2]["reason"].rstrip(".")
    assert failure["msg"] == f"1 of 5 aggregations failed{left}: accounts of {name}: {reason}."
    assert failure["summary"][0].startswith(f"FAILED: {name}, accounts: ")
    rests = "not started: Another aggregation has failed" if stop else "ended with SUCCESS after 0.0 s"
    assert failure["summary"][3:] == [f"four, accounts: {rests}", f"five, accounts: {rests}"]
    started = ["one", "two", *([third] if action == "started" else []), *([] if stop else ["four", "five"])]
    assert launched(tenant) == [f"{source}/load-accounts" for source in started]


@pytest.mark.parametrize("stop", [True, False])
def test_the_summary_tells_failures_first_and_counts_more_than_ten_uneventful_ones(
    tenant: Hand, run: Run, stop: bool
) -> None:
    broken = {**AT_ONCE, "ends": "ERROR", "messages": ["Wrong password."]}
    warned = {**AT_ONCE, "ends": "WARNING"}
    ids = [f"s{number}" for number in range(14)]
    kinds = {"s0": warned, "s2": broken}
    stopped = "1 skipped, 11 not started, because another aggregation has failed"
    tenant.scenario(
        sources=[{"id": source, "accounts": kinds.get(source, AT_ONCE)} for source in ids],
        tasks=[{"id": "done", "source": "s1", "age": "1m", "seconds": 10}],
    )
    sources = [{"id": source, "max_age": "1h"} for source in ids]
    failure = run.failing("source_aggregations", sources=sources, stop_on_failure=stop)
    assert failure["summary"] == [
        "FAILED: s2, accounts: ended with ERROR after 0.0 s: Wrong password.",
        "s0, accounts: ended with WARNING after 0.0 s",
        stopped if stop else "11 ended with SUCCESS, 1 skipped",
    ]


def test_the_summary_tells_how_all_of_them_went(tenant: Hand, run: Run) -> None:
    tenant.scenario(
        sources=[{"id": source, "accounts": AT_ONCE} for source in ("one", "two")],
        tasks=[{"id": "done", "source": "one", "age": "1m", "seconds": 10}],
    )
    sources = [{"id": "one", "max_age": "1h"}, {"id": "two", "name": "Second"}]
    planned = run("source_aggregations", check_mode=True, sources=sources)["summary"]
    done = run("source_aggregations", sources=sources)["summary"]
    assert planned[0] == done[0]
    assert re.search(r"^one, accounts: skipped: .*\(done\) succeeded at", done[0])
    assert planned[1:] == [
        "Second, accounts: would be started",
        "Check mode, nothing was started: 1 would be started, 0 adopted, 1 skipped.",
    ]
    assert done[1:] == [
        "Second, accounts: ended with SUCCESS after 0.0 s",
        "No failures: 1 started, 0 adopted, 1 skipped.",
    ]


def test_each_busy_source_does_what_on_busy_says(tenant: Hand, run: Run) -> None:
    names = ("skip", "adopt", "wait", "fail")
    tenant.scenario(
        sources=[{"id": name, "accounts": AT_ONCE} for name in names],
        tasks=[{"id": f"in-{name}", "source": name} for name in names],
    )

    def end_those_that_are_waited_for() -> None:
        paths = {"/beta/task-status/in-adopt", "/beta/task-status/in-wait"}
        wait_until(lambda: paths.issubset(each(tenant.log(), "path")), "They were not looked at.")
        assert launched(tenant) == []
        end(tenant, "in-adopt")
        end(tenant, "in-wait")

    with meanwhile(tenant, "get", end_those_that_are_waited_for):
        failure = run.failing(
            "source_aggregations",
            sources=[{"id": name, "on_busy": name} for name in names],
            max_parallel=4,
            stop_on_failure=False,
        )
    assert failure["changed"]
    skipped, adopted, waited, failed = results = failure["results"]
    assert each(results, "action") == ["skipped", "adopted", "started", "not_started"]
    assert each(results, "failed") == [False, False, False, True]
    assert skipped["task"]["id"] == "in-skip"
    assert "is already running" in skipped["reason"]
    assert adopted["task"]["id"] == "in-adopt"
    assert waited["task"]["id"] != "in-wait"
    assert statuses([adopted, waited]) == ["SUCCESS", "SUCCESS"]
    assert failed["task"] is None
    says = r"1 of 4 aggregations failed: accounts of fail: The source is busy: .*\(in-fail\)"
    assert re.match(says, failure["msg"])
    assert launched(tenant) == ["wait/load-accounts"]


# What is wrong with the second source, and how the message goes on after its name.
WRONG: list[tuple[dict[str, t.Any], str]] = [
    ({"kinds": ["groups"]}, "value of kinds must be one or more of"),
    ({"kinds": []}, r"kinds is \[\]: it is empty"),
    ({"kinds": ["accounts", "uncorrelated_accounts"]}, r"kinds is \[.*\]: uncorrelated_accounts requires file"),
    ({"file": "/nowhere/feed.csv"}, 'file is "/nowhere/feed.csv": not a readable file'),
    ({"max_age": "last week"}, 'max_age is "last week": give a duration'),
    ({"on_busy": "kill"}, "value of on_busy must be one of: fail, skip, adopt, wait, got: kill"),
    ({"disable_optimization": "perhaps"}, ".*disable_optimization"),
    ({"max_agee": "1h"}, "Unsupported parameters for sources: max_agee"),
    ({"id": ".."}, r'id is "\.\."'),
    ({"id": ""}, 'id is "": it is empty'),
    ({"kinds": None}, ".*kinds"),
    ({"on_busy": None}, ".*on_busy"),
    ({"disable_optimization": None}, ".*disable_optimization"),
    ({"require_healthy": "perhaps"}, ".*require_healthy"),
]


@pytest.mark.parametrize(("facts", "says"), WRONG, ids=lambda value: value if isinstance(value, str) else None)
def test_an_entry_that_is_wrong_is_named(tenant: Hand, run: Run, facts: dict[str, t.Any], says: str) -> None:
    second = {"id": "sap", "name": "SAP", **facts}
    second = {key: value for key, value in second.items() if value is not OMIT}
    failure = run.failing("source_aggregations", sources=[{"id": "hr", "name": "HR"}, second, {"id": "x"}])
    assert re.match(rf"sources\[1\] \(SAP\): {says}", failure["msg"])
    assert tenant.log() == []


def test_what_all_sources_have_in_common_is_no_entry_s_fault(run: Run) -> None:
    failure = run.failing("source_aggregations", sources=[{"id": "hr"}], timeout="soon")
    assert failure["msg"].startswith('timeout is "soon"')


@pytest.mark.parametrize("slow", ["one", "two", "four"])
def test_launches_go_out_in_the_order_of_the_list(
    tenant: Hand, run: Run, monkeypatch: pytest.MonkeyPatch, slow: str
) -> None:
    names = ["one", "two", "three", "four", "five"]
    tenant.scenario(sources=[{"id": name, "accounts": AT_ONCE} for name in names])
    look_up = Starter._running
    others = threading.Semaphore(0)

    def slowly(starter: Starter, *kinds: t.Any) -> t.Any:
        if starter._wanted.source.id == slow:
            # Not before another one has been looked up: it would be ready to go.
            assert others.acquire(timeout=30)
        found = look_up(starter, *kinds)
        others.release()
        return found

    monkeypatch.setattr(Starter, "_running", slowly)
    run("source_aggregations", sources=[{"id": name} for name in names], max_parallel=3)
    assert launched(tenant) == [f"{name}/load-accounts" for name in names]


def test_nothing_is_started_after_a_failure_by_one_that_waited_for_a_busy_source(tenant: Hand, run: Run) -> None:
    broken = {"seconds": 0.3, "completed_gap": 0, "ends": "ERROR"}
    tenant.scenario(
        sources=[{"id": "busy", "accounts": AT_ONCE}, {"id": "broken", "accounts": broken}],
        tasks=[{"id": "in-busy", "source": "busy", "ends_in": 60}],
    )
    sources = [{"id": "busy", "on_busy": "wait", "kinds": ["accounts", "entitlements"]}, {"id": "broken"}]
    failure = run.failing("source_aggregations", sources=sources, max_parallel=2)
    assert each(failure["results"], "action") == ["not_started", "not_started", "started"]
    assert each(failure["results"], "failed") == [False, False, True]
    assert each(failure["results"][:2], "reason") == ["Another aggregation has failed."] * 2
    assert launched(tenant) == ["broken/load-accounts"]
    # It does not wait for what nothing would follow.
    assert {task["id"]: task["completionStatus"] for task in tasks(tenant)}["in-busy"] is None


def test_a_launch_that_is_refused_for_the_rate_is_not_repeated_after_a_failure(tenant: Hand, run: Run) -> None:
    tenant.scenario(
        sources=[{"id": "broken", "accounts": {**AT_ONCE, "seconds": 0.2, "ends": "ERROR"}}, {"id": "late"}],
        faults=[{"fault": "status", "code": 429, "retry_after": 1, "path": "/late/load-accounts$"}],
    )
    failure = run.failing(
        "source_aggregations", sources=[{"id": "broken"}, {"id": "late"}], max_parallel=2, max_retry_delay=2
    )
    assert each(failure["results"], "action") == ["started", "not_started"]
    assert launched(tenant) == ["broken/load-accounts"]
