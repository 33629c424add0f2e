# Copyright (c) 2026, the sailpoint.isc contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What changes something is done once: for every cut of the connection around it, and with many at it at once."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import pytest

from tests.chaos.faults import FAILED, IMPATIENT, SLOW, SURVIVED
from tests.chaos.subjects import SOURCE_AGGREGATION, TASK_STATUS, Subject, Truth, judge
from tests.support.hand import Hand, wait_until
from tests.support.leaks import KEEPER
from tests.support.modules import VERSIONS, Run, Running

FORKS = 20
# Long enough for all forks to have read before the first one writes, which none of the tests depends on
LATENCY = 0.3
# Requests of many forks are to be answered, however slow the machine is.
PATIENT: dict[str, Any] = {"request_timeout": 120, "retries": 5}
CLEAR = {"completion_status": "ERROR"}

LOST: tuple[dict[str, Any], ...] = (
    {"fault": "reset_before"},
    {"fault": "reset_after"},
    {"fault": "reset_during"},
    {"fault": "short_body"},
    {"fault": "short_chunked"},
    {"fault": "short_unframed"},
    {"fault": "chunked_garbage"},
    *SLOW,
    {"fault": "html", "processed": True},
    {"fault": "empty"},
    {"fault": "null"},
    {"fault": "no_content"},
    {"fault": "wrong_shape"},
    {"fault": "redirect", "processed": True},
    *({"fault": "status", "code": code, "processed": True} for code in (408, 500, 502, 503, 504)),
)


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "lost" in metafunc.fixturenames:
        cases = [{**spec, "times": times} for spec in LOST for times in (1, 2, None)]
        if not metafunc.config.getoption("--long"):
            cases = [case for number, case in enumerate(cases) if number % 3 == number // 3 % 3]
        versioned = [(case, VERSIONS[number % len(VERSIONS)]) for number, case in enumerate(cases)]
        ids = [f"{case['fault']} {case.get('code', '')} x {case['times']} {version}" for case, version in versioned]
        metafunc.parametrize(("lost", "version"), versioned, ids=ids)


@pytest.mark.usefixtures("quick_looks")
@pytest.mark.parametrize(
    ("subject", "operation"), [(TASK_STATUS, "patch"), (SOURCE_AGGREGATION, "load_accounts")], ids=["edit", "launch"]
)
def test_what_is_not_answered_is_done_once(
    tenant: Hand, run: Run, subject: Subject, operation: str, lost: dict[str, Any], version: str
) -> None:
    tenant.scenario(clients=[KEEPER], faults=[{**lost, "operation": operation}], **subject.scenario)
    options: dict[str, Any] = {**subject.options, **(IMPATIENT if lost in SLOW else {}), "api_version": version}
    # An edit is read back and sent again; a launch that has not arrived is looked for in vain.
    never = lost["fault"] == "reset_before" and (lost["times"] is None or subject is SOURCE_AGGREGATION)
    if subject.waits and never:
        options["timeout"] = 3
    result = run.result(subject.module, **options)
    judge(subject, result, Truth.of(tenant), FAILED if never else SURVIVED)


CUT = {"fault": "reset_after"}
GATEWAY_TIMEOUT = {"fault": "status", "code": 504, "processed": True}


@pytest.mark.parametrize(
    ("fault", "seconds"),
    [
        (CUT, 0.5),
        (GATEWAY_TIMEOUT, 6.0),
        (SLOW[0], 15.0),
        (CUT, 15.0),
        (GATEWAY_TIMEOUT, 50.0),
        (CUT, 3600.0),
    ],
    ids=lambda value: value if isinstance(value, float) else value["fault"],
)
def test_a_lost_launch_whose_task_appears_late_is_not_repeated(
    tenant: Hand, run: Run, fault: dict[str, Any], seconds: float
) -> None:
    source = {"id": "hr", "name": "HR System", "accounts": {"seconds": 90, "visible_after": seconds}}
    tenant.scenario(clients=[KEEPER], sources=[source], faults=[{**fault, "operation": "load_accounts"}])
    options: dict[str, Any] = IMPATIENT if fault in SLOW else {}
    # It is looked for a minute at least, whatever the timeout.
    result = run.result("source_aggregation", source_id="hr", api_version="v2025", timeout="1s", **options)
    truth = Truth.of(tenant)
    assert truth.effects == 1
    if result["failed"]:
        judge(SOURCE_AGGREGATION, result, truth, FAILED)
        assert seconds > 60
    else:
        assert result["action"] == "started"
        assert result["task"]["id"] in truth.tasks


@pytest.mark.parametrize("forks", [2, FORKS])
def test_one_of_many_clears_a_task(tenant: Hand, run: Run, forks: int) -> None:
    tenant.scenario(clients=[KEEPER], tasks=[{"id": "stuck", "age": "2d"}], latency=LATENCY)
    runs = start_all(run, "task_status", ({"id": "stuck", **CLEAR} for _fork in range(forks)))
    results = [running.result() for running in runs]
    assert not [result for result in results if result["failed"]]
    assert [result["changed"] for result in results].count(True) == 1
    assert Truth.of(tenant).effects == 1


def test_many_clear_a_task_each(tenant: Hand, run: Run) -> None:
    ids = [f"stuck-{number}" for number in range(FORKS)]
    tenant.scenario(clients=[KEEPER], tasks=[{"id": task_id} for task_id in ids], latency=LATENCY)
    runs = start_all(run, "task_status", ({"id": task_id, **CLEAR} for task_id in ids))
    results = [running.result() for running in runs]
    assert [result.get("changed") for result in results] == [True] * FORKS
    truth = Truth.of(tenant)
    assert [truth.tasks[task_id]["completionStatus"] for task_id in ids] == ["ERROR"] * FORKS
    assert truth.effects == FORKS


@pytest.mark.parametrize("on_busy", ["fail", "adopt"])
def test_one_of_many_aggregates_a_source(tenant: Hand, run: Run, on_busy: str) -> None:
    clients = [{**KEEPER, "client_id": f"keeper-{number}"} for number in range(FORKS)]
    sources = [{"id": "hr", "name": "HR System", "accounts": {"seconds": 600}}]
    tenant.scenario(clients=clients, sources=sources, latency=LATENCY)
    options = {"source_id": "hr", "on_busy": on_busy, "api_version": "v1", "timeout": "2m", "interval": "0.2"}
    runs = start_all(run, "source_aggregation", ({"client_id": client["client_id"], **options} for client in clients))
    if on_busy == "adopt":
        wait_until(lambda: len(_waiting(tenant)) == FORKS - 1, "Not all but one wait for the aggregation.")
        (task_id,) = Truth.of(tenant).tasks
        tenant.control("PATCH", f"tasks/{task_id}", {"ends_in": 0})
    results = [running.result() for running in runs]
    truth = Truth.of(tenant)
    others = [result for result in results if result.get("action") != "started"]
    assert (truth.effects, len(others)) == (1, FORKS - 1)
    for result in results:
        if on_busy == "fail" and result in others:
            assert result["failed"]
            assert "busy" in result["msg"]
        else:
            assert not result["failed"]
            assert result["task"]["id"] in truth.tasks


def _waiting(tenant: Hand) -> set[str]:
    """The clients that have asked for a task by its id."""
    ids = Truth.of(tenant).tasks
    return {entry["client_id"] for entry in tenant.log() if any(task_id in entry["raw_path"] for task_id in ids)}


def start_all(run: Run, module: str, options: Iterable[dict[str, Any]]) -> list[Running]:
    """Run a module with each of these options at the same time."""
    return [run.start(module, **PATIENT, **given) for given in options]
