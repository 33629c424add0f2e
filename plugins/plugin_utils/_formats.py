# Copyright (c) 2026, the sailpoint.isc contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
#
# Private to the collection: it may change in any release.

"""A report on tasks as files for people and for other tools."""

from __future__ import annotations

import json
import re
import typing as t
from xml.etree import ElementTree

from ansible_collections.sailpoint.isc.plugins.module_utils._text import length, one_line
from ansible_collections.sailpoint.isc.plugins.modules.task_report import SUFFIXES
from ansible_collections.sailpoint.isc.plugins.plugin_utils._health import Health
from ansible_collections.sailpoint.isc.plugins.plugin_utils._layout import html_of
from ansible_collections.sailpoint.isc.plugins.plugin_utils._metrics import metrics_of
from ansible_collections.sailpoint.isc.plugins.plugin_utils._overview import Line, lines_of
from ansible_collections.sailpoint.isc.plugins.plugin_utils._report import Report, csv_of

_NOT_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_LONGEST_NAME = 100
_LONGEST_MESSAGES = 5000
_SHOWN = 50
# The headers of the tables in Markdown
_OF_LINES = ("Source", "Last outcome", "Last success", "Pending", "Overdue", "Failures in a row")
_OF_PENDING = ("Task", "Source", "Running for", "Task id")
_OF_REASONS = ("Times", "Sources", "Last", "Reason")
# Characters with a meaning in Markdown, or in HTML within it
_MARKUP = re.compile(r"([\\`*_{}\[\]()<>#+\-.!|~&:@])")


def text_of(form: str, report: Report, formats: t.Sequence[str], stem: str) -> str:
    """A report in one of the formats of SUFFIXES.

    formats: all formats of the report.  stem: of the file names, without the directory.
    """
    if form == "html":
        return html_of(report, [f"{stem}{SUFFIXES[other]}" for other in formats if other != "html"])
    made = {"csv": csv_of, "json": json_of, "prom": prom_of, "junit": junit_of, "md": markdown_of}
    return made[form](report)


def json_of(report: Report) -> str:
    """All data."""
    return json.dumps(report, indent=4, sort_keys=True) + "\n"


def prom_of(report: Report) -> str:
    """The health of each kind of task of each source as OpenMetrics text."""
    return metrics_of(report["sources"], report["tenant"])


def junit_of(report: Report) -> str:
    """A test case for each kind of task and source: failed if its last run failed, skipped if none has completed."""
    root = ElementTree.Element("testsuites")
    suite = ElementTree.SubElement(root, "testsuite")
    for entry in report["sources"]:
        _add_case(suite, entry, report["fail_on"])
    about = {
        "name": _xml("Tasks of " + report["tenant"]),
        "tests": str(len(suite)),
        "failures": str(len(suite.findall("testcase/failure"))),
        "errors": "0",
        "skipped": str(len(suite.findall("testcase/skipped"))),
        "time": f"{sum(_seconds(entry) for entry in report['sources']):.3f}",
    }
    root.attrib.update(about)
    suite.attrib.update({**about, "timestamp": report["created"].removesuffix("Z")})
    ElementTree.indent(root, "")
    text = ElementTree.tostring(root, encoding="unicode")
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{text}\n'


def _add_case(suite: ElementTree.Element, entry: Health, fail_on: t.Collection[str]) -> None:
    name = one_line(entry["kind"] or entry["task_name"] or "Task", _LONGEST_NAME)
    about = {"classname": _xml(_source(entry)), "name": _xml(name), "time": f"{_seconds(entry):.3f}"}
    case = ElementTree.SubElement(suite, "testcase", about)
    if not entry["tasks"]:
        ElementTree.SubElement(case, "skipped", message="No run of it has completed.")
        return
    last = entry["tasks"][0]
    if last["completion_status"] in fail_on:
        reason = last["reason"] or "No message was given."
        failure = ElementTree.SubElement(case, "failure", type=_xml(last["completion_status"]), message=_xml(reason))
        said = "\n".join(last["messages"])[:_LONGEST_MESSAGES].splitlines()
        failure.text = "\n".join(map(_xml, [f"Task {last['task_id']}, {last['completed']}", *said]))


