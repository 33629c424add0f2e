# Copyright (c) 2026, the sailpoint.isc contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
#
# Private to the collection: it may change in any release.

"""The content of the page of a report, so that the template only does the layout."""

from __future__ import annotations

import html
import itertools
import math
import re
import typing as t

from ansible_collections.sailpoint.isc.plugins.module_utils._tasks.outcomes import Outcome, short_name
from ansible_collections.sailpoint.isc.plugins.module_utils._text import length, one_line
from ansible_collections.sailpoint.isc.plugins.module_utils._time import parse_timestamp
from ansible_collections.sailpoint.isc.plugins.plugin_utils._health import SourceKey, source_key, sources_among
from ansible_collections.sailpoint.isc.plugins.plugin_utils._overview import Line, lines_of, silent_sources
from ansible_collections.sailpoint.isc.plugins.plugin_utils._report import Report, by_reason

Shown = dict[str, t.Any]

# The number of items on the page; the rest is in the other files.
_PENDING_SHOWN = 200
_REASONS_SHOWN = 50
_TASKS_OF_A_REASON = 20
_RUNS_DRAWN = 120
_SOURCES_NAMED = 20
# Characters: of a name, of one message, of all messages together
_LONGEST_NAME = 120
_LONGEST_MESSAGE = 12_000
_LONGEST_MESSAGES = 200_000
_NOTHING = "\u2013"
_NO_SOURCE = "no source"
_NO_MESSAGE = "No message was given."
# The class and the shape of each outcome; a task without a completion status is pending.
_OUTCOMES = {
    None: ("pending", "pending"),
    "SUCCESS": ("ok", "success"),
    "WARNING": ("warned", "warning"),
    "ERROR": ("failed", "error"),
    "TERMINATED": ("failed", "terminated"),
    "TEMPERROR": ("failed", "temperror"),
}
_OTHER = ("unknown", "other")
# Of the chart of runs, in pixels: the baseline, the highest bar, the lowest.
_GROUND, _HIGHEST, _LOWEST = 32, 30, 2.5
# Its width, which is scaled to that of the page
_WIDTH = 1000


def page_of(report: Report, most_kinds: int | None = None) -> Shown:
    """The parts of the page in their order; each text is escaped for HTML, on one line, and cut.

    most_kinds: the number of entries with details, of the worst sources first; None: all.
    """
    lines = lines_of(report)
    silent = silent_sources(report)
    detailed = _first(lines, most_kinds)
    anchors = {id(line): f"source-{number}" for number, line in enumerate(detailed, 1)}
    of_sources = {source_key(line.source_id, line.source_name): anchors.get(id(line)) for line in lines}
    shown_lines = [(line, _line(line, anchors.get(id(line)))) for line in lines]
    details = [(line, _details(report, line, anchors[id(line)])) for line in detailed]
    page = {
        "tenant": report["tenant"],
        "base_url": report["base_url"],
        "created": report["created"],
        "since": report["since"],
        "newer_than": report["newer_than"],
        "only": _counted(len(report["source_ids"]), "source") if report["source_ids"] else "",
        "figures": _figures(report),
        "fail_on": ", ".join(report["fail_on"]),
        "silent": silent,
        "silent_named": ", ".join([*silent[:_SOURCES_NAMED], *(["..."] if len(silent) > _SOURCES_NAMED else [])]),
        "silent_counted": _counted(len(silent), "source"),
        "unwell": [shown for line, shown in shown_lines if not line.healthy],
        "healthy": [shown for line, shown in shown_lines if line.healthy],
        "pending": [_pending(task, of_sources) for task in report["pending"][:_PENDING_SHOWN]],
        "all_pending": len(report["pending"]),
        "failures": _by_reason(report["failed"], of_sources),
        "warnings": _by_reason(report["warned"], of_sources),
        "legend": [_outcome(status, status) for status in _OUTCOMES if status]
        + [_outcome(None, "pending"), _outcome("other", "other")],
        "unwell_details": [shown for line, shown in details if not line.healthy],
        "healthy_details": [shown for line, shown in details if line.healthy],
        "undetailed": len([line for line in lines if line.entries]) - len(detailed),
    }
    shown: Shown = _escaped(page)
    return shown


def _first(lines: list[Line], most_kinds: int | None) -> list[Line]:
    """The lines that have runs, up to this number of entries."""
    known = [line for line in lines if line.entries]
    kinds = itertools.accumulate(len(line.entries) for line in known)
    return [line for line, so_far in zip(known, kinds) if most_kinds is None or so_far <= most_kinds]


