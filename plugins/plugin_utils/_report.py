# Copyright (c) 2026, the sailpoint.isc contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A report on tasks: its numbers, and these as CSV."""

from __future__ import annotations

import csv
import io
import re
import typing as t
from datetime import datetime, timezone

from ansible_collections.sailpoint.isc.plugins.module_utils._tasks.records import (
    Record,
    completion_status,
    definition_name,
    reason_of,
    source_of,
)
from ansible_collections.sailpoint.isc.plugins.module_utils._text import one_line
from ansible_collections.sailpoint.isc.plugins.plugin_utils._health import Health, each_once, ended, health_of
from ansible_collections.sailpoint.isc.plugins.plugin_utils._outcomes import Outcome, is_over, outcome_of

Report = dict[str, t.Any]
# What tells one kind of task of a source from the others: id of the source, its name where it has no id, kind.
Key = tuple[t.Optional[str], t.Optional[str], t.Optional[str]]

# The tenant keeps no task for longer, in seconds.
_LONGEST_KEPT = 90 * 86400
_OF_PENDING = ("source_id", "source_name", "kind", "p95_seconds")
_COLUMNS = (
    *("task_id", "task_name", "kind", "source_id", "source_name", "completion_status", "started", "completed"),
    *("seconds", "overdue", "messages", "runs", "successes", "failures", "success_rate", "failures_in_a_row"),
    *("last_success", "last_failure", "median_seconds", "p95_seconds"),
)
# A spreadsheet would take a text that begins so for a formula, and work it out.
_FORMULA = re.compile(r"[=+@-]")


def report_of(records: t.Sequence[Record], fail_on: t.Collection[str], now: float, span: float | None) -> Report:
    """What is pending, what failed, and the health of sources with the tasks that it is about.

    fail_on: completion statuses, as canonical_status() spells them.  now: seconds since 1970.
    span: how many seconds the report looks back; None where that is not known.
    """
    tasks = each_once(records)
    completed = sorted(filter(is_over, tasks), key=ended, reverse=True)
    by_source: dict[Key, list[Outcome]] = {}
    failed = []
    for record in completed:
        outcome = {"kind": definition_name(record), **outcome_of(record), "reason": reason_of(record)}
        by_source.setdefault(_key_of(record), []).append(outcome)
        if completion_status(record) in fail_on:
            failed.append(outcome)
    sources = [{**entry, "tasks": by_source.get(_key_of_entry(entry), [])} for entry in health_of(tasks, fail_on, now)]
    pending = [
        {**{key: source[key] for key in _OF_PENDING}, **task} for source in sources for task in source["pending"]
    ]
    return {
        "created": _to_the_second(now),
        "since": None if span is None else _to_the_second(max(0.0, now - min(span, _LONGEST_KEPT))),
        "counts": _counts(sources, pending, failed, completed),
        "pending": sorted(pending, key=lambda task: task["seconds"] or 0.0, reverse=True),
        "failed": failed,
        "sources": sources,
    }


def csv_of(report: Report) -> str:
    """A row for each task, and beside it the numbers of all tasks of that kind and source."""
    file = io.StringIO()
    rows = csv.DictWriter(file, _COLUMNS, restval="", extrasaction="ignore", lineterminator="\n")
    rows.writeheader()
    for source in report["sources"]:
        about = {
            **source,
            "last_success": (source["last_success"] or {}).get("completed"),
            "last_failure": (source["last_failure"] or {}).get("completed"),
        }
        for task in (*source["pending"], *source["tasks"]):
            named = {"source_id": source["source_id"], "source_name": source["source_name"]}
            row = {**about, **task, **named, "messages": task.get("reason")}
            rows.writerow({column: _cell(row.get(column)) for column in _COLUMNS})
    return file.getvalue()


def _cell(value: t.Any) -> t.Any:
    if isinstance(value, bool):
        return "true" if value else "false"
    if not isinstance(value, str):
        return value
    line = one_line(value)
    return f"'{line}" if _FORMULA.match(line) else line


def _key_of(record: Record) -> Key:
    source_id, source_name = source_of(record)
    return source_id, None if source_id else source_name, definition_name(record)


def _key_of_entry(entry: Health) -> Key:
    return entry["source_id"], None if entry["source_id"] else entry["source_name"], entry["kind"]


def _to_the_second(moment: float) -> str:
    return datetime.fromtimestamp(moment, tz=timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")


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
