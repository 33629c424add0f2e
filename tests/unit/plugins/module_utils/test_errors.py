# Copyright (c) 2026, the sailpoint.isc contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import typing as t

import pytest
from ansible_collections.sailpoint.isc.plugins.module_utils._errors import InvalidOption, IscError, RequestFailed
from ansible_collections.sailpoint.isc.plugins.module_utils._text import shown


@pytest.mark.parametrize(
    ("value", "text"),
    [("a", '"a"'), ('"', '"\\""'), ("ä", '"ä"'), (5, "5"), (None, "null"), (["a"], '["a"]'), ({1}, '"{1}"')],
)
def test_a_value_is_shown_as_json(value: object, text: str) -> None:
    assert shown(value) == text


def test_a_long_value_is_cut() -> None:
    assert shown("x" * 1000) == '"' + "x" * 199 + "..."
    assert shown("x" * 198) == '"' + "x" * 198 + '"'


def test_an_error_fails_with_its_sentence_and_nothing_else() -> None:
    failure = IscError("It is so.").as_failure()
    assert failure == {"msg": "It is so."}


def test_a_wrong_option_is_named_with_its_value_and_what_to_do() -> None:
    assert str(InvalidOption("limit", 0, "it must be from 1 to 250")) == "limit is 0: it must be from 1 to 250."


def failed(**facts: t.Any) -> RequestFailed:
    return RequestFailed("failed with status 400", method="GET", url="http://h/x?filters=long#f", **facts)


def test_a_failed_request_says_what_was_asked_without_its_query_and_what_came_back() -> None:
    assert str(failed()) == "GET http://h/x failed with status 400."


def test_a_failed_request_says_what_to_do_and_how_often_it_was_tried() -> None:
    error = failed(advice="correct it")
    error.attempts = 3
    assert str(error) == "GET http://h/x failed with status 400 in 3 attempts; correct it."


def test_a_failed_request_returns_every_fact() -> None:
    facts = {"status": 400, "request_id": "r", "detail_code": "d", "tracking_id": "t"}
    failure = failed(**facts, transient=True, retry_after=5.0).as_failure()
    assert failure.pop("msg")
    assert failure == {**facts, "url": "http://h/x?filters=long#f", "method": "GET", "request_attempts": 1}
