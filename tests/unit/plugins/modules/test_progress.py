# Copyright (c) 2026, the sailpoint.isc contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What modules tell while they wait, as the action plugin reads it: from a pipe."""

from __future__ import annotations

import contextlib
import os
import re
import typing as t
from pathlib import Path

import pytest
from ansible_collections.sailpoint.isc.plugins.module_utils._progress import PIPE_VARIABLE
from ansible_collections.sailpoint.isc.tests.support.hand import Hand
from ansible_collections.sailpoint.isc.tests.support.leaks import leaked
from ansible_collections.sailpoint.isc.tests.support.modules import VERSIONS, Result, Run

QUICK = {"interval": 0.1, "max_interval": 0.1, "timeout": "1m"}


class Listener:
    """Runs modules and keeps what they tell, without the time that each line begins with."""

    def __init__(self, run: Run, pipe: Path) -> None:
        self._run = run
        self._pipe = pipe
        os.mkfifo(pipe)

    def __call__(self, module: str, *, failing: bool = False, **options: t.Any) -> tuple[list[str], Result]:
        reader = os.open(self._pipe, os.O_RDONLY | os.O_NONBLOCK)
        run = self._run.failing if failing else self._run
        try:
            result = run(module, environ={PIPE_VARIABLE: str(self._pipe)}, **{**QUICK, **options})
            told = b""
            with contextlib.suppress(BlockingIOError):
                while piece := os.read(reader, 65536):
                    told += piece
        finally:
            os.close(reader)
        text = told.decode()
        assert leaked(text) is None
        lines = text.splitlines()
        for line in lines:
            assert re.match(r"(\d+:)?\d+:\d\d \S", line)
        return [line.partition(" ")[2] for line in lines], result


@pytest.fixture
def told(run: Run, tmp_path: Path) -> Listener:
    return Listener(run, tmp_path / "pipe")


def lasting(seconds: float, **facts: t.Any) -> dict[str, t.Any]:
    return {"seconds": seconds, "completed_gap": 0, **facts}


def end_of(line: str) -> str:
    """The line without how long something took."""
    return re.sub(r"(after|for) \d+ s", r"\1 N s", line)


@pytest.mark.parametrize("version", VERSIONS)
def test_several_aggregations_tell_what_starts_ends_and_is_not_started(
    tenant: Hand, told: Listener, version: str
) -> None:
    failing = {"ends": "ERROR", "messages": [{"type": "ERROR", "key": "Login failed."}]}
    tenant.scenario(
        sources=[
            {"id": "hr", "name": "HR System", "accounts": lasting(0.2)},
            {"id": "recent", "name": "Badge System"},
            {"id": "sap", "name": "SAP", "accounts": lasting(0.2, **failing), "entitlements": lasting(0.1)},
            {"id": "ad", "name": "Active Directory"},
        ],
        tasks=[{"id": "recent", "source": "recent", "age": "2h", "seconds": 30}],
    )
    sources = [
        {"id": "hr", "name": "People"},
        {"id": "recent", "max_age": "1d"},
        {"id": "sap", "kinds": ["entitlements", "accounts"]},
        {"id": "ad", "name": "AD"},
    ]
    lines, _failure = told("source_aggregations", failing=True, api_version=version, sources=sources)
    assert list(map(end_of, lines)) == [
        "People, accounts: started",
        "People, accounts: SUCCESS after N s",
        "Badge System, accounts: skipped, succeeded 1 h 59 min ago",
        "sap, entitlements: started",
        "SAP, entitlements: SUCCESS after N s",
        "sap, accounts: started",
        "SAP, accounts: ERROR after N s: Login failed.",
        "AD, accounts: not started, because another aggregation has failed",
    ]


@pytest.mark.parametrize("version", VERSIONS)
def test_a_pause_is_filled_with_what_is_pending_and_how_far_it_is(tenant: Hand, told: Listener, version: str) -> None:
    hr = {"id": "hr", "name": "HR System", "accounts": lasting(1.5, attributes={"total": 45_000})}
    tenant.scenario(sources=[hr])
    lines, result = told("source_aggregation", api_version=version, source_id="hr", wait=True, progress_interval="0.3")
    assert lines[0] == "hr, accounts: started"
    assert end_of(lines[-1]) == "HR System, accounts: SUCCESS after N s"
    assert end_of(lines[1]) == "HR System, accounts: pending for N s"
    assert re.match(r"HR System, accounts: [\d,]+ of 45,000 accounts, pending for \d+ s", lines[-2])
    asked = [entry for entry in tenant.sent() if entry["operation"] == "progress"]
    assert len(lines) - 2 <= len(asked) <= len(lines) - 1
    assert result["task"]["completionStatus"] == "SUCCESS"


