# Copyright (c) 2026, the sailpoint.isc contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The modules source_schedule and source_schedule_info, against the stand-in tenant."""

from __future__ import annotations

import typing as t

import pytest
from ansible_collections.sailpoint.isc.tests.support.hand import SECRETS, Hand, meanwhile, safe_mode
from ansible_collections.sailpoint.isc.tests.support.modules import VERSIONS, Run

MODULE = "source_schedule"
AT_FIVE, AT_SIX, ON_MONDAYS = "0 0 5 * * ?", "0 0 6 * * ?", "0 30 6 ? * MON"
SOURCES: list[dict[str, t.Any]] = [
    {"id": "hr", "name": "HR System", "schedules": {"accounts": AT_FIVE}},
    {"id": "ad", "name": "Active Directory", "schedules": {"accounts": AT_FIVE, "entitlements": ON_MONDAYS}},
    {"id": "none", "name": "Contractors"},
    {"id": "twin-1", "name": "Twin"},
    {"id": "twin-2", "name": "Twin"},
]
HAVING = [version for version in VERSIONS if version != "beta"]
# One that is there, to be changed, one that is not, and one that is to go
WANTED: dict[str, dict[str, t.Any]] = {
    "create": {"source_id": "none", "cron": AT_SIX},
    "change": {"source_id": "hr", "cron": AT_SIX},
    "remove": {"source_id": "ad", "aggregation": "entitlements", "state": "absent"},
}
OPERATION = {"create": "create_schedule", "change": "patch_schedule", "remove": "delete_schedule"}


@pytest.fixture(autouse=True)
def _sources(tenant: Hand, run: Run) -> None:
    tenant.scenario(sources=SOURCES)
    run.connection["api_version"] = "v2025"


def schedules(tenant: Hand) -> dict[str, dict[str, str]]:
    """What is set, by sources."""
    return {source["id"]: source["schedules"] for source in tenant.control("GET", "sources")["sources"]}


def writes(tenant: Hand) -> list[tuple[str, t.Any]]:
    return [(entry["operation"], entry["body"]) for entry in tenant.sent() if entry["method"] != "GET"]


def set_elsewhere(tenant: Hand, source: str, **wanted: str) -> t.Callable[[], None]:
    """Lets somebody else set the schedules of a source."""
    return lambda: tenant.control("PATCH", f"sources/{source}", {"schedules": wanted})


@pytest.mark.parametrize("version", HAVING)
@pytest.mark.parametrize("case", WANTED)
def test_check_mode_for_real_and_again(tenant: Hand, run: Run, version: str, case: str) -> None:
    options = {**WANTED[case], "api_version": version}
    before = schedules(tenant)
    with safe_mode(tenant):
        planned = run(MODULE, check_mode=True, diff=True, **options)
    assert schedules(tenant) == before
    done = run(MODULE, diff=True, **options)
    assert planned == done
    assert done["changed"] is True
    assert [operation for operation, _body in writes(tenant)] == [OPERATION[case]]
    again = run(MODULE, diff=True, **options)
    assert (again["changed"], again["schedule"]) == (False, done["schedule"])
    assert again["diff"]["before"] == again["diff"]["after"] == done["diff"]["after"]
    with safe_mode(tenant):
        assert run(MODULE, check_mode=True, **options)["changed"] is False
    now = schedules(tenant)
    changed = options["source_id"]
    assert {source: now[source] for source in now if source != changed} == {
        source: before[source] for source in before if source != changed
    }
    assert now[changed].get(options.get("aggregation", "accounts")) == options.get("cron")


def test_returns_the_schedule_and_a_diff(run: Run) -> None:
    result = run(MODULE, source_name="HR System", cron=AT_SIX, diff=True)
    before = {"source_id": "hr", "source_name": "HR System", "aggregation": "accounts", "cron": AT_FIVE}
    after = {**before, "cron": AT_SIX}
    assert result["schedule"] == after
    assert result["diff"] == {"before": before, "after": after}
    result = run(MODULE, source_name="HR System", state="absent", diff=True)
    assert result["schedule"] is None
    assert result["diff"] == {"before": after, "after": {}}
    assert "diff" not in run(MODULE, source_id="hr", cron=AT_FIVE)


def test_patches_only_what_differs(tenant: Hand, run: Run) -> None:
    run(MODULE, source_id="ad", aggregation="entitlements", cron=AT_SIX)
    assert writes(tenant) == [("patch_schedule", [{"op": "replace", "path": "/cronExpression", "value": AT_SIX}])]
    assert schedules(tenant)["ad"] == {"accounts": AT_FIVE, "entitlements": AT_SIX}


