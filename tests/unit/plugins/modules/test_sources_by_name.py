# Copyright (c) 2026, the sailpoint.isc contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Modules take sources by their names: each is found once, before anything is sent to it, and called by its name."""

from __future__ import annotations

import re
import typing as t

import pytest
import requests
from ansible_collections.sailpoint.isc.tests.support.hand import SECRETS, Hand, meanwhile, safe_mode, wait_until
from ansible_collections.sailpoint.isc.tests.support.modules import OMIT, VERSIONS, Result, Run, ids_of

AT_ONCE = {"seconds": 0, "completed_gap": 0}
SOURCES: list[dict[str, t.Any]] = [
    {"id": "hr", "name": "HR System", "accounts": AT_ONCE, "entitlements": AT_ONCE},
    {"id": "lower", "name": "hr system", "accounts": AT_ONCE},
    {"id": "sap", "name": "SAP", "accounts": AT_ONCE},
    {"id": "twin-1", "name": "Twin"},
    {"id": "twin-2", "name": "Twin"},
    {"id": "f" * 32, "name": "Hex", "accounts": AT_ONCE},
]
TASKS = [
    {"id": "hr-done", "source": "hr", "age": "2h", "seconds": 10},
    {"id": "sap-done", "source": "sap", "age": "3h", "seconds": 10},
    {"id": "lower-done", "source": "lower", "age": "4h", "seconds": 10},
    {"id": "hr-runs", "source": "hr", "age": "1m"},
    {"id": "sap-runs", "source": "sap", "age": "2m"},
    {"id": "lower-runs", "source": "lower", "age": "3m"},
]
HELPDESK = {"client_id": "helpdesk", "client_secret": SECRETS["helpdesk"]}

# The modules with what they need, and how they are given names of sources.
BY_NAMES: dict[str, t.Callable[[list[str]], dict[str, t.Any]]] = {
    "task_status_info": lambda names: {"source_names": names},
    "pending_tasks_info": lambda names: {"source_names": names},
    "task_wait": lambda names: {"source_names": names, "timeout": "0.1"},
    "source_aggregations": lambda names: {"sources": [{"name": name} for name in names]},
    "source_aggregation": lambda names: {"source_name": names[0]},
}


@pytest.fixture(autouse=True)
def _pace(run: Run) -> None:
    run.connection.update(retries=0)


def looked_up(tenant: Hand) -> int:
    """How often sources were asked for."""
    return sum(entry["operation"] == "list_sources" for entry in tenant.log())


def operations(tenant: Hand) -> list[str]:
    return [entry["operation"] for entry in tenant.sent()]


def is_up(tenant: Hand) -> bool:
    try:
        tenant.log()
    except requests.ConnectionError:
        return False
    return True


def quick(**options: t.Any) -> dict[str, t.Any]:
    """The options of a wait with short pauses."""
    return {"interval": "0.1", "max_interval": "0.1", "timeout": "1m", **options}


@pytest.mark.parametrize("version", VERSIONS)
def test_lists_take_names_beside_ids(tenant: Hand, run: Run, version: str) -> None:
    tenant.scenario(sources=SOURCES, tasks=TASKS, deprecated=[])
    both = {"source_ids": ["sap", "hr"], "source_names": ["HR System", "SAP", "HR System"], "api_version": version}
    one = {"source_names": ["HR System"], "api_version": version}
    assert ids_of(run("pending_tasks_info", **both)) == ["hr-runs", "sap-runs"]
    assert ids_of(run("pending_tasks_info", **one)) == ["hr-runs"]
    done = ["hr-done", "sap-done"]
    assert [found for found in ids_of(run("task_status_info", **both)) if "done" in found] == done
    result = run("task_status_info", count=True, **one)
    assert result["sources"] == [{"id": "hr", "name": "HR System"}]
    assert result["total_count"] == len(result["tasks"]) == (2 if version in ("v2025", "v2026", "v1") else 1)
    assert looked_up(tenant) == 4
    given = run("task_status_info", source_ids=["sap"], source_names=["HR System"], api_version=version)
    assert given["sources"] == [{"id": "sap", "name": None}, {"id": "hr", "name": "HR System"}]
    assert "sources" not in run("task_status_info", source_ids=["sap"], api_version=version)
    assert "sources" not in run("pending_tasks_info", source_ids=["sap"], api_version=version)
    assert looked_up(tenant) == 5
    if version in ("v2025", "v2026", "v1"):
        counted = run("pending_tasks_info", count_only=True, **one)
        assert (counted["total_count"], counted["tasks"]) == (1, [])


