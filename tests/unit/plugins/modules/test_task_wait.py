# Copyright (c) 2026, the sailpoint.isc contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What task_wait waits for, how it tells how tasks ended, and which faults it survives."""

from __future__ import annotations

import io
import json
import os
import re
import signal
import typing as t

import pytest
from ansible_collections.sailpoint.isc.plugins.module_utils import _module
from ansible_collections.sailpoint.isc.plugins.module_utils._tasks import polling
from ansible_collections.sailpoint.isc.plugins.module_utils._tasks import wait as waiting
from ansible_collections.sailpoint.isc.tests.support.hand import SECRETS, Hand, meanwhile, wait_until_asked
from ansible_collections.sailpoint.isc.tests.support.modules import VERSIONS, VERSIONS_WITH_ENDPOINT, Result, Run

each_version = pytest.mark.parametrize("version", VERSIONS)

RESULTS = ("tasks", "failed_tasks", "pending_tasks")


def wait(run: Run, says: str | None = None, **options: t.Any) -> Result:
    """What a wait returns. says: what the message of one that fails must hold (a regular expression)."""
    given = {"interval": 0.05, "max_interval": 0.1, "timeout": "2m", **options}
    result = (run if says is None else run.failing)("task_wait", **given)
    assert not result.get("changed")
    assert re.search(says or "^$", result.get("msg", ""))
    return result


def found(result: Result) -> tuple[list[str], ...]:
    """The ids of the tasks, the failed ones and the pending ones."""
    return tuple([record["id"] for record in result[key]] for key in RESULTS)


# What is waited for, in which order it is told, why it fails, and how many requests there may be beside the polls.
WAITS: dict[str, tuple[dict[str, t.Any], list[str], str | None, int]] = {
    "ids": ({"ids": ["groups", "over", "accounts", "groups"]}, ["groups", "over", "accounts"], None, 0),
    "quiet": (
        {"source_ids": ["hr", "ad"], "types": ["CLOUD_ACCOUNT_AGGREGATION", "CLOUD_GROUP_AGGREGATION"], "settle": 2},
        ["accounts", "groups"],
        None,
        2,
    ),
    "names": (
        {"unique_names": ["*Role"], "fail_on": ["WARNING", "ERROR"]},
        ["role"],
        r"^Cloud Refresh Role \(role\) ended with ERROR\.$",
        1,
    ),
}


@each_version
@pytest.mark.parametrize("name", WAITS)
def test_a_task_has_completed_when_both_completed_and_completion_status_are_set(
    tenant: Hand, run: Run, name: str, version: str
) -> None:
    options, ids, says, others = WAITS[name]
    accounts = {"source": "hr", "definition": "CLOUD_ACCOUNT_AGGREGATION"}
    tenant.scenario(
        sources=[{"id": "hr", "name": "HR System"}, {"id": "ad", "name": "Active Directory"}],
        tasks=[
            {"id": "accounts", **accounts, "age": "5m"},
            {"id": "groups", "source": "ad", "definition": "CLOUD_GROUP_AGGREGATION", "age": "6m"},
            {"id": "role", "definition": "CLOUD_REFRESH_ROLE", "age": "7m"},
            {"id": "refresh", "definition": "IDENTITY_REFRESH", "age": "8m"},
            {"id": "over", **accounts, "age": "1h", "completionStatus": "SUCCESS"},
        ],
    )
    first = "pending" if version in VERSIONS_WITH_ENDPOINT else "list"
    # Two ids that are left are looked up one by one.
    later = "get" if first == "pending" and name == "ids" else first

    def complete() -> None:
        ends = {"accounts": "SUCCESS", "groups": "WARNING", "role": "ERROR"}
        for task_id, status in ends.items():
            tenant.control("PATCH", f"tasks/{task_id}", {"ends_in": 0, "completed_gap": "1h", "ends": status})
        wait_until_asked(tenant, later, sum(entry["operation"] == later for entry in tenant.log()) + 2)
        for task_id in ends:
            tenant.control("PATCH", f"tasks/{task_id}", {"completed_gap": 0})

    with meanwhile(tenant, first, complete):
        result = wait(run, says, api_version=version, **options)
    assert found(result) == (ids, ids if says else [], [])
    assert all(record["completed"] and record["completionStatus"] for record in result["tasks"])
    # Before any has completed, between the two, and after both.
    assert result["polls"] >= 3
    requests = tenant.sent()
    assert result["requests"] == len(requests) + 1
    assert len(requests) <= result["polls"] * (2 if later == "get" else 1) + others
    assert {entry["method"] for entry in requests} == {"GET"}


