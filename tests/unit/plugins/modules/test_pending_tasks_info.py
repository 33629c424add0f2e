# Copyright (c) 2026, the sailpoint.isc contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What pending_tasks_info lists and counts: the same on every version, by the endpoint or by a filter."""

from __future__ import annotations

import re
import typing as t

import pytest
from ansible_collections.sailpoint.isc.tests.support.hand import Hand, safe_mode
from ansible_collections.sailpoint.isc.tests.support.modules import VERSIONS, VERSIONS_WITH_ENDPOINT, Run, ids_of

ACCOUNTS, ENTITLEMENTS, ROLES = "CLOUD_ACCOUNT_AGGREGATION", "CLOUD_GROUP_AGGREGATION", "CLOUD_REFRESH_ROLE"
REFRESH = "IDENTITY_REFRESH"

SOME: dict[str, t.Any] = {
    "sources": [{"id": "hr", "name": "HR System"}, {"id": "ad", "name": "Active Directory"}],
    "tasks": [
        {"id": "hr-accounts", "source": "hr", "definition": ACCOUNTS, "age": "5m"},
        {"id": "hr-groups", "source": "hr", "definition": ENTITLEMENTS, "age": "1h"},
        {"id": "ad-accounts", "source": "ad", "definition": ACCOUNTS, "age": "5h"},
        # About to be over: the time of completion comes a moment before the completion status.
        {
            "id": "ad-groups",
            "source": "ad",
            "definition": ENTITLEMENTS,
            "age": "6h",
            "completed": "2026-05-17T19:33:16.470Z",
        },
        {"id": "roles", "definition": ROLES, "age": "3d"},
        {
            "id": "refresh",
            "definition": REFRESH,
            "age": "10d",
            "launched": None,
            "without": ["taskDefinitionSummary", "target"],
        },
        {"id": "expired", "definition": REFRESH, "age": "91d"},
        {"id": "completed-1", "source": "hr", "definition": ACCOUNTS, "age": "2m", "completionStatus": "SUCCESS"},
        {"id": "completed-2", "source": "ad", "definition": ENTITLEMENTS, "age": "5h", "completionStatus": "ERROR"},
    ],
}
PENDING = ["hr-accounts", "hr-groups", "ad-accounts", "ad-groups", "roles", "refresh"]


class Case(t.NamedTuple):
    """pages: how many requests it takes where the endpoint is used, and where the list is."""

    options: dict[str, t.Any]
    ids: list[str]
    pages: tuple[int, int] = (1, 1)
    total: int | None = None


CASES = [
    Case({}, PENDING),
    # A full page may not have been the last one.
    Case({"limit": 2}, PENDING, (4, 4)),
    Case({"source_ids": ["hr"]}, ["hr-accounts", "hr-groups"]),
    Case(
        {"source_ids": ["hr", "ad"], "types": [ENTITLEMENTS, ROLES], "count": True},
        ["hr-groups", "ad-groups"],
        total=2,
    ),
    Case(
        {
            "types": [ACCOUNTS, ENTITLEMENTS, REFRESH],
            "offset": 1,
            "max_results": 3,
            "count": True,
            "fields": ["id", "created"],
        },
        ["hr-groups", "ad-accounts", "ad-groups"],
        total=5,
    ),
    Case(
        {"unique_names": ["Cloud Group Aggregation - *", "*Ro?e", "Identity Refresh"]},
        ["hr-groups", "ad-groups", "roles", "refresh"],
    ),
    # Upper and lower case differ.
    Case({"unique_names": ["cloud*"], "count": True}, [], total=0),
    Case(
        {"older_than": "30m", "newer_than": "5d", "count": True, "limit": 3},
        ["hr-groups", "ad-accounts", "ad-groups", "roles"],
        (3, 2),
        total=4,
    ),
    Case(
        {
            "source_ids": ["hr", "ad", "unknown"],
            "types": [ACCOUNTS, ENTITLEMENTS],
            "unique_names": ["*[Aa]ccount*"],
            "older_than": "40m",
            "newer_than": "1d",
            "count": True,
            "offset": 0,
            "limit": 1,
        },
        ["ad-accounts"],
        (7, 5),
        total=1,
    ),
    Case({"offset": 6, "count": True}, [], total=6),
]


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("case", CASES)
def test_what_is_pending_is_listed(tenant: Hand, run: Run, case: Case, version: str) -> None:
    tenant.scenario(**SOME)
    listed = run("pending_tasks_info", api_version=version, **case.options)
    sent = tenant.sent()
    assert listed["changed"] is False
    assert ids_of(listed) == case.ids
    # The records are the same on every version, to the last key.
    records = tenant.records()
    fields = case.options.get("fields")
    assert listed["tasks"] == [
        {key: records[task_id][key] for key in fields or records[task_id]} for task_id in case.ids
    ]
    assert listed.get("total_count") == case.total
    operation, pages = ("pending", case.pages[0]) if version in VERSIONS_WITH_ENDPOINT else ("list", case.pages[1])
    asked = [(entry["method"], entry["operation"], entry["version"]) for entry in sent]
    assert asked == [("GET", operation, version)] * pages
    for entry in sent:
        filters = entry["query"].get("filters")
        assert filters is None if operation == "pending" else "completionStatus isnull" in filters


