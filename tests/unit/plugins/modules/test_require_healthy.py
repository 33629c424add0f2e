# Copyright (c) 2026, the sailpoint.isc contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""require_healthy: nothing is started on a source that its last health check did not find healthy."""

from __future__ import annotations

import typing as t

import pytest
from ansible_collections.sailpoint.isc.tests.support.hand import SECRETS, Hand, meanwhile, safe_mode
from ansible_collections.sailpoint.isc.tests.support.modules import VERSIONS, Run

AT_ONCE = {"seconds": 0, "completed_gap": 0}
STATUS, SINCE = "SOURCE_STATE_ERROR_VA", "2026-05-17T19:33:04.3801666300Z"
DOWN = {"id": "down", "name": "SAP", "status": STATUS, "since": SINCE, "accounts": AT_ONCE}
UP = {"id": "up", "name": "HR System", "accounts": AT_ONCE, "entitlements": AT_ONCE}
SAYS = (
    f"SAP is not healthy (status {STATUS} and last checked at {SINCE}), so nothing was started: check the "
    "source, or set require_healthy to false."
)
UNKNOWN = "The tenant does not report whether SAP is healthy, which counts as unhealthy"


@pytest.fixture(autouse=True)
def _pace(run: Run) -> None:
    run.connection.update(interval="0.1", max_interval="0.1", timeout="1m", retries=0)


def asked(tenant: Hand) -> int:
    """How often sources were read."""
    return sum(entry["operation"] == "list_sources" for entry in tenant.log())


@pytest.mark.parametrize("check_mode", [False, True])
@pytest.mark.parametrize("which", [{"source_id": "down"}, {"source_name": "SAP"}])
@pytest.mark.parametrize("version", VERSIONS)
def test_nothing_is_started_on_an_unhealthy_source(
    tenant: Hand, run: Run, version: str, which: dict[str, str], check_mode: bool
) -> None:
    tenant.scenario(sources=[DOWN, UP])
    with safe_mode(tenant):
        failure = run.failing(
            "source_aggregation", check_mode=check_mode, require_healthy=True, api_version=version, **which
        )
    assert failure["source_status"] == STATUS
    assert failure["source_since"] == SINCE
    assert failure["msg"] == SAYS
    assert not failure.get("changed")
    # By name, the look-up of the name tells the health too.
    assert asked(tenant) == 1


@pytest.mark.parametrize("which", [{"source_id": "up"}, {"source_name": "HR System"}])
def test_a_healthy_source_is_aggregated_for_one_request(tenant: Hand, run: Run, which: dict[str, str]) -> None:
    tenant.scenario(sources=[DOWN, UP])
    assert run("source_aggregation", require_healthy=True, **which)["action"] == "started"
    operations = [entry["operation"] for entry in tenant.sent()]
    assert operations.count("list_sources") == 1
    assert operations[-1] == "load_accounts"
    if "source_id" in which:
        assert operations[-2] == "list_sources"


@pytest.mark.parametrize("which", [{"source_id": "up"}, {"source_name": "HR System"}])
def test_health_is_read_again_after_a_wait(tenant: Hand, run: Run, which: dict[str, str]) -> None:
    tenant.scenario(sources=[UP], tasks=[{"id": "runs", "source": "up"}])

    def break_it() -> None:
        tenant.control("PATCH", "sources/up", {"status": STATUS, "since": SINCE})
        tenant.control("PATCH", "tasks/runs", {"ends_in": 0})

    with meanwhile(tenant, "get", break_it):
        failure = run.failing("source_aggregation", require_healthy=True, on_busy="wait", **which)
    assert failure["source_status"] == STATUS
    assert failure["msg"].startswith("HR System is not healthy")
    assert tenant.launches() == []


def test_what_needs_no_launch_needs_no_health(tenant: Hand, run: Run) -> None:
    tenant.scenario(
        sources=[DOWN],
        tasks=[{"id": "done", "source": "down", "age": "1h", "seconds": 5}, {"id": "runs", "source": "down"}],
    )
    assert run("source_aggregation", source_id="down", require_healthy=True, max_age="2h")["action"] == "skipped"
    assert run("source_aggregation", source_id="down", require_healthy=True, on_busy="skip")["action"] == "skipped"
    assert asked(tenant) == 0


