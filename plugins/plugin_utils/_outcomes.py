# Copyright (c) 2026, the sailpoint.isc contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What became of a task, short enough to be shown."""

from __future__ import annotations

import typing as t

from ansible_collections.sailpoint.isc.plugins.module_utils._tasks.records import (
    Record,
    completed_at,
    completion_status,
    has_completed,
    message_texts,
    reason_of,
    seconds_taken,
    source_of,
    started_at,
    task_id,
    task_name,
)
from ansible_collections.sailpoint.isc.plugins.module_utils._text import length, one_line
from ansible_collections.sailpoint.isc.plugins.module_utils._time import format_timestamp

Outcome = dict[str, t.Any]

# Characters of a name in a summary
_LONGEST_NAME = 100


def outcome_of(record: Record) -> Outcome:
    """The outcome of a task without its summary; times are in UTC, as the API writes them."""
    source_id, source_name = source_of(record)
    over = is_over(record)
    return {
        "task_id": task_id(record),
        "task_name": task_name(record),
        "source_id": source_id,
        "source_name": source_name,
        "completion_status": completion_status(record) if over else None,
        "started": moment_text(started_at(record)),
        "completed": moment_text(completed_at(record)),
        "seconds": rounded(seconds_taken(record)) if over else None,
        "messages": message_texts(record),
    }


def summary_of(record: Record) -> str:
    """The outcome of a task as one line of bearable length."""
    outcome = outcome_of(record)
    source = one_line(outcome["source_name"] or outcome["source_id"] or "", _LONGEST_NAME)
    task = short_name(one_line(outcome["task_name"] or "Task", _LONGEST_NAME), source)
    what = f"{source}: {task}" if source else task
    if not is_over(record):
        return f"{what} is pending" + (f" since {outcome['started']}" if outcome["started"] else "")
    status = outcome["completion_status"]
    ended = f" with {one_line(status, _LONGEST_NAME)}" if status else ""
    took = f" after {length(outcome['seconds'])}" if outcome["seconds"] is not None else ""
    reason = reason_of(record)
    why = f": {reason}" if reason and status != "SUCCESS" else ""
    return f"{what} ended{ended}{took}{why}"


def short_name(task: str, source: str | None) -> str:
    """The name of a task beside that of its source, with which some of them end."""
    return task.removesuffix(f" - {source}") if source else task


def is_over(record: Record) -> bool:
    """Whether the task has completed, as far as the keys that were asked for tell."""
    return has_completed(record, partial=True)


def moment_text(moment: float | None) -> str | None:
    """A point in time as the API writes it, in UTC."""
    return None if moment is None else format_timestamp(moment)


def rounded(seconds: float | None) -> float | None:
    """Seconds to the millisecond."""
    return None if seconds is None else round(seconds, 3)