def test_takes_another_spelling_for_the_same(tenant: Hand, run: Run) -> None:
    result = run(MODULE, source_id="ad", aggregation="entitlements", cron="0 30  6 ? * mon")
    assert (result["changed"], result["schedule"]["cron"]) == (False, ON_MONDAYS)
    assert writes(tenant) == []


def test_absent_does_not_look_at_cron(tenant: Hand, run: Run) -> None:
    assert run(MODULE, source_id="none", state="absent", cron="daily")["changed"] is False
    assert run(MODULE, source_id="hr", state="absent", cron=AT_SIX)["changed"] is True
    assert schedules(tenant)["hr"] == {}


@pytest.mark.parametrize("module", [MODULE, "source_schedule_info"])
def test_beta_has_no_schedules(tenant: Hand, run: Run, module: str) -> None:
    options = {"source_id": "hr", "cron": AT_SIX} if module == MODULE else {"source_ids": ["hr"]}
    failure = run.failing(module, api_version="beta", **options)
    assert failure["msg"] == (
        'api_version is "beta": it has no schedules of sources: use one of v2024, v2025, v2026, v1.'
    )
    assert tenant.log() == []


def test_the_tenant_judges_what_the_form_does_not_tell(tenant: Hand, run: Run) -> None:
    refusal = {"messages": [{"text": "Every minute is too often."}]}
    tenant.faults({"operation": "create_schedule", "fault": "status", "code": 400, "json": refusal})
    failure = run.failing(MODULE, source_id="none", cron="0 * * * * ?")
    assert failure["status"] == 400
    assert "Every minute is too often" in failure["msg"]


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ({"source_id": "nosuch"}, 'No source has the id "nosuch"'),
        ({"source_name": "hr system"}, 'did you mean "HR System"'),
        ({"source_name": "Twin"}, r"More than one source is named"),
    ],
)
def test_nothing_is_sent_to_a_source_that_is_not_certain(
    tenant: Hand, run: Run, options: dict[str, str], says: str
) -> None:
    assert says in run.failing(MODULE, cron=AT_SIX, **options)["msg"]
    assert {entry["operation"] for entry in tenant.sent()} == {"list_sources"}


# --- what somebody else changes meanwhile -----------------------------------------------------------------------------

SLOW_READ = {"operation": "list_schedules", "fault": "slow_first_byte", "seconds": 0.3}
OTHERS: dict[str, dict[str, str]] = {
    "create": {"accounts": ON_MONDAYS},
    "change": {"accounts": ON_MONDAYS},
    "remove": {"accounts": AT_FIVE, "entitlements": AT_SIX},
}


@pytest.mark.parametrize("case", WANTED)
def test_what_somebody_else_changes_is_reported(tenant: Hand, run: Run, case: str) -> None:
    tenant.faults(SLOW_READ)
    source = WANTED[case]["source_id"]
    with meanwhile(tenant, "list_schedules", set_elsewhere(tenant, source, **OTHERS[case])):
        failure = run.failing(MODULE, **WANTED[case])
    assert "was changed by somebody else after it was read, from " in failure["msg"]
    assert writes(tenant) == []
    assert schedules(tenant)[source] == OTHERS[case]


@pytest.mark.parametrize("case", WANTED)
def test_what_somebody_else_has_done_already_is_no_change(tenant: Hand, run: Run, case: str) -> None:
    tenant.faults(SLOW_READ)
    wanted: dict[str, dict[str, str]] = {
        "create": {"accounts": AT_SIX},
        "change": {"accounts": AT_SIX},
        "remove": {"accounts": AT_FIVE},
    }
    with meanwhile(tenant, "list_schedules", set_elsewhere(tenant, WANTED[case]["source_id"], **wanted[case])):
        assert run(MODULE, **WANTED[case])["changed"] is False
    assert writes(tenant) == []


@pytest.mark.parametrize("case", WANTED)
def test_what_somebody_else_changes_before_a_write_is_sent_again_is_reported(tenant: Hand, run: Run, case: str) -> None:
    tenant.faults({"operation": OPERATION[case], "fault": "status", "code": 429, "retry_after": 1})
    source = WANTED[case]["source_id"]
    with meanwhile(tenant, OPERATION[case], set_elsewhere(tenant, source, **OTHERS[case])):
        failure = run.failing(MODULE, max_retry_delay=2, **WANTED[case])
    assert "was changed by somebody else" in failure["msg"]
    assert len(writes(tenant)) == 1
    assert schedules(tenant)[source] == OTHERS[case]


