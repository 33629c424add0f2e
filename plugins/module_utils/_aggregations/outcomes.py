# Copyright (c) 2026, the sailpoint.isc contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
#
# Private to the collection: it may change in any release.

"""Outcomes of aggregations, as lines to show."""

from __future__ import annotations

import collections
import typing as t

from ansible_collections.sailpoint.isc.plugins.module_utils._tasks.outcomes import (
    FAILED,
    LONGEST_NAME,
    Outcome,
    is_over,
    state_of,
    told_and_counted,
)
from ansible_collections.sailpoint.isc.plugins.module_utils._tasks.records import completion_status
from ansible_collections.sailpoint.isc.plugins.module_utils._text import one_line

# Characters of the reason why an aggregation failed or was not started
LONGEST_REASON = 500
_COUNTED = {
    "started": "ended with SUCCESS",
    "adopted": "ended with SUCCESS",
    "skipped": "skipped",
    "not_started": "not started, because another aggregation has failed",
}


def summary_of(result: t.Mapping[str, t.Any]) -> str:
    """The outcome of an aggregation as one line. A failure starts with FAILED."""
    source = one_line(str(result.get("source_name") or result.get("source_id")), LONGEST_NAME)
    action, record, failed = result["action"], result.get("task"), bool(result.get("failed"))
    reason = one_line(str(result.get("reason") or ""), LONGEST_REASON).rstrip(".")
    what = f"{FAILED if failed else ''}{source}, {str(result['aggregation']).replace('_', ' ')}"
    if action in ("not_started", "skipped"):
        return f"{what}: {action.replace('_', ' ')}: {reason}"
    if not record:
        return f"{what}: {reason if failed else 'would be started'}"
    has_status = completion_status(record) is not None
    # Without a time of completion, it counts as completed after 30 s; of a failure, only the reason tells.
    over = is_over(record) or (has_status and not failed)
    if action == "adopted" and not over and not failed:
        return f"{what}: would be adopted: {reason}"
    adopted = "adopted, " if action == "adopted" else ""
    told = [] if has_status and not over and reason else [state_of(record, over)]
    why = [reason] if failed and not over and reason else []
    return f"{what}: {adopted}{': '.join(told + why)}"


def summary_lines(outcomes: t.Sequence[Outcome], planned: bool) -> list[str]:
    """A line for each aggregation, failures first, uneventful ones counted; without failures, a last line about all.

    planned: check mode, in which nothing is started.
    """
    failed = [outcome for outcome in outcomes if outcome["failed"]]
    told, counted = told_and_counted([outcome for outcome in outcomes if not outcome["failed"]], _is_uneventful)
    lines = list(map(summary_of, failed + told))
    if counted:
        counts = collections.Counter(_COUNTED[outcome["action"]] for outcome in counted)
        lines.append(", ".join(f"{counts[what]} {what}" for what in dict.fromkeys(_COUNTED.values()) if what in counts))
    if not failed:
        actions = collections.Counter(outcome["action"] for outcome in outcomes)
        begin = "Check mode, nothing was started: " if planned else "No failures: "
        started = f"{actions['started']}{' would be' if planned else ''} started"
        lines.append(f"{begin}{started}, {actions['adopted']} adopted, {actions['skipped']} skipped.")
    return lines


def _is_uneventful(outcome: Outcome) -> bool:
    return outcome["action"] == "not_started" or completion_status(outcome["task"] or {}) == "SUCCESS"
