# Copyright (c) 2026, the sailpoint.isc contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The role aggregate_sources and its playbook: what they start, how it ends, and what they show of it."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any, Callable

import pytest
import yaml

from tests.support.hand import Hand, safe_mode
from tests.support.plays import Case, Played, check, clients, hosts, role

PLAYBOOK = "sailpoint.isc.aggregate_sources"
REASON = """Login failed {{ 1 + 1 }}, it's "locked"."""
SUCCESS = r"ended with SUCCESS after 0[.]4 s"
BROKEN = rf"""{SUCCESS.replace("SUCCESS", "ERROR")}: Login failed \{{. 1 \+ 1 .\}}, it's ..locked..\.\""""
AGGREGATION = "Cloud Account Aggregation"
PENDING = r"is pending since \S+Z: Timed out after [\d.]+ s"
OTHER_FAILED = r"not started: Another aggregation has failed\""

# Sources by what is to happen to them, and tasks of two of them. Each case has its own, with its name before their ids.
FATES: dict[str, dict[str, Any]] = {
    "good": {"name": "Workday", "entitlements": {"seconds": 0.4}},
    "warned": {
        "name": "Active Directory",
        "entitlements": {"seconds": 0.4, "ends": "WARNING", "messages": ["2 groups were skipped."]},
    },
    "broken": {
        "name": "SAP",
        "accounts": {"seconds": 0.4, "ends": "ERROR", "messages": [{"type": "INFO", "text": "Connected."}, REASON]},
        "entitlements": {"seconds": 0.4},
    },
    "recent": {"name": "Contractors"},
    "busy": {"name": "Payroll"},
    "refused": {"name": "LDAP", "refuse": "success_false"},
    "slow": {"name": "Archive", "accounts": {"seconds": 600}},
    "file": {"name": "Partners", "delimited": True},
}
TASKS: dict[str, dict[str, Any]] = {"recent": {"age": "10m", "seconds": 75}, "busy": {}}


def scenario(*cases: str) -> dict[str, Any]:
    names = [(case, fate) for case in cases for fate in FATES]
    return {
        "sources": [{"id": f"{case}-{fate}", "accounts": {"seconds": 0.4}, **FATES[fate]} for case, fate in names],
        "tasks": [
            {"id": f"{case}-{fate}", "source": f"{case}-{fate}", **TASKS[fate]} for case, fate in names if fate in TASKS
        ],
    }


def arguments(sources: list[dict[str, Any]], **given: Any) -> dict[str, Any]:
    """Variables of the role, by their names without its own."""
    given = {"sources": sources, "interval": "0.3", **given}
    return {f"aggregate_sources_{name}": value for name, value in given.items()}


def five(case: str, **given: Any) -> dict[str, Any]:
    return arguments(
        [
            {"id": f"{case}-good"},
            {"id": f"{case}-recent"},
            {"id": f"{case}-broken", "kinds": ["accounts", "entitlements"]},
            {"id": f"{case}-nosuch", "name": "Nowhere"},
            {"id": f"{case}-warned"},
        ],
        **given,
    )


def values(entries: list[dict[str, Any]], key: str) -> list[Any]:
    return [entry[key] for entry in entries]


def launched(log: list[dict[str, Any]]) -> list[str]:
    """The ends of the paths of what was started."""
    return ["/".join(entry["path"].split("/")[-2:]) for entry in log if entry["effect"] == "launched"]


