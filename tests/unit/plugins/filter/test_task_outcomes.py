# Copyright (c) 2026, the sailpoint.isc contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Filter task_outcomes: what it makes of records, good and odd."""

from __future__ import annotations

import typing as t

import pytest
from ansible.errors import AnsibleFilterError
from ansible_collections.sailpoint.isc.plugins.filter import task_outcomes as plugin

pytestmark = pytest.mark.usefixtures("zone")

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
            "summary": "SAP: Cloud Account Aggregation ended with ERROR after 12.1 s: Login failed.",
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
    assert found["summary"] == "SAP: Cloud Account Aggregation ended with SUCCESS after 12.1 s"
    assert found["messages"] == ["Connected.", "Login failed."]


def test_messages_that_complain_of_nothing_are_better_than_none() -> None:
    messages = [{"type": "INFO", "localizedText": {"message": "Stopped by hand."}}]
    assert outcome(completionStatus="TERMINATED", messages=messages)["summary"].endswith("12.1 s: Stopped by hand.")


def test_a_failure_without_messages_is_summed_up_without_a_reason() -> None:
    assert outcome(messages=[])["summary"] == "SAP: Cloud Account Aggregation ended with ERROR after 12.1 s"


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
    assert found["summary"] == "SAP: Cloud Account Aggregation is pending since 2026-05-17T19:33:04.350Z"


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
        ("2026-05-19T21:38:04.350Z", "after 2 d 2 h"),
    ],
)
def test_lengths_of_time_read_well(completed: str, told: str) -> None:
    assert outcome(completionStatus="SUCCESS", completed=completed)["summary"].endswith(told)


def said(*texts: str) -> list[dict[str, t.Any]]:
    """Messages with these texts, all of them errors."""
    return [{"type": "ERROR", "localizedText": {"locale": "en-US", "message": text}} for text in texts]


def test_a_summary_is_one_line_of_bearable_length() -> None:
    text = "first\n  second\t" + "x" * 5000
    summary = outcome(messages=said(*[text] * 20))["summary"]
    assert "after 12.1 s: first second xxx" in summary
    assert summary.endswith("x...")
    assert len(summary) < 400
    assert outcome(messages=said(text))["messages"] == [text]


def test_a_summary_of_a_stack_trace_keeps_its_head_and_its_last_cause() -> None:
    frames = "".join(f"\n\tat com.example.Reader.read(Reader.java:{line})" for line in range(300))
    causes = "".join(f"\nCaused by: {cause}{frames}" for cause in ("a.B: x", "java.io.IOException: no route"))
    trace = f"com.example.Failed: no rows{frames}{causes}"
    found = outcome(messages=said(trace))
    assert found["summary"].endswith(": com.example.Failed: no rows Caused by: java.io.IOException: no route")
    assert found["messages"] == [trace]


def test_names_that_are_long_or_control_a_terminal_do_neither_in_a_summary() -> None:
    found = outcome(
        uniqueName="\x1b[2JCloud\x00 \u202eAggregation\ud83d" + "y" * 500,
        target={"id": "s1", "name": "\x1b]0;title\x07HR\nWest" + "z" * 500},
        completionStatus="Odd\x07",
        messages=said("\x1b[31mred\x9b0m\x00\ud800."),
    )
    assert found["summary"].isprintable()
    assert len(found["summary"]) < 300
    assert found["summary"].startswith("HR Westz")
    assert found["summary"].endswith("ended with ODD after 12.1 s: red \ufffd.")


def test_a_source_is_named_by_its_name_or_its_id_and_once() -> None:
    assert outcome(target={"id": "s1", "name": None})["summary"].startswith("s1: Cloud Account Aggregation ended")
    assert outcome(target={"name": "HR"})["summary"].startswith("HR: Cloud Account Aggregation ended")
    assert outcome(target=None)["summary"].startswith("Cloud Account Aggregation ended")
    groups = outcome(uniqueName="Cloud Group Aggregation - SAP")
    assert groups["summary"].startswith("SAP: Cloud Group Aggregation ended")
    assert groups["task_name"] == "Cloud Group Aggregation - SAP"


def test_a_task_that_ended_nobody_knows_how_is_not_pending() -> None:
    record = {key: value for key, value in RECORD.items() if key != "completionStatus"}
    found = outcomes([record])[0]
    assert (found["completion_status"], found["seconds"]) == (None, 12.12)
    assert found["summary"] == "SAP: Cloud Account Aggregation ended after 12.1 s: Login failed."


@pytest.mark.parametrize(
    ("written", "told"),
    [
        ("2026-05-17T21:33:04.350+02:00", "2026-05-17T19:33:04.350Z"),
        ("2026-05-18T01:18:04+0545", "2026-05-17T19:33:04.000Z"),
        ("2026-05-17T15:33:04-04", "2026-05-17T19:33:04.000Z"),
        ("2026-05-17T19:33:04.350123", "2026-05-17T19:33:04.350Z"),
        ("2026-05-17 19:33:04.123456789Z", "2026-05-17T19:33:04.123Z"),
        (1779046384350, "2026-05-17T19:33:04.350Z"),
        ("1779046384350", "2026-05-17T19:33:04.350Z"),
        (1779046384.35, "2026-05-17T19:33:04.350Z"),
        ("0000-01-01T00:00:00Z", None),
        ("9999-12-31T23:59:59-05:00", None),
    ],
)
def test_times_are_told_in_utc(written: t.Any, told: str | None) -> None:
    assert outcome(launched=None, created=written)["started"] == told
    assert outcome(completed=written)["completed"] == told


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
        ("hidden", "not text"),
        ({"access_token": "hidden"}, "not a dictionary"),
        ({"tasks": ["hidden"]}, "not a dictionary: a registered result has its records in tasks"),
        (7, "not 7"),
        ([RECORD, "hidden"], "item 1 is text"),
        ([None], "item 0 is null"),
        ([["hidden"]], "item 0 is a list"),
    ],
)
def test_says_what_it_cannot_read(records: t.Any, told: str) -> None:
    with pytest.raises(AnsibleFilterError) as failure:
        outcomes(records)
    sentence = str(failure.value)
    assert sentence.startswith("task_outcomes: the input must be a list of task records")
    assert sentence.endswith(f"{told}.")
    assert "hidden" not in sentence
    assert "\n" not in sentence