def test_a_wait_takes_names_beside_ids_and_looks_them_up_once(tenant: Hand, run: Run) -> None:
    tenant.scenario(
        sources=SOURCES,
        tasks=[{"id": "hr-runs", "source": "hr"}, {"id": "sap-done", "source": "sap", "age": "1h", "seconds": 9}],
    )

    def end() -> None:
        tenant.control("PATCH", "tasks/hr-runs", {"ends_in": 0, "ends": "ERROR"})

    options = quick(source_names=["SAP", "HR System"], source_ids=["hr"], on_idle="report")
    with meanwhile(tenant, "pending", end, times=3):
        failure = run.failing("task_wait", **options)
    assert ids_of(failure) == ["hr-runs"]
    assert re.match(r"Cloud Account Aggregation of HR System \(hr-runs\) ended with ERROR", failure["msg"])
    assert failure["sources"] == [{"id": "hr", "name": "HR System"}, {"id": "sap", "name": "SAP"}]
    assert failure["idle_sources"] == ["sap"]
    assert [task["id"] for task in failure["last_tasks"]] == ["sap-done"]
    assert failure["polls"] > 2
    # Those that were found by name need not be asked for again when they are idle.
    assert looked_up(tenant) == 1
    assert operations(tenant)[0] == "list_sources"


def test_a_wait_tells_the_names_of_idle_sources(tenant: Hand, run: Run) -> None:
    tenant.scenario(sources=SOURCES, tasks=[{"id": "sap-runs", "source": "sap"}])
    result = run("task_wait", check_mode=True, source_ids=["hr", "sap"])
    assert result["sources"] == [{"id": "hr", "name": "HR System"}, {"id": "sap", "name": None}]


def test_a_task_is_called_by_the_name_that_was_given(tenant: Hand, run: Run) -> None:
    """Records may hold another one."""
    target = {"id": "hr", "type": "APPLICATION", "name": "HR System [source]"}
    tenant.scenario(sources=SOURCES, tasks=[{"id": "hr-runs", "source": "hr", "target": target}])
    failure = run.failing("task_wait", **quick(source_names=["HR System"], timeout="0.1"))
    assert "still pending: Cloud Account Aggregation of HR System (hr-runs)" in failure["msg"]
    failure = run.failing("source_aggregation", source_name="HR System")
    assert failure["msg"].startswith("The source is busy: Cloud Account Aggregation of HR System (hr-runs)")


@pytest.mark.parametrize("version", VERSIONS)
def test_one_source_is_aggregated_by_its_name(tenant: Hand, run: Run, version: str) -> None:
    tenant.scenario(sources=SOURCES, deprecated=[])
    options = quick(source_name=" HR System ", wait=True, max_age="1h", api_version=version)
    with safe_mode(tenant):
        planned = run("source_aggregation", check_mode=True, **options)
    assert (planned["action"], planned["msg"]) == ("started", "It would be started.")
    result = run("source_aggregation", **options)
    assert (result["action"], result["task"]["target"]["id"]) == ("started", "hr")
    assert run("source_aggregation", **options)["msg"].startswith("Cloud Account Aggregation of HR System (")
    assert looked_up(tenant) == 3
    assert operations(tenant)[0] == "list_sources"


def test_sources_are_aggregated_by_ids_and_names_and_texts(tenant: Hand, run: Run) -> None:
    tenant.scenario(sources=SOURCES)
    sources = [
        "SAP",
        {"name": "HR System", "kinds": ["accounts", "entitlements"]},
        {"id": "lower", "name": "Low"},
        "f" * 32,
    ]
    with safe_mode(tenant):
        planned = run("source_aggregations", check_mode=True, sources=sources)["results"]
    results = run("source_aggregations", **quick(sources=sources))["results"]
    for outcomes in (planned, results):
        assert [outcome["source_id"] for outcome in outcomes] == ["sap", "hr", "hr", "lower", "f" * 32]
        assert [outcome["source_name"] for outcome in outcomes][:4] == ["SAP", "HR System", "HR System", "Low"]
    assert results[4]["source_name"] == "Hex"
    assert looked_up(tenant) == 2
    assert len(tenant.launches()) == 5
    as_text = run("source_aggregations", **quick(sources="SAP, HR System"))["results"]
    assert [outcome["source_id"] for outcome in as_text] == ["sap", "hr"]


