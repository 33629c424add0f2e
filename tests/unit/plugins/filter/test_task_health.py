# Copyright (c) 2026, the sailpoint.isc contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Filter task_health: what it tells of histories, good, bad and odd."""

from __future__ import annotations

import copy
import importlib.util
import sys
import time
import typing as t

import pytest
from ansible.errors import AnsibleFilterError
from ansible_collections.sailpoint.isc.plugins.filter import task_health as plugin
from ansible_collections.sailpoint.isc.plugins.module_utils._tasks.records import task_id
from ansible_collections.sailpoint.isc.plugins.module_utils._time import format_timestamp, timestamp
from hypothesis import given, settings
from hypothesis import strategies as st
from jinja2 import StrictUndefined, UndefinedError

each_zone = pytest.mark.usefixtures("zone")

NOW = "2026-05-17T20:00:00Z"
HR = {"id": "s1", "type": "APPLICATION", "name": "HR"}
AD = {"id": "s2", "type": "APPLICATION", "name": "Active Directory"}
ACCOUNTS = "Cloud Account Aggregation"
ENTITLEMENTS = "Cloud Group Aggregation - HR"

Record = dict[str, t.Any]
Json = t.Any


def ago(seconds: float) -> str:
    """A point in time so many seconds before NOW, as the API writes it."""
    return format_timestamp(timestamp("now", NOW) - seconds)


def run(task_id: str, status: str, ended: float, seconds: float = 60, **changes: t.Any) -> Record:
    """A task that has completed so many seconds before NOW."""
    return {
        "id": task_id,
        "type": "QUARTZ",
        "uniqueName": ACCOUNTS,
        "target": HR,
        "created": ago(ended + seconds),
        "launched": ago(ended + seconds),
        "completed": ago(ended),
        "completionStatus": status,
        "messages": [],
        **changes,
    }


def pending(task_id: str, seconds: float, **changes: t.Any) -> Record:
    """A task that has been running for so many seconds at NOW."""
    return {**run(task_id, "", 0, seconds), "completed": None, "completionStatus": None, **changes}


def health(records: t.Any, *arguments: t.Any, **options: t.Any) -> list[dict[str, t.Any]]:
    """What the filter tells, called as Ansible calls it."""
    told: list[dict[str, t.Any]] = plugin.FilterModule().filters()["task_health"](
        records, *arguments, **{"now": NOW, **options}
    )
    return told


def only(records: list[Record], **options: t.Any) -> dict[str, t.Any]:
    """The one entry that records of one source and kind give."""
    (entry,) = health(records, **options)
    return entry


@each_zone
def test_tells_all_of_a_source() -> None:
    failed = {"type": "ERROR", "localizedText": {"locale": "en-US", "message": "Login failed."}}
    records = [
        pending("p1", 100),
        run("t4", "ERROR", 3600, 5.5, messages=[failed]),
        run("t3", "SUCCESS", 7200, 80),
        run("t2", "WARNING", 10800, 60),
        run("t1", "TERMINATED", 14400, 9000),
    ]
    assert health(records) == [
        {
            "source_id": "s1",
            "source_name": "HR",
            "kind": "CLOUD_ACCOUNT_AGGREGATION",
            "task_name": "Cloud Account Aggregation",
            "runs": 4,
            "successes": 2,
            "failures": 2,
            "success_rate": 0.5,
            "failures_in_a_row": 1,
            "last_success": {
                "task_id": "t3",
                "completed": "2026-05-17T18:00:00.000Z",
                "completion_status": "SUCCESS",
                "seconds": 80.0,
                "messages": [],
            },
            "last_failure": {
                "task_id": "t4",
                "completed": "2026-05-17T19:00:00.000Z",
                "completion_status": "ERROR",
                "seconds": 5.5,
                "messages": ["Login failed."],
            },
            "median_seconds": 70.0,
            "p95_seconds": 80.0,
            "pending": [
                {
                    "task_id": "p1",
                    "task_name": "Cloud Account Aggregation",
                    "started": "2026-05-17T19:58:20.000Z",
                    "seconds": 100.0,
                    "overdue": True,
                }
            ],
        }
    ]


