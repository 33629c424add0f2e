# Copyright (c) 2026, the sailpoint.isc contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import itertools

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


def test_a_value_that_alone_is_too_long_is_asked_for_alone() -> None:
    long = "x" * 7000
    assert len(queries.expressions({"name": [long, "short"]}, None, url)) == 2