def _escaped(value: t.Any) -> t.Any:
    if isinstance(value, dict):
        return {key: _escaped(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [_escaped(inner) for inner in value]
    return html.escape(one_line(value)) if isinstance(value, str) else value


def _figures(report: Report) -> Shown:
    counts = report["counts"]
    return {
        **counts,
        "of_runs": _counted(counts["completed"], "run"),
        "of_sources": _counted(counts["sources"], "source"),
        "success_rate": _percent(counts["success_rate"]),
        "a_day": _a_day(counts["failures_a_day"]),
        "a_day_before": _a_day(counts["failures_a_day_before"]),
        "more": (counts["failures_a_day"] or 0) > (counts["failures_a_day_before"] or 0),
    }


def _line(line: Line, anchor: str | None) -> Shown:
    """A source in one line. anchor: of its details."""
    last, success = line.last_run, line.worst and line.worst["last_success"]
    return {
        **_outcome(last["completion_status"] if last else "", _cut((last and last["completion_status"]) or _NOTHING)),
        "name": _line_name(line),
        "anchor": anchor,
        "kind": _name(line.worst) if line.worst and len(line.entries) > 1 else "",
        "ended": last["completed"] if last else None,
        "last_success": success["completed"] if success else None,
        "silence": line.silence if line.entries else "nothing has run",
        "pending": line.pending,
        "overdue": line.overdue,
        "failures_in_a_row": line.failures_in_a_row,
    }


def _line_name(line: Line) -> str:
    return _cut(line.source_name or line.source_id or "Of no source")


Anchors = t.Mapping[SourceKey, t.Optional[str]]


def _of_source(task: Report, anchors: Anchors) -> Shown:
    """A task with its source."""
    return {
        "name": _name(task),
        "id": _cut(task["task_id"] or ""),
        "source": _cut(task["source_name"] or task["source_id"] or _NO_SOURCE),
        "anchor": anchors.get(source_key(task["source_id"], task["source_name"])),
    }


def _pending(task: Report, anchors: Anchors) -> Shown:
    return {
        **_of_source(task, anchors),
        "started": task["started"],
        "took": _length(task["seconds"]),
        "usual": _length(task["p95_seconds"]),
        "overdue": task["overdue"],
    }


def _by_reason(outcomes: list[Outcome], anchors: Anchors) -> Shown:
    """Outcomes, grouped by reason, cut for the page."""
    groups = by_reason(outcomes)
    left = _LONGEST_MESSAGES
    shown = []
    for reason, group in groups[:_REASONS_SHOWN]:
        whole = _whole(group[0], min(left, _LONGEST_MESSAGE))
        left -= sum(map(len, whole))
        sources = len(sources_among(group))
        shown.append(
            {
                "why": reason or _NO_MESSAGE,
                "whole": whole,
                "count": len(group),
                "counted": f"{len(group)} times" if len(group) > 1 else "once",
                "sources": _counted(sources, "source") if sources else "of no source",
                "tasks": [_ended(task, anchors) for task in group[:_TASKS_OF_A_REASON]],
                "more": max(0, len(group) - _TASKS_OF_A_REASON),
            }
        )
    return {"total": len(outcomes), "reasons": len(groups), "groups": shown, "more": len(groups) - len(shown)}


def _ended(task: Outcome, anchors: Anchors) -> Shown:
    return {
        **_of_source(task, anchors),
        **_outcome(task["completion_status"], _cut(task["completion_status"] or _NOTHING)),
        "completed": task["completed"],
        "took": _length(task["seconds"]),
    }


def _whole(task: Outcome, longest: int) -> list[str]:
    """The lines of all messages of a task, if they are more than its reason; at most so many characters."""
    lines = [line for text in task["messages"] for line in text.splitlines() if line.strip()]
    if one_line(" ".join(lines), _LONGEST_MESSAGE) == task["reason"] or longest <= 0:
        return []
    shown: list[str] = []
    for line in lines:
        cut = one_line(line, longest)
        longest -= len(cut)
        if longest < 0:
            return [*shown, "..."]
        shown.append(cut)
    return shown


def _details(report: Report, line: Line, anchor: str) -> Shown:
    name = line.source_name
    return {
        "anchor": anchor,
        "name": _line_name(line),
        "id": _cut(line.source_id) if line.source_id and name and name != line.source_id else None,
        "summary": _summary(line),
        "entries": [_entry(report, entry) for entry in line.entries],
    }


def _summary(line: Line) -> str:
    """The summary of the details of a source."""
    runs, failures = (sum(entry[key] for entry in line.entries) for key in ("runs", "failures"))
    parts = [_counted(runs, "run"), *([f"{failures} failed"] if failures else [])]
    return ", ".join([*parts, *([f"{line.pending} pending"] if line.pending else [])])


def _entry(report: Report, entry: Report) -> Shown:
    judged = entry["successes"] + entry["failures"]
    runs = _counted(entry["runs"], "run")
    pending = f", {len(entry['pending'])} pending" if entry["pending"] else ""
    last = entry["tasks"][0] if entry["tasks"] else None
    return {
        "name": _name(entry),
        "last": None
        if last is None
        else {**_outcome(last["completion_status"], _cut(last["completion_status"] or ""))},
        "last_ended": last and last["completed"],
        "last_id": _cut(last["task_id"] or "") if last else "",
        "last_success": entry["last_success"]["completed"] if entry["last_success"] else None,
        "failures_in_a_row": entry["failures_in_a_row"],
        "success_rate": _percent(entry["success_rate"]),
        "judged": judged,
        "last_went_well": bool(last and entry["last_success"] and last["task_id"] == entry["last_success"]["task_id"]),
        "lengths": _lengths(entry),
        "in_words": f"{runs}, {entry['failures']} failed{pending}",
        **_timeline(report, entry),
    }


def _lengths(entry: Report) -> str:
    """The usual duration, and the number of runs in the chart if not all are."""
    if entry["median_seconds"] is None:
        return ""
    within = f"{_length(entry['median_seconds'])}, 19 of 20 within {_length(entry['p95_seconds'])}"
    drawn = f" The last {_RUNS_DRAWN} of {entry['runs']} runs:" if entry["runs"] > _RUNS_DRAWN else ""
    return f"Usually {within}.{drawn}"


def _timeline(report: Report, entry: Report) -> Shown:
    """Bars by colour, as SVG paths, and below them the shapes of outcomes other than success.

    x: the start of a task, in thousandths of the span. y: the square root of its duration, so that short runs are
    visible next to long ones.
    """
    drawn = [task for task in entry["tasks"] if task["started"]][:_RUNS_DRAWN]
    pending = [task for task in entry["pending"] if task["started"]][:_RUNS_DRAWN]
    longest = max([1.0, *(task["seconds"] for task in drawn if task["seconds"] is not None)])
    end = _moment(report["created"])
    span = max(1.0, end - _moment(report["since"]))
    usual = entry["p95_seconds"]
    bars: dict[str, str] = {}
    marks: dict[tuple[str, str], list[str]] = {}
    for task in [*reversed(drawn), *pending]:
        status = task.get("completion_status") or ("unknown" if "completion_status" in task else None)
        colour, shape = _OUTCOMES.get(status, _OTHER)
        place = min(max(_WIDTH - _WIDTH * (end - _moment(task["started"])) / span, 0), _WIDTH)
        height = _height(task["seconds"] or 0.0, longest)
        bars[colour] = f"{bars.get(colour, '')}M{place:.0f} {_GROUND}v{-height:.0f}"
        if shape != "success":
            marks.setdefault((colour, shape), []).append(f"{place / _WIDTH:.1%}")
    return {
        "bars": [{"colour": colour, "path": path} for colour, path in bars.items()],
        "marks": [{"colour": colour, "shape": shape, "places": places} for (colour, shape), places in marks.items()],
        "usual_level": None if usual is None else f"{_GROUND - _height(usual, longest):.0f}",
    }


def _outcome(status: str | None, text: str) -> Shown:
    colour, shape = _OUTCOMES.get(status, _OTHER)
    return {"text": text, "colour": colour, "shape": shape}


def _height(seconds: float, longest: float) -> float:
    return max(_HIGHEST * math.sqrt(min(seconds / longest, 1)), _LOWEST)


def _name(task: Report) -> str:
    """The name of a task without its source, which is shown next to it."""
    return _cut(short_name(task["task_name"] or "Task", task["source_name"]))


def _cut(text: str) -> str:
    return one_line(text, _LONGEST_NAME)


def _counted(number: int, what: str) -> str:
    return f"{number} {what}" if number == 1 else f"{number} {what}s"


def _a_day(rate: float | None) -> str:
    return "" if rate is None else f"{rate:.1f}".removesuffix(".0")


def _percent(rate: float | None) -> str:
    """A ratio in percent; never rounded up to 100 %."""
    if rate is None:
        return _NOTHING
    thousandths = int(rate * 1000 + 1e-6)
    return f"{thousandths / 10:.1f} %" if thousandths % 10 else f"{thousandths // 10} %"


def _length(seconds: float | None) -> str:
    """A length of time in words, without a last unit of zero."""
    return _NOTHING if seconds is None else re.sub(r"(?<=[a-z]) 0 \w+$", "", length(seconds))


def _moment(text: str) -> float:
    return parse_timestamp(text) or 0.0