@pytest.fixture
def ended(tenant: Hand) -> None:
    """Tasks that have ended in every way, and two that never will."""
    tenant.scenario(
        tasks=[
            {"id": "good", "completionStatus": "SUCCESS"},
            {"id": "warned", "completionStatus": "WARNING"},
            {"id": "bad", "completionStatus": "ERROR", "messages": ["The virtual appliance is down"]},
            {"id": "ended", "completionStatus": "TERMINATED"},
            {"id": "flaky", "completionStatus": "Temp_Error"},
            {"id": "odd", "completionStatus": "PAUSED_FOREVER"},
            {"id": "stuck", "age": "2d"},
            {"id": "half", "age": "3d", "completed": "2026-05-17T19:33:16.470Z"},
        ]
    )


class Ending(t.NamedTuple):
    """Options, and what the wait comes to. says: where it is to fail.  lasts: at least so many seconds."""

    options: dict[str, t.Any]
    tasks: t.Sequence[str] = ()
    failed: t.Sequence[str] = ()
    pending: t.Sequence[str] = ()
    says: str | None = None
    warnings: t.Sequence[str] = ()
    lasts: float = 0
    polls: int | None = None


ENDINGS = {
    "success": Ending({"ids": ["good"]}, ["good"]),
    "warning is no failure": Ending({"ids": ["warned", "good"]}, ["warned", "good"]),
    "error is a failure": Ending(
        {"ids": ["good", "bad"]},
        ["good", "bad"],
        ["bad"],
        says=r"^1 of 2 tasks failed: Cloud Account Aggregation \(bad\) ended with ERROR "
        r"\(The virtual appliance is down\)\.$",
    ),
    "terminated is a failure": Ending({"ids": ["ended"]}, ["ended"], ["ended"], says="ended with TERMINATED"),
    "spelling of TEMPERROR": Ending({"ids": ["flaky"]}, ["flaky"], ["flaky"], says="ended with Temp_Error"),
    "fail_on nothing": Ending({"ids": ["bad", "flaky"], "fail_on": []}, ["bad", "flaky"]),
    "fail_on warning alone": Ending(
        {"ids": ["bad", "warned"], "fail_on": ["WARNING"]}, ["bad", "warned"], ["warned"], says="ended with WARNING"
    ),
    "unknown status": Ending(
        {"ids": ["odd"]},
        ["odd"],
        warnings=[
            "Treated as completed, although the completion status is unknown: "
            'Cloud Account Aggregation (odd) with "PAUSED_FOREVER".'
        ],
    ),
    "timeout": Ending(
        {"ids": ["good", "stuck", "half", "bad"], "timeout": "0.5s"},
        ["good", "bad"],
        ["bad"],
        ["stuck", "half"],
        says=r"^Timed out after 0\.5 s: 2 of 4 tasks still pending: .*\(stuck\), for 2 d 0 h; .*\(half\), for 3 d 0 h; "
        r"the role sailpoint\.isc\.clear_stuck_tasks clears stuck tasks; 1 failed: .*\(bad\)",
        lasts=0.5,
    ),
    "timeout of zero looks once": Ending(
        {"ids": ["stuck"], "timeout": 0}, pending=["stuck"], says="^Timed out after 0 s", polls=1
    ),
    "timeout of a quiet wait": Ending(
        {"unique_names": ["Cloud Account*"], "timeout": "0.5"},
        pending=["stuck", "half"],
        says=r"^Timed out after 0\.5 s",
        lasts=0.5,
    ),
    "unknown id": Ending(
        {"ids": ["good", "nobody-knows"], "not_found_grace": "0.5s"},
        ["good"],
        says=r'The id has been unknown to the tenant for 0\.5 s \(not_found_grace\): "nobody-knows"',
        lasts=0.5,
    ),
    "unknown id without grace": Ending(
        {"ids": ['no/bo"dy', "nobody-knows"], "not_found_grace": 0}, says="^2 ids have been unknown", polls=1
    ),
    "unknown id until the timeout": Ending(
        {"ids": ["nobody-knows"], "timeout": 0.5},
        says=r'^Timed out after 0\.5 s: unknown to the tenant: "nobody-knows"',
        lasts=0.5,
    ),
    "settled": Ending({"unique_names": ["nobody-knows"], "settle": 3}, polls=3),
    "settled at once": Ending({"types": ["CLOUD_REFRESH_ROLE"]}, polls=1),
    "whole tenant": Ending({"timeout": 0}, pending=["stuck", "half"], says="2 of 2 tasks still pending", polls=1),
}


