# Copyright (c) 2026, the sailpoint.isc contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Filters task_report_csv and task_report_page: what they make of the numbers of a report."""

from __future__ import annotations

import csv
import html
import io
import typing as t

import pytest
from ansible.errors import AnsibleFilterError
from ansible_collections.sailpoint.isc.plugins.filter.task_report import task_report
from ansible_collections.sailpoint.isc.plugins.filter.task_report_csv import FilterModule as Csv
from ansible_collections.sailpoint.isc.plugins.filter.task_report_page import FilterModule as Page

NOW = "2026-05-17T20:00:00Z"
HR = {"id": "s1", "type": "APPLICATION", "name": "HR"}
AD = {"id": "s2", "type": "APPLICATION", "name": "AD"}
pytestmark = pytest.mark.usefixtures("zone")

Record = dict[str, t.Any]


def task(task_id: str, status: str | None, started: str, ended: str | None = None, **changes: t.Any) -> Record:
    """A task of 17 May 2026."""
    return {
        "id": task_id,
        "uniqueName": "Cloud Account Aggregation",
        "target": HR,
        "created": f"2026-05-17T{started}Z",
        "completed": f"2026-05-17T{ended}Z" if ended else None,
        "completionStatus": status,
        "messages": [],
        **changes,
    }


def report(records: list[Record], **about: t.Any) -> dict[str, t.Any]:
    """The numbers of a report on the last ten hours, as the role completes them."""
    given = {"tenant": "acme", "base_url": None, "newer_than": "10h", "source_ids": [], "fail_on": ["ERROR"], **about}
    return {**given, **task_report(records, fail_on=given["fail_on"], now=NOW, newer_than="10h")}


def rows(records: list[Record]) -> dict[str, dict[str, str]]:
    """The rows of the CSV file by the ids of their tasks."""
    text: str = Csv().filters()["task_report_csv"](report(records))
    return {row["task_id"]: row for row in csv.DictReader(io.StringIO(text))}


def page(records: list[Record], **about: t.Any) -> dict[str, t.Any]:
    """What the page shows."""
    shown: dict[str, t.Any] = Page().filters()["task_report_page"](report(records, **about))
    return shown


RECORDS = [
    task("good", "SUCCESS", "11:00:00", "11:01:00"),
    task("bad", "ERROR", "13:00:00", "13:04:00", messages=[{"type": "ERROR", "localizedText": "It is gone."}]),
    task("slow", None, "15:00:00"),
    task("groups", "WARNING", "16:00:00", "16:00:30", target=AD, uniqueName="Cloud Group Aggregation - AD"),
]


def test_a_row_has_the_task_and_the_numbers_of_its_kind() -> None:
    found = rows(RECORDS)
    assert list(found) == ["groups", "slow", "bad", "good"]
    kind = {"runs": "2", "successes": "1", "failures": "1", "success_rate": "0.5", "failures_in_a_row": "1"}
    assert found["bad"] == {
        "task_id": "bad",
        "task_name": "Cloud Account Aggregation",
        "kind": "CLOUD_ACCOUNT_AGGREGATION",
        "source_id": "s1",
        "source_name": "HR",
        "completion_status": "ERROR",
        "started": "2026-05-17T13:00:00.000Z",
        "completed": "2026-05-17T13:04:00.000Z",
        "seconds": "240.0",
        "overdue": "",
        "messages": "It is gone.",
        **kind,
        "last_success": "2026-05-17T11:01:00.000Z",
        "last_failure": "2026-05-17T13:04:00.000Z",
        "median_seconds": "60.0",
        "p95_seconds": "60.0",
    }
    assert (found["slow"]["overdue"], found["slow"]["seconds"], found["slow"]["completed"]) == ("true", "18000.0", "")


@pytest.mark.parametrize(
    ("text", "cell"),
    [
        ("=1+1", "'=1+1"),
        (" \t@x", "'@x"),
        ("-5", "'-5"),
        ("+5", "'+5"),
        ('a "b", c', 'a "b", c'),
        ("two\r\nlines", "two lines"),
        ("\x00\x1b[31mred\x07\ud83d", "red \ufffd"),
        ("\u202e=1", "'=1"),
    ],
)
def test_a_text_in_a_row_is_one_line_and_no_formula(text: str, cell: str) -> None:
    record = task("t1", "ERROR", "13:00:00", "13:04:00", uniqueName=text, target={"id": "s1", "name": text})
    (row,) = rows([{**record, "messages": [{"localizedText": text}]}]).values()
    assert [row[column] for column in ("task_name", "source_name", "messages")] == [cell] * 3


def test_a_stack_trace_is_cut_and_the_numbers_keep_it() -> None:
    trace = "a.B: first" + "\n\tat x.Y.z(Y.java:1)" * 500 + "\nCaused by: c.D: last"
    record = task("t1", "ERROR", "13:00:00", "13:04:00", messages=[{"localizedText": trace}])
    assert rows([record])["t1"]["messages"] == "a.B: first Caused by: c.D: last"
    assert page([record])["failed"][0]["why"] == "a.B: first Caused by: c.D: last"
    assert report([record])["failed"][0]["messages"] == [trace]


