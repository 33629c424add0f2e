# Copyright (c) 2026, the sailpoint.isc contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
#
# Private to the collection: it may change in any release.

"""The data of a report on tasks, also as CSV."""

from __future__ import annotations

import csv
import io
import re
import typing as t
from datetime import datetime, timezone

from ansible_collections.sailpoint.isc.plugins.module_utils._tasks.outcomes import Outcome, is_over, outcome_of
from ansible_collections.sailpoint.isc.plugins.module_utils._tasks.records import (
    LONGEST_KEPT,
    Record,
    completion_status,
    definition_name,
    reason_of,
    source_of,
)
from ansible_collections.sailpoint.isc.plugins.module_utils._text import one_line
from ansible_collections.sailpoint.isc.plugins.module_utils._time import parse_timestamp
from ansible_collections.sailpoint.isc.plugins.plugin_utils._health import (
    Health,
    SourceKey,
    each_once,
    ended,
    health_of,
    source_key,
    sources_among,
)

Report = dict[str, t.Any]
# The key of an entry: its source, and its kind.
Key = tuple[SourceKey, t.Optional[str]]

_DAY = 86400
_OF_PENDING = ("source_id", "source_name", "kind", "p95_seconds")
_COLUMNS = (
    *("task_id", "task_name", "kind", "source_id", "source_name", "completion_status", "started", "completed"),
    *("seconds", "overdue", "messages", "runs", "successes", "failures", "success_rate", "failures_in_a_row"),
    *("last_success", "last_failure", "median_seconds", "p95_seconds"),
)
# A spreadsheet would evaluate a text that starts like this as a formula.
_FORMULA = re.compile("[=+@\\-\uff1d\uff0b\uff20\uff0d]")
# Parts that differ between messages of the same cause: ids, times, numbers
_VARYING = re.compile(r"\b[0-9a-f]{8,}(?:-[0-9a-f]{4,})*\b|[0-9]+")


def report_of(
    records: t.Sequence[Record],
    fail_on: t.Collection[str],
    now: float,
    span: float | None,
    earlier: t.Sequence[Record] | None = None,
) -> Report:
    """What is pending, what failed and why, what warned, and the health of sources with the tasks that it is about.

    fail_on: completion statuses, as canonical_status() spells them.  now: seconds since 1970.
    span: the period of the report in seconds; None if unknown.
    earlier: records of the previous period of the same length; None if unknown.
    """
    tasks = each_once(records)
    completed = sorted(filter(is_over, tasks), key=ended, reverse=True)
    by_source: dict[Key, list[Outcome]] = {}
    failed, warned = [], []
    for record in completed:
        outcome = {"kind": definition_name(record), **outcome_of(record), "reason": reason_of(record)}
        by_source.setdefault(_key_of(record), []).append(outcome)
        if completion_status(record) in fail_on:
            failed.append(outcome)
        elif completion_status(record) == "WARNING":
            warned.append(outcome)
    sources = [
        {
            **entry,
            "days_without_success": _days_without_success(entry, now),
            "tasks": by_source.get(_key_of_entry(entry), []),
        }
        for entry in health_of(tasks, fail_on, now)
    ]
    pending = [
        {**{key: source[key] for key in _OF_PENDING}, **task} for source in sources for task in source["pending"]
    ]
    return {
        "created": _to_the_second(now),
        "since": None if span is None else _to_the_second(max(0.0, now - min(span, LONGEST_KEPT))),
        "counts": {
            **_counts(sources, pending, failed, completed),
            "warned": len(warned),
            "failures_a_day": _a_day(len(failed), span),
            "failures_a_day_before": None if earlier is None else _a_day(_failures_among(earlier, fail_on), span),
        },
        "pending": sorted(pending, key=lambda task: task["seconds"] or 0.0, reverse=True),
        "failed": failed,
        "reasons": [_told(reason, group) for reason, group in by_reason(failed)],
        "warned": warned,
        "sources": sources,
    }


def by_reason(outcomes: t.Sequence[Outcome]) -> list[tuple[str, list[Outcome]]]:
    """Outcomes grouped by reason, apart from ids and numbers, with the reason of the first; the largest group first."""
    groups: dict[str, list[Outcome]] = {}
    for outcome in outcomes:
        groups.setdefault(_VARYING.sub("#", outcome["reason"].casefold()), []).append(outcome)
    largest_first = sorted(groups.values(), key=len, reverse=True)
    return [(group[0]["reason"], group) for group in largest_first]


def csv_of(report: Report) -> str:
    """A row for each task, with the statistics of its kind and source."""
    file = io.StringIO()
    rows = csv.DictWriter(file, _COLUMNS, restval="", extrasaction="ignore", lineterminator="\n")
    rows.writeheader()
    for source in report["sources"]:
        about = _cells(
            {
                **source,
                "last_success": (source["last_success"] or {}).get("completed"),
                "last_failure": (source["last_failure"] or {}).get("completed"),
            }
        )
        named = {key: about[key] for key in ("source_id", "source_name")}
        for task in (*source["pending"], *source["tasks"]):
            rows.writerow({**about, **_cells({**task, "messages": task.get("reason")}), **named})
    return file.getvalue()


def _cells(values: t.Mapping[str, t.Any]) -> dict[str, t.Any]:
    return {column: _cell(values[column]) for column in _COLUMNS if column in values}


def _cell(value: t.Any) -> t.Any:
    if isinstance(value, bool):
        return "true" if value else "false"
    if not isinstance(value, str):
        return value
    line = one_line(value)
    return f"'{line}" if _FORMULA.match(line) else line


def _key_of(record: Record) -> Key:
    return source_key(*source_of(record)), definition_name(record)


def _key_of_entry(entry: Health) -> Key:
    return source_key(entry["source_id"], entry["source_name"]), entry["kind"]


def _to_the_second(moment: float) -> str:
    return datetime.fromtimestamp(moment, tz=timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")


def _told(reason: str, group: list[Outcome]) -> Report:
    """group: the latest first."""
    return {
        "reason": reason,
        "count": len(group),
        "sources": len(sources_among(group)),
        "latest": group[0]["completed"],
        "task_ids": [outcome["task_id"] for outcome in group],
    }


def _days_without_success(entry: Health, now: float) -> int | None:
    """Whole days since the last success; None if there was none."""
    ended_at = parse_timestamp((entry["last_success"] or {}).get("completed"))
    return None if ended_at is None else max(0, int((now - ended_at) // _DAY))


def _failures_among(records: t.Sequence[Record], fail_on: t.Collection[str]) -> int:
    return sum(1 for record in each_once(records) if is_over(record) and completion_status(record) in fail_on)


def _a_day(number: int, span: float | None) -> float | None:
    return None if span is None else round(number * _DAY / min(span, LONGEST_KEPT), 2)


def _counts(sources: list[Health], pending: list[Health], failed: list[Outcome], completed: list[Record]) -> Report:
    successes, failures = (sum(source[key] for source in sources) for key in ("successes", "failures"))
    known = {source["source_id"] for source in sources} - {None}
    failing = {source["source_id"] for source in sources if source["failures_in_a_row"]} - {None}
    return {
        "pending": len(pending),
        "overdue": sum(1 for task in pending if task["overdue"]),
        "completed": len(completed),
        "failed": len(failed),
        "success_rate": successes / (successes + failures) if successes + failures else None,
        "sources": len(known),
        "failing_sources": len(failing),
    }
