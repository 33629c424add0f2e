# Copyright (c) 2026, the sailpoint.isc contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Schedules of a source: one for its accounts and one for its entitlements, each a Quartz cron expression, no more."""

from __future__ import annotations

import re
from typing import Any

from .errors import bad_request, not_found
from .tasks import Record

TYPES = {"accounts": "ACCOUNT_AGGREGATION", "entitlements": "GROUP_AGGREGATION"}
"""What is scheduled, in the words of a scenario and of the API."""

Schedules = dict[str, str]
"""Cron expressions by the API's word for what is scheduled."""

_MONTHS = ("JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC")
_DAYS = ("SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT")
# Name, least and most of each field; the last one may be left out.
_FIELDS = (
    ("seconds", 0, 59),
    ("minutes", 0, 59),
    ("hours", 0, 23),
    ("day of the month", 1, 31),
    ("month", 1, 12),
    ("day of the week", 1, 7),
    ("year", 1970, 2199),
)
_DAY_OF_MONTH, _MONTH, _DAY_OF_WEEK = 3, 4, 5


def from_spec(spec: Any) -> Schedules:
    """The schedules of a source in a scenario; raises ValueError for what makes no sense."""
    unknown = set(spec or {}) - set(TYPES)
    if unknown:
        raise ValueError(f"unknown schedules: {', '.join(sorted(unknown))}; there are {', '.join(TYPES)}")
    for cron in (spec or {}).values():
        check_cron(cron)
    return {TYPES[what]: str(cron) for what, cron in (spec or {}).items()}


def to_spec(schedules: Schedules) -> dict[str, str]:
    """The schedules in the words of a scenario."""
    return {what: schedules[kind] for what, kind in TYPES.items() if kind in schedules}


def document(schedules: Schedules, kind: str) -> Record:
    """A schedule as the API shows it; raises the API's refusal where none is set."""
    check_type(kind)
    if kind not in schedules:
        raise not_found(f"The source has no schedule of type {kind}.")
    return {"type": kind, "cronExpression": schedules[kind]}


def create(schedules: Schedules, wanted: Any) -> Record:
    """Set a schedule that is not set; raises the API's refusal, and then nothing has changed."""
    if not isinstance(wanted, dict):
        raise bad_request("The body is not a schedule.")
    kind, cron = wanted.get("type"), wanted.get("cronExpression")
    check_type(kind)
    _check(cron)
    if kind in schedules:
        raise bad_request(f"A schedule of type {kind} already exists.")
    schedules[str(kind)] = str(cron)
    return document(schedules, str(kind))


def replace(schedules: Schedules, kind: str, patched: Any) -> Record:
    """Set what a JSON Patch has made of a schedule; raises the API's refusal, and then nothing has changed."""
    if not isinstance(patched, dict) or patched.get("type") != kind or set(patched) != {"type", "cronExpression"}:
        raise bad_request("Only cronExpression of a schedule can be changed.")
    _check(patched["cronExpression"])
    schedules[kind] = patched["cronExpression"]
    return document(schedules, kind)


def check_type(kind: Any) -> None:
    if kind not in TYPES.values():
        raise bad_request(f"Error converting Enumerated string (type) value ({kind})")


def _check(cron: Any) -> None:
    try:
        check_cron(cron)
    except ValueError as error:
        raise bad_request("The cron expression is not valid.", [str(error)]) from None


def check_cron(cron: Any) -> None:
    """Raises ValueError unless this is a cron expression as Quartz takes it, with what is wrong with it."""
    fields = cron.upper().split() if isinstance(cron, str) else []
    if len(fields) not in (6, 7):
        raise ValueError(f"{cron!r} has not six or seven fields")
    for number, field in enumerate(fields):
        name, least, most = _FIELDS[number]
        if not all(_valid(number, part, least, most) for part in field.split(",")):
            raise ValueError(f"{field!r} is no {name}")
    if (fields[_DAY_OF_MONTH] == "?") == (fields[_DAY_OF_WEEK] == "?"):
        raise ValueError("one of day of the month and day of the week must be ?, and the other must not")


def _valid(number: int, part: str, least: int, most: int) -> bool:
    if part == "?":
        return number in (_DAY_OF_MONTH, _DAY_OF_WEEK)
    if number == _DAY_OF_MONTH and re.fullmatch(r"LW?|L-([12]?\d|30)", part):
        return True
    if number == _DAY_OF_MONTH and re.fullmatch(r"\d\d?W", part):
        return least <= int(part[:-1]) <= most
    if number == _DAY_OF_WEEK:
        if part == "L":
            return True
        part = re.sub(r"(?:L|#[1-5])$", "", part)
    base, slash, step = part.partition("/")
    if slash and not (step.isdigit() and 0 < int(step) <= most):
        return False
    if base == "*" or (base == "" and slash):
        return True
    values = [_number(number, end) for end in base.split("-")]
    return len(values) <= 2 and all(value is not None and least <= value <= most for value in values)


def _number(number: int, text: str) -> int | None:
    names = {_MONTH: _MONTHS, _DAY_OF_WEEK: _DAYS}.get(number, ())
    if text in names:
        return names.index(text) + 1
    return int(text) if text.isascii() and text.isdigit() else None
