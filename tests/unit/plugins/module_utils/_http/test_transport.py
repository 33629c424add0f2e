# Copyright (c) 2026, the sailpoint.isc contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import functools
import http.client
import io
import socket
import threading
import time
import typing as t
from email.utils import parsedate_to_datetime
from urllib.parse import quote, quote_plus

import pytest
import requests
import urllib3
from ansible_collections.sailpoint.isc.plugins.module_utils._errors import RequestFailed
from ansible_collections.sailpoint.isc.plugins.module_utils._http import multipart, transport
from ansible_collections.sailpoint.isc.plugins.module_utils._http.client import (
    is_record,
    is_record_list,
    is_record_list_or_nothing,
)
from ansible_collections.sailpoint.isc.plugins.module_utils._http.pages import Pager
from ansible_collections.sailpoint.isc.plugins.module_utils._http.transport import (
    Answer,
    Call,
    Transport,
    no_authorization,
)
from ansible_collections.sailpoint.isc.plugins.module_utils._version import VERSION
from ansible_collections.sailpoint.isc.tests.unit.fakes import BASE_URL, FakeClock, Reply, Wire, connected, settings
from hypothesis import example, given
from hypothesis import strategies as st

URL = BASE_URL + "/beta/task-status"
RECORD = {"id": "task1"}
DATE = "Sat, 21 Nov 2026 19:00:00 GMT"


def get(**facts: t.Any) -> Call:
    return Call("GET", **{"url": URL, "accept": is_record, "wanted": "a record", **facts})


def send(transport: Transport, call: Call | None = None) -> Answer:
    return transport.send(call or get(), no_authorization)


def failure_of(transport: Transport, call: Call | None = None) -> RequestFailed:
    with pytest.raises(RequestFailed) as caught:
        send(transport, call)
    return caught.value


def always(step: t.Any) -> t.Any:
    """A script that never runs out."""

    class Endless(list[t.Any]):
        def pop(self, _index: t.Any = None) -> t.Any:
            return step

    return Endless()


def limits(wire: Wire) -> list[float]:
    """The time limits of the requests, in seconds."""
    return [facts["timeout"].total for facts in wire.facts]


def wire_that_always(step: t.Any) -> Wire:
    wire = Wire()
    wire.script = always(step)
    return wire


def test_an_answer_carries_status_headers_and_json() -> None:
    wire = Wire(Reply(200, RECORD, {"X-Total-Count": "7"}))
    answer = send(connected(wire))
    assert (answer.status, answer.body, answer.headers["x-total-count"]) == (200, RECORD, "7")


def test_every_request_names_the_collection_and_its_version() -> None:
    wire = Wire(Reply(200, RECORD))
    send(connected(wire))
    assert f"sailpoint.isc/{VERSION}" in wire.requests[0].headers["User-Agent"]
    assert wire.requests[0].headers["Accept"] == "application/json"


def test_a_login_in_netrc_is_not_sent(tmp_path: t.Any, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / ".netrc").write_text("machine 127.0.0.1 login me password hunter2\n")
    monkeypatch.setenv("NETRC", str(tmp_path / ".netrc"))
    wire = Wire(Reply(200, RECORD))
    send(connected(wire))
    assert "Authorization" not in wire.requests[0].headers


