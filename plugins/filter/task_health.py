# Copyright (c) 2026, the sailpoint.isc contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Filter sailpoint.isc.task_health: statistics of the tasks of each source."""

from __future__ import annotations

import typing as t

from ansible_collections.sailpoint.isc.plugins.module_utils._tasks.records import FAILED_STATUSES
from ansible_collections.sailpoint.isc.plugins.plugin_utils._health import Health, health_of
from ansible_collections.sailpoint.isc.plugins.plugin_utils._input import moment, statuses, task_records
from ansible_collections.sailpoint.isc.plugins.plugin_utils._untrusted import wrap_var


def task_health(records: t.Any, fail_on: t.Any = FAILED_STATUSES, now: t.Any = None) -> list[Health]:
    """One entry for each kind of task of each source. Raises AnsibleFilterError."""
    name = "task_health"
    health = health_of(task_records(name, records), statuses(name, fail_on), moment(name, now))
    # Values of a tenant are never templates.
    wrapped: list[Health] = wrap_var(health)
    return wrapped


class FilterModule:
    """The filter, for Ansible."""

    def filters(self) -> dict[str, t.Callable[..., t.Any]]:
        """Filters by their names."""
        return {"task_health": task_health}
