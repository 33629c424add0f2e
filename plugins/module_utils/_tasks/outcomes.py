# Copyright (c) 2026, the sailpoint.isc contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
#
# Private to the collection: it may change in any release.

"""Outcomes of tasks: as short dictionaries, and as lines to show."""

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
Item = t.TypeVar("Item")

FAILED = "FAILED: "
# Characters of a name in a summary
LONGEST_NAME = 100
_MOST_UNEVENTFUL = 10


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


def summary_of(record: Record, over: bool | None = None) -> str:
    """The outcome of a task as one line, which is cut.

    over: whether it has completed; None: by the record.
    """
    source_id, source_name = source_of(record)
    source = one_line(source_name or source_id or "", LONGEST_NAME)
    task = short_name(one_line(task_name(record) or "Task", LONGEST_NAME), source)
    return f"{f'{source}: {task}' if source else task} {state_of(record, over)}"


def state_of(record: Record, over: bool | None = None) -> str:
    """How a task ended, or since when it has been pending. over: as in summary_of()."""
    if is_over(record) if over is None else over:
        status = completion_status(record)
        return f"ended with {end_of(record)}" if status else f"ended{end_of(record)}"
    started = moment_text(started_at(record))
    return "is pending" + (f" since {started}" if started else "")


def end_of(record: Record, *, whole: bool = False) -> str:
    """How a task ended: its completion status, its duration, and the reason of a failure.

    whole: only whole seconds.
    """
    status, seconds = completion_status(record), seconds_taken(record)
    took = "" if seconds is None else f" after {length(seconds, whole=whole)}"
    why = "" if status == "SUCCESS" else reason_of(record)
    return f"{one_line(status or '', LONGEST_NAME)}{took}{f': {why}' if why else ''}"


def called(record: Record, names: t.Mapping[str, str]) -> Record:
    """The record with the name of its source from names (by ids), if there is one."""
    name = names.get(source_of(record)[0] or "")
    return record if name is None else {**record, "target": {**record["target"], "name": name}}


def told_and_counted(items: t.Sequence[Item], is_uneventful: t.Callable[[Item], bool]) -> tuple[list[Item], list[Item]]:
    """The items to show one by one, and those to count: uneventful ones if there are more than ten."""
    uneventful = list(filter(is_uneventful, items))
    if len(uneventful) <= _MOST_UNEVENTFUL:
        return list(items), []
    return [item for item in items if not is_uneventful(item)], uneventful


def short_name(task: str, source: str | None) -> str:
    """The name of a task without the name of its source at the end."""
    return task.removesuffix(f" - {source}") if source else task


def is_over(record: Record) -> bool:
    """Whether the task has completed, by the keys in the record."""
    return has_completed(record, partial=True)


def moment_text(moment: float | None) -> str | None:
    """A point in time as the API writes it, in UTC."""
    return None if moment is None else format_timestamp(moment)


def rounded(seconds: float | None) -> float | None:
    """Seconds to the millisecond."""
    return None if seconds is None else round(seconds, 3)
