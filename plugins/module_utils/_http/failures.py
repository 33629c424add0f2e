# Copyright (c) 2026, the sailpoint.isc contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a refusal or a broken connection means: the reason in words, the advice, and whether another try makes sense.

The error bodies are those of SailPoint's OpenAPI documents, and others that were seen on live tenants.
"""

from __future__ import annotations

import dataclasses
import http.client
import json
import re
import socket
import ssl
import typing as t

try:
    from urllib3 import exceptions as urllib3_errors
except ImportError:
    pass

_LONGEST_TEXT = 300
_LONGEST_PAGE = 4096
_CHECK_NETWORK = "check base_url, the network and the proxy settings"
_ADVICE = {
    400: "correct the option that the message names",
    401: "the token was not accepted: give a fresh access_token, or client_id and client_secret",
    403: "the client lacks the scope or its user the rights for this, or something between refused it",
    404: "check the id, and that base_url is the address of the tenant's API",
    408: "try again later",
    429: "the rate limit of the client id is used up: run fewer forks, or raise retries",
}
_SERVER_ADVICE = (
    "the tenant or a gateway before it is in trouble: try again later, and give SailPoint's support the request id"
)


@dataclasses.dataclass(frozen=True)
class ErrorResponse:
    """What an answer with an error status says."""

    reason: str
    advice: str
    detail_code: str | None = None
    tracking_id: str | None = None

    @classmethod
    def read(cls, status: int, body: t.Any, redacted: t.Callable[[str], str] = str) -> ErrorResponse:
        """From the status and the body: JSON as it was parsed, or text. redacted: takes out what is not to be shown."""
        said = _said(body, redacted)
        return cls(
            reason=f"was refused with {status}" + (f" ({said})" if said else ""),
            advice=_ADVICE.get(status, _SERVER_ADVICE if status >= 500 else "check base_url and the options"),
            detail_code=_string(body, "detailCode", redacted),
            tracking_id=_string(body, "trackingId", redacted),
        )


def _said(body: t.Any, redacted: t.Callable[[str], str]) -> str:
    """The human part of an error body, on one line."""
    if isinstance(body, str):
        page = redacted(body)[:_LONGEST_PAGE]
        title = re.search(r"<title>(.*?)</title>", page, re.IGNORECASE | re.DOTALL)
        return _one_line(title[1] if title else re.sub(r"<[^>]*>", " ", page))
    if not isinstance(body, dict):
        return ""
    texts = []
    for listed in ("messages", "causes"):
        entries = body.get(listed)
        # The same message comes once for every language: the first of them serves.
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
    line = " ".join("".join(char if char.isprintable() else " " for char in text).split()).rstrip(".")
    return line if len(line) <= _LONGEST_TEXT else line[:_LONGEST_TEXT] + "..."


def kind_of(content: bytes, body: t.Any) -> str:
    """What an answer holds that is not what was wanted, in two words."""
    if not content:
        return "an empty body"
    if body is None:
        start = content.strip()[:15].lower()
        if start == b"null":
            return "null"
        return "a page of HTML" if start.startswith((b"<!doctype html", b"<html")) else "something that is not JSON"
    if isinstance(body, (dict, list)):
        return "a JSON object" if isinstance(body, dict) else "a JSON list"
    return f"the JSON {_one_line(json.dumps(body))}"


@dataclasses.dataclass(frozen=True)
class BrokenConnection:
    """Why no answer came; maybe_applied: the request may have reached the tenant all the same."""

    reason: str
    advice: str = _CHECK_NETWORK
    transient: bool = True
    maybe_applied: bool = True


def broken_connection(error: BaseException, limit: float) -> BrokenConnection:
    """Reads an exception of requests, urllib3 or the socket; limit is the time limit of the request in seconds."""
    causes = list(_causes(error))

    def found(*kinds: type) -> t.Any:
        return next((cause for cause in causes if isinstance(cause, kinds)), None)

    untrusted = found(ssl.SSLCertVerificationError)
    if untrusted is not None:
        why = getattr(untrusted, "verify_message", "") or "it is not trusted"
        return BrokenConnection(
            f"failed: the server's certificate is not accepted ({_one_line(why)})",
            "check the host name in base_url, or name the bundle of your certificate authority in ca_path",
            transient=False,
            maybe_applied=False,
        )
    unresolved = found(socket.gaierror)
    if unresolved is not None:
        return BrokenConnection(
            "failed: the host name cannot be resolved",
            transient=unresolved.errno == socket.EAI_AGAIN,
            maybe_applied=False,
        )
    if found(urllib3_errors.ProxyError):
        # urllib3 says so too of a connection that broke after it had carried the request to the proxy.
        broke = found(ConnectionError) is not None and found(urllib3_errors.NewConnectionError) is None
        return BrokenConnection("failed: the proxy does not let it through", maybe_applied=broke)
    # Before the timeouts, of which urllib3 makes this one.
    if found(urllib3_errors.NewConnectionError):
        refused = found(ConnectionRefusedError) is not None
        return BrokenConnection(
            "failed: the connection was refused" if refused else "failed: no connection to the host",
            maybe_applied=False,
        )
    if found(urllib3_errors.TimeoutError, TimeoutError, socket.timeout) or "timed out" in str(error):
        return BrokenConnection(
            f"got no complete answer within {limit:g} s",
            _CHECK_NETWORK + ", or raise request_timeout",
            maybe_applied=found(urllib3_errors.ConnectTimeoutError) is None,
        )
    if found(ConnectionError, http.client.HTTPException, urllib3_errors.ProtocolError, ssl.SSLEOFError):
        return BrokenConnection("failed: the connection broke before the answer was complete")
    if found(ssl.SSLError):
        return BrokenConnection(
            "failed: no TLS connection could be agreed on",
            "check that base_url is an https address and the port is right",
            transient=False,
        )
    if found(urllib3_errors.DecodeError):
        return BrokenConnection("failed: the answer cannot be decompressed")
    return BrokenConnection(f"failed ({type(causes[-1]).__name__})", transient=False)


def _causes(error: BaseException) -> t.Iterator[BaseException]:
    """An exception and all that it was raised from or carries."""
    pending = [error]
    seen: set[int] = set()
    while pending:
        cause = pending.pop(0)
        if id(cause) in seen:
            continue
        seen.add(id(cause))
        yield cause
        linked = (cause.__cause__, cause.__context__, getattr(cause, "reason", None), *cause.args)
        pending.extend(link for link in linked if isinstance(link, BaseException))
