# Copyright (c) 2026, the sailpoint.isc contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Role and playbook clear_stuck_tasks: what they find, list, clear and leave alone, and what they refuse."""

from __future__ import annotations

import re
from typing import Any, Callable

import pytest

from tests.support.hand import SECRETS, Hand, meanwhile, safe_mode
from tests.support.plays import Case, Played, check, clients, hosts, role

Run = Callable[..., Played]

PLAYBOOK = "sailpoint.isc.clear_stuck_tasks"
COMPLETED = "2026-05-17T19:33:16.470Z"
SOURCES = [
    {"id": "hr", "name": "HR System"},
    # A name is shown as it is and never a template.
    {"id": "ad", "name": "{{ 1 / 0 }} AD"},
]
TASKS: list[dict[str, Any]] = [
    {"id": "hr-young", "source": "hr", "definition": "CLOUD_ACCOUNT_AGGREGATION", "age": "5m"},
    {"id": "hr-accounts", "source": "hr", "definition": "CLOUD_ACCOUNT_AGGREGATION", "age": "75m"},
    {"id": "ad-accounts", "source": "ad", "definition": "CLOUD_ACCOUNT_AGGREGATION", "age": "185m"},
    {"id": "ad-groups", "source": "ad", "definition": "CLOUD_GROUP_AGGREGATION", "age": "28h"},
    {"id": "roles", "definition": "CLOUD_REFRESH_ROLE", "age": "75h", "launched": None},
    {
        "id": "hr-done",
        "source": "hr",
        "definition": "CLOUD_ACCOUNT_AGGREGATION",
        "age": "30h",
        "completionStatus": "SUCCESS",
    },
]
# What is pending for longer than an hour, the oldest first, and how each is listed
STUCK = ["roles", "ad-groups", "ad-accounts", "hr-accounts"]
LISTED = "(?s)" + ".*".join(
    (
        r"roles: Cloud Refresh Role is pending since 20\S+Z",
        r"ad-groups: \{\{ 1 / 0 }} AD: Cloud Group Aggregation is pending since",
        r"ad-accounts: \{\{ 1 / 0 }} AD: Cloud Account Aggregation is pending since",
        r"hr-accounts: HR System: Cloud Account Aggregation is pending since",
    )
)

# Arguments of the role, and which tasks they find
SELECTIONS: dict[str, tuple[dict[str, Any], list[str]]] = {
    "age": ({"older_than": "2h"}, ["roles", "ad-groups", "ad-accounts"]),
    "list": ({"older_than": "1h", "source_ids": ["hr"]}, ["hr-accounts"]),
    "text": (
        {"older_than": "1h", "source_ids": "hr,ad", "types": "CLOUD_ACCOUNT_AGGREGATION"},
        ["ad-accounts", "hr-accounts"],
    ),
    "types": (
        {"older_than": "1h", "types": ["CLOUD_GROUP_AGGREGATION", "CLOUD_REFRESH_ROLE"], "unique_names": ""},
        ["roles", "ad-groups"],
    ),
    "names": (
        {"older_than": "1m", "unique_names": ["*Account*"], "types": "{{ none }}"},
        ["ad-accounts", "hr-accounts", "hr-young"],
    ),
    "blanks": (
        {
            "older_than": "1h",
            "source_ids": "hr, ad",
            "types": "CLOUD_GROUP_AGGREGATION, CLOUD_ACCOUNT_AGGREGATION",
            "unique_names": "*Refresh*, *Account*",
        },
        ["ad-accounts", "hr-accounts"],
    ),
    "nothing": ({"older_than": "1w", "source_ids": None}, []),
    "source-name": ({"older_than": "1h", "source_names": ["HR System"]}, ["hr-accounts"]),
    "source-both": (
        {"older_than": "1h", "source_names": "HR System", "source_ids": ["ad"], "types": ["CLOUD_ACCOUNT_AGGREGATION"]},
        ["ad-accounts", "hr-accounts"],
    ),
}
# The tenant itself filters by source and type there.
SELECTIONS["v2025"] = SELECTIONS["text"]

# Arguments of the role that are refused, and what is told
WRONG_ARGUMENTS: dict[str, tuple[dict[str, Any], str]] = {
    "no-age": ({}, "missing required arguments: clear_stuck_tasks_older_than"),
    "no-duration": ({"older_than": "soon"}, "older_than is .{1,2}soon.{1,2}: give a duration such as 90s"),
    "no-source": ({"older_than": "1h", "source_ids": []}, r"source_ids is \[\]: it is empty"),
    "no-source-name": ({"older_than": "1h", "source_names": []}, r"source_names is \[\]: it is empty"),
    "no-type": ({"older_than": "1h", "types": []}, r"types is \[\]: it is empty"),
    "no-name": ({"older_than": "1h", "unique_names": []}, r"unique_names is \[\]: it is empty"),
    "no-status": (
        {"older_than": "1h", "completion_status": "STUCK"},
        "clear_stuck_tasks_completion_status must be one of: SUCCESS, WARNING, ERROR, .* STUCK",
    ),
    "no-number": ({"older_than": "1h", "max_tasks": "many"}, "clear_stuck_tasks_max_tasks.* unable to convert to int"),
}

