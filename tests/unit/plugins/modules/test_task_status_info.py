# Copyright (c) 2026, the sailpoint.isc contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What task_status_info finds, in which order, and with which requests."""

from __future__ import annotations

import time
import typing as t

import pytest
from ansible_collections.sailpoint.isc.tests.support.hand import Hand, meanwhile, safe_mode
from ansible_collections.sailpoint.isc.tests.support.modules import OMIT, VERSIONS, VERSIONS_WITH_ENDPOINT, Run, ids_of

ACCOUNTS, ENTITLEMENTS, ROLES = "CLOUD_ACCOUNT_AGGREGATION", "CLOUD_GROUP_AGGREGATION", "CLOUD_REFRESH_ROLE"
# Holds whatever may need quoting.
LAUNCHER = 'O"Hara \\ Söhne & 100%+'
ODD_ID = 'odd /%2F"?#&+ ü'

TASKS = [
    ("hr-1", "hr", ACCOUNTS, "10m", "SUCCESS", "ada"),
    ("hr-2", "hr", ENTITLEMENTS, "1h", "ERROR", "sweep"),
    ("ad-1", "ad", ACCOUNTS, "5h", "WARNING", "ada"),
    ("role", None, ROLES, "3d", "Success", LAUNCHER),
    ("ad-2", "ad", ENTITLEMENTS, "8d", "TEMP_ERROR", "sweep"),
    ("hr-3", "hr", ACCOUNTS, "30d", "TERMINATED", "ada"),
    ("expired", "hr", ACCOUNTS, "91d", "SUCCESS", "ada"),
    ("waits-1", "hr", ACCOUNTS, "5m", None, "ada"),
    ("waits-2", "ad", ACCOUNTS, "9d", None, "sweep"),
]
KEYS = ("id", "source", "definition", "age", "completionStatus", "launcher")
FEW: dict[str, t.Any] = {
    "sources": [{"id": "hr", "name": "HR System"}, {"id": "ad", "name": "Active Directory"}],
    "tasks": [dict(zip(KEYS, task)) for task in TASKS],
}
COMPLETED = ["hr-1", "hr-2", "ad-1", "role", "ad-2", "hr-3"]
ALL = ["waits-1", "hr-1", "hr-2", "ad-1", "role", "ad-2", "waits-2", "hr-3"]


class Case(t.NamedTuple):
    """query: what the only request must ask for beside the usual, unless None. total: what total_count must be."""

    options: dict[str, t.Any]
    ids: list[str]
    query: dict[str, str] | None = None
    total: int | None = None


ON_EVERY_VERSION = [
    Case(
        {"completion_statuses": ["SUCCESS", "WARNING", "error", "Terminated", "TEMP_ERROR"]},
        COMPLETED,
        {"filters": 'completionStatus in ("SUCCESS","WARNING","ERROR","TERMINATED","TEMPERROR")'},
    ),
    Case(
        {
            "ids": ["hr-1", "ad-1", "hr-3", "ad-2"],
            "source_ids": ["hr", "ad"],
            "types": [ACCOUNTS],
            "completion_statuses": ["SUCCESS", "WARNING"],
            "filters": 'sourceId eq "ad"',
            "sorters": "created",
            "count": True,
        },
        ["ad-1"],
        {
            "count": "true",
            "sorters": "created",
            "filters": 'id in ("hr-1","ad-1","hr-3","ad-2") and sourceId in ("hr","ad") and type eq '
            '"CLOUD_ACCOUNT_AGGREGATION" and completionStatus in ("SUCCESS","WARNING") and sourceId eq "ad"',
        },
        total=1,
    ),
    Case(
        {
            "newer_than": "9d",
            "older_than": "2h",
            "sorters": "created",
            "completion_statuses": ["SUCCESS", "WARNING", "ERROR", "TERMINATED", "TEMPERROR"],
        },
        ["ad-2", "role", "ad-1"],
    ),
    Case(
        {"ids": COMPLETED, "offset": 1, "max_results": 2, "count": True},
        ["hr-2", "ad-1"],
        {
            "count": "true",
            "offset": "1",
            "limit": "2",
            "filters": 'id in ("hr-1","hr-2","ad-1","role","ad-2","hr-3")',
        },
        total=6,
    ),
]

