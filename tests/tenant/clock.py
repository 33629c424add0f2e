# Copyright (c) 2026, the sailpoint.isc contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Points in time: seconds since the epoch inside, `2020-07-11T21:23:15.000Z` outside."""

from __future__ import annotations

import re
from datetime import datetime, timezone
from typing import Any

DAY = 86400.0
_UNITS = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0, "d": DAY, "w": 7 * DAY}


def format_time(seconds: float) -> str:
    moment = datetime.fromtimestamp(round(seconds * 1000) / 1000, timezone.utc)
    return f"{moment:%Y-%m-%dT%H:%M:%S}.{moment.microsecond // 1000:03d}Z"


def parse_time(text: str) -> float:
    """Seconds since the epoch; raises ValueError for anything but an ISO 8601 date-time with a zone."""
    if not isinstance(text, str) or "T" not in text:
        raise ValueError(f"not a date-time: {text!r}")
    # datetime.fromisoformat of Python 3.10 knows neither Z nor any number of decimals.
    text = re.sub(r"\.(\d+)", lambda match: "." + match.group(1)[:6].ljust(6, "0"), text)
    moment = datetime.fromisoformat(re.sub(r"[zZ]$", "+00:00", text))
    if moment.tzinfo is None:
        raise ValueError(f"a date-time without a zone: {text!r}")
    return moment.timestamp()


def parse_duration(value: Any) -> float:
    """Seconds, from a number or from `90s`, `30m`, `12h`, `7d`, `4w`."""
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        return float(value)
    match = re.fullmatch(r"(\d+(?:\.\d+)?)(ms|s|m|h|d|w)?", str(value))
    if not match:
        raise ValueError(f"not a duration: {value!r} (try 90s, 30m, 12h, 7d or a number of seconds)")
    return float(match.group(1)) * _UNITS[match.group(2) or "s"]
