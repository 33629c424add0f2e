# Copyright (c) 2026, the sailpoint.isc contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What source_info finds, in which order, and with which requests."""

from __future__ import annotations

import typing as t

import pytest
from ansible_collections.sailpoint.isc.tests.support.hand import Hand, safe_mode
from ansible_collections.sailpoint.isc.tests.support.modules import VERSIONS, Run

DOWN = "SOURCE_STATE_ERROR_VA"
# Holds whatever may need quoting.
ODD = 'O"Hara \\ Söhne & 100%+, 人事 🐘'
SOURCES = [
    {"id": "hr", "name": "HR System", "type": "Workday", "connectorName": "Workday", "tags": ["PCI", "HR"]},
    {"id": "ad", "name": "Active Directory", "status": DOWN, "tags": ["PCI"]},
    {"id": "csv", "name": "Badges", "delimited": True, "healthy": None, "status": "SOURCE_STATE_UNCHECKED_SOURCE"},
    {"id": "odd", "name": ODD, "without": ["healthy", "type"], "tags": ['100% "odd"']},
]
BY_NAME = ["ad", "csv", "hr", "odd"]
ALL = {"limit": "250", "sorters": "name"}


class Case(t.NamedTuple):
    """queries: what each request for sources must ask for beside the usual. total: what total_count must be."""

    options: dict[str, t.Any]
    ids: list[str]
    queries: list[dict[str, str]] = [{}]
    total: int | None = None


CASES = [
    Case({}, BY_NAME),
    Case({"ids": ["odd", "typo", "hr"]}, ["hr", "odd"], [{"filters": 'id in ("odd","typo","hr")'}]),
    Case({"names": ["Badges", "HR System", "Badges"]}, ["csv", "hr"], [{"filters": 'name in ("Badges","HR System")'}]),
    Case({"names": [ODD]}, ["odd"], [{"filters": 'name eq "O\\"Hara \\\\ Söhne & 100%+, 人事 🐘"'}]),
    Case({"types": ["Workday"]}, ["hr"], [{"filters": 'type eq "Workday"'}]),
    Case(
        {"connector_names": ["Workday", "Delimited File"]},
        ["csv", "hr"],
        [{"filters": 'connectorName in ("Workday","Delimited File")'}],
    ),
    Case({"statuses": [DOWN]}, ["ad"], [{"filters": f'status eq "{DOWN}"'}]),
    Case({"filters": 'name sw "B"'}, ["csv"], [{"filters": 'name sw "B"'}]),
    Case(
        {"ids": ["hr", "csv"], "types": ["Workday", "DelimitedFile"], "filters": "authoritative eq false"},
        ["csv", "hr"],
        [{"filters": 'id in ("hr","csv") and type in ("Workday","DelimitedFile") and authoritative eq false'}],
    ),
    Case({"names": ["nobody"], "count": True}, [], [{"filters": 'name eq "nobody"', "count": "true"}], total=0),
    Case({"sorters": "-name", "max_results": 2}, ["odd", "hr"], [{"sorters": "-name", "limit": "2"}]),
    Case({"sorters": "connectionType,-id"}, ["odd", "hr", "ad", "csv"], [{"sorters": "connectionType,-id"}]),
    Case({"max_results": 1, "count": True}, ["ad"], [{"limit": "1", "count": "true"}], total=4),
    # A source that does not tell is not healthy.
    Case({"healthy": True}, ["hr"]),
    Case({"healthy": False}, ["ad", "csv", "odd"]),
    Case({"healthy": False, "max_results": 2, "count": True}, ["ad", "csv"], total=3),
    Case({"healthy": True, "names": ["Badges"], "count": True}, [], [{"filters": 'name eq "Badges"'}], total=0),
    Case({"tags": ["PCI"]}, ["ad", "hr"], [{"filters": 'id in ("hr","ad")'}]),
    Case({"tags": ["HR", 'nobody "has" it', '100% "odd"']}, ["hr", "odd"], [{"filters": 'id in ("hr","odd")'}]),
    Case({"tags": ["PCI"], "ids": ["csv", "ad"]}, ["ad"], [{"filters": 'id eq "ad"'}]),
    Case({"tags": ["PCI"], "healthy": False, "count": True}, ["ad"], [{"filters": 'id in ("hr","ad")'}], total=1),
    Case({"tags": ["nobody has it"]}, [], []),
    Case({"tags": ["HR"], "ids": ["ad"], "count": True}, [], [], total=0),
]


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("case", CASES)
def test_what_is_asked_for_is_listed_in_the_order_asked_for(tenant: Hand, run: Run, version: str, case: Case) -> None:
    tenant.scenario(sources=SOURCES)
    with safe_mode(tenant):
        listed = run("source_info", api_version=version, **case.options)
        assert run("source_info", api_version=version, check_mode=True, **case.options) == listed
    assert listed["changed"] is False
    assert ids(listed) == case.ids
    assert listed.get("total_count") == case.total
    assert {(entry["method"], entry["version"], entry["status"]) for entry in tenant.sent()} == {("GET", version, 200)}
    asked = [entry["query"] for entry in tenant.sent() if entry["operation"] == "list_sources"]
    # Once in check mode, and once for real
    assert asked == [{**ALL, **query} for query in case.queries] * 2


