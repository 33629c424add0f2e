# Copyright (c) 2026, the sailpoint.isc contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Everything that can go wrong between a module and the tenant, and what is to come of it."""

from __future__ import annotations

import enum
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

ONE_PAGE = 3
"""Records that the modules ask for at once, where they page."""

# Seconds that the modules wait for an answer where it is slow
_PATIENCE = 1.0
IMPATIENT = {"request_timeout": _PATIENCE}
SLOW: tuple[dict[str, Any], ...] = (
    {"fault": "slow_first_byte", "seconds": 2 * _PATIENCE},
    {"fault": "slow_body", "seconds": _PATIENCE / 8, "total": 2 * _PATIENCE},
)


class Expected(enum.Enum):
    """What is to come of a fault."""

    SURVIVED = "survived"
    FAILED = "failed clearly"
    EITHER = "either"


class Place(enum.Enum):
    """The request that a fault hits."""

    TOKEN = "token"
    READ = "first read"
    NEXT_PAGE = "second page"
    WRITE = "write"


SURVIVED, FAILED, EITHER = Expected.SURVIVED, Expected.FAILED, Expected.EITHER
EVERYWHERE = frozenset(Place)
OF_THE_API = EVERYWHERE - {Place.TOKEN}
OF_LISTS = frozenset({Place.READ, Place.NEXT_PAGE})


@dataclass(frozen=True)
class Fault:
    """A fault, and what is to come of it when it hits so many times (None: for ever).

    options: what modules are given with it.
    is_true: whether what a module is told is what is there; otherwise its result can only be as true as that.
    """

    name: str
    spec: Mapping[str, Any]
    outcomes: Mapping[int | None, Expected]
    places: frozenset[Place] = EVERYWHERE
    options: Mapping[str, Any] = field(default_factory=dict)
    is_true: bool = True


_PASSES: Mapping[int | None, Expected] = {1: SURVIVED, None: FAILED}
_LASTS: Mapping[int | None, Expected] = {1: FAILED, None: FAILED}
_HARMLESS: Mapping[int | None, Expected] = {1: SURVIVED, None: SURVIVED}


def _status(name: str, code: int, outcomes: Mapping[int | None, Expected] | None = None, **arguments: Any) -> Fault:
    asks = {"retry_after": 1, "retry_after_date": 1}.items() & arguments.items()
    options = {"max_retry_delay": 2} if asks else {}
    return Fault(name, {"fault": "status", "code": code, **arguments}, outcomes or _PASSES, options=options)


FAULTS = (
    _status("408", 408),
    _status("429, Retry-After in seconds", 429, retry_after=1),
    _status("429, Retry-After as a date", 429, retry_after_date=1),
    _status("429 without Retry-After", 429),
    _status("429, Retry-After unreadable", 429, retry_after="soon"),
    _status("429, Retry-After of years", 429, _LASTS, retry_after=99999999),
    _status("500", 500),
    _status("502 with HTML", 502, html="<html><body><h1>Bad Gateway</h1></body></html>"),
    _status("503", 503),
    _status("504", 504),
    Fault("reset before the answer", {"fault": "reset_before"}, _PASSES),
    Fault("reset during the answer", {"fault": "reset_during"}, _PASSES),
    Fault("reset after the effect", {"fault": "reset_after"}, _PASSES),
    Fault("body cut, Content-Length", {"fault": "short_body"}, _PASSES),
    Fault("body cut, chunked", {"fault": "short_chunked"}, _PASSES),
    Fault("body cut, no length", {"fault": "short_unframed"}, _PASSES),
    Fault("chunked garbage", {"fault": "chunked_garbage"}, _PASSES),
    Fault("slow first byte", SLOW[0], _PASSES, options=IMPATIENT),
    Fault("body trickles in", SLOW[1], _PASSES, options=IMPATIENT),
    Fault("200 with HTML", {"fault": "html"}, _PASSES),
    Fault("200, empty", {"fault": "empty"}, _PASSES),
    Fault("200, null", {"fault": "null"}, _PASSES),
    Fault("list for object, object for list", {"fault": "wrong_shape"}, _PASSES),
    Fault("204", {"fault": "no_content"}, {1: SURVIVED, None: EITHER}),
    Fault("records with missing keys", {"fault": "missing_keys"}, _HARMLESS, OF_THE_API),
    Fault("records with extra keys", {"fault": "extra_keys"}, _HARMLESS, OF_THE_API),
    Fault(
        "unknown completion status",
        {"fault": "extra_keys", "values": {"completionStatus": "PARTIAL"}},
        {1: EITHER, None: EITHER},
        OF_THE_API,
        is_true=False,
    ),
    Fault("a page that repeats", {"fault": "repeat_page"}, {1: SURVIVED, None: EITHER}, frozenset({Place.NEXT_PAGE})),
    Fault("a total that is too large", {"fault": "total_lies", "value": 99999}, _HARMLESS, OF_LISTS),
    Fault("a total that is too small", {"fault": "total_lies", "value": 1}, _HARMLESS, OF_LISTS),
    Fault("a total of one page", {"fault": "total_lies", "value": ONE_PAGE}, _HARMLESS, OF_LISTS),
    Fault("redirect to another host", {"fault": "redirect"}, _LASTS),
    Fault("redirect to http", {"fault": "redirect", "location": "http://127.0.0.1:9/"}, _LASTS),
    Fault("401 once", {"fault": "unauthorized"}, {1: SURVIVED}, OF_THE_API),
    Fault("401 twice", {"fault": "unauthorized"}, {2: FAILED}, OF_THE_API),
    Fault("401 for ever", {"fault": "unauthorized"}, {None: FAILED}),
    _status("403", 403, _LASTS),
    Fault("token without expires_in", {"fault": "no_expires_in"}, _HARMLESS, frozenset({Place.TOKEN})),
    Fault("token expired as it is given", {"fault": "expire_token"}, {1: SURVIVED}, frozenset({Place.TOKEN})),
)
