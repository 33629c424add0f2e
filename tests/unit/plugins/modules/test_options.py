# Copyright (c) 2026, the sailpoint.isc contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""How options are read: white space at their ends, and what the environment gives where they are not given."""

from __future__ import annotations

import re
import typing as t
from pathlib import Path

import pytest
from ansible_collections.sailpoint.isc.tests.support.hand import SECRETS, Hand
from ansible_collections.sailpoint.isc.tests.support.leaks import KEEPER, leaked, prepare
from ansible_collections.sailpoint.isc.tests.support.modules import OMIT, Run, ids_of

SOURCES = [
    {"id": "hr", "name": "HR System", "accounts": {"seconds": 0.01}},
    {"id": "ad", "name": "Active Directory", "accounts": {"seconds": 0.01}, "entitlements": {"seconds": 0.01}},
]
RECORDS = [
    {"id": "good", "source": "hr", "completionStatus": "SUCCESS"},
    {"id": "bad", "source": "ad", "completionStatus": "ERROR"},
    {"id": "stuck", "source": "erp", "age": "2d"},
]
# Of a task that was started
NEW_ID = re.compile("[0-9a-f]{32}")
FAST = {"interval": "0.05", "max_interval": "0.1", "timeout": "1m"}

# Options as people write them, and as they come out of a survey, a file or a folded text.
TIDY_AND_NOT: dict[str, tuple[str, dict[str, t.Any], dict[str, t.Any]]] = {
    "listing": (
        "task_status_info",
        {
            "source_ids": ["hr", "ad"],
            "types": ["CLOUD_ACCOUNT_AGGREGATION", "IDENTITY_REFRESH"],
            "completion_statuses": ["ERROR", "SUCCESS"],
            "filters": 'type eq "CLOUD_ACCOUNT_AGGREGATION"',
            "sorters": "created",
            "newer_than": "7d",
            "fields": ["id", "completionStatus"],
            "limit": 50,
        },
        {
            "source_ids": "hr, ad\n",
            "types": "CLOUD_ACCOUNT_AGGREGATION , IDENTITY_REFRESH",
            "completion_statuses": [" ERROR", "SUCCESS\n"],
            "filters": '  type eq "CLOUD_ACCOUNT_AGGREGATION"\n',
            "sorters": " created ",
            "newer_than": "7d\n",
            "fields": "id, completionStatus",
            "limit": " 50 ",
        },
    ),
    "one": ("task_status_info", {"id": "good"}, {"id": "good\r\n"}),
    "launchers": (
        "task_status_info",
        {"launchers": ["ada", "eve"], "api_version": "v1"},
        {"launchers": "ada, eve", "api_version": "v1\n"},
    ),
    "pending": ("pending_tasks_info", {"unique_names": ["Cloud*", "No*"]}, {"unique_names": ["Cloud*\n", " No*"]}),
    "wait": (
        "task_wait",
        {"ids": ["good", "bad"], "fail_on": ["TERMINATED", "TEMPERROR"], **FAST},
        {"ids": "good, bad", "fail_on": "TERMINATED, TEMPERROR", **{name: f" {FAST[name]}\n" for name in FAST}},
    ),
    "edit": (
        "task_status",
        {"id": "stuck", "completion_status": "ERROR", "completed": "2026-05-17T19:33:16Z"},
        {"id": " stuck", "completion_status": "ERROR\n", "completed": " 2026-05-17T19:33:16Z "},
    ),
    "patch": (
        "task_status",
        {"id": "stuck", "patch": [{"op": "add", "path": "/description", "value": " as it is\n"}]},
        {"id": "stuck", "patch": [{"op": "add ", "path": "/description\n", "value": " as it is\n"}]},
    ),
    "aggregation": (
        "source_aggregation",
        {"source_id": "ad", "aggregation": "entitlements", "on_busy": "wait", "max_age": "1h", **FAST},
        {"source_id": "ad\n", "aggregation": " entitlements", "on_busy": "wait ", "max_age": "1h\n", **FAST},
    ),
    "aggregations": (
        "source_aggregations",
        {"sources": [{"id": "ad", "kinds": ["accounts", "entitlements"], "name": "AD"}, {"id": "hr"}], **FAST},
        {"sources": [{"id": "ad\n", "kinds": "accounts, entitlements", "name": " AD"}, {"id": " hr "}], **FAST},
    ),
}


