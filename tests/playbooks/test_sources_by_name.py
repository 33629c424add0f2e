# Copyright (c) 2026, the sailpoint.isc contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Roles and playbooks take sources by their names, and playbooks take ids and names mixed."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any, Callable

from tests.support.hand import Hand
from tests.support.plays import Case, Played, check, clients, hosts, role

Run = Callable[..., Played]

HEX, UUID = "2c9180835d2e5168015d32f890ca1581", "c28a7b5e-7d1f-4c0a-9b57-0a2f5c3d1e4f"
AT_ONCE = {"seconds": 0, "completed_gap": 0}
SINCE = "2026-05-17T19:33:04.3801666300Z"
SOURCES: list[dict[str, Any]] = [
    {"id": HEX, "name": "HR System", "accounts": AT_ONCE},
    {"id": UUID, "name": "SAP", "accounts": AT_ONCE},
    {"id": "comma", "name": 'Smith, "Jones" & O\'Neil \\1 100%', "accounts": AT_ONCE},
    {"id": "brackets", "name": "[DEV] Directory", "accounts": AT_ONCE},
    {"id": "number", "name": "2024", "accounts": AT_ONCE},
    {"id": "blank", "name": "  Blank ", "accounts": AT_ONCE},
    {"id": "down", "name": "Down", "status": "SOURCE_STATE_ERROR_VA", "since": SINCE},
]
IDS = {source["name"].strip(): source["id"] for source in SOURCES}
COMMA = SOURCES[2]["name"]
TASKS = [
    {
        "id": f"done-{source['id']}",
        "source": source["id"],
        "target": {"id": source["id"], "type": "APPLICATION", "name": f"{source['name']} [source]"},
        "age": "2h",
        "seconds": 10,
    }
    for source in SOURCES
]
NOT_FOUND = r"No source is named .*HR Sytem.* .did you mean .*HR System"

# Values of source_ids and sources, and the sources that they mean
MIXED: dict[str, tuple[Any, list[str]]] = {
    "texts": (f" HR System , {UUID},[DEV] Directory,2024", [HEX, UUID, "brackets", "number"]),
    "upper": (HEX.upper(), [HEX.upper()]),
    "list": ([COMMA, HEX, "Blank ", 2024], ["comma", HEX, "blank", "number"]),
    "read": (json.dumps(["SAP", COMMA]), [UUID, "comma"]),
}


def of_tenant(tenant: Hand, **keys: Any) -> None:
    tenant.scenario(sources=[*SOURCES, {"id": HEX.upper(), "name": "Upper"}], tasks=TASKS, deprecated=[], **keys)


def look_ups(tenant: Hand, client: str) -> int:
    return sum(entry["operation"] == "list_sources" and entry["client_id"] == client for entry in tenant.log())


def test_a_wait_takes_ids_and_names_mixed(tenant: Hand, run: Run) -> None:
    of_tenant(tenant)
    cases = {
        **{name: Case({"source_ids": given}) for name, (given, _ids) in MIXED.items()},
        "typo": Case({"source_ids": "HR Sytem"}, [f"fatal:.*{NOT_FOUND}"], fails=True),
    }
    played = run("sailpoint.isc.wait_for_aggregation", hosts={name: case.given for name, case in cases.items()})
    check(played, cases)
    for name, (_given, ids) in MIXED.items():
        (wait,) = played.results("sailpoint.isc.task_wait", name)
        assert sorted(source["id"] for source in wait["sources"]) == sorted(ids)
    assert "Nothing was pending; last task, at" in played.said("texts")
    # What was given counts, and not what the record says.
    assert ": HR System: Cloud Account Aggregation ended with SUCCESS" in played.said("texts")