@pytest.mark.usefixtures("ended")
@pytest.mark.parametrize("name", ENDINGS)
def test_all_results_come_with_success_and_failure(run: Run, name: str) -> None:
    case = ENDINGS[name]
    result = wait(run, case.says, api_version="v1", fields=["id", "completed"], **case.options)
    assert found(result) == (list(case.tasks), list(case.failed), list(case.pending))
    assert all(record.keys() == {"id", "completed"} for key in RESULTS for record in result[key])
    assert result["warnings"] == list(case.warnings)
    assert result["elapsed"] >= case.lasts
    assert result["polls"] == (case.polls or result["polls"]) >= 1
    assert result["requests"] == result["polls"] + 1


@pytest.mark.usefixtures("ended")
@each_version
def test_check_mode_looks_once_and_what_is_pending_or_unknown_is_no_failure(run: Run, version: str) -> None:
    result = wait(run, check_mode=True, api_version=version, ids=["stuck", "nobody-knows", "good"])
    assert result["polls"] == 1
    assert found(result) == (["good"], [], ["stuck"])
    assert result["summary"][-1].endswith('; pending: 1; unknown to the tenant: "nobody-knows"')


@pytest.mark.usefixtures("ended")
@each_version
def test_check_mode_looks_once_at_the_whole_tenant(run: Run, version: str) -> None:
    result = wait(run, check_mode=True, api_version=version)
    assert result["polls"] == 1
    assert found(result) == ([], [], ["stuck", "half"])


@pytest.mark.usefixtures("ended")
def test_check_mode_fails_for_a_task_that_has_failed(run: Run) -> None:
    result = wait(run, "ended with ERROR", check_mode=True, ids=["bad"])
    assert result["polls"] == 1
    assert found(result) == (["bad"], ["bad"], [])
    (line,) = result["summary"]
    assert line.startswith("FAILED: ")


@pytest.mark.usefixtures("ended")
def test_the_summary_tells_of_each_task_and_of_the_wait(run: Run) -> None:
    """Whatever fields leave out."""
    result = wait(run, ids=["good", "odd"], fields=["completed"])
    assert [line.partition(" after")[0] for line in result["summary"][:-1]] == [
        "Cloud Account Aggregation ended with SUCCESS",
        "Cloud Account Aggregation ended with PAUSED_FOREVER",
    ]
    assert re.search(r"^All have completed; waited \d+\.\d s\.$", result["summary"][-1])
    assert wait(run, types=["CLOUD_REFRESH_ROLE"])["summary"] == ["Nothing was pending."]
    looked = wait(run, check_mode=True, ids=["good", "stuck"])["summary"]
    assert looked[0].startswith("PENDING: Cloud Account Aggregation is pending since 20")
    assert looked[-1] == "Check mode, polled once and did not wait; pending: 1"
    # The message tells how it failed.
    failed = wait(run, "1 of 2 tasks still pending.*; 1 failed", ids=["stuck", "bad"], timeout=0)["summary"]
    assert [line.partition(":")[0] for line in failed] == ["FAILED", "PENDING"]