def test_certificates_are_verified_as_set_whatever_the_environment_says(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", "/elsewhere.pem")
    wire = Wire(Reply(200, RECORD))
    send(connected(wire, validate_certs=False))
    assert wire.facts[0]["verify"] is False


def test_the_time_limit_of_a_request_is_as_set() -> None:
    wire = Wire(Reply(200, RECORD))
    send(connected(wire, request_timeout=7.5))
    assert limits(wire) == [7.5]


def test_closing_closes_the_connections() -> None:
    wire = Wire()
    connected(wire).close()
    assert wire.closed


@pytest.mark.parametrize("status", [408, 429, 500, 502, 503, 504])
def test_a_passing_refusal_is_tried_again_until_it_passes(status: int) -> None:
    clock = FakeClock()
    wire = Wire(Reply(status), Reply(status), Reply(200, RECORD))
    transport = connected(wire, clock)
    assert send(transport).body == RECORD
    assert transport.requests_sent == 3
    assert len(clock.pauses) == 2


@pytest.mark.parametrize("status", [304, 400, 401, 403, 404, 405, 409, 410, 412, 422, 501])
def test_any_other_refusal_is_not_tried_again(status: int) -> None:
    wire = Wire(Reply(status))
    error = failure_of(connected(wire))
    assert (error.status, error.attempts, error.transient) == (status, 1, False)


@pytest.mark.parametrize("retries", [0, 1, 5])
def test_a_lasting_failure_is_tried_again_so_often_as_set(retries: int) -> None:
    wire = wire_that_always(Reply(503))
    transport = connected(wire, retries=retries)
    error = failure_of(transport)
    assert error.attempts == transport.requests_sent == len(wire.requests) == retries + 1
    assert (f"in {retries + 1} attempts" in str(error)) is (retries > 0)


@given(st.integers(0, 12), st.floats(0, 100))
def test_pauses_double_with_jitter_up_to_the_longest(retries: int, longest: float) -> None:
    clock = FakeClock()
    failure_of(connected(wire_that_always(Reply(500)), clock, retries=retries, max_retry_delay=longest))
    assert len(clock.pauses) == retries
    for retry, pause in enumerate(clock.pauses):
        full = min(0.5 * 2**retry, longest)
        assert full / 2 <= pause <= full


def test_pauses_are_not_the_same_every_time() -> None:
    clock = FakeClock()
    failure_of(connected(wire_that_always(Reply(500)), clock, retries=20, max_retry_delay=1))
    assert len(set(clock.pauses[2:])) > 1


def test_thousands_of_retries_are_possible() -> None:
    clock = FakeClock()
    transport = connected(Wire(), clock, retries=5000)
    error = RequestFailed("is busy", method="GET", url=URL, transient=True)
    assert transport.wait_before_retry(error, 4999)
    assert not transport.wait_before_retry(error, 5000)
    assert 30 <= clock.pauses[0] <= 60


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({"Retry-After": "7"}, 7),
        ({"Retry-After": " 0 "}, 0.1),
        ({"Retry-After": "Sat, 21 Nov 2026 19:00:09 GMT", "Date": DATE}, 9),
        ({"Retry-After": "Saturday, 21-Nov-26 19:00:09 GMT", "Date": DATE}, 9),
        ({"Retry-After": "Sat, 21 Nov 2026 21:00:09 +0200", "Date": DATE}, 9),
        ({"Retry-After": "Sat, 21 Nov 2026 18:00:00 GMT", "Date": DATE}, 0.1),
        ({"Retry-After": "Sat, 21 Nov 2015 18:00:00 GMT"}, 0.1),
    ],
)
@pytest.mark.parametrize("status", [429, 503])
def test_retry_after_is_obeyed_in_both_forms_and_never_early(
    status: int, headers: dict[str, str], seconds: float
) -> None:
    clock = FakeClock()
    wire = Wire(Reply(status, headers=headers), Reply(200, RECORD))
    send(connected(wire, clock))
    assert len(clock.pauses) == 1
    assert seconds <= clock.pauses[0] <= seconds * 1.25


@pytest.mark.parametrize("value", ["60", "59"])
def test_no_pause_is_longer_than_the_longest_allowed(value: str) -> None:
    clock = FakeClock()
    script = [Reply(429, headers={"Retry-After": value})] * 20 + [Reply(200, RECORD)]
    send(connected(Wire(*script), clock, retries=20, max_retry_delay=60))
    assert all(float(value) <= pause <= 60 for pause in clock.pauses)