# --- answers that are lost --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("processed", [True, False])
@pytest.mark.parametrize("fault", ["reset_after", "short_body", "html", "empty", "null", "wrong_shape", "status"])
@pytest.mark.parametrize("case", WANTED)
def test_a_lost_answer_is_found_out(tenant: Hand, run: Run, case: str, fault: str, processed: bool) -> None:
    code = {"code": 503} if fault == "status" else {}
    tenant.faults({"operation": OPERATION[case], "fault": fault, "processed": processed, **code})
    result = run(MODULE, **WANTED[case])
    assert result["changed"] is True
    assert len(writes(tenant)) == (1 if processed else 2)
    now = schedules(tenant)[WANTED[case]["source_id"]]
    assert now.get(WANTED[case].get("aggregation", "accounts")) == WANTED[case].get("cron")


@pytest.mark.parametrize("case", WANTED)
def test_says_where_it_may_have_been_changed(tenant: Hand, run: Run, case: str) -> None:
    tenant.faults(
        {"operation": OPERATION[case], "fault": "reset_after"},
        {"operation": "list_schedules", "nth": 3, "times": None, "fault": "status", "code": 403},
    )
    failure = run.failing(MODULE, **WANTED[case])
    assert "the schedule may have been changed" in failure["msg"]


def test_a_right_that_is_missing_is_named(tenant: Hand, run: Run) -> None:
    reader = {"client_id": "r", "client_secret": "reads-only", "user_name": "r", "authorities": ["ORG_ADMIN"]}
    tenant.scenario(sources=SOURCES, clients=[{**reader, "scopes": ["idn:sources:read"]}])
    run.connection.update(client_id="r", client_secret="reads-only")
    failure = run.failing(MODULE, source_id="hr", cron=AT_SIX)
    assert "403" in failure["msg"]
    assert "changing schedules requires the scope idn:sources:manage" in failure["msg"]
    assert "may have been" not in failure["msg"]


def test_tells_what_the_tenant_has_made_of_it(tenant: Hand, run: Run) -> None:
    tenant.faults({"operation": "create_schedule", "fault": "extra_keys", "values": {"cronExpression": "0 5 5 * * ?"}})
    result = run(MODULE, source_id="none", cron=AT_SIX)
    assert result["warnings"] == ['The tenant changed the schedule of Contractors, accounts to "0 5 5 * * ?".']


# --- source_schedule_info ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("version", HAVING)
def test_lists_schedules_of_ids_and_names(tenant: Hand, run: Run, version: str) -> None:
    with safe_mode(tenant):
        result = run(
            "source_schedule_info",
            source_ids=["ad", "none"],
            source_names=["HR System", "Active Directory"],
            api_version=version,
        )
    assert result["changed"] is False
    assert [tuple(schedule.values()) for schedule in result["schedules"]] == [
        ("ad", "Active Directory", "accounts", AT_FIVE),
        ("ad", "Active Directory", "entitlements", ON_MONDAYS),
        ("hr", "HR System", "accounts", AT_FIVE),
    ]
    assert list(result["schedules"][0]) == ["source_id", "source_name", "aggregation", "cron"]
    operations = [entry["operation"] for entry in tenant.sent()]
    assert operations == ["list_sources"] * 2 + ["list_schedules"] * 3


def test_lists_none_where_none_is_set(run: Run) -> None:
    assert run("source_schedule_info", source_ids="none")["schedules"] == []


def test_unknown_sources_are_an_error(tenant: Hand, run: Run) -> None:
    failure = run.failing("source_schedule_info", source_ids=["hr", "nosuch", "nor this"])
    assert 'No source has the id "nosuch", "nor this": check the id' in failure["msg"]
    assert "one of the following is required: source_ids, source_names" in run.failing("source_schedule_info")["msg"]


def test_a_reader_of_tasks_may_not_list(tenant: Hand, run: Run) -> None:
    run.connection.update(client_id="helpdesk", client_secret=SECRETS["helpdesk"])
    assert "idn:sources:read" in run.failing("source_schedule_info", source_ids=["hr"])["msg"]


def test_a_kind_that_is_not_known_is_passed_over(tenant: Hand, run: Run) -> None:
    rows = [{"type": "MACHINES", "cronExpression": AT_SIX}, {"type": "ACCOUNT_AGGREGATION", "cronExpression": AT_FIVE}]
    tenant.faults({"operation": "list_schedules", "fault": "status", "code": 200, "json": rows})
    found = run("source_schedule_info", source_ids=["hr"])["schedules"]
    assert [schedule["cron"] for schedule in found] == [AT_FIVE]


def test_a_schedule_that_does_not_say_when_is_not_taken_for_none(tenant: Hand, run: Run) -> None:
    rows = [{"type": "ACCOUNT_AGGREGATION"}]
    tenant.faults({"operation": "list_schedules", "fault": "status", "code": 200, "json": rows, "times": None})
    assert "instead of a list of schedules" in run.failing("source_schedule_info", source_ids=["hr"])["msg"]