ON_ONE_VERSION = [
    # Tasks leave such a list while it is read; the total tells whether one was passed over for it.
    (
        "v2025",
        Case(
            {"filters": "completionStatus isnull"},
            ["waits-1", "waits-2"],
            {"filters": "completionStatus isnull", "count": "true"},
        ),
    ),
    ("v2026", Case({"launchers": ["sweep"] * 2}, ["hr-2", "ad-2", "waits-2"], {"filters": 'launcher eq "sweep"'})),
    ("v1", Case({"launchers": ["sweep", "nobody"], "completion_statuses": ["ERROR"]}, ["hr-2"])),
    ("v1", Case({"launchers": [LAUNCHER]}, ["role"], {"filters": r'launcher eq "O\"Hara \\ Söhne & 100%+"'})),
    ("beta", Case({"source_ids": ["ad"]}, ["ad-1", "ad-2"], {"filters": 'sourceId eq "ad"'})),
    (
        "beta",
        Case(
            {"types": [ROLES, ENTITLEMENTS]},
            ["hr-2", "role", "ad-2"],
            {"filters": 'type in ("CLOUD_REFRESH_ROLE","CLOUD_GROUP_AGGREGATION")'},
        ),
    ),
    (
        "beta",
        Case({"completion_statuses": ["temp_error"]}, ["ad-2"], {"filters": 'completionStatus eq "TEMPERROR"'}),
    ),
    ("beta", Case({"ids": ["hr-3", "unknown", "hr-3"]}, ["hr-3"], {"filters": 'id in ("hr-3","unknown")'})),
    ("beta", Case({"source_ids": ["unknown"], "count": True}, [], total=0)),
    ("beta", Case({"sorters": "created"}, COMPLETED[::-1], {"sorters": "created"})),
    ("beta", Case({"sorters": "-created", "max_results": 1}, ["hr-1"], {"sorters": "-created", "limit": "1"})),
    ("beta", Case({"offset": 6}, [])),
    ("beta", Case({"offset": 4, "limit": 2}, ["ad-2", "hr-3"])),
    ("beta", Case({"newer_than": "1w"}, ["hr-1", "hr-2", "ad-1", "role"])),
    ("beta", Case({"older_than": "90m", "count": True, "offset": 1, "max_results": 2}, ["role", "ad-2"], total=4)),
    ("beta", Case({"newer_than": "590s"}, [])),
    *((version, Case({}, COMPLETED if version in VERSIONS_WITH_ENDPOINT else ALL, {})) for version in VERSIONS),
]


@pytest.mark.parametrize(
    ("version", "case"), [*((version, case) for case in ON_EVERY_VERSION for version in VERSIONS), *ON_ONE_VERSION]
)
def test_what_is_asked_for_is_listed_in_the_order_asked_for(tenant: Hand, run: Run, version: str, case: Case) -> None:
    tenant.scenario(**FEW)
    listed = run("task_status_info", api_version=version, **case.options)
    sent = tenant.sent()
    assert listed["changed"] is False
    assert ids_of(listed) == case.ids
    assert listed.get("total_count") == case.total
    assert {(entry["method"], entry["operation"], entry["version"]) for entry in sent} == {("GET", "list", version)}
    if case.query is not None:
        assert [entry["query"] for entry in sent] == [{"limit": "250", "sorters": "-created", **case.query}]


# Task N was created N hours ago.
LONG_IDS = [f"task-{number}" for number in range(700)]
LONG = [{"id": task_id, "age": f"{number}h", "completionStatus": "SUCCESS"} for number, task_id in enumerate(LONG_IDS)]


class PagingCase(t.NamedTuple):
    """limits: the limit of each request."""

    options: dict[str, t.Any]
    ids: list[str]
    limits: list[int]
    total: int | None = None


