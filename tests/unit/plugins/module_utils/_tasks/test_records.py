# Copyright (c) 2026, the sailpoint.isc contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import typing as t

import pytest
from ansible_collections.sailpoint.isc.plugins.module_utils._tasks import records
from hypothesis import given
from hypothesis import strategies as st

pytestmark = pytest.mark.usefixtures("zone")

KEYS = ["id", "type", "uniqueName", "name", "parentName", "target", "created", "launched", "completed", "messages"]
SCALARS = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=5)
NESTED = st.dictionaries(
    st.sampled_from(["id", "name", "type", "uniqueName", "localizedText", "key"]), SCALARS, max_size=3
)
ANY_RECORD = st.dictionaries(
    st.sampled_from([*KEYS, "completionStatus", "taskDefinitionSummary"]),
    SCALARS | NESTED | st.lists(SCALARS | NESTED, max_size=3),
    max_size=5,
)


@pytest.mark.parametrize(
    ("value", "status"),
    [
        ("SUCCESS", "SUCCESS"),
        ("Success", "SUCCESS"),
        ("TEMP_ERROR", "TEMPERROR"),
        ("TempError", "TEMPERROR"),
        ("temp_error", "TEMPERROR"),
        ("Partly_Done", "PARTLY_DONE"),
        (None, None),
        ("", None),
        (7, None),
    ],
)
def test_a_completion_status_is_known_in_every_spelling(value: object, status: str | None) -> None:
    assert records.completion_status({"completionStatus": value}) == status


def test_a_record_without_a_completion_status_has_none() -> None:
    assert records.completion_status({}) is None


@pytest.mark.parametrize(
    ("completed", "status", "over"),
    [
        ("2026-01-01T00:00:00.000Z", "SUCCESS", True),
        ("2026-01-01T00:00:00.000Z", None, False),
        (None, "SUCCESS", False),
        (None, None, False),
        ("2026-01-01T00:00:00.000Z", "NEVER_HEARD_OF", True),
    ],
)
def test_a_task_has_completed_once_time_and_status_are_both_set(completed: object, status: object, over: bool) -> None:
    assert records.has_completed({"completed": completed, "completionStatus": status}) is over


@pytest.mark.parametrize(
    ("record", "over"),
    [
        ({}, False),
        ({"id": "t1"}, False),
        ({"completed": "2026-01-01T00:00:00.000Z"}, True),
        ({"completed": None}, False),
        ({"completionStatus": "ERROR"}, True),
        ({"completionStatus": None}, False),
        ({"completionStatus": " "}, False),
        ({"completed": None, "completionStatus": "ERROR"}, False),
        ({"completed": "2026-01-01T00:00:00.000Z", "completionStatus": None}, False),
        ({"completed": "2026-01-01T00:00:00.000Z", "completionStatus": "ERROR"}, True),
    ],
)
def test_of_a_part_of_a_record_what_is_absent_says_nothing(record: records.Record, over: bool) -> None:
    assert records.has_completed(record, partial=True) is over
    # Of a whole record it says that it is not so.
    assert records.has_completed(record) is (over and len(record) == 2)


MOMENTS = ["2026-05-17T19:33:04.350Z", "2026-05-18T01:18:04.350+0545", 1779046384350, "1779046384350", 1779046384.35]


@pytest.mark.parametrize("moment", MOMENTS)
@pytest.mark.parametrize("key", ["created", "launched", "completed"])
def test_moments_are_told_whichever_way_they_are_written(key: str, moment: object) -> None:
    record = {"created": None, "launched": "soon", "completed": [], key: moment}
    told = [records.created_at(record), records.started_at(record), records.completed_at(record)]
    expected = {"created": [1, 1, 0], "launched": [0, 1, 0], "completed": [0, 0, 1]}[key]
    assert [found is not None for found in told] == list(map(bool, expected))
    assert [found for found in told if found is not None] == [pytest.approx(1779046384.35)] * sum(expected)


def test_the_age_counts_from_creation_and_may_be_unknown() -> None:
    assert records.age({"created": "1970-01-01T00:00:10.000Z"}, 25) == 15
    assert records.age({"created": None}, 25) is None
    assert records.age({}, 25) is None


@pytest.mark.parametrize(
    ("launched", "created", "completed", "seconds"),
    [
        ("1970-01-01T00:00:10Z", "1970-01-01T00:00:05Z", "1970-01-01T00:00:30Z", 20),
        (None, "1970-01-01T00:00:05Z", "1970-01-01T00:00:30Z", 25),
        (1779046384350, None, "2026-05-17T19:33:09.350Z", 5),
        (None, None, "1970-01-01T00:00:30Z", None),
        ("1970-01-01T00:00:10Z", None, None, None),
        ("1970-01-01T00:00:40Z", None, "1970-01-01T00:00:30Z", 0),
    ],
)
def test_the_time_taken_counts_from_launch_or_creation(
    launched: object, created: object, completed: object, seconds: float | None
) -> None:
    assert records.seconds_taken({"launched": launched, "created": created, "completed": completed}) == seconds