@pytest.mark.parametrize(
    ("headers", "figure"),
    [
        ({"Retry-After": "61"}, "61 s"),
        ({"Retry-After": "86400"}, "86400 s"),
        ({"Retry-After": "9" * 400}, "inf s"),
        ({"Retry-After": "Sat, 21 Nov 2026 20:00:00 GMT", "Date": DATE}, "3600 s"),
        ({"Retry-After": "Fri, 31 Dec 9999 23:59:59 GMT"}, " s"),
    ],
)
def test_a_retry_after_beyond_the_longest_pause_ends_it_with_the_figure(headers: dict[str, str], figure: str) -> None:
    clock = FakeClock()
    error = failure_of(connected(Wire(Reply(429, headers=headers)), clock))
    assert clock.pauses == []
    assert figure in str(error)
    assert "max_retry_delay (60 s)" in str(error)


@given(
    st.text(st.characters(min_codepoint=32, max_codepoint=126))
    | st.from_regex(r"\A[A-Z][a-z]{2}, \d{1,12} (Jan|Feb|Nov) \d{1,12} \d{1,12}:\d\d:\d\d ([+-]\d{4,9}|GMT|-0000)\Z"),
    st.sampled_from([{}, {"Date": DATE}, {"Date": "yesterday"}, {"Date": "Sat, 21 Nov 99999999999 19:00:00 GMT"}]),
)
@example("Sat, 21 Nov 99999999999 19:00:00 GMT", {})
@example("-5", {})
@example("1e3", {})
@example("Sat, 21 Nov 2026 19:00:00 +99999999", {})
def test_whatever_retry_after_says_the_pause_stays_within_bounds(value: str, headers: dict[str, str]) -> None:
    clock = FakeClock()
    wire = Wire(Reply(429, headers={**headers, "Retry-After": value}), Reply(200, RECORD))
    try:
        send(connected(wire, clock))
    except RequestFailed as error:
        assert error.retry_after is not None  # noqa: PT017
        assert error.retry_after > 60  # noqa: PT017
        assert clock.pauses == []
    else:
        assert 0 < clock.pauses[0] <= 60


def test_no_pause_goes_beyond_the_deadline() -> None:
    clock = FakeClock()
    transport = connected(wire_that_always(Reply(429, headers={"Retry-After": "8"})), clock)
    with transport.until(clock.now() + 12):
        failure_of(transport)
    assert len(clock.pauses) == 1
    assert transport.requests_sent == 2


def test_a_request_is_given_no_more_time_than_is_left() -> None:
    clock = FakeClock()
    wire = Wire(Reply(200, RECORD), Reply(200, RECORD))
    transport = connected(wire, clock)
    with transport.until(clock.now() + 12):
        send(transport)
    with transport.until(clock.now() + 100):
        send(transport)
    assert limits(wire) == [12, 30]


def test_a_deadline_within_another_is_not_later_and_ends_with_its_block() -> None:
    clock = FakeClock()
    transport = connected(Wire(), clock)
    left = []
    with transport.until(clock.now() + 12):
        for seconds in (5, 100):
            with transport.until(clock.now() + seconds):
                left.append(transport.left())
        left.append(transport.left())
    assert [*left, transport.left()] == [5, 12, 12, None]


def test_a_deadline_ends_with_its_block_whatever_ends_that() -> None:
    transport = connected(wire_that_always(Reply(403)))
    with pytest.raises(RequestFailed), transport.until(2000):
        send(transport)
    assert transport.left() is None


@pytest.mark.parametrize("late", [0, 0.001, 3600])
def test_nothing_is_sent_after_the_deadline(late: float) -> None:
    clock = FakeClock()
    wire = Wire()
    transport = connected(wire, clock)
    with transport.until(clock.now() - late):
        error = failure_of(transport)
    assert (transport.requests_sent, wire.requests, clock.pauses) == (0, [], [])
    assert error.transient
    assert not error.maybe_applied


