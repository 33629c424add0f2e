# Copyright (c) 2026, the sailpoint.isc contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Filter task_report: what it gathers of records, good and odd."""

from __future__ import annotations

import typing as t

import pytest
from ansible.errors import AnsibleFilterError
from ansible_collections.sailpoint.isc.plugins.filter import task_report as plugin
from hypothesis import given
from hypothesis import strategies as st

pytestmark = pytest.mark.usefixtures("zone")

NOW = "2026-05-17T20:00:00Z"
HR = {"id": "s1", "type": "APPLICATION", "name": "HR"}

Record = dict[str, t.Any]
Report = dict[str, t.Any]


def task(task_id: str, status: str | None = None, started: str = "18:00:00", ended: str = "18:01:00") -> Record:
    """A task of 17 May 2026; pending without a status."""
    return {
        "id": task_id,
        "uniqueName": "Cloud Account Aggregation",
        "target": HR,
        "created": f"2026-05-17T{started}Z",
        "completed": f"2026-05-17T{ended}Z" if status else None,
        "completionStatus": status,
        "messages": [{"type": "INFO", "localizedText": {"locale": "en-US", "message": f"About {task_id}."}}],
    }


def report(records: t.Any, **options: t.Any) -> Report:
    """What the filter makes of records, called as Ansible calls it."""
    found: Report = plugin.FilterModule().filters()["task_report"](records, **{"now": NOW, **options})
    return found


def ids(tasks: list[Record]) -> list[str]:
    return [task["task_id"] for task in tasks]


def test_gathers_what_is_pending_what_failed_and_each_source() -> None:
    records = [
        task("good", "SUCCESS"),
        task("new-failure", "ERROR", "19:00:00", "19:00:10"),
        task("old-failure", "TERMINATED", "17:00:00", "17:00:10"),
        task("just-started", started="19:59:30"),
        task("late", started="19:00:00"),
        {**task("groups", "WARNING"), "uniqueName": "Cloud Group Aggregation - HR"},
        {**task("refresh", "SUCCESS", "19:30:00", "19:30:30"), "uniqueName": "Cloud Refresh Role", "target": None},
    ]
    found = report(records)
    assert found["counts"] == {
        "pending": 2,
        "overdue": 1,
        "completed": 5,
        "failed": 2,
        "success_rate": 0.6,
        "sources": 1,
        "failing_sources": 1,
        "warned": 1,
        "failures_a_day": None,
        "failures_a_day_before": None,
    }
    assert found["pending"] == [
        {
            "task_id": task_id,
            "task_name": "Cloud Account Aggregation",
            "kind": "CLOUD_ACCOUNT_AGGREGATION",
            "source_id": "s1",
            "source_name": "HR",
            "started": started,
            "seconds": seconds,
            "p95_seconds": 60.0,
            "overdue": overdue,
        }
        for task_id, started, seconds, overdue in (
            ("late", "2026-05-17T19:00:00.000Z", 3600.0, True),
            ("just-started", "2026-05-17T19:59:30.000Z", 30.0, False),
        )
    ]
    assert found["failed"][0] == {
        "task_id": "new-failure",
        "task_name": "Cloud Account Aggregation",
        "kind": "CLOUD_ACCOUNT_AGGREGATION",
        "source_id": "s1",
        "source_name": "HR",
        "completion_status": "ERROR",
        "started": "2026-05-17T19:00:00.000Z",
        "completed": "2026-05-17T19:00:10.000Z",
        "seconds": 10.0,
        "messages": ["About new-failure."],
        "reason": "About new-failure.",
    }
    assert ids(found["failed"]) == ["new-failure", "old-failure"]
    assert [(entry["source_id"], entry["kind"], ids(entry["tasks"])) for entry in found["sources"]] == [
        ("s1", "CLOUD_ACCOUNT_AGGREGATION", ["new-failure", "good", "old-failure"]),
        ("s1", "CLOUD_GROUP_AGGREGATION", ["groups"]),
        (None, "CLOUD_REFRESH_ROLE", ["refresh"]),
    ]
    assert found["sources"][0]["failures_in_a_row"] == 1
    assert ids(found["warned"]) == ["groups"]


