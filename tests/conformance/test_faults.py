# Copyright (c) 2026, the sailpoint.isc contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Each fault of the stand-in does what its name says, to the request that it is meant for and to no other."""

from __future__ import annotations

import socket
import time
from email.utils import parsedate_to_datetime
from typing import Any
from urllib.parse import urlsplit

import pytest
import requests

from tests.support.hand import PATCH, Hand

TASK = "/beta/task-status/t"
CLEAR = b'[{"op":"replace","path":"/completionStatus","value":"ERROR"}]'


def exchange(tenant: Hand, method: str = "GET", path: str = TASK, body: bytes = b"") -> tuple[bytes, str]:
    """All bytes of one answer, and how the connection ended: `closed` or `reset`."""
    address = urlsplit(tenant.url)
    token = tenant.session().token
    tenant.control("DELETE", "log")
    head = (
        f"{method} {path} HTTP/1.1\r\nHost: {address.netloc}\r\nAuthorization: Bearer {token}\r\n"
        f"Content-Type: {PATCH}\r\nContent-Length: {len(body)}\r\nConnection: close\r\n\r\n"
    )
    received = b""
    with socket.create_connection((address.hostname or "", address.port or 0), timeout=30) as connection:
        connection.sendall(head.encode() + body)
        try:
            while True:
                data = connection.recv(65536)
                if not data:
                    return received, "closed"
                received += data
        except ConnectionResetError:
            return received, "reset"


def parts(answer: bytes) -> tuple[list[str], bytes]:
    head, _gap, body = answer.partition(b"\r\n\r\n")
    return head.decode().split("\r\n"), body


def length(head: list[str]) -> int:
    return int(next(line.partition(": ")[2] for line in head if line.startswith("Content-Length")))


@pytest.fixture
def tenant(tenant: Hand) -> Hand:
    tenant.scenario(tasks=[{"id": "t", "age": "1h"}], sources=[{"id": "s1"}])
    return tenant


def status_of(tenant: Hand) -> Any:
    return tenant.session().get(TASK).json()["completionStatus"]


# --- cut connections --------------------------------------------------------------------------------------------------


def test_without_a_fault(tenant: Hand) -> None:
    answer, end = exchange(tenant)
    head, body = parts(answer)
    assert (head[0], end) == ("HTTP/1.1 200 OK", "closed")
    assert len(body) == length(head)
    assert tenant.last()["fault"] is None


@pytest.mark.parametrize(("name", "happens"), [("reset_before", False), ("reset_after", True)])
def test_a_reset_instead_of_an_answer(tenant: Hand, name: str, happens: bool) -> None:
    tenant.faults({"fault": name, "operation": "patch"})
    assert exchange(tenant, "PATCH", TASK, CLEAR) == (b"", "reset")
    entry = tenant.last()
    assert (entry["fault"], entry["effect"], entry["status"]) == (name, "patched" if happens else None, None)
    assert status_of(tenant) == ("ERROR" if happens else None)


def test_a_reset_in_the_middle_of_an_answer(tenant: Hand) -> None:
    tenant.faults({"fault": "reset_during", "operation": "patch"})
    answer, end = exchange(tenant, "PATCH", TASK, CLEAR)
    head, body = parts(answer)
    assert end == "reset"
    assert len(body) == length(head) // 2 > 0
    assert tenant.last()["effect"] == "patched"


def test_a_body_that_ends_too_early(tenant: Hand) -> None:
    tenant.faults({"fault": "short_body", "operation": "get"})
    answer, end = exchange(tenant)
    head, body = parts(answer)
    assert end == "closed"
    assert 0 < len(body) < length(head)


def test_chunks_that_end_too_early(tenant: Hand) -> None:
    tenant.faults({"fault": "short_chunked", "operation": "get"})
    answer, end = exchange(tenant)
    head, body = parts(answer)
    assert end == "closed"
    assert "Transfer-Encoding: chunked" in head
    assert not any(line.startswith("Content-Length") for line in head)
    size, _gap, rest = body.partition(b"\r\n")
    assert len(rest) == int(size, 16) + 2


def test_a_body_without_any_length_that_ends_too_early(tenant: Hand) -> None:
    tenant.faults({"fault": "short_unframed", "operation": "get"})
    answer, end = exchange(tenant)
    head, body = parts(answer)
    assert end == "closed"
    assert not any(line.startswith(("Content-Length", "Transfer-Encoding")) for line in head)
    assert body.startswith(b"{")
    assert not body.endswith(b"}")


