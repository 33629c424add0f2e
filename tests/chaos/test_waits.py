# Copyright (c) 2026, the sailpoint.isc contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Waits that something comes between: tokens that expire, a tenant that restarts, clocks, deadlines."""

from __future__ import annotations

import itertools
import time
from typing import Any

import pytest
from ansible_collections.sailpoint.isc.plugins.module_utils._tasks import wait as waiting

from tests.chaos.subjects import Truth, assert_clear
from tests.support.hand import Hand, meanwhile
from tests.support.leaks import KEEPER
from tests.support.modules import OMIT, Result, Run

WAIT: dict[str, Any] = {
    "ids": ["lasting"],
    "api_version": "v2025",
    "timeout": "2m",
    "interval": "0.2",
    "max_interval": "0.5",
}
MANY = 500
# Far more than a wait takes on the slowest machine, and far less than the clock jumps
LONGEST_WAIT = 600.0


def lasting(tenant: Hand, lifetime: float = 3600, **keys: Any) -> None:
    """Let the tenant have a task that lasts; lifetime: of its tokens, in seconds."""
    tenant.scenario(clients=[{**KEEPER, "token_lifetime": lifetime}], tasks=[{"id": "lasting", **keys}])


def change(tenant: Hand, **keys: Any) -> None:
    """Change the task that lasts."""
    tenant.control("PATCH", "tasks/lasting", keys)


def assert_survived(result: Result) -> None:
    assert not result["failed"], result
    assert [task["completionStatus"] for task in result["tasks"]] == ["SUCCESS"]
    assert 0 < result["elapsed"] < LONGEST_WAIT


def test_a_wait_outlives_its_tokens(tenant: Hand, run: Run) -> None:
    lasting(tenant, lifetime=1)
    with meanwhile(tenant, "token", lambda: change(tenant, ends_in=0), times=3):
        result = run.result("task_wait", **WAIT)
    assert_survived(result)
    assert tenant.control("GET", "log")["tokens"] >= 3


def test_a_wait_survives_a_restart_of_the_tenant(tenant: Hand, run: Run) -> None:
    lasting(tenant)

    def restart() -> None:
        change(tenant, ends_in=2)
        tenant.control("PUT", "down", {"seconds": 1.5})

    with meanwhile(tenant, "list", restart):
        result = run.result("task_wait", **WAIT)
    assert_survived(result)


def test_a_wait_survives_a_clock_that_jumps(tenant: Hand, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    lasting(tenant)
    true_time = time.time
    jumps = itertools.cycle((0, 86400, -86400))
    reads = itertools.count()

    def jumping() -> float:
        next(reads)
        return true_time() + next(jumps)

    with meanwhile(tenant, "list", lambda: change(tenant, ends_in=0), times=3), monkeypatch.context() as patch:
        patch.setattr(time, "time", jumping)
        result = run.result("task_wait", **WAIT)
    assert_survived(result)
    assert next(reads) > 0


def test_a_wait_survives_that_its_id_appears_late(tenant: Hand, run: Run) -> None:
    lasting(tenant, visible_after=600)
    with meanwhile(tenant, "list", lambda: change(tenant, visible_after=0, ends_in=0.5), times=2):
        result = run.result("task_wait", **WAIT)
    assert_survived(result)


def test_a_wait_ends_at_its_deadline_whatever_a_request_does(tenant: Hand, run: Run) -> None:
    lasting(tenant)
    tenant.faults({"operation": "list", "times": None, "fault": "slow_first_byte", "seconds": 60})
    result = run.failing("task_wait", **{**WAIT, "timeout": "1", "request_timeout": 60})
    assert_clear(result)
    assert 0 < result["elapsed"] < 60


def test_a_wait_ends_when_its_task_vanishes(tenant: Hand, run: Run) -> None:
    lasting(tenant)
    with meanwhile(tenant, "list", lambda: change(tenant, vanish=True)):
        result = run.failing("task_wait", **{**WAIT, "not_found_grace": "1"})
    assert_clear(result)
    assert 0 < result["elapsed"] < LONGEST_WAIT


@pytest.mark.parametrize("version", ["beta", "v2025"])
def test_many_tasks_at_once_cost_few_requests(tenant: Hand, run: Run, version: str) -> None:
    ids = [f"task-{number}" for number in range(MANY)]
    tasks = [{"id": task_id, "seconds": 1 + number % 3} for number, task_id in enumerate(ids)]
    tenant.scenario(clients=[KEEPER], tasks=tasks)
    result = run("task_wait", **{**WAIT, "ids": ids, "fields": ["id"], "api_version": version})
    assert [task["id"] for task in result["tasks"]] == ids
    # A request for up to 100 tasks, one for all that are pending where the list does not show those, and the token
    assert Truth.of(tenant).requests <= 1 + result["polls"] * (MANY // 100 + 4)


def test_a_wait_for_sources_survives_that_they_cannot_be_looked_up_for_a_while(tenant: Hand, run: Run) -> None:
    tenant.scenario(clients=[KEEPER], sources=[{"id": "hr"}], tasks=[{"id": "last", "source": "hr", "ends": "ERROR"}])
    tenant.faults({"operation": "list_sources", "times": 3, "fault": "status", "code": 502})
    tenant.faults({"operation": "list", "times": None, "nth": 2, "fault": "status", "code": 503})
    wait = {**WAIT, "ids": OMIT, "source_ids": ["hr"], "on_idle": "check", "retries": 0}
    with meanwhile(tenant, "list", lambda: tenant.control("DELETE", "faults"), times=6):
        result = run.failing("task_wait", **wait)
    assert_clear(result)
    assert "The last task of an idle source failed" in result["msg"]
    assert [task["id"] for task in result["last_tasks"]] == ["last"]


def test_a_wait_ends_for_a_task_that_never_gets_a_time_of_completion(
    tenant: Hand, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    lasting(tenant)
    monkeypatch.setattr(waiting, "_GRACE_FOR_COMPLETED", 1)
    with meanwhile(tenant, "list", lambda: change(tenant, completionStatus="SUCCESS", completed=None)):
        result = run.result("task_wait", **WAIT)
    assert_survived(result)
    assert len(result["warnings"]) == 1
