# Copyright (c) 2026, the sailpoint.isc contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""One aggregation from its options to its result, with the tenant on a scripted wire."""

from __future__ import annotations

import time
import typing as t
from pathlib import Path

import pytest
from ansible_collections.sailpoint.isc.plugins.module_utils._aggregations.aggregation import Aggregate
from ansible_collections.sailpoint.isc.plugins.module_utils._errors import InvalidOption
from ansible_collections.sailpoint.isc.plugins.module_utils._http.client import Client
from ansible_collections.sailpoint.isc.plugins.module_utils._tasks.statuses import TaskStatuses
from ansible_collections.sailpoint.isc.plugins.module_utils._tasks.wait import WaitFailed
from ansible_collections.sailpoint.isc.tests.unit.fakes import FakeClock, Reply, Wire, connected, settings

LAUNCHED = Reply(202, {"success": True, "task": {"id": "t1", "created": 1714574212775}})
NOTHING = Reply(200, [])


def over(status: str, **facts: t.Any) -> Reply:
    return Reply(200, {"id": "t1", "completed": "2024-05-01T14:37:00.000Z", "completionStatus": status, **facts})


def aggregate(*script: t.Any, **options: t.Any) -> tuple[Aggregate, Wire]:
    wire = Wire(*script)
    clock = FakeClock(time.monotonic())
    client = Client(settings(), transport=connected(wire, clock))
    given = {
        "source_id": "s",
        "source_name": None,
        "aggregation": "accounts",
        "file": None,
        "disable_optimization": False,
        "on_busy": "fail",
        "max_age": None,
        "require_healthy": False,
        "wait": False,
        "timeout": "1h",
        "interval": "0.001",
        "max_interval": "0.001",
        "fail_on": ["ERROR", "TERMINATED", "TEMPERROR"],
        **options,
    }
    return Aggregate(client, TaskStatuses(client), given, clock=clock), wire


def paths(wire: Wire) -> list[str]:
    return [f"{request.method} {request.path_url.partition('?')[0]}" for request in wire.requests]


@pytest.mark.parametrize(
    ("options", "told"),
    [
        ({"aggregation": "entitlements", "disable_optimization": True}, "it applies to accounts, not to entitlements"),
        (
            {"aggregation": "uncorrelated_accounts", "disable_optimization": True},
            "it applies to accounts, not to uncorrelated_accounts",
        ),
        ({"file": "/nowhere/accounts.csv"}, "not a readable file"),
        ({"file": "/"}, "not a readable file"),
        ({"max_age": "yesterday"}, "max_age"),
        ({"timeout": "-1"}, "timeout"),
        ({"interval": "0"}, "interval"),
        ({"interval": "3", "max_interval": "2"}, "greater than max_interval"),
    ],
)
def test_options_are_judged_before_anything_is_sent(options: dict[str, t.Any], told: str) -> None:
    with pytest.raises(InvalidOption, match=told):
        aggregate(**options)


def test_without_waiting_the_answer_to_the_launch_is_all() -> None:
    one, wire = aggregate(NOTHING, LAUNCHED)
    result = one.run()
    assert result["changed"] is True
    assert result["action"] == "started"
    assert result["task"]["created"] == "2024-05-01T14:36:52.775Z"
    assert result["launch_answer"] == LAUNCHED.body
    assert set(result) == {"changed", "action", "task", "launch_answer", "warnings"}
    assert paths(wire) == ["GET /beta/task-status/pending-tasks", "POST /beta/sources/s/load-accounts"]


def test_nothing_is_launched_where_it_is_only_planned() -> None:
    one, wire = aggregate(NOTHING, wait=True)
    result = one.planned()
    assert (result["changed"], result["action"], result["task"]) == (True, "started", None)
    assert result["msg"] == "It would be started."
    assert paths(wire) == ["GET /beta/task-status/pending-tasks"]