@pytest.mark.parametrize(
    ("target", "source"),
    [
        ({"id": "s1", "type": "APPLICATION", "name": "HR"}, ("s1", "HR")),
        ({"id": "s1", "type": None, "name": "HR"}, ("s1", "HR")),
        ({"id": "s1"}, ("s1", None)),
        ({"id": "i1", "type": "IDENTITY", "name": "Ann"}, (None, None)),
        (None, (None, None)),
        ("s1", (None, None)),
    ],
)
def test_the_source_of_a_task_is_its_target_unless_that_is_an_identity(target: object, source: object) -> None:
    assert records.source_of({"target": target}) == source


@pytest.mark.parametrize(
    ("record", "name"),
    [
        ({"uniqueName": "Cloud Account Aggregation"}, "CLOUD_ACCOUNT_AGGREGATION"),
        ({"uniqueName": "Cloud Group Aggregation - HR - 2"}, "CLOUD_GROUP_AGGREGATION"),
        ({"parentName": "Cloud-Refresh  Role"}, "CLOUD_REFRESH_ROLE"),
        ({"uniqueName": "x", "taskDefinitionSummary": {"parentName": "Identity Refresh"}}, "IDENTITY_REFRESH"),
        ({"name": "Cloud Account Aggregation"}, "CLOUD_ACCOUNT_AGGREGATION"),
    ],
)
def test_the_definition_of_a_task_follows_from_its_names(record: records.Record, name: str) -> None:
    assert name in records.definition_names(record)


MESSAGES = [
    {"type": "INFO", "localizedText": {"locale": "en-US", "message": "began"}, "key": "k1"},
    {"type": "Error", "localizedText": None, "key": "k2"},
    {"type": "WARN", "localizedText": "plain text", "key": "k3"},
    {"type": "ERROR", "localizedText": {"message": None}},
    {"type": "ERROR", "localizedText": {"message": 5}},
    "no message at all",
    None,
]


def test_the_texts_of_messages_are_found_in_each_of_their_forms() -> None:
    assert records.message_texts({"messages": MESSAGES}) == ["began", "k2", "plain text"]
    assert records.message_texts({"messages": MESSAGES}, "ERROR") == ["k2"]
    assert records.message_texts({"messages": MESSAGES}, "ERROR", "WARN") == ["k2", "plain text"]
    assert records.message_texts({"messages": None}) == records.message_texts({}) == []


@pytest.mark.parametrize(
    ("record", "text"),
    [
        ({"id": "1", "uniqueName": "U", "name": "N", "type": "T", "target": {"name": "HR"}}, "U of HR (1)"),
        ({"id": "1", "name": "N", "type": "T"}, "N (1)"),
        ({"id": "1", "type": "T"}, "T (1)"),
        ({"id": "1"}, "task (1)"),
        ({"id": 7, "name": ["N"], "target": "HR"}, "task (7)"),
        ({"name": "N"}, "N (id unknown)"),
        ({"id": "1\n2", "name": "\x1b[31mN\x00\ud83d", "target": {"name": "H\x07R"}}, "N \ufffd of H R (1 2)"),
        ({"id": "1", "name": "N" * 999}, "N" * 100 + "... (1)"),
    ],
)
def test_a_task_is_named_by_what_it_is_its_source_and_its_id(record: records.Record, text: str) -> None:
    assert records.name_of(record) == text


def test_the_reason_is_the_complaints_on_one_line_that_is_cut() -> None:
    assert records.reason_of({"messages": MESSAGES}) == "k2 plain text"
    assert records.reason_of({"messages": MESSAGES[:1]}) == "began"
    assert records.reason_of({"messages": "broken"}) == records.reason_of({}) == ""
    long = {"type": "ERROR", "localizedText": {"message": "x\n" * 9000}}
    assert len(records.reason_of({"messages": [long] * 30})) < 310
    assert records.message_texts({"messages": [{"localizedText": "half \ud83d\n\x00"}]}) == ["half \ufffd\n\x00"]


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("x", "x"),
        ("\ud83d", "\ufffd"),
        (7, "7"),
        (0, "0"),
        (-1, "-1"),
        (True, None),
        (1.5, None),
        ("", None),
        (None, None),
    ]
    + [(value, None) for value in ([], {}, ["x"], {"id": "x"}, 10**30)],
)
def test_an_id_or_a_name_is_a_text_or_nothing(value: object, text: str | None) -> None:
    assert records.text_of(value) == records.task_id({"id": value}) == records.task_name({"name": value}) == text
    assert records.source_of({"target": {"id": value, "name": value}}) == (text, text)


def test_a_projection_keeps_the_named_keys_that_are_there_and_all_without_names() -> None:
    record = {"id": "1", "completed": None, "x": 2}
    assert records.projected(record, ["completed", "id", "missing"]) == {"completed": None, "id": "1"}
    assert records.projected(record, []) == {}
    assert records.projected(record, None) is record


@given(ANY_RECORD)
def test_a_record_of_any_shape_can_be_looked_at(record: records.Record) -> None:
    looks: list[t.Callable[[records.Record], object]] = [
        records.completion_status,
        records.has_completed,
        lambda record: records.has_completed(record, partial=True),
        lambda record: records.age(record, 0),
        records.created_at,
        records.started_at,
        records.completed_at,
        records.task_id,
        records.task_name,
        records.reason_of,
        records.seconds_taken,
        records.source_of,
        records.definition_names,
        records.message_texts,
        records.name_of,
    ]
    before = repr(record)
    for look in looks:
        look(record)
    assert repr(record) == before
