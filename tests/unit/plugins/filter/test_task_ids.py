# Copyright (c) 2026, the sailpoint.isc contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Filter task_ids: which ids it finds in answers, results and anything else."""

from __future__ import annotations

import collections
import typing as t

import pytest
from ansible.errors import AnsibleFilterError
from ansible_collections.sailpoint.isc.plugins.filter import task_ids as plugin
from hypothesis import given, settings
from hypothesis import strategies as st
from jinja2 import StrictUndefined, UndefinedError

BUSY = "This aggregation failed because the currently running aggregation must complete before the next one can start."

RECORD: dict[str, t.Any] = {
    "id": "t1",
    "type": "QUARTZ",
    "uniqueName": "Cloud Account Aggregation",
    "parentName": None,
    "launcher": "System",
    "target": {"id": "s1", "type": "APPLICATION", "name": "HR"},
    "created": "2026-05-17T19:33:04.120Z",
    "completed": None,
    "completionStatus": None,
    "messages": [],
    "attributes": {"appId": "s1", "eventId": 7},
    "taskDefinitionSummary": {"id": "d1", "uniqueName": "Cloud Account Aggregation", "executor": "sailpoint.task.X"},
}
FAILED: dict[str, t.Any] = {
    **RECORD,
    "id": "t2",
    "completed": "2026-05-17T19:33:16.470Z",
    "completionStatus": "ERROR",
    "messages": [{"type": "ERROR", "key": "k", "localizedText": {"locale": "en", "message": "Login failed."}}],
}
LAUNCHED: dict[str, t.Any] = {
    "type": "QUARTZ",
    "id": "t3",
    "name": "Cloud Account Aggregation",
    "created": 1714574212775,
    "launched": 1714574212788,
    "completed": None,
    "completionStatus": None,
    "messages": [],
    "attributes": {"appId": "s1"},
}
WARNED = {"type": "WARN", "error": False, "warning": True, "key": BUSY, "localizedText": BUSY}

Json = t.Any
SCALARS = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=9)
KEYS = st.sampled_from(
    (
        *("id", "taskId", "task", "tasks", "pending_tasks", "results", "json", "success", "error", "messages"),
        *("created", "completionStatus", "localizedText", "type", "executor", "target", "message"),
    )
)
JSON: st.SearchStrategy[Json] = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(KEYS, inner, max_size=4),
    max_leaves=12,
)
properties = settings(max_examples=150)


def task_ids(answer: t.Any, *arguments: t.Any, **options: t.Any) -> list[str]:
    """What the filter finds, called as Ansible calls it."""
    found: list[str] = plugin.FilterModule().filters()["task_ids"](answer, *arguments, **options)
    return found


@pytest.mark.parametrize(
    ("answer", "ids"),
    [
        ("t1", ["t1"]),
        ({"id": "t1"}, ["t1"]),
        ({"taskId": "t1"}, ["t1"]),
        ({"taskId": "t1", "id": "something else"}, ["t1"]),
        ({"taskId": None, "id": "t1"}, ["t1"]),
        (RECORD, ["t1"]),
        (FAILED, ["t2"]),
        ([RECORD, FAILED], ["t1", "t2"]),
        ({"success": True, "task": LAUNCHED}, ["t3"]),
        (LAUNCHED, ["t3"]),
        ({"success": True, "task": {**LAUNCHED, "messages": [WARNED]}}, ["t3"]),
        ({"success": True, "task": {"taskId": "t4"}}, ["t4"]),
    ],
)
def test_finds_the_id_in_every_answer(answer: t.Any, ids: list[str]) -> None:
    assert task_ids(answer) == ids