def test_garbage_between_chunks(tenant: Hand) -> None:
    tenant.faults({"fault": "chunked_garbage", "operation": "get"})
    answer, end = exchange(tenant)
    assert end == "closed"
    assert parts(answer)[1].endswith(b"no chunk size\r\n\x00\xff")
    tenant.faults({"fault": "chunked_garbage", "operation": "get"})
    with pytest.raises(requests.exceptions.ChunkedEncodingError):
        tenant.session().get(TASK)


def test_a_slow_first_byte(tenant: Hand) -> None:
    tenant.faults({"fault": "slow_first_byte", "seconds": 1.5, "method": "PATCH"})
    session = tenant.session()
    with pytest.raises(requests.exceptions.ReadTimeout):
        session.request("PATCH", TASK, data=CLEAR, headers={"Content-Type": PATCH}, timeout=0.5)
    assert status_of(tenant) == "ERROR"


def test_a_slow_body_is_whole_in_the_end(tenant: Hand) -> None:
    session = tenant.session()
    expected = session.get(TASK).json()
    tenant.faults({"fault": "slow_body", "seconds": 0.1, "total": 1.5, "operation": "get"})
    begin = time.monotonic()
    # No read takes longer than one pause, so a read timeout never strikes.
    answer = session.get(TASK, timeout=1)
    assert answer.json() == expected
    assert time.monotonic() - begin >= 1.5


def test_a_client_that_goes_away_in_the_middle_does_no_harm(tenant: Hand) -> None:
    tenant.faults({"fault": "slow_body", "seconds": 0.02, "total": 0.2, "operation": "get"})
    address = urlsplit(tenant.url)
    with socket.create_connection((address.hostname or "", address.port or 0), timeout=30) as connection:
        connection.sendall(f"GET {TASK} HTTP/1.1\r\nHost: x\r\n\r\n".encode())
        connection.recv(1)
    assert status_of(tenant) is None


# --- spoilt answers ---------------------------------------------------------------------------------------------------


def test_html_instead_of_json(tenant: Hand) -> None:
    tenant.faults({"fault": "html", "method": "PATCH"})
    answer = tenant.session().request("PATCH", TASK, data=CLEAR, headers={"Content-Type": PATCH})
    assert (answer.status_code, answer.headers["Content-Type"].split(";")[0]) == (200, "text/html")
    assert answer.text.startswith("<!DOCTYPE html>")
    assert tenant.last()["effect"] is None


@pytest.mark.parametrize(
    ("name", "code", "body"), [("empty", 200, b""), ("null", 200, b"null"), ("no_content", 204, b"")]
)
def test_nothing_instead_of_json(tenant: Hand, name: str, code: int, body: bytes) -> None:
    tenant.faults({"fault": name, "operation": "patch"})
    answer = tenant.session().request("PATCH", TASK, data=CLEAR, headers={"Content-Type": PATCH})
    assert (answer.status_code, answer.content) == (code, body)
    assert tenant.last()["effect"] == "patched"


def test_an_object_for_a_list_and_a_list_for_an_object(tenant: Hand) -> None:
    session = tenant.session()
    record = session.get(TASK).json()
    tenant.faults({"fault": "wrong_shape", "times": 2})
    assert session.list("v1").json() == {"items": [record]}
    assert session.get(TASK).json() == [record]


def test_extra_and_missing_keys(tenant: Hand) -> None:
    session = tenant.session()
    record = session.get(TASK).json()
    tenant.faults(
        {"fault": "extra_keys"},
        {"fault": "extra_keys", "values": {"completionStatus": "PARTIAL"}, "nth": 2},
        {"fault": "missing_keys", "nth": 3},
        {"fault": "missing_keys", "keys": ["created", "id"], "nth": 4},
    )
    extra = session.get(TASK).json()
    assert set(extra) > set(record)
    assert {key: extra[key] for key in record} == record
    assert session.list("v1").json() == [{**record, "completionStatus": "PARTIAL"}]
    assert set(session.get(TASK).json()) == {"id", "type", "created", "completed", "completionStatus"}
    assert set(record) - set(session.list("v1").json()[0]) == {"created", "id"}
    assert session.get(TASK).json() == record


