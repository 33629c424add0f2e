# Copyright (c) 2026, the sailpoint.isc contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the page of a report shows, worked out and in words, so that a template has nothing to do but to lay it out."""

from __future__ import annotations

import html
import itertools
import math
import re
import typing as t

from ansible_collections.sailpoint.isc.plugins.module_utils._text import length, one_line
from ansible_collections.sailpoint.isc.plugins.module_utils._time import parse_timestamp
from ansible_collections.sailpoint.isc.plugins.plugin_utils._outcomes import short_name
from ansible_collections.sailpoint.isc.plugins.plugin_utils._report import Report

Shown = dict[str, t.Any]

# The rest is in the files beside the page.
_FAILURES_SHOWN = 200
_RUNS_DRAWN = 120
_SOURCES_NAMED = 20
# Characters of a name
_LONGEST_NAME = 200
_NOTHING = "\u2013"
_NO_SOURCE = "no source"
# The class and the shape of each outcome; without a completion status a task is pending.
_OUTCOMES = {
    None: ("pending", "pending"),
    "SUCCESS": ("ok", "success"),
    "WARNING": ("warned", "warning"),
    "ERROR": ("failed", "error"),
    "TERMINATED": ("failed", "terminated"),
    "TEMPERROR": ("failed", "temperror"),
}
_OTHER = ("unknown", "other")
# Of the drawing of runs, in pixels: the ground that bars stand on, the highest bar, the lowest.
_GROUND, _HIGHEST, _LOWEST = 32, 30, 2.5


def page_of(report: Report) -> Shown:
    """The parts of the page in their order, each text escaped for HTML, on one line and of bearable length."""
    failed = report["failed"]
    failing = {source["source_id"] for source in report["sources"] if source["failures_in_a_row"]}
    silent = _silent(report)
    page = {
        "tenant": report["tenant"],
        "base_url": report["base_url"],
        "created": report["created"],
        "since": report["since"],
        "newer_than": report["newer_than"],
        "only": _counted(len(report["source_ids"]), "source") if report["source_ids"] else "",
        "figures": _figures(report["counts"]),
        "fail_on": ", ".join(report["fail_on"]),
        "pending": [_pending(task) for task in report["pending"]],
        "failed": [_failed(task) for task in failed[:_FAILURES_SHOWN]],
        "failures": len(failed),
        "silent": silent,
        "silent_named": ", ".join([*silent[:_SOURCES_NAMED], *(["..."] if len(silent) > _SOURCES_NAMED else [])]),
        "silent_counted": _counted(len(silent), "source"),
        "failing_first": bool(failing) and len(failing) < report["counts"]["sources"],
        "legend": [_outcome(status, status) for status in _OUTCOMES if status]
        + [_outcome(None, "pending"), _outcome("other", "other")],
        "sources": _sources(report, failing),
    }
    shown: Shown = _escaped(page)
    return shown


