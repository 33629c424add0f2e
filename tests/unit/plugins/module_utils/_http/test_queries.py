# Copyright (c) 2026, the sailpoint.isc contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import itertools

import pytest
from ansible_collections.sailpoint.isc.plugins.module_utils._http import queries
from ansible_collections.sailpoint.isc.plugins.module_utils._http.client import query_string
from ansible_collections.sailpoint.isc.tests.unit.fakes import read_filter
from hypothesis import given, settings
from hypothesis import strategies as st


def url(expression: str) -> str:
    return "https://acme.api.identitynow.com/v2025/sources?" + query_string({"filters": expression, "limit": 250})


def test_a_short_filter_is_one_expression() -> None:
    assert queries.expressions({}, None, url) == [""]
    assert queries.expressions({"id": ["a"], "type": ["t", "u"]}, 'name eq "x"', url) == [
        'id eq "a" and type in ("t","u") and name eq "x"'
    ]


@settings(max_examples=15)
@given(st.integers(1, 200), st.integers(1, 60), st.integers(1, 300))
def test_a_long_filter_becomes_several_that_ask_for_all_of_it(ids: int, names: int, longest: int) -> None:
    wanted = {
        "id": [f"{number:032x}" for number in range(ids)],
        "name": [f"{number}" + "ä" * longest for number in range(names)],
    }
    found = queries.expressions(wanted, None, url)
    assert max(map(len, map(url, found))) <= queries.LONGEST_URL
    asked = [{part.field: part.values for part in read_filter(expression)} for expression in found]
    pairs = [pair for part in asked for pair in itertools.product(part["id"], part["name"])]
    assert len(pairs) == ids * names
    assert {one for one, _name in pairs} == set(wanted["id"])
    assert {name for _id, name in pairs} == set(wanted["name"])


@pytest.mark.parametrize(("number", "requests"), [(150, 1), (160, 2), (300, 2), (310, 3), (1000, 7), (5000, 34)])
def test_a_list_is_split_into_as_few_parts_as_can_be(number: int, requests: int) -> None:
    wanted = {"id": [f"{part:032x}" for part in range(number)]}
    found = queries.expressions(wanted, None, url)
    assert len(found) == requests
    assert max(map(len, map(url, found))) <= queries.LONGEST_URL
    sizes = [len(read_filter(expression)[0].values) for expression in found]
    assert max(sizes) - min(sizes) < requests


def test_two_long_lists_are_split_both() -> None:
    wanted = {
        "id": [f"{part:032x}" for part in range(700)],
        "name": [f"source {part}" for part in range(400)],
    }
    found = queries.expressions(wanted, None, url)
    assert max(map(len, map(url, found))) <= queries.LONGEST_URL
    # Each part of the one with each part of the other
    assert len(found) <= 64


def test_a_value_that_alone_is_too_long_is_asked_for_alone() -> None:
    long = "x" * 7000
    assert len(queries.expressions({"name": [long, "short"]}, None, url)) == 2