PAGING = [
    PagingCase({}, LONG_IDS, [250] * 3),
    # A full page may not have been the last one.
    PagingCase({"limit": 100}, LONG_IDS, [100] * 8),
    PagingCase({"max_results": 300}, LONG_IDS[:300], [250, 50]),
    PagingCase({"max_results": 10, "count": True}, LONG_IDS[:10], [10], total=700),
    PagingCase({"limit": 1, "max_results": 3}, LONG_IDS[:3], [1] * 3),
    PagingCase({"offset": 600}, LONG_IDS[600:], [250]),
    PagingCase({"newer_than": "100h", "limit": 30}, LONG_IDS[:100], [30] * 4),
    PagingCase({"newer_than": "100h", "limit": 30, "max_results": 5, "offset": 20}, LONG_IDS[20:25], [30]),
    PagingCase({"newer_than": "100h", "limit": 60, "max_results": 5, "count": True}, LONG_IDS[:5], [60] * 2, total=100),
    PagingCase({"older_than": "600h", "limit": 60, "sorters": "created"}, LONG_IDS[:599:-1], [60] * 2),
    PagingCase({"older_than": "600h"}, LONG_IDS[600:], [250] * 3),
    PagingCase({"ids": [*LONG_IDS, "unknown", *LONG_IDS], "count": True}, LONG_IDS, [250] * 4, total=700),
    PagingCase(
        {
            "ids": LONG_IDS[::-1],
            "filters": 'completionStatus eq "SUCCESS"',
            "offset": 340,
            "max_results": 20,
            "count": True,
            "sorters": "created",
        },
        LONG_IDS[::-1][340:360],
        [250, 250, 110],
        total=700,
    ),
]


@pytest.mark.parametrize("case", PAGING)
def test_a_long_list_is_read_in_as_few_pages_as_can_be(tenant: Hand, run: Run, case: PagingCase) -> None:
    tenant.scenario(tasks=LONG)
    listed = run("task_status_info", fields=["id"], **case.options)
    sent = tenant.sent()
    assert listed["tasks"] == [{"id": task_id} for task_id in case.ids]
    assert listed.get("total_count") == case.total
    assert [int(entry["query"]["limit"]) for entry in sent] == case.limits
    assert max(len(entry["raw_path"]) for entry in sent) < 8192


SOURCES = [f"{number:032x}" for number in range(300)]
# Of each source three tasks, of which the first is the newest of all.
OF_SOURCES = [
    {"id": f"{number}-{turn}", "source": source, "age": f"{number + 300 * turn}m", "completionStatus": "SUCCESS"}
    for turn in range(3)
    for number, source in enumerate(SOURCES, start=1)
]


@pytest.mark.parametrize(
    ("options", "found", "total"),
    [
        ({"max_results": 10}, slice(0, 10), None),
        ({"max_results": 10, "offset": 25, "count": True}, slice(25, 35), 900),
        ({"max_results": 10, "sorters": "created"}, slice(899, 889, -1), None),
        ({"max_results": 10, "newer_than": "2h"}, slice(0, 10), None),
        ({"max_results": 10, "older_than": "570s"}, slice(9, 19), None),
        ({"newer_than": "1170s"}, slice(0, 19), None),
        ({"newer_than": "1170s", "older_than": "570s", "max_results": 3, "count": True}, slice(9, 12), 10),
    ],
)
@pytest.mark.parametrize("version", ["beta", "v1"])
def test_of_more_sources_than_one_request_can_name_no_more_is_read_than_the_first_page_of_each_part(
    tenant: Hand, run: Run, version: str, options: dict[str, t.Any], found: slice, total: int | None
) -> None:
    tenant.scenario(sources=[{"id": source, "name": source} for source in SOURCES], tasks=OF_SOURCES)
    listed = run("task_status_info", api_version=version, source_ids=SOURCES, limit=50, **options)
    assert ids_of(listed) == [task["id"] for task in OF_SOURCES[found]]
    assert listed.get("total_count") == total
    sent = tenant.sent()
    assert len({entry["query"]["filters"] for entry in sent}) == len(sent) <= 4
    if not {"newer_than", "older_than"} & set(options):
        assert {entry["query"]["limit"] for entry in sent} == {str(min(50, 10 + options.get("offset", 0)))}


@pytest.mark.parametrize(
    ("told", "warnings"),
    [
        (350, []),
        (9999, ["The tenant reports that the list has 9299 more tasks than it returned, even after a second read."]),
    ],
)
@pytest.mark.parametrize("version", ["v2025", "v1"])
def test_a_total_that_is_wrong_loses_nothing(
    tenant: Hand, run: Run, version: str, told: int, warnings: list[str]
) -> None:
    tenant.scenario(tasks=LONG, faults=[{"operation": "list", "times": None, "fault": "total_lies", "value": told}])
    listed = run("task_status_info", api_version=version, fields=["id"])
    assert ids_of(listed) == LONG_IDS
    assert listed["warnings"] == warnings
    assert max(len(entry["raw_path"]) for entry in tenant.sent()) < 8192