def test_nothing_gives_nothing() -> None:
    assert health([]) == []
    assert health(()) == []


def test_leaves_the_records_as_they_are() -> None:
    records = [run("t1", "success", 60), pending("p1", 5)]
    before = copy.deepcopy(records)
    health(records)
    assert records == before


def test_the_order_of_the_records_does_not_matter() -> None:
    records = [run(f"t{n}", "ERROR" if n in (1, 2, 5) else "SUCCESS", 60 * n, 10 * n) for n in range(1, 9)]
    expected = health(records)
    assert expected[0]["failures_in_a_row"] == 2
    assert health(records[::-1]) == expected
    assert health(records[4:] + records[:4]) == expected


def test_kinds_are_kept_apart() -> None:
    records = [
        run("a1", "SUCCESS", 600, 10),
        run("e1", "ERROR", 500, uniqueName=ENTITLEMENTS),
        run("a2", "SUCCESS", 400, 12),
        run("e2", "ERROR", 300, uniqueName=ENTITLEMENTS),
        run("e0", "SUCCESS", 9000, 1000, uniqueName=ENTITLEMENTS),
        pending("e3", 500, uniqueName=ENTITLEMENTS),
        pending("a3", 13),
    ]
    accounts, entitlements = health(records)
    assert (accounts["kind"], accounts["failures_in_a_row"], accounts["p95_seconds"]) == (
        "CLOUD_ACCOUNT_AGGREGATION",
        0,
        12.0,
    )
    assert [(task["task_id"], task["overdue"]) for task in accounts["pending"]] == [("a3", True)]
    assert (entitlements["kind"], entitlements["failures_in_a_row"], entitlements["p95_seconds"]) == (
        "CLOUD_GROUP_AGGREGATION",
        2,
        1000.0,
    )
    assert [(task["task_id"], task["overdue"]) for task in entitlements["pending"]] == [("e3", False)]


def test_a_kind_is_the_same_however_the_record_tells_it() -> None:
    summary = {"uniqueName": "Cloud Group Aggregation", "parentName": "Cloud Group Aggregation"}
    records = [
        run("t1", "SUCCESS", 1, uniqueName=ENTITLEMENTS),
        run("t2", "SUCCESS", 2, uniqueName=ENTITLEMENTS, parentName="Parent", taskDefinitionSummary=summary),
        run("t3", "SUCCESS", 3, uniqueName=None, taskDefinitionSummary=summary),
        run("t4", "SUCCESS", 4, uniqueName="cloud group aggregation"),
        {**run("t5", "SUCCESS", 5), "uniqueName": None, "name": "Cloud Group Aggregation"},
    ]
    entry = only(records)
    assert (entry["kind"], entry["runs"]) == ("CLOUD_GROUP_AGGREGATION", 5)


def test_sources_are_sorted_by_name_and_what_has_none_comes_last() -> None:
    records = [
        run("t1", "SUCCESS", 1, target=None),
        run("t2", "SUCCESS", 2, target={"id": "z0", "name": None}),
        run("t3", "SUCCESS", 3, target={"id": "s3", "name": "hr west"}),
        run("t4", "SUCCESS", 4, uniqueName=ENTITLEMENTS),
        run("t5", "SUCCESS", 5),
        run("t6", "SUCCESS", 6, target=AD),
        run("t7", "SUCCESS", 7, target={"id": "i1", "type": "IDENTITY", "name": "Ada"}),
    ]
    places = [(entry["source_id"], entry["kind"][:9]) for entry in health(records)]
    assert places == [
        ("s2", "CLOUD_ACC"),
        ("s1", "CLOUD_ACC"),
        ("s1", "CLOUD_GRO"),
        ("s3", "CLOUD_ACC"),
        ("z0", "CLOUD_ACC"),
        (None, "CLOUD_ACC"),
    ]
    assert health(records)[-1]["runs"] == 2


