# Copyright (c) 2026, the sailpoint.isc contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
#
# Private to the collection: it may change in any release.

"""A report on tasks with one line per source, the worst first."""

from __future__ import annotations

import typing as t
from dataclasses import dataclass

from ansible_collections.sailpoint.isc.plugins.module_utils._time import parse_timestamp
from ansible_collections.sailpoint.isc.plugins.plugin_utils._health import GOOD, SourceKey, source_key
from ansible_collections.sailpoint.isc.plugins.plugin_utils._report import Report

_DAY = 86400
# The number of pauses between successes from which the usual pause is known.
_FEWEST_PAUSES = 2


@dataclass(frozen=True)
class Line:
    """The state of one source.

    entries: of the report, one for each kind of its tasks; the worst, which the line is about, first.
    days_without_success: of that kind, if it is a problem; at least the whole span if there was no success.
    """

    source_id: str | None
    source_name: str | None
    entries: tuple[Report, ...]
    pending: int
    overdue: int
    failures_in_a_row: int
    days_without_success: int | None

    @property
    def worst(self) -> Report | None:
        """The entry of the worst kind of task; None if nothing has run."""
        return self.entries[0] if self.entries else None

    @property
    def last_run(self) -> Report | None:
        """Its last completed task."""
        return self.worst["tasks"][0] if self.worst and self.worst["tasks"] else None

    @property
    def silence(self) -> str:
        """The days without success in words; empty if they are no problem."""
        days = self.days_without_success
        return "" if days is None else f"no success for {days} day{'' if days == 1 else 's'}"

    @property
    def healthy(self) -> bool:
        """Whether the source has no problem."""
        doubtful = self.last_run is not None and self.last_run["completion_status"] not in GOOD
        return bool(self.entries) and not (
            self.failures_in_a_row or self.overdue or doubtful or self.days_without_success is not None
        )


def lines_of(report: Report) -> list[Line]:
    """A line for each source, also for requested sources without tasks; the worst first."""
    start, end = parse_timestamp(report["since"]), parse_timestamp(report["created"]) or 0.0
    groups: dict[SourceKey, list[Report]] = {}
    for entry in report["sources"]:
        groups.setdefault(source_key(entry["source_id"], entry["source_name"]), []).append(entry)
    lines = [_line(group, start, end) for group in groups.values()]
    lines += [Line(source_id, None, (), 0, 0, 0, None) for source_id in silent_sources(report)]
    # The sort is stable, so equal lines stay in the order of names.
    return sorted(lines, key=_badness, reverse=True)


def silent_sources(report: Report) -> list[str]:
    """The requested sources without tasks, by name if given."""
    known = {source["source_id"] for source in report["sources"]}
    names = report.get("source_names") or {}
    asked = dict.fromkeys(map(str, report["source_ids"]))
    return [str(names.get(source_id, source_id)) for source_id in asked if source_id not in known]


def _line(group: list[Report], start: float | None, end: float) -> Line:
    """group: the entries of one source."""
    silence = {id(entry): _silence(entry, start, end) for entry in group}
    entries = sorted(group, key=lambda entry: _entry_badness(entry, silence[id(entry)]), reverse=True)
    return Line(
        group[0]["source_id"],
        group[0]["source_name"],
        tuple(entries),
        sum(len(entry["pending"]) for entry in group),
        sum(sum(1 for task in entry["pending"] if task["overdue"]) for entry in group),
        max(entry["failures_in_a_row"] for entry in group),
        silence[id(entries[0])],
    )


def _silence(entry: Report, start: float | None, end: float) -> int | None:
    """Whole days without success, at least one, if tasks have failed since, or if it is twice the longest pause."""
    days: int | None = entry["days_without_success"]
    if days is None:
        # No success: the time is not known, but at least the whole span.
        days = int((end - start) // _DAY) if start is not None and entry["failures"] else None
    if not days:
        return None
    if entry["failures_in_a_row"]:
        return days
    ended = [parse_timestamp(task["completed"]) for task in entry["tasks"] if task["completion_status"] in GOOD]
    times = sorted(moment for moment in ended if moment is not None)
    pauses = [later - earlier for earlier, later in zip(times, times[1:])]
    return days if len(pauses) >= _FEWEST_PAUSES and end - times[-1] > 2 * max(pauses) else None


def _entry_badness(entry: Report, days: int | None) -> tuple[t.Any, ...]:
    overdue = sum(1 for task in entry["pending"] if task["overdue"])
    newest = entry["tasks"][0] if entry["tasks"] else {}
    doubtful = bool(newest) and newest["completion_status"] not in GOOD
    return (
        bool(entry["failures_in_a_row"]),
        bool(overdue),
        days is not None,
        doubtful,
        entry["failures_in_a_row"],
        overdue,
        newest.get("completion_status") == "WARNING",
        newest.get("completed") or "",
    )


def _badness(line: Line) -> tuple[t.Any, ...]:
    last = line.last_run
    return (
        not line.healthy,
        line.failures_in_a_row,
        line.overdue,
        line.days_without_success or 0,
        last is not None and last["completion_status"] not in GOOD,
        not line.entries,
        last is not None and last["completion_status"] == "WARNING",
        line.pending,
    )