def done(tenant: Hand, run: Run, module: str, options: dict[str, t.Any]) -> tuple[list[str], str]:
    """The requests that a module sends, each once, as polls are as many as it takes; and what it returns."""
    tenant.scenario(sources=SOURCES, tasks=RECORDS)
    result = run(module, **options)
    sent = [(entry["method"], entry["path"], entry["query"], entry.get("json")) for entry in tenant.sent()]
    returned = {key: result.get(key) for key in ("patch", "total_count", "action", "changed")}
    returned["tasks"] = [task["id"] for task in result.get("tasks", ())]
    returned["results"] = [(row["source_id"], row["source_name"]) for row in result.get("results", ())]
    return list(dict.fromkeys(NEW_ID.sub("ID", repr(request)) for request in sent)), repr(returned)


@pytest.mark.parametrize(("module", "tidy", "untidy"), TIDY_AND_NOT.values(), ids=TIDY_AND_NOT)
def test_white_space_at_either_end_is_never_part_of_a_value(
    tenant: Hand, run: Run, module: str, tidy: dict[str, t.Any], untidy: dict[str, t.Any]
) -> None:
    assert done(tenant, run, module, untidy) == done(tenant, run, module, tidy)


def test_a_file_is_found_by_a_path_that_ends_in_a_line_break(tenant: Hand, run: Run, tmp_path: Path) -> None:
    tenant.scenario(sources=SOURCES)
    (tmp_path / "feed.csv").write_text("id,name\n1,Ada\n", encoding="utf-8")
    assert run("source_aggregation", source_id="hr", file=f" {tmp_path}/feed.csv\n")["action"] == "started"


@pytest.mark.parametrize("ending", ["\n", "\r\n", "  ", "\t"])
@pytest.mark.parametrize("by_option", [True, False])
def test_credentials_of_a_file_may_end_in_a_line_break(tenant: Hand, run: Run, by_option: bool, ending: str) -> None:
    tenant.scenario(clients=[KEEPER], tasks=RECORDS)
    connection = {"base_url": tenant.url, "client_id": KEEPER["client_id"], "client_secret": KEEPER["client_secret"]}
    given = {name: value + ending for name, value in connection.items()}
    if by_option:
        run.connection = given
        environ = {}
    else:
        run.connection = {}
        environ = {f"SAIL_{name.upper()}": value for name, value in given.items()}
    assert ids_of(run("task_status_info", id="good", environ=environ)) == ["good"]
    token = run("access_token", environ=environ)["access_token"]
    run.connection = {"base_url": tenant.url, "access_token": token + ending}
    assert ids_of(run("task_status_info", id="good")) == ["good"]


def environment(url: str, **variables: str) -> dict[str, str]:
    """The environment with all that tells of a tenant."""
    return {
        "SAIL_BASE_URL": url,
        "SAIL_CLIENT_ID": "admin",
        "SAIL_CLIENT_SECRET": SECRETS["admin"],
        "SAIL_ACCESS_TOKEN": "token-of-the-environment",
        **variables,
    }


ELSEWHERE = "https://a.example.com"
KEPT_OUT = r"\) is not used, because it may belong to another tenant than base_url or a credential"


@pytest.mark.parametrize(
    ("options", "says"),
    [
        (
            {"base_url": "URL"},
            "^No credentials are given: set .*SAIL_CLIENT_ID, SAIL_CLIENT_SECRET, SAIL_ACCESS_TOKEN" + KEPT_OUT,
        ),
        ({"base_url": "URL", "client_id": "admin"}, "^client_secret is missing .*SAIL_CLIENT_SECRET, SAIL_ACCESS_"),
        ({"client_secret": "mine"}, "^client_id is missing .*SAIL_CLIENT_ID, SAIL_ACCESS_TOKEN" + KEPT_OUT),
        (
            {"client_id": "admin"},
            "^client_secret is missing or empty: set client_id and .*, or access_token;",
        ),
        ({"base_url": "URL", "client_id": "", "access_token": None}, "^No credentials are given"),
    ],
)
def test_an_incomplete_set_of_options_is_not_filled_from_the_environment(
    tenant: Hand, run: Run, options: dict[str, t.Any], says: str
) -> None:
    run.connection = {}
    given = {name: tenant.url if value == "URL" else value for name, value in options.items()}
    failure = run.failing("task_status_info", **given, environ=environment(tenant.url))
    assert re.search(says, failure["msg"])
    assert SECRETS["admin"] not in str(failure)
    assert "token-of-the-environment" not in str(failure)
    assert tenant.log() == []