def test_tasks_that_are_added_while_a_list_is_read_cost_none_of_the_others(tenant: Hand, run: Run) -> None:
    # Nothing comes after the first page until the tasks have been added, which are then first in the list.
    tenant.scenario(tasks=LONG, faults=[{"operation": "list", "nth": 2, "times": None, "fault": "status", "code": 503}])

    def go_on() -> None:
        tenant.control("POST", "tasks", [{"id": f"new-{n}", "completionStatus": "SUCCESS"} for n in range(30)])
        tenant.control("DELETE", "faults")

    with meanwhile(tenant, "list", go_on, times=2):
        ids = ids_of(run("task_status_info", retries=300, fields=["id"]))
    assert len(set(ids)) == len(ids)
    # New ones may have been seen or not.
    assert [task_id for task_id in ids if not task_id.startswith("new-")] == LONG_IDS


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize(("task_id", "found"), [("hr-1", True), ("waits-1", True), ("unknown", False)])
def test_one_task_is_read_whether_it_has_completed_or_not(
    tenant: Hand, run: Run, version: str, task_id: str, found: bool
) -> None:
    tenant.scenario(**FEW)
    read = run("task_status_info", api_version=version, id=task_id)
    assert read["changed"] is False
    # Nothing is renamed, nothing dropped, nothing added.
    assert read["tasks"] == ([tenant.records()[task_id]] if found else [])
    assert "total_count" not in read
    assert [(entry["operation"], entry["version"]) for entry in tenant.sent()] == [("get", version)]
    with safe_mode(tenant):
        again = run("task_status_info", api_version=version, id=task_id, check_mode=True)
    assert {**again, "tenant_time": read["tenant_time"]} == read


def test_an_id_is_one_segment_of_the_path_whatever_it_holds(tenant: Hand, run: Run) -> None:
    tenant.scenario(tasks=[{"id": ODD_ID, "completionStatus": "SUCCESS", "futureKey": {"nested": [None, 1]}}])
    read = run("task_status_info", api_version="v1", id=ODD_ID, fields=["id", "futureKey", "noSuchKey"])
    assert read["tasks"] == [{"id": ODD_ID, "futureKey": {"nested": [None, 1]}}]
    assert tenant.last()["raw_path"] == "/task-status/v1/odd%20%2F%252F%22%3F%23%26%2B%20%C3%BC"


@pytest.mark.parametrize("hours", [2, -2])
@pytest.mark.parametrize("module", ["task_status_info", "pending_tasks_info"])
@pytest.mark.parametrize("version", ["beta", "v1"])
def test_ages_are_judged_by_the_tenants_clock_from_the_first_answer_on(
    tenant: Hand, run: Run, monkeypatch: pytest.MonkeyPatch, version: str, module: str, hours: int
) -> None:
    status = "SUCCESS" if module == "task_status_info" else None
    tenant.scenario(
        tasks=[{"id": f"{age}m", "age": f"{age}m", "completionStatus": status} for age in (10, 50, 70, 110, 180)]
    )
    run.connection.update(access_token=tenant.token().json()["access_token"], client_id=OMIT, client_secret=OMIT)
    now = time.time
    monkeypatch.setattr(time, "time", lambda: now() + hours * 3600)
    assert ids_of(run(module, api_version=version, newer_than="1h")) == ["10m", "50m"]
    assert ids_of(run(module, api_version=version, older_than="1h", newer_than="2h")) == ["70m", "110m"]


def test_records_with_unknown_keys_or_without_usual_ones_are_returned_as_they_are(tenant: Hand, run: Run) -> None:
    tenant.scenario(
        **FEW,
        faults=[{"operation": "list", "fault": "extra_keys"}, {"operation": "list", "nth": 2, "fault": "missing_keys"}],
    )
    more, less = (run("task_status_info", source_ids=["hr"], newer_than="2h") for _time in range(2))
    assert ids_of(more) == ids_of(less) == ["hr-1", "hr-2"]
    assert [task["futureKey"] for task in more["tasks"]] == [{"nested": [1, None]}] * 2
    assert not any("uniqueName" in task for task in less["tasks"])
