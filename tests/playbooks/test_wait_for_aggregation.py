# Copyright (c) 2026, the sailpoint.isc contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The role wait_for_aggregation and its playbook: what they wait for, how they end, and what they show of it."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any, Callable

import pytest

from tests.support.hand import Hand, meanwhile, safe_mode, wait_until_asked
from tests.support.plays import Case, Played, check, clients, hosts, role

PLAYBOOK = "sailpoint.isc.wait_for_aggregation"
REASON = """Login failed {{ 1 + 1 }}, it's "locked"."""
SCENARIO: dict[str, Any] = {
    "sources": [
        {"id": "s-good", "name": "Workday"},
        {"id": "s-warned", "name": "Active Directory"},
        {"id": "s-broken", "name": "SAP"},
        {"id": "s-idle", "name": "Contractors"},
        {"id": "s-new", "name": "Partners"},
    ],
    # Some end as soon as a test says so, some never do, and some have ended before.
    "tasks": [
        {"id": "good", "source": "s-good", "ends_in": "1h", "ends": "SUCCESS"},
        {
            "id": "warned",
            "source": "s-warned",
            "definition": "CLOUD_GROUP_AGGREGATION",
            "ends_in": "1h",
            "ends": "WARNING",
            "messages": ["2 groups were skipped."],
        },
        {
            "id": "broken",
            "source": "s-broken",
            "ends_in": "1h",
            "ends": "ERROR",
            "messages": [{"type": "INFO", "text": "Connected."}, REASON],
        },
        {"id": "endless", "source": "s-broken", "definition": "CLOUD_PROCESS_UNCORRELATED_ACCOUNTS"},
        {"id": "refresh", "definition": "CLOUD_REFRESH_ROLE", "ends_in": "1h", "ends": "SUCCESS"},
        {
            "id": "idle-newest",
            "source": "s-idle",
            "age": "2h",
            "seconds": 75,
            "ends": "ERROR",
            "messages": ["The file was empty."],
        },
        {"id": "idle-older", "source": "s-idle", "age": "3h", "seconds": 10},
        {"id": "good-before", "source": "s-good", "age": "4h", "seconds": 10, "ends": "ERROR"},
    ],
}
WORKDAY_ENDED = r'"Workday: Cloud Account Aggregation ended with SUCCESS after .+ s"'
WORKDAY_PENDING = r'"PENDING: Workday: Cloud Account Aggregation is pending since \S+"'
IDLE_SUMMARY = r'Contractors: Cloud Account Aggregation ended with ERROR after 1 min 15 s: The file was empty\."'
CONTRACTORS_IDLE = rf'"Nothing was pending; last task, at \S+: {IDLE_SUMMARY}'
GIVE_EITHER = "Give either wait_for_aggregation_source_ids or wait_for_aggregation_task_ids"


@pytest.fixture(autouse=True)
def only_reads(tenant: Hand) -> Iterator[None]:
    """Whatever it is told to, it changes nothing."""
    tenant.scenario(**SCENARIO, clients=clients(["admin", *OF_ROLE]))
    with safe_mode(tenant):
        yield


def end(tenant: Hand, *tasks: str) -> Callable[[], None]:
    """Lets tasks end now."""

    def change() -> None:
        for task in tasks:
            tenant.control("PATCH", f"tasks/{task}", {"ends_in": 0})

    return change


def arguments(**given: Any) -> dict[str, Any]:
    """Variables of the role, by their names without its own."""
    return {f"wait_for_aggregation_{name}": value for name, value in given.items()}


def values(outcomes: list[dict[str, Any]], key: str) -> list[Any]:
    return [outcome[key] for outcome in outcomes]