def test_a_tenant_gets_no_credential_of_another_one(tenant: Hand, run: Run) -> None:
    """Not at once, and not after its own token was refused."""
    environ = environment(ELSEWHERE)
    tenant.scenario(tasks=RECORDS)
    assert ids_of(run("task_status_info", id="good", environ=environ)) == ["good"]
    run.connection = {"base_url": tenant.url, "access_token": "not-a-token", "retries": 0}
    failure = run.failing("task_status_info", id="good", environ=environ)
    assert failure["status"] == 401
    assert [entry["operation"] for entry in tenant.log()] == ["token", "get", "get"]
    assert "token-of-the-environment" not in str(tenant.log())


def test_credentials_may_be_options_where_the_environment_names_the_tenant(tenant: Hand, run: Run) -> None:
    tenant.scenario(tasks=RECORDS)
    environ = environment(tenant.url)
    found = run(
        "task_status_info",
        id="good",
        base_url=OMIT,
        client_id="reader",
        client_secret=SECRETS["reader"],
        environ=environ,
    )
    assert ids_of(found) == ["good"]
    assert {entry["client_id"] for entry in tenant.sent()} == {"reader"}


@pytest.mark.parametrize("empty", ["", " \n"])
def test_an_empty_variable_is_not_given(tenant: Hand, run: Run, empty: str) -> None:
    tenant.scenario(tasks=RECORDS)
    run.connection = {}
    environ = environment(tenant.url, SAIL_ACCESS_TOKEN=empty)
    environ |= dict.fromkeys(["SAIL_API_VERSION", "SAIL_VALIDATE_CERTS", "SAIL_CA_PATH"], empty)
    assert ids_of(run("task_status_info", id="good", environ=environ)) == ["good"]
    assert tenant.last()["version"] == "beta"
    failure = run.failing("task_status_info", environ={**environ, "SAIL_BASE_URL": empty})
    assert "missing required arguments: base_url" in failure["msg"]


@pytest.mark.parametrize("empty", ["", " \n", None])
def test_a_connection_option_that_is_empty_is_not_given(tenant: Hand, run: Run, empty: str | None) -> None:
    tenant.scenario(tasks=RECORDS)
    names = ["api_version", "validate_certs", "ca_path", "request_timeout", "retries", "max_retry_delay"]
    assert ids_of(run("task_status_info", id="good", **dict.fromkeys(names, empty))) == ["good"]
    names += ["base_url", "client_id", "client_secret", "access_token"]
    environ = environment(tenant.url, SAIL_ACCESS_TOKEN="", SAIL_API_VERSION="v2025")
    assert ids_of(run("task_status_info", id="good", **dict.fromkeys(names, empty), environ=environ)) == ["good"]
    assert [entry["version"] for entry in tenant.sent()] == ["beta", "v2025"]


@pytest.mark.parametrize("telling", ["api", "token"])
def test_secrets_of_the_environment_are_not_shown(
    tenant: Hand, run: Run, monkeypatch: pytest.MonkeyPatch, telling: str
) -> None:
    logged: list[str] = []
    monkeypatch.setattr("syslog.syslog", lambda *arguments: logged.extend(map(str, arguments)))
    token = prepare(tenant, telling)
    run.connection = {"retries": 0}
    environ = environment(
        tenant.url,
        SAIL_CLIENT_ID=KEEPER["client_id"],
        SAIL_CLIENT_SECRET=KEEPER["client_secret"] + "\n",
        SAIL_ACCESS_TOKEN="" if telling == "token" else token,
    )
    # What it prints is looked through there.
    run.failing("task_status", id="stuck", completion_status="ERROR", environ=environ)
    assert any("Invoked with" in text for text in logged)
    assert leaked("\n".join(logged)) is None
