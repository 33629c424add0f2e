# Copyright (c) 2026, the sailpoint.isc contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
#
# Private to the collection: it may change in any release.

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
from ansible_collections.sailpoint.isc.plugins.module_utils._time import format_timestamp, parse_timestamp

Outcome = dict[str, t.Any]

# Characters of a name in a summary
_LONGEST_NAME = 100
# And of the reason why an aggregation failed or was not started, which names tasks
_LONGEST_REASON = 500


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
    return f"{what} {_end(record, outcome)}"


def is_aggregation(item: t.Mapping[str, t.Any]) -> bool:
    """Whether it is what source_aggregations returns of an aggregation, and not a task."""
    return "action" in item and "aggregation" in item


def aggregation_outcome(result: t.Mapping[str, t.Any]) -> Outcome:
    """The outcome of an aggregation: that of its task, what source_aggregations says of it, and a summary of both."""
    outcome = outcome_of(result.get("task") or {})
    told = {key: _plain(value) for key, value in result.items() if key != "task"}
    return {**outcome, **told, "summary": _aggregation_summary(result, outcome)}


def _aggregation_summary(result: t.Mapping[str, t.Any], outcome: Outcome) -> str:
    """One line, with the name that the caller gave the source. What has failed begins with that word."""
    source = one_line(str(result.get("source_name") or result.get("source_id")), _LONGEST_NAME)
    what = f"{'FAILED: ' if result.get('failed') else ''}{source}, {str(result['aggregation']).replace('_', ' ')}"
    action, record = result["action"], result.get("task")
    reason = one_line(str(result.get("reason") or ""), _LONGEST_REASON).rstrip(".")
    if action == "not_started":
        return f"{what}: not started: {reason}"
    if action == "skipped":
        return f"{what}: skipped: {reason}"
    if not record:
        return f"{what}: {reason if result.get('failed') else 'would be started'}"
    if action == "adopted" and not is_over(record) and not result.get("failed"):
        return f"{what}: would be adopted: {reason}"
    adopted = "adopted, " if action == "adopted" else ""
    why = f": {reason}" if result.get("failed") and not is_over(record) and reason else ""
    return f"{what}: {adopted}{_end(record, outcome)}{why}"


def is_edit(item: t.Mapping[str, t.Any]) -> bool:
    """Whether it is what task_status returned for an item of a loop, and not a task."""
    return "ansible_loop_var" in item and "id" not in item


def edit_outcome(result: t.Mapping[str, t.Any], now: float) -> Outcome:
    """The outcome of clearing a task in a loop over outcomes: what was done, why not, and a summary of both.

    now: seconds since 1970, for the age.
    """
    record = result.get("task") or {}
    given = result.get(result["ansible_loop_var"])
    before: Outcome = given if isinstance(given, dict) else {}
    outcome = outcome_of(record) if record else {key: _plain(before.get(key)) for key in outcome_of({})}
    action, reason = _done(result, record)
    source = one_line(outcome["source_name"] or "", _LONGEST_NAME)
    task = short_name(one_line(outcome["task_name"] or "Task", _LONGEST_NAME), source)
    since = parse_timestamp(before.get("started"))
    age = "" if since is None else f", pending for {length(max(0.0, now - since))} since {before['started']}"
    what = f"{source + ': ' if source else ''}{task} ({outcome['task_id']}){age}"
    told = {
        "cleared": f"cleared, is {outcome['completion_status']} now",
        "planned": "would be cleared",
        "left_alone": f"left alone, as {one_line(reason or '', _LONGEST_REASON)}",
        "failed": f"not cleared: {one_line(reason or '', _LONGEST_REASON)}",
    }[action]
    summary = f"{'FAILED: ' if action == 'failed' else ''}{what}: {told}"
    return {**outcome, "action": action, "reason": reason, "summary": summary}


def _plain(value: t.Any) -> t.Any:
    """The value without the types of templates, which cannot be marked as untrusted."""
    if isinstance(value, t.Mapping):
        return {str(key): _plain(item) for key, item in value.items()}
    return [_plain(item) for item in value] if isinstance(value, (list, tuple)) else value


def _done(result: t.Mapping[str, t.Any], record: Record) -> tuple[str, str | None]:
    """What was done to a task, and why it was not cleared: where a patch was sent, the task was not left alone."""
    if not record:
        return "failed", str(result.get("msg") or "nothing is known of it")
    if result.get("planned") and result.get("changed"):
        return "planned", None
    status, completed = completion_status(record), moment_text(completed_at(record)) or "time unknown"
    if result.get("changed") and status:
        return "cleared", None
    if status:
        return "left_alone", f"it has completed meanwhile ({status}, {completed})"
    if result.get("patch"):
        return "failed", "The tenant accepted the edit, and yet the task has no completion status."
    return "left_alone", f"it has a time of completion ({completed}) and so is about to complete"


def _end(record: Record, outcome: Outcome) -> str:
    if not is_over(record):
        return "is pending" + (f" since {outcome['started']}" if outcome["started"] else "")
    status = outcome["completion_status"]
    ended = f" with {one_line(status, _LONGEST_NAME)}" if status else ""
    took = f" after {length(outcome['seconds'])}" if outcome["seconds"] is not None else ""
    reason = reason_of(record)
    why = f": {reason}" if reason and status != "SUCCESS" else ""
    return f"ended{ended}{took}{why}"


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