def test_nothing_gives_zeros() -> None:
    found = report([])
    unknown = [key for key, count in found["counts"].items() if count is None]
    assert unknown == ["success_rate", "failures_a_day", "failures_a_day_before"]
    assert set(found["counts"].values()) == {0, None}
    assert (found["created"], found["since"]) == (NOW, None)
    assert (found["pending"], found["failed"], found["sources"]) == ([], [], [])


def test_a_task_that_completed_meanwhile_is_not_pending() -> None:
    found = report([task("one", "SUCCESS"), task("one")])
    assert (found["pending"], ids(found["sources"][0]["tasks"])) == ([], ["one"])
    assert report([task("one"), task("one", "ERROR")])["counts"]["failed"] == 1


@pytest.mark.parametrize(
    ("newer_than", "since"),
    [("90m", "2026-05-17T18:30:00Z"), ("2d", "2026-05-15T20:00:00Z"), (30, "2026-05-17T19:59:30Z"), ("9w", None)],
)
def test_tells_how_far_it_looks_back(newer_than: str | int, since: str | None) -> None:
    assert report([], newer_than=newer_than)["since"] == (since or "2026-03-15T20:00:00Z")
    # Nothing is kept for longer than 90 days.
    assert report([], newer_than="52w")["since"] == "2026-02-16T20:00:00Z"


def said(task_id: str, text: str, ended: str = "18:01:00", **changes: t.Any) -> Record:
    messages = [{"type": "ERROR", "localizedText": {"locale": "en-US", "message": text}}]
    return {**task(task_id, "ERROR", ended=ended), "messages": messages, **changes}


def test_gathers_failures_by_reason_whatever_ids_and_numbers_are_in_it() -> None:
    other = {"id": "s2", "type": "APPLICATION", "name": "AD"}
    records = [
        said("one", "Timed out after 120000 ms (464ae7bf791e49fdb74606a2e4a89635).", "18:01:00"),
        said("two", "The account is locked.", "18:02:00"),
        said("three", "timed out after 7 ms (af1b8208-6c19-4f89-acce-82e156ff6e61).", "18:03:00", target=other),
    ]
    timed_out, locked = report(records)["reasons"]
    assert timed_out == {
        "reason": "timed out after 7 ms (af1b8208-6c19-4f89-acce-82e156ff6e61).",
        "count": 2,
        "sources": 2,
        "latest": "2026-05-17T18:03:00.000Z",
        "task_ids": ["three", "one"],
    }
    assert (locked["reason"], locked["task_ids"]) == ("The account is locked.", ["two"])


def test_counts_no_source_for_tasks_of_the_whole_tenant() -> None:
    records = [
        said("one", "Out of memory.", "18:01:00", target=None),
        said("two", "Out of memory.", "18:02:00", target={"id": "someone", "type": "IDENTITY", "name": "Someone"}),
        said("three", "Out of memory.", "18:03:00"),
        said("four", "Too many roles.", "18:04:00", target=None),
    ]
    assert [(reason["count"], reason["sources"]) for reason in report(records)["reasons"]] == [(3, 1), (1, 0)]


def test_compares_failures_a_day_with_the_period_before() -> None:
    failures = [task(f"now-{number}", "ERROR") for number in range(6)]
    earlier = [task(f"then-{number}", "ERROR") for number in range(3)] + [
        task("good", "SUCCESS"),
        task("then-0", "ERROR"),
    ]
    counts = report(failures, newer_than="2d", earlier=earlier)["counts"]
    assert (counts["failures_a_day"], counts["failures_a_day_before"]) == (3.0, 1.5)
    counts = report(failures, newer_than="2d")["counts"]
    assert (counts["failures_a_day"], counts["failures_a_day_before"]) == (3.0, None)
    # Nothing is kept for longer than 90 days.
    assert (
        report([task(f"{number}", "ERROR") for number in range(9)], newer_than="52w")["counts"]["failures_a_day"] == 0.1
    )