UNCERTAIN = [
    Reply(500),
    Reply(503),
    Reply(408),
    Reply(200, b"<html>"),
    Reply(200, b""),
    requests.ConnectionError(urllib3.exceptions.ProtocolError("broken", ConnectionResetError())),
    requests.ReadTimeout(urllib3.exceptions.ReadTimeoutError(None, "", "read timed out")),  # type: ignore[arg-type]
]
CERTAIN = [
    Reply(429),
    requests.ConnectionError(urllib3.exceptions.NewConnectionError(None, "no")),  # type: ignore[arg-type]
    requests.ConnectTimeout(urllib3.exceptions.ConnectTimeoutError("connect timed out")),
]


@pytest.mark.parametrize("step", UNCERTAIN)
def test_what_must_not_happen_twice_is_not_sent_again_when_it_may_have_happened(step: t.Any) -> None:
    wire = Wire(step)
    error = failure_of(connected(wire), get(idempotent=False))
    assert (len(wire.requests), error.transient, error.maybe_applied) == (1, True, True)


@pytest.mark.parametrize("step", CERTAIN)
def test_what_must_not_happen_twice_is_sent_again_when_it_certainly_has_not_happened(step: t.Any) -> None:
    wire = Wire(step, Reply(200, RECORD))
    assert send(connected(wire), get(idempotent=False)).body == RECORD


@pytest.mark.parametrize("step", UNCERTAIN + CERTAIN)
def test_what_may_happen_twice_is_sent_again_in_any_case(step: t.Any) -> None:
    wire = Wire(step, Reply(200, RECORD))
    assert send(connected(wire)).body == RECORD


@pytest.mark.parametrize("status", [400, 401, 403, 404, 405, 409, 412, 413, 415, 422, 429])
def test_a_refusal_of_the_request_itself_is_certain_to_have_had_no_effect(status: int) -> None:
    assert not failure_of(connected(Wire(Reply(status)), retries=0)).maybe_applied


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        (b"<!DOCTYPE html><title>Login</title>", "an HTML page"),
        (b"", "an empty body"),
        (b"null", "null"),
        (b" null ", "null"),
        (b"[1]", "a JSON list"),
        (b"[]", "a JSON list"),
        (b'"text"', 'the JSON "text"'),
        (b"true", "the JSON true"),
        (b'{"id": "task', "something that is not JSON"),
        (b"\xff\xfe\x00", "something that is not JSON"),
        (b"[" * 100000, "something that is not JSON"),
    ],
)
def test_an_answer_that_is_not_what_was_wanted_is_tried_again_and_named(body: bytes, kind: str) -> None:
    wire = wire_that_always(Reply(200, body))
    error = failure_of(connected(wire, retries=2))
    assert len(wire.requests) == 3
    assert f"returned status 200 with {kind} instead of a record" in str(error)
    assert (error.status, error.maybe_applied) == (200, True)


@pytest.mark.parametrize("body", [b"", b"null", b"{}", b"[1]", b"[null]", b"<html>", b"0"])
def test_a_list_of_records_is_not_made_of_anything_else(body: bytes) -> None:
    error = failure_of(connected(wire_that_always(Reply(200, body)), retries=0), get(accept=is_record_list))
    assert error.transient


def test_no_content_is_an_empty_list_only_where_the_api_says_so() -> None:
    assert send(connected(Wire(Reply(204))), get(accept=is_record_list_or_nothing)).body is None
    assert failure_of(connected(Wire(Reply(204)), retries=0), get(accept=is_record_list)).transient
    assert failure_of(connected(Wire(Reply(204)), retries=0)).transient


def test_a_body_that_nobody_wants_is_not_looked_at() -> None:
    answer = send(connected(Wire(Reply(200, b"<html>", {"X-Total-Count": "3"}))), get(accept=None))
    assert (answer.body, answer.headers["X-Total-Count"]) == (None, "3")


def test_a_redirect_within_the_tenant_is_followed_with_the_token() -> None:
    wire = Wire(Reply(302, headers={"Location": "/beta/moved?limit=5"}), Reply(200, RECORD))

    def authorize(request: requests.PreparedRequest) -> requests.PreparedRequest:
        request.headers["Authorization"] = "Bearer t"
        return request

    assert connected(wire).send(get(), authorize).body == RECORD
    assert wire.requests[1].url == BASE_URL + "/beta/moved?limit=5"
    assert wire.requests[1].headers["Authorization"] == "Bearer t"