# By an operation of each that waits: once all have asked for theirs, what they wait for ends.
ASKED = {"several": "list", "fails": "list", "looks": "pending", "last_is_refused": "pending"}
OF_ROLE = {
    "several": Case(
        arguments(source_ids=["s-idle", "s-warned", "s-new", "s-good"], interval="0.5"),
        [
            WORKDAY_ENDED,
            r'"Active Directory: Cloud Group Aggregation ended with WARNING after .+ s: 2 groups were skipped\."',
            CONTRACTORS_IDLE,
            '"Partners: nothing was pending, and no completed task was found"',
            r"All have completed; waited \d+\.\d s\.",
        ],
        connection={"api_version": "v2025"},
    ),
    "fails": Case(
        arguments(source_ids="s-good,s-broken", interval="0.5"),
        [
            WORKDAY_ENDED,
            r'"FAILED: SAP: Cloud Account Aggregation ended with ERROR after .+ s: '
            r"""Login failed \{. 1 \+ 1 .\}, it's ..locked..\.\"""",
            r"fatal:.*1 of 2 tasks failed: Cloud Account Aggregation of SAP \(broken\) ended with ERROR",
            "fatal:.*Login failed",
        ],
        fails=True,
        connection={"api_version": "v2026"},
    ),
    "takes_longer": Case(
        arguments(task_ids=["endless", "idle-newest"], timeout=3, interval="0.5"),
        [
            r'"PENDING: SAP: Cloud Process Uncorrelated Accounts is pending since \S+"',
            rf'"FAILED: {IDLE_SUMMARY}',
            "Timed out after 3 s. 1 of 2 tasks still pending. Cloud Process Uncorrelated Accounts of SAP",
            "1 failed. Cloud Account Aggregation of Contractors .idle-newest. ended with ERROR",
        ],
        fails=True,
    ),
    # Check mode by keyword
    "looks": Case(
        {**arguments(source_ids="s-good"), "check_keyword": True},
        [WORKDAY_PENDING, "Check mode, polled once and did not wait; pending: 1"],
    ),
    "looks_for_tasks": Case(
        {**arguments(task_ids="idle-older,nosuch"), "check_keyword": True},
        ["Check mode, polled once and did not wait; pending: 0; unknown to the tenant: .*nosuch"],
    ),
    # What the tenant refuses
    "is_refused": Case(
        arguments(source_ids="s-good"),
        ["fatal:.*/v2024/task-status/pending-tasks.*403"],
        fails=True,
        connection={"api_version": "v2024"},
    ),
    "last_is_refused": Case(
        # A blank after a comma is no part of an id.
        arguments(source_ids="s-idle, s-good", interval="0.5"),
        ["fatal:.*/beta/task-status .*403"],
        fails=True,
    ),
    "unknown": Case(arguments(source_ids=["s-good", "Workday"]), ["fatal:.*does not exist.*Workday"], fails=True),
    "checks_last": Case(
        arguments(source_ids=["s-idle"], check_last=True),
        [rf'"FAILED: Nothing was pending; last task, at \S+: {IDLE_SUMMARY}', "fatal:.*last task of an idle source"],
        fails=True,
        connection={"api_version": "v2025"},
    ),
    "checks_last_of_other_kind": Case(
        arguments(source_ids=["s-idle"], check_last="yes", fail_on=["WARNING"]),
        [CONTRACTORS_IDLE],
        connection={"api_version": "v2025"},
    ),
    # A name near to one of the role
    "near": Case(
        {**arguments(task_ids=["good"]), "wait_for_aggregation_source_id": "s-good"},
        ["fatal:.*_source_id is not a variable of this role: did you mean wait_for_aggregation_source_ids"],
        fails=True,
    ),
    "near_progress": Case(
        {**arguments(task_ids=["good"]), "wait_for_aggregation_progress": "5"},
        ["fatal:.*did you mean wait_for_aggregation_progress_interval"],
        fails=True,
    ),
    # What the role refuses
    "nothing": Case(arguments(source_ids=[], task_ids=[]), [f"{GIVE_EITHER}: neither is given."], fails=True),
    "empty": Case(arguments(source_ids="", task_ids=""), [f"{GIVE_EITHER}: neither is given."], fails=True),
    "both": Case(arguments(source_ids=["s-good"], task_ids="good"), [f"{GIVE_EITHER}: both are given."], fails=True),
    "kind": Case(
        arguments(source_ids=["s-good"], kinds=["identities"]), ["Got no match for: identities"], fails=True
    ),
}  # fmt: skip