def test_tells_days_without_success() -> None:
    def days(*records: Record) -> int | None:
        found: int | None = report(records, now="2026-05-20T19:00:00Z")["sources"][0]["days_without_success"]
        return found

    assert days(task("good", "SUCCESS"), task("bad", "ERROR", "18:30:00", "18:31:00")) == 3
    assert days(task("bad", "ERROR")) is None


def test_what_is_a_failure_can_be_said() -> None:
    found = report([task("bad", "ERROR"), task("warned", "Warning")], fail_on=["warning"])
    assert ids(found["failed"]) == ["warned"]
    assert found["counts"]["failed"] == 1


def test_sources_without_an_id_are_told_apart_by_name() -> None:
    records = [{**task(name, "SUCCESS"), "target": {**HR, "id": None, "name": name}} for name in ("A", "B")]
    assert [ids(entry["tasks"]) for entry in report(records)["sources"]] == [["A"], ["B"]]


@pytest.mark.parametrize(
    ("records", "options", "message"),
    [
        ({"tasks": []}, {}, "task_report: the input must be a list of task records, not a dictionary"),
        ([task("one"), 5], {}, "item 1 is 5"),
        ([], {"fail_on": "ERROR"}, "fail_on must be a list of completion statuses"),
        ([], {"now": "noon"}, "give an ISO 8601 timestamp"),
        ([], {"newer_than": "soon"}, 'newer_than is "soon": give a duration such as'),
        ([], {"newer_than": "0.0h"}, 'newer_than is "0.0h": give more than zero'),
        ([], {"newer_than": 0}, 'newer_than is "0": give more than zero'),
    ],
)
def test_refuses_what_it_cannot_read(records: t.Any, options: dict[str, t.Any], message: str) -> None:
    with pytest.raises(AnsibleFilterError, match="task_report") as refused:
        report(records, **options)
    assert message in str(refused.value)


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=5,
)
TIMES = st.sampled_from(["2026-05-17T18:00:00Z", "2026-05-17T19:00:00.5+02:00", "soon", None, 1779040000000])
RECORDS = st.fixed_dictionaries(
    {
        "completed": TIMES | VALUES,
        "completionStatus": st.sampled_from(["SUCCESS", "TEMP_ERROR", "Warning", "ODD", None]) | VALUES,
    },
    optional={
        "id": st.sampled_from(["a", "b", "c"]) | VALUES,
        "uniqueName": st.sampled_from(["Cloud Account Aggregation", "Cloud Group Aggregation - HR"]) | VALUES,
        "target": st.sampled_from([HR, {"id": None, "name": "HR"}, {"id": "s2"}]) | VALUES,
        "created": TIMES | VALUES,
        "launched": TIMES | VALUES,
        "messages": VALUES,
    },
)


@given(st.lists(RECORDS, max_size=8))
def test_every_task_is_in_one_place(records: list[Record]) -> None:
    """Whatever records hold, each that has completed is among those of its source, and the counts are of the lists."""
    found = report(records)
    tasks = [task for entry in found["sources"] for task in entry["tasks"]]
    assert len(tasks) == found["counts"]["completed"] == sum(entry["runs"] for entry in found["sources"])
    assert all(task["kind"] == entry["kind"] for entry in found["sources"] for task in entry["tasks"])
    assert len(found["pending"]) == found["counts"]["pending"]
    assert len(found["failed"]) == found["counts"]["failed"]
    rate = found["counts"]["success_rate"]
    assert rate is None or 0 <= rate <= 1
