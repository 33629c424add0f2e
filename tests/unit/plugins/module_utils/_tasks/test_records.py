# Copyright (c) 2026, the sailpoint.isc contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import typing as t

import pytest
from ansible_collections.sailpoint.isc.plugins.module_utils._tasks import records
from hypothesis import given
from hypothesis import strategies as st

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
    ],
)
def test_a_task_is_named_by_what_it_is_its_source_and_its_id(record: records.Record, text: str) -> None:
    assert records.name_of(record) == text


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
        lambda record: records.age(record, 0),
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
