# Copyright (c) 2026, the sailpoint.isc contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import itertools
import typing as t

import pytest
from ansible_collections.sailpoint.isc.plugins.module_utils import _options
from ansible_collections.sailpoint.isc.plugins.module_utils._errors import InvalidOption, IscError
from ansible_collections.sailpoint.isc.plugins.module_utils._task_status import Selection
from ansible_collections.sailpoint.isc.plugins.module_utils._versions import API_VERSIONS
from hypothesis import given
from hypothesis import strategies as st


def selection(version: str = "v1", **options: t.Any) -> Selection:
    return _options.selection(options, API_VERSIONS[version])


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ({"id": ""}, 'id is "": it is empty; give a value or leave the option out.'),
        ({"ids": []}, "ids is []: it is empty; give a value or leave the option out."),
        ({"fields": []}, "fields is []: it is empty; give a value or leave the option out."),
        (
            {"types": ["A", " \t"]},
            'types is ["A", " \\t"]: it holds an empty text; give a value or leave the option out.',
        ),
        ({"filters": "  "}, 'filters is "  ": it holds an empty text; give a value or leave the option out.'),
        ({"limit": 0}, "limit is 0: it must be from 1 to 250."),
        ({"limit": 251}, "limit is 251: it must be from 1 to 250."),
        ({"offset": -1}, "offset is -1: it must be 0 or more."),
        ({"max_results": 0}, "max_results is 0: it must be 1 or more."),
        ({"settle": 0}, "settle is 0: it must be 1 or more."),
        ({"max_parallel": 0}, "max_parallel is 0: it must be 1 or more."),
        ({"id": ".."}, 'id is "..": no id looks like this.'),
        ({"id": "."}, 'id is ".": no id looks like this.'),
        ({"id": "pending-tasks"}, 'id is "pending-tasks": no id looks like this.'),
        ({"id": "a\nb"}, 'id is "a\\nb": no id looks like this.'),
        ({"ids": ["good", "a\x00"]}, 'ids is "a\\u0000": no id looks like this.'),
        ({"source_id": "\x7f"}, 'source_id is "\x7f": no id looks like this.'),
    ],
)
def test_what_no_option_may_hold_is_refused_with_the_value(options: dict[str, t.Any], sentence: str) -> None:
    with pytest.raises(InvalidOption) as caught:
        _options.check(options)
    assert str(caught.value) == sentence


def test_an_id_longer_than_any_is_refused_and_shown_in_part() -> None:
    with pytest.raises(InvalidOption) as caught:
        _options.check({"id": "x" * 257})
    assert len(str(caught.value)) < 260
    _options.check({"id": "x" * 256})


@pytest.mark.parametrize(
    "options",
    [
        {"limit": 1, "offset": 0, "max_results": 1, "settle": 1, "max_parallel": 1},
        {"limit": 250, "offset": 10**9, "max_results": 10**9, "settle": 99},
        {"id": "a/b'\"%", "ids": ["a"], "source_id": "...", "fields": ["x"]},
        {"fail_on": [], "client_id": "", "access_token": "", "client_secret": "", "ca_path": ""},
        {"filters": None, "ids": None, "max_results": None, "id": None},
    ],
)
def test_what_options_may_hold_is_taken(options: dict[str, t.Any]) -> None:
    _options.check(options)


@given(st.dictionaries(st.sampled_from(["id", "ids", "types", "filters", "fields", "source_id"]), st.text()))
def test_any_text_in_an_option_is_taken_or_refused_in_one_line(options: dict[str, str]) -> None:
    try:
        _options.check(options)
        sentence = "taken."
    except InvalidOption as error:
        sentence = str(error)
    assert sentence.endswith(".")
    assert "\n" not in sentence


def test_a_selection_is_made_of_the_options_that_are_given() -> None:
    made = selection(
        ids=["a"],
        source_ids=None,
        newer_than="7d",
        older_than="1h",
        offset=3,
        limit=9,
        fields=["x"],
        settle=4,
        count=True,
    )
    assert made == Selection(ids=["a"], newer_than=604800, older_than=3600, offset=3, limit=9, count=True)


def test_a_selection_of_nothing_is_all_there_is() -> None:
    assert selection() == Selection()
    assert selection().expression() == ""


@pytest.mark.parametrize("name", ["ids", "source_ids", "types", "launchers", "unique_names"])
def test_what_is_named_twice_is_asked_for_once_and_in_order(name: str) -> None:
    assert getattr(selection(**{name: ["b", "a", "b"]}), name) == ["b", "a"]


def test_completion_statuses_are_taken_in_every_spelling() -> None:
    made = selection(completion_statuses=["Success", "temp_error", "New_One"])
    assert made.completion_statuses == ["SUCCESS", "TEMPERROR", "NEW_ONE"]


@pytest.mark.parametrize(("newer", "older"), [("1h", "1h"), ("1h", "60m"), ("30m", "1h"), ("0s", "0s")])
def test_ages_that_leave_nothing_are_refused_with_both(newer: str, older: str) -> None:
    with pytest.raises(IscError) as caught:
        selection(newer_than=newer, older_than=older)
    assert f"newer_than ({newer}) and older_than ({older}) leave nothing" in str(caught.value)


@pytest.mark.parametrize("name", ["newer_than", "older_than"])
def test_an_age_that_is_no_duration_is_refused(name: str) -> None:
    with pytest.raises(InvalidOption, match=f'^{name} is "soon"'):
        selection(**{name: "soon"})


@pytest.mark.parametrize("name", ["QUARTZ", "QPOC", "QUEUED_TASK"])
def test_the_type_of_a_record_is_no_type_to_filter_on(name: str) -> None:
    with pytest.raises(InvalidOption, match="names of task definitions"):
        selection(types=["CLOUD_ACCOUNT_AGGREGATION", name])


def test_a_type_that_nobody_knows_is_taken() -> None:
    assert selection(types=["BRAND_NEW"]).types == ["BRAND_NEW"]


@pytest.mark.parametrize("version", API_VERSIONS)
def test_launchers_are_refused_where_the_api_cannot_filter_on_them(version: str) -> None:
    if version in ("v2026", "v1"):
        assert selection(version, launchers=["System"]).launchers == ["System"]
        return
    with pytest.raises(InvalidOption, match=f"api_version {version} cannot filter on it; use v2026 or v1"):
        selection(version, launchers=["System"])


def test_a_waiter_looks_as_often_and_as_long_as_told() -> None:
    waiter = _options.waiter({"timeout": "2m", "interval": "1", "max_interval": "5s"})
    assert waiter.timeout == 120
    assert list(itertools.islice(waiter.pauses, 5)) == [1, 2, 4, 5, 5]


@pytest.mark.parametrize(
    ("changes", "name"),
    [
        ({"timeout": "never"}, "timeout"),
        ({"timeout": "-1"}, "timeout"),
        ({"interval": "0"}, "interval"),
        ({"max_interval": "0s"}, "max_interval"),
        ({"interval": "31"}, "interval"),
        ({"interval": "1m", "max_interval": "59"}, "interval"),
    ],
)
def test_times_of_a_wait_that_make_no_sense_are_refused(changes: dict[str, str], name: str) -> None:
    with pytest.raises(InvalidOption, match=f"^{name} is "):
        _options.waiter({"timeout": "1h", "interval": "2", "max_interval": "30", **changes})


def test_a_wait_without_time_is_one_look() -> None:
    assert _options.waiter({"timeout": "0", "interval": "2", "max_interval": "2"}).timeout == 0
