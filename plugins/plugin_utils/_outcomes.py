# Copyright (c) 2026, the sailpoint.isc contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
#
# Private to the collection: it may change in any release.

"""The outcomes of aggregations, and of what a loop over tasks did to them, for the filter task_outcomes."""

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
    """Whether it is what source_aggregations returns of an aggregation, and not a task."""
    return "action" in item and "aggregation" in item


def aggregation_outcome(result: t.Mapping[str, t.Any]) -> Outcome:
    """The outcome of an aggregation: that of its task, what source_aggregations says of it, and a summary of both."""
    outcome = outcome_of(result.get("task") or {})
    told = {key: _plain(value) for key, value in result.items() if key != "task"}
    return {**outcome, **told, "summary": summary_of(result)}


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
    source = one_line(outcome["source_name"] or "", LONGEST_NAME)
    task = short_name(one_line(outcome["task_name"] or "Task", LONGEST_NAME), source)
    since = parse_timestamp(before.get("started"))
    age = "" if since is None else f", pending for {length(max(0.0, now - since))} since {before['started']}"
    what = f"{source + ': ' if source else ''}{task} ({outcome['task_id']}){age}"
    told = {
        "cleared": f"cleared, is {outcome['completion_status']} now",
        "planned": "would be cleared",
        "left_alone": f"left alone, as {one_line(reason or '', LONGEST_REASON)}",
        "failed": f"not cleared: {one_line(reason or '', LONGEST_REASON)}",
    }[action]
    summary = f"{FAILED if action == 'failed' else ''}{what}: {told}"
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
