# Copyright (c) 2026, the sailpoint.isc contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The forms of a report for other tools: JUnit, Markdown, metrics, and a page that is never too large."""

from __future__ import annotations

import csv
import io
import json
import re
import typing as t

import pytest
from ansible_collections.sailpoint.isc.plugins.filter.task_report import task_report
from ansible_collections.sailpoint.isc.plugins.modules.task_report import SUFFIXES
from ansible_collections.sailpoint.isc.plugins.plugin_utils._formats import text_of
from ansible_collections.sailpoint.isc.tests.support.odd_records import RECORDS
from junitparser import JUnitXml
from prometheus_client.openmetrics.parser import text_string_to_metric_families

NOW = "2026-05-17T20:00:00Z"
HR = {"id": "s1", "type": "APPLICATION", "name": "HR"}
HOSTILE = "<script>alert(1)</script>\"'&]]>\x00\x1b[2J\ud83d\u202e|\n# x [a](b) `c` **d**"

Record = dict[str, t.Any]


def task(task_id: str, status: str | None, hour: int, **changes: t.Any) -> Record:
    """A task of a minute on 17 May 2026."""
    return {
        "id": task_id,
        "uniqueName": "Cloud Account Aggregation",
        "target": HR,
        "created": f"2026-05-17T{hour:02}:00:00Z",
        "completed": f"2026-05-17T{hour:02}:01:00Z" if status else None,
        "completionStatus": status,
        "messages": [],
        **changes,
    }


def text(form: str, records: list[Record], **about: t.Any) -> str:
    given = {"tenant": "acme", "base_url": None, "newer_than": "10h", "source_ids": [], "fail_on": ["ERROR"], **about}
    numbers = task_report(records, fail_on=given["fail_on"], now=NOW, newer_than="10h", earlier=[])
    return text_of(form, {**given, **numbers}, list(SUFFIXES), "report")


MESSAGES = [{"type": "ERROR", "localizedText": "It is gone."}]
RECORDS_OF_ALL_KINDS = [
    task("good", "SUCCESS", 11),
    task("bad", "ERROR", 13, messages=MESSAGES),
    task("bad-before", "ERROR", 11, uniqueName="Cloud Group Aggregation - HR"),
    task("good-since", "WARNING", 12, uniqueName="Cloud Group Aggregation - HR"),
    task("waiting", None, 19, target=None, uniqueName="Cloud Refresh Role"),
]


def test_junit_has_a_case_for_each_kind_of_each_source_failed_as_its_last_run() -> None:
    suites = JUnitXml.fromstring(text("junit", RECORDS_OF_ALL_KINDS).encode())
    (suite,) = suites
    assert (suite.name, suite.tests, suite.failures, suite.errors, suite.skipped) == ("Tasks of acme", 3, 1, 0, 1)
    cases = {case.name: case for case in suite}
    accounts = cases["CLOUD_ACCOUNT_AGGREGATION"]
    assert (accounts.classname, accounts.time) == ("HR (s1)", 60.0)
    (failure,) = accounts.result
    assert (failure.type, failure.message) == ("ERROR", "It is gone.")
    assert failure.text == "Task bad, 2026-05-17T13:01:00.000Z\nIt is gone."
    assert cases["CLOUD_GROUP_AGGREGATION"].is_passed
    assert cases["CLOUD_REFRESH_ROLE"].is_skipped


def test_markdown_tells_what_needs_a_look() -> None:
    told = text("md", RECORDS_OF_ALL_KINDS)
    for line in (
        "# Tasks of acme",
        "- Failed: 2 of 4, 4.8 a day (0 before)",
        "| HR | ERROR 2026-05-17 13:01 | 2026-05-17 11:01 | 0 | 0 | 1 |",
        r"| Cloud Refresh Role | no source | 1 h 0 min | waiting |",
        r"| 1 | 1 | 2026-05-17 13:01 | It is gone\. |",
    ):
        assert line in told.splitlines(), told


