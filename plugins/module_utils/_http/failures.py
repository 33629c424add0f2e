# Copyright (c) 2026, the sailpoint.isc contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
#
# Private to the collection: it may change in any release.

"""What an error response or a broken connection means: the reason, the advice, and whether a retry makes sense.

The error bodies are those of SailPoint's OpenAPI documents, and others that were seen on live tenants.
"""

from __future__ import annotations

import http.client
import json
import re
import socket
import ssl
import typing as t

from ansible_collections.sailpoint.isc.plugins.module_utils._text import one_line

try:
    from requests import exceptions as requests_errors
    from urllib3 import exceptions as urllib3_errors

    _INVALID_PROXY = (requests_errors.InvalidURL, requests_errors.InvalidSchema, urllib3_errors.LocationValueError)
except ImportError:
    pass

_TRANSIENT_STATUS = frozenset((408, 429, 500, 502, 503, 504))
_NOT_APPLIED = frozenset((400, 401, 403, 404, 405, 409, 412, 413, 415, 422, 429))
_LONGEST_TEXT = 300
_LONGEST_PAGE = 4096
_CHECK_NETWORK = "check base_url, the network and the proxy settings"
_CHECK_PROXY = "check HTTPS_PROXY, or add the host of base_url to NO_PROXY"
_PROXY_LOGIN = "add the user and the password of the proxy to HTTPS_PROXY"
_PROXY_REFUSES = "allow the host of base_url in the proxy, or add it to NO_PROXY"
_TUNNEL = re.compile(r"Tunnel connection failed:\s*(\d{3})\s*(.*)", re.DOTALL)
_ADVICE = {
    400: "correct the option that the message names",
    401: "the token was not accepted: set a new access_token, or client_id and client_secret",
    403: "the client lacks the scope, its user lacks the rights, or a gateway refused the request",
    407: _PROXY_LOGIN,
    404: "check the id, and that base_url is the address of the tenant's API",
    408: "try again later",
    429: "the rate limit of the client id is exceeded: use fewer forks, or increase retries",
}
_SERVER_ADVICE = "the tenant or a gateway has a problem: try again later, or give the request id to SailPoint support"


class Failure(t.NamedTuple):
    """Why a request failed, in facts of RequestFailed."""

    reason: str
    advice: str = _CHECK_NETWORK
    transient: bool = True
    maybe_applied: bool = True
    detail_code: str | None = None
    tracking_id: str | None = None


def error_response(status: int, body: t.Any, redacted: t.Callable[[str], str] = str) -> Failure:
    """Reads an answer with an error status. body: JSON as it was parsed, or text.

    redacted: removes secrets.
    """
    said = _said(body, redacted)
    return Failure(
        f"failed with status {status}" + (f" ({said})" if said else ""),
        _ADVICE.get(status, _SERVER_ADVICE if status >= 500 else "check base_url and the options"),
        transient=status in _TRANSIENT_STATUS,
        maybe_applied=status not in _NOT_APPLIED,
        detail_code=_string(body, "detailCode", redacted),
        tracking_id=_string(body, "trackingId", redacted),
    )


def _said(body: t.Any, redacted: t.Callable[[str], str]) -> str:
    """The human-readable part of an error body, on one line."""
    if isinstance(body, str):
        page = redacted(body)[:_LONGEST_PAGE]
        title = re.search(r"<title>(.*?)</title>", page, re.IGNORECASE | re.DOTALL)
        return _one_line(title[1] if title else re.sub(r"<[^>]*>", " ", page))
    if not isinstance(body, dict):
        return ""
    texts = []
    for listed in ("messages", "causes"):
        entries = body.get(listed)
        # The same message comes in several languages; the first one is used.
        for entry in entries[:1] if isinstance(entries, list) else ():
            texts.append(_string(entry, "text", redacted))
    for key in ("error", "error_description", "message", "errorMessage", "detailMessage", "formatted_msg"):
        texts.append(_string(body, key, redacted))
    distinct = dict.fromkeys(_one_line(text) for text in texts if text)
    return ": ".join(distinct) or _one_line(_string(body, "detailCode", redacted) or "")


def _string(body: t.Any, key: str, redacted: t.Callable[[str], str]) -> str | None:
    value = body.get(key) if isinstance(body, dict) else None
    return redacted(value) if isinstance(value, str) else None


def _one_line(text: str) -> str:
    return one_line(one_line(text).rstrip("."), _LONGEST_TEXT)


def kind_of(content: bytes, body: t.Any) -> str:
    """The kind of an unexpected answer, in a few words."""
    if not content:
        return "an empty body"
    if body is None:
        start = content.strip()[:15].lower()
        if start == b"null":
            return "null"
        return "an HTML page" if start.startswith((b"<!doctype html", b"<html")) else "something that is not JSON"
    if isinstance(body, (dict, list)):
        return "a JSON object" if isinstance(body, dict) else "a JSON list"
    return f"the JSON {_one_line(json.dumps(body))}"


class Limit(t.NamedTuple):
    """The time limit of a request in seconds. by_deadline: the rest of a wait, not request_timeout."""

    seconds: float
    by_deadline: bool = False

    def __str__(self) -> str:
        if self.by_deadline:
            return f"the remaining {self.seconds:.1f} s of timeout"
        return f"{self.seconds:g} s"

    @property
    def advice(self) -> str:
        """What to do if it was too short."""
        return f"{_CHECK_NETWORK}, or increase {'timeout' if self.by_deadline else 'request_timeout'}"