OF_ROLE = {
    "well": Case(
        arguments(
            [
                {"id": "well-warned", "kinds": ["accounts", "entitlements"]},
                {"id": "well-recent", "max_age": "1h"},
                {"id": "well-good", "name": "People", "disable_optimization": True},
            ]
        ),
        [
            rf'"Active Directory, accounts: {SUCCESS}"',
            r'"Active Directory, entitlements: ended with WARNING after 0[.]4 s: 2 groups were skipped\."',
            r"Contractors, accounts: skipped: Cloud Account Aggregation of Contractors \(well-recent\) "
            r'succeeded at \S+Z"',
            rf'"People, accounts: {SUCCESS}"',
            r'"No failures: 3 started, 0 adopted, 1 skipped[.]"',
        ],
        connection={"api_version": "v2025"},
    ),
    "stops": Case(
        five("stops"),
        [
            rf'"Workday, accounts: {SUCCESS}"',
            rf'"FAILED: SAP, accounts: {BROKEN}',
            rf"stops-broken, entitlements: {OTHER_FAILED}",
            rf"Nowhere, accounts: {OTHER_FAILED}",
            rf"stops-warned, accounts: {OTHER_FAILED}",
            "fatal:.*1 of 6 aggregations failed, and 3 were not started because of that. accounts of SAP: Cloud "
            "Account",
            "fatal:.*ended with ERROR .Login failed",
        ],
        fails=True,
        connection={"api_version": "v2025"},
    ),
    "goes_on": Case(
        five("goes_on", stop_on_failure=False),
        [
            rf'"FAILED: SAP, accounts: {BROKEN}',
            rf'"SAP, entitlements: {SUCCESS}"',
            r"FAILED: Nowhere, accounts: not started: POST \S+/goes_on-nosuch/load-accounts failed with status 404 .*; "
            "check",
            rf'"Active Directory, accounts: {SUCCESS}"',
            "fatal:.*2 of 6 aggregations failed. accounts of SAP: .*; accounts of Nowhere: POST",
        ],
        fails=True,
        connection={"api_version": "v2025"},
    ),
    "crowd": Case(
        arguments(
            [
                {"id": "crowd-refused"},
                {"id": "crowd-busy"},
                *({"id": "crowd-busy", "on_busy": on_busy} for on_busy in ("skip", "adopt", "wait")),
                {"id": "crowd-slow"},
            ],
            stop_on_failure=False,
            max_parallel=3,
            timeout=3,
        ),
        [
            r"FAILED: crowd-refused, accounts: not started: The tenant did not start the aggregation: This aggregation",
            rf"crowd-busy, accounts: not started: The source is busy: {AGGREGATION} of Payroll \(crowd-busy",
            rf"Payroll, accounts: skipped: {AGGREGATION} of Payroll \(crowd-busy\) is already running",
            rf"FAILED: Payroll, accounts: adopted, {PENDING}",
            r"FAILED: crowd-busy, accounts: not started: Timed out after [\d.]+ s: 1 of 1 task still pending: "
            r".*\(crowd-busy\), for [^;]*; nothing",
            rf"FAILED: Archive, accounts: {PENDING}: 1 of 1",
            "fatal:.*5 of 6 aggregations failed",
        ],
        fails=True,
    ),
    "lost": Case(
        arguments([{"id": "lost-good"}]),
        [
            rf'"Workday, accounts: {SUCCESS}"',
        ],
    ),
    # Check mode by keyword
    "looks": Case(
        {
            **arguments([{"id": "looks-good", "name": "People"}, {"id": "looks-recent", "max_age": "1h"}]),
            "check_keyword": True,
        },
        [
            r"People, accounts: would be started",
            r"Contractors, accounts: skipped: Cloud Account Aggregation of",
            '"Check mode, nothing was started: 1 would be started, 0 adopted, 1 skipped[.]"',
        ],
    ),
    "sees_busy": Case(
        {
            **arguments(
                [
                    *({"id": "sees_busy-busy", "on_busy": on_busy} for on_busy in ("adopt", "wait", "fail")),
                    {"id": "sees_busy-good"},
                ]
            ),
            "check_keyword": True,
        },
        [
            rf"Payroll, accounts: would be adopted: {AGGREGATION} of Payroll \(sees_busy-busy\) is already",
            r"sees_busy-busy, accounts: would be started",
            r"FAILED: sees_busy-busy, accounts: not started: The source is busy",
            "fatal:.*1 of 4 aggregations failed. accounts of sees_busy-busy. The source is busy",
        ],
        fails=True,
    ),
}  # fmt: skip

