# Copyright (c) 2026, the sailpoint.isc contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Faults on demand: which request is hit, and what becomes of its answer.

Faults that replace the answer (`REPLACING`) keep the request from being processed, the others let it take effect first
and then spoil the answer. `processed: true` or `false` in the fault says otherwise.
"""

from __future__ import annotations

import asyncio
import json
import re
import socket
import struct
import time
from collections.abc import Mapping
from dataclasses import dataclass
from email.utils import formatdate
from typing import Any, Callable

from aiohttp import web

from .errors import JWT_EXPIRED, RATE_LIMITED, error_body
from .versions import OPERATIONS, VERSIONS

REPLACING = frozenset({"status", "reset_before", "html", "redirect", "unauthorized", "expire_token"})
CUTTING = frozenset(
    {
        "reset_before",
        "reset_after",
        "reset_during",
        "short_body",
        "short_chunked",
        "short_unframed",
        "chunked_garbage",
        "slow_body",
    }
)
"""Faults that write to the connection by themselves."""
SPOILING = frozenset(
    {
        "slow_first_byte",
        "empty",
        "null",
        "no_content",
        "wrong_shape",
        "extra_keys",
        "missing_keys",
        "repeat_page",
        "total_lies",
        "no_expires_in",
    }
)
NAMES = REPLACING | CUTTING | SPOILING

HTML = "<!DOCTYPE html>\n<html><head><title>{title}</title></head><body><h1>{title}</h1></body></html>\n"
_OPTIONAL_KEYS = [
    "uniqueName",
    "description",
    "parentName",
    "launcher",
    "target",
    "modified",
    "launched",
    "messages",
    "returns",
    "attributes",
    "progress",
    "percentComplete",
    "taskDefinitionSummary",
    "owner",
    "cluster",
    "features",
    "healthy",
    "status",
    "since",
    "connector",
    "connectorAttributes",
    "connectorName",
    "connectionType",
    "category",
]
_CONDITIONS = frozenset({"fault", "method", "path", "operation", "version", "nth", "times", "processed"})
_ARGUMENTS = frozenset(
    [
        "code",
        "body",
        "html",
        "json",
        "headers",
        "retry_after",
        "retry_after_date",
        "seconds",
        "total",
        "values",
        "keys",
        "value",
        "location",
    ]
)


@dataclass
class Fault:
    """One fault of a scenario: the requests that it waits for, and its arguments."""

    name: str
    arguments: Mapping[str, Any]
    method: str | None = None
    path: str | None = None
    operation: str | None = None
    version: str | None = None
    nth: int = 1
    times: int | None = 1
    processed: bool = False
    _seen: int = 0
    _hits: int = 0

    @classmethod
    def from_spec(cls, spec: Mapping[str, Any]) -> Fault:
        name = spec.get("fault")
        if name not in NAMES:
            raise ValueError(f"unknown fault {name!r}; there are {', '.join(sorted(NAMES))}")
        unknown = set(spec) - _CONDITIONS - _ARGUMENTS
        if unknown:
            raise ValueError(f"unknown keys of fault {name}: {', '.join(sorted(unknown))}")
        operation = spec.get("operation")
        if operation is not None and operation not in {"token", *(known.name for known in OPERATIONS)}:
            raise ValueError(f"fault {name}: unknown operation {operation!r}")
        if spec.get("version") is not None and spec["version"] not in VERSIONS:
            raise ValueError(f"fault {name}: unknown version {spec['version']!r}")
        re.compile(spec.get("path") or "")
        times = spec.get("times", 1)
        return cls(
            name,
            arguments={key: value for key, value in spec.items() if key in _ARGUMENTS},
            method=spec.get("method"),
            path=spec.get("path"),
            operation=operation,
            version=spec.get("version"),
            nth=int(spec.get("nth", 1)),
            times=None if times is None else int(times),
            processed=bool(spec.get("processed", name not in REPLACING)),
        )

    def waits_for(self, method: str, path: str, operation: str | None, version: str | None) -> bool:
        return (
            (self.method is None or self.method.upper() == method)
            and (self.path is None or re.search(self.path, path) is not None)
            and (self.operation is None or self.operation == operation)
            and (self.version is None or self.version == version)
        )

    def due(self) -> bool:
        return self._seen >= self.nth and (self.times is None or self._hits < self.times)


def pick(faults: list[Fault], method: str, path: str, operation: str | None, version: str | None) -> Fault | None:
    """Count this request for every fault that waits for its kind; the first one that is due hits it."""
    waiting = [fault for fault in faults if fault.waits_for(method, path, operation, version)]
    for fault in waiting:
        fault._seen += 1
    for fault in waiting:
        if fault.due():
            fault._hits += 1
            return fault
    return None


def replacement(fault: Fault) -> web.Response:
    """The answer of a fault that puts its own in place of the API's."""
    arguments = fault.arguments
    if fault.name == "html":
        return web.Response(text=HTML.format(title="Sign in"), content_type="text/html")
    if fault.name == "redirect":
        location = str(arguments.get("location", "https://elsewhere.invalid/"))
        return web.Response(status=int(arguments.get("code", 302)), headers={"Location": location})
    if fault.name in ("unauthorized", "expire_token"):
        return web.json_response({"error": JWT_EXPIRED}, status=401)
    code = int(arguments.get("code", 500))
    headers = {str(name): str(value) for name, value in (arguments.get("headers") or {}).items()}
    if "retry_after" in arguments:
        headers["Retry-After"] = str(arguments["retry_after"])
    if "retry_after_date" in arguments:
        headers["Retry-After"] = formatdate(time.time() + float(arguments["retry_after_date"]), usegmt=True)
    if "html" in arguments:
        return web.Response(status=code, text=str(arguments["html"]), content_type="text/html", headers=headers)
    if "body" in arguments:
        return web.Response(status=code, text=str(arguments["body"]), headers=headers)
    document = arguments.get("json", _usual_body(code))
    return web.json_response(document, status=code, headers=headers)


