# Copyright (c) 2026, the sailpoint.isc contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Error answers as the API words them, and the exception that carries one."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from typing import Any

DETAIL_CODES = {
    400: "400.1 Bad Request Content",
    403: "403 Forbidden",
    404: "404 Not found",
    405: "405 Method not allowed",
    414: "414 URI too long",
    415: "415 Unsupported media type",
    500: "500.0 Internal fault",
}

JWT_EXPIRED = "JWT validation failed: JWT is expired"
JWT_INVALID = "JWT validation failed: JWT is not valid"
RATE_LIMITED = {"message": " Rate Limit Exceeded "}


def error_body(status: int, text: str, causes: list[str] | None = None) -> dict[str, Any]:
    """The API's error document; every text stands in it once a locale."""
    return {
        "detailCode": DETAIL_CODES.get(status, str(status)),
        "trackingId": uuid.uuid4().hex,
        "messages": _messages(text),
        "causes": [message for cause in causes or [] for message in _messages(cause)],
    }


def _messages(text: str) -> list[dict[str, str]]:
    return [
        {"locale": "und", "localeOrigin": "REQUEST", "text": text},
        {"locale": "en-US", "localeOrigin": "DEFAULT", "text": text},
    ]


class ApiError(Exception):
    """An answer that ends a request early: status, JSON body (or plain text) and extra headers."""

    def __init__(self, status: int, body: Any, headers: Mapping[str, str] | None = None) -> None:
        super().__init__(status, body)
        self.status = status
        self.body = body
        self.headers = dict(headers or {})


def bad_request(text: str, causes: list[str] | None = None) -> ApiError:
    return ApiError(400, error_body(400, text, causes))


def forbidden(text: str) -> ApiError:
    return ApiError(403, error_body(403, text))


def not_found(text: str) -> ApiError:
    return ApiError(404, error_body(404, text))


def unauthorized(text: str) -> ApiError:
    return ApiError(401, {"error": text})