def test_a_source_is_told_by_its_id_and_called_by_its_newest_name() -> None:
    renamed = [
        run("t1", "SUCCESS", 10, target={"id": "s1", "name": None}),
        run("t2", "SUCCESS", 20, target={"id": "s1", "name": "HR new"}),
        run("t3", "SUCCESS", 30, target={"id": "s1", "name": "HR old"}),
    ]
    assert only(renamed)["source_name"] == "HR new"
    entitlements = run("t4", "SUCCESS", 40, target={"id": "s1", "name": "HR older"}, uniqueName=ENTITLEMENTS)
    assert [entry["source_name"] for entry in health([*renamed, entitlements])] == ["HR new", "HR new"]
    namesakes = [run("t1", "SUCCESS", 1), run("t2", "SUCCESS", 2, target={"id": "s2", "name": "HR"})]
    assert [entry["source_id"] for entry in health(namesakes)] == ["s1", "s2"]


def test_sources_without_an_id_are_told_apart_by_their_names() -> None:
    entries = health([run(name, "SUCCESS", 1, target={"name": name}) for name in ("HR", "AD", "HR")])
    assert [(entry["source_id"], entry["source_name"]) for entry in entries] == [(None, "AD"), (None, "HR")]


@pytest.mark.parametrize(
    ("spelt", "status"),
    [
        ("TEMPERROR", "TEMPERROR"),
        ("TEMP_ERROR", "TEMPERROR"),
        ("TempError", "TEMPERROR"),
        ("Error", "ERROR"),
        ("terminated", "TERMINATED"),
    ],
)
def test_statuses_count_however_they_are_spelt(spelt: str, status: str) -> None:
    entry = only([run("t1", spelt, 10), run("t2", "Warning", 20)])
    assert (entry["successes"], entry["failures"], entry["failures_in_a_row"]) == (1, 1, 1)
    assert entry["last_failure"]["completion_status"] == status
    assert entry["last_success"]["completion_status"] == "WARNING"


def test_a_message_without_a_text_is_told_by_its_key() -> None:
    entry = only([run("t1", "ERROR", 10, messages=[{"type": "ERROR", "key": "no_login", "localizedText": None}])])
    assert entry["last_failure"]["messages"] == ["no_login"]


def test_a_status_that_is_not_known_is_neither_success_nor_failure() -> None:
    records = [
        run("t1", "CANCELLED", 10, 999),
        run("t2", "ERROR", 20),
        run("t3", "Cancelled", 30),
        run("t4", "ERROR", 40),
        run("t5", "SUCCESS", 50, 60),
    ]
    entry = only(records)
    assert (entry["runs"], entry["successes"], entry["failures"]) == (5, 1, 2)
    assert (entry["failures_in_a_row"], entry["success_rate"], entry["p95_seconds"]) == (2, 1 / 3, 60.0)
    named = only(records, fail_on=["CANCELLED"])
    assert (named["successes"], named["failures"], named["failures_in_a_row"]) == (1, 2, 2)
    alone = only(records[:1])
    assert (alone["runs"], alone["success_rate"], alone["failures_in_a_row"]) == (1, None, 0)
    assert (alone["last_success"], alone["last_failure"], alone["median_seconds"]) == (None, None, None)


def test_fail_on_decides_what_a_failure_is() -> None:
    records = [run("t1", "WARNING", 10), run("t2", "TERMINATED", 20), run("t3", "ERROR", 30), run("t4", "SUCCESS", 40)]

    def counted(*arguments: t.Any) -> tuple[int, int, int]:
        (entry,) = health(records, *arguments)
        return entry["successes"], entry["failures"], entry["failures_in_a_row"]

    assert counted() == (2, 2, 0)
    assert counted(["WARNING", "ERROR", "TERMINATED"]) == (1, 3, 3)
    assert counted(["warning"]) == (1, 1, 1)
    # What is no failure is not a success for that.
    assert counted(["error"]) == (2, 1, 0)
    assert counted([]) == (2, 0, 0)
    assert counted(["SUCCESS", "NEW_STATUS"]) == (1, 1, 0)