def broken_connection(error: BaseException, limit: Limit, proxy: str | None = None, cut: bool = False) -> Failure:
    """Reads an exception of requests, urllib3 or the socket.

    limit: the time limit of what failed.
    proxy: the address of the proxy that was used, without a user and a password; empty if that is no address.
    cut: the answer was cut off, because it was not complete in time.
    """
    if cut:
        option = "" if limit.by_deadline else " (request_timeout)"
        return Failure(f"failed: the answer was not complete within {limit}{option}", limit.advice)
    causes = _Causes(error)
    # The second is urllib3's own.
    untrusted = causes.find(ssl.SSLCertVerificationError) or causes.named("CertificateError")
    if untrusted is not None:
        why = getattr(untrusted, "verify_message", "") or (str(untrusted) if len(untrusted.args) == 1 else "")
        return Failure(
            f"failed: the server's certificate was not accepted ({_one_line(why) or 'it is not trusted'})",
            "check the host name in base_url, or set ca_path to the bundle of your certificate authority",
            transient=False,
            maybe_applied=False,
        )
    # With a proxy, all connections go to it, and only its name is resolved.
    of_proxy = (urllib3_errors.ConnectTimeoutError, socket.gaierror, *_INVALID_PROXY)
    if proxy == "" or causes.find(urllib3_errors.ProxyError) or (proxy and causes.find(*of_proxy)):
        return _broken_proxy(causes, limit, proxy)
    unresolved = causes.find(socket.gaierror)
    if unresolved is not None:
        return Failure(
            "failed: the host name cannot be resolved",
            transient=unresolved.errno == socket.EAI_AGAIN,
            maybe_applied=False,
        )
    # Before the timeouts, of which urllib3 makes this one.
    if causes.find(urllib3_errors.NewConnectionError):
        refused = causes.find(ConnectionRefusedError) is not None
        return Failure(
            "failed: the connection was refused" if refused else "failed: no connection to the host",
            maybe_applied=False,
        )
    if causes.timed_out():
        return Failure(
            f"got no complete answer within {limit}",
            limit.advice,
            maybe_applied=causes.find(urllib3_errors.ConnectTimeoutError) is None,
        )
    if causes.find(ConnectionError, http.client.HTTPException, urllib3_errors.ProtocolError, ssl.SSLEOFError):
        return Failure("failed: the connection was lost before the answer was complete")
    if causes.find(ssl.SSLError):
        return Failure(
            "failed: TLS handshake error",
            "check that base_url is an https address with the right port",
            transient=False,
        )
    if causes.find(urllib3_errors.DecodeError):
        return Failure("failed: the answer cannot be decompressed")
    return Failure(f"failed ({type(causes.all[-1]).__name__})", transient=False)


def _broken_proxy(causes: _Causes, limit: Limit, address: str | None) -> Failure:
    """Why a request did not get through a proxy."""
    proxy = f"the proxy {address}" if address else "the proxy"
    refusal = next((found for cause in causes.all if (found := _TUNNEL.fullmatch(str(cause)))), None)
    if refusal is not None:
        status, text = int(refusal[1]), _one_line(refusal[2])
        return Failure(
            f"failed: {proxy} refused the connection with {status}" + (f" ({text})" if text else ""),
            _PROXY_LOGIN if status == 407 else _PROXY_REFUSES,
            transient=status == 429 or status >= 500,
            maybe_applied=False,
        )
    unresolved = causes.find(socket.gaierror)
    if unresolved is not None:
        why, transient = "its name cannot be resolved", unresolved.errno == socket.EAI_AGAIN
    elif address == "" or causes.find(*_INVALID_PROXY):
        why, transient = "its address is not valid or not supported", False
    elif causes.find(ConnectionRefusedError):
        why, transient = "the connection was refused", True
    elif causes.timed_out() and causes.find(urllib3_errors.NewConnectionError) is None:
        why, transient = f"no answer within {limit}", True
    elif causes.find(ConnectionError, http.client.HTTPException):
        # The proxy may have received the request before.
        return Failure(f"failed: the connection to {proxy} broke", _CHECK_PROXY)
    else:
        why, transient = "no connection", True
    return Failure(f"failed: {proxy} cannot be reached: {why}", _CHECK_PROXY, transient=transient, maybe_applied=False)


class _Causes:
    """An exception and its causes."""

    def __init__(self, error: BaseException) -> None:
        self.all = [error]
        for cause in self.all:  # which grows meanwhile
            linked = (cause.__cause__, cause.__context__, getattr(cause, "reason", None), *cause.args)
            self.all += [link for link in linked if isinstance(link, BaseException) and link not in self.all]

    def find(self, *kinds: type) -> t.Any:
        """The first of one of these types."""
        return next((cause for cause in self.all if isinstance(cause, kinds)), None)

    def named(self, name: str) -> BaseException | None:
        """The first whose class has this name."""
        return next((cause for cause in self.all if type(cause).__name__ == name), None)

    def timed_out(self) -> bool:
        """Whether the cause is a timeout."""
        timeout = self.find(urllib3_errors.TimeoutError, TimeoutError, socket.timeout)
        return timeout is not None or "timed out" in str(self.all[0])