def test_the_summary_tells_failures_first_and_counts_more_than_ten_successes(tenant: Hand, run: Run) -> None:
    ends = {3: {"ends": "WARNING"}, 13: {"ends": "ERROR"}}
    done = [{"id": f"t-{number}", "age": "1h", "seconds": 10, **ends.get(number, {})} for number in range(14)]
    tenant.scenario(tasks=done)
    ids = [task["id"] for task in done]
    assert wait(run, "1 of 14 tasks failed", ids=ids)["summary"] == [
        "FAILED: Cloud Account Aggregation ended with ERROR after 10.0 s",
        "Cloud Account Aggregation ended with WARNING after 10.0 s",
        "12 ended with SUCCESS",
    ]
    assert len(wait(run, ids=ids[3:13])["summary"]) == 11


@each_version
def test_a_hundred_tasks_take_one_request_and_one_for_every_250_that_are_pending(
    tenant: Hand, run: Run, version: str
) -> None:
    ids = [f"bulk-{number}" for number in range(100)]
    tenant.scenario(
        tasks=[
            *({"id": task_id} for task_id in ids[:60]),
            *({"id": task_id, "completionStatus": "SUCCESS"} for task_id in ids[60:]),
        ],
        generate={"count": 200, "sources": 3, "pending": 1},
    )
    result = wait(run, check_mode=True, api_version=version, ids=ids, fields=["id"])
    assert found(result) == (ids[60:], [], ids[:60])
    operations = [entry["operation"] for entry in tenant.sent()]
    # Only where the list leaves them out.
    assert operations == (["pending", "pending", "list"] if version in VERSIONS_WITH_ENDPOINT else ["list"])
    assert result["requests"] == len(operations) + 1


def test_passing_faults_do_not_end_the_wait_without_any_retries_of_a_request(tenant: Hand, run: Run) -> None:
    faults: list[dict[str, t.Any]] = [
        {"fault": "status", "code": 500},
        {"fault": "reset_before"},
        {"fault": "html"},
        {"fault": "status", "code": 429, "retry_after": 1},
        {"fault": "short_body"},
        {"fault": "slow_first_byte", "seconds": 10},
        {"fault": "expire_token"},
    ]
    tenant.scenario(
        tasks=[{"id": "over", "completionStatus": "SUCCESS"}],
        faults=[{"operation": "list", "nth": number, **fault} for number, fault in enumerate(faults, 1)],
    )
    result = wait(run, api_version="v1", ids=["over"], retries=0, request_timeout=3)
    assert found(result) == (["over"], [], [])
    assert result["polls"] == 1
    assert len(tenant.sent()) == 8
    # The second one in place of the one that had expired.
    assert tenant.control("GET", "log")["tokens"] == 2
    assert result["requests"] == 10
    # The time that the server asked for, and the one that an answer may take.
    assert result["elapsed"] >= 1 + 3


def test_the_deadline_ends_a_wait_whose_polls_all_fail(tenant: Hand, run: Run) -> None:
    tenant.faults({"operation": "list", "times": None, "fault": "status", "code": 503})
    says = r"^Timed out after 0\.5 s.*the last poll failed.*failed with status 503"
    result = wait(run, says, api_version="v1", ids=["over"], retries=0, timeout=0.5)
    assert result["elapsed"] >= 0.5
    assert result["requests"] >= 2
    assert result["polls"] == 0
    assert found(result) == ([], [], [])


def test_a_lasting_fault_ends_the_wait_at_once(tenant: Hand, run: Run) -> None:
    tenant.faults({"operation": "list", "times": None, "fault": "status", "code": 400})
    result = wait(run, "failed with status 400", api_version="v1", ids=["over"], retries=0)
    assert result["status"] == 400
    assert re.fullmatch("[0-9a-f]{32}", result["request_id"])
    assert result["requests"] == 2
    assert result["polls"] == 0
    assert found(result) == ([], [], [])


