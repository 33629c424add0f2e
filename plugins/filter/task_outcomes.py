# Copyright (c) 2026, the sailpoint.isc contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Filter sailpoint.isc.task_outcomes: what became of tasks, short enough to be shown."""

from __future__ import annotations

import typing as t

from ansible.errors import AnsibleFilterError
from ansible_collections.sailpoint.isc.plugins.module_utils._tasks.records import (
    Record,
    completion_status,
    message_texts,
    seconds_taken,
    source_of,
)
from ansible_collections.sailpoint.isc.plugins.module_utils._text import shown
from ansible_collections.sailpoint.isc.plugins.module_utils._time import format_timestamp, parse_timestamp
from ansible_collections.sailpoint.isc.plugins.plugin_utils._untrusted import wrap_var

Outcome = dict[str, t.Any]

_LONGEST_REASON = 500


def task_outcomes(records: t.Any, source_ids: t.Any = ()) -> list[Outcome]:
    """One short outcome a record, those of source_ids first and in that order. Raises AnsibleFilterError."""
    if not isinstance(records, (list, tuple)):
        raise AnsibleFilterError(f"task_outcomes takes a list of task records, not {_kind(records)}.")
    for position, record in enumerate(records):
        if not isinstance(record, dict):
            raise AnsibleFilterError(
                f"task_outcomes takes a list of task records, and item {position} of it is {_kind(record)}."
            )
    if not isinstance(source_ids, (list, tuple)):
        raise AnsibleFilterError(f"task_outcomes takes a list as source_ids, not {_kind(source_ids)}.")
    places = {source_id: place for place, source_id in reversed(list(enumerate(map(str, source_ids))))}
    outcomes = [_outcome(record) for record in records]
    outcomes.sort(key=lambda outcome: places.get(outcome["source_id"], len(places)))
    # What a tenant says is never a template, also where it has become part of another text.
    wrapped: list[Outcome] = wrap_var(outcomes)
    return wrapped


def _outcome(record: Record) -> Outcome:
    source_id, source_name = source_of(record)
    # A record of which only some keys were asked for may leave `completed` out.
    over = bool(record.get("completed", True))
    status = completion_status(record) if over else None
    outcome: Outcome = {
        "task_id": _text(record.get("id")),
        "task_name": _text(record.get("uniqueName")) or _text(record.get("name")) or _text(record.get("type")),
        "source_id": _text(source_id),
        "source_name": _text(source_name),
        "completion_status": status,
        "started": _moment(record.get("launched")) or _moment(record.get("created")),
        "completed": _moment(record.get("completed")),
        "seconds": _rounded(seconds_taken(record)) if status else None,
        "messages": message_texts(record),
    }
    return {**outcome, "summary": _summary(outcome, message_texts(record, "ERROR", "WARN"))}


def _summary(outcome: Outcome, complaints: list[str]) -> str:
    what = outcome["task_name"] or "Task"
    status = outcome["completion_status"]
    if status is None:
        return f"{what} is pending" + (f" since {outcome['started']}" if outcome["started"] else "")
    took = f" after {_length(outcome['seconds'])}" if outcome["seconds"] is not None else ""
    reason = "" if status == "SUCCESS" else _reason(complaints or outcome["messages"])
    return f"{what} ended with {status}{took}{reason}"


def _reason(texts: list[str]) -> str:
    text = " ".join(" ".join(texts).split())
    if len(text) > _LONGEST_REASON:
        text = text[:_LONGEST_REASON] + "..."
    return f": {text}" if text else ""


def _length(seconds: float) -> str:
    if seconds < 59.95:
        return f"{seconds:.1f} s"
    minutes, left = divmod(round(seconds), 60)
    if minutes < 60:
        return f"{minutes} min {left} s"
    hours, minutes = divmod(minutes, 60)
    return f"{hours} h {minutes} min"


def _rounded(seconds: float | None) -> float | None:
    return None if seconds is None else round(seconds, 3)


def _moment(value: t.Any) -> str | None:
    """A point in time as text: the API's own, and milliseconds since 1970 as the API would write them."""
    moment = parse_timestamp(value)
    if moment is None or isinstance(value, str):
        return None if moment is None else value
    try:
        return format_timestamp(moment)
    except (ValueError, OverflowError, OSError):  # further away than dates go
        return None


def _text(value: t.Any) -> str | None:
    """A name or an id; None for what cannot be one."""
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    return value if isinstance(value, str) and value else None


def _kind(value: t.Any) -> str:
    if value is None:
        return "null"
    if isinstance(value, (str, int, float, dict, list, tuple)):
        return shown(value)
    return type(value).__name__


class FilterModule:
    """The filter, for Ansible."""

    def filters(self) -> dict[str, t.Callable[..., t.Any]]:
        """Filters by their names."""
        return {"task_outcomes": task_outcomes}