def test_source_ids_must_be_a_list() -> None:
    with pytest.raises(AnsibleFilterError, match="source_ids must be a list, not text"):
        outcomes([RECORD], "s1")


def test_source_names_must_be_a_dictionary() -> None:
    with pytest.raises(AnsibleFilterError, match="source_names must be a dictionary, not a list"):
        outcomes([RECORD], [], ["SAP"])


def test_sources_are_called_as_is_wanted() -> None:
    renamed, other = outcomes([RECORD, {**RECORD, "target": {"id": "s2", "name": "LDAP"}}], [], {"s1": "Mine", 7: "x"})
    assert renamed["source_name"] == "Mine"
    assert renamed["summary"].startswith("Mine: Cloud Account Aggregation ended")
    assert other["source_name"] == "LDAP"
    (edited,) = outcomes(
        [{"ansible_loop_var": "item", "item": {}, "task": RECORD, "changed": True}], [], {"s1": "Mine"}
    )
    assert edited["summary"].startswith("Mine: Cloud Account Aggregation (")
    assert RECORD["target"]["name"] == "SAP"
    for odd in ({"target": None}, {"target": {"id": None}}, {"target": {"id": "s1", "type": "IDENTITY"}}):
        assert outcomes([{**RECORD, **odd}], [], {"s1": "Mine"})[0]["source_name"] is None


@pytest.mark.parametrize(
    ("told", "summary"),
    [
        ({}, "HR, accounts: ended with ERROR after 12.1 s: Login failed."),
        ({"failed": True}, "FAILED: HR, accounts: ended with ERROR after 12.1 s: Login failed."),
        ({"action": "skipped", "reason": "It is busy."}, "HR, accounts: skipped: It is busy"),
        # It counts as completed after a while.
        ({"task": {**RECORD, "completed": None}}, "HR, accounts: ended with ERROR: Login failed."),
        (
            {"action": "adopted", "task": {**RECORD, "completed": None}},
            "HR, accounts: adopted, ended with ERROR: Login failed.",
        ),
        # A failed one may have counted as completed or not, which the reason tells.
        (
            {"task": {**RECORD, "completed": None}, "failed": True, "reason": "It ended with ERROR."},
            "FAILED: HR, accounts: It ended with ERROR",
        ),
        (
            {"task": {**RECORD, "completionStatus": None, "completed": None}, "failed": True, "reason": "Timed out."},
            "FAILED: HR, accounts: is pending since 2026-05-17T19:33:04.350Z: Timed out",
        ),
        ({"task": None}, "HR, accounts: would be started"),
        ({"task": None, "failed": True, "reason": "Refused."}, "FAILED: HR, accounts: Refused"),
        (
            {"action": "not_started", "task": None, "reason": "Another failed."},
            "HR, accounts: not started: Another failed",
        ),
    ],
)
def test_an_aggregation_is_summed_up_by_the_name_that_the_caller_gave(told: dict[str, t.Any], summary: str) -> None:
    usual = {"source_name": "HR", "aggregation": "accounts", "action": "started", "failed": False, "reason": ""}
    (found,) = outcomes([{**usual, "task": RECORD, **told}])
    assert found["summary"] == summary
    assert "task" not in found


@pytest.mark.parametrize(
    ("result", "action", "end"),
    [
        ({"task": RECORD, "changed": True}, "cleared", "cleared, now ERROR"),
        ({"task": RECORD, "changed": True, "planned": True}, "planned", "would be cleared"),
        (
            {"task": RECORD, "changed": False, "msg": "It has."},
            "left_alone",
            "left alone, because it has completed meanwhile",
        ),
        ({"msg": "PATCH was refused."}, "failed", "not cleared: PATCH was refused."),
        (
            {"task": {**RECORD, "completionStatus": None}, "changed": False, "patch": [], "msg": "It is about to."},
            "left_alone",
            "left alone, because it is about to complete (time of completion 2026-05-17T19:33:16.470Z)",
        ),
        *(
            (
                {"task": {**RECORD, **left}, "changed": changed, "patch": [{"op": "replace", "path": "/completed"}]},
                "failed",
                "not cleared: The tenant accepted the edit, but the task has no completion status.",
            )
            for left, changed in (
                ({"completionStatus": None}, True),
                ({"completionStatus": None, "completed": None}, False),
            )
        ),
    ],
)
def test_tells_what_became_of_the_tasks_of_a_loop(result: dict[str, t.Any], action: str, end: str) -> None:
    found = outcomes([{**result, "ansible_loop_var": "item", "item": outcome(completionStatus=None, completed=None)}])[
        0
    ]
    assert (found["action"], found["task_id"]) == (action, RECORD["id"])
    assert end in found["summary"]
    assert found["summary"].startswith("FAILED: ") == (action == "failed")


def test_tells_how_long_what_was_cleared_was_pending_at_the_time_that_is_given() -> None:
    edit = {"task": RECORD, "changed": True, "ansible_loop_var": "item", "item": outcome(completed=None)}
    (found,) = plugin.task_outcomes([edit], now="2026-05-17T22:03:04.350+02:00")
    assert ", pending for 30 min 0 s since 2026-05-17T19:33:04.350Z: cleared" in found["summary"]
