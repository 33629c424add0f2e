# Copyright (c) 2026, the sailpoint.isc contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Errors within a list name the entry."""

from __future__ import annotations

import typing as t

import pytest
from ansible_collections.sailpoint.isc.plugins.module_utils._entries import entry_named, invalid_entry
from ansible_collections.sailpoint.isc.plugins.module_utils._errors import InvalidOption, IscError

SPEC = {
    "plain": {"type": "str"},
    "names": {"type": "list", "elements": "str"},
    "rows": {
        "type": "list",
        "elements": "dict",
        "options": {
            "id": {"type": "str", "required": True},
            "name": {"type": "str"},
            "mode": {"type": "str", "choices": ["a", "b"]},
            "quick": {"type": "bool", "default": False},
        },
    },
}


@pytest.mark.parametrize(
    ("rows", "says"),
    [
        (None, None),
        ([], None),
        ([{"id": "x"}, {"id": "y", "name": "Y", "mode": "a", "quick": "yes"}], None),
        # What is no dictionary is Ansible's to refuse.
        (["text"], None),
        ([{"id": "x"}, {"id": "y", "mode": "c"}], "rows[1] (y): value of mode must be one of: a, b, got: c."),
        ([{"id": "x"}, {"name": "HR\nSystem"}], "rows[1] (HR System): missing required arguments: id."),
        ([{"id": None, "mode": None}], "rows[0]: missing required arguments: id."),
        ([{}], "rows[0]: missing required arguments: id."),
        (
            [{"id": "x", "nmae": "X"}],
            "rows[0] (x): Unsupported parameters for rows: nmae. Supported parameters include: id, mode, name, quick.",
        ),
    ],
)
def test_the_first_entry_that_is_refused_is_named(rows: t.Any, says: str | None) -> None:
    assert invalid_entry(SPEC, {"plain": "text", "names": ["a"], "rows": rows}) == says


@pytest.mark.parametrize("value", ["perhaps", None])
def test_a_value_of_another_type_is_named_too(value: object) -> None:
    said = invalid_entry(SPEC, {"rows": [{"id": "x", "quick": value}]})
    assert said is not None
    assert said.startswith("rows[0] (x): ")
    assert "quick" in said


def test_an_invalid_option_of_an_entry_names_it() -> None:
    says = r'^rows\[3\] \(HR\): age is "soon": give a duration\.$'
    with pytest.raises(InvalidOption, match=says) as failure, entry_named("rows", 3, {"id": "x", "name": "HR"}):
        raise InvalidOption("age", "soon", "give a duration")
    assert failure.value.as_failure()["msg"] == str(failure.value)
    with pytest.raises(IscError, match=r"^Another fault$"), entry_named("rows", 0, {}):
        raise IscError("Another fault")