def test_the_percentile_is_the_nearest_rank_of_the_durations_of_successes() -> None:
    records = [run(f"t{n}", "SUCCESS", 9000 * n, n) for n in range(1, 21)]
    assert (only(records)["median_seconds"], only(records)["p95_seconds"]) == (10.5, 19.0)
    assert only(records[:19])["p95_seconds"] == 19.0
    assert only(records[:1])["p95_seconds"] == 1.0
    hung = [run("h1", "TERMINATED", 5, 86400), run("h2", "ERROR", 6, 0.1)]
    assert (only(records + hung)["median_seconds"], only(records + hung)["p95_seconds"]) == (10.5, 19.0)


def test_a_duration_that_nothing_tells_does_not_count() -> None:
    records = [
        run("t1", "SUCCESS", 10, 60),
        run("t2", "SUCCESS", 20, launched=None, created="soon"),
        run("t3", "SUCCESS", 30, completed="later"),
        {"id": "t4", "uniqueName": ACCOUNTS, "target": HR, "completionStatus": "SUCCESS"},
    ]
    entry = only(records)
    assert (entry["runs"], entry["median_seconds"], entry["last_success"]["task_id"]) == (4, 60.0, "t1")
    assert only(records[3:])["last_success"] == {
        "task_id": "t4",
        "completed": None,
        "completion_status": "SUCCESS",
        "seconds": None,
        "messages": [],
    }


def test_last_is_what_completed_last() -> None:
    long = run("long", "ERROR", 10, 5000)
    short = run("short", "SUCCESS", 20, 5)
    assert only([short, long])["failures_in_a_row"] == 1


@pytest.mark.parametrize(
    ("seconds", "overdue"),
    [(99.0, False), (100.0, False), (100.5, True)],
)
def test_overdue_is_longer_than_the_percentile(seconds: float, overdue: bool) -> None:
    task = only([run("t1", "SUCCESS", 500, 100), pending("p1", seconds)])["pending"][0]
    assert (task["seconds"], task["overdue"]) == (seconds, overdue)


def test_nothing_is_overdue_without_a_success_to_go_by() -> None:
    entry = only([run("t1", "ERROR", 500, 1), pending("p1", 90000)])
    assert entry["pending"][0]["overdue"] is False
    other_source = [run("t1", "SUCCESS", 500, 1, target=AD), pending("p1", 90000)]
    assert health(other_source)[1]["pending"][0]["overdue"] is False


def test_pending_tasks_are_told_longest_running_first() -> None:
    tasks = [pending("p1", 5), pending("p2", 500), pending("p3", 0, created=None, launched=None), pending("p4", 50)]
    told = only(tasks)["pending"]
    assert [task["task_id"] for task in told] == ["p2", "p4", "p1", "p3"]
    assert (told[3]["started"], told[3]["seconds"], told[3]["overdue"]) == (None, None, False)
    assert only([pending("p1", -30)])["pending"][0]["seconds"] == 0.0


def test_a_task_is_pending_until_completed_and_status_are_set() -> None:
    success = run("t1", "SUCCESS", 500, 100)
    for task in (
        {**pending("p1", 3600), "completed": None, "completionStatus": "SUCCESS"},
        {**pending("p1", 3600), "completionStatus": ""},
        {**pending("p1", 3600), "completionStatus": 7},
    ):
        entry = only([success, task])
        assert (entry["runs"], entry["pending"][0]["seconds"]) == (1, 3600.0)
    # It is over, only how it ended is not told yet.
    ending = only([success, pending("p1", 3600, completed=ago(3550))])
    assert (ending["pending"][0]["seconds"], ending["pending"][0]["overdue"]) == (50.0, False)


def test_a_record_that_lacks_keys_is_judged_by_those_it_has() -> None:
    without_status = run("t1", "SUCCESS", 10)
    del without_status["completionStatus"]
    assert (only([without_status])["runs"], only([without_status])["success_rate"]) == (1, None)
    without_completed = run("t1", "ERROR", 10)
    del without_completed["completed"]
    assert only([without_completed])["failures"] == 1
    assert [task["task_id"] for task in only([{"id": "t1"}])["pending"]] == ["t1"]