def test_a_token_that_may_not_read_how_far_it_is_is_asked_once(tenant: Hand, told: Listener) -> None:
    tenant.scenario(sources=[{"id": "hr", "name": "HR System", "accounts": lasting(1)}])
    tenant.faults({"fault": "status", "code": 403, "operation": "progress", "times": None})
    lines, _result = told("source_aggregation", source_id="hr", wait=True, progress_interval="0.2")
    assert len(lines) > 3
    assert {end_of(line) for line in lines[1:-1]} == {"HR System, accounts: pending for N s"}
    # While it runs, and once more for the result.
    assert [entry["operation"] for entry in tenant.sent()].count("progress") == 2


def test_failures_of_how_far_it_is_are_told_nobody_and_do_not_hold_up_the_wait(tenant: Hand, told: Listener) -> None:
    tenant.scenario(sources=[{"id": "hr", "name": "HR System", "accounts": lasting(0.5)}])
    tenant.faults({"fault": "reset_before", "operation": "progress", "times": None})
    lines, result = told("source_aggregation", source_id="hr", wait=True, progress_interval="0.2", retries=0)
    assert not [line for line in lines if "fail" in line]
    assert result["task"]["completionStatus"] == "SUCCESS"


def test_a_wait_for_ids_tells_each_end_once_failures_first(tenant: Hand, told: Listener) -> None:
    tenant.scenario(
        sources=[{"id": "hr", "name": "HR System"}],
        tasks=[
            {"id": "good", "source": "hr", "seconds": 60, "age": "10m"},
            {"id": "bad", "source": "hr", "seconds": 60, "age": "10m", "ends": "ERROR"},
            {"id": "none", "definition": "IDENTITY_REFRESH", "seconds": 1, "age": "0s"},
        ],
    )
    lines, _result = told("task_wait", failing=True, ids=["good", "none", "bad"])
    assert [line.partition(" after")[0] for line in lines] == [
        "HR System, Cloud Account Aggregation: ERROR",
        "HR System, Cloud Account Aggregation: SUCCESS",
        "Identity Refresh, none: SUCCESS",
    ]


def test_of_many_ends_at_once_the_good_ones_are_counted(tenant: Hand, told: Listener) -> None:
    tasks = [
        {"id": f"t{number:02}", "seconds": 5, "age": "10m", "ends": "ERROR" if number % 20 == 0 else "SUCCESS"}
        for number in range(60)
    ]
    tenant.scenario(tasks=tasks)
    lines, _result = told("task_wait", failing=True, ids=[task["id"] for task in tasks])
    assert [": ERROR after" in line for line in lines] == [True, True, True, False]
    assert lines[-1] == "57 more: 57 SUCCESS"


def test_of_many_that_are_pending_three_are_named(tenant: Hand, told: Listener) -> None:
    tenant.scenario(tasks=[{"id": f"t{number}", "seconds": 900, "age": "10m"} for number in range(5)])
    lines, failure = told("task_wait", failing=True, timeout="0.5", progress_interval="0.2")
    assert "5 of 5 tasks still pending" in failure["msg"]
    assert lines
    assert all(line.startswith("5 tasks pending: ") and line.endswith("; and 2 more") for line in lines)


@pytest.mark.parametrize("module", ["task_wait", "source_aggregation"])
def test_requests_that_fail_for_a_transient_reason_are_told_once_and_so_is_their_end(
    tenant: Hand, told: Listener, module: str
) -> None:
    tenant.scenario(
        sources=[{"id": "hr", "name": "HR System", "accounts": lasting(0.2)}],
        tasks=[{"id": "one", "source": "hr", "seconds": 0.5, "age": "0s"}] if module == "task_wait" else [],
    )
    tenant.faults({"fault": "status", "code": 503, "operation": "list", "times": 2})
    options = {"source_ids": ["hr"]} if module == "task_wait" else {"source_id": "hr", "wait": True}
    lines, _result = told(module, api_version="v2025", retries=3, max_retry_delay=0.05, **options)
    assert [line[:13] for line in lines if line.startswith("Requests")] == ["Requests fail", "Requests succ"]
    (fault,) = (line for line in lines if line.startswith("Requests fail"))
    assert "503" in fault
    assert "retrying" in fault


