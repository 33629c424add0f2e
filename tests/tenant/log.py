# Copyright (c) 2026, the sailpoint.isc contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The log of API requests, for tests to read: what was asked, what was answered, what it changed."""

from __future__ import annotations

import json
from collections import deque
from typing import Any

from aiohttp import web

KEPT_REQUESTS = 50_000
_SECRET_HEADERS = frozenset({"authorization", "cookie", "proxy-authorization"})


class Log:
    """Requests in the order in which they arrived."""

    def __init__(self) -> None:
        self.entries: deque[dict[str, Any]] = deque(maxlen=KEPT_REQUESTS)
        self.unsafe_refused = 0
        self._count = 0

    def add(self, request: web.Request, query: dict[str, str], body: Any) -> dict[str, Any]:
        """Note a request as it arrives. The caller fills in status, fault and effect as they come to be known."""
        self._count += 1
        entry: dict[str, Any] = {
            "n": self._count,
            "method": request.method,
            "path": request.path,
            "query": query,
            "raw_path": request.raw_path,
            "status": None,
            "client_id": None,
            "user_agent": request.headers.get("User-Agent"),
            "version": None,
            "operation": None,
            "headers": {
                name.lower(): value for name, value in request.headers.items() if name.lower() not in _SECRET_HEADERS
            },
            "body": body,
            "fault": None,
            "effect": None,
        }
        self.entries.append(entry)
        return entry


def summary(body: bytes, content_type: str) -> Any:
    """What the log keeps of a body that is not multipart: JSON, or nothing (a form may hold a secret)."""
    if "json" not in content_type:
        return None
    try:
        return json.loads(body)
    except ValueError:
        return body.decode("utf-8", "replace")
