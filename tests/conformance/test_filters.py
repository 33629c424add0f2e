# Copyright (c) 2026, the sailpoint.isc contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the modules write as a filter, read by the stand-in tenant's own grammar: just those values come back."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from typing import Any
from urllib.parse import unquote

from hypothesis import given
from hypothesis import strategies as st

from tests.support import workspace
from tests.tenant.filters import parse

sys.path.insert(0, str(workspace.COLLECTIONS))

from ansible_collections.sailpoint.isc.plugins.module_utils._http import client, filters

FIELDS = ("id", "sourceId", "type", "completionStatus", "launcher")
# A lone surrogate cannot be sent at all.
VALUES = st.lists(st.text(st.characters(exclude_categories=["Cs"]), min_size=1), min_size=1, max_size=5)


@given(st.dictionaries(st.sampled_from(FIELDS), VALUES, min_size=1), st.booleans())
def test_values_come_back_as_they_went_in(wanted: Mapping[str, list[str]], pending: bool) -> None:
    parts = [filters.any_of(field, values) for field, values in wanted.items()]
    expression = filters.all_of(parts + [filters.is_null("completionStatus")] * pending)
    query = client.query_string({"limit": 250, "filters": expression, "count": True})
    pairs = [pair.split("=") for pair in query.split("&")]
    assert [name for name, *_value in pairs] == ["limit", "filters", "count"]
    found: list[Any] = parse(unquote(pairs[1][1], errors="strict"))
    expected: list[tuple[str, str, list[str]]] = [
        (field, "eq" if len(values) == 1 else "in", values) for field, values in wanted.items()
    ]
    expected += [("completionStatus", "isnull", [])] * pending
    assert [(one.field, one.operator, list(one.values)) for one in found] == expected
