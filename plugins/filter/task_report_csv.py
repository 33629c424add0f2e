# Copyright (c) 2026, the sailpoint.isc contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Filter sailpoint.isc.task_report_csv: a report on tasks as CSV, a row for each task."""

from __future__ import annotations

import typing as t

from ansible_collections.sailpoint.isc.plugins.plugin_utils._input import numbers
from ansible_collections.sailpoint.isc.plugins.plugin_utils._report import csv_of
from ansible_collections.sailpoint.isc.plugins.plugin_utils._untrusted import wrap_var


def task_report_csv(report: t.Any) -> str:
    """The text of a file with a row for each task. Raises AnsibleFilterError."""
    # Values of a tenant are never templates.
    wrapped: str = wrap_var(numbers("task_report_csv", report, csv_of))
    return wrapped


class FilterModule:
    """The filter, for Ansible."""

    def filters(self) -> dict[str, t.Callable[..., t.Any]]:
        """Filters by their names."""
        return {"task_report_csv": task_report_csv}
