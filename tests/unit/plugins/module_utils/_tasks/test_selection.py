# Copyright (c) 2026, the sailpoint.isc contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import typing as t

import pytest
from ansible_collections.sailpoint.isc.plugins.module_utils._errors import InvalidOption, IscError
from ansible_collections.sailpoint.isc.plugins.module_utils._http.api import API_VERSIONS
from ansible_collections.sailpoint.isc.plugins.module_utils._tasks.selection import Selection


def selection(version: str = "v1", **options: t.Any) -> Selection:
    return Selection.from_options(options, API_VERSIONS[version])


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
    assert selection().wanted() == {}


@pytest.mark.parametrize("name", ["ids", "source_ids", "types", "launchers", "unique_names"])
def test_what_is_named_twice_is_asked_for_once_and_in_order(name: str) -> None:
    named: dict[str, t.Any] = {name: ["b", "a", "b"]}
    assert getattr(selection(**named), name) == ["b", "a"]


def test_completion_statuses_are_taken_in_every_spelling() -> None:
    made = selection(completion_statuses=["Success", "temp_error", "New_One"])
    assert made.completion_statuses == ["SUCCESS", "TEMPERROR", "NEW_ONE"]


@pytest.mark.parametrize(("newer", "older"), [("1h", "1h"), ("1h", "60m"), ("30m", "1h"), ("0s", "0s")])
def test_ages_that_leave_nothing_are_refused_with_both(newer: str, older: str) -> None:
    with pytest.raises(IscError) as caught:
        selection(newer_than=newer, older_than=older)
    assert f"newer_than ({newer}) and older_than ({older}) exclude all tasks" in str(caught.value)


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
    with pytest.raises(InvalidOption, match=f"api_version {version} cannot filter on it: use v2026 or v1"):
        selection(version, launchers=["System"])
