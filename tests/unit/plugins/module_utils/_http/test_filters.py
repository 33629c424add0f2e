# Copyright (c) 2026, the sailpoint.isc contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from urllib.parse import unquote

import pytest
from ansible_collections.sailpoint.isc.plugins.module_utils._http.client import query_string
from ansible_collections.sailpoint.isc.plugins.module_utils._http.filters import all_of, any_of, is_null
from ansible_collections.sailpoint.isc.tests.unit.fakes import Condition, read_filter
from hypothesis import example, given
from hypothesis import strategies as st

FIELDS = st.sampled_from(["id", "sourceId", "completionStatus", "type", "launcher"])
VALUES = st.lists(st.text(), min_size=1, max_size=5)
TRICKY = ['"', "\\", '\\"', '" or id eq "', "a b", "a+b", "100%", "%22", "ä€😀", "&filters=", "#", "x,y", ")", "\n", ""]


def read_query(query: str) -> dict[str, str]:
    """What a server reads: pairs, each percent-decoded once; a plus is a plus."""
    pairs = [pair.split("=") for pair in query.split("&")]
    return {unquote(name): unquote(value) for name, value in pairs}


@given(st.lists(st.tuples(FIELDS, VALUES), min_size=1, max_size=4))
@example([("id", TRICKY)])
@example([("id", [value]) for value in TRICKY])
def test_exactly_the_values_given_can_be_read_back_from_an_expression(wanted: list[tuple[str, list[str]]]) -> None:
    expression = all_of(any_of(field, values) for field, values in wanted)
    assert read_filter(expression) == [
        Condition(field, "eq" if len(values) == 1 else "in", tuple(values)) for field, values in wanted
    ]


@given(FIELDS, VALUES)
def test_what_is_not_set_can_be_asked_for_beside_values(field: str, values: list[str]) -> None:
    conditions = read_filter(all_of([any_of(field, values), is_null("completionStatus")]))
    assert conditions[0].values == tuple(values)
    assert conditions[1:] == [Condition("completionStatus", "isnull")]


def test_expressions_are_written_as_the_api_documents_them() -> None:
    assert any_of("id", ["a"]) == 'id eq "a"'
    assert any_of("id", ["a", "b"]) == 'id in ("a","b")'
    assert all_of([any_of("type", ["A"]), is_null("completionStatus")]) == 'type eq "A" and completionStatus isnull'


@given(VALUES, st.integers(), st.text())
@example(TRICKY, 0, "é &=+%#")
def test_parameters_come_out_of_the_query_as_they_went_in(values: list[str], number: int, text: str) -> None:
    parameters = {"filters": any_of("id", values), "offset": number, "text": text}
    assert read_query(query_string(parameters)) == {name: str(value) for name, value in parameters.items()}


@given(VALUES)
@example(TRICKY)
def test_a_query_holds_only_characters_that_a_url_may_hold_and_no_plus(values: list[str]) -> None:
    query = query_string({"filters": any_of("id", values)})
    assert set(query) <= set("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~%,()=")


@pytest.mark.parametrize(
    ("value", "written"), [(True, "true"), (False, "false"), (250, "250"), ("-created", "-created")]
)
def test_parameters_are_written_as_the_api_writes_them(value: object, written: str) -> None:
    assert query_string({"name": value}) == f"name={written}"


def test_blanks_are_percent_encoded_once() -> None:
    assert query_string({"filters": 'id eq "a b"'}) == "filters=id%20eq%20%22a%20b%22"


@pytest.mark.parametrize(
    "text", ['id eq "a', 'id eq a"', 'id eq "\\n"', 'id in ("a" "b")', 'id like "a"', 'id eq "a" or', ""]
)
def test_the_reader_of_these_tests_refuses_what_is_no_expression(text: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        read_filter(text)
