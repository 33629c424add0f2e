# Copyright (c) 2026, the sailpoint.isc contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import importlib
import typing as t
from pathlib import Path

import pytest
from ansible_collections.sailpoint.isc.plugins.module_utils import _argspec
from ansible_collections.sailpoint.isc.plugins.module_utils._errors import InvalidOption
from hypothesis import given
from hypothesis import strategies as st

MODULES = sorted(file.stem for file in Path(_argspec.__file__).parents[1].glob("modules/*.py"))


def options_of(module: str) -> dict[str, t.Any]:
    """The options that a module has beside those of the connection."""
    plugin = importlib.import_module(f"ansible_collections.sailpoint.isc.plugins.modules.{module}")
    return getattr(plugin, "OPTIONS", {})


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ({"id": ""}, 'id is "": it is empty; give a value or omit the option.'),
        ({"ids": []}, "ids is []: it is empty; give a value or omit the option."),
        ({"fields": []}, "fields is []: it is empty; give a value or omit the option."),
        ({"types": ["A", ""]}, 'types is ["A", ""]: it contains an empty string; give a value or omit the option.'),
        ({"limit": 0}, "limit is 0: it must be from 1 to 250."),
        ({"limit": 251}, "limit is 251: it must be from 1 to 250."),
        ({"offset": -1}, "offset is -1: it must be 0 or more."),
        ({"max_results": 0}, "max_results is 0: it must be 1 or more."),
        ({"settle": 0}, "settle is 0: it must be 1 or more."),
        ({"max_parallel": 0}, "max_parallel is 0: it must be 1 or more."),
        ({"id": ".."}, 'id is "..": not a valid id.'),
        ({"id": "."}, 'id is ".": not a valid id.'),
        ({"id": "pending-tasks"}, 'id is "pending-tasks": not a valid id.'),
        ({"id": "a\nb"}, 'id is "a\\nb": not a valid id.'),
        ({"ids": ["good", "a\x00"]}, 'ids is "a\\u0000": not a valid id.'),
        ({"source_id": "\x7f"}, 'source_id is "\x7f": not a valid id.'),
    ],
)
def test_what_no_option_may_hold_is_refused_with_the_value(options: dict[str, t.Any], sentence: str) -> None:
    with pytest.raises(InvalidOption) as caught:
        _argspec.check(options)
    assert str(caught.value) == sentence


def test_an_id_longer_than_any_is_refused_and_shown_in_part() -> None:
    with pytest.raises(InvalidOption) as caught:
        _argspec.check({"id": "x" * 257})
    assert len(str(caught.value)) < 260
    _argspec.check({"id": "x" * 256})


@pytest.mark.parametrize(
    "options",
    [
        {"limit": 1, "offset": 0, "max_results": 1, "settle": 1, "max_parallel": 1},
        {"limit": 250, "offset": 10**9, "max_results": 10**9, "settle": 99},
        {"id": "a/b'\"%", "ids": ["a"], "source_id": "...", "fields": ["x"]},
        {"fail_on": [], "client_id": None, "retries": 0, "validate_certs": False},
        {"filters": None, "ids": None, "max_results": None, "id": None},
    ],
)
def test_what_options_may_hold_is_taken(options: dict[str, t.Any]) -> None:
    _argspec.check(options)


@given(st.dictionaries(st.sampled_from(["id", "ids", "types", "filters", "fields", "source_id"]), st.text()))
def test_any_text_in_an_option_is_taken_or_refused_in_one_line(options: dict[str, str]) -> None:
    try:
        _argspec.check(options)
        sentence = "taken."
    except InvalidOption as error:
        sentence = str(error)
    assert sentence.endswith(".")
    assert "\n" not in sentence


SPEC: dict[str, t.Any] = {
    "id": {},
    "file": {"type": "path"},
    "ids": {"type": "list", "elements": "str"},
    "count": {"type": "bool"},
    "patch": {
        "type": "list",
        "elements": "dict",
        "options": {"path": {"type": "str"}, "value": {"type": "raw"}, "kinds": {"type": "list", "elements": "str"}},
    },
}