def test_records_are_as_the_tenant_gives_them_but_for_what_nobody_asked_for(tenant: Hand, run: Run) -> None:
    tenant.scenario(
        sources=[{"id": "hr", "name": "HR System", "connectorAttributes": {"host": "10.1.2.3"}}],
        faults=[{"operation": "list_sources", "fault": "extra_keys"}],
    )
    told = tenant.control("GET", "sources")["sources"][0]
    [record] = run("source_info")["sources"]
    assert record.pop("futureKey") == {"nested": [1, None]}
    assert record.pop("futureFlag") is True
    assert {**record, "connectorAttributes": {"host": "10.1.2.3"}, "tags": [], "schedules": {}} == told
    named = run("source_info", fields=["id", "connectorAttributes", "noSuchKey"])["sources"]
    assert named == [{"id": "hr", "connectorAttributes": {"host": "10.1.2.3"}}]


GENERATED = {"count": 0, "sources": 700}


class PagingCase(t.NamedTuple):
    """slice: which of all sources, by name. limits: the limit of each request."""

    options: dict[str, t.Any]
    end: int | None
    limits: list[int]
    total: int | None = None


@pytest.mark.parametrize(
    "case",
    [
        PagingCase({}, None, [250] * 3),
        # A full page may not have been the last one.
        PagingCase({"limit": 100}, None, [100] * 8),
        PagingCase({"max_results": 300}, 300, [250, 50]),
        PagingCase({"max_results": 10, "count": True}, 10, [10], total=700),
        PagingCase({"healthy": True, "max_results": 60, "limit": 50}, 60, [50] * 2),
        PagingCase({"healthy": True, "max_results": 60, "count": True}, 60, [250] * 3, total=700),
    ],
)
def test_a_long_list_is_read_in_as_few_pages_as_can_be(tenant: Hand, run: Run, case: PagingCase) -> None:
    tenant.scenario(generate=GENERATED)
    listed = run("source_info", fields=["name"], **case.options)
    assert [record["name"] for record in listed["sources"]] == names(tenant)[: case.end]
    assert listed.get("total_count") == case.total
    assert [int(entry["query"]["limit"]) for entry in tenant.sent()] == case.limits


@pytest.mark.parametrize("sorters", ["name", "-name"])
def test_long_lists_of_values_are_split_and_put_in_order_again(tenant: Hand, run: Run, sorters: str) -> None:
    tenant.scenario(generate=GENERATED)
    wanted = names(tenant)[:400]
    listed = run("source_info", names=[*wanted, "typo"], sorters=sorters, max_results=350, count=True, limit=250)
    found = [record["name"] for record in listed["sources"]]
    assert found == (wanted if sorters == "name" else wanted[::-1])[:350]
    assert listed["total_count"] == 400
    assert 1 < len(tenant.sent()) < 6
    assert max(len(entry["raw_path"]) for entry in tenant.sent()) < 8192


def test_a_total_that_is_wrong_is_told(tenant: Hand, run: Run) -> None:
    lies = {"operation": "list_sources", "times": None, "fault": "total_lies", "value": 4}
    tenant.scenario(sources=SOURCES[:3], faults=[lies])
    listed = run("source_info", count=True)
    assert ids(listed) == BY_NAME[:3]
    warning = "The tenant reports that the list has 1 more source than it returned, even after a second read."
    assert listed["warnings"] == [warning]


@pytest.mark.parametrize(
    ("scopes", "options", "says"),
    [
        (["idn:task-management:read"], {}, "listing sources requires the scope idn:sources:read"),
        (["idn:sources:read"], {"tags": ["PCI"]}, "reading tags requires the scope idn:tag:read"),
    ],
)
def test_a_token_without_the_scope(
    tenant: Hand, run: Run, scopes: list[str], options: dict[str, t.Any], says: str
) -> None:
    secret = run.connection["client_secret"]
    tenant.scenario(sources=SOURCES, clients=[{"client_id": "admin", "client_secret": secret, "scopes": scopes}])
    failure = run.failing("source_info", **options)
    assert failure["status"] == 403
    assert says in failure["msg"]


def test_a_filter_that_the_tenant_refuses(tenant: Hand, run: Run) -> None:
    failure = run.failing("source_info", filters="healthy eq true")
    assert "Operator eq is not supported for healthy" in failure["msg"]
    assert "Sorting by cluster is not supported" in run.failing("source_info", sorters="cluster")["msg"]


def ids(result: dict[str, t.Any]) -> list[str]:
    return [record["id"] for record in result["sources"]]


def names(tenant: Hand) -> list[str]:
    """The names of all sources that the tenant has, in order."""
    return sorted((source["name"] for source in tenant.control("GET", "sources")["sources"]), key=str.casefold)
