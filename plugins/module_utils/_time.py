# Copyright (c) 2026, the sailpoint.isc contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
#
# Private to the collection: it may change in any release.

"""Lengths of time and points in time, as people write them and as the API does.

Inside the collection a length of time is a float of seconds and a point in time a float of seconds since 1970 (UTC).
"""

from __future__ import annotations

import math
import re
from datetime import datetime, timedelta, timezone

from ansible_collections.sailpoint.isc.plugins.module_utils._errors import InvalidOption

_UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86400, "w": 604800}
_DURATION = re.compile(r"(\d+(?:\.\d+)?)([smhdw])", re.ASCII)
_TIMESTAMP = re.compile(
    r"(\d{4})-(\d\d)-(\d\d)[T ](\d\d):(\d\d):(\d\d)(?:[.,](\d+))?(Z|[+-]\d\d(?::?\d\d)?)?", re.ASCII | re.IGNORECASE
)
_EPOCH_TEXT = re.compile(r"\d{12,15}", re.ASCII)
# Numbers below are seconds since 1970 (until the year 5138), others milliseconds (since 1973).
_LEAST_MILLISECONDS = 1e11
_LONGEST = 100 * 365 * 86400
# The years 1 to 9999 in UTC, which is what format_timestamp can write to the millisecond.
_FIRST, _END = -62135596800, 253402300799.9995


def duration(option: str, value: str) -> float:
    """The seconds of C(90s), C(30m), C(12h), C(7d) or C(4w). Raises InvalidOption."""
    match = _DURATION.fullmatch(value.strip())
    length = float(match[1]) * _UNITS[match[2]] if match else math.inf
    if length > _LONGEST:
        raise InvalidOption(option, value, "give a duration such as 90s, 30m, 12h, 7d or 4w")
    return length


def duration_or_seconds(option: str, value: str, *, positive: bool = False) -> float:
    """As duration(), but also accepts a number of seconds. positive: zero is an error."""
    try:
        length = float(value)
    except ValueError:
        length = duration(option, value)
    if not 0 <= length <= _LONGEST or (positive and length == 0):
        least = "more than zero" if positive else "zero or more"
        raise InvalidOption(option, value, f"give {least}, in seconds or as a duration such as 90s, 30m or 12h")
    return length


def parse_timestamp(value: object) -> float | None:
    """The point in time in a record; None if there is none that can be read and written.

    The API writes ISO 8601 (C(2020-07-11T21:23:15.000Z)), which is UTC without a zone; answers to a launch carry
    milliseconds since 1970.
    """
    moment = _from_text(value.strip()) if isinstance(value, str) else _from_number(value)
    return moment if moment is not None and _FIRST <= moment < _END else None


def _from_number(value: object) -> float | None:
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return None
    try:
        number = float(value)
    except OverflowError:  # an integer beyond what a float can hold
        return None
    return number if abs(number) < _LEAST_MILLISECONDS else number / 1000


def _from_text(text: str) -> float | None:
    if _EPOCH_TEXT.fullmatch(text):
        return int(text) / 1000
    match = _TIMESTAMP.fullmatch(text)
    if match is None:
        return None
    *numbers, fraction, zone = match.groups()
    year, month, day, hour, minute, second = map(int, numbers)
    try:
        moment = datetime(year, month, day, hour, minute, second, tzinfo=_zone(zone))
        return moment.timestamp() + float(f"0.{fraction or 0}")
    except (ValueError, OverflowError):
        return None


def _zone(text: str | None) -> timezone:
    if text is None or text in "Zz":
        return timezone.utc
    offset = timedelta(hours=int(text[1:3]), minutes=int(text[3:].lstrip(":") or 0))
    return timezone(-offset if text[0] == "-" else offset)


def timestamp(option: str, value: str) -> float:
    """The point in time of an option, which must be ISO 8601 with a zone. Raises InvalidOption."""
    match = _TIMESTAMP.fullmatch(value.strip())
    moment = parse_timestamp(value.strip()) if match and match[8] else None
    if moment is None:
        raise InvalidOption(
            option,
            value,
            "give an ISO 8601 timestamp with a zone, such as 2026-05-17T19:33:16Z or 2026-05-17T21:33:16+02:00",
        )
    return moment


def format_timestamp(moment: float) -> str:
    """A point in time as the API writes it: UTC, milliseconds."""
    millis = round(moment * 1000)
    text = datetime.fromtimestamp(millis // 1000, tz=timezone.utc).replace(tzinfo=None).isoformat()
    return f"{text}.{millis % 1000:03d}Z"