@pytest.mark.parametrize(
    "location",
    [
        "https://elsewhere.example.com/beta/task-status",
        "//elsewhere.example.com/",
        "https://127.0.0.1:8080/",
        "http://127.0.0.1:8081/",
        "http://127.0.0.1/",
        "http://127.0.0.1:8080@elsewhere.example.com/",
        "http://127.0.0.1:x/",
        "ftp://127.0.0.1:8080/",
        "javascript:alert(1)",
    ],
)
def test_a_redirect_to_any_other_place_is_refused(location: str) -> None:
    wire = Wire(Reply(307, headers={"Location": location}))
    error = failure_of(connected(wire))
    assert "redirect" in str(error)
    assert str(error).endswith("check that base_url is the address of the tenant's API.")
    assert (error.status, error.transient) == (307, False)


def test_a_redirect_to_what_is_no_address_ends_in_a_sentence() -> None:
    error = failure_of(connected(Wire(Reply(307, headers={"Location": "http://[::1/"}))))
    assert "an invalid address, which is not followed" in str(error)
    assert not error.transient


@pytest.mark.parametrize("method", ["POST", "PATCH"])
def test_a_redirect_of_a_request_that_changes_something_is_refused(method: str) -> None:
    wire = Wire(Reply(308, headers={"Location": URL + "/moved"}))
    error = failure_of(connected(wire), Call(method, URL, accept=is_record))
    assert f"redirect to {BASE_URL}, which is not followed" in str(error)


def test_redirects_in_a_circle_come_to_an_end() -> None:
    wire = wire_that_always(Reply(302, headers={"Location": URL}))
    assert "failed: too many redirects" in str(failure_of(connected(wire)))
    assert len(wire.requests) == 4


def test_an_unusual_port_is_part_of_where_a_redirect_may_go() -> None:
    assert transport._origin("https://a:443/x") == transport._origin("https://A/y") == "https://a"
    assert transport._origin("https://a:8443/x") == "https://a:8443"


SECRET = 'pä"ss/w o+rd&%'


@pytest.mark.parametrize(
    "said", [SECRET, quote(SECRET), quote(SECRET, safe=""), quote_plus(SECRET), f"client_secret={quote_plus(SECRET)}&x"]
)
@pytest.mark.parametrize("form", ["text", "json"])
def test_no_secret_that_a_server_repeats_is_in_a_failure(said: str, form: str) -> None:
    body = said.encode() if form == "text" else {"error": said, "detailCode": said, "trackingId": said}
    wire = Wire(Reply(400, body, {"SLPT-Request-ID": said if said.isascii() else "r-1"}))
    transport = connected(wire, client_id="me", client_secret=SECRET)
    shown = str(failure_of(transport).as_failure())
    assert said not in shown
    assert "ss/w" not in shown
    assert "********" in shown


@pytest.mark.parametrize("before", [250, 280, 290, 297, 300])
def test_no_part_of_a_secret_is_left_where_a_long_text_is_cut(before: int) -> None:
    secret = "hunter2-" * 4
    wire = Wire(Reply(400, {"error": "x" * before + secret}))
    shown = str(failure_of(connected(wire, access_token=secret)))
    assert "hunt" not in shown


def test_a_token_obtained_later_is_kept_out_of_failures_as_well() -> None:
    transport = connected(Wire(Reply(400, b"bad token later-token")))
    transport.secrets.add("later-token")
    assert "later-token" not in str(failure_of(transport))


def test_a_token_of_somebody_else_is_kept_out_of_failures_too() -> None:
    token = "eyJhbGciOiJIUzI1NiJ9.eyJvcmciOiJhY21lIn0.c2ln-bmF0_dXJl"
    shown = str(failure_of(connected(Wire(Reply(400, {"error": f"Bearer {token} is not right"})))).as_failure())
    assert "Bearer ******** is not right" in shown
    assert "eyJ" not in shown


