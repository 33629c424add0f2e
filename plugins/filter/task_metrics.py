# Copyright (c) 2026, the sailpoint.isc contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Filter sailpoint.isc.task_metrics: statistics of the tasks of each source, as OpenMetrics text."""

from __future__ import annotations

import typing as t

from ansible_collections.sailpoint.isc.plugins.plugin_utils._input import entries, text
from ansible_collections.sailpoint.isc.plugins.plugin_utils._metrics import metrics_of
from ansible_collections.sailpoint.isc.plugins.plugin_utils._untrusted import wrap_var


def task_metrics(health: t.Any, tenant: t.Any = "") -> str:
    """The text of a file for Prometheus. Raises AnsibleFilterError."""
    name = "task_metrics"
    of_tenant = text(name, "tenant", tenant)
    # Values of a tenant are never templates.
    wrapped: str = wrap_var(entries(name, health, lambda given: metrics_of(given, of_tenant)))
    return wrapped


class FilterModule:
    """The filter, for Ansible."""

    def filters(self) -> dict[str, t.Callable[..., t.Any]]:
        """Filters by their names."""
        return {"task_metrics": task_metrics}
