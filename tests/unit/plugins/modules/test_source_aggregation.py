# Copyright (c) 2026, the sailpoint.isc contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Aggregations that are started: what is sent, how they end, and what comes of it."""

from __future__ import annotations

import hashlib
import re
import signal
import typing as t
from pathlib import Path

import pytest
from ansible_collections.sailpoint.isc.tests.support.hand import SECRETS, Hand, safe_mode, wait_until_asked
from ansible_collections.sailpoint.isc.tests.support.modules import VERSIONS, Result, Run

READER = {"client_id": "reader", "client_secret": SECRETS["reader"]}
HELPDESK = {"client_id": "helpdesk", "client_secret": SECRETS["helpdesk"]}
# Its id takes encoding in a path and in a filter.
HR = {"id": "hr 1", "name": "HR System", "accounts": {"seconds": 0.3, "attributes": {"total": "1250"}}}
# Enough for a wait that is to end in vain: what is looked at before is looked at in any case.
SHORT = "0.5"

Sent = dict[str, t.Any]


@pytest.fixture(autouse=True)
def _pace(run: Run) -> None:
    run.connection.update(interval="0.1", max_interval="0.2", timeout="1m")


def start(tenant: Hand, run: Run, **options: t.Any) -> tuple[Result, Sent]:
    """What the module returns where it starts one aggregation, and the request that did."""
    result = run("source_aggregation", **options)
    (sent,) = tenant.launches()
    assert (result["changed"], result["action"]) == (True, "started")
    assert (sent["status"], sent["effect"]) == (202, "launched")
    assert "msg" not in result
    return result, sent


@pytest.mark.parametrize("version", VERSIONS)
def test_one_is_started_and_waited_for_and_not_again_while_it_is_young_enough(
    tenant: Hand, run: Run, version: str
) -> None:
    tenant.scenario(sources=[HR, {"id": "hr", "name": "Another"}], deprecated=[])
    wanted = {"api_version": version, "source_id": "hr 1", "max_age": "1h", "wait": True}
    with safe_mode(tenant):
        check = run("source_aggregation", check_mode=True, **wanted)
    assert (check["changed"], check["action"], check["task"]) == (True, "started", None)
    assert check["msg"] == "It would be started."

    result, sent = start(tenant, run, **wanted)
    (record,) = tenant.records().values()
    task, answer, progress = result["task"], result["launch_answer"], result["progress"]
    assert record["target"]["id"] == task["target"]["id"] == "hr 1"
    assert task["id"] == record["id"] == answer["task"]["id"]
    assert task["completionStatus"] == "SUCCESS"
    assert task["completed"] == record["completed"]
    assert task["attributes"]["optimizedAggregation"] == "enabled"
    assert answer["success"] is True
    assert isinstance(answer["task"]["created"], int)
    assert (progress["status"], progress["processedAccounts"]) == ("COMPLETED", 1250)
    assert result["elapsed"] > 0
    assert result["warnings"] == []
    assert (sent["version"], sent["operation"]) == (version, "load_accounts")
    # With nothing to send there is neither a body nor a type of one.
    assert sent["body"] is None
    assert "content-type" not in sent["headers"]
    assert sent["headers"].get("x-sailpoint-experimental") == ("true" if version.startswith("v20") else None)

    for check_mode in (False, True):
        again = run("source_aggregation", check_mode=check_mode, **wanted)
        assert (again["changed"], again["action"], again["launch_answer"]) == (False, "skipped", None)
        assert again["task"]["id"] == task["id"]
        assert "elapsed" not in again
        named = rf"Cloud Account Aggregation of HR System \({task['id']}\)"
        assert re.search(rf"^{named} succeeded at {task['completed']}\.$", again["msg"])
    assert len(tenant.launches()) == 1


