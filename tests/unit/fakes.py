# Copyright (c) 2026, the sailpoint.isc contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Small stand-ins that several unit tests share: a clock, settings, a wire that answers from a script."""

from __future__ import annotations

import io
import json
import re
import typing as t

import requests
import requests.adapters
import urllib3
from ansible_collections.sailpoint.isc.plugins.module_utils._http.settings import Settings
from ansible_collections.sailpoint.isc.plugins.module_utils._http.transport import Transport
from ansible_collections.sailpoint.isc.plugins.module_utils._tasks.polling import Clock

BASE_URL = "http://127.0.0.1:8080"


class FakeClock(Clock):
    """A clock that only moves when somebody sleeps; called, it tells the time."""

    def __init__(self, time: float = 1000.0) -> None:
        self.time = time
        self.pauses: list[float] = []

    def now(self) -> float:
        return self.time

    def sleep(self, seconds: float) -> None:
        self.pauses.append(seconds)
        self.time += seconds

    __call__ = now


def options(**changes: t.Any) -> dict[str, t.Any]:
    """The connection options of a module as Ansible hands them over, with a token and nothing else given."""
    return {
        "base_url": BASE_URL,
        "client_id": None,
        "client_secret": None,
        "access_token": "given-token",
        "api_version": "beta",
        "validate_certs": True,
        "ca_path": None,
        "request_timeout": 30.0,
        "retries": 5,
        "max_retry_delay": 60.0,
        **changes,
    }


def settings(**changes: t.Any) -> Settings:
    return Settings.from_options(options(**changes))


class Reply(t.NamedTuple):
    """An answer on the wire; body is sent as JSON unless it is bytes."""

    status: int = 200
    body: t.Any = b""
    headers: dict[str, str] = {}


class Wire(requests.adapters.BaseAdapter):
    """Answers requests from a script instead of a network: replies, exceptions, or functions of the request."""

    def __init__(self, *script: t.Any) -> None:
        super().__init__()
        self.script = list(script)
        self.requests: list[requests.PreparedRequest] = []
        self.facts: list[dict[str, t.Any]] = []
        self.closed = False

    def send(self, request: requests.PreparedRequest, **facts: t.Any) -> requests.Response:  # type: ignore[override]
        self.requests.append(request)
        self.facts.append(facts)
        step = self.script.pop(0)
        if callable(step) and not isinstance(step, type):
            step = step(request)
        if isinstance(step, BaseException):
            raise step
        body = step.body if isinstance(step.body, bytes) else json.dumps(step.body).encode()
        raw = urllib3.HTTPResponse(
            body=io.BytesIO(body), status=step.status, headers=step.headers, preload_content=False
        )
        return requests.adapters.HTTPAdapter().build_response(request, raw)

    def close(self) -> None:
        self.closed = True


def connected(wire: Wire, clock: FakeClock | None = None, **changes: t.Any) -> Transport:
    """A transport whose requests go to this wire."""
    clock = clock or FakeClock()
    transport = Transport(settings(**changes), clock=clock.now, sleep=clock.sleep)
    for scheme in ("http://", "https://"):
        transport._session.mount(scheme, wire)
    return transport


class Condition(t.NamedTuple):
    """One comparison of a filter expression."""

    field: str
    operator: str
    values: tuple[str, ...] = ()


def read_filter(expression: str) -> list[Condition]:
    """Reads a filter expression back, character by character; ValueError for anything that the API would refuse."""
    rest = expression
    conditions = []
    while True:
        field, rest = _word(rest)
        rest = _token(rest, " ")
        operator, rest = _word(rest)
        if operator == "isnull":
            conditions.append(Condition(field, operator))
        elif operator == "eq":
            value, rest = _string(_token(rest, " "))
            conditions.append(Condition(field, operator, (value,)))
        elif operator == "in":
            values = []
            rest = _token(rest, " (")
            while True:
                value, rest = _string(rest)
                values.append(value)
                if rest.startswith(")"):
                    break
                rest = _token(rest, ",")
            rest = rest[1:]
            conditions.append(Condition(field, operator, tuple(values)))
        else:
            raise ValueError(f"no operator: {operator!r}")
        if not rest:
            return conditions
        rest = _token(rest, " and ")


def _word(text: str) -> tuple[str, str]:
    word = re.match("[A-Za-z]+", text)
    if word is None:
        raise ValueError(f"a name belongs here: {text!r}")
    return word[0], text[word.end() :]


def _token(text: str, token: str) -> str:
    if not text.startswith(token):
        raise ValueError(f"{token!r} belongs here: {text!r}")
    return text[len(token) :]


def _string(text: str) -> tuple[str, str]:
    text = _token(text, '"')
    value = ""
    while text[:1] != '"':
        if text[:1] == "\\":
            if text[1:2] not in ("\\", '"'):
                raise ValueError(f"no escape: {text[:2]!r}")
            text = text[1:]
        if not text:
            raise ValueError("a string without its end")
        value, text = value + text[0], text[1:]
    return value, text[1:]
