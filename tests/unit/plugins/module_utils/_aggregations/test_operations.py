# Copyright (c) 2026, the sailpoint.isc contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Aggregations: what a launch sends, and what comes of the answer to it, whatever it holds."""

from __future__ import annotations

import typing as t
from pathlib import Path

import pytest
import requests
from ansible_collections.sailpoint.isc.plugins.module_utils._aggregations.operations import KINDS, Aggregations
from ansible_collections.sailpoint.isc.plugins.module_utils._errors import RequestFailed
from ansible_collections.sailpoint.isc.plugins.module_utils._http.client import Client
from ansible_collections.sailpoint.isc.tests.unit.fakes import Reply, Wire, connected, settings
from urllib3.exceptions import NewConnectionError

LAUNCHED: dict[str, t.Any] = {"id": "t1", "name": "Cloud Account Aggregation", "created": 1714574212775}
STARTED = Reply(202, {"success": True, "task": LAUNCHED})


def aggregations(*script: t.Any, **options: t.Any) -> tuple[Aggregations, Wire]:
    wire = Wire(*script)
    return Aggregations(Client(settings(**options), transport=connected(wire, **options))), wire


def sent_body(request: requests.PreparedRequest) -> bytes:
    body: t.Any = request.body
    return b"".join(body)


@pytest.mark.parametrize(
    ("version", "kind", "path"),
    [
        ("beta", "accounts", "/beta/sources/a%20b%2Fc/load-accounts"),
        ("v2024", "entitlements", "/v2024/sources/a%20b%2Fc/load-entitlements"),
        ("v1", "accounts", "/sources/v1/a%20b%2Fc/load-accounts"),
    ],
)
def test_with_nothing_to_send_there_is_no_body_and_no_content_type(version: str, kind: str, path: str) -> None:
    several, wire = aggregations(STARTED, api_version=version)
    several.launch("a b/c", KINDS[kind], None, False)
    (request,) = wire.requests
    assert request.method == "POST"
    assert request.path_url == path
    assert not request.body
    assert "Content-Type" not in request.headers
    assert request.headers["Content-Length"] == "0"


def test_what_there_is_to_send_is_multipart_whose_boundary_is_told(tmp_path: Path) -> None:
    file = tmp_path / "accounts.csv"
    file.write_text("id,name\n1,Ada\n")
    several, wire = aggregations(STARTED)
    several.launch("s", KINDS["accounts"], str(file), True)
    (request,) = wire.requests
    body = sent_body(request)
    kind, _comma, boundary = request.headers["Content-Type"].partition("; boundary=")
    assert kind == "multipart/form-data"
    assert body.startswith(f"--{boundary}\r\n".encode())
    assert b'name="disableOptimization"\r\n\r\ntrue\r\n' in body
    assert b'name="file"; filename="accounts.csv"\r\nContent-Type: text/csv\r\n\r\nid,name\n1,Ada\n\r\n' in body
    assert request.headers["Content-Length"] == str(len(body))


def test_a_file_is_sent_whole_again_where_the_first_try_was_not_accepted(tmp_path: Path) -> None:
    file = tmp_path / "accounts.csv"
    file.write_text("id,name\n1,Ada\n")
    bodies = []

    def refuse(request: requests.PreparedRequest) -> Reply:
        bodies.append(sent_body(request))
        return Reply(429, {"message": "Rate Limit Exceeded"}, {"Retry-After": "1"})

    def start(request: requests.PreparedRequest) -> Reply:
        bodies.append(sent_body(request))
        return STARTED

    several, _wire = aggregations(refuse, start)
    several.launch("s", KINDS["accounts"], str(file), False)
    assert len(bodies) == 2
    assert bodies[0] == bodies[1]


class NoLongerWantedError(Exception):
    """What somebody raises who does not want a launch any more."""


@pytest.mark.parametrize("refusal", [Reply(429, {}, {"Retry-After": "1"}), NewConnectionError(None, "no")])  # type: ignore[arg-type]
def test_before_each_try_it_is_asked_whether_the_launch_is_still_wanted(refusal: t.Any) -> None:
    asked = []

    def ask() -> None:
        asked.append(len(wire.requests))
        if len(asked) == 3:
            raise NoLongerWantedError

    several, wire = aggregations(refusal, refusal, STARTED)
    with pytest.raises(NoLongerWantedError):
        several.launch("s", KINDS["accounts"], None, False, ask)
    assert asked == [0, 1, 2]
    assert len(wire.requests) == 2


@pytest.mark.parametrize("task", [{}, {"id": None}, {"id": ""}, {"id": 7}, None, "t1", []])
def test_an_answer_that_does_not_tell_the_id_may_have_started_something(task: t.Any) -> None:
    several, _wire = aggregations(Reply(202, {"success": True, "task": task}))
    with pytest.raises(RequestFailed, match="instead of the id of the task that was started") as failure:
        several.launch("s", KINDS["accounts"], None, False)
    assert failure.value.maybe_applied