@pytest.mark.parametrize("version", VERSIONS)
def test_a_record_comes_of_the_answer_to_a_launch_that_is_not_waited_for(tenant: Hand, run: Run, version: str) -> None:
    # The last success is too old, and what is younger has failed.
    tasks = [{"age": "6m", "seconds": 60}, {"age": "90s", "seconds": 5, "ends": "ERROR"}]
    kind = {"source": "hr 1", "definition": "CLOUD_GROUP_AGGREGATION"}
    tenant.scenario(sources=[HR], tasks=[{**kind, **task} for task in tasks])
    options = {"source_id": "hr 1", "aggregation": "entitlements", "max_age": "2m"}
    result, sent = start(tenant, run, api_version=version, **options)
    task, answer = result["task"], result["launch_answer"]
    assert sent["operation"] == "load_entitlements"
    assert task["id"] == answer["id"]
    assert task["uniqueName"] == "Cloud Group Aggregation - HR System"
    assert re.search(r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d[.]\d{3}Z$", task["created"])
    assert task["launched"] == task["created"]
    assert (task["completed"], task["completionStatus"]) == (None, None)
    assert task["target"]["id"] == "hr 1"
    assert sum(entry["name"].startswith("TASK_OUT_") for entry in task["returns"]) == 2
    assert isinstance(answer["created"], int)
    assert "success" not in answer
    assert not {"progress", "elapsed"} & set(result)


class Kind(t.NamedTuple):
    """A kind of launch. parts: the names of what is sent as multipart.

    progress: its status, as it is told after waiting; None where none is.
    """

    options: dict[str, t.Any]
    operation: str
    parts: tuple[str, ...] = ()
    progress: str | None = None


WAIT_V1 = {"wait": True, "api_version": "v1"}
KINDS = {
    "without optimization": Kind(
        {"source_id": "hr", "disable_optimization": True, "wait": True, "api_version": "v2026"},
        "load_accounts",
        ("disableOptimization",),
        "COMPLETED",
    ),
    "entitlements": Kind({"source_id": "hr", "aggregation": "entitlements", **WAIT_V1}, "load_entitlements"),
    "file": Kind(
        {"source_id": "file", "file": "small", "disable_optimization": True},
        "load_accounts",
        ("disableOptimization", "file"),
    ),
    "uncorrelated": Kind(
        {"source_id": "file", "file": "small", "aggregation": "uncorrelated_accounts", **WAIT_V1},
        "load_uncorrelated",
        ("file",),
    ),
    "large file": Kind({"source_id": "file", "file": "large", "api_version": "v2025"}, "load_accounts", ("file",)),
    # An API client without a user is refused the progress, and nothing else.
    "without a user": Kind({"source_id": "hr", "wait": True, **READER}, "load_accounts"),
}
QUICK = {"seconds": 0.1, "completed_gap": 0}
SOURCES = [
    {"id": "hr", "name": "HR System", "accounts": QUICK, "entitlements": QUICK},
    {"id": "file", "name": "Contractors", "delimited": True, "uncorrelated_accounts": QUICK},
]


def accounts(size: str) -> bytes:
    """CSV, of 20 MB where it is to be large."""
    lines = ["id,name,mail", '1,"Ada ""the first"" Byron",ada@example.com', "2,Žofie Nováková,zofie@example.com"]
    if size == "large":
        lines += [f"{number},A person of some name,person{number}@example.com" for number in range(420_000)]
    content = "\n".join([*lines, ""]).encode()
    assert size != "large" or len(content) > 20_000_000
    return content


@pytest.mark.parametrize("kind", KINDS.values(), ids=KINDS)
def test_each_kind_is_started_as_what_it_is(tenant: Hand, run: Run, tmp_path: Path, kind: Kind) -> None:
    tenant.scenario(sources=SOURCES)
    options, content = dict(kind.options), b""
    if "file" in options:
        # A name that holds what means something in a header
        file = tmp_path / 'a "file" für alle.csv'
        content = accounts(options["file"])
        file.write_bytes(content)
        options["file"] = str(file)
    result, sent = start(tenant, run, **options)
    headers = sent["headers"]
    assert sent["operation"] == kind.operation
    assert result.get("progress", {}).get("status") == kind.progress
    assert result["task"]["completionStatus"] == ("SUCCESS" if "wait" in options else None)
    asked = [entry["status"] for entry in tenant.log() if entry["operation"] == "progress"]
    assert asked == ([200] if kind.progress else [403] if "client_id" in options else [])
    if not kind.parts:
        assert sent["body"] is None
        assert "content-type" not in headers
        return
    parts = {part["name"]: part for part in sent["body"]["multipart"]}
    assert tuple(parts) == kind.parts
    assert re.search(r"^multipart/form-data; boundary=\S+$", headers["content-type"])
    # Sent with a length and not in chunks, which not every gateway takes.
    assert int(headers["content-length"]) > len(content)
    assert "transfer-encoding" not in headers
    if "file" in parts:
        assert parts["file"]["sha256"] == hashlib.sha256(content).hexdigest()
        assert parts["file"]["size"] == len(content)
        assert re.search("für alle[.]csv$", parts["file"]["filename"])
    if "disableOptimization" in parts:
        assert parts["disableOptimization"]["value"] == "true"
        for task in (result["task"], result["launch_answer"]["task"]):
            assert task["attributes"]["optimizedAggregation"] == "disabled"


@pytest.mark.parametrize(
    ("options", "status", "says"),
    [
        ({"source_id": "nosuch"}, 404, "/beta/sources/nosuch/load-accounts failed with status 404.*check source_id"),
        (
            {"source_id": "no/su ch", "api_version": "v1"},
            404,
            "/sources/v1/no%2Fsu%20ch/load-accounts failed with status 404.*check source_id",
        ),
        ({"source_id": "file"}, 400, r"failed with status 400 \(A file is required"),
        (
            {"source_id": "hr", "aggregation": "entitlements", **READER},
            403,
            "aggregating entitlements requires a personal access token of a user.*scope idn:entitlement:manage",
        ),
        (
            {"source_id": "hr", **HELPDESK},
            403,
            "failed with status 403 .*aggregating accounts requires the scope idn:sources:manage",
        ),
    ],
)
def test_what_cannot_be_started_fails_after_one_request(
    tenant: Hand, run: Run, options: dict[str, t.Any], status: int, says: str
) -> None:
    tenant.scenario(sources=SOURCES)
    failure = run.failing("source_aggregation", **options)
    assert re.search(says, failure["msg"])
    assert (failure["status"], failure["method"], failure["request_attempts"]) == (status, "POST", 1)
    assert not failure.get("changed")
    assert len(tenant.launches()) == 1


# How the aggregations of sources end.
ENDINGS: list[dict[str, t.Any]] = [
    {"id": "broken", "name": "SAP", "accounts": {"ends": "ERROR", "messages": ["The service account is locked."]}},
    {"id": "warned", "name": "LDAP", "accounts": {"ends": "Warning", "messages": ["2 accounts were skipped."]}},
    {"id": "odd", "name": "Odd", "accounts": {"ends": "PARTIAL"}},
    {"id": "late", "name": "Late", "accounts": {"visible_after": 0.5}},
    {"id": "slow", "name": "Slow", "accounts": {"seconds": 600}},
]


def end(tenant: Hand) -> None:
    """Start afresh, with sources whose aggregations take hardly any time unless they are slow."""
    sources = [{**source, "accounts": {**QUICK, **source["accounts"]}} for source in ENDINGS]
    tenant.scenario(sources=sources, deprecated=[])


@pytest.mark.parametrize(
    ("options", "status", "progress", "says"),
    [
        (
            {"source_id": "broken", "api_version": "v1"},
            "ERROR",
            "COMPLETED",
            r"Cloud Account Aggregation of SAP \(ID\) ended with ERROR \(The service account is locked\)\.",
        ),
        (
            {"source_id": "warned", "api_version": "beta", "fail_on": ["WARNING", "ERROR"]},
            "Warning",
            "COMPLETED",
            r"Cloud Account Aggregation of LDAP \(ID\) ended with Warning \(2 accounts were skipped\)\.",
        ),
        (
            {"source_id": "slow", "api_version": "v2025", "timeout": SHORT},
            None,
            "STARTED",
            r"Timed out after [\d.]+ s: 1 of 1 task still pending: .* Aggregation of Slow \(ID\), for [\d.]+ s\.",
        ),
    ],
)
def test_an_unwanted_end_is_a_failure_with_all_that_is_known(
    tenant: Hand, run: Run, options: dict[str, t.Any], status: str | None, progress: str, says: str
) -> None:
    end(tenant)
    failure = run.failing("source_aggregation", wait=True, **options)
    assert (failure["changed"], failure["action"]) == (True, "started")
    assert failure["launch_answer"]["success"] is True
    assert failure["task"]["completionStatus"] == status
    assert failure["progress"]["status"] == progress
    assert failure["elapsed"] > 0
    assert re.fullmatch(says.replace("ID", failure["task"]["id"]), failure["msg"])


@pytest.mark.parametrize(
    ("options", "status"),
    [
        ({"source_id": "broken", "api_version": "v2024", "fail_on": []}, "ERROR"),
        ({"source_id": "warned", "api_version": "v2026"}, "Warning"),
        ({"source_id": "odd", "api_version": "beta"}, "PARTIAL"),
        ({"source_id": "late", "api_version": "v1"}, "SUCCESS"),
    ],
)
def test_any_other_end_will_do_and_one_that_nobody_knows_is_warned_of(
    tenant: Hand, run: Run, options: dict[str, t.Any], status: str
) -> None:
    end(tenant)
    result, _sent = start(tenant, run, wait=True, **options)
    assert result["task"]["completionStatus"] == status
    assert result["task"]["id"] == result["launch_answer"]["task"]["id"]
    assert len(result["warnings"]) == (status == "PARTIAL")
    assert all(re.search('Odd .*with "PARTIAL"', warning) for warning in result["warnings"])


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
@pytest.mark.parametrize(
    ("module", "options", "sources"),
    [
        ("source_aggregation", {"source_id": "one", "wait": True}, 1),
        ("source_aggregations", {"sources": [{"id": "one"}, {"id": "two"}], "max_parallel": 2}, 2),
    ],
)
def test_an_interrupt_ends_a_wait_and_leaves_nothing_behind(
    tenant: Hand,
    run: Run,
    tmp_path: Path,
    module: str,
    options: dict[str, t.Any],
    sources: int,
    number: signal.Signals,
) -> None:
    tenant.scenario(sources=[{"id": name, "accounts": {"seconds": 30}} for name in ("one", "two")])
    running = run.start(module, **options)
    for operation in ("load_accounts", "get"):
        wait_until_asked(tenant, operation, sources)
    running.send(number)
    said = f"Interrupted by {number.name}."
    result = running.result()
    assert result == {"failed": True, "msg": result["msg"], "warnings": []}
    assert result["msg"].startswith(f"{said} What it started or waited for continues in the tenant: Cloud Account")
    assert all(f"({task_id})" in result["msg"] for task_id in tenant.records())
    # Ansible keeps the options in there, secrets too.
    assert not tmp_path.exists()
    # It did not go on until the end of what it waited for, which takes half of its timeout.
    assert [task["completionStatus"] for task in tenant.records().values()] == [None] * sources
