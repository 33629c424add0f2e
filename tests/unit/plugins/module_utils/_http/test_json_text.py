# Copyright (c) 2026, the sailpoint.isc contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""JSON of a tenant: what is read can be written again, and is what was sent wherever that can be written."""

from __future__ import annotations

import json
import typing as t

import pytest
from ansible_collections.sailpoint.isc.plugins.module_utils._http.json_text import read_json
from hypothesis import given
from hypothesis import strategies as st

TEXT = st.text(st.characters(codec="utf-8"))
ANY_TEXT = st.text(st.characters())  # lone surrogates too
EMOJI = "\U0001f600"


def values(text: st.SearchStrategy[str]) -> st.SearchStrategy[t.Any]:
    leaves = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | text
    return st.recursive(
        leaves, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(text, inner, max_size=3), max_leaves=10
    )


@given(values(TEXT), st.booleans())
def test_what_can_be_written_is_read_as_it_was_sent(value: t.Any, escaped: bool) -> None:
    assert read_json(json.dumps(value, ensure_ascii=escaped).encode()) == value


@given(values(ANY_TEXT))
def test_whatever_was_sent_can_be_written(value: t.Any) -> None:
    json.dumps(read_json(json.dumps(value).encode()), ensure_ascii=False, allow_nan=False).encode()


@pytest.mark.parametrize(
    ("content", "read"),
    [
        (rb'"\ud83d"', "\ufffd"),
        (rb'"\uDE00x"', "\ufffdx"),
        (rb'"\ud83d\ude00"', EMOJI),
        (rb'"\uD83D\uDE00"', EMOJI),
        (rb'"\ud83d\ud83d\ude00"', "\ufffd" + EMOJI),
        (rb'"\ud83d\ude00\ude00"', EMOJI + "\ufffd"),
        (rb'"\ud83d\u0041"', "\ufffdA"),
        (rb'"\\ud83d"', "\\ud83d"),
        (rb'"\\\ud83d"', "\\\ufffd"),
        (rb'"\"\ud83d\""', '"\ufffd"'),
        (rb'{"\udfff": {"a": ["\udbff"]}}', {"\ufffd": {"a": ["\ufffd"]}}),
        (b'"\xf0\x9f\x98"', "\ufffd"),
        (b'"\xe9"', "\ufffd"),
        (b'"\xed\xa0\xbd"', "\ufffd\ufffd\ufffd"),
        (f'"{EMOJI}"'.encode("utf-16"), EMOJI),
        (f'"{EMOJI}"'.encode("utf-8-sig"), EMOJI),
        (rb'"nul \u0000 bell \u0007"', "nul \0 bell \a"),
        (b"[NaN, Infinity, -Infinity, 1e999, -1e999]", [None] * 5),
        (b"[1e3, 2.5, -7, 0]", [1000.0, 2.5, -7, 0]),
        (b"1" * 300, int("1" * 300)),
        (b"1" * 5000, None),
        (b'{"a": 1, "a": 2}', {"a": 2}),
    ],
)
def test_what_cannot_be_written_is_replaced_and_nothing_else(content: bytes, read: t.Any) -> None:
    assert read_json(content) == read


@pytest.mark.parametrize(
    "content", [b"", b"<html>", b'"\\ud83"', b'"\\ud83g"', b'{"a": "\\ud83d}', b'{"a"}', b"\xff\xfe\x00", b"[1]]"]
)
def test_what_is_no_json_is_an_error(content: bytes) -> None:
    with pytest.raises(ValueError):  # noqa: PT011
        read_json(content)


@pytest.mark.parametrize("levels", [1, 99, 100, 101, 150])
def test_what_is_nested_too_deeply_is_emptied_and_the_rest_stays(levels: int) -> None:
    body = b'{"in": ' * levels + b"[1]" + b"}" * levels
    read = read_json(b'{"id": "one", "deep": ' + body + b"}")
    assert read["id"] == "one"
    depth = 0
    inner = read["deep"]
    while isinstance(inner, dict) and inner:
        depth, inner = depth + 1, inner["in"]
    assert (depth, inner) == ((levels, [1]) if levels < 99 else (99, [] if levels == 99 else {}))