def test_tokens_are_renewed_before_they_expire_and_an_id_may_be_unknown_for_a_while(tenant: Hand, run: Run) -> None:
    client = {"client_id": "admin", "client_secret": SECRETS["admin"], "user_name": "ada.admin", "token_lifetime": 10}
    tenant.scenario(
        clients=[client],
        tasks=[{"id": "shy", "completionStatus": "SUCCESS", "visible_after": "1h"}, {"id": "slow"}],
        # A token that is said to expire sooner than it does is never refused for a request that takes its time.
        faults=[{"operation": "token", "times": None, "fault": "extra_keys", "values": {"expires_in": 1}}],
    )

    def end() -> None:
        wait_until_asked(tenant, "get", 2)
        tenant.control("PATCH", "tasks/slow", {"ends_in": 0})
        tenant.control("PATCH", "tasks/shy", {"visible_after": 0})

    with meanwhile(tenant, "token", end, times=2):
        result = wait(run, api_version="v2024", ids=["slow", "shy"], not_found_grace="5m")
    assert found(result) == (["slow", "shy"], [], [])
    log = tenant.control("GET", "log")
    of_shy = [entry["status"] for entry in log["requests"] if entry["path"].endswith("/shy")]
    assert list(dict.fromkeys(of_shy)) == [404, 200]
    assert 401 not in {entry["status"] for entry in log["requests"]}
    assert log["tokens"] >= 2
    assert result["requests"] == len(log["requests"])


@pytest.fixture
def sources(tenant: Hand) -> None:
    """Two sources of which nothing is pending, one of which something is, and one without any task."""
    aggregation = {"definition": "CLOUD_ACCOUNT_AGGREGATION"}
    tenant.scenario(
        deprecated=[],
        clients=[
            {"client_id": "admin", "client_secret": SECRETS["admin"]},
            {"client_id": "poor", "client_secret": SECRETS["reader"], "scopes": ["idn:task-management:read"]},
        ],
        sources=[{"id": name, "name": name.upper()} for name in ("hr", "ad", "busy", "new")],
        tasks=[
            {"id": "hr-old", "source": "hr", **aggregation, "age": "2d", "completionStatus": "SUCCESS"},
            {
                "id": "hr-last",
                "source": "hr",
                **aggregation,
                "age": "2h",
                "completionStatus": "ERROR",
                "completed": "2026-05-17T19:33:16.470Z",
                "messages": ["Login failed."],
            },
            {
                "id": "hr-groups",
                "source": "hr",
                "definition": "CLOUD_GROUP_AGGREGATION",
                "age": "1h",
                "ends": "SUCCESS",
            },
            {"id": "ad-last", "source": "ad", **aggregation, "age": "1h", "completionStatus": "WARNING"},
            {"id": "runs", "source": "busy", **aggregation, "age": "5m"},
        ],
    )


def looked_up(tenant: Hand) -> list[str]:
    """The filters with which sources were looked up."""
    return [entry["query"]["filters"] for entry in tenant.sent() if entry["operation"] == "list_sources"]


@pytest.mark.usefixtures("sources")
@each_version
@pytest.mark.parametrize("check_mode", [False, True])
def test_a_source_that_does_not_exist_ends_the_wait_at_the_first_poll(
    tenant: Hand, run: Run, version: str, check_mode: bool
) -> None:
    says = r'^2 sources do not exist, .*: "Workday", "HR"; correct source_ids\.$'
    given = ["hr", "Workday", "busy", "HR"]
    result = wait(run, says, check_mode=check_mode, api_version=version, source_ids=given)
    assert found(result) == ([], [], ["runs"])
    assert result["polls"] == 1
    assert looked_up(tenant) == ['id in ("hr","Workday","HR")']


@pytest.mark.usefixtures("sources")
def test_sources_are_looked_up_once_and_only_where_nothing_of_them_is_pending(tenant: Hand, run: Run) -> None:
    wait(run, api_version="v1", source_ids=["hr", "ad"], settle=3)
    assert looked_up(tenant) == ['id in ("hr","ad")']
    tenant.control("DELETE", "log")
    wait(run, "Timed out", api_version="v1", source_ids=["busy"], timeout=0.2)
    wait(run, api_version="v1", ids=["hr-old"])
    wait(run, api_version="v1", types=["CLOUD_REFRESH_ROLE"])
    assert looked_up(tenant) == []


