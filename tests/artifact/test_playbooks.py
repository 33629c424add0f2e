# Copyright (c) 2026, the sailpoint.isc contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Every playbook of the installed collection runs by its name, and does in the tenant what it is for."""

from __future__ import annotations

import json
from typing import Any

from tests.artifact.user import User
from tests.support.hand import Hand
from tests.support.workspace import ROOT

QUICK: dict[str, Any] = {"interval": "0.2", "max_interval": "0.5"}
WORKDAY, SAP = "2c9180835d2e5168015d32f890ca1581", "2c91808a7813090a017814121e121518"
FIRST, SECOND = "0a5e1c9d7b3f4826a1c0d4e8f2b6975a", "1b6f2d0e8c4a4937b2d1e5f903c7a86b"
SOURCES = [{"id": WORKDAY, "name": "Workday"}, {"id": SAP, "name": "SAP"}]


def play(user: User, tenant: Hand, name: str, **variables: Any) -> str:
    """Run a playbook of the collection with those variables; return what it showed."""
    done = user.run(
        "ansible-playbook",
        f"sailpoint.isc.{name}",
        "--extra-vars",
        json.dumps(variables),
        SAIL_BASE_URL=tenant.url,
        SAIL_CLIENT_ID="admin",
        SAIL_CLIENT_SECRET="admin-secret",
    )
    return done.stdout


def effects(tenant: Hand) -> list[tuple[str, str]]:
    """What requests have changed: the path, and how."""
    return [(request["path"], request["effect"]) for request in tenant.log() if request["effect"]]


def endings(tenant: Hand) -> dict[str, str | None]:
    """The completion status of each task, by its source."""
    tasks = tenant.control("GET", "tasks")["tasks"]
    return {task["source"]: task["completionStatus"] for task in tasks}


def test_all_of_them_are_run_here(user: User) -> None:
    installed = {file.stem for file in user.collection.glob("playbooks/*.yml")}
    assert installed == {file.stem for file in ROOT.glob("playbooks/*.yml")}
    tests = [name for name in globals() if name.startswith("test_")]
    assert {name for name in installed if not any(test.startswith(f"test_{name}_") for test in tests)} == set()


def test_wait_for_aggregation_ends_with_the_last_of_them(user: User, tenant: Hand) -> None:
    tasks = [{"id": FIRST, "source": WORKDAY, "ends_in": 1}, {"id": SECOND, "source": SAP, "ends_in": 2}]
    tenant.scenario(sources=SOURCES, tasks=tasks)
    shown = play(user, tenant, "wait_for_aggregation", task_ids=[FIRST, SECOND], **QUICK)
    assert endings(tenant) == {WORKDAY: "SUCCESS", SAP: "SUCCESS"}
    assert effects(tenant) == []
    for name in ("Workday", "SAP"):
        assert f"{name}: Cloud Account Aggregation ended with SUCCESS" in shown


def test_aggregate_sources_starts_one_after_the_other(user: User, tenant: Hand) -> None:
    tenant.scenario(sources=[{**source, "accounts": {"seconds": 0.5, "ends": "SUCCESS"}} for source in SOURCES])
    play(user, tenant, "aggregate_sources", sources=f"{SAP},{WORKDAY}", **QUICK)
    assert effects(tenant) == [(f"/beta/sources/{source}/load-accounts", "launched") for source in (SAP, WORKDAY)]
    assert endings(tenant) == {SAP: "SUCCESS", WORKDAY: "SUCCESS"}


def test_clear_stuck_tasks_edits_what_is_stuck_and_nothing_else(user: User, tenant: Hand) -> None:
    stuck, young = {"id": FIRST, "source": WORKDAY, "age": "2d"}, {"source": SAP, "age": "1h"}
    tenant.scenario(sources=SOURCES, tasks=[stuck, young])
    play(user, tenant, "clear_stuck_tasks", older_than="24h")
    assert effects(tenant) == [(f"/beta/task-status/{FIRST}", "patched")]
    assert endings(tenant) == {WORKDAY: "TERMINATED", SAP: None}


def test_task_report_writes_a_page(user: User, tenant: Hand) -> None:
    failed = {"source": SAP, "age": "3h", "seconds": 60, "ends": "ERROR", "messages": ["The account is locked."]}
    tenant.scenario(sources=SOURCES, tasks=[failed, {"source": WORKDAY, "age": "2h"}])
    play(user, tenant, "task_report", path="report.html")
    assert effects(tenant) == []
    page = (user.home / "report.html").read_text(encoding="utf-8")
    assert [text for text in ("Workday", "SAP", "The account is locked.") if text not in page] == []
    assert json.loads((user.home / "report.json").read_text(encoding="utf-8"))
    assert len((user.home / "report.csv").read_text(encoding="utf-8").splitlines()) == 3


def test_maintenance_window_puts_back_what_it_has_removed(user: User, tenant: Hand) -> None:
    tenant.scenario(sources=[{**SOURCES[0], "schedules": {"accounts": "0 0 5 * * ?"}}])
    window = {"source_ids": WORKDAY, "api_version": "v2025", "file": "window.json"}
    play(user, tenant, "maintenance_window", only="begin", **window)
    assert [effect for _path, effect in effects(tenant)] == ["deleted"]
    play(user, tenant, "maintenance_window", only="end", **window)
    assert [effect for _path, effect in effects(tenant)] == ["deleted", "created"]
    assert not (user.home / "window.json").exists()


def test_aggregate_again_starts_it_once(user: User, tenant: Hand) -> None:
    failed = {"source": SAP, "age": "3h", "seconds": 60, "ends": "ERROR"}
    course = {"seconds": 0, "completed_gap": 0, "ends": "ERROR"}
    tenant.scenario(sources=[{**SOURCES[1], "accounts": course}], tasks=[failed])
    assert "Started again" in play(user, tenant, "aggregate_again", source_id=SAP)
    assert "has failed too" in play(user, tenant, "aggregate_again", source_id=SAP)
    assert effects(tenant) == [(f"/beta/sources/{SAP}/load-accounts", "launched")]


def test_report_stuck_tasks_tells_and_changes_nothing(user: User, tenant: Hand) -> None:
    tenant.scenario(sources=SOURCES, tasks=[{"id": FIRST, "source": WORKDAY, "age": "2d"}])
    assert "Workday" in play(user, tenant, "report_stuck_tasks", older_than="24h")
    assert effects(tenant) == []