def test_the_record_of_a_launch_has_the_shape_of_any_other() -> None:
    answer = {
        "success": True,
        "task": {
            **LAUNCHED,
            "launched": "2024-05-01T14:36:52.788Z",
            "completed": None,
            "messages": ["odd", {"type": "INFO", "localizedText": "Started."}, {"localizedText": {"message": "x"}}],
            "returns": [{"displayLabel": "TOTAL", "attributeName": "total"}, None],
            "attributes": {"eventId": 4311625},
        },
    }
    several, _wire = aggregations(Reply(202, answer))
    launch = several.launch("s", KINDS["accounts"], None, False)
    assert launch.refusal is None
    assert launch.answer == answer
    assert launch.record == {
        "id": "t1",
        "name": "Cloud Account Aggregation",
        "uniqueName": "Cloud Account Aggregation",
        "target": {"id": "s", "type": "APPLICATION", "name": None},
        "created": "2024-05-01T14:36:52.775Z",
        "launched": "2024-05-01T14:36:52.788Z",
        "completed": None,
        "messages": [
            "odd",
            {"type": "INFO", "localizedText": {"locale": None, "message": "Started."}},
            {"localizedText": {"message": "x"}},
        ],
        "returns": [{"name": "TOTAL", "displayLabel": "TOTAL", "attributeName": "total"}, None],
        "attributes": {"eventId": 4311625},
    }


@pytest.mark.parametrize(
    "answer",
    [
        {"id": "t1", "uniqueName": "Cloud Group Aggregation", "target": None, "created": "soon", "messages": "none"},
        {"id": "t1", "uniqueName": None, "target": {"id": "other"}, "created": True, "messages": None, "returns": {}},
    ],
)
def test_what_a_record_of_a_launch_says_itself_is_left_to_it(answer: dict[str, t.Any]) -> None:
    several, _wire = aggregations(Reply(202, answer))
    assert several.launch("s", KINDS["entitlements"], None, False).record == answer


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        ({"success": False}, "no reason given"),
        ({"success": False, "message": "Busy."}, "Busy."),
        ({"error": True, "task": None}, "no reason given"),
        ({"success": True, "task": {**LAUNCHED, "completionStatus": "ERROR"}}, "no reason given"),
        ({**LAUNCHED, "messages": [{"error": True, "key": "Busy."}]}, "Busy."),
    ],
)
def test_a_refusal_is_an_answer_even_without_a_task(answer: dict[str, t.Any], reason: str) -> None:
    several, wire = aggregations(Reply(202, answer))
    assert several.launch("s", KINDS["accounts"], None, False).refusal == reason
    assert len(wire.requests) == 1


@pytest.mark.parametrize(
    "step",
    [
        Reply(202, {}),
        Reply(202, {"success": True}),
        Reply(202, {"success": True, "task": {"id": 7}}),
        Reply(202, [LAUNCHED]),
        Reply(202, b"null"),
        Reply(202, b""),
        Reply(202, b"<html>Sign in</html>"),
        Reply(204),
        Reply(500, {"detailCode": "500.0"}),
        Reply(502, b"<html>Bad gateway</html>"),
        Reply(504),
        requests.ConnectionError("reset"),
        requests.ReadTimeout("slow"),
    ],
)
def test_a_launch_without_a_usable_answer_is_uncertain_and_not_sent_again(step: t.Any) -> None:
    several, wire = aggregations(step)
    with pytest.raises(RequestFailed) as failure:
        several.launch("s", KINDS["accounts"], None, False)
    assert failure.value.maybe_applied
    assert len(wire.requests) == 1


@pytest.mark.parametrize(
    ("step", "told"),
    [
        (Reply(400, {"messages": [{"text": "A file is required."}]}), "A file is required"),
        (Reply(403), "personal access token"),
        (Reply(404), "check source_id"),
        (requests.ConnectionError(NewConnectionError(t.cast(t.Any, None), "no route")), "no connection to the host"),
    ],
)
def test_a_launch_that_was_refused_for_certain_says_so(step: t.Any, told: str) -> None:
    several, _wire = aggregations(step, retries=0)
    with pytest.raises(RequestFailed) as failure:
        several.launch("s", KINDS["accounts"], None, False)
    assert not failure.value.maybe_applied
    assert told in str(failure.value)


def test_progress_is_told_or_it_is_not() -> None:
    told = {"status": "COMPLETED", "totalAccounts": None}
    several, wire = aggregations(
        Reply(200, told), Reply(403), Reply(404), Reply(200, [told]), retries=0, api_version="v1"
    )
    assert several.progress("t/1") == told
    assert [several.progress("t1") for _reply in range(3)] == [None, None, None]
    assert wire.requests[0].path_url == "/account-aggregations/v1/t%2F1/status"