@pytest.mark.parametrize("version", VERSIONS)
def test_what_is_pending_is_counted_with_one_request(tenant: Hand, run: Run, version: str) -> None:
    tenant.scenario(**SOME)
    counted = run("pending_tasks_info", api_version=version, count_only=True)
    assert (counted["changed"], counted["tasks"], counted["total_count"]) == (False, [], 6)
    token, sent = tenant.log()
    assert token["operation"] == "token"
    assert (sent["method"], sent["operation"], sent["query"]) == (
        ("HEAD", "pending", {"count": "true"})
        if version in VERSIONS_WITH_ENDPOINT
        else ("GET", "list", {"filters": "completionStatus isnull", "limit": "0", "count": "true"})
    )


@pytest.mark.parametrize("version", [version for version in VERSIONS if version not in VERSIONS_WITH_ENDPOINT])
def test_what_matches_is_counted_where_the_tenant_can_filter(tenant: Hand, run: Run, version: str) -> None:
    tenant.scenario(**SOME)
    options = {"api_version": version, "source_ids": ["hr", "ad"], "types": [ENTITLEMENTS]}
    assert run("pending_tasks_info", count_only=True, **options)["total_count"] == 2
    assert len(tenant.sent()) == 1


@pytest.mark.parametrize(
    ("version", "option"),
    [
        *(
            (version, option)
            for version in VERSIONS
            for option in ({"unique_names": ["Cloud*"]}, {"newer_than": "1h"}, {"older_than": "1h"})
        ),
        *(
            (version, option)
            for version in VERSIONS_WITH_ENDPOINT
            for option in ({"source_ids": ["hr"]}, {"types": ["X"]})
        ),
    ],
)
def test_what_only_the_module_can_judge_is_not_counted(
    tenant: Hand, run: Run, version: str, option: dict[str, t.Any]
) -> None:
    (name,) = option
    says = f"count_only cannot be combined with {name}.*api_version {version}.*use count instead"
    failure = run.failing("pending_tasks_info", api_version=version, count_only=True, **option)
    assert re.search(says, failure["msg"])
    assert tenant.log() == []


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("count_only", [False, True])
def test_nothing_pending_is_an_empty_list_and_zero(tenant: Hand, run: Run, count_only: bool, version: str) -> None:
    # The endpoint then answers with 204 and no body.
    tenant.scenario(pending_empty_204=True, tasks=[{"id": "over", "definition": ROLES, "completionStatus": "SUCCESS"}])
    options = {"api_version": version, "count": True, "count_only": count_only}
    found = run("pending_tasks_info", **options)
    assert (found["changed"], found["tasks"], found["total_count"]) == (False, [], 0)
    assert [entry["status"] for entry in tenant.sent()] == [204 if version in VERSIONS_WITH_ENDPOINT else 200]
    with safe_mode(tenant):
        again = run("pending_tasks_info", check_mode=True, **options)
    assert {**again, "tenant_time": found["tenant_time"]} == found


def test_a_number_that_the_tenant_does_not_tell_is_a_failure(tenant: Hand, run: Run) -> None:
    tenant.faults({"method": "HEAD", "fault": "no_content"})
    failure = run.failing("pending_tasks_info", count_only=True)
    assert "has no X-Total-Count header with the number of tasks" in failure["msg"]
    assert "total_count" not in failure