@pytest.mark.parametrize(
    ("result", "ids"),
    [
        # task_status_info, pending_tasks_info
        ({"changed": False, "tasks": [RECORD, FAILED], "total_count": 2}, ["t1", "t2"]),
        # task_status
        ({"changed": True, "task": FAILED, "patch": [{"op": "replace"}], "diff": {"before": RECORD}}, ["t2"]),
        # task_wait
        (
            {"failed": True, "tasks": [FAILED], "failed_tasks": [FAILED], "pending_tasks": [RECORD], "polls": 3},
            ["t2", "t1"],
        ),
        # source_aggregation
        ({"changed": True, "action": "started", "task": {**RECORD, "id": "t3"}, "launch_answer": LAUNCHED}, ["t3"]),
        ({"failed": True, "action": "started", "task": FAILED, "launch_answer": LAUNCHED}, ["t2"]),
        ({"failed": True, "msg": "The tenant did not start the aggregation: busy."}, []),
        ({"changed": True, "action": "started", "task": None, "launch_answer": None}, []),
        # source_aggregations
        ({"results": [{"source_id": "s1", "task": RECORD}, {"source_id": "s2", "task": None}]}, ["t1"]),
        # uri
        ({"status": 202, "json": {"success": True, "task": LAUNCHED}, "url": "https://example.com"}, ["t3"]),
        ({"status": 200, "json": [RECORD, FAILED]}, ["t1", "t2"]),
    ],
)
def test_finds_the_ids_in_results_of_modules(result: dict[str, t.Any], ids: list[str]) -> None:
    assert task_ids(result) == ids
    loop = {"changed": True, "results": [{"skipped": True, "item": "s0"}, {**result, "item": {"id": "s1"}}]}
    assert task_ids(loop) == ids
    assert task_ids([loop, result]) == ids


def test_lists_may_be_nested_and_every_id_comes_once_where_it_was_first_found() -> None:
    nested = ["t9", [[FAILED], {"tasks": [RECORD]}, [[["t1", {"id": "t8"}]]]], "t9", RECORD, "t7"]
    assert task_ids(nested) == ["t9", "t2", "t1", "t8", "t7"]


def test_no_depth_of_nesting_is_too_much() -> None:
    nested: list[t.Any] = ["t1"]
    for _level in range(5000):
        nested = [nested]
    assert task_ids(nested) == ["t1"]


def test_whatever_can_be_gone_through_is_a_list() -> None:
    by_name = {"HR": RECORD, "AD": FAILED}
    assert task_ids(by_name.values()) == ["t1", "t2"]
    assert task_ids((RECORD, FAILED)) == ["t1", "t2"]
    assert task_ids(collections.deque(["t1"])) == ["t1"]
    assert task_ids(task for task in [RECORD]) == ["t1"]


@pytest.mark.parametrize(
    "nothing",
    [
        None,
        [],
        {},
        "",
        " ",
        [None, [], {}],
        {"id": None},
        {"id": ""},
        {"id": 7},
        {"id": ["t1"]},
        {"tasks": None, "results": None, "task": None, "json": None},
        {"tasks": "t1", "task": "t1"},
        {"results": ["package installed"], "json": 7},
        {"HR": RECORD},
        {"error": "JWT validation failed: JWT is expired"},
    ],
)
def test_nothing_in_it_gives_nothing(nothing: t.Any) -> None:
    assert task_ids(nothing) == []


def test_other_ids_are_not_taken_for_ids_of_tasks() -> None:
    assert task_ids([{**RECORD, "id": None}]) == []
    assert task_ids(RECORD["target"]) == []
    assert task_ids({"id": "i1", "type": "identity", "name": "Ada"}) == []
    assert task_ids({"id": "s1", "type": "SOURCE", "name": "HR"}) == []
    assert task_ids(RECORD["taskDefinitionSummary"]) == []
    assert task_ids({"item": RECORD, "invocation": {"id": "t1"}, "diff": {"task": RECORD}}) == []


@pytest.mark.parametrize(
    "refused",
    [
        {"success": False, "task": {**LAUNCHED, "messages": [WARNED]}},
        {"success": True, "task": {**LAUNCHED, "completionStatus": "ERROR", "messages": [WARNED]}},
        {"success": True, "task": {**LAUNCHED, "messages": [{"type": "ERROR", "localizedText": BUSY}]}},
        {"success": True, "task": {**LAUNCHED, "messages": [{**WARNED, "error": True}]}},
        {"success": True, "error": True, "task": {**LAUNCHED, "messages": [WARNED]}},
        {"success": False, "message": BUSY},
        {**LAUNCHED, "completionStatus": "ERROR", "messages": [WARNED]},
        {**LAUNCHED, "messages": [{"type": "ERROR", "localizedText": BUSY}]},
        {**LAUNCHED, "messages": [{**WARNED, "error": True}]},
        {**LAUNCHED, "error": True, "messages": [WARNED]},
        {**LAUNCHED, "created": None, "messages": [{"type": "ERROR", "localizedText": BUSY}]},
    ],
)
def test_a_refused_launch_fails_with_its_reason_unless_it_is_to_be_left_out(refused: dict[str, t.Any]) -> None:
    answers = {"results": [{"json": {"success": True, "task": RECORD}}, {"json": refused}, {"json": LAUNCHED}]}
    with pytest.raises(AnsibleFilterError, match="refused the launch") as failure:
        task_ids(answers)
    assert BUSY in str(failure.value)
    assert str(failure.value).endswith(": launch it again, or set skip_refused to skip it.")
    assert "\n" not in str(failure.value)
    answers["results"][2]["json"] = {**LAUNCHED, "id": "t5"}
    assert task_ids(answers, skip_refused=True) == ["t1", "t5"]
    assert task_ids(refused, "yes") == []


