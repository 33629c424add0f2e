# Copyright (c) 2026, the sailpoint.isc contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import http.client
import socket
import ssl
import typing as t

import pytest
import requests
from ansible_collections.sailpoint.isc.plugins.module_utils._http.failures import (
    Limit,
    broken_connection,
    error_response,
    kind_of,
)
from hypothesis import given
from hypothesis import strategies as st
from urllib3 import exceptions as urllib3_errors

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["messages", "causes", "text", "error", "message", "detailCode", "trackingId"]), inner
        )
    ),
    max_leaves=6,
)


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (
            {
                "detailCode": "400.1 Bad Request Content",
                "messages": [{"locale": "en-US", "text": "Wrong filter."}, {"locale": "de-DE", "text": "Falsch."}],
                "causes": [{"text": "id is not known"}],
            },
            "Wrong filter: id is not known",
        ),
        ({"detailCode": "403 Forbidden", "messages": [], "causes": None}, "403 Forbidden"),
        ({"error": "JWT validation failed: JWT is expired"}, "JWT validation failed: JWT is expired"),
        ({"error": "invalid_client", "error_description": "Bad  secret"}, "invalid_client: Bad secret"),
        ({"message": " Rate Limit Exceeded "}, "Rate Limit Exceeded"),
        ({"message": "same", "errorMessage": "same."}, "same"),
        ({"errorMessage": "a", "detailMessage": "b", "formatted_msg": "c"}, "a: b: c"),
        ({"messages": ["text"], "error": 5}, ""),
        ("error code: 1010", "error code: 1010"),
        ("<html><head><TITLE>502 Bad\nGateway</TITLE></head><body>nginx</body></html>", "502 Bad Gateway"),
        ("<p>Sorry</p><p>later</p>", "Sorry later"),
        ("bell\x07 and\x00 null", "bell and null"),
        ("", ""),
        ([{"error": "x"}], ""),
        (None, ""),
    ],
)
def test_an_error_body_is_worded_on_one_line(body: t.Any, said: str) -> None:
    assert error_response(400, body).reason == ("failed with status 400" + (f" ({said})" if said else ""))


def test_a_long_text_is_cut() -> None:
    reason = error_response(500, {"error": "long " * 1000}).reason
    assert reason.endswith("...)")
    assert len(reason) < 350


def test_the_codes_that_support_asks_for_are_taken_as_they_are() -> None:
    refusal = error_response(400, {"detailCode": "400.1", "trackingId": "t-1"})
    assert (refusal.detail_code, refusal.tracking_id) == ("400.1", "t-1")
    refusal = error_response(400, {"detailCode": 400, "trackingId": None})
    assert (refusal.detail_code, refusal.tracking_id) == (None, None)


def test_every_refusal_has_its_advice() -> None:
    advice = {status: error_response(status, None).advice for status in (400, 401, 403, 404, 408, 418, 429, 500, 503)}
    assert all(advice.values())
    assert "fewer forks" in advice[429]
    assert "scope" in advice[403]
    assert advice[500] == advice[503] != advice[418]


@given(st.integers(300, 599), JSON)
def test_any_error_body_is_read_to_one_line(status: int, body: t.Any) -> None:
    reason = error_response(status, body).reason
    assert reason.startswith(f"failed with status {status}")
    assert reason.isprintable()


@given(st.binary())
def test_any_content_has_a_name(content: bytes) -> None:
    assert kind_of(content, None) in ("an empty body", "null", "an HTML page", "something that is not JSON")


@pytest.mark.parametrize(("body", "kind"), [({}, "a JSON object"), ([], "a JSON list"), (5, "the JSON 5")])
def test_json_of_the_wrong_kind_is_named(body: t.Any, kind: str) -> None:
    assert kind_of(b"x", body) == kind


def raised(error: BaseException, *causes: BaseException) -> BaseException:
    """An exception that was raised from others, one from the next."""
    for above, below in zip([error, *causes], causes):
        above.__cause__ = below
    return error


