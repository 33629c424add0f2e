# Copyright (c) 2026, the sailpoint.isc contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
#
# Private to the collection: it may change in any release.

"""What the history of tasks says of each source: how often they end well, how long they take, what takes too long.

Kinds of tasks are kept apart, as an aggregation of accounts has little in common with one of entitlements.
"""

from __future__ import annotations

import itertools
import statistics
import typing as t

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
from ansible_collections.sailpoint.isc.plugins.plugin_utils._outcomes import is_over, moment_text, rounded

Health = dict[str, t.Any]

_GOOD = ("SUCCESS", "WARNING")


def health_of(records: t.Iterable[Record], fail_on: t.Collection[str], now: float) -> list[Health]:
    """One entry for each kind of task of each source, sorted by name of the source; those without a source last.

    fail_on: completion statuses, as canonical_status() spells them.  now: seconds since 1970.
    """
    groups: dict[tuple[str | None, ...], list[Record]] = {}
    names: dict[str | None, str] = {}
    for record in sorted(each_once(records), key=_started, reverse=True):
        source_id, source_name = source_of(record)
        # The newest name of a source is that of all its kinds; without an id the name alone tells sources apart.
        if source_id and source_name:
            names.setdefault(source_id, source_name)
        key = (source_id, None if source_id else source_name, definition_name(record))
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


def nearest_rank(ordered: t.Sequence[float], percent: int) -> float | None:
    """The smallest of the ordered values that so many percent of them do not exceed; None where there are none."""
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
    # A task that has completed, but does not tell yet how, runs no longer.
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
    """Each task once: one that completes while lists are read can be among the pending and the completed."""
    unique: dict[str | int, Record] = {}
    for position, record in enumerate(records):
        key = task_id(record) or position
        if key not in unique or (is_over(record) and not is_over(unique[key])):
            unique[key] = record
    return list(unique.values())


def _ended_well(run: Record, fail_on: t.Collection[str]) -> bool | None:
    """None: neither well nor badly, as far as one can know."""
    status = completion_status(run)
    if status in fail_on:
        return False
    return True if status in _GOOD else None


def _started(record: Record) -> float:
    """For sorting: what does not tell is older than all that does."""
    start = started_at(record)
    return float("-inf") if start is None else start


def ended(record: Record) -> float:
    """For sorting completed tasks: when it ended, or else when it started."""
    end = completed_at(record)
    return _started(record) if end is None else end


def _place(entry: Health) -> tuple[t.Any, ...]:
    """Where an entry stands among the others."""
    name = entry["source_name"] or entry["source_id"]
    return name is None, (name or "").casefold(), entry["source_id"] or "", entry["kind"] or ""
