# Copyright (c) 2026, the sailpoint.isc contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Filter task_outcomes: what it makes of records, good and odd."""

from __future__ import annotations

import typing as t

import pytest
from ansible.errors import AnsibleFilterError
from ansible_collections.sailpoint.isc.plugins.filter import task_outcomes as plugin

RECORD: dict[str, t.Any] = {
    "id": "464ae7bf791e49fdb74606a2e4a89635",
    "type": "QUARTZ",
    "uniqueName": "Cloud Account Aggregation",
    "target": {"id": "s1", "type": "APPLICATION", "name": "SAP"},
    "created": "2026-05-17T19:33:04.120Z",
    "launched": "2026-05-17T19:33:04.350Z",
    "completed": "2026-05-17T19:33:16.470Z",
    "completionStatus": "ERROR",
    "messages": [
        {"type": "INFO", "localizedText": {"locale": "en-US", "message": "Connected."}},
        {"type": "ERROR", "localizedText": {"locale": "en-US", "message": "Login failed."}},
    ],
}


def outcomes(records: t.Any, *arguments: t.Any) -> list[dict[str, t.Any]]:
    """What the filter makes of records, called as Ansible calls it."""
    task_outcomes = plugin.FilterModule().filters()["task_outcomes"]
    found: list[dict[str, t.Any]] = task_outcomes(records, *arguments)
    return found


def outcome(**changes: t.Any) -> dict[str, t.Any]:
    """The outcome of the record above with these keys set otherwise."""
    return outcomes([{**RECORD, **changes}])[0]


def test_tells_all_of_a_task_that_failed() -> None:
    assert outcomes([RECORD]) == [
        {
            "task_id": "464ae7bf791e49fdb74606a2e4a89635",
            "task_name": "Cloud Account Aggregation",
            "source_id": "s1",
            "source_name": "SAP",
            "completion_status": "ERROR",
            "started": "2026-05-17T19:33:04.350Z",
            "completed": "2026-05-17T19:33:16.470Z",
            "seconds": 12.12,
            "messages": ["Connected.", "Login failed."],
            "summary": "Cloud Account Aggregation ended with ERROR after 12.1 s: Login failed.",
        }
    ]


def test_nothing_gives_nothing() -> None:
    assert outcomes([]) == []
    assert outcomes(()) == []


def test_leaves_the_records_as_they_are() -> None:
    record = {**RECORD, "completionStatus": "temp_error"}
    outcomes([record])
    assert record == {**RECORD, "completionStatus": "temp_error"}


@pytest.mark.parametrize(
    ("spelt", "told"),
    [("Success", "SUCCESS"), ("TEMP_ERROR", "TEMPERROR"), ("temperror", "TEMPERROR"), ("Half_Done", "HALF_DONE")],
)
def test_statuses_have_one_spelling(spelt: str, told: str) -> None:
    assert outcome(completionStatus=spelt)["completion_status"] == told


def test_a_success_is_summed_up_without_its_messages() -> None:
    found = outcome(completionStatus="SUCCESS")
    assert found["summary"] == "Cloud Account Aggregation ended with SUCCESS after 12.1 s"
    assert found["messages"] == ["Connected.", "Login failed."]


def test_messages_that_complain_of_nothing_are_better_than_none() -> None:
    messages = [{"type": "INFO", "localizedText": {"message": "Stopped by hand."}}]
    assert outcome(completionStatus="TERMINATED", messages=messages)["summary"].endswith("12.1 s: Stopped by hand.")


def test_a_failure_without_messages_is_summed_up_without_a_reason() -> None:
    assert outcome(messages=[])["summary"] == "Cloud Account Aggregation ended with ERROR after 12.1 s"


def test_an_unknown_status_is_summed_up_with_its_messages() -> None:
    assert outcome(completionStatus="CANCELLED")["summary"].endswith("ended with CANCELLED after 12.1 s: Login failed.")


@pytest.mark.parametrize(
    "changes",
    [
        {"completed": None, "completionStatus": None},
        {"completionStatus": None},
        {"completionStatus": ""},
        {"completed": None},
    ],
)
def test_a_task_is_pending_until_completed_and_status_are_set(changes: dict[str, t.Any]) -> None:
    found = outcome(**changes)
    assert found["completion_status"] is None
    assert found["seconds"] is None
    assert found["summary"] == "Cloud Account Aggregation is pending since 2026-05-17T19:33:04.350Z"


def test_a_record_without_the_key_completed_is_judged_by_its_status() -> None:
    record = {"id": "t1", "completionStatus": "WARNING"}
    found = outcomes([record])[0]
    assert (found["completion_status"], found["completed"], found["seconds"]) == ("WARNING", None, None)
    assert found["summary"] == "Task ended with WARNING"


def test_an_empty_record_gives_nulls() -> None:
    assert outcomes([{}]) == [
        {
            "task_id": None,
            "task_name": None,
            "source_id": None,
            "source_name": None,
            "completion_status": None,
            "started": None,
            "completed": None,
            "seconds": None,
            "messages": [],
            "summary": "Task is pending",
        }
    ]