def _escaped(value: t.Any) -> t.Any:
    if isinstance(value, dict):
        return {key: _escaped(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [_escaped(inner) for inner in value]
    return html.escape(one_line(value)) if isinstance(value, str) else value


def _figures(counts: Report) -> Shown:
    return {
        **counts,
        "of_runs": _counted(counts["completed"], "run"),
        "of_sources": _counted(counts["sources"], "source"),
        "success_rate": _percent(counts["success_rate"]),
    }


def _pending(task: Report) -> Shown:
    return {
        "name": _name(task),
        "source": _source(task),
        "started": task["started"],
        "took": _length(task["seconds"]),
        "usual": _length(task["p95_seconds"]),
        "overdue": task["overdue"],
    }


def _failed(task: Report) -> Shown:
    return {
        **_outcome(task["completion_status"], _cut(task["completion_status"])),
        "name": _name(task),
        "source": _source(task),
        "completed": task["completed"],
        "took": _length(task["seconds"]),
        "why": task["reason"] or "No message was given.",
    }


def _silent(report: Report) -> list[str]:
    """The sources that were asked for and of which there is no task, by name where that was given."""
    known = {source["source_id"] for source in report["sources"]}
    names = report.get("source_names") or {}
    asked = dict.fromkeys(map(str, report["source_ids"]))
    return [str(names.get(source_id, source_id)) for source_id in asked if source_id not in known]


def _sources(report: Report, failing: t.Collection[str | None]) -> list[Shown]:
    """Each source with an entry for each kind of its tasks; those that failed last come first."""
    ordered = sorted(report["sources"], key=lambda entry: entry["source_id"] not in failing)
    groups = itertools.groupby(
        ordered, key=lambda entry: (entry["source_id"], entry["source_id"] or entry["source_name"])
    )
    return [_group(report, list(entries)) for _source_of, entries in groups]


def _source_key(entry: Report) -> tuple[str | None, str | None]:
    return entry["source_id"], entry["source_id"] or entry["source_name"]


def _group(report: Report, entries: list[Report]) -> Shown:
    source_id, name = entries[0]["source_id"], entries[0]["source_name"]
    return {
        "name": _cut(name or source_id or "Of no source"),
        "id": source_id if name and name != source_id else None,
        "entries": [_entry(report, entry) for entry in entries],
    }


def _entry(report: Report, entry: Report) -> Shown:
    judged = entry["successes"] + entry["failures"]
    runs = _counted(entry["runs"], "run")
    pending = f", {len(entry['pending'])} pending" if entry["pending"] else ""
    return {
        "name": _name(entry),
        "last_success": entry["last_success"]["completed"] if entry["last_success"] else None,
        "failures_in_a_row": entry["failures_in_a_row"],
        "success_rate": _percent(entry["success_rate"]),
        "judged": judged,
        "median": _length(entry["median_seconds"]),
        "usual": _length(entry["p95_seconds"]),
        "in_words": f"Timeline of {_name(entry)}: {runs}, {entry['failures']} failed{pending}",
        **_timeline(report, entry),
    }


def _timeline(report: Report, entry: Report) -> Shown:
    """Bars, the earliest first. Across: when a task started, in percent of the span, so that it fits any width.

    Up: how long it took, as the square root, so that short ones are seen beside long ones.
    """
    drawn = [task for task in entry["tasks"] if task["started"]][:_RUNS_DRAWN]
    pending = [task for task in entry["pending"] if task["started"]]
    longest = max([1.0, *(task["seconds"] for task in drawn if task["seconds"] is not None)])
    end = _moment(report["created"])
    span = max(1.0, end - _moment(report["since"]))
    usual = entry["p95_seconds"]
    return {
        "bars": [_bar(task, longest, end, span) for task in [*reversed(drawn), *pending]],
        "usual_level": None if usual is None else f"{_GROUND - _height(usual, longest):.1f}",
        "drawn": f"the last {len(drawn)} of {_counted(entry['runs'], 'run')}" if len(drawn) < entry["runs"] else "",
        "longest": f"longest {_length(longest)}" if drawn else "",
    }


def _bar(task: Report, longest: float, end: float, span: float) -> Shown:
    height = _height(task["seconds"] or 0.0, longest)
    place = 100 - 100 * (end - _moment(task["started"])) / span
    status = task.get("completion_status") or ("unknown" if "completion_status" in task else None)
    return {
        **_outcome(status, _in_words(task, status)),
        "x": f"{min(max(place, 0), 100):.2f}%",
        "y": f"{_GROUND - height:.1f}",
        "height": f"{height:.1f}",
    }


def _in_words(task: Report, status: str | None) -> str:
    """A run in one line."""
    started = task["started"][:16].replace("T", " ")
    took = "" if task["seconds"] is None else f" {'after' if status else 'for'} {_length(task['seconds'])}"
    overdue = ", overdue" if task.get("overdue") else ""
    reason = f". {task['reason']}" if task.get("reason") else ""
    return f"{started} {_cut(task['task_name'] or 'Task')}: {_cut(status or 'pending')}{took}{overdue}{reason}"


def _outcome(status: str | None, text: str) -> Shown:
    colour, shape = _OUTCOMES.get(status, _OTHER)
    return {"text": text, "colour": colour, "shape": shape}


def _height(seconds: float, longest: float) -> float:
    return max(_HIGHEST * math.sqrt(min(seconds / longest, 1)), _LOWEST)


def _name(task: Report) -> str:
    """What a task is, without the source, which is told beside it."""
    return _cut(short_name(task["task_name"] or "Task", task["source_name"]))


def _source(task: Report) -> str:
    return _cut(task["source_name"] or task["source_id"] or _NO_SOURCE)


def _cut(text: str) -> str:
    return one_line(text, _LONGEST_NAME)


def _counted(number: int, what: str) -> str:
    return f"{number} {what}" if number == 1 else f"{number} {what}s"


def _percent(rate: float | None) -> str:
    """A part of the whole; never rounded up to 100 %."""
    if rate is None:
        return _NOTHING
    thousandths = int(rate * 1000 + 1e-6)
    return f"{thousandths / 10:.1f} %" if thousandths % 10 else f"{thousandths // 10} %"


def _length(seconds: float | None) -> str:
    """A length of time in words, without what is zero of it."""
    return _NOTHING if seconds is None else re.sub(r"(?<=[a-z]) 0 \w+$", "", length(seconds))


def _moment(text: str) -> float:
    return parse_timestamp(text) or 0.0