# What the role refuses before it asks for anything, a token included
WRONG: dict[str, tuple[list[dict[str, Any]], str]] = {
    "empty": ([], r"sources is \[\]. it is empty"),
    "no_id": ([{"max_age": "1h"}], r"sources.0.: one of the following is required. id, name"),
    "kinds": (
        [{"id": "s-good", "kinds": ["groups"]}],
        r"sources.0. .s-good.: value of kinds must be one or more of. accounts, entitlements, uncorrelated_accounts",
    ),
    "on_busy": ([{"id": "s-good", "on_busy": "kill"}], "value of on_busy must be one of. fail, skip, adopt, wait"),
    "no_file": ([{"id": "s-good", "kinds": ["uncorrelated_accounts"]}], "uncorrelated_accounts requires file"),
    "max_age": ([{"id": "s-good", "max_age": "soon"}], "max_age is .{1,4}soon"),
}
REFUSED = {
    "missing": Case({}, ["fatal:.*missing required arguments. aggregate_sources_sources"], fails=True),
    **{name: Case(arguments(sources), [f"fatal:.*{told}"], fails=True) for name, (sources, told) in WRONG.items()},
}


def test_the_role_shows_what_became_of_each(tenant: Hand, run: Callable[..., Played]) -> None:
    cases = {**OF_ROLE, **REFUSED}
    lost = {"operation": "load_accounts", "path": "lost-good/", "fault": "reset_after"}
    tenant.scenario(**scenario(*OF_ROLE), clients=clients(cases), faults=[lost])
    played = run(role("aggregate_sources"), hosts=hosts(cases, tenant.url), environ={})
    assert played.rc == 2
    check(played, cases)
    (aggregated,) = played.results("sailpoint.isc.source_aggregations", "lost")
    assert "answer to the launch was lost" in str(aggregated["warnings"])
    log = {name: [entry for entry in tenant.log() if entry["client_id"] == name] for name in cases}
    sent = {name: [entry for entry in entries if entry["operation"] != "token"] for name, entries in log.items()}
    results = {name: played.fact("left", name) for name in cases}
    tokens = {name: len(entries) - len(sent[name]) for name, entries in log.items()}
    assert tokens == {name: int(name in OF_ROLE) for name in cases}
    assert [entry for name in REFUSED for entry in log[name]] == []

    assert launched(sent["well"]) == [
        "well-warned/load-accounts",
        "well-warned/load-entitlements",
        "well-good/load-accounts",
    ]
    posted = [entry for entry in sent["well"] if entry["method"] == "POST"]
    assert posted[-1]["body"]["multipart"][0]["name"] == "disableOptimization"
    outcomes = results["well"]["outcomes"]
    assert values(outcomes, "source_id") == ["well-warned", "well-warned", "well-recent", "well-good"]
    assert values(outcomes, "source_name") == ["Active Directory", "Active Directory", "Contractors", "People"]
    assert values(outcomes, "aggregation") == ["accounts", "entitlements", "accounts", "accounts"]
    assert values(outcomes, "action") == ["started", "started", "skipped", "started"]
    assert values(outcomes, "completion_status") == ["SUCCESS", "WARNING", "SUCCESS", "SUCCESS"]
    assert values(outcomes, "seconds") == [0.4, 0.4, 75.0, 0.4]
    assert outcomes[1]["messages"] == ["2 groups were skipped."]
    assert outcomes[2]["task_id"] == "well-recent"
    assert "succeeded at" in outcomes[2]["reason"]
    assert outcomes[0]["progress"]["status"] == "COMPLETED"
    assert outcomes[0]["reason"] == ""
    assert outcomes[0]["summary"].startswith("Active Directory, accounts: ended with SUCCESS")
    assert "task" not in outcomes[0]
    assert (results["well"]["failed"], results["well"]["not_started"]) == ([], [])

    result = results["stops"]
    assert "No failures" not in played.said("stops")
    assert len(launched(sent["stops"])) == 3
    assert len(result["outcomes"]) == 6
    assert values(result["failed"], "source_name") == ["SAP"]
    assert result["failed"][0]["messages"] == ["Connected.", REASON]
    assert result["failed"][0]["completion_status"] == "ERROR"
    assert values(result["not_started"], "source_id") == ["stops-broken", "stops-nosuch", "stops-warned"]
    first = result["not_started"][0]
    assert (first["action"], first["task_id"]) == ("not_started", None)
    assert first["summary"] == "stops-broken, entitlements: not started: Another aggregation has failed"

    assert len(launched(sent["goes_on"])) == 5
    assert values(results["goes_on"]["failed"], "action") == ["started", "not_started"]
    assert results["goes_on"]["not_started"] == []

    assert launched(sent["crowd"]) == ["crowd-slow/load-accounts"]
    outcomes = results["crowd"]["outcomes"]
    assert values(outcomes, "action") == ["not_started", "not_started", "skipped", "adopted", "not_started", "started"]
    assert values(outcomes, "failed") == [True, True, False, True, True, True]

    # Exactly one was started, and its end was waited for.
    assert values([entry for entry in sent["lost"] if entry["method"] == "POST"], "effect") == ["launched"]

    # In check mode it only reads, and fails as it would without.
    assert {entry["method"] for entry in sent["looks"] + sent["sees_busy"]} == {"GET"}
    actions = values(results["sees_busy"]["outcomes"], "action")
    assert actions == ["adopted", "started", "not_started", "started"]