@pytest.mark.parametrize(
    ("given_options", "expected"),
    [
        ({"id": "\n a b\t"}, {"id": "a b"}),
        ({"file": " /a b.csv\r\n"}, {"file": "/a b.csv"}),
        ({"ids": "s9, s1\n"}, {"ids": ["s9", "s1"]}),
        ({"ids": ["s9\n", "\u00a0s1"]}, {"ids": ["s9", "s1"]}),
        ({"ids": "a,,"}, {"ids": ["a", "", ""]}),
        ({"ids": [None, 7, " "]}, {"ids": [None, 7, ""]}),
        ({"ids": {"a": " b"}, "id": None}, {"ids": {"a": " b"}, "id": None}),
        ({"count": " yes"}, {"count": "yes"}),
        (
            {"patch": [{"path": "/a ", "value": " kept ", "kinds": "x, y"}, " path=/b value=c"]},
            {"patch": [{"path": "/a", "value": " kept ", "kinds": ["x", "y"]}, {"path": "/b", "value": "c"}]},
        ),
        ({"patch": ['{"path": " /a", "value": [" kept "]}']}, {"patch": [{"path": "/a", "value": [" kept "]}]}),
        ({"patch": ["what is this", {"pahts": " "}]}, {"patch": ["what is this", {"pahts": " "}]}),
        ({"_ansible_tmpdir": " /tmp "}, {"_ansible_tmpdir": " /tmp "}),
    ],
)
def test_texts_lose_white_space_at_both_ends(given_options: dict[str, t.Any], expected: dict[str, t.Any]) -> None:
    assert _argspec.stripped(given_options, SPEC) == expected


def padded(option: dict[str, t.Any]) -> t.Any:
    """A value for an option in which every text has white space at both ends; None for what takes no text."""
    if "options" in option:
        return [{name: padded(suboption) for name, suboption in option["options"].items()}]
    return ["\tx ", "\ny\r\n"] if option["type"] == "list" else "\u2003x y\n"


def texts(value: t.Any) -> t.Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, (list, dict)):
        for part in value.values() if isinstance(value, dict) else value:
            yield from texts(part)


@pytest.mark.parametrize("module", MODULES)
def test_no_text_of_any_option_of_a_module_keeps_white_space_at_an_end(module: str) -> None:
    spec = {**_argspec.AUTH, **options_of(module)}
    found = _argspec.stripped({name: padded(option) for name, option in spec.items()}, spec)
    # What is raw is data.
    raw = [operation.pop("value") for operation in found.get("patch", ())]
    assert {"x y", *texts(found)} <= {"x", "y", "x y"}
    assert raw in ([], ["\u2003x y\n"])


WAITING = {
    "timeout": "1h",
    "interval": "2",
    "max_interval": "30",
    "fail_on": ["ERROR", "TERMINATED", "TEMPERROR"],
    "progress_interval": "60",
}
PAGING = {"offset": 0, "limit": 250, "count": False}


@pytest.mark.parametrize(
    ("module", "expected"),
    [
        ("access_token", {}),
        ("pending_tasks_info", {**PAGING, "count_only": False}),
        (
            "source_aggregation",
            {
                **WAITING,
                "aggregation": "accounts",
                "disable_optimization": False,
                "on_busy": "fail",
                "require_healthy": False,
                "wait": False,
            },
        ),
        ("source_aggregations", {**WAITING, "max_interval": "5", "max_parallel": 1, "stop_on_failure": True}),
        ("source_info", {"limit": 250, "count": False, "sorters": "name"}),
        (
            "task_report",
            {
                "formats": ["html", "csv", "json"],
                "newer_than": "14d",
                "fail_on": ["ERROR", "TERMINATED", "TEMPERROR"],
            },
        ),
        ("task_status", {"overwrite": False}),
        ("task_status_info", {**PAGING, "sorters": "-created"}),
        ("task_wait", {**WAITING, "settle": 1, "not_found_grace": "30", "on_idle": "ignore"}),
    ],
)
def test_what_is_not_given_is_what_playbooks_rely_on(module: str, expected: dict[str, t.Any]) -> None:
    assert defaults(options_of(module)) == expected


def test_a_connection_that_is_not_described_is_what_playbooks_rely_on() -> None:
    assert defaults(_argspec.AUTH) == {
        "api_version": "beta",
        "validate_certs": True,
        "request_timeout": 30,
        "retries": 5,
        "max_retry_delay": 60,
    }


def test_a_source_that_is_only_named_is_aggregated_as_playbooks_rely_on() -> None:
    expected = {
        "kinds": ["accounts"],
        "disable_optimization": False,
        "on_busy": "fail",
        "require_healthy": False,
    }
    assert defaults(options_of("source_aggregations")["sources"]["options"]) == expected


def defaults(options: dict[str, t.Any]) -> dict[str, t.Any]:
    return {name: spec["default"] for name, spec in options.items() if "default" in spec}