def test_what_is_waited_for_before_a_launch_is_told(tenant: Hand, told: Listener) -> None:
    tenant.scenario(
        sources=[{"id": "hr", "name": "HR System", "accounts": lasting(0)}],
        tasks=[{"id": "busy", "source": "hr", "seconds": 0.5, "age": "0s"}],
    )
    lines, _result = told("source_aggregation", source_id="hr", on_busy="wait", wait=True)
    assert [end_of(line) for line in lines] == [
        "HR System, accounts: waiting for Cloud Account Aggregation of HR System (busy)",
        "HR System, Cloud Account Aggregation: SUCCESS after N s",
        "hr, accounts: started",
        "HR System, accounts: SUCCESS after N s",
    ]


@pytest.mark.parametrize(
    ("on_busy", "line"),
    [
        ("adopt", "HR System, accounts: adopted, already running for N s"),
        ("skip", "HR System, accounts: skipped, already running for N s"),
        ("fail", "hr, accounts: not started: The source is busy: "),
    ],
)
def test_a_busy_source_is_told(tenant: Hand, told: Listener, on_busy: str, line: str) -> None:
    tenant.scenario(
        sources=[{"id": "hr", "name": "HR System"}],
        tasks=[{"id": "busy", "source": "hr", "seconds": 30, "age": "29s"}],
    )
    lines, _result = told("source_aggregation", failing=on_busy == "fail", source_id="hr", on_busy=on_busy)
    assert end_of(lines[0]).startswith(line)


def test_texts_of_the_tenant_are_one_clean_line(tenant: Hand, told: Listener) -> None:
    hostile = "\x1b[2J\rHR\n\u202e{{ 7 * 7 }} " + "x" * 10_000
    tenant.scenario(
        sources=[{"id": "hr", "name": hostile}],
        tasks=[
            {
                "id": "one",
                "source": "hr",
                "seconds": 1,
                "age": "1m",
                "ends": "ERROR",
                "messages": [{"type": "ERROR", "key": hostile}],
            }
        ],
    )
    lines, _failure = told("task_wait", failing=True, ids=["one"])
    assert len(lines) == 1
    assert lines[0].startswith("HR {{ 7 * 7 }} xxx")
    assert ": ERROR after" in lines[0]
    assert len(lines[0]) < 500
    assert all(character.isprintable() for character in lines[0])


@pytest.mark.parametrize("interval", ["0", "0s"])
def test_with_an_interval_of_zero_nothing_is_told(tenant: Hand, told: Listener, interval: str) -> None:
    tenant.scenario(tasks=[{"id": "one", "seconds": 0.3, "age": "0s"}])
    lines, result = told("task_wait", ids=["one"], progress_interval=interval)
    assert lines == []
    assert len(result["tasks"]) == 1


@pytest.mark.parametrize("interval", ["-1", "soon", "nan"])
def test_an_interval_that_is_none_is_refused_before_any_request(tenant: Hand, run: Run, interval: str) -> None:
    failure = run.failing("task_wait", ids=["one"], progress_interval=interval)
    assert f'progress_interval is "{interval}": ' in failure["msg"]
    assert tenant.log() == []


def test_with_two_hundred_tasks_and_counts_the_budget_of_requests_holds(tenant: Hand, told: Listener) -> None:
    tenant.scenario(
        sources=[{"id": "hr", "name": "HR System"}],
        tasks=[{"id": f"t{number}", "source": "hr", "seconds": 900, "age": "5m"} for number in range(200)],
    )
    lines, _failure = told(
        "task_wait", failing=True, source_ids=["hr"], timeout="2", interval=1, max_interval=1, progress_interval="0.9"
    )
    counts = [entry for entry in tenant.sent() if entry["operation"] == "progress"]
    assert len(counts) <= 3 * len(lines)
