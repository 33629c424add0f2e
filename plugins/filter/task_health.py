# Copyright (c) 2026, the sailpoint.isc contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Filter sailpoint.isc.task_health: how the tasks of each source are doing, by their history."""

from __future__ import annotations

import time
import typing as t

from ansible.errors import AnsibleFilterError
from ansible_collections.sailpoint.isc.plugins.module_utils._errors import InvalidOption
from ansible_collections.sailpoint.isc.plugins.module_utils._tasks.records import FAILED_STATUSES, canonical_status
from ansible_collections.sailpoint.isc.plugins.module_utils._text import shown
from ansible_collections.sailpoint.isc.plugins.module_utils._time import timestamp
from ansible_collections.sailpoint.isc.plugins.plugin_utils._health import Health, health_of
from ansible_collections.sailpoint.isc.plugins.plugin_utils._untrusted import wrap_var


def task_health(records: t.Any, fail_on: t.Any = FAILED_STATUSES, now: t.Any = None) -> list[Health]:
    """One entry for each kind of task of each source. Raises AnsibleFilterError."""
    if not isinstance(records, (list, tuple)):
        raise AnsibleFilterError(f"task_health takes a list of task records, not {_kind(records)}.")
    for position, record in enumerate(records):
        if not isinstance(record, dict):
            raise AnsibleFilterError(
                f"task_health takes a list of task records, and item {position} of it is {_kind(record)}."
            )
    if not isinstance(fail_on, (list, tuple)) or not all(isinstance(status, str) for status in fail_on):
        raise AnsibleFilterError(f"task_health takes a list of completion statuses as fail_on, not {shown(fail_on)}.")
    health = health_of(records, {canonical_status(status) for status in fail_on}, _moment(now))
    # What a tenant says is never a template.
    wrapped: list[Health] = wrap_var(health)
    return wrapped


def _moment(now: t.Any) -> float:
    if now is None:
        return time.time()
    try:
        return timestamp("now", now if isinstance(now, str) else shown(now))
    except InvalidOption as error:
        raise AnsibleFilterError(f"task_health: {error}") from error


def _kind(value: t.Any) -> str:
    """What was given for records, without showing what it holds."""
    if isinstance(value, dict):
        return "a dictionary: a registered result has its records in tasks" if "tasks" in value else "a dictionary"
    if isinstance(value, str):
        return "text"
    return "a list" if isinstance(value, (list, tuple)) else shown(value)


class FilterModule:
    """The filter, for Ansible."""

    def filters(self) -> dict[str, t.Callable[..., t.Any]]:
        """Filters by their names."""
        return {"task_health": task_health}