def test_a_page_that_repeats(tenant: Hand) -> None:
    tenant.scenario(tasks=[{"id": f"t{number}", "age": number} for number in range(6)])
    session = tenant.session()
    tenant.faults({"fault": "repeat_page", "operation": "list", "nth": 2})
    pages = [[record["id"] for record in session.list("v1", limit=2, offset=offset).json()] for offset in (0, 2, 4)]
    assert pages == [["t0", "t1"], ["t0", "t1"], ["t4", "t5"]]


def test_a_total_that_lies(tenant: Hand) -> None:
    session = tenant.session()
    tenant.faults({"fault": "total_lies"}, {"fault": "total_lies", "value": 0, "nth": 2})
    totals = [session.list("v1", count="true").headers["X-Total-Count"] for _try in range(3)]
    assert totals == ["9", "0", "1"]


def test_a_redirect(tenant: Hand) -> None:
    session = tenant.session()
    tenant.faults(
        {"fault": "redirect", "location": "http://127.0.0.1:1/x", "code": 307, "method": "PATCH"},
        {"fault": "redirect", "operation": "get"},
    )
    answer = session.request("PATCH", TASK, data=CLEAR, headers={"Content-Type": PATCH})
    assert (answer.status_code, answer.headers["Location"]) == (307, "http://127.0.0.1:1/x")
    assert tenant.last()["effect"] is None
    assert session.get(TASK).status_code == 302
    assert status_of(tenant) is None


# --- statuses and tokens ----------------------------------------------------------------------------------------------


def test_statuses(tenant: Hand) -> None:
    session = tenant.session()
    tenant.faults(
        {"fault": "status"},
        {"fault": "status", "code": 429, "retry_after": 2},
        {"fault": "status", "code": 429, "retry_after": "soon"},
        {"fault": "status", "code": 503, "retry_after_date": 30, "headers": {"X-Odd": 1}},
        {"fault": "status", "code": 502, "html": "<h1>Bad Gateway</h1>"},
        {"fault": "status", "code": 504, "body": "gateway timeout"},
        {"fault": "status", "code": 400, "json": {"formatted_msg": "no"}},
        {"fault": "status", "code": 408, "body": ""},
        {"fault": "status", "code": 401},
    )
    answers = [session.get(TASK) for _try in range(10)]
    assert [answer.status_code for answer in answers] == [500, 429, 429, 503, 502, 504, 400, 408, 401, 200]
    internal, limited, soon, unavailable, gateway, slow, odd, late, expired, _last = answers
    assert set(internal.json()) == {"detailCode", "trackingId", "messages", "causes"}
    assert limited.json() == {"message": " Rate Limit Exceeded "}
    assert (limited.headers["Retry-After"], soon.headers["Retry-After"]) == ("2", "soon")
    assert 25 <= parsedate_to_datetime(unavailable.headers["Retry-After"]).timestamp() - time.time() <= 30
    assert unavailable.headers["X-Odd"] == "1"
    assert (gateway.text, gateway.headers["Content-Type"].split(";")[0]) == ("<h1>Bad Gateway</h1>", "text/html")
    assert (slow.text, late.text) == ("gateway timeout", "")
    assert odd.json() == {"formatted_msg": "no"}
    assert list(expired.json()) == ["error"]


def test_a_fault_can_be_told_whether_the_request_takes_effect(tenant: Hand) -> None:
    session = tenant.session()
    tenant.faults(
        {"fault": "null", "method": "PATCH", "processed": False},
        {"fault": "status", "code": 504, "method": "PATCH", "processed": True},
    )
    for code, effect in ((200, None), (504, "patched")):
        answer = session.request("PATCH", TASK, data=CLEAR, headers={"Content-Type": PATCH})
        assert (answer.status_code, tenant.last()["effect"]) == (code, effect)


@pytest.mark.parametrize("times", [1, 2, None])
def test_a_401_once_twice_and_for_ever(tenant: Hand, times: int | None) -> None:
    session = tenant.session()
    tenant.faults({"fault": "unauthorized", "operation": "get", "times": times})
    answers = [session.get(TASK) for _try in range(4)]
    refused = 4 if times is None else times
    assert [answer.status_code for answer in answers] == [401] * refused + [200] * (4 - refused)
    assert answers[0].json() == {"error": "JWT validation failed: JWT is expired"}


def test_a_token_that_expires_early(tenant: Hand) -> None:
    old, other = tenant.session(), tenant.session()
    tenant.faults({"fault": "expire_token", "operation": "get"})
    assert [old.get(TASK).status_code for _try in range(3)] == [401] * 3
    assert other.get(TASK).status_code == tenant.session().get(TASK).status_code == 200