@pytest.mark.parametrize(
    ("facts", "told", "says"),
    [
        ({"without": ["healthy"]}, {"source_status": "SOURCE_STATE_HEALTHY", "source_since": SINCE}, UNKNOWN),
        ({"healthy": None, "without": ["status", "since"]}, {}, f"{UNKNOWN}, so nothing was started"),
        ({"healthy": False, "status": None, "since": None}, {}, "SAP is not healthy, so nothing was started"),
        ({"healthy": "yes", "status": "NEW"}, {"source_status": "NEW", "source_since": SINCE}, UNKNOWN),
    ],
)
def test_what_the_tenant_does_not_tell_is_unhealthy(
    tenant: Hand, run: Run, facts: dict[str, t.Any], told: dict[str, str], says: str
) -> None:
    tenant.scenario(sources=[{"id": "odd", "name": "SAP", "since": SINCE, **facts}])
    failure = run.failing("source_aggregation", source_id="odd", require_healthy=True)
    assert {key: failure[key] for key in ("source_status", "source_since") if key in failure} == told
    assert failure["msg"].startswith(says)
    failed = run.failing("source_aggregations", sources=[{"id": "odd", "require_healthy": True}])
    (outcome,) = failed["results"]
    empty = {"source_status": None, "source_since": None}
    assert {key: outcome[key] for key in empty} == {**empty, **told}
    assert tenant.launches() == []


@pytest.mark.parametrize("check_mode", [False, True])
def test_it_is_a_reason_not_to_start_one_of_several(tenant: Hand, run: Run, check_mode: bool) -> None:
    tenant.scenario(sources=[DOWN, UP])
    sources = [
        {"name": "SAP", "kinds": ["accounts", "entitlements"], "require_healthy": True},
        {"id": "up", "require_healthy": True},
        {"id": "down", "name": "Mine"},
    ]
    failure = run.failing("source_aggregations", check_mode=check_mode, sources=sources, stop_on_failure=False)
    first, second, third, fourth = failure["results"]
    for outcome in (first, second):
        assert (outcome["action"], outcome["failed"], outcome["task"]) == ("not_started", True, None)
        assert (outcome["source_status"], outcome["source_since"]) == (STATUS, SINCE)
        assert outcome["reason"] == SAYS
    assert (third["action"], fourth["action"], fourth["source_name"]) == ("started", "started", "Mine")
    assert not {"source_status", "source_since"} & third.keys()
    assert failure["msg"].startswith("2 of 4 aggregations failed: accounts of SAP: SAP is not healthy (status")
    assert len(tenant.launches()) == (0 if check_mode else 2)


@pytest.mark.parametrize("max_parallel", [1, 3])
def test_the_rest_is_not_started_either(tenant: Hand, run: Run, max_parallel: int) -> None:
    tenant.scenario(sources=[DOWN, UP])
    sources = [{"name": "SAP", "require_healthy": True}, {"id": "up"}, {"name": "HR System"}]
    failure = run.failing("source_aggregations", sources=sources, max_parallel=max_parallel)
    assert [outcome["action"] for outcome in failure["results"]] == ["not_started"] * 3
    assert [outcome["failed"] for outcome in failure["results"]] == [True, False, False]
    assert failure["msg"].startswith("1 of 3 aggregations failed, and 2 were not started because of that")
    assert tenant.launches() == []


def test_the_health_of_each_is_read_when_it_is_its_turn(tenant: Hand, run: Run) -> None:

    def break_it() -> None:
        tenant.control("PATCH", "sources/next", {"status": STATUS})

    sources: list[dict[str, t.Any]] = [{"name": "HR System", "kinds": ["accounts", "entitlements"]}, {"name": "Next"}]
    healthy = [{**source, "require_healthy": True} for source in sources]
    slow = {"operation": "load_entitlements", "fault": "slow_first_byte", "seconds": 0.4}
    tenant.scenario(sources=[UP, {**UP, "id": "next", "name": "Next"}], faults=[slow])
    with meanwhile(tenant, "load_entitlements", break_it):
        failure = run.failing("source_aggregations", sources=healthy)
    assert [outcome["action"] for outcome in failure["results"]] == ["started", "started", "not_started"]
    assert failure["results"][2]["source_status"] == STATUS
    # One for the names, and one for each launch but the first.
    assert asked(tenant) == 3


def test_a_source_that_is_not_there_or_may_not_be_seen(tenant: Hand, run: Run) -> None:
    tenant.scenario(sources=[UP])
    failure = run.failing("source_aggregation", source_id="nosuch", require_healthy=True)
    assert failure["msg"].startswith(
        'No source has the id "nosuch", or the token has no access to it, so its health is unknown'
    )
    helpdesk = {"client_id": "helpdesk", "client_secret": SECRETS["helpdesk"]}
    failure = run.failing("source_aggregation", source_id="up", require_healthy=True, **helpdesk)
    assert failure["status"] == 403
    assert "require_healthy requires the scope idn:sources:read" in failure["msg"]
    assert "nothing was started" in failure["msg"]
    assert tenant.launches() == []