def test_the_role_shows_how_each_ended(tenant: Hand, run: Callable[..., Played]) -> None:
    for operation, version in (("pending", "v2024"), ("list", "beta")):
        tenant.faults({"operation": operation, "version": version, "fault": "status", "code": 403, "times": None})

    def end_what_all_wait_for() -> None:
        for client, operation in ASKED.items():
            wait_until_asked(tenant, operation, client=client)
        end(tenant, "good", "warned", "broken")()

    with meanwhile(tenant, "token", end_what_all_wait_for):
        played = run(role("wait_for_aggregation"), hosts=hosts(OF_ROLE, tenant.url), environ={})
    assert played.rc == 2
    check(played, OF_ROLE)
    requests = {name: [entry for entry in tenant.log() if entry["client_id"] == name] for name in OF_ROLE}
    results = {name: played.fact("left", name) for name in OF_ROLE}

    # With one token each; where the arguments are refused there is none.
    tokens = {name: values(sent, "operation").count("token") for name, sent in requests.items()}
    refused_by_role = {"nothing", "empty", "both", "kind", "near", "near_progress"}
    assert tokens == {name: int(name not in refused_by_role) for name in OF_ROLE}

    result = results["several"]
    assert values(result["outcomes"], "task_id") == ["warned", "good"]
    assert values(result["outcomes"], "completion_status") == ["WARNING", "SUCCESS"]
    assert result["outcomes"][0]["messages"] == ["2 groups were skipped."]
    assert (result["failed"], result["pending"]) == ([], [])
    assert result["idle_sources"] == ["s-idle", "s-new"]
    assert values(result["last_outcomes"], "task_id") == ["idle-newest"]
    assert values(result["last_outcomes"], "completion_status") == ["ERROR"]
    assert values(result["last_outcomes"], "seconds") == [75.0]
    assert result["elapsed"] > 0
    assert not re.search("Nothing was pending.*Workday", played.said("several"))
    # One request was enough for what ended last.
    filters = [entry["query"].get("filters", "") for entry in requests["several"]]
    assert len([text for text in filters if "s-new" in text and "sourceId" in text and "s-good" not in text]) == 1

    result = results["fails"]
    assert "All have completed" not in played.said("fails")
    assert values(result["failed"], "source_name") == ["SAP"]
    assert result["failed"][0]["messages"] == ["Connected.", REASON]
    assert len(result["outcomes"]) == 2

    result = results["takes_longer"]
    assert values(result["pending"], "task_id") == ["endless"]
    assert values(result["failed"], "task_id") == ["idle-newest"]
    assert result["elapsed"] >= 3

    assert values(results["looks"]["pending"], "task_id") == ["good"]
    assert values(requests["looks"], "operation") == ["token", "pending"]
    # Nothing is said of what was not seen.
    assert ": nothing was pending" not in played.said("is_refused")


OF_PLAYBOOK = {
    "tasks": Case(
        {"task_ids": " refresh, warned,idle-older", "interval": "0.5", "fail_on": "WARNING"},
        [
            r'"Cloud Refresh Role ended with SUCCESS after .+ s"',
            r'"Contractors: Cloud Account Aggregation ended with SUCCESS after 10.0 s"',
            "fatal:.*1 of 3 tasks failed. Cloud Group Aggregation - Active Directory of Active Directory",
        ],
        fails=True,
    ),
    "kinds": Case(
        {"source_ids": "Workday", "kinds": "entitlements, uncorrelated_accounts\n", "fail_on": " ERROR, WARNING"},
        ['"Workday: nothing was pending, and no completed task was found"'],
    ),
    "unknown": Case(
        {"task_ids": "nosuch", "timeout": "3"},
        [r'Timed out after 3 s. unknown to the tenant. \\"nosuch\\"'],
        fails=True,
    ),
    # Ansible leaves this of ID, ID, as it ends a value without quotes at a blank.
    "blank": Case({"task_ids": "t-blank,"}, ['fatal:.*"task_ids is .*t-blank,.*not a complete list'], fails=True),
    # Unanswered questions of a survey
    "unanswered": Case(
        {
            "source_ids": "Contractors",
            **dict.fromkeys(["task_ids", "kinds", "wait_timeout", "settle", "fail_on"], ""),
            **dict.fromkeys(["interval", "max_interval", "check_last"], None),
        },
        [CONTRACTORS_IDLE],
    ),
    "soon": Case({"source_ids": "s-soon", "wait_timeout": "soon"}, ['fatal:.*"timeout is ..soon'], fails=True),
    "nothing": Case({}, ["fatal:.*Set either source_ids or task_ids, such as"], fails=True),
}  # fmt: skip


def test_the_playbook_takes_variables(tenant: Hand, run: Callable[..., Played]) -> None:
    with meanwhile(tenant, "get", end(tenant, "refresh", "warned")):
        played = run(PLAYBOOK, hosts={name: case.given for name, case in OF_PLAYBOOK.items()})
    assert played.rc == 2
    check(played, OF_PLAYBOOK)
    assert ": nothing was pending" not in played.said("tasks")
    # What is refused asks for nothing, not even a token.
    assert values(tenant.log(), "operation").count("token") == 4
    assert [entry for entry in tenant.sent() if re.search("blank|soon", entry["raw_path"])] == []


def test_of_many_what_failed_comes_first_and_last_and_the_rest_is_counted(
    tenant: Hand, run: Callable[..., Played]
) -> None:
    ids = [f"done-{number}" for number in range(20)]
    wrong = {"done-3": "Wrong password.", "done-17": "No route to host."}
    for task in ids:
        ended = {"ends": "ERROR", "messages": [wrong[task]]} if task in wrong else {}
        tenant.control("POST", "tasks", {"id": task, "source": "s-good", "age": "2h", "seconds": 10, **ended})
    played = run(PLAYBOOK, variables={"task_ids": ids})
    lines = json.loads(played.said().split('"msg": ')[1].split("\n}")[0])
    assert [line.partition("10.0 s")[2] for line in lines[:-1]] == [": Wrong password.", ": No route to host."]
    assert lines[-1] == "18 ended with SUCCESS"
    assert re.search("fatal:.*Wrong password.*No route to host", played.said())
    assert len(played.shown.splitlines()) < 45


