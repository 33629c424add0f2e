# Copyright (c) 2026, the sailpoint.isc contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Long lists of wanted values as filter expressions that are short enough for a URL each."""

from __future__ import annotations

import itertools
import typing as t

from ansible_collections.sailpoint.isc.plugins.module_utils._http import filters
from ansible_collections.sailpoint.isc.plugins.module_utils._http.client import query_string

# Below what gateways take (8 KiB of request line and more); 100 ids of 32 digits come to 4.2 KiB.
LONGEST_URL = 6000


def expression(wanted: t.Mapping[str, t.Sequence[str]], also: str | None = None) -> str:
    """One filter expression: every field has one of its values, and what `also` says holds too."""
    parts = [filters.any_of(field, values) for field, values in wanted.items()]
    return filters.all_of(parts + ([also] if also else []))


def expressions(wanted: t.Mapping[str, t.Sequence[str]], also: str | None, url: t.Callable[[str], str]) -> list[str]:
    """The same filter as expressions that find together what one would: more than one where its URL were too long.

    url: the longest URL that an expression is asked for with.
    """
    whole = expression(wanted, also)
    lists = {field: values for field, values in wanted.items() if len(values) > 1}
    if not lists or len(url(whole)) <= LONGEST_URL:
        return [whole]
    longest = max(lists, key=lambda field: len(query_string({field: lists[field]})))
    values = lists[longest]
    for parts in range(2, len(values) + 1):
        size = -(-len(values) // parts)
        narrowed = [{**wanted, longest: values[start : start + size]} for start in range(0, len(values), size)]
        found = [expression(part, also) for part in narrowed]
        if all(len(url(part)) <= LONGEST_URL for part in found):
            return found
    return list(itertools.chain.from_iterable(expressions(part, also, url) for part in narrowed))