def _usual_body(code: int) -> Any:
    if code == 401:
        return {"error": JWT_EXPIRED}
    return RATE_LIMITED if code == 429 else error_body(code, f"Stand-in fault: {code}")


async def spoil(fault: Fault, response: web.Response) -> web.Response:
    """The API's answer as the fault leaves it."""
    arguments = fault.arguments
    if fault.name == "slow_first_byte":
        await asyncio.sleep(float(arguments.get("seconds", 1)))
    elif fault.name == "empty":
        response.body = b""
    elif fault.name == "null":
        response.body = b"null"
    elif fault.name == "no_content":
        return web.Response(status=204)
    elif fault.name == "wrong_shape":
        _edit(response, lambda document: {"items": document} if isinstance(document, list) else [document])
    elif fault.name == "extra_keys":
        values = arguments.get("values") or {"futureKey": {"nested": [1, None]}, "futureFlag": True}
        _edit(response, lambda document: _each(document, lambda record: {**record, **values}))
    elif fault.name == "missing_keys":
        keys = set(arguments.get("keys") or _OPTIONAL_KEYS)
        _edit(response, lambda document: _each(document, lambda record: _without(record, keys)))
    elif fault.name == "no_expires_in":
        _edit(response, lambda document: _each(document, lambda record: _without(record, {"expires_in"})))
    elif fault.name == "total_lies" and "X-Total-Count" in response.headers:
        truth = int(response.headers["X-Total-Count"])
        response.headers["X-Total-Count"] = str(arguments.get("value", truth * 2 + 7))
    return response


def _edit(response: web.Response, change: Callable[[Any], Any]) -> None:
    if isinstance(response.body, bytes) and response.body:
        response.body = json.dumps(change(json.loads(response.body))).encode()


def _each(document: Any, change: Callable[[dict[str, Any]], dict[str, Any]]) -> Any:
    if isinstance(document, list):
        return [_each(entry, change) for entry in document]
    return change(document) if isinstance(document, dict) else document


def _without(record: dict[str, Any], keys: set[str]) -> dict[str, Any]:
    return {key: value for key, value in record.items() if key not in keys}


async def cut(fault: Fault, request: web.Request, response: web.Response) -> None:
    """Write the answer as the fault wants it, straight to the connection, and end the connection."""
    transport = request.transport
    if transport is None:  # the client has gone away
        return
    assert isinstance(transport, asyncio.Transport)
    body = b"" if request.method == "HEAD" or not isinstance(response.body, bytes) else response.body
    half = body[: len(body) // 2]
    if fault.name in ("reset_before", "reset_after"):
        _reset(transport)
    elif fault.name == "reset_during":
        transport.write(_head(response, f"Content-Length: {len(body)}") + half)
        # Time for the bytes to arrive: what a reset overtakes may never be read.
        await asyncio.sleep(0.05)
        _reset(transport)
    elif fault.name == "short_body":
        transport.write(_head(response, f"Content-Length: {len(body) + 10}") + body)
        transport.close()
    elif fault.name == "short_chunked":
        transport.write(_head(response, "Transfer-Encoding: chunked") + _chunk(half))
        transport.close()
    elif fault.name == "short_unframed":
        transport.write(_head(response) + half)
        transport.close()
    elif fault.name == "chunked_garbage":
        transport.write(_head(response, "Transfer-Encoding: chunked") + _chunk(half) + b"no chunk size\r\n\x00\xff")
        transport.close()
    elif fault.name == "slow_body":
        await _write_slowly(fault, transport, _head(response, f"Content-Length: {len(body)}"), body)


async def _write_slowly(fault: Fault, transport: asyncio.Transport, head: bytes, body: bytes) -> None:
    pause = max(0.001, float(fault.arguments.get("seconds", 0.1)))
    pieces = max(1, round(float(fault.arguments.get("total", 2)) / pause))
    size = max(1, -(-len(body) // pieces))
    transport.write(head)
    for start in range(0, len(body), size):
        await asyncio.sleep(pause)
        if transport.is_closing():
            return
        transport.write(body[start : start + size])
    transport.close()


def _head(response: web.Response, *framing: str) -> bytes:
    lines = [f"HTTP/1.1 {response.status} {response.reason}"]
    lines += [f"{name}: {value}" for name, value in response.headers.items() if name.lower() != "content-length"]
    return "\r\n".join([*lines, *framing, "Connection: close", "", ""]).encode("latin-1")


def _chunk(data: bytes) -> bytes:
    return b"%x\r\n%s\r\n" % (len(data), data) if data else b""


def _reset(transport: asyncio.Transport) -> None:
    """End the connection with a RST instead of a FIN."""
    connection = transport.get_extra_info("socket")
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    transport.abort()