def test_one_source_by_id_and_by_name_is_not_aggregated_twice_at_once(tenant: Hand, run: Run) -> None:
    tenant.scenario(sources=[{"id": "hr", "name": "HR System", "accounts": {"seconds": 0.3}}])
    sources = [{"id": "hr"}, {"name": "HR System"}, {"id": "hr"}]
    results = run("source_aggregations", **quick(sources=sources, max_parallel=3))["results"]
    assert [outcome["action"] for outcome in results] == ["started"] * 3


@pytest.mark.parametrize(
    ("module", "options"),
    [
        ("task_status_info", {"source_ids": ["hr"]}),
        ("pending_tasks_info", {"source_ids": ["hr"]}),
        ("source_aggregation", quick(source_id="sap", wait=True)),
        ("source_aggregations", quick(sources=[{"id": "sap"}, {"id": "hr", "name": "Any"}, "f" * 32])),
        # Of which something is pending: that it exists needs no look-up.
        ("task_wait", quick(source_ids=["hr"], timeout="0.3")),
    ],
)
def test_ids_alone_cause_no_look_up(tenant: Hand, run: Run, module: str, options: dict[str, t.Any]) -> None:
    tenant.scenario(sources=SOURCES, tasks=[{"id": "runs", "source": "hr", "definition": "CLOUD_GROUP_AGGREGATION"}])
    for check_mode in (True, False):
        run.result(module, check_mode=check_mode, **options)
    assert tenant.sent()
    assert looked_up(tenant) == 0


@pytest.mark.parametrize("check_mode", [False, True])
@pytest.mark.parametrize("module", BY_NAMES)
def test_a_name_that_is_not_that_of_one_source(tenant: Hand, run: Run, module: str, check_mode: bool) -> None:
    tenant.scenario(sources=SOURCES)

    def fails(names: list[str], **options: t.Any) -> Result:
        before = len(tenant.sent())
        failure = run.failing(module, check_mode=check_mode, **BY_NAMES[module](names), **options)
        asked = tenant.sent()[before:]
        assert {entry["operation"] for entry in asked} == {"list_sources"}
        assert len(asked) <= 2
        assert not failure.keys() & {"results", "action"}
        assert not failure.get("tasks")
        return failure

    failure = fails(["HR Sytem"])
    assert failure["msg"].startswith('No source is named "HR Sytem" (did you mean "HR System" or "hr system"?)')
    failure = fails(["Twin"])
    assert failure["msg"] == 'More than one source is named "Twin" (twin-1, twin-2): give the id instead.'
    failure = fails(["HR System"], **HELPDESK)
    assert failure["status"] == 403
    assert "the scope idn:sources:read" in failure["msg"]
    assert "ids do not require it" in failure["msg"]


DOWN: dict[str, dict[str, t.Any]] = {
    "unavailable": {"fault": "status", "code": 503},
    "busy": {"fault": "status", "code": 429, "retry_after": 0},
    "reset": {"fault": "reset_before"},
}


@pytest.mark.parametrize("fault", DOWN)
def test_a_transient_fault_of_the_look_up_does_not_end_a_wait(tenant: Hand, run: Run, fault: str) -> None:
    tenant.scenario(sources=SOURCES, tasks=TASKS, faults=[{"operation": "list_sources", "times": 3, **DOWN[fault]}])
    run("task_wait", **quick(source_names=["SAP", "Hex"], types=["CLOUD_GROUP_AGGREGATION"]), settle=3)
    asked = operations(tenant)
    assert asked[:4] == ["list_sources"] * 4
    assert "list_sources" not in asked[4:]