def test_a_task_that_is_there_twice_counts_once_as_completed() -> None:
    before, after = pending("t1", 100), run("t1", "SUCCESS", 5)
    for records in ([before, after], [after, before], [before, after, before, after]):
        entry = only(records)
        assert (entry["runs"], entry["pending"]) == (1, [])
    assert only([pending("t1", 100), pending("t1", 100)])["pending"][0]["task_id"] == "t1"
    assert only([{**after, "id": None}, {**after, "id": None}])["runs"] == 2


@each_zone
def test_the_time_is_now_unless_given() -> None:
    started = time.time() - 1000
    task = pending("p1", 0, created=format_timestamp(started), launched=None)
    (entry,) = plugin.task_health([task])
    # A floor alone: on a slow machine it is longer.
    assert entry["pending"][0]["seconds"] >= 999
    assert only([task], now=format_timestamp(started + 7))["pending"][0]["seconds"] == 7.0
    assert only([pending("p1", 60)], now="2026-05-17T22:00:00+02:00")["pending"][0]["seconds"] == 60.0


@each_zone
def test_milliseconds_are_read_as_well() -> None:
    entry = only([run("t1", "SUCCESS", 0, created=None, launched=1714574212788, completed=1714574214788)])
    assert entry["last_success"]["completed"] == "2024-05-01T14:36:54.788Z"
    assert entry["median_seconds"] == 2.0
    for never in (1e300, 10**400, float("inf"), float("nan")):
        assert only([run("t1", "SUCCESS", 0, completed=never)])["last_success"]["completed"] is None


@pytest.mark.parametrize(
    ("records", "told"),
    [
        (None, "not null"),
        ("t1", "not text"),
        (7, "not 7"),
        ({"tasks": [], "access_token": "hidden"}, "not a dictionary: a registered result has its records in tasks"),
        ({"access_token": "hidden"}, "not a dictionary"),
        ([pending("p1", 1), "hidden"], "item 1 is text"),
        ([None], "item 0 is null"),
        ([["hidden"]], "item 0 is a list"),
        ([True], "item 0 is true"),
    ],
)
def test_says_what_it_cannot_read(records: t.Any, told: str) -> None:
    with pytest.raises(AnsibleFilterError) as failure:
        health(records)
    sentence = str(failure.value)
    assert sentence.startswith("task_health: the input must be a list of task records")
    assert sentence.endswith(told + ".")
    assert "hidden" not in sentence


@pytest.mark.parametrize("fail_on", ["ERROR", None, 7, [7], [None], {"ERROR": True}])
def test_fail_on_must_be_a_list_of_statuses(fail_on: t.Any) -> None:
    with pytest.raises(AnsibleFilterError, match="fail_on must be a list of completion statuses, not"):
        health([], fail_on)


@pytest.mark.parametrize("now", ["soon", "", "2026-05-17", "2026-05-17T20:00:00", 7, ["x"]])
def test_now_must_be_a_timestamp_with_a_zone(now: t.Any) -> None:
    with pytest.raises(AnsibleFilterError, match=r"^task_health: now is .*: give an ISO 8601 timestamp with a zone"):
        health([], now=now)


def test_an_undefined_value_is_told_as_such() -> None:
    for records in (StrictUndefined(name="history"), [StrictUndefined(name="history")]):
        with pytest.raises(UndefinedError, match="'history' is undefined"):
            health(records)


def test_needs_no_wrapping_where_ansible_core_has_none(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "ansible.utils.unsafe_proxy", None)
    spec = importlib.util.spec_from_file_location("task_health_alone", plugin.__file__)
    assert spec is not None
    assert spec.loader is not None
    alone = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(alone)
    records = [run("t1", "SUCCESS", 60), pending("p1", 5)]
    assert alone.task_health(records, now=NOW) == health(records)


