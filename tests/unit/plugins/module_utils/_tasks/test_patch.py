# Copyright (c) 2026, the sailpoint.isc contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import copy
import json
import typing as t

import pytest
from ansible_collections.sailpoint.isc.plugins.module_utils._errors import IscError
from ansible_collections.sailpoint.isc.plugins.module_utils._tasks.patch import Operation, applied, plan
from hypothesis import example, given
from hypothesis import strategies as st

# Few different values, so that they meet in two records: equal ones, and ones that only Python takes for equal.
SCALARS = st.sampled_from([None, True, False, 0, 1, 2, 0.0, 1.0, 2.5, "", "1", "a", "ä", "/", "~1", 2**60])
KEYS = st.sampled_from(["a", "b", "a/b", "~", "~1", "", "0", "-", "ü x", 'q"'])
JSON = st.recursive(
    SCALARS, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(KEYS, inner, max_size=3), max_leaves=12
)
RECORDS = st.dictionaries(st.sampled_from(["a", "b", "a/b", "~", "~1", "", "0", "ü x"]), JSON, max_size=4)


def equal(one: t.Any, other: t.Any) -> bool:
    """Equal as JSON: 1 and 1.0 are one number, true is none, the order of keys does not matter."""
    if isinstance(one, bool) or isinstance(other, bool):
        return one is other
    if isinstance(one, (int, float)) and isinstance(other, (int, float)):
        return one == other
    if type(one) is not type(other):
        return False
    if isinstance(one, dict):
        return one.keys() == other.keys() and all(equal(one[key], other[key]) for key in one)
    if isinstance(one, list):
        return len(one) == len(other) and all(map(equal, one, other))
    return bool(one == other)


@given(RECORDS, RECORDS)
@example({"a": [[1], [True]]}, {"a": [[True], [1]]})
@example({"a": {"x": [1]}}, {"a": {"y": [True]}})
@example({"a": [1, 2, 3]}, {"a": [3, 1]})
@example({"a": "same"}, {"b": "same"})
@example({"a": {"-": 1}}, {"a": {"-": 2}})
@example({"a": 1}, {"a": True})
@example({"a": {}}, {"a": []})
@example({"a": None}, {})
def test_applying_the_plan_gives_the_target_and_leaves_what_was_there_alone(
    before: dict[str, t.Any], after: dict[str, t.Any]
) -> None:
    untouched = copy.deepcopy((before, after))
    operations = plan(before, after)
    assert equal(applied(operations, before), after)
    assert repr((before, after)) == repr(untouched)
    assert json.loads(json.dumps(operations)) == operations


@given(RECORDS, RECORDS)
@example({"a": 1}, {"a": True})
@example({"a": 1}, {"a": 1.0})
@example({"a": [1, {"b": 1.0}]}, {"a": [1.0, {"b": 1}]})
@example({"a": 0}, {"a": False})
@example({"a": 0.0}, {"a": -0.0})
@example({"a": None}, {})
@example({"a": [], "b": 1}, {"b": 1, "a": []})
def test_the_plan_is_empty_exactly_when_both_are_equal_as_json(
    before: dict[str, t.Any], after: dict[str, t.Any]
) -> None:
    assert (plan(before, after) == []) is equal(before, after)


@given(RECORDS)
def test_a_record_and_its_copy_read_back_from_json_need_no_plan(record: dict[str, t.Any]) -> None:
    assert plan(record, json.loads(json.dumps(record, sort_keys=True))) == []


def test_a_plan_touches_only_the_keys_that_differ() -> None:
    before: dict[str, t.Any] = {"id": "x", "completed": None, "completionStatus": None, "messages": []}
    after = {**before, "completed": "2026-01-01T00:00:00.000Z", "completionStatus": "ERROR"}
    assert plan(before, after) == [
        {"op": "replace", "path": "/completed", "value": "2026-01-01T00:00:00.000Z"},
        {"op": "replace", "path": "/completionStatus", "value": "ERROR"},
    ]


def test_values_that_happen_to_be_equal_are_not_moved_from_one_key_to_another() -> None:
    assert plan({"a": "same"}, {"b": "same"}) == [
        {"op": "remove", "path": "/a"},
        {"op": "add", "path": "/b", "value": "same"},
    ]


@pytest.mark.parametrize(
    "operation",
    [
        {"op": "replace", "path": "/missing", "value": 1},
        {"op": "add", "path": "/missing/below", "value": 1},
        {"op": "add", "path": "/list/9", "value": 1},
        {"op": "add", "path": "/list/x", "value": 1},
        {"op": "replace", "path": "/text/x", "value": 1},
        {"op": "add", "path": "/text/0", "value": 1},
        {"op": "test", "path": "/text", "value": "other"},
        {"op": "test", "path": "/missing", "value": None},
        {"op": "move", "from": "/missing", "path": "/list"},
        {"op": "copy", "from": "/missing", "path": "/list"},
        {"op": "move", "from": "/object", "path": "/object/inside"},
        {"op": "add", "path": "no pointer", "value": 1},
        {"op": "add", "path": "", "value": [1]},
        {"op": "replace", "path": "", "value": "text"},
        {"op": "remove", "path": ""},
    ],
)
def test_operations_that_do_not_fit_a_record_are_refused_in_one_sentence_with_its_id(operation: Operation) -> None:
    record = {"id": "task1", "list": [1], "text": "abc", "number": 5, "object": {}}
    untouched = copy.deepcopy(record)
    with pytest.raises(IscError, match=r"^The patch cannot be applied to the record task1: .*[^.]\.$"):
        applied([operation], record)
    assert record == untouched


@pytest.mark.parametrize("path", ["/missing", "/missing/below", "/number/x", "/list/9"])
def test_what_is_to_be_removed_and_is_not_there_is_as_wanted(path: str) -> None:
    record = {"id": "task1", "list": [1], "number": 5}
    assert applied([{"op": "remove", "path": path}], record) == record


POINTERS = st.lists(KEYS | st.sampled_from(["1", "-1", "01"]), max_size=3).map(
    lambda keys: "".join("/" + key.replace("~", "~0").replace("/", "~1") for key in keys)
)
OPERATIONS = st.one_of(
    st.builds(
        lambda op, path, value: {"op": op, "path": path, "value": value},
        st.sampled_from(["add", "replace", "test"]),
        POINTERS,
        JSON,
    ),
    st.builds(lambda path: {"op": "remove", "path": path}, POINTERS),
    st.builds(
        lambda op, path, start: {"op": op, "path": path, "from": start},
        st.sampled_from(["move", "copy"]),
        POINTERS,
        POINTERS,
    ),
)


@given(RECORDS, st.lists(OPERATIONS, max_size=4))
@example({"a": 1}, [{"op": "remove", "path": ""}])
@example({"a": 1}, [{"op": "move", "path": "/a/b", "from": ""}])
def test_any_operations_give_a_record_or_a_sentence_and_leave_the_original_alone(
    record: dict[str, t.Any], operations: list[Operation]
) -> None:
    untouched = repr(record)
    try:
        result: object = applied(operations, record)
    except IscError as error:
        result = str(error)
    assert isinstance(result, dict) or str(result).startswith("The patch cannot be applied to the record ")
    assert repr(record) == untouched
