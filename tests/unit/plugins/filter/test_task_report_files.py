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
        # As wide as a letter of Chinese; some spreadsheets take it for the narrow one.
        ("\uff1d1", "'\uff1d1"),
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
    (group,) = page([record])["failures"]["groups"]
    assert group["why"] == "a.B: first Caused by: c.D: last"
    assert group["whole"] == ["a.B: first", *["at x.Y.z(Y.java:1)"] * 500, "Caused by: c.D: last"]
    assert report([record])["failed"][0]["messages"] == [trace]


def test_a_page_has_all_in_words() -> None:
    shown = page(RECORDS, source_ids=["s1", "s9"])
    assert shown["only"] == "2 sources"
    assert (shown["silent"], shown["silent_named"], shown["silent_counted"]) == (["s9"], "s9", "1 source")
    assert (shown["figures"]["of_runs"], shown["figures"]["success_rate"]) == ("3 runs", "66.6 %")
    assert shown["pending"] == [
        {
            "name": "Cloud Account Aggregation",
            "id": "slow",
            "source": "HR",
            "anchor": "source-1",
            "started": "2026-05-17T15:00:00.000Z",
            "took": "5 h",
            "usual": "1 min",
            "overdue": True,
        }
    ]
    assert shown["failures"] == {"total": 1, "reasons": 1, "more": 0, "groups": shown["failures"]["groups"]}
    assert shown["failures"]["groups"] == [
        {
            "why": "It is gone.",
            "whole": [],
            "count": 1,
            "counted": "once",
            "sources": "1 source",
            "more": 0,
            "tasks": [
                {
                    "text": "ERROR",
                    "colour": "failed",
                    "shape": "error",
                    "name": "Cloud Account Aggregation",
                    "id": "bad",
                    "source": "HR",
                    "anchor": "source-1",
                    "completed": "2026-05-17T13:04:00.000Z",
                    "took": "4 min",
                }
            ],
        }
    ]
    assert [group["tasks"][0]["id"] for group in shown["warnings"]["groups"]] == ["groups"]


def test_a_page_has_a_line_for_each_source_the_worst_first() -> None:
    shown = page(RECORDS, source_ids=["s1", "s9"])
    assert [(line["name"], line["anchor"], line["text"]) for line in shown["unwell"]] == [
        ("HR", "source-1", "ERROR"),
        ("s9", None, "\u2013"),
    ]
    hr, silent = shown["unwell"]
    assert (hr["pending"], hr["overdue"], hr["failures_in_a_row"]) == (1, 1, 1)
    assert hr["last_success"] == "2026-05-17T11:01:00.000Z"
    assert silent["silence"] == "nothing has run"
    (ad,) = shown["healthy"]
    assert (ad["name"], ad["anchor"], ad["text"], ad["kind"]) == ("AD", "source-2", "WARNING", "")
    assert [(source["name"], source["id"], source["anchor"]) for source in shown["unwell_details"]] == [
        ("HR", "s1", "source-1")
    ]
    assert [source["entries"][0]["name"] for source in shown["healthy_details"]] == ["Cloud Group Aggregation"]
    assert shown["undetailed"] == 0


def runs(status: str, *days: int, source: str = "s1") -> list[Record]:
    """Runs of a minute that began so many days before 17 May."""
    return [
        task(
            f"{source}-{status}-{day}",
            status,
            "10:00:00",
            target={"id": source, "name": source},
            created=f"2026-05-{17 - day:02}T10:00:00Z",
            completed=f"2026-05-{17 - day:02}T10:01:00Z",
        )
        for day in days
    ]


@pytest.mark.parametrize(
    ("records", "told"),
    [
        # It failed since.
        (runs("SUCCESS", 9) + runs("ERROR", 1, 2), "no success for 9 days"),
        (runs("SUCCESS", 1) + runs("ERROR", 0), "no success for 1 day"),
        # Of nothing that ended well is known since when.
        (runs("ERROR", 1, 2), "no success for 14 days"),
        # It has run every day or two, and no longer does.
        (runs("SUCCESS", 5, 6, 8, 9), "no success for 5 days"),
        # It is to run every few days.
        (runs("SUCCESS", 5, 8, 11), ""),
        # Too little is known.
        (runs("SUCCESS", 12, 13), ""),
        (runs("SUCCESS", 0, 1, 2), ""),
    ],
)
def test_tells_of_days_without_success_where_that_is_unusual(records: list[Record], told: str) -> None:
    about = {"tenant": "acme", "base_url": None, "newer_than": "14d", "source_ids": [], "fail_on": ["ERROR"]}
    numbers = {**about, **task_report(records, fail_on=["ERROR"], now=NOW, newer_than="14d")}
    shown = Page().filters()["task_report_page"](numbers)
    lines = shown["unwell"] if told else shown["healthy"]
    assert [line["silence"] for line in lines] == [told]


def test_runs_are_placed_by_time_and_length() -> None:
    (entry,) = page(RECORDS)["unwell_details"][0]["entries"]
    assert entry["in_words"] == "2 runs, 1 failed, 1 pending"
    assert entry["bars"] == [
        {"colour": "ok", "path": "M100 32v-15"},
        {"colour": "failed", "path": "M300 32v-30"},
        {"colour": "pending", "path": "M500 32v-30"},
    ]
    assert entry["marks"] == [
        {"colour": "failed", "shape": "error", "places": ["30.0%"]},
        {"colour": "pending", "shape": "pending", "places": ["50.0%"]},
    ]
    assert entry["usual_level"] == "17"
    assert entry["lengths"] == "Usually 1 min, 19 of 20 within 1 min."
    assert (entry["last"]["text"], entry["last_id"]) == ("ERROR", "bad")


def test_a_page_shows_no_more_than_can_be_read() -> None:
    records = [
        task(f"t{number}", "ERROR", "13:00:00", "13:04:00", messages=[{"localizedText": f"{'x' * (number % 60)}."}])
        for number in range(3000)
    ]
    shown = page([*records, task("good", "SUCCESS", "12:00:00", "12:01:00")], source_ids=[f"x{n}" for n in range(300)])
    failures = shown["failures"]
    assert (failures["total"], failures["reasons"], len(failures["groups"]), failures["more"]) == (3000, 60, 50, 10)
    assert {(len(group["tasks"]), group["more"], group["count"]) for group in failures["groups"]} == {(20, 30, 50)}
    (entry,) = shown["unwell_details"][0]["entries"]
    assert sum(len(mark["places"]) for mark in entry["marks"]) == 120
    assert entry["lengths"].endswith("The last 120 of 3001 runs:")
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
    shown = page([record, bad, {**record, "id": "new", "completed": None, "completionStatus": None}], **about)
    found = texts(shown)
    assert len(found) > 20
    assert [text for text in found if "<" in text or '"' in text or not text.isprintable()] == []
    # Whole messages are in a fold.
    whole = {text for group in shown["failures"]["groups"] for text in group["whole"]}
    assert max(len(html.unescape(text)) for text in found if text not in whole) < 1000
    assert sum(map(len, whole)) < 20000


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
    assert str(refused.value).startswith(f"{name}: the input ")
    assert "\n" not in str(refused.value)
