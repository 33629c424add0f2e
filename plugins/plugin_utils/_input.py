# Copyright (c) 2026, the sailpoint.isc contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
#
# Private to the collection: it may change in any release.

"""Checks the input of filters. name: that of the filter, for messages; all functions raise AnsibleFilterError."""

from __future__ import annotations

import time
import typing as t

from ansible.errors import AnsibleFilterError
from ansible_collections.sailpoint.isc.plugins.module_utils._errors import InvalidOption
from ansible_collections.sailpoint.isc.plugins.module_utils._tasks.records import Record, canonical_status
from ansible_collections.sailpoint.isc.plugins.module_utils._text import shown
from ansible_collections.sailpoint.isc.plugins.module_utils._time import duration_or_seconds, timestamp

_Form = t.TypeVar("_Form")


def task_records(name: str, records: t.Any) -> t.Sequence[Record]:
    """A list of records."""
    if not isinstance(records, (list, tuple)):
        raise AnsibleFilterError(f"{name}: the input must be a list of task records, not {kind_of(records)}.")
    for position, record in enumerate(records):
        if not isinstance(record, dict):
            raise AnsibleFilterError(
                f"{name}: the input must be a list of task records, but item {position} is {kind_of(record)}."
            )
    return records


def statuses(name: str, fail_on: t.Any) -> set[str]:
    """Completion statuses in one spelling."""
    if not isinstance(fail_on, (list, tuple)) or not all(isinstance(status, str) for status in fail_on):
        raise AnsibleFilterError(f"{name}: fail_on must be a list of completion statuses, not {shown(fail_on)}.")
    return {canonical_status(status) for status in fail_on}


def moment(name: str, now: t.Any) -> float:
    """A point in time in seconds since 1970; the current time where none is given."""
    if now is None:
        return time.time()
    try:
        return timestamp("now", now if isinstance(now, str) else shown(now))
    except InvalidOption as error:
        raise AnsibleFilterError(f"{name}: {error}") from error


def span(name: str, newer_than: t.Any) -> float | None:
    """A length of time in seconds, more than zero; None if none is given."""
    if newer_than is None:
        return None
    try:
        return duration_or_seconds("newer_than", str(newer_than), positive=True)
    except InvalidOption as error:
        raise AnsibleFilterError(f"{name}: {error}") from error


def numbers(name: str, report: t.Any, form: t.Callable[[dict[str, t.Any]], _Form]) -> _Form:
    """Converts a result of the filter task_report."""
    return _formed(name, "task_report", report, dict, form)


def entries(name: str, health: t.Any, form: t.Callable[[list[dict[str, t.Any]]], _Form]) -> _Form:
    """Converts a result of the filter task_health."""
    return _formed(name, "task_health", health, (list, tuple), form)


def _formed(
    name: str, maker: str, given: t.Any, wanted: type | tuple[type, ...], form: t.Callable[[t.Any], _Form]
) -> _Form:
    if not isinstance(given, wanted):
        raise AnsibleFilterError(f"{name}: the input must be the result of {maker}, not {kind_of(given)}.")
    try:
        return form(given)
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        raise AnsibleFilterError(f"{name}: the input is not an unchanged result of {maker} ({error!r}).") from error


def text(name: str, option: str, value: t.Any) -> str:
    """A string; empty if none is given."""
    if value is not None and not isinstance(value, str):
        raise AnsibleFilterError(f"{name}: {option} must be a string, not {shown(value)}.")
    return value or ""


def kind_of(value: t.Any) -> str:
    """The kind of a wrong input, without its content."""
    if isinstance(value, dict):
        return "a dictionary: a registered result has its records in tasks" if "tasks" in value else "a dictionary"
    if isinstance(value, str):
        return "text"
    return "a list" if isinstance(value, (list, tuple)) else shown(value)