@pytest.mark.parametrize("progress", [Reply(200, {"status": "COMPLETED"}), Reply(403), Reply(404)])
def test_waiting_brings_the_record_as_it_ended_and_progress_where_it_is_told(progress: Reply) -> None:
    pending = Reply(200, {"id": "t1", "completed": "2024-05-01T14:37:00.000Z", "completionStatus": None})
    one, wire = aggregate(NOTHING, LAUNCHED, Reply(404), pending, over("SUCCESS"), progress, wait=True)
    result = one.run()
    assert result["task"]["completionStatus"] == "SUCCESS"
    assert result.get("progress") == (progress.body if progress.status == 200 else None)
    assert result["elapsed"] >= 0
    assert paths(wire)[-1] == "GET /beta/account-aggregations/t1/status"


def test_progress_that_does_not_come_is_not_waited_for_long() -> None:
    one, _wire = aggregate(NOTHING, LAUNCHED, over("SUCCESS"), *[Reply(503)] * 100, wait=True)
    begin = one._client.transport._clock()
    result = one.run()
    assert "progress" not in result
    assert one._client.transport._clock() - begin < 10
    assert one._client.transport.left() is None


def test_after_a_timeout_the_last_look_and_the_progress_take_five_seconds_together() -> None:
    one, _wire = aggregate(
        NOTHING, LAUNCHED, *[Reply(503)] * 100, wait=True, timeout="20", interval="20", max_interval="20"
    )
    begin = one._client.transport._clock()
    with pytest.raises(WaitFailed, match="Timed out after 20 s"):
        one.run()
    assert one._client.transport._clock() - begin <= 25


def test_progress_is_asked_for_of_accounts_alone() -> None:
    answer = Reply(202, {"id": "t1", "created": 1714574212775})
    one, wire = aggregate(NOTHING, answer, over("SUCCESS"), aggregation="entitlements", wait=True)
    assert "progress" not in one.run()
    assert len(wire.requests) == 3


@pytest.mark.parametrize(("status", "fail_on", "fails"), [("ERROR", [], False), ("Temp_Error", ["TEMPERROR"], True)])
def test_fail_on_decides_whether_an_end_is_a_failure(status: str, fail_on: list[str], fails: bool) -> None:
    one, _wire = aggregate(NOTHING, LAUNCHED, over(status), Reply(403), wait=True, fail_on=fail_on)
    if not fails:
        assert one.run()["task"]["completionStatus"] == status
        return
    with pytest.raises(WaitFailed, match=f"ended with {status}") as failure:
        one.run()
    facts = failure.value.as_failure()
    assert facts["action"] == "started"
    assert facts["changed"] is True
    assert facts["task"]["completionStatus"] == status
    assert facts["launch_answer"] == LAUNCHED.body


def test_an_end_that_nobody_knows_is_warned_of() -> None:
    one, _wire = aggregate(NOTHING, LAUNCHED, over("PARTIAL"), Reply(403), wait=True)
    (warning,) = one.run()["warnings"]
    assert '"PARTIAL"' in warning


def test_a_failure_while_waiting_still_gives_what_was_started() -> None:
    one, _wire = aggregate(NOTHING, LAUNCHED, Reply(403), Reply(403), wait=True)
    with pytest.raises(WaitFailed) as failure:
        one.run()
    facts = failure.value.as_failure()
    assert facts["status"] == 403
    assert facts["task"]["id"] == "t1"


def test_an_adopted_one_is_waited_for_in_any_case() -> None:
    running = {"id": "t9", "uniqueName": "Cloud Account Aggregation", "target": {"id": "s"}, "completed": None}
    one, wire = aggregate(
        Reply(200, [running]),
        Reply(200, {**running, "completed": "2024-05-01T14:37:00.000Z", "completionStatus": "SUCCESS"}),
        Reply(403),
        on_busy="adopt",
    )
    result = one.run()
    assert (result["changed"], result["action"], result["task"]["completionStatus"]) == (False, "adopted", "SUCCESS")
    assert "POST" not in " ".join(paths(wire))


def test_the_file_is_what_is_sent(tmp_path: Path) -> None:
    file = tmp_path / "accounts.csv"
    file.write_text("id\n1\n")
    one, wire = aggregate(NOTHING, LAUNCHED, file=str(file), aggregation="uncorrelated_accounts")
    one.run()
    body: t.Any = wire.requests[1].body
    assert b"id\n1\n" in b"".join(body)
    assert paths(wire)[1] == "POST /beta/sources/s/load-uncorrelated-accounts"