def test_a_failure_carries_what_identifies_it() -> None:
    body = {
        "detailCode": "400.1 Bad Request Content",
        "trackingId": "e7eab60924f64aa284175b9fa3309599",
        "messages": [{"locale": "en-US", "text": "limit must not be above 250."}],
    }
    wire = Wire(Reply(400, body, {"SLPT-Request-ID": "r-1"}))
    url = URL + "?limit=251&filters=" + "x" * 5000
    failure = failure_of(connected(wire), get(url=url)).as_failure()
    assert failure.pop("msg") == (
        f"GET {URL} failed with status 400 (limit must not be above 250); correct the option that the message names."
    )
    assert failure == {
        "status": 400,
        "url": url,
        "method": "GET",
        "request_id": "r-1",
        "detail_code": "400.1 Bad Request Content",
        "tracking_id": "e7eab60924f64aa284175b9fa3309599",
        "request_attempts": 1,
    }


def test_a_failure_without_an_answer_has_no_status() -> None:
    error = failure_of(connected(Wire(requests.ConnectionError("?")), retries=0))
    assert error.as_failure()["status"] is None


def test_advice_for_a_status_takes_the_place_of_the_general_one() -> None:
    error = failure_of(connected(Wire(Reply(403))), get(advice={403: "ask for the scope"}))
    assert str(error).endswith("; ask for the scope.")


@pytest.mark.parametrize(
    ("headers", "marked"),
    [
        ({"X-Deprecated": "true"}, True),
        ({"Deprecation": "true"}, True),
        ({"Deprecation": "@1688169599"}, True),
        ({"X-Deprecated": "false"}, False),
        ({"Deprecation": "False"}, False),
        ({}, False),
    ],
)
@pytest.mark.parametrize("status", [200, 404])
def test_an_answer_marked_deprecated_is_remembered_by_its_endpoint(
    headers: dict[str, str], marked: bool, status: int
) -> None:
    transport = connected(Wire(Reply(status, RECORD, headers)))
    try:
        send(transport, get(url=URL + "?limit=5"))
    except RequestFailed:
        pass
    assert transport.deprecated == ("GET /beta/task-status" if marked else None)


def test_only_the_first_deprecated_endpoint_is_remembered() -> None:
    marked = {"X-Deprecated": "true"}
    transport = connected(Wire(Reply(200, RECORD, marked), Reply(200, RECORD, marked)))
    send(transport)
    send(transport, get(url=URL + "/x"))
    assert transport.deprecated == "GET /beta/task-status"


def test_a_body_that_is_made_anew_is_made_for_every_try() -> None:
    made = iter(["first", "second"])
    wire = Wire(Reply(503), Reply(200, RECORD))
    send(connected(wire), Call("POST", URL, accept=is_record, body=lambda: next(made)))
    assert [request.body for request in wire.requests] == ["first", "second"]


def test_a_body_that_cannot_be_read_is_not_sent_and_that_is_certain() -> None:
    def gone() -> t.NoReturn:
        raise FileNotFoundError(2, "No such file or directory")

    wire = Wire()
    error = failure_of(connected(wire), Call("POST", URL, accept=is_record, body=gone, idempotent=False))
    assert "was not sent: the file cannot be read (No such file or directory)" in str(error)
    assert (error.maybe_applied, error.transient, wire.requests) == (False, False, [])


class Growing(io.FileIO):
    """A file that somebody appends to whenever a piece of it is read."""

    def read(self, size: int | None = -1) -> bytes:
        with open(str(self.name), "ab") as stream:
            stream.write(b"more\n")
        return super().read(size) or b""