UNTRUSTED = ssl.SSLCertVerificationError(1, "certificate verify failed")
REFUSED = urllib3_errors.NewConnectionError(None, "x")  # type: ignore[arg-type]
MAX_RETRIES: t.Any = urllib3_errors.MaxRetryError


@pytest.mark.parametrize(
    ("error", "reason", "transient", "maybe_applied"),
    [
        (
            requests.exceptions.SSLError(MAX_RETRIES(None, "/", reason=urllib3_errors.SSLError(UNTRUSTED))),
            "failed: the server's certificate was not accepted (it is not trusted)",
            False,
            False,
        ),
        (
            requests.ConnectionError(MAX_RETRIES(None, "/", reason=raised(REFUSED, socket.gaierror(-2, "unknown")))),
            "failed: the host name cannot be resolved",
            False,
            False,
        ),
        (
            raised(requests.ConnectionError(), socket.gaierror(socket.EAI_AGAIN, "later")),
            "failed: the host name cannot be resolved",
            True,
            False,
        ),
        (
            raised(
                requests.ConnectionError(),
                urllib3_errors.NewConnectionError(None, "x"),  # type: ignore[arg-type]
                ConnectionRefusedError(),
            ),
            "failed: the connection was refused",
            True,
            False,
        ),
        (
            requests.ConnectionError(urllib3_errors.NewConnectionError(None, "no route")),  # type: ignore[arg-type]
            "failed: no connection to the host",
            True,
            False,
        ),
        (
            requests.ConnectTimeout(urllib3_errors.ConnectTimeoutError("connect")),
            "got no complete answer within 30 s",
            True,
            False,
        ),
        (
            requests.ReadTimeout(urllib3_errors.ReadTimeoutError(None, "/", "read")),  # type: ignore[arg-type]
            "got no complete answer within 30 s",
            True,
            True,
        ),
        (TimeoutError(), "got no complete answer within 30 s", True, True),
        (requests.ConnectionError("Read timed out."), "got no complete answer within 30 s", True, True),
        (
            requests.ConnectionError(urllib3_errors.ProtocolError("aborted", ConnectionResetError())),
            "failed: the connection was lost before the answer was complete",
            True,
            True,
        ),
        (
            requests.exceptions.ChunkedEncodingError(http.client.IncompleteRead(b"half")),
            "failed: the connection was lost before the answer was complete",
            True,
            True,
        ),
        (ssl.SSLEOFError(8, "eof"), "failed: the connection was lost before the answer was complete", True, True),
        (ssl.SSLError(1, "wrong version"), "failed: TLS handshake error", False, True),
        (
            requests.exceptions.ContentDecodingError(urllib3_errors.DecodeError("gzip")),
            "failed: the answer cannot be decompressed",
            True,
            True,
        ),
        (requests.exceptions.InvalidHeader("bad"), "failed (InvalidHeader)", False, True),
    ],
)
def test_a_broken_connection_says_why_and_what_that_means(
    error: BaseException, reason: str, transient: bool, maybe_applied: bool
) -> None:
    broken = broken_connection(error, Limit(30))
    assert (broken.reason, broken.transient, broken.maybe_applied) == (reason, transient, maybe_applied)
    assert broken.advice


class CertificateError(ValueError):
    """As urllib3 before 2.0 has it on Python 3.10 and later."""


def test_a_certificate_for_another_host_is_not_accepted_by_an_old_urllib3_either() -> None:
    error = CertificateError("hostname 'a' doesn't match 'b'")
    broken = broken_connection(requests.exceptions.SSLError(MAX_RETRIES(None, "/", reason=error)), Limit(30))
    assert broken.reason == "failed: the server's certificate was not accepted (hostname 'a' doesn't match 'b')"
    assert not broken.transient


PROXY = "http://proxy:3128"
UNUSABLE = "cannot be reached: its address is not valid or not supported"
RECEIVED = http.client.RemoteDisconnected("Remote end closed connection")


def tunnel(answer: str) -> BaseException:
    refused = OSError(f"Tunnel connection failed: {answer}")
    return requests.exceptions.ProxyError(MAX_RETRIES(None, "/", reason=urllib3_errors.ProxyError("no", refused)))