def test_of_many_what_failed_comes_first_and_last_and_the_rest_is_counted(
    tenant: Hand, run: Callable[..., Played]
) -> None:
    wrong = {3: "Wrong password.", 17: "No route to host."}
    at_once = {"seconds": 0, "completed_gap": 0}
    tenant.scenario(
        sources=[
            {
                "id": f"s-{number}",
                "name": f"Source {number}",
                "accounts": {**at_once, **({"ends": "ERROR", "messages": [wrong[number]]} if number in wrong else {})},
            }
            for number in range(20)
        ],
        tasks=[{"id": "done", "source": "s-1", "age": "1m", "seconds": 10}],
    )
    names = ",".join(f"Source {number}" for number in range(20))
    given = {"sources": names, "max_age": "1h", "max_parallel": 10, "stop_on_failure": False, "progress_interval": 0}
    played = run(PLAYBOOK, variables=given)
    lines = json.loads(played.said().split('"msg": ')[1].split("\n}")[0])
    assert [line.partition(": ended")[0] for line in lines] == [
        "FAILED: Source 3, accounts",
        "FAILED: Source 17, accounts",
        "17 ended with SUCCESS, 1 skipped",
    ]
    assert re.search("fatal:.*Wrong password.*No route to host", played.said())
    assert len(played.shown.splitlines()) < 45


OF_PLAYBOOK = {
    "warned": Case(
        {
            "sources": "Active Directory,Workday",
            "kinds": "entitlements",
            "fail_on": "WARNING",
            "stop_on_failure": "false",
            "interval": "0.3",
        },
        ["fatal.*1 of 2 aggregations failed. entitlements of Active Directory. .* with WARNING"],
        fails=True,
    ),
    "nothing": Case({}, ["fatal:.*Set the sources to aggregate"], fails=True),
    "empty": Case({"sources": ""}, ["fatal:.*Set the sources to aggregate"], fails=True),
    "parallel": Case(
        {"sources": "s-good", "max_parallel": "0"}, ["fatal:.*max_parallel is 0. it must be 1 or more"], fails=True
    ),
    # Unanswered questions of a survey
    "unanswered": Case(
        {
            "sources": "Contractors",
            "max_age": "1h",
            **dict.fromkeys(["kinds", "on_busy", "stop_on_failure", "wait_timeout", "fail_on"], ""),
            **dict.fromkeys(["max_parallel", "interval", "max_interval"], None),
        },
        ["Contractors, accounts: skipped"],
    ),
    "soon": Case({"sources": "s-good", "wait_timeout": "soon"}, ['fatal:.*"timeout is ..soon'], fails=True),
}