@pytest.mark.parametrize("form", SUFFIXES)
def test_harmful_texts_are_text(form: str) -> None:
    bad = {"messages": [{"localizedText": HOSTILE}], "uniqueName": HOSTILE, "target": {"id": HOSTILE, "name": HOSTILE}}
    records = [task(HOSTILE, status, 12 + n, **bad) for n, status in enumerate(("ERROR", HOSTILE, None))]
    told = text(form, records, tenant=HOSTILE[:30], base_url=HOSTILE[:30])
    told.encode()
    assert [char for char in told if not char.isprintable() and char not in "\n\r"] == []
    if form == "junit":
        (suite,) = JUnitXml.fromstring(told.encode())
        assert all("<script>alert(1)</script>" in str(case.classname) for case in suite)
    elif form == "prom":
        assert list(text_string_to_metric_families(told))
    elif form == "md":
        assert re.findall(r"(?<!\\)[<`\[]", told) == []
        assert {line.count("|") - line.count("\\|") for line in told.splitlines() if line.startswith("|")} <= {5, 7}
    elif form == "html":
        assert re.findall(r"<script>alert|<img", told) == []


ODD = [
    *(
        "\x00\x07\x1b[2J",
        "]]>",
        "a|b",
        "a\nb\r\nc\u2028d\x85e",
        "\u202eabc\u2066",
        "x" * 10_000,
        "\ud83d",
        "\ufffe\uffff",
    ),
    *('"\\\n', '\\"', "=1+1", "-1", "\t@x", "<b>&amp;", "<failure", 'x{y="z"} 1', "# EOF", "", " "),
]


@pytest.mark.parametrize("odd", ODD, ids=range(len(ODD)))
def test_each_file_is_read_by_its_parser_whatever_a_tenant_says(odd: str) -> None:
    targets = [{"id": "s1", "name": odd}, {"id": "s2", "name": odd}, {"name": odd}, None]
    messages = [{"localizedText": odd}, {"localizedText": {"message": odd}}]
    records = [
        task(f"{odd}{number}{status}", status, 12, uniqueName=odd, target=target, messages=messages)
        for number, target in enumerate(targets)
        for status in ("ERROR", odd, None)
    ]
    files = {form: text(form, records, tenant=odd or "acme") for form in ("csv", "json", "prom", "junit")}
    numbers = json.loads(files["json"])
    cells = [list(row.values()) for row in csv.DictReader(io.StringIO(files["csv"]))]
    assert {len(row) for row in cells} == {20}
    assert len(cells) == numbers["counts"]["completed"] + numbers["counts"]["pending"]
    assert not [cell for row in cells for cell in row if cell.startswith(("=", "+", "-", "@", "\t"))]
    (suite,) = JUnitXml.fromstring(files["junit"].encode())
    assert suite.tests == len(list(suite)) == len(numbers["sources"])
    families = list(text_string_to_metric_families(files["prom"]))
    (runs,) = (family for family in families if family.name.endswith("_runs"))
    assert len({tuple(sample.labels.values()) for sample in runs.samples}) == len(numbers["sources"])


@pytest.mark.parametrize("form", SUFFIXES)
def test_takes_any_record(form: str) -> None:
    assert text(form, RECORDS).encode()
    for record in RECORDS[::7]:
        text(form, [record])


def test_a_page_is_never_larger_than_a_megabyte() -> None:
    """Long names, a reason each, stack traces, and more kinds of tasks than there is room for."""
    trace = "java.lang.X: " + "y" * 100 + "\n\tat a.B.c(D.java:1)" * 500
    records = [
        task(
            f"{number:032x}",
            "ERROR" if number % 2 else "SUCCESS",
            11,
            uniqueName=f"Kind {number % 10} & <{'n' * 150}>",
            target={"id": f"s{number // 20}", "name": f'"Source" {number // 20} {"&" * 150}'},
            messages=[{"localizedText": f"{trace}{chr(97 + number % 26) * 5}"}],
        )
        for number in range(3000)
    ]
    told = text("html", records)
    assert 500_000 < len(told.encode()) <= 1_000_000
    assert "There is no room for the details of" in told
    assert told.count('<th role="rowheader" scope="row">') >= 150
