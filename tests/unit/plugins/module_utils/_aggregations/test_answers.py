# Copyright (c) 2026, the sailpoint.isc contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Answers to launches: which of them are refusals, and how they differ from records."""

from __future__ import annotations

import typing as t

import pytest
from ansible_collections.sailpoint.isc.plugins.module_utils._aggregations.answers import (
    is_launch_answer,
    refusal,
    task_in,
)

LAUNCHED: dict[str, t.Any] = {
    "id": "t1",
    "created": 1714574212775,
    "completed": None,
    "completionStatus": None,
    "messages": [],
}
BUSY = {"type": "WARN", "error": False, "localizedText": "It is busy."}


def test_the_task_is_under_its_name_or_the_answer_itself() -> None:
    assert task_in({"success": True, "task": LAUNCHED}) is LAUNCHED
    assert task_in(LAUNCHED) is LAUNCHED
    assert task_in({"task": None}) == {"task": None}


@pytest.mark.parametrize(
    "answer",
    [
        {"success": True, "task": LAUNCHED},
        {"success": True, "task": {**LAUNCHED, "messages": [BUSY]}},
        {**LAUNCHED, "completionStatus": "Success"},
        {**LAUNCHED, "completionStatus": "WARNING", "messages": [{"type": "INFO", "localizedText": None}, None, "x"]},
        {**LAUNCHED, "messages": None, "error": False},
        {},
    ],
)
def test_a_launch_that_is_not_refused_gives_no_reason(answer: dict[str, t.Any]) -> None:
    assert refusal(answer) is None


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        ({"success": False, "task": {**LAUNCHED, "messages": [BUSY]}}, "It is busy."),
        ({"error": True, "task": {**LAUNCHED, "messages": [BUSY]}}, "It is busy."),
        ({"task": {**LAUNCHED, "error": True, "messages": [BUSY, BUSY]}}, "It is busy. It is busy."),
        ({"task": {**LAUNCHED, "messages": [{**BUSY, "error": True}]}}, "It is busy."),
        ({**LAUNCHED, "messages": [{**BUSY, "type": "error"}]}, "It is busy."),
        ({**LAUNCHED, "completionStatus": "TEMP_ERROR", "messages": [BUSY]}, "It is busy."),
        ({**LAUNCHED, "completionStatus": "CANCELLED"}, "no reason given"),
        ({"success": False, "message": "No."}, "No."),
        ({"success": False, "errorMessage": "Never."}, "Never."),
        ({"success": False, "message": {"text": "No."}}, "no reason given"),
        ({"success": False, "message": 7, "errorMessage": "Never\x00\n\ud83d."}, "Never \ufffd."),
        ({"success": False, "task": {**LAUNCHED, "messages": [{"localizedText": "x" * 9000}] * 9}}, "x" * 300 + "..."),
    ],
)
def test_a_refusal_is_known_by_each_of_its_signs(answer: dict[str, t.Any], reason: str) -> None:
    assert refusal(answer) == reason


@pytest.mark.parametrize(
    ("value", "launch"),
    [
        ({"success": True}, True),
        ({"error": True}, True),
        (LAUNCHED, True),
        ({"task": LAUNCHED}, True),
        ({**LAUNCHED, "created": None, "messages": [BUSY]}, True),
        ({**LAUNCHED, "created": "2026-05-17T19:33:04.120Z"}, False),
        ({**LAUNCHED, "created": True}, False),
        ({"task": {**LAUNCHED, "created": None, "messages": [{"type": "ERROR", "localizedText": None}]}}, False),
        ({"id": "t1", "messages": "broken"}, False),
        # A record with milliseconds, of a task that has failed since
        ({**LAUNCHED, "completed": 1714574999000, "completionStatus": "ERROR", "messages": [BUSY]}, False),
        ({"success": True, "task": {**LAUNCHED, "completed": 1714574999000, "completionStatus": "SUCCESS"}}, True),
        ({}, False),
    ],
)
def test_an_answer_to_a_launch_is_told_from_a_record(value: dict[str, t.Any], launch: bool) -> None:
    assert is_launch_answer(value) is launch
