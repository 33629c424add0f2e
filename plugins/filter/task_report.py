# Copyright (c) 2026, the sailpoint.isc contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Filter sailpoint.isc.task_report: the numbers of a report on tasks; what is pending, what failed, each source."""

from __future__ import annotations

import typing as t

from ansible_collections.sailpoint.isc.plugins.module_utils._tasks.records import FAILED_STATUSES
from ansible_collections.sailpoint.isc.plugins.plugin_utils._input import moment, span, statuses, task_records
from ansible_collections.sailpoint.isc.plugins.plugin_utils._report import Report, report_of
from ansible_collections.sailpoint.isc.plugins.plugin_utils._untrusted import wrap_var


def task_report(
    records: t.Any,
    fail_on: t.Any = FAILED_STATUSES,
    now: t.Any = None,
    newer_than: t.Any = None,
    earlier: t.Any = None,
) -> Report:
    """What is pending, what failed, and task_health with the tasks that it is about. Raises AnsibleFilterError."""
    name = "task_report"
    found = report_of(
        task_records(name, records),
        statuses(name, fail_on),
        moment(name, now),
        span(name, newer_than),
        None if earlier is None else task_records(name, earlier),
    )
    # Values of a tenant are never templates.
    report: Report = wrap_var(found)
    return report


class FilterModule:
    """The filter, for Ansible."""

    def filters(self) -> dict[str, t.Callable[..., t.Any]]:
        """Filters by their names."""
        return {"task_report": task_report}