def test_a_refusal_may_give_no_reason() -> None:
    with pytest.raises(AnsibleFilterError, match=r"refused the launch, .*no reason given"):
        task_ids({"success": False, "task": LAUNCHED})


@pytest.mark.parametrize(
    ("number", "told"),
    [(7, "7"), (1.5, r"1\.5"), (True, "true"), (float("nan"), ".*"), (b"t1", ".*"), (object(), ".*")],
)
def test_what_cannot_hold_an_id_is_one_clear_sentence(number: t.Any, told: str) -> None:
    sentence = (
        rf"^task_ids: the input must be task ids, task records, or answers or results that contain them, not {told}\.$"
    )
    for answer in (number, [RECORD, number], [[number]]):
        with pytest.raises(AnsibleFilterError, match=sentence):
            task_ids(answer)


def test_skip_refused_is_true_or_false() -> None:
    with pytest.raises(AnsibleFilterError, match='skip_refused must be true or false, not "sometimes"'):
        task_ids(RECORD, "sometimes")
    assert task_ids(RECORD, "false") == ["t1"]


def test_an_undefined_value_is_told_as_such() -> None:
    for answer in (StrictUndefined(name="started"), [RECORD, StrictUndefined(name="started")]):
        with pytest.raises(UndefinedError, match="'started' is undefined"):
            task_ids(answer)


def strings(value: Json) -> set[str]:
    """Every string in a value, keys left out."""
    if isinstance(value, str):
        return {value}
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return set().union(*map(strings, inner))


def found_or_said(value: Json, **options: t.Any) -> list[str] | str:
    """The ids, or the sentence that the filter fails with."""
    try:
        return task_ids(value, **options)
    except AnsibleFilterError as failure:
        return str(failure)


@properties
@given(JSON)
def test_any_json_gives_ids_that_are_in_it_or_one_sentence(value: Json) -> None:
    ids = found_or_said(value, skip_refused=True)
    if isinstance(ids, str):
        assert ids.startswith("task_ids: the input must be task ids")
        assert "\n" not in ids
        return
    assert len(set(ids)) == len(ids)
    assert all(found.strip() for found in ids)
    assert set(ids) <= strings(value)
    assert task_ids(ids) == ids
    assert task_ids([value, value], skip_refused=True) == ids


@properties
@given(st.dictionaries(KEYS, JSON, max_size=6))
def test_any_object_gives_ids_or_is_a_refusal(value: dict[str, Json]) -> None:
    ids = found_or_said(value)
    if isinstance(ids, str):
        assert ids.startswith("The tenant refused the launch")
        assert "\n" not in ids
    else:
        assert task_ids(value, skip_refused=True) == ids


@properties
@given(st.lists(st.text(min_size=1).filter(str.strip)), st.randoms(use_true_random=False))
def test_the_order_is_that_of_the_first_time(ids: list[str], chance: t.Any) -> None:
    shapes: list[t.Callable[[str], t.Any]] = [
        lambda task_id: task_id,
        lambda task_id: {"taskId": task_id},
        lambda task_id: [{**RECORD, "id": task_id}],
        lambda task_id: {"success": True, "task": {**LAUNCHED, "id": task_id}},
        lambda task_id: {"changed": False, "tasks": [{"id": task_id}], "total_count": None},
    ]
    assert task_ids([chance.choice(shapes)(task_id) for task_id in ids]) == list(dict.fromkeys(ids))