MOMENTS = st.sampled_from([ago(5), ago(60), ago(3600), ago(90000), ago(-60)])
STATUSES = st.sampled_from(["SUCCESS", "Success", "WARNING", "ERROR", "TEMP_ERROR", "TERMINATED", "CANCELLED"])
SCALARS = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=9) | MOMENTS | STATUSES
JSON: st.SearchStrategy[Json] = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=5,
)
KEYS = st.sampled_from(
    (
        *("id", "uniqueName", "name", "parentName", "type", "target", "created", "launched", "completed"),
        *("completionStatus", "messages", "taskDefinitionSummary"),
    )
)
ODD_RECORDS = st.dictionaries(KEYS, JSON, max_size=8)
RECORDS = st.fixed_dictionaries(
    {
        "id": st.sampled_from("abcdefgh") | JSON,
        "uniqueName": st.sampled_from([ACCOUNTS, ENTITLEMENTS]),
        "target": st.sampled_from([HR, AD, None]),
        "created": MOMENTS,
        "completed": st.none() | MOMENTS | JSON,
        "completionStatus": st.none() | STATUSES,
    }
)
properties = settings(max_examples=100)


@properties
@given(JSON | st.lists(JSON, max_size=3))
def test_any_json_is_told_of_or_refused_in_one_sentence(value: Json) -> None:
    readable = isinstance(value, list) and all(isinstance(record, dict) for record in value)
    try:
        told = health(value)
    except AnsibleFilterError as failure:
        sentence = str(failure)
    else:
        assert readable
        assert sum(entry["runs"] + len(entry["pending"]) for entry in told) == len(value)
        return
    assert not readable
    assert sentence.startswith("task_health: the input must be a list of task records")
    assert "\n" not in sentence


@properties
@given(st.lists(ODD_RECORDS | RECORDS, max_size=8))
def test_the_figures_of_any_records_agree(records: list[Record]) -> None:
    told = health(records)
    named = [found for record in records if (found := task_id(record))]
    tasks = len(records) - len(named) + len(set(named))
    assert sum(entry["runs"] + len(entry["pending"]) for entry in told) == tasks
    places = [(entry["source_id"], entry["source_name"], entry["kind"]) for entry in told]
    assert len(set(places)) == len(places)
    for entry in told:
        judged = entry["successes"] + entry["failures"]
        assert judged <= entry["runs"]
        assert 0 <= entry["failures_in_a_row"] <= entry["failures"]
        assert (entry["failures_in_a_row"] == entry["failures"]) or entry["successes"]
        assert (entry["success_rate"] is None) == (judged == 0)
        assert judged == 0 or 0 <= entry["success_rate"] <= 1
        assert (entry["last_success"] is None) == (entry["successes"] == 0)
        assert (entry["last_failure"] is None) == (entry["failures"] == 0)
        assert (entry["median_seconds"] is None) == (entry["p95_seconds"] is None)
        assert entry["p95_seconds"] is None or 0 <= entry["median_seconds"] <= entry["p95_seconds"]
        for task in entry["pending"]:
            assert task["seconds"] is None or task["seconds"] >= 0
            assert not task["overdue"] or task["seconds"] >= entry["p95_seconds"]
        for text in ("source_id", "source_name", "kind", "task_name"):
            assert entry[text] is None or (isinstance(entry[text], str) and entry[text])


@properties
@given(st.lists(RECORDS, max_size=8))
def test_sources_and_kinds_do_not_touch_each_other(records: list[Record]) -> None:
    records = [{**record, "id": str(number)} for number, record in enumerate(records)]
    apart: list[dict[str, t.Any]] = []
    for target in (HR, AD, None):
        for name in (ACCOUNTS, ENTITLEMENTS):
            apart += health([one for one in records if one["target"] == target and one["uniqueName"] == name])

    def place(entry: dict[str, t.Any]) -> str:
        return f"{entry['source_id']} {entry['kind']}"

    assert sorted(health(records), key=place) == sorted(apart, key=place)
