# Copyright (c) 2026, the sailpoint.isc contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Filter sailpoint.isc.task_outcomes: short outcomes of tasks."""

from __future__ import annotations

import typing as t
from collections.abc import Mapping

from ansible.errors import AnsibleFilterError
from ansible_collections.sailpoint.isc.plugins.module_utils._tasks.outcomes import (
    Outcome,
    called,
    outcome_of,
    summary_of,
)
from ansible_collections.sailpoint.isc.plugins.plugin_utils._input import kind_of, moment, task_records
from ansible_collections.sailpoint.isc.plugins.plugin_utils._outcomes import (
    aggregation_outcome,
    edit_outcome,
    is_aggregation,
    is_edit,
)
from ansible_collections.sailpoint.isc.plugins.plugin_utils._untrusted import wrap_var


def task_outcomes(
    records: t.Any, source_ids: t.Any = (), source_names: t.Any = None, now: t.Any = None
) -> list[Outcome]:
    """One short outcome a record, those of source_ids first and in that order. Raises AnsibleFilterError.

    source_names: names of sources by their ids; for others, the names in the records are used.
    """
    records = task_records("task_outcomes", records)
    if not isinstance(source_ids, (list, tuple)):
        raise AnsibleFilterError(f"task_outcomes: source_ids must be a list, not {kind_of(source_ids)}.")
    if not isinstance(source_names or {}, Mapping):
        raise AnsibleFilterError(f"task_outcomes: source_names must be a dictionary, not {kind_of(source_names)}.")
    names = {str(source_id): str(name) for source_id, name in (source_names or {}).items()}
    places = {source_id: place for place, source_id in reversed(list(enumerate(map(str, source_ids))))}
    current = moment("task_outcomes", now)
    outcomes = [_outcome(_called(item, names), current) for item in records]
    outcomes.sort(key=lambda outcome: places.get(outcome["source_id"], len(places)))
    # Values of a tenant are never templates, not even as part of another text.
    wrapped: list[Outcome] = wrap_var(outcomes)
    return wrapped


def _called(item: dict[str, t.Any], names: Mapping[str, str]) -> dict[str, t.Any]:
    """The item with the given name of its source, if there is one."""
    if not (is_aggregation(item) or is_edit(item)):
        return called(item, names)
    return {**item, "task": called(item["task"], names)} if isinstance(item.get("task"), dict) else item


def _outcome(item: dict[str, t.Any], now: float) -> Outcome:
    if is_aggregation(item):
        return aggregation_outcome(item)
    if is_edit(item):
        return edit_outcome(item, now)
    return {**outcome_of(item), "summary": summary_of(item)}


class FilterModule:
    """The filter, for Ansible."""

    def filters(self) -> dict[str, t.Callable[..., t.Any]]:
        """Filters by their names."""
        return {"task_outcomes": task_outcomes}