# Variables of the playbook, and which tasks they find
NARROWED: dict[str, tuple[dict[str, str], list[str]]] = {
    "whole": ({}, STUCK),
    "source": ({"source_ids": "HR System"}, ["hr-accounts"]),
    "type": ({"types": "CLOUD_REFRESH_ROLE"}, ["roles"]),
    "name": ({"unique_names": "Cloud Group*"}, ["ad-groups"]),
}
# Variables of the playbook that are refused, and what is told
SAY_AGE = "Set the age from which a pending task counts as stuck, such as -e older_than=24h"
SAY_WHICH = "is empty: give a value or omit it"
TOO_MANY = "Nothing was changed, because 4 tasks match and max_tasks allows 3: narrow the selection"
WRONG_VARIABLES = {
    "no-age": Case({}, [f"fatal:.*{SAY_AGE}"], fails=True),
    "empty-text": Case({"older_than": "1h", "source_ids": ""}, [f"fatal:.*source_ids {SAY_WHICH}"], fails=True),
    # A list that came out empty, as text, which must not mean all of them
    "empty-list-as-text": Case({"older_than": "1h", "source_ids": "[]"}, ["fatal:.*source_ids"], fails=True),
    "nothing-in-it": Case(
        {"older_than": "1h", "source_ids": " , "}, ["fatal:.*source_ids is .*: it is not a complete list"], fails=True
    ),
    "empty-list": Case(
        {"older_than": "1h", "types": [], "unique_names": "*"}, [f"fatal:.*types {SAY_WHICH}"], fails=True
    ),
    "too-many": Case({"older_than": "1h", "max_tasks": "3"}, [LISTED, f"fatal:.*{TOO_MANY}"], fails=True),
}


@pytest.fixture(autouse=True)
def _tasks(tenant: Hand) -> None:
    fill(tenant)


def fill(tenant: Hand, *more: dict[str, Any], **keys: Any) -> None:
    """Give the tenant the tasks above, and more."""
    tenant.scenario(**{"deprecated": [], "sources": SOURCES, "tasks": [*TASKS, *more], **keys})


def arguments(given: dict[str, Any]) -> dict[str, Any]:
    """Variables of the role, by their names without its own."""
    return {f"clear_stuck_tasks_{name}": value for name, value in given.items()}


def ids(outcomes: list[dict[str, Any]]) -> list[str]:
    return [outcome["task_id"] for outcome in outcomes]


def tokens(tenant: Hand) -> int:
    return sum(entry["operation"] == "token" for entry in tenant.log())


def asked_of(tenant: Hand, operation: str) -> list[str]:
    """The ids of the tasks that were to be read or edited."""
    return [entry["path"].split("/")[-1] for entry in tenant.sent() if entry["operation"] == operation]


def statuses(tenant: Hand) -> list[str | None]:
    """How what was stuck has ended."""
    return [tenant.records()[task_id]["completionStatus"] for task_id in STUCK]


def test_role_selects_in_every_way_or_says_what_is_wrong(run: Run, tenant: Hand) -> None:
    """Check mode is a keyword here and not an option of the command line."""
    cases = {name: Case(arguments(given)) for name, (given, _found) in SELECTIONS.items()}
    cases["v2025"] = Case(cases["v2025"].given, connection={"api_version": "v2025"})
    cases |= {name: Case(arguments(given), [told], fails=True) for name, (given, told) in WRONG_ARGUMENTS.items()}
    fill(tenant, clients=clients(cases))
    with safe_mode(tenant):
        played = run(role("clear_stuck_tasks"), hosts=hosts(cases, tenant.url), variables={"check_keyword": True})
    check(played, cases)
    left = {name: played.fact("left", name) for name in SELECTIONS}
    assert {name: ids(result["found"]) for name, result in left.items()} == {
        name: found for name, (_given, found) in SELECTIONS.items()
    }
    assert all(result["cleared"] == [] for result in left.values())
    # One request each, one more for names, and one for each task that is found; none where arguments are wrong
    sent = {entry["client_id"]: entry["version"] for entry in tenant.sent()}
    assert sent == {name: "v2025" if name == "v2025" else "beta" for name in SELECTIONS}
    look_ups = sum("source_names" in given for given, _found in SELECTIONS.values())
    assert len(tenant.sent()) == len(SELECTIONS) + look_ups + sum(len(found) for _given, found in SELECTIONS.values())


