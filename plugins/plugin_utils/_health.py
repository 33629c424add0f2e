# Copyright (c) 2026, the sailpoint.isc contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
#
# Private to the collection: it may change in any release.

"""Statistics of the tasks of each source: success rate, durations, overdue tasks.

Kinds of tasks are separate entries, because aggregations of accounts and entitlements are hardly comparable.
"""

from __future__ import annotations

import itertools
import statistics
import typing as t

from ansible_collections.sailpoint.isc.plugins.module_utils._tasks.outcomes import (
    Outcome,
    is_over,
    moment_text,
    rounded,
)
from ansible_collections.sailpoint.isc.plugins.module_utils._tasks.records import (
    Record,
    completed_at,
    completion_status,
    definition_name,
    message_texts,
    seconds_taken,
    source_of,
    started_at,
    task_id,
    task_name,
)

Health = dict[str, t.Any]
SourceKey = tuple[t.Optional[str], t.Optional[str]]

GOOD = ("SUCCESS", "WARNING")


def health_of(records: t.Iterable[Record], fail_on: t.Collection[str], now: float) -> list[Health]:
    """One entry for each kind of task of each source, sorted by name of the source; those without a source last.

    fail_on: completion statuses, as canonical_status() spells them.  now: seconds since 1970.
    """
    groups: dict[tuple[str | None, ...], list[Record]] = {}
    names: dict[str | None, str] = {}
    for record in sorted(each_once(records), key=_started, reverse=True):
        source_id, source_name = source_of(record)
        # All kinds have the newest name of the source; without an id, sources are identified by name.
        if source_id and source_name:
            names.setdefault(source_id, source_name)
        key = (*source_key(source_id, source_name), definition_name(record))
        groups.setdefault(key, []).append(record)
    entries = [
        {
            "source_id": source_id,
            "source_name": names.get(source_id, source_name),
            "kind": kind,
            **_health(group, fail_on, now),
        }
        for (source_id, source_name, kind), group in groups.items()
    ]
    return sorted(entries, key=_place)


def source_key(source_id: str | None, source_name: str | None) -> SourceKey:
    """What tells sources apart; the name of one that has an id may have changed."""
    return source_id, None if source_id else source_name


def sources_among(outcomes: t.Iterable[Outcome]) -> set[SourceKey]:
    """The sources of tasks; a task of the tenant as a whole has none."""
    return {source_key(outcome["source_id"], outcome["source_name"]) for outcome in outcomes} - {(None, None)}


def nearest_rank(ordered: t.Sequence[float], percent: int) -> float | None:
    """The percentile of sorted values (nearest rank); None if there are none."""
    return ordered[-(-len(ordered) * percent // 100) - 1] if ordered else None


def _health(group: list[Record], fail_on: t.Collection[str], now: float) -> Health:
    """group: all tasks of one kind and source, newest first."""
    runs = sorted(filter(is_over, group), key=ended, reverse=True)
    judged = [(run, ended_well) for run in runs if (ended_well := _ended_well(run, fail_on)) is not None]
    successes = [run for run, ended_well in judged if ended_well]
    failures = [run for run, ended_well in judged if not ended_well]
    durations = sorted(seconds for seconds in map(seconds_taken, successes) if seconds is not None)
    longest_usual = nearest_rank(durations, 95)
    return {
        "task_name": next(filter(None, map(task_name, group)), None),
        "runs": len(runs),
        "successes": len(successes),
        "failures": len(failures),
        "success_rate": len(successes) / len(judged) if judged else None,
        "failures_in_a_row": sum(1 for _failure in itertools.takewhile(lambda judgement: not judgement[1], judged)),
        "last_success": _told(successes[0]) if successes else None,
        "last_failure": _told(failures[0]) if failures else None,
        "median_seconds": rounded(statistics.median(durations) if durations else None),
        "p95_seconds": rounded(longest_usual),
        "pending": sorted(
            (_pending(record, longest_usual, now) for record in group if not is_over(record)),
            key=lambda task: -1.0 if task["seconds"] is None else task["seconds"],
            reverse=True,
        ),
    }


def _told(run: Record) -> Health:
    return {
        "task_id": task_id(run),
        "completed": moment_text(completed_at(run)),
        "completion_status": completion_status(run),
        "seconds": rounded(seconds_taken(run)),
        "messages": message_texts(run),
    }


def _pending(record: Record, longest_usual: float | None, now: float) -> Health:
    # A task that has completed without a completion status yet is no longer running.
    seconds = seconds_taken(record)
    started = started_at(record)
    if seconds is None and started is not None:
        seconds = max(0.0, now - started)
    return {
        "task_id": task_id(record),
        "task_name": task_name(record),
        "started": moment_text(started),
        "seconds": rounded(seconds),
        "overdue": seconds is not None and longest_usual is not None and seconds > longest_usual,
    }


def each_once(records: t.Iterable[Record]) -> list[Record]:
    """Each task once: one that completes while lists are read can be in both."""
    unique: dict[str | int, Record] = {}
    for position, record in enumerate(records):
        key = task_id(record) or position
        if key not in unique or (is_over(record) and not is_over(unique[key])):
            unique[key] = record
    return list(unique.values())


def _ended_well(run: Record, fail_on: t.Collection[str]) -> bool | None:
    """Whether the task succeeded; None if unknown."""
    status = completion_status(run)
    if status in fail_on:
        return False
    return True if status in GOOD else None


def _started(record: Record) -> float:
    """Sort key: records without it are the oldest."""
    start = started_at(record)
    return float("-inf") if start is None else start


def ended(record: Record) -> float:
    """Sort key of completed tasks: the end, or else the start."""
    end = completed_at(record)
    return _started(record) if end is None else end


def _place(entry: Health) -> tuple[t.Any, ...]:
    """Sort key of entries."""
    name = entry["source_name"] or entry["source_id"]
    return name is None, (name or "").casefold(), entry["source_id"] or "", entry["kind"] or ""