def test_a_page_has_all_in_words() -> None:
    shown = page(RECORDS, source_ids=["s1", "s9"])
    assert shown["only"] == "2 sources"
    assert (shown["silent"], shown["silent_named"], shown["silent_counted"]) == (["s9"], "s9", "1 source")
    assert (shown["figures"]["of_runs"], shown["figures"]["success_rate"]) == ("3 runs", "66.6 %")
    assert shown["pending"] == [
        {
            "name": "Cloud Account Aggregation",
            "source": "HR",
            "started": "2026-05-17T15:00:00.000Z",
            "took": "5 h",
            "usual": "1 min",
            "overdue": True,
        }
    ]
    assert shown["failed"] == [
        {
            "text": "ERROR",
            "colour": "failed",
            "shape": "error",
            "name": "Cloud Account Aggregation",
            "source": "HR",
            "completed": "2026-05-17T13:04:00.000Z",
            "took": "4 min",
            "why": "It is gone.",
        }
    ]
    # First what failed last
    assert [(source["name"], source["id"]) for source in shown["sources"]] == [("HR", "s1"), ("AD", "s2")]
    assert shown["failing_first"]
    assert shown["sources"][1]["entries"][0]["name"] == "Cloud Group Aggregation"


def test_runs_are_placed_by_time_and_length() -> None:
    (entry,) = page(RECORDS)["sources"][0]["entries"]
    assert entry["in_words"] == "Timeline of Cloud Account Aggregation: 2 runs, 1 failed, 1 pending"
    assert [run["x"] for run in entry["bars"]] == ["10.00%", "30.00%", "50.00%"]
    assert [(run["height"], run["y"]) for run in entry["bars"]] == [("15.0", "17.0"), ("30.0", "2.0"), ("30.0", "2.0")]
    assert entry["usual_level"] == "17.0"
    assert [run["text"] for run in entry["bars"]] == [
        "2026-05-17 11:00 Cloud Account Aggregation: SUCCESS after 1 min",
        "2026-05-17 13:00 Cloud Account Aggregation: ERROR after 4 min. It is gone.",
        "2026-05-17 15:00 Cloud Account Aggregation: pending for 5 h, overdue",
    ]


def test_a_page_shows_no_more_than_can_be_read() -> None:
    records = [task(f"t{number}", "ERROR", "13:00:00", "13:04:00") for number in range(300)]
    shown = page(records, source_ids=[f"x{number}" for number in range(300)])
    assert (len(shown["failed"]), shown["failures"]) == (200, 300)
    (entry,) = shown["sources"][0]["entries"]
    assert (len(entry["bars"]), entry["drawn"]) == (120, "the last 120 of 300 runs")
    assert shown["silent_named"].endswith("x19, ...")
    assert shown["silent_counted"] == "300 sources"


@pytest.mark.parametrize(("rate", "text"), [(999, "99.9 %"), (1000, "100 %"), (500, "50 %"), (0, "0 %"), (1, "0.1 %")])
def test_a_rate_is_never_rounded_up(rate: int, text: str) -> None:
    records = [task(f"t{number}", "SUCCESS" if number < rate else "ERROR", "13:00:00") for number in range(1000)]
    for record in records:
        del record["completed"]
    assert page(records)["figures"]["success_rate"] == text


HOSTILE = "<script>\"'&\x00\x1b[2J\ud83d\u202e\n" + "x" * 9000


def test_every_text_is_escaped_on_one_line_and_cut() -> None:
    record = task(HOSTILE, HOSTILE, "13:00:00", "13:04:00", uniqueName=HOSTILE, target={"id": HOSTILE, "name": HOSTILE})
    bad = {**record, "id": "bad", "messages": [{"localizedText": HOSTILE}] * 50, "completionStatus": "ERROR"}
    about = {"tenant": HOSTILE[:20], "base_url": HOSTILE[:20]}
    found = texts(page([record, bad, {**record, "id": "new", "completed": None, "completionStatus": None}], **about))
    assert len(found) > 20
    assert [text for text in found if "<" in text or '"' in text or not text.isprintable()] == []
    assert max(len(html.unescape(text)) for text in found if not text.startswith("Timeline")) < 1000


def texts(value: t.Any) -> list[str]:
    """Every text in a value."""
    if isinstance(value, str):
        return [value]
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return [text for one in inner for text in texts(one)]


@pytest.mark.parametrize("value", [None, "text", 7, [], {"tasks": []}, {}, {"sources": [{}]}, {"sources": 7}])
@pytest.mark.parametrize("name", ["task_report_csv", "task_report_page"])
def test_refuses_what_is_no_report_in_one_sentence(name: str, value: t.Any) -> None:
    filters = {**Csv().filters(), **Page().filters()}
    with pytest.raises(AnsibleFilterError) as refused:
        filters[name](value)
    assert str(refused.value).startswith(f"{name} takes what the filter task_report gives")
    assert "\n" not in str(refused.value)