def test_a_file_that_changes_while_it_is_sent_ends_the_request_and_is_not_sent_again(
    tmp_path: t.Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "accounts.csv").write_text("id\n")
    monkeypatch.setattr(multipart, "open", lambda file, _mode: Growing(file), raising=False)
    received = []
    with socket.create_server(("127.0.0.1", 0)) as server:

        def receive() -> None:
            connection, _address = server.accept()
            with connection, connection.makefile("rb") as stream:
                received.append(stream.read())

        thread = threading.Thread(target=receive)
        thread.start()
        url = f"http://127.0.0.1:{server.getsockname()[1]}"
        transport = Transport(settings(base_url=url, retries=3, max_retry_delay=0.0))
        body = functools.partial(multipart.Multipart, "limit", {}, str(tmp_path / "accounts.csv"))
        error = failure_of(transport, Call("POST", url + "/x", accept=is_record, body=body))
        thread.join(30)
        transport.close()
    assert "failed: the file changed while it was being sent; " in str(error)
    assert (error.attempts, error.transient, error.maybe_applied) == (1, False, False)
    head, _blank, sent = received[0].partition(b"\r\n\r\n")
    announced = int(head.lower().partition(b"content-length: ")[2].split()[0])
    assert len(sent) < announced
    assert b"more" not in sent
    assert not sent.endswith(b"--limit--\r\n")


SECOND = parsedate_to_datetime(DATE).timestamp()