def test_sources_are_aggregated_by_ids_and_names_mixed(tenant: Hand, run: Run, tmp_path: Path) -> None:
    of_tenant(tenant)
    entries = [{"name": "SAP", "max_age": "1s"}, HEX, COMMA, {"id": "blank", "name": "Mine"}, 2024]
    cases = {
        **{name: Case({"sources": given}) for name, (given, _ids) in MIXED.items()},
        "entries": Case({"sources": entries, "kinds": "accounts"}, ["Mine, accounts: skipped", "SAP, accounts: would"]),
        "typo": Case({"sources": f"{HEX},HR Sytem"}, [f"fatal:.*{NOT_FOUND}"], fails=True),
        "down": Case(
            {
                "sources": ["Down", {"name": "SAP", "require_healthy": False}],
                "require_healthy": "true",
                "max_age": "1s",
            },
            [rf"FAILED: Down, accounts: not started: Down is not healthy .status SOURCE_STATE_ERROR_VA .*{SINCE}"],
            fails=True,
        ),
    }
    given = {name: {"max_age": "9h", **case.given} for name, case in cases.items()}
    played = run("sailpoint.isc.aggregate_sources", "--check", hosts=given)
    check(played, cases)
    wanted = {
        **{name: ids for name, (_given, ids) in MIXED.items()},
        "entries": [UUID, HEX, "comma", "blank", "number"],
    }
    for name, ids in wanted.items():
        outcomes = played.fact("aggregate_sources_result", name)["outcomes"]
        assert [outcome["source_id"] for outcome in outcomes] == ids
    (failed,) = played.fact("aggregate_sources_result", "down")["failed"]
    assert (failed["source_status"], failed["source_since"]) == ("SOURCE_STATE_ERROR_VA", SINCE)


def test_roles_take_names_beside_ids(tenant: Hand, run: Run, tmp_path: Path) -> None:
    wait = {
        "names": Case(
            {"wait_for_aggregation_source_names": ["HR System", HEX[:-1]]},
            ["fatal:.*No source is named .*2c9180835d2e5168015d32f890ca158"],
            fails=True,
        ),
        "both": Case(
            {"wait_for_aggregation_source_names": [COMMA], "wait_for_aggregation_source_ids": "blank"},
            ["Nothing was pending; last task, at .*Smith, "],
        ),
        "tasks-too": Case(
            {"wait_for_aggregation_source_names": "SAP", "wait_for_aggregation_task_ids": "done"},
            ["Give either wait_for_aggregation_source_names or wait_for_aggregation_task_ids: both are given"],
            fails=True,
        ),
        "near": Case(
            {"wait_for_aggregation_source_name": "SAP", "wait_for_aggregation_task_ids": "done"},
            ["did you mean wait_for_aggregation_source_names"],
            fails=True,
        ),
    }
    of_tenant(tenant, clients=clients(wait))
    played = run(role("wait_for_aggregation"), hosts=hosts(wait, tenant.url), environ={})
    check(played, wait)
    assert [outcome["source_name"] for outcome in played.fact("left", "both")["last_outcomes"]] == ["  Blank ", COMMA]
    assert look_ups(tenant, "both") == 2

    aggregate = {
        "texts": Case(
            {"aggregate_sources_sources": [COMMA, HEX, {"name": "SAP"}]},
            ["No failures: 3 started"],
            connection={"api_version": "v1"},
        ),
        "text": Case({"aggregate_sources_sources": "2024,Blank"}, ["2024, accounts: ended", "Blank, accounts: ended"]),
    }
    of_tenant(tenant, clients=clients(aggregate))
    played = run(role("aggregate_sources"), hosts=hosts(aggregate, tenant.url), environ={})
    check(played, aggregate)
    outcomes = played.fact("left", "texts")["outcomes"]
    assert [outcome["source_id"] for outcome in outcomes] == ["comma", HEX, UUID]
    assert [look_ups(tenant, name) for name in aggregate] == [1, 2]


def test_a_report_is_about_sources_by_name(tenant: Hand, run: Run, tmp_path: Path) -> None:
    of_tenant(tenant)
    cases = {
        name: Case({"source_ids": given, "path": f"{tmp_path}/{name}.html"}) for name, (given, _ids) in MIXED.items()
    }
    cases["silent"] = Case({"source_ids": "SAP", "path": f"{tmp_path}/silent.html"})
    given = {name: {"newer_than": "1m" if name == "silent" else "1d", **case.given} for name, case in cases.items()}
    played = run("sailpoint.isc.task_report", hosts=given)
    check(played, cases)
    for name, (_given, ids) in MIXED.items():
        found = json.loads((tmp_path / f"{name}.json").read_text())
        assert sorted(found["source_ids"]) == sorted(ids)
        known = [source_id for source_id in ids if source_id != HEX.upper()]
        assert {source["source_id"] for source in found["sources"]} == set(known)
    assert re.search("of 1 source: SAP[.]", (tmp_path / "silent.html").read_text())