def test_the_playbook_takes_variables(tenant: Hand, run: Callable[..., Played]) -> None:
    tenant.scenario(**scenario("s"))
    played = run(PLAYBOOK, hosts={name: case.given for name, case in OF_PLAYBOOK.items()})
    assert played.rc == 2
    check(played, OF_PLAYBOOK)
    assert launched(tenant.log()) == ["s-warned/load-entitlements", "s-good/load-entitlements"]
    # What is refused asks for nothing, not even a token.
    assert values(tenant.log(), "operation").count("token") == 2
    assert [entry for entry in tenant.log() if "load_accounts" in entry["operation"]] == []


def test_looks_in_check_mode(tenant: Hand, run: Callable[..., Played]) -> None:
    tenant.scenario(**scenario("s"))
    given = "sources=Workday,Contractors kinds=accounts,entitlements max_age=1h max_parallel=2 timeout=77"
    with safe_mode(tenant):
        played = run(PLAYBOOK, "--check", "-e", given)
    says = [
        r"Workday, accounts: would be started",
        r"Workday, entitlements: would be started",
        rf"Contractors, accounts: skipped: {AGGREGATION} of Contractors \(s-recent\) succeeded",
        r"Contractors, entitlements: would be started",
        '"Check mode, nothing was started: 3 would be started, 0 adopted, 1 skipped[.]"',
    ]
    check(played, {"localhost": Case({}, says)})
    assert "Aggregate the sources, 2 sources in parallel, each for at most 77 s]" in played.shown
    assert (played.rc, played.recap()["changed"]) == (0, 1)
    assert values(tenant.log(), "operation").count("token") == 1


# Two of these say themselves what to aggregate.
GIVEN: list[dict[str, Any]] = [
    {"id": "s-good", "kinds": "accounts"},
    {"id": "s-warned"},
    {"id": "s-busy", "kinds": ["accounts"]},
]


def test_reads_sources_from_a_file(tenant: Hand, run: Callable[..., Played], tmp_path: Path) -> None:
    tenant.scenario(**scenario("s"))
    accounts, file = tmp_path / "partners.csv", tmp_path / "sources.yml"
    accounts.write_text("id,name\n1,Ada\n")
    file.write_text(yaml.safe_dump({"sources": [*GIVEN, {"id": "s-file", "kinds": "accounts", "file": str(accounts)}]}))
    played = run(PLAYBOOK, "-e", f"@{file}", "-e", "kinds=entitlements on_busy=skip interval=0.3")
    assert played.rc == 0
    check(played, {"localhost": Case({}, ["Payroll, accounts: skipped"])})
    assert "Aggregate the sources, one source after the other, each for at most 1h]" in played.shown
    assert launched(tenant.log()) == ["s-good/load-accounts", "s-warned/load-entitlements", "s-file/load-accounts"]
    posted = [entry for entry in tenant.log() if entry["effect"] == "launched"]
    assert posted[-1]["body"]["multipart"][0]["filename"] == "partners.csv"