@pytest.mark.parametrize(
    ("asked", "answered", "offset"),
    [
        (SECOND, SECOND, 0),
        (SECOND + 0.9, SECOND + 0.95, 0),
        # An answer that took its time tells no more than that.
        (SECOND - 40, SECOND, 0),
        (SECOND, SECOND + 40, 0),
        (SECOND + 101, SECOND + 102, -100),
        (SECOND + 101, SECOND + 131, -100),
        (SECOND - 102, SECOND - 100, 100),
        (SECOND + 1.5, SECOND + 1.6, -0.5),
    ],
)
def test_the_clocks_differ_by_what_an_answer_proves_at_the_least(
    asked: float, answered: float, offset: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(time, "time", lambda: asked)

    def answer(_request: object) -> Reply:
        monkeypatch.setattr(time, "time", lambda: answered)
        return Reply(200, RECORD, {"Date": DATE})

    transport = connected(Wire(answer))
    send(transport)
    monkeypatch.setattr(time, "time", lambda: 5000.0)
    assert transport.clock_offset == pytest.approx(offset)
    assert transport.now() == pytest.approx(5000 + offset)
    assert transport.server_time == parsedate_to_datetime(DATE)


@pytest.mark.parametrize("date", ["", "yesterday", "Sat, 21 Nov 99999999999 19:00:00 GMT"])
def test_an_answer_that_does_not_tell_the_time_changes_nothing(date: str) -> None:
    transport = connected(Wire(Reply(200, RECORD, {"Date": date} if date else {})))
    send(transport)
    assert (transport.clock_offset, transport.server_time, transport.warnings) == (0, None, [])


@pytest.mark.parametrize(
    ("ahead", "says"),
    [
        (7200, "The clock of this host is 2 h 0 min ahead of the tenant's clock."),
        (-70, "The clock of this host is 1 min 10 s behind the tenant's clock."),
        (59, None),
        (-59, None),
    ],
)
def test_a_difference_of_more_than_a_minute_is_told_once_also_by_failures(
    ahead: float, says: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    headers = {"Date": DATE}
    transport = connected(Wire(Reply(503, headers=headers), Reply(404, headers=headers), Reply(200, RECORD, headers)))
    monkeypatch.setattr(time, "time", lambda: SECOND + ahead)
    failure_of(transport)
    send(transport)
    assert transport.warnings == ([f"{says} Ages are computed with the tenant's clock."] if says else [])


def test_the_deadline_holds_for_the_threads_that_work_for_it_and_for_no_other() -> None:
    clock = FakeClock()
    transport = connected(Wire(), clock)
    seen = []

    def fetch(offset: int, limit: int, count: bool) -> tuple[list[dict[str, t.Any]], int | None]:
        seen.append(transport.left())
        return [{"id": str(offset)}][: 5 - offset], 5 if count else None

    with transport.until(clock.now() + 5.0):
        assert len(list(Pager(fetch, page_size=1, count=True, ahead=True))) == 5
        other = threading.Thread(target=lambda: others.append(transport.left()))
        others: list[float | None] = []
        other.start()
        other.join(30)
    assert set(seen) == {5.0}
    assert others == [None]


class Trickle(io.RawIOBase):
    """A body whose next part never comes, until somebody closes it."""

    def __init__(self) -> None:
        self.ended = threading.Event()
        self.was_cut = False

    def readable(self) -> bool:
        return True

    def readinto(self, _buffer: t.Any) -> int:
        self.was_cut = self.ended.wait(30)
        raise ConnectionAbortedError

    def close(self) -> None:
        self.ended.set()
        super().close()


def answer_with(raw: urllib3.HTTPResponse) -> type[Wire]:
    class Slow(Wire):
        def send(self, request: requests.PreparedRequest, **facts: t.Any) -> requests.Response:  # type: ignore[override]
            self.requests.append(request)
            return requests.adapters.HTTPAdapter().build_response(request, raw)

    return Slow


def trickling(status: int = 200, **headers: str) -> tuple[Trickle, urllib3.HTTPResponse]:
    body = Trickle()
    return body, urllib3.HTTPResponse(
        body=body, status=status, headers={"Content-Length": "100", **headers}, preload_content=False
    )


@pytest.mark.parametrize(("status", "headers"), [(200, {}), (503, {}), (302, {"Location": "/elsewhere"})])
def test_a_body_that_is_not_complete_in_time_is_cut_off(status: int, headers: dict[str, str]) -> None:
    body, raw = trickling(status, **headers)
    error = failure_of(connected(answer_with(raw)(), request_timeout=0.05, retries=0))
    assert error.reason == "failed: the answer was not complete within 0.05 s (request_timeout)"
    assert error.transient
    assert error.maybe_applied
    assert body.was_cut


def test_a_body_that_is_cut_off_at_the_deadline_says_so() -> None:
    body, raw = trickling()
    clock = FakeClock()
    transport = connected(answer_with(raw)(), clock, retries=0)
    with transport.until(clock.now() + 0.05):
        error = failure_of(transport)
    assert error.reason == "failed: the answer was not complete within the remaining 0.1 s of timeout"
    assert "request_timeout" not in str(error)
    assert body.was_cut


def test_a_body_that_ends_too_early_is_no_answer() -> None:
    short = Reply(200, b'{"id": "one"}', {"Content-Length": "14"})
    error = failure_of(connected(Wire(short), retries=0))
    assert error.reason == "failed: the connection was lost before the answer was complete"
    assert (error.transient, error.maybe_applied) == (True, True)


@pytest.mark.parametrize("scheme", ["http", "https"])
def test_a_server_that_never_says_a_word_is_given_up_and_tried_again(scheme: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as deaf:  # the kernel lets in, and nobody answers
        url = f"{scheme}://127.0.0.1:{deaf.getsockname()[1]}"
        transport = Transport(settings(base_url=url, request_timeout=0.2, retries=1, max_retry_delay=0.0))
        error = failure_of(transport, get(url=url + "/x"))
        transport.close()
    assert "got no complete answer within 0.2 s in 2 attempts" in str(error)
    assert error.transient


def test_the_socket_of_a_body_that_is_not_complete_in_time_is_shut_down() -> None:
    ours, theirs = socket.socketpair()
    with ours, theirs:
        ours.settimeout(10)
        reader = http.client.HTTPResponse(ours)
        reader.msg = http.client.HTTPMessage()
        raw = urllib3.HTTPResponse(
            body=reader.fp,
            status=200,
            headers={"Content-Length": "100"},
            preload_content=False,
            original_response=reader,
        )
        theirs.sendall(b"half of it")
        error = failure_of(connected(answer_with(raw)(), request_timeout=0.05, retries=0))
        assert error.transient
        theirs.settimeout(10)
        assert theirs.recv(1) == b""