def unconnected() -> BaseException:
    return urllib3_errors.NewConnectionError(None, "x")  # type: ignore[arg-type]


def to_proxy(*causes: BaseException) -> BaseException:
    return requests.exceptions.ProxyError(urllib3_errors.ProxyError("no", t.cast(Exception, raised(*causes))))


@pytest.mark.parametrize(
    ("error", "says", "transient", "maybe_applied"),
    [
        (tunnel("403 Forbidden"), "refused the connection with 403 (Forbidden)", False, False),
        (tunnel("407 Who are\tyou?"), "refused the connection with 407 (Who are you?)", False, False),
        (tunnel("503"), "refused the connection with 503", True, False),
        (
            to_proxy(unconnected(), ConnectionRefusedError()),
            "cannot be reached: the connection was refused",
            True,
            False,
        ),
        (to_proxy(unconnected()), "cannot be reached: no connection", True, False),
        (
            to_proxy(unconnected(), socket.gaierror(socket.EAI_NONAME, "unknown")),
            "cannot be reached: its name cannot be resolved",
            False,
            False,
        ),
        (to_proxy(socket.timeout("timed out")), "cannot be reached: no answer within 30 s", True, False),
        # urllib3 before 2.0 does not say that it was on its way to the proxy.
        (
            requests.ConnectTimeout(urllib3_errors.ConnectTimeoutError("connect")),
            "cannot be reached: no answer within 30 s",
            True,
            False,
        ),
        (requests.exceptions.InvalidProxyURL("no host"), UNUSABLE, False, False),
        (requests.exceptions.InvalidSchema("Missing dependencies for SOCKS support."), UNUSABLE, False, False),
        (urllib3_errors.ProxySchemeUnknown("socks9"), UNUSABLE, False, False),
    ],
)
def test_a_proxy_that_is_in_the_way_is_named(
    error: BaseException, says: str, transient: bool, maybe_applied: bool
) -> None:
    broken = broken_connection(error, Limit(30), PROXY)
    assert broken.reason == f"failed: the proxy {PROXY} {says}"
    assert (broken.transient, broken.maybe_applied) == (transient, maybe_applied)
    assert "_PROXY" in broken.advice


def test_a_proxy_that_hangs_up_may_have_had_the_request() -> None:
    broken = broken_connection(to_proxy(RECEIVED), Limit(30), PROXY)
    assert broken.reason == f"failed: the connection to the proxy {PROXY} broke"
    assert broken.maybe_applied


@pytest.mark.parametrize(
    ("limit", "reason", "advice"),
    [
        (
            Limit(2.5),
            "failed: the answer was not complete within 2.5 s (request_timeout)",
            "increase request_timeout",
        ),
        (
            Limit(1.2345, by_deadline=True),
            "failed: the answer was not complete within the remaining 1.2 s of timeout",
            "increase timeout",
        ),
    ],
)
def test_an_answer_that_was_cut_off_says_which_limit_it_was(limit: Limit, reason: str, advice: str) -> None:
    broken = broken_connection(urllib3_errors.ProtocolError("broken"), limit, cut=True)
    assert broken.reason == reason
    assert broken.advice.endswith(advice)
    assert (broken.transient, broken.maybe_applied) == (True, True)


def test_a_limit_that_was_the_deadline_is_not_said_to_be_request_timeout() -> None:
    broken = broken_connection(TimeoutError(), Limit(4.239, by_deadline=True))
    assert broken.reason == "got no complete answer within the remaining 4.2 s of timeout"
    assert broken.advice.endswith("or increase timeout")


def test_a_certificate_says_what_is_wrong_with_it_and_what_to_do() -> None:
    error = ssl.SSLCertVerificationError(1, "x")
    error.verify_message = "certificate has expired"
    broken = broken_connection(error, Limit(30))
    assert "(certificate has expired)" in broken.reason
    assert "ca_path" in broken.advice


def test_exceptions_that_carry_each_other_come_to_an_end() -> None:
    one, other = ValueError(), KeyError()
    one.__cause__, other.__cause__ = other, one
    assert broken_connection(one, Limit(1)).reason.startswith("failed (")