def test_a_refused_connection_does_not_end_a_wait_that_looks_names_up(tenant: Hand, run: Run) -> None:
    tenant.scenario(sources=SOURCES)
    tenant.control("PUT", "down", {"seconds": 0.5})
    wait_until(lambda: not is_up(tenant), "The tenant did not go down.")
    assert run("task_wait", **quick(source_names=["SAP"]))["sources"] == [{"id": "sap", "name": "SAP"}]


def test_the_deadline_ends_a_look_up_that_never_succeeds(tenant: Hand, run: Run) -> None:
    tenant.scenario(sources=SOURCES, faults=[{"operation": "list_sources", "times": None, **DOWN["unavailable"]}])
    failure = run.failing("task_wait", **{**quick(source_names=["SAP"]), "timeout": "0.3"})
    assert set(operations(tenant)) == {"list_sources"}
    assert len(operations(tenant)) >= 2
    assert re.match(
        r"Timed out after 0\.3 s: the last poll failed: GET .*/sources failed with status 503", failure["msg"]
    )
    assert not any(failure[key] for key in ("tasks", "failed_tasks", "pending_tasks", "sources"))
    assert (failure["polls"], failure["requests"]) == (0, len(operations(tenant)) + 1)
    assert failure["elapsed"] >= 0.3


def test_a_lasting_fault_of_the_look_up_ends_a_wait_at_once(tenant: Hand, run: Run) -> None:
    tenant.scenario(sources=SOURCES)
    assert run.failing("task_wait", **quick(source_names=["SAP"]), **HELPDESK)["status"] == 403
    assert operations(tenant) == ["list_sources"]


@pytest.mark.parametrize(
    ("module", "options"),
    [
        ("task_wait", {"source_names": ["Hex"], "check_mode": True}),
        ("source_aggregation", {"source_name": "Hex", "wait": True}),
        ("source_aggregation", {"source_name": "Hex", "on_busy": "wait"}),
        ("source_aggregations", {"sources": [{"name": "Hex"}]}),
        ("pending_tasks_info", {"source_names": ["Hex"]}),
    ],
)
def test_what_does_not_wait_does_not_wait_for_names(
    tenant: Hand, run: Run, module: str, options: dict[str, t.Any]
) -> None:
    tenant.scenario(sources=SOURCES, faults=[{"operation": "list_sources", "times": None, **DOWN["unavailable"]}])
    assert run.failing(module, **options)["status"] == 503
    assert operations(tenant) == ["list_sources"]


def test_that_every_source_could_not_be_read_is_not_taken_for_a_name_of_none(tenant: Hand, run: Run) -> None:
    fault = {"operation": "list_sources", "nth": 2, **DOWN["unavailable"]}
    tenant.scenario(sources=[{"id": "hr", "name": "HR System "}], faults=[fault])
    assert run.failing("pending_tasks_info", source_names=["HR System"])["status"] == 503
    assert run("task_wait", **quick(source_names=["HR System"]))["sources"] == [{"id": "hr", "name": "HR System"}]


ODD = [
    'O"Hara \\ Söhne',
    "a, b, and 100% +%41",
    "x" * 300,
    "人事システム",
    "שירות לקוחות",
    "🐘👩\u200d💻",
    'in ("a","b") and id isnull',
    "back\\",
    "{{ 1 + 1 }}",
    "2024",
    "a=b",
    "{HR}",
]


def test_a_text_that_is_a_dictionary_is_one(tenant: Hand, run: Run) -> None:
    tenant.scenario(sources=SOURCES)
    for sources in ('{"name": "SAP", "on_busy": "skip"}', ["{'name': 'SAP', 'on_busy': 'skip'}"]):
        assert run("source_aggregations", check_mode=True, sources=sources)["results"][0]["source_id"] == "sap"


def test_names_of_any_kind(tenant: Hand, run: Run) -> None:
    sources = [{"id": f"id-{n}", "name": name, "accounts": AT_ONCE} for n, name in enumerate(ODD)]
    tenant.scenario(sources=sources)
    results = run("source_aggregations", check_mode=True, sources=[*ODD])["results"]
    assert [outcome["source_id"] for outcome in results] == [source["id"] for source in sources]
    assert [outcome["source_name"] for outcome in results] == ODD
    assert looked_up(tenant) <= 3
    found = run("task_status_info", source_names=ODD)["sources"]
    assert found == [{"id": source["id"], "name": source["name"]} for source in sources]


