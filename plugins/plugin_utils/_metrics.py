# Copyright (c) 2026, the sailpoint.isc contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
#
# Private to the collection: it may change in any release.

"""The health of sources as OpenMetrics text, which Prometheus and the textfile collector of node_exporter read.

Form: OpenMetrics 1.0. Names end with their unit, those of counters with _total. Unknown values have no sample.
"""

from __future__ import annotations

import re
import typing as t

from ansible_collections.sailpoint.isc.plugins.module_utils._text import one_line, valid_text
from ansible_collections.sailpoint.isc.plugins.module_utils._time import parse_timestamp
from ansible_collections.sailpoint.isc.plugins.plugin_utils._health import Health

_LONGEST_LABEL = 200
_ESCAPED = re.compile(r'[\\"\n]')

Value = t.Callable[[Health], t.Optional[float]]


class _Family(t.NamedTuple):
    """A metric. name: without the prefix, and without the _total that the samples of a counter end with."""

    name: str
    unit: str
    help: str
    value: Value


def _count(key: str) -> Value:
    return lambda entry: entry[key]


def _ended(key: str) -> Value:
    return lambda entry: parse_timestamp((entry[key] or {}).get("completed"))


def _longest_pending(entry: Health) -> float | None:
    return max((task["seconds"] for task in entry["pending"] if task["seconds"] is not None), default=None)


# All are gauges, although some are counts: the number within a span can decrease.
_FAMILIES = (
    _Family("runs", "", "Completed tasks that were read.", _count("runs")),
    _Family("successes", "", "Successful tasks.", _count("successes")),
    _Family("failures", "", "Failed tasks.", _count("failures")),
    _Family(
        "success_ratio",
        "ratio",
        "Share of successful tasks among those that succeeded or failed, 0 to 1.",
        _count("success_rate"),
    ),
    _Family("failures_in_a_row", "", "Failures since the last success.", _count("failures_in_a_row")),
    _Family(
        "last_success_timestamp_seconds", "seconds", "Time of the last success, since 1970.", _ended("last_success")
    ),
    _Family(
        "last_failure_timestamp_seconds", "seconds", "Time of the last failure, since 1970.", _ended("last_failure")
    ),
    _Family("duration_median_seconds", "seconds", "Median duration of successful tasks.", _count("median_seconds")),
    _Family(
        "duration_p95_seconds", "seconds", "95th percentile of the duration of successful tasks.", _count("p95_seconds")
    ),
    _Family("pending", "", "Tasks that have not completed.", lambda entry: len(entry["pending"])),
    _Family(
        "overdue",
        "",
        "Pending tasks that have run longer than 95 percent of the successful ones.",
        lambda entry: sum(1 for task in entry["pending"] if task["overdue"]),
    ),
    _Family("pending_longest_seconds", "seconds", "Time for which the oldest pending task has run.", _longest_pending),
)
_PREFIX = "sailpoint_isc_tasks_"


def metrics_of(entries: t.Sequence[Health], tenant: str) -> str:
    """OpenMetrics text of the result of health_of(). Labels: tenant, source, source_id, kind; never ids of tasks."""
    labels = _labels(entries, tenant)
    lines: list[str] = []
    for family in _FAMILIES:
        name = f"{_PREFIX}{family.name}"
        lines += [f"# TYPE {name} gauge", *([f"# UNIT {name} {family.unit}"] if family.unit else [])]
        lines.append(f"# HELP {name} {family.help}")
        for label, entry in zip(labels, entries):
            value = family.value(entry)
            if value is not None:
                lines.append(f"{name}{{{label}}} {_number(value)}")
    return "\n".join([*lines, "# EOF", ""])


def _labels(entries: t.Sequence[Health], tenant: str) -> list[str]:
    """The labels of each entry, which must be unique for Prometheus."""
    seen: dict[str, int] = {}
    found = []
    for entry in entries:
        source = entry["source_name"] or ""
        label = _label(tenant, source, entry["source_id"] or "", entry["kind"] or "")
        seen[label] = seen.get(label, 0) + 1
        if seen[label] > 1:  # equal after cutting or cleaning
            label = _label(tenant, f"{source[:100]} ({seen[label]})", entry["source_id"] or "", entry["kind"] or "")
        found.append(label)
    return found


def _label(*values: str) -> str:
    names = ("tenant", "source", "source_id", "kind")
    return ",".join(f'{name}="{_escaped(value)}"' for name, value in zip(names, values))


def _escaped(value: str) -> str:
    text = one_line(valid_text(value), _LONGEST_LABEL)
    return _ESCAPED.sub(lambda found: {"\n": "\\n"}.get(found[0], f"\\{found[0]}"), text)


def _number(value: float) -> str:
    """Whole numbers without a fraction, others to the millisecond or the per mille."""
    return str(int(value)) if float(value).is_integer() else f"{value:.3f}".rstrip("0")