def test_playbook_lists_in_check_mode_what_it_would_clear_or_says_what_is_wrong(
    run: Run, tenant: Hand, credentials: dict[str, str]
) -> None:
    told = "Check mode, nothing was changed; to be cleared: "
    cases = {
        name: Case({"older_than": "1h", **given}, [f"{told}{len(found)}"]) for name, (given, found) in NARROWED.items()
    }
    cases |= WRONG_VARIABLES
    given = {name: case.given for name, case in cases.items()}
    with safe_mode(tenant):
        played = run(PLAYBOOK, "--check", hosts=given, environ={**credentials, "SAIL_API_VERSION": "v2025"})
    check(played, cases)
    for name, (_given, found) in NARROWED.items():
        assert re.findall(r'"[^"]*\((\S+)\), pending for [^"]*: would be cleared"', played.said(name)) == found
        assert played.recap(name)["changed"] == 1
    # The one that finds too many has looked, too.
    assert [entry["operation"] for entry in tenant.sent()].count("list") == len(NARROWED) + 1
    assert {(entry["version"], entry["method"]) for entry in tenant.sent()} == {("v2025", "GET")}


@pytest.mark.parametrize(
    ("given", "environ", "told"),
    [
        # Ansible ends a value that has no quotes at a blank.
        ("older_than=1h source_ids=hr, ad", None, r"source_ids is .*hr,.*: it is not a complete list"),
        ("older_than=1h", {}, "No tenant is set: set SAIL_BASE_URL"),
    ],
    ids=["a blank", "no tenant"],
)
def test_playbook_asks_for_no_tasks_where_something_is_missing(
    run: Run, tenant: Hand, given: str, environ: dict[str, str] | None, told: str
) -> None:
    played = run(PLAYBOOK, "-e", given, environ=environ)
    assert played.rc == 2
    check(played, {"localhost": Case({}, [f"fatal:.*{told}"], fails=True)})
    assert tenant.sent() == []


def test_reads_and_edits_each_once_and_finds_nothing_the_second_time(run: Run, tenant: Hand) -> None:
    variables = arguments({"older_than": "1h"})
    played = run(role("clear_stuck_tasks"), variables={"connection": {}, **variables})
    assert played.rc == 0
    says = [
        LISTED,
        r"Cloud Refresh Role \(roles\), pending for 3 d 3 h since 20\S+Z: cleared, now TERMINATED",
        r"AD: Cloud Group Aggregation \(ad-groups\), pending for 28 h \d+ min since \S+: cleared, now TERMINATED",
        r"HR System: Cloud Account Aggregation \(hr-accounts\), pending for 1 h \d+ min since .*: cleared",
        "Found: 4; cleared: 4; left alone: 0",
    ]
    check(played, {"localhost": Case({}, says)})
    assert played.recap()["changed"] == 1
    assert asked_of(tenant, "get") == asked_of(tenant, "patch") == STUCK
    sent = tenant.sent()
    assert {(entry["version"], entry["effect"]) for entry in sent} == {("beta", None), ("beta", "patched")}
    assert (len(sent), tokens(tenant)) == (9, 5)
    assert statuses(tenant) == ["TERMINATED"] * 4
    assert all(tenant.records()[task_id]["completed"] for task_id in STUCK)
    result = played.fact("left")
    assert ids(result["found"]) == ids(result["cleared"]) == STUCK
    assert {(outcome["completion_status"], outcome["reason"]) for outcome in result["cleared"]} == {
        ("TERMINATED", None)
    }
    assert (result["left_alone"], result["failed"]) == ([], [])

    tenant.control("DELETE", "log")
    again = run(PLAYBOOK, "-e", "older_than=1h")
    assert again.rc == 0
    check(again, {"localhost": Case({}, ["No matching task has been pending for more than 1h"])})
    assert again.recap()["changed"] == 0
    assert [entry["operation"] for entry in tenant.sent()] == ["pending"]