def test_faults_of_the_token_endpoint(tenant: Hand) -> None:
    on_token = {"operation": "token"}
    tenant.faults(
        {"fault": "no_expires_in", **on_token},
        {"fault": "expire_token", **on_token},
        {"fault": "wrong_shape", **on_token},
        {"fault": "missing_keys", "keys": ["access_token"], **on_token},
        {"fault": "status", "code": 503, **on_token},
        {"fault": "reset_after", **on_token},
    )
    whole = set(tenant.token("admin").json()) | {"expires_in"}
    assert "access_token" in whole
    assert tenant.session().get(TASK).status_code == 401
    assert isinstance(tenant.token().json(), list)
    assert set(tenant.token().json()) == whole - {"access_token"}
    assert tenant.token().status_code == 503
    with pytest.raises(requests.exceptions.ConnectionError):
        tenant.token()
    assert tenant.session().get(TASK).status_code == 200


def test_no_expires_in(tenant: Hand) -> None:
    tenant.faults({"fault": "no_expires_in", "operation": "token"})
    assert "expires_in" not in tenant.token().json()
    assert "expires_in" in tenant.token().json()


# --- which request is hit ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("conditions", "hit"),
    [
        ({"method": "GET"}, "get list"),
        ({"method": "PATCH"}, "patch"),
        ({"path": "task-status/t$"}, "get patch"),
        ({"operation": "list"}, "list"),
        ({"version": "v1"}, "list"),
        ({"operation": "list", "version": "beta"}, ""),
        ({"times": 2}, "get list"),
        ({"nth": 2, "times": None}, "list patch"),
        ({"nth": 3}, "patch"),
    ],
)
def test_which_request_is_hit(tenant: Hand, conditions: dict[str, Any], hit: str) -> None:
    session = tenant.session()
    tenant.faults({"fault": "status", "code": 418, "times": None, **conditions})
    answers = {
        "get": session.get(TASK),
        "list": session.list("v1"),
        "patch": session.request("PATCH", TASK, data=CLEAR, headers={"Content-Type": PATCH}),
    }
    assert " ".join(name for name, answer in answers.items() if answer.status_code == 418) == hit


def test_faults_are_dropped(tenant: Hand) -> None:
    session = tenant.session()
    tenant.faults({"fault": "status", "times": None})
    assert session.get(TASK).status_code == 500
    tenant.control("DELETE", "faults")
    assert session.get(TASK).status_code == 200


@pytest.mark.parametrize(
    ("operation", "method", "path"),
    [
        ("list_sources", "GET", "/v2024/sources"),
        ("get_source", "GET", "/sources/v1/s1"),
        ("tagged_objects", "GET", "/beta/tagged-objects"),
        ("list_schedules", "GET", "/v2026/sources/s1/schedules"),
        ("create_schedule", "POST", "/v2024/sources/s1/schedules"),
        ("get_schedule", "GET", "/v2025/sources/s1/schedules/ACCOUNT_AGGREGATION"),
        ("patch_schedule", "PATCH", "/sources/v1/s1/schedules/ACCOUNT_AGGREGATION"),
        ("delete_schedule", "DELETE", "/sources/v1/s1/schedules/ACCOUNT_AGGREGATION"),
    ],
)
def test_operations_of_sources_fail_by_their_names(tenant: Hand, operation: str, method: str, path: str) -> None:
    tenant.faults({"operation": operation, "fault": "status", "code": 503})
    session = tenant.session()
    assert session.request(method, path).status_code == 503
    assert session.request(method, path).status_code != 503
    assert [entry["operation"] for entry in tenant.sent()] == [operation] * 2


def test_a_schedule_is_deleted_though_the_answer_is_lost(tenant: Hand) -> None:
    tenant.scenario(sources=[{"id": "s1", "schedules": {"accounts": "0 0 5 * * ?"}}])
    tenant.faults({"operation": "delete_schedule", "fault": "reset_after"})
    session = tenant.session()
    path = "/v2024/sources/s1/schedules/ACCOUNT_AGGREGATION"
    with pytest.raises(requests.ConnectionError):
        session.request("DELETE", path)
    assert session.request("DELETE", path).status_code == 404
    assert [entry["effect"] for entry in tenant.sent()] == ["deleted", None]
