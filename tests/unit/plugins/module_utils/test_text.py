# Copyright (c) 2026, the sailpoint.isc contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Texts of a tenant: one line, short, and nothing in them that a terminal obeys."""

from __future__ import annotations

import pytest
from ansible_collections.sailpoint.isc.plugins.module_utils._text import (
    length,
    listed,
    one_line,
    reason,
    shown,
    valid_text,
)

FRAMES = "\n".join(f"\tat com.example.connector.Worker{number}.run(Worker.java:{number})" for number in range(200))
TRACE = (
    f"java.lang.RuntimeException: the aggregation stopped\n{FRAMES}\nCaused by: java.io.IOException: read failed\n"
    f"{FRAMES}\n\t... 12 more\nCaused by: java.net.ConnectException: Connection refused (db.example:1521)\n{FRAMES}"
)


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("a\r\nb\tc", "a b c"),
        ("\x1b[31mred\x1b[0m", "red"),
        ("\x1b]0;title\x07rest", "rest"),
        ("\x9b2Jgone", "gone"),
        ("\u202eabc\u2066d", "abcd"),
        ("nul\x00 bell\x07 del\x7f", "nul bell del"),
        ("paragraph\u2029separator", "paragraph separator"),
        ("half \ud83d an emoji", "half \ufffd an emoji"),
        ("Über 東京 🎉", "Über 東京 🎉"),
    ],
)
def test_a_text_becomes_one_line_that_a_terminal_only_shows(text: str, line: str) -> None:
    assert one_line(text) == line


def test_a_long_text_is_cut() -> None:
    assert one_line("x" * 400, 300) == "x" * 300 + "..."
    assert one_line("x" * 300, 300) == "x" * 300


def test_of_a_stack_trace_the_head_and_the_last_cause_remain() -> None:
    assert reason([TRACE]) == (
        "java.lang.RuntimeException: the aggregation stopped "
        "Caused by: java.net.ConnectException: Connection refused (db.example:1521)"
    )


def test_of_a_stack_trace_on_one_line_too() -> None:
    assert reason([TRACE.replace("\n", " ").replace("\t", "")]) == reason([TRACE])


def test_a_stack_trace_without_a_cause_is_its_head() -> None:
    assert reason([f"java.lang.Error: out of luck\n{FRAMES}"]) == "java.lang.Error: out of luck"


def test_a_long_head_leaves_room_for_the_cause_and_the_other_way_round() -> None:
    for head, cause in (("H" * 9000, "C" * 9000), ("H" * 9000, "C"), ("H", "C" * 9000)):
        text = reason([f"{head}\n{FRAMES}\nCaused by: {cause}\n{FRAMES}"])
        assert text.startswith("H")
        assert " Caused by: C" in text
        assert len(text) <= 303


def test_several_messages_become_one_reason() -> None:
    assert reason(["One.", "Two."]) == "One. Two."
    assert len(reason(["word " * 100] * 10)) <= 303


def test_ten_parts_are_listed_and_the_rest_is_counted() -> None:
    assert listed([str(number) for number in range(12)]) == "0; 1; 2; 3; 4; 5; 6; 7; 8; 9; and 2 more"
    assert listed(["a", "b"]) == "a; b"


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (0, "0.0 s"),
        (59.94, "59.9 s"),
        (59.96, "1 min 0 s"),
        (3599.4, "59 min 59 s"),
        (108_300, "30 h 5 min"),
        (172_800, "2 d 0 h"),
        (273_600, "3 d 4 h"),
    ],
)
def test_lengths_of_time(seconds: float, words: str) -> None:
    assert length(seconds) == words


def test_a_value_is_shown_as_json_and_cut() -> None:
    assert shown(["ä", None, 1]) == '["ä", null, 1]'
    assert len(shown("x" * 1000)) == 203


def test_what_no_encoding_can_write_is_replaced() -> None:
    assert valid_text("a\ud83d") == "a\ufffd"
    assert shown("a\udc00").encode() == '"a\ufffd"'.encode()


def test_a_value_in_a_sentence_can_neither_move_the_cursor_nor_turn_the_text_round() -> None:
    assert shown("a\x1b[2J\x9b1m\u202eb\u2028c\u200d") == r'"a\u001b[2J\u009b1m\u202eb\u2028c' + '\u200d"'