def test_touches_nothing_where_too_many_match_and_fails_for_all_that_it_may_not_clear(run: Run, tenant: Hand) -> None:
    cases = {
        "few": Case(arguments({"older_than": "1h", "max_tasks": 3}), [LISTED, f"fatal:.*{TOO_MANY}"], fails=True),
        "reader": Case(
            arguments({"older_than": "1h", "max_tasks": 4}),
            [
                r"FAILED: Cloud Refresh Role \(roles\), pending .*: not cleared: PATCH \S+/roles failed with status "
                r"403",
                r"fatal:.*4 of 4 tasks could not be cleared \(Cloud Refresh Role roles; ",
                r"fatal:.*; HR System Cloud Account Aggregation hr-accounts\): PATCH failed with status 403",
                "fatal:.*personal access token of a user with rights",
            ],
            fails=True,
            connection={"client_secret": SECRETS["reader"]},
        ),
    }
    reader = {"client_id": "reader", "client_secret": SECRETS["reader"]}
    fill(tenant, clients=[reader, *clients(["few"])])
    played = run(role("clear_stuck_tasks"), hosts=hosts(cases, tenant.url), environ={})
    check(played, cases)
    assert [entry["operation"] for entry in tenant.sent() if entry["client_id"] == "few"] == ["pending"]
    assert [entry["status"] for entry in tenant.sent() if entry["operation"] == "patch"] == [403] * 4
    assert statuses(tenant) == [None] * 4
    # One reason is told once.
    (fatal,) = re.findall("fatal:.*", played.said("reader"))
    assert fatal.count("failed with status 403") == 1
    result = played.fact("left", "reader")
    assert (ids(result["failed"]), result["cleared"]) == (STUCK, [])


def test_one_that_cannot_be_cleared_does_not_keep_the_others_from_it(run: Run, tenant: Hand) -> None:
    """The connection comes from module_defaults of the play, and all that can be is shown."""
    refused = {"operation": "patch", "path": "ad-groups$", "fault": "status", "code": 403}
    no_effect = {"operation": "patch", "path": "ad-accounts$", "fault": "status", "code": 200, "json": {}}
    fill(tenant, faults=[refused, no_effect])
    says = [
        "not cleared: The tenant accepted the edit, but the task has no completion status",
        r"2 of 4 tasks could not be cleared \(.* ad-groups; .* ad-accounts\): PATCH failed with status 403 .*; The ",
    ]
    cases = {"admin": Case(arguments({"older_than": "1h"}), says, fails=True, connection={"api_version": "v1"})}
    played = run(role("clear_stuck_tasks"), "-vvvv", hosts=hosts(cases, tenant.url), environ={})
    check(played, cases)
    assert ids(played.fact("left", "admin")["cleared"]) == ["roles", "hr-accounts"]
    assert ids(played.fact("left", "admin")["failed"]) == ["ad-groups", "ad-accounts"]
    assert {entry["version"] for entry in tenant.sent()} == {"v1"}


def test_leaves_alone_what_completes_meanwhile(run: Run, tenant: Hand) -> None:
    # About to be over: the time of completion comes a moment before the completion status.
    ends = {"id": "hr-ends", "source": "hr", "definition": "CLOUD_GROUP_AGGREGATION", "age": "2h"}
    # The oldest cannot be read until faults are dropped.
    held_up = {"operation": "get", "path": "roles$", "fault": "status", "code": 503, "times": None}
    fill(tenant, {**ends, "completed": COMPLETED}, faults=[held_up])

    def change() -> None:
        tenant.control("PATCH", "tasks/ad-groups", {"vanish": True})
        tenant.control("PATCH", "tasks/ad-accounts", {"completionStatus": "WARNING", "completed": COMPLETED})
        tenant.control("DELETE", "faults")

    case = Case(
        arguments({"older_than": "1h", "completion_status": "TERMINATED"}),
        [
            r"Cloud Refresh Role \(roles\), pending for 3 d 3 h since \S+: cleared, now TERMINATED",
            r"FAILED: .* AD: Cloud Group Aggregation \(ad-groups\), .*: not cleared: No task has the id .*ad-groups",
            r"\(ad-accounts\), .*: left alone, because it has completed meanwhile \(WARNING, 2026-05-17T19:33:16",
            r"\(hr-ends\), .*: left alone, because it is about to complete \(time of completion 2026\S+470Z\)",
            r"\(hr-accounts\), .*: cleared, now TERMINATED",
            r"fatal:.*1 of 5 tasks could not be cleared \(.* AD Cloud Group Aggregation - .* AD ad-groups\)",
        ],
        fails=True,
        connection={"retries": 5000, "max_retry_delay": 0.2},
    )
    with meanwhile(tenant, "get", change):
        played = run(role("clear_stuck_tasks"), hosts=hosts({"admin": case}, tenant.url), environ={})
    check(played, {"admin": case})
    assert played.recap("admin")["changed"] == 1
    assert asked_of(tenant, "patch") == ["roles", "hr-accounts"]
    assert [entry["effect"] for entry in tenant.sent() if entry["method"] == "PATCH"] == ["patched"] * 2
    assert tenant.records()["ad-accounts"]["completionStatus"] == "WARNING"
    result = played.fact("left", "admin")
    assert ids(result["cleared"]) == ["roles", "hr-accounts"]
    assert [(task["task_id"], task["completion_status"]) for task in result["left_alone"]] == [
        ("ad-accounts", "WARNING"),
        ("hr-ends", None),
    ]
    assert ids(result["failed"]) == ["ad-groups"]
    assert "No task has the id" in result["failed"][0]["reason"]