@pytest.mark.usefixtures("sources")
@pytest.mark.parametrize("check_mode", [False, True])
def test_one_warning_tells_a_token_without_the_right_to_read_sources(run: Run, check_mode: bool) -> None:
    run.connection.update(client_id="poor", client_secret=SECRETS["reader"])
    result = wait(run, check_mode=check_mode, source_ids=["typo", "hr"], settle=2)
    assert result["warnings"] == [
        "The ids in source_ids were not checked, because the token is not allowed to read sources "
        '(scope idn:sources:read): "typo", "hr".'
    ]


@pytest.mark.usefixtures("sources")
@pytest.mark.parametrize("fault", [{"fault": "status", "code": 503}, {"fault": "reset_before"}, {"fault": "html"}])
def test_a_passing_fault_of_the_look_at_sources_does_not_end_the_wait(
    tenant: Hand, run: Run, fault: dict[str, t.Any]
) -> None:
    tenant.faults({"operation": "list_sources", "times": 2, **fault})
    result = wait(run, source_ids=["hr"], retries=0)
    assert result["polls"] == 1
    assert len(looked_up(tenant)) == 3


@pytest.mark.usefixtures("sources")
@each_version
def test_the_last_tasks_of_idle_sources_are_reported(tenant: Hand, run: Run, version: str) -> None:
    options: dict[str, t.Any] = {
        "types": ["CLOUD_ACCOUNT_AGGREGATION"],
        "source_ids": ["new", "ad", "busy", "hr"],
        "api_version": version,
    }
    meanwhile_ends = {"ends_in": 0, "completed_gap": 0}
    with meanwhile(tenant, "list_sources", lambda: tenant.control("PATCH", "tasks/runs", meanwhile_ends)):
        result = wait(run, on_idle="report", fields=["id", "created"], **options)
    assert result["idle_sources"] == ["new", "ad", "hr"]
    assert [record["id"] for record in result["last_tasks"]] == ["ad-last", "hr-last"]
    assert {key for record in result["last_tasks"] for key in record} == {"id", "created"}
    assert found(result) == (["runs"], [], [])
    busy, ad, hr, new, verdict = result["summary"]
    assert busy.startswith("BUSY: Cloud Account Aggregation ended with SUCCESS")
    assert re.search("^Nothing was pending; last task, at .*Z: AD: Cloud Account Aggregation ended with WARNING", ad)
    assert re.search("^Nothing was pending; last task, at .*Z: HR: Cloud Account Aggregation ended with ERROR", hr)
    assert new == "NEW: nothing was pending, and no completed task was found"
    assert verdict.startswith("All have completed")


@pytest.mark.usefixtures("sources")
def test_what_could_not_be_looked_up_is_not_told(tenant: Hand, run: Run) -> None:
    tenant.faults({"operation": "list", "fault": "status", "code": 403, "times": None})
    options: dict[str, t.Any] = {"source_ids": ["new"], "on_idle": "report", "api_version": "v2024"}
    assert wait(run, "403", **options)["summary"] == []


@pytest.mark.usefixtures("sources")
@pytest.mark.parametrize("check_mode", [False, True])
def test_the_last_task_of_an_idle_source_may_fail_the_wait(run: Run, check_mode: bool) -> None:
    options: dict[str, t.Any] = {"check_mode": check_mode, "on_idle": "check", "types": ["CLOUD_ACCOUNT_AGGREGATION"]}
    says = (
        r"^The last task of an idle source failed: Cloud Account Aggregation of HR \(hr-last\) "
        r"ended with ERROR at 2026-05-17T19:33:16\.470Z \(Login failed\)\.$"
    )
    result = wait(run, says, source_ids=["ad", "hr"], **options)
    failed, other = result["summary"]
    assert failed.startswith("FAILED: Nothing was pending; last task, at 2026-05-17T19:33:16.470Z: HR: Cloud Account")
    assert other.startswith("Nothing was pending; last task, at ")
    assert [record["id"] for record in result["last_tasks"]] == ["ad-last", "hr-last"]
    assert found(result) == ([], [], [])
    assert wait(run, source_ids=["ad", "new"], **options)["idle_sources"] == ["ad", "new"]
    says = r"^The last task of 2 idle sources failed: .* ended with WARNING at .*; .* ended with ERROR at"
    wait(run, says, source_ids=["ad", "hr"], **{**options, "fail_on": ["WARNING", "ERROR"]})
    wait(run, source_ids=["ad", "hr"], **{**options, "fail_on": []})
    # The newest of any kind has succeeded.
    wait(run, source_ids=["hr"], **{**options, "types": ["CLOUD_ACCOUNT_AGGREGATION", "CLOUD_GROUP_AGGREGATION"]})


