# Copyright (c) 2026, the sailpoint.isc contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
#
# Private to the collection: it may change in any release.

"""Outcomes of aggregations, and of tasks that were edited in a loop, for the filter task_outcomes."""

from __future__ import annotations

import typing as t

from ansible_collections.sailpoint.isc.plugins.module_utils._aggregations.outcomes import LONGEST_REASON, summary_of
from ansible_collections.sailpoint.isc.plugins.module_utils._tasks.outcomes import (
    FAILED,
    LONGEST_NAME,
    Outcome,
    moment_text,
    outcome_of,
    short_name,
)
from ansible_collections.sailpoint.isc.plugins.module_utils._tasks.records import (
    Record,
    completed_at,
    completion_status,
)
from ansible_collections.sailpoint.isc.plugins.module_utils._text import length, one_line
from ansible_collections.sailpoint.isc.plugins.module_utils._time import parse_timestamp


def is_aggregation(item: t.Mapping[str, t.Any]) -> bool:
    """Whether it is a result of source_aggregations, not a task."""
    return "action" in item and "aggregation" in item


def aggregation_outcome(result: t.Mapping[str, t.Any]) -> Outcome:
    """The outcome of an aggregation: that of its task, the keys of source_aggregations, and a summary."""
    outcome = outcome_of(result.get("task") or {})
    told = {key: _plain(value) for key, value in result.items() if key != "task"}
    return {**outcome, **told, "summary": summary_of(result)}


def is_edit(item: t.Mapping[str, t.Any]) -> bool:
    """Whether it is a result of task_status for an item of a loop, not a task."""
    return "ansible_loop_var" in item and "id" not in item


def edit_outcome(result: t.Mapping[str, t.Any], now: float) -> Outcome:
    """The outcome of clearing a task in a loop over outcomes: the action, the reason, and a summary.

    now: seconds since 1970, for the age.
    """
    record = result.get("task") or {}
    given = result.get(result["ansible_loop_var"])
    before: Outcome = given if isinstance(given, dict) else {}
    outcome = outcome_of(record) if record else {key: _plain(before.get(key)) for key in outcome_of({})}
    action, reason = _done(result, record)
    source = one_line(outcome["source_name"] or "", LONGEST_NAME)
    task = short_name(one_line(outcome["task_name"] or "Task", LONGEST_NAME), source)
    since = parse_timestamp(before.get("started"))
    age = "" if since is None else f", pending for {length(max(0.0, now - since))} since {before['started']}"
    what = f"{source + ': ' if source else ''}{task} ({outcome['task_id']}){age}"
    told = {
        "cleared": f"cleared, now {outcome['completion_status']}",
        "planned": "would be cleared",
        "left_alone": f"left alone, because {one_line(reason or '', LONGEST_REASON)}",
        "failed": f"not cleared: {one_line(reason or '', LONGEST_REASON)}",
    }[action]
    summary = f"{FAILED if action == 'failed' else ''}{what}: {told}"
    return {**outcome, "action": action, "reason": reason, "summary": summary}


def _plain(value: t.Any) -> t.Any:
    """The value without the types of templates, because those cannot be marked as untrusted."""
    if isinstance(value, t.Mapping):
        return {str(key): _plain(item) for key, item in value.items()}
    return [_plain(item) for item in value] if isinstance(value, (list, tuple)) else value


def _done(result: t.Mapping[str, t.Any], record: Record) -> tuple[str, str | None]:
    """The action on a task, and the reason why it was not cleared; after a patch, it was not left alone."""
    if not record:
        return "failed", str(result.get("msg") or "the result is unknown")
    if result.get("planned") and result.get("changed"):
        return "planned", None
    status, completed = completion_status(record), moment_text(completed_at(record)) or "time unknown"
    if result.get("changed") and status:
        return "cleared", None
    if status:
        return "left_alone", f"it has completed meanwhile ({status}, {completed})"
    if result.get("patch"):
        return "failed", "The tenant accepted the edit, but the task has no completion status."
    return "left_alone", f"it is about to complete (time of completion {completed})"