def test_looks_for_files_where_it_is_run_and_takes_the_tenant_from_a_file(
    tenant: Hand, run: Callable[..., Played], credentials: dict[str, str], tmp_path: Path
) -> None:
    tenant.scenario(**scenario("s"))
    names = {"base_url": "SAIL_BASE_URL", "client_id": "SAIL_CLIENT_ID", "client_secret": "SAIL_CLIENT_SECRET"}
    given = {name: credentials[variable] for name, variable in names.items()}
    (tmp_path / "vault.yml").write_text(yaml.safe_dump({**given, "api_version": "v2026", "access_token": ""}))
    variables = {"sources": [{"id": "s-file", "file": "feeds/partners.csv"}, {"id": "s-good"}], "interval": "0.3"}
    played = run(
        PLAYBOOK,
        "-vvvv",
        "-e",
        f"@{tmp_path / 'vault.yml'}",
        variables=variables,
        environ={},
        files={"feeds/partners.csv": "id,name\n2,Bea\n"},
    )
    assert played.rc == 0, played.shown
    assert launched(tenant.log()) == ["s-file/load-accounts", "s-good/load-accounts"]
    posted = [entry["body"] for entry in tenant.log() if entry["effect"] == "launched"]
    assert [body and body["multipart"][0]["filename"] for body in posted] == ["partners.csv", None]
    assert set(values(tenant.sent(), "version")) == {"v2026"}


def test_reads_sources_from_text_and_hands_every_variable_on(tenant: Hand, run: Callable[..., Played]) -> None:
    tenant.scenario(**scenario("s"))
    environ = {"SAIL_BASE_URL": tenant.url, "SAIL_ACCESS_TOKEN": tenant.token().json()["access_token"]}
    tenant.control("DELETE", "log")
    given = "kinds=entitlements on_busy=skip max_age=1s interval=0.3 max_interval=0.6 wait_timeout=40 fail_on=ERROR"
    given += " progress_interval=7"
    sources = f"sources='{json.dumps(GIVEN)}'"
    played = run(
        PLAYBOOK, "-vvv", "-e", sources, "-e", f"{given} stop_on_failure=false max_parallel=3", environ=environ
    )
    assert played.rc == 0
    check(played, {"localhost": Case({}, ["Payroll, accounts: skipped"])})
    assert "Aggregate the sources, 3 sources in parallel, each for at most 40 s]" in played.shown
    # With the token as it is
    assert "token" not in values(tenant.log(), "operation")
    assert sorted(launched(tenant.log())) == ["s-good/load-accounts", "s-warned/load-entitlements"]
    (aggregations,) = played.results("sailpoint.isc.source_aggregations")
    taken = {
        "timeout": "40",
        "interval": "0.3",
        "max_interval": "0.6",
        "progress_interval": "7",
        "max_parallel": 3,
        "stop_on_failure": False,
        "fail_on": ["ERROR"],
    }
    module_args = aggregations["invocation"]["module_args"]
    assert {name: module_args[name] for name in taken} == taken
    taken_by_each = [(source["kinds"], source["on_busy"], source["max_age"]) for source in module_args["sources"]]
    assert taken_by_each == [(kinds, "skip", "1s") for kinds in (["accounts"], ["entitlements"], ["accounts"])]


def test_takes_credentials_from_module_defaults_and_shows_none(tenant: Hand, run: Callable[..., Played]) -> None:
    tenant.scenario(**scenario("s"))
    case = Case(arguments([{"id": "s-good"}]), ["No failures"], connection={"api_version": "v1"})
    played = run(role("aggregate_sources"), "-vvvv", hosts=hosts({"admin": case}, tenant.url), environ={})
    assert played.rc == 0
    check(played, {"admin": case})
    assert set(values(tenant.sent(), "version")) == {"v1"}
    assert values(tenant.log(), "operation").count("token") == 1


@pytest.mark.parametrize(
    ("environ", "told"),
    [
        ({}, "No tenant is set. set SAIL_BASE_URL"),
        # Ansible ends a value that has no quotes at a blank.
        (None, "sources is .*: it is not a complete list"),
    ],
    ids=["no tenant", "a blank"],
)
def test_refuses_variables_before_it_asks_for_anything(
    tenant: Hand, run: Callable[..., Played], environ: dict[str, str] | None, told: str
) -> None:
    played = run(PLAYBOOK, "-e", "sources=s-good, s-warned", environ=environ)
    assert played.rc == 2
    check(played, {"localhost": Case({}, [f"fatal:.*{told}"], fails=True)})
    assert tenant.log() == []