@pytest.mark.parametrize("name", [" HR", "HR ", "\tHR\u00a0", "  HR  "])
def test_blanks_at_the_ends_of_a_name_are_not_to_be_given(tenant: Hand, run: Run, name: str) -> None:
    """Options lose them."""
    tenant.scenario(sources=[{"id": "blank", "name": name}, {"id": "other", "name": "H R"}, {"id": "hr", "name": "hr"}])
    for given in ("HR", name):
        found = run("pending_tasks_info", source_names=[given])["sources"]
        assert found == [{"id": "blank", "name": "HR"}]
    assert looked_up(tenant) == 4
    # The one without is meant where there is one.
    tenant.control("POST", "sources", {"id": "plain", "name": "HR"})
    assert run("pending_tasks_info", source_names=["HR"])["sources"][0]["id"] == "plain"


def test_blanks_do_not_tell_two_sources_apart(tenant: Hand, run: Run) -> None:
    tenant.scenario(sources=[{"id": "before", "name": " HR"}, {"id": "after", "name": "HR "}])
    failure = run.failing("source_aggregation", source_name="HR")
    assert failure["msg"].startswith('More than one source is named "HR" (before, after)')
    assert tenant.launches() == []


def test_a_source_is_renamed_between_two_runs(tenant: Hand, run: Run) -> None:
    tenant.scenario(sources=SOURCES)
    assert run("source_aggregation", source_name="SAP")["task"]["target"]["id"] == "sap"
    tenant.control("PATCH", "sources/sap", {"name": "SAP S/4"})
    assert run("source_aggregation", source_name="SAP S/4", on_busy="skip")["changed"]
    failure = run.failing("source_aggregation", source_name="SAP")
    assert 'No source is named "SAP" (did you mean "SAP S/4"?)' in failure["msg"]


def test_fifty_names_of_a_thousand_sources(tenant: Hand, run: Run) -> None:
    tenant.scenario(generate={"count": 0, "sources": 1000})
    sources = {source["name"]: source["id"] for source in tenant.control("GET", "sources")["sources"]}
    names = list(sources)[::20]
    found = run("task_status_info", source_names=names)["sources"]
    assert found == [{"id": sources[name], "name": name} for name in names]
    assert looked_up(tenant) == 1
    results = run("source_aggregations", check_mode=True, sources=names[:3])["results"]
    assert [outcome["source_id"] for outcome in results] == [sources[name] for name in names[:3]]
    assert looked_up(tenant) == 2


@pytest.mark.parametrize(
    ("text", "key"),
    [
        ("2c9180835d2e5168015d32f890ca1581", "id"),
        ("2C9180835D2E5168015D32F890CA1581", "id"),
        ("c28a7b5e-7d1f-4c0a-9b57-0a2f5c3d1e4f", "id"),
        ("2c9180835d2e5168015d32f890ca158", "name"),
        ("2c9180835d2e5168015d32f890ca15811", "name"),
        ("2c9180835d2e5168015d32f890ca158g", "name"),
        ("c28a7b5e7-d1f-4c0a-9b57-0a2f5c3d1e4f", "name"),
        ("٣" * 32, "name"),
        ("HR System", "name"),
    ],
)
def test_a_text_is_an_id_or_a_name(tenant: Hand, run: Run, text: str, key: str) -> None:
    tenant.scenario(sources=[{"id": text if key == "id" else "named", "name": text}])
    (outcome,) = run("source_aggregations", check_mode=True, sources=[f" {text} "])["results"]
    assert outcome["source_id"] == (text if key == "id" else "named")
    assert looked_up(tenant) == (key == "name")


def test_options_named_for_names_take_any_text_as_one(tenant: Hand, run: Run) -> None:
    tenant.scenario(sources=[{"id": "hr", "name": "f" * 32}])
    assert run("source_aggregation", check_mode=True, source_name="f" * 32, source_id=OMIT)["action"] == "started"
    assert run("task_status_info", source_names=["f" * 32])["sources"][0]["id"] == "hr"