@pytest.mark.usefixtures("sources")
def test_idle_sources_are_told_of_a_wait_that_timed_out_as_well(run: Run) -> None:
    result = wait(run, r"^Timed out .*\(runs\), for 5 min", source_ids=["busy", "hr"], on_idle="check", timeout=0.2)
    assert result["idle_sources"] == ["hr"]
    assert [record["id"] for record in result["last_tasks"]] == ["hr-groups"]


@pytest.mark.parametrize("on_idle", ["report", "check"])
def test_what_to_do_about_idle_sources_needs_sources(run: Run, on_idle: str) -> None:
    assert "source_ids" in run.failing("task_wait", on_idle=on_idle, types=["CLOUD_REFRESH_ROLE"])["msg"]


def test_idle_sources_are_told_only_where_that_is_wanted(tenant: Hand, run: Run) -> None:
    tenant.scenario(sources=[{"id": "hr"}])
    assert not {"idle_sources", "last_tasks"} & wait(run, source_ids=["hr"]).keys()


def test_starting_and_waiting_go_together_in_check_mode(tenant: Hand, run: Run) -> None:
    tenant.scenario(sources=[{"id": "hr"}])
    start = run("source_aggregation", check_mode=True, source_id="hr")
    assert start["task"] is None  # of which the filter task_ids makes nothing
    result = run("task_wait", check_mode=True, ids=[])
    assert found(result) == ([], [], [])
    assert result["msg"] == "ids is empty, so there is nothing to wait for; outside of check mode this is an error."
    assert result["summary"] == [result["msg"]]
    assert (result["polls"], result["elapsed"]) == (0, 0)


def test_outside_of_check_mode_an_empty_list_of_ids_is_refused(run: Run) -> None:
    assert run.failing("task_wait", ids=[])["msg"].startswith("ids is []: it is empty")
    # And so are other lists, in check mode too.
    assert run.failing("task_wait", check_mode=True, source_ids=[])["msg"].startswith("source_ids is []: it is empty")
    assert run.failing("task_wait", check_mode=True, ids=[" "])["msg"].startswith("ids is ")


@pytest.fixture
def _short_grace(monkeypatch: pytest.MonkeyPatch) -> None:
    """A completion status alone is the end after a moment."""
    monkeypatch.setattr(waiting, "_GRACE_FOR_COMPLETED", 0.3)