def _seconds(entry: Health) -> float:
    return (entry["tasks"][0]["seconds"] or 0.0) if entry["tasks"] else 0.0


def _source(entry: Health) -> str:
    """A unique name of the source for JUnit, because names may be equal but ids are not."""
    name, source_id = entry["source_name"], entry["source_id"]
    shown = one_line(name or source_id or "no source", _LONGEST_NAME)
    return f"{shown} ({one_line(source_id, _LONGEST_NAME)})" if name and source_id else shown


def _xml(text: str) -> str:
    """The text on one line, without characters that are not allowed in XML."""
    return _NOT_XML.sub("\ufffd", one_line(text))


def markdown_of(report: Report) -> str:
    """The overview, what is pending, and failures and warnings by reason, for a chat, a ticket or a wiki."""
    counts, lines = report["counts"], lines_of(report)
    unwell = [line for line in lines if not line.healthy]
    a_day = counts["failures_a_day"]
    before = counts["failures_a_day_before"]
    compared = "" if a_day is None else f", {a_day:g} a day" + ("" if before is None else f" ({before:g} before)")
    parts = [
        f"# Tasks of {_md(report['tenant'])}",
        f"{_moment(report['created'])} UTC, looking back {_md(str(report['newer_than']))}",
        f"- Pending: {counts['pending']}, {counts['overdue']} of them overdue\n"
        f"- Failed: {counts['failed']} of {counts['completed']}{compared}\n"
        f"- Warnings: {counts['warned']}\n"
        f"- Sources: {len(lines)}, {len(unwell)} of them need attention",
    ]
    if unwell:
        parts += ["## Sources that need attention", _table(_OF_LINES, [_md_line(line) for line in unwell[:_SHOWN]])]
    if report["pending"]:
        parts += ["## Pending", _table(_OF_PENDING, [_md_pending(task) for task in report["pending"][:_SHOWN]])]
    if report["reasons"]:
        rows = [
            (str(told["count"]), str(told["sources"]), _moment(told["latest"]), _md(told["reason"] or "No message."))
            for told in report["reasons"][:_SHOWN]
        ]
        parts += ["## Failures by reason", _table(_OF_REASONS, rows)]
    return "\n\n".join(parts) + "\n"


def _md_line(line: Line) -> tuple[str, ...]:
    last, success = line.last_run, line.worst and line.worst["last_success"]
    return (
        _md(line.source_name or line.source_id or "no source"),
        "nothing has run" if last is None else f"{_md(last['completion_status'] or '?')} {_moment(last['completed'])}",
        (_moment(success["completed"]) if success else "none") + (f", {line.silence}" if line.silence else ""),
        *map(str, (line.pending, line.overdue, line.failures_in_a_row)),
    )


def _md_pending(task: Report) -> tuple[str, ...]:
    took = "?" if task["seconds"] is None else length(task["seconds"])
    return (
        _md(task["task_name"] or "Task"),
        _md(task["source_name"] or task["source_id"] or "no source"),
        took + (", overdue" if task["overdue"] else ""),
        _md(task["task_id"] or ""),
    )


def _table(head: t.Sequence[str], rows: t.Sequence[t.Sequence[str]]) -> str:
    return "\n".join(f"| {' | '.join(cells)} |" for cells in (head, ["---"] * len(head), *rows))


def _md(text: str) -> str:
    """The text, escaped for Markdown."""
    return _MARKUP.sub(r"\\\1", one_line(text, _LONGEST_NAME * 3))


def _moment(text: str | None) -> str:
    return "?" if text is None else text[:16].replace("T", " ")