def test_a_job_of_automation_platform_shows_how_they_ended(tenant: Hand, run: Callable[..., Played]) -> None:
    with meanwhile(tenant, "get", end(tenant, "good", "broken")):
        variables = {"task_ids": ["good", "broken"], "interval": "0.3", "max_interval": "1"}
        job = run(PLAYBOOK, variables=variables)
    assert job.rc == 2
    assert re.search(WORKDAY_ENDED, job.said())
    assert "fatal: [localhost]: FAILED! " in job.said()
    assert "Login failed" in job.said()
    assert [len(wait["tasks"]) for wait in job.results("sailpoint.isc.task_wait")] == [2]


def test_looks_once_in_check_mode(tenant: Hand, run: Callable[..., Played]) -> None:
    played = run(PLAYBOOK, "--check", "-e", "source_ids=Workday,Contractors")
    case = Case({}, [WORKDAY_PENDING, CONTRACTORS_IDLE, "Check mode, polled once and did not wait; pending: 1"])
    check(played, {"localhost": case})
    assert played.rc == 0
    assert values(played.fact("wait_for_aggregation_result")["pending"], "task_id") == ["good"]
    assert values(tenant.log(), "operation") == ["token", "list_sources", "pending", "list"]


def test_uses_a_token_as_it_is_and_hands_every_variable_on(tenant: Hand, run: Callable[..., Played]) -> None:
    environ = {"SAIL_BASE_URL": tenant.url, "SAIL_ACCESS_TOKEN": tenant.token().json()["access_token"]}
    tenant.control("DELETE", "log")
    given = "source_ids=Contractors kinds=accounts wait_timeout=40 interval=0.1 max_interval=0.2 settle=3 fail_on=ERROR"
    given += " progress_interval=7"
    played = run(PLAYBOOK, "-vvv", "-e", given, environ=environ)
    assert played.rc == 0
    check(played, {"localhost": Case({}, [CONTRACTORS_IDLE, r"Nothing was pending\."])})
    assert "Wait until all have completed, for at most 40 s]" in played.shown
    assert values(tenant.log(), "operation") == ["list_sources", "pending", "pending", "pending", "list"]
    assert set(values(tenant.log(), "status")) == {200}
    (wait,) = played.results("sailpoint.isc.task_wait")
    taken = {
        "source_names": ["Contractors"],
        "types": ["CLOUD_ACCOUNT_AGGREGATION"],
        "timeout": "40",
        "interval": "0.1",
        "max_interval": "0.2",
        "progress_interval": "7",
        "settle": 3,
        "fail_on": ["ERROR"],
    }
    assert {name: wait["invocation"]["module_args"][name] for name in taken} == taken


def test_takes_credentials_from_module_defaults_and_shows_none(tenant: Hand, run: Callable[..., Played]) -> None:
    case = Case(
        arguments(source_ids="s-idle,s-good", interval="0.5"), ["All have completed"], connection={"api_version": "v1"}
    )
    with meanwhile(tenant, "list", end(tenant, "good")):
        played = run(role("wait_for_aggregation"), "-vvvv", hosts=hosts({"admin": case}, tenant.url), environ={})
    assert played.rc == 0
    check(played, {"admin": case})
    assert values(played.fact("left", "admin")["outcomes"], "task_id") == ["good"]
    assert set(values(tenant.sent(), "version")) == {"v1"}
    assert values(tenant.log(), "operation").count("token") == 1


@pytest.mark.parametrize(
    ("given", "environ", "told"),
    [
        (
            '{"source_ids": "s-good", "task_ids": null}',
            {},
            "No tenant is set: set SAIL_BASE_URL, and SAIL_CLIENT_ID with",
        ),
        # Ansible ends a value that has no quotes at a blank.
        ("source_ids=s-idle, s-good", None, "source_ids is .*s-idle,.*: it is not a complete list"),
        ('task_ids=["t-one", "t-two"]', None, "task_ids is .*t-one.*: it is not a complete list"),
    ],
    ids=["no tenant", "a blank", "a blank in a list"],
)
def test_refuses_variables_before_it_asks_for_anything(
    tenant: Hand, run: Callable[..., Played], given: str, environ: dict[str, str] | None, told: str
) -> None:
    played = run(PLAYBOOK, "-e", given, environ=environ)
    assert played.rc == 2
    check(played, {"localhost": Case({}, [f"fatal:.*{told}"], fails=True)})
    assert tenant.sent() == []
    assert environ is None or tenant.log() == []