@pytest.mark.usefixtures("_short_grace")
@each_version
@pytest.mark.parametrize("options", [{"ids": ["half", "good"]}, {"types": ["CLOUD_ACCOUNT_AGGREGATION"]}])
def test_a_completion_status_without_a_time_is_the_end_after_a_while(
    tenant: Hand, run: Run, version: str, options: dict[str, t.Any]
) -> None:
    tenant.scenario(deprecated=[], tasks=[{"id": "half"}, {"id": "good", "completionStatus": "SUCCESS"}])
    operation = "pending" if version in VERSIONS_WITH_ENDPOINT and "types" in options else "list"
    operation = "get" if version in VERSIONS_WITH_ENDPOINT and "ids" in options else operation
    ends = {"completionStatus": "ERROR", "completed": None}
    with meanwhile(tenant, operation, lambda: tenant.control("PATCH", "tasks/half", ends)):
        result = wait(run, r"\(half\) ended with ERROR", api_version=version, **options)
    assert found(result) == (["half", "good"] if "ids" in options else ["half"], ["half"], [])
    assert result["elapsed"] >= 0.3
    assert result["summary"][0] == "FAILED: Cloud Account Aggregation ended with ERROR"
    assert result["warnings"] == [
        "Treated as completed, although the time of completion has been missing for 0.3 s: "
        'Cloud Account Aggregation (half) with "ERROR".'
    ]


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
@pytest.mark.parametrize("options", [{"ids": ["stuck", "half", "good"]}, {}])
@pytest.mark.usefixtures("ended")
def test_an_interrupted_wait_says_what_goes_on(
    tenant: Hand, run: Run, options: dict[str, t.Any], number: signal.Signals
) -> None:
    running = run.start("task_wait", api_version="v1", interval=0.05, **options)
    wait_until_asked(tenant, "list", 3)
    running.send(number)
    names = "Cloud Account Aggregation (stuck); Cloud Account Aggregation (half)"
    assert running.result()["msg"] == (
        f"Interrupted by {number.name}. What it started or waited for continues in the tenant: {names}."
    )


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
@pytest.mark.usefixtures("ended")
def test_an_interrupt_ends_a_wait_also_where_python_swallows_exceptions(
    run: Run, monkeypatch: pytest.MonkeyPatch, number: signal.Signals
) -> None:
    class Answer(io.RawIOBase):
        def close(self) -> None:
            os.kill(os.getpid(), number)

    class Interrupted(polling.Clock):
        def sleep(self, seconds: float) -> None:
            Answer()  # Python closes it when it forgets it, and swallows what is raised there.
            super().sleep(seconds)

    monkeypatch.setattr(polling, "Clock", Interrupted)
    monkeypatch.setattr(_module, "_AGAIN", 0.01)
    result = run.start("task_wait", ids=["stuck"], interval=0.05, timeout=30).result()
    assert result["msg"].startswith(f"Interrupted by {number.name}. ")


@pytest.mark.usefixtures("ended")
def test_an_interrupt_after_the_result_adds_nothing(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    def tell(_module: object, result: dict[str, t.Any]) -> None:
        os.kill(os.getpid(), signal.SIGTERM)
        print(json.dumps(result))
        os.kill(os.getpid(), signal.SIGTERM)

    monkeypatch.setattr(_module.Module, "_return_formatted", tell)
    assert run.start("task_wait", ids=["good"]).result()["failed"] is False


ODD: dict[str, list[t.Any]] = {
    "id": [None, 7, [], {"id": "x"}, "\ud83d"],
    "created": [None, 0, -1e30, {}, "yesterday", "2026-05-17T19:33:16.123456789+0000"],
    "target": [None, "hr", [], {"id": ["hr"], "name": {}}, {"id": 1, "name": 2}],
    "completed": [[], {}, 0, True, "soon"],
    "completionStatus": [[], {}, 0, True, ""],
    "messages": [None, {}, "no", [None, 1, {"type": [], "localizedText": 3, "key": {}}]],
    "uniqueName": [None, 1, [], "a\nb"],
}


@pytest.mark.parametrize("version", ["beta", "v1"])
@pytest.mark.parametrize("key", ODD)
def test_no_record_is_too_odd_for_a_wait(tenant: Hand, run: Run, version: str, key: str) -> None:
    for value in ODD[key]:
        tenant.scenario(
            sources=[{"id": "hr"}],
            tasks=[{"id": "a", "source": "hr"}, {"id": "b", "source": "hr", "completionStatus": "ERROR"}],
            faults=[
                {"operation": operation, "times": None, "fault": "extra_keys", "values": {key: value}}
                for operation in ("list", "pending", "get")
            ],
        )
        both: list[dict[str, t.Any]] = [{"ids": ["a", "b"]}, {"source_ids": ["hr"], "on_idle": "check"}]
        for options in both:
            result = run.result("task_wait", api_version=version, timeout=0, not_found_grace=0, **options)
            assert result["polls"] == 1 or not result["failed"]
            assert "\n" not in result.get("msg", "")


@pytest.mark.parametrize("version", ["beta", "v1"])
def test_pending_tasks_without_an_id_are_told(tenant: Hand, run: Run, version: str) -> None:
    tenant.scenario(tasks=[{"id": "a", "age": "30h"}])
    tenant.control("PATCH", "tasks/a", {"without": ["id"]})
    result = wait(run, r"1 of 1 task still pending: .* \(id unknown\), for 30 h", api_version=version, timeout=0)
    assert len(result["pending_tasks"]) == 1