@pytest.mark.parametrize("odd", [None, "text", "", 7, True, 1.5, [], ["text"], [None], {}, {"id": {}}])
def test_takes_any_value_anywhere(odd: t.Any) -> None:
    for key in RECORD:
        found = outcome(**{key: odd})
        assert isinstance(found["summary"], str)
        assert all(isinstance(text, str) for text in found["messages"])
        for name in ("task_id", "task_name", "source_id", "source_name", "completion_status", "started", "completed"):
            assert found[name] is None or isinstance(found[name], str)


def test_keys_that_hold_the_wrong_kind_are_told_as_null() -> None:
    found = outcome(id=["x"], target="SAP", launched="soon", created="earlier", messages="broken")
    assert (found["task_id"], found["source_id"], found["source_name"]) == (None, None, None)
    assert (found["started"], found["seconds"], found["messages"]) == (None, None, [])
    assert outcome(target={"id": 7, "name": {}})["source_id"] == "7"


def test_an_identity_is_no_source() -> None:
    found = outcome(target={"id": "i1", "type": "IDENTITY", "name": "Ada"})
    assert (found["source_id"], found["source_name"]) == (None, None)


def test_names_a_task_by_what_there_is() -> None:
    assert outcome(uniqueName=None, name="Cloud Account Aggregation")["task_name"] == "Cloud Account Aggregation"
    assert outcome(uniqueName="")["task_name"] == "QUARTZ"


def test_messages_may_be_texts_or_keys() -> None:
    messages = [
        {"type": "ERROR", "localizedText": "plain"},
        {"type": "WARN", "key": "some_key"},
        {"localizedText": None},
    ]
    assert outcome(messages=messages)["messages"] == ["plain", "some_key"]


def test_a_task_that_was_never_launched_started_when_it_was_created() -> None:
    found = outcome(launched=None)
    assert found["started"] == "2026-05-17T19:33:04.120Z"
    assert found["seconds"] == 12.35


def test_milliseconds_are_told_as_timestamps() -> None:
    found = outcome(launched=1714574212788, completed=1714574214788)
    assert (found["started"], found["completed"]) == ("2024-05-01T14:36:52.788Z", "2024-05-01T14:36:54.788Z")
    assert found["seconds"] == 2.0
    assert outcome(launched=1e300, created=None)["started"] is None


@pytest.mark.parametrize(
    ("completed", "told"),
    [
        ("2026-05-17T19:33:04.350Z", "after 0.0 s"),
        ("2026-05-17T19:34:04.290Z", "after 59.9 s"),
        ("2026-05-17T19:34:04.320Z", "after 1 min 0 s"),
        ("2026-05-17T20:33:03.700Z", "after 59 min 59 s"),
        ("2026-05-17T20:33:04.000Z", "after 1 h 0 min"),
        ("2026-05-19T21:38:04.350Z", "after 50 h 5 min"),
    ],
)
def test_lengths_of_time_read_well(completed: str, told: str) -> None:
    assert outcome(completionStatus="SUCCESS", completed=completed)["summary"].endswith(told)


def test_a_summary_is_one_line_of_bearable_length() -> None:
    messages = [{"type": "ERROR", "localizedText": "first\n  second\t" + "x" * 5000}]
    summary = outcome(messages=messages)["summary"]
    assert "after 12.1 s: first second xxx" in summary
    assert summary.endswith("x...")
    assert len(summary) < 600
    assert outcome(messages=messages)["messages"] == ["first\n  second\t" + "x" * 5000]


def test_named_sources_come_first_and_in_their_order() -> None:
    records = [
        {"id": task_id, "target": {"id": source_id}}
        for task_id, source_id in [("t1", "a"), ("t2", None), ("t3", "b"), ("t4", "c"), ("t5", "b"), ("t6", "a")]
    ]
    assert [found["task_id"] for found in outcomes(records)] == ["t1", "t2", "t3", "t4", "t5", "t6"]
    assert [found["task_id"] for found in outcomes(records, ["b", "a", "b"])] == ["t3", "t5", "t1", "t6", "t2", "t4"]


@pytest.mark.parametrize(
    ("records", "told"),
    [
        (None, "not null"),
        ("t1", 'not "t1"'),
        ({"id": "t1"}, 'not {"id": "t1"}'),
        (7, "not 7"),
        (object(), "not object"),
        ([RECORD, "t1"], 'item 1 of it is "t1"'),
        ([None], "item 0 of it is null"),
        ([[RECORD]], "item 0 of it is [{"),
    ],
)
def test_says_what_it_cannot_read(records: t.Any, told: str) -> None:
    with pytest.raises(AnsibleFilterError) as failure:
        outcomes(records)
    sentence = str(failure.value)
    assert sentence.startswith("task_outcomes takes a list of task records")
    assert told in sentence
    assert "\n" not in sentence


def test_source_ids_must_be_a_list() -> None:
    with pytest.raises(AnsibleFilterError, match='takes a list as source_ids, not "s1"'):
        outcomes([RECORD], "s1")
