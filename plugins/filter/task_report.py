# Copyright (c) 2026, the sailpoint.isc contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Filter sailpoint.isc.task_report: the numbers of a report on tasks; what is pending, what failed, each source."""

from __future__ import annotations

import typing as t

from ansible.errors import AnsibleFilterError
from ansible_collections.sailpoint.isc.plugins.filter.task_health import task_health
from ansible_collections.sailpoint.isc.plugins.filter.task_outcomes import Outcome, task_outcomes
from ansible_collections.sailpoint.isc.plugins.module_utils._tasks.records import (
    FAILED_STATUSES,
    canonical_status,
    definition_name,
    source_of,
)
from ansible_collections.sailpoint.isc.plugins.module_utils._time import parse_timestamp
from ansible_collections.sailpoint.isc.plugins.plugin_utils._health import Health
from ansible_collections.sailpoint.isc.plugins.plugin_utils._untrusted import wrap_var

Report = dict[str, t.Any]
# What tells one kind of task of a source from the others: id of the source, its name where it has no id, kind.
Key = tuple[t.Optional[str], t.Optional[str], t.Optional[str]]

_OF_PENDING = ("source_id", "source_name", "kind", "p95_seconds")


def task_report(records: t.Any, fail_on: t.Any = FAILED_STATUSES, now: t.Any = None) -> Report:
    """What is pending, what failed, and task_health with the tasks that it is about. Raises AnsibleFilterError."""
    try:
        sources = task_health(records, fail_on, now)
        outcomes = task_outcomes(records)
    except AnsibleFilterError as error:
        raise AnsibleFilterError(f"task_report: {error}") from error
    by_source: dict[Key, list[Outcome]] = {}
    for key, outcome in _completed(records, outcomes):
        by_source.setdefault(key, []).append(outcome)
    sources = [{**source, "tasks": by_source.get(_key_of_entry(source), [])} for source in sources]
    completed = sorted((outcome for source in sources for outcome in source["tasks"]), key=_ended, reverse=True)
    failing = {canonical_status(status) for status in fail_on}
    pending = [
        {**{key: source[key] for key in _OF_PENDING}, **task} for source in sources for task in source["pending"]
    ]
    failed = [outcome for outcome in completed if outcome["completion_status"] in failing]
    report: Report = wrap_var(
        {
            "counts": _counts(sources, pending, failed, completed),
            "pending": sorted(pending, key=lambda task: task["seconds"] or 0.0, reverse=True),
            "failed": failed,
            "sources": sources,
        }
    )
    return report


def _completed(records: t.Sequence[dict[str, t.Any]], outcomes: list[Outcome]) -> list[tuple[Key, Outcome]]:
    """Each task that has completed, once, the last to complete first."""
    unique: dict[str | int, tuple[Key, Outcome]] = {}
    for position, (record, outcome) in enumerate(zip(records, outcomes)):
        if outcome["completion_status"] is not None:
            kind = definition_name(record)
            kept = {key: value for key, value in outcome.items() if key != "summary"}
            unique.setdefault(
                _text(record.get("id")) or position, (_key_of_record(record, kind), {"kind": kind, **kept})
            )
    return sorted(unique.values(), key=lambda found: _ended(found[1]), reverse=True)


def _ended(outcome: Outcome) -> float:
    ended = parse_timestamp(outcome["completed"] or outcome["started"])
    return float("-inf") if ended is None else ended


def _key_of_entry(entry: Health) -> Key:
    return entry["source_id"], None if entry["source_id"] else entry["source_name"], entry["kind"]


def _key_of_record(record: dict[str, t.Any], kind: str | None) -> Key:
    source_id, source_name = map(_text, source_of(record))
    return source_id, None if source_id else source_name, kind


def _text(value: object) -> str | None:
    """A name or an id, as task_health takes it; None for what cannot be one."""
    return value if isinstance(value, str) and value else None


def _counts(sources: list[Health], pending: list[Health], failed: list[Outcome], completed: list[Outcome]) -> Report:
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


class FilterModule:
    """The filter, for Ansible."""

    def filters(self) -> dict[str, t.Callable[..., t.Any]]:
        """Filters by their names."""
        return {"task_report": task_report}
