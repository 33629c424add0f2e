# Copyright (c) 2026, the sailpoint.isc contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
#
# Private to the collection: it may change in any release.

"""Filtered lists of the API, with URLs that are short enough."""

from __future__ import annotations

import itertools
import re
import typing as t

from ansible_collections.sailpoint.isc.plugins.module_utils._http import filters
from ansible_collections.sailpoint.isc.plugins.module_utils._http.client import Client, is_record_list, query_string
from ansible_collections.sailpoint.isc.plugins.module_utils._http.pages import Pager
from ansible_collections.sailpoint.isc.plugins.module_utils._http.transport import Answer

Record = dict[str, t.Any]

# Below the limit of gateways (8 KiB of request line and more); 100 ids of 32 digits are 4.2 KiB.
LONGEST_URL = 6000
# `in ("a","b")` is longer than `eq "a"`, apart from its values.
_MORE_FOR_MANY = 12


def expression(wanted: t.Mapping[str, t.Sequence[str]], also: str | None = None) -> str:
    """One filter expression: every field has one of its values, and `also` is true too."""
    parts = [filters.any_of(field, values) for field, values in wanted.items()]
    return filters.all_of(parts + ([also] if also else []))


def expressions(wanted: t.Mapping[str, t.Sequence[str]], also: str | None, url: t.Callable[[str], str]) -> list[str]:
    """The filter as one expression, or as several if its URL would be too long.

    url: returns the longest URL for an expression.
    """
    whole = expression(wanted, also)
    lists = {field: values for field, values in wanted.items() if len(values) > 1}
    excess = len(url(whole)) - LONGEST_URL
    if not lists or excess <= 0:
        return [whole]
    longest = max(lists, key=lambda field: len(query_string({field: lists[field]})))
    values = lists[longest]
    size = _values_a_part(values, excess, len(url(expression({**wanted, longest: values[:1]}, also))), len(lists) > 1)
    parts = [values[start : start + size] for start in range(0, len(values), size)]
    return list(itertools.chain.from_iterable(expressions({**wanted, longest: part}, also, url) for part in parts))


def _values_a_part(values: t.Sequence[str], excess: int, length_with_one: int, others: bool) -> int:
    """How many values of a list fit into a URL, by their average length; parts that are too long are split again.

    excess: characters of the URL with all values that are too many.  length_with_one: that of the URL with one value.
    others: there are other lists to split; where those take most of the room, each in its turn is halved.
    """
    room = LONGEST_URL - length_with_one - _MORE_FOR_MANY
    half = -(-len(values) // 2)
    if others and room < LONGEST_URL / 2:
        return half
    average = (excess + LONGEST_URL - length_with_one) / (len(values) - 1)
    size = max(1, 1 + int(room / average))
    return min(half, -(-len(values) // -(-len(values) // size)))  # parts of about the same size


def total_of(answer: Answer) -> int | None:
    """The total of the list (X-Total-Count); None if the answer does not contain it."""
    value = answer.headers.get("X-Total-Count", "")
    return int(value) if re.fullmatch(r"[0-9]{1,18}", value) else None


def by_id(records: t.Iterable[Record]) -> dict[str, Record]:
    """The records by their ids, without those that have none."""
    return {record["id"]: record for record in records if isinstance(record.get("id"), str)}


class FilteredList:
    """A list of a service, restricted by filters.

    thing: the name of a row, for warnings.
    page_size: rows a page, 1 to 250.  sorters: the order, as the API writes it.
    advice: advice for a status instead of the general one.
    """

    def __init__(
        self,
        client: Client,
        service: str,
        thing: str,
        *,
        page_size: int = 250,
        sorters: str | None = None,
        advice: t.Mapping[int, str] | None = None,
    ) -> None:
        self._client = client
        self._service = service
        self._thing = thing
        self._page_size = page_size
        self._sorters = sorters
        self._advice = dict(advice or {})

    def expressions(self, wanted: t.Mapping[str, t.Sequence[str]], also: str | None = None) -> list[str]:
        """The expressions to ask for, one after the other; see expressions()."""
        return expressions(wanted, also, lambda part: self._url(part, 99999, self._page_size, True))

    def pager(self, expression: str, **facts: t.Any) -> Pager:
        """The records of one expression; facts are those of Pager. Reading them raises RequestFailed."""

        def fetch(offset: int, limit: int, count: bool) -> tuple[list[Record], int | None]:
            answer = self._client.request(
                "GET",
                self._url(expression, offset, limit, count),
                accept=is_record_list,
                wanted="a list of records",
                advice=self._advice,
            )
            return answer.body, total_of(answer)

        return Pager(fetch, page_size=self._page_size, **facts)

    def whole(self, pager: Pager) -> t.Iterator[Record]:
        """Every record of a pager, with a warning if the tenant returned fewer than its total."""
        yield from pager
        if pager.missing:
            missing = f"{pager.missing} more {self._thing}{'' if pager.missing == 1 else 's'}"
            self._client.warnings.append(
                f"The tenant reports that the list has {missing} than it returned, even after a second read."
            )

    def all(self, wanted: t.Mapping[str, t.Sequence[str]], also: str | None = None) -> t.Iterator[Record]:
        """Every record of a filter, in as few requests as can be."""
        for expression in self.expressions(wanted, also):
            yield from self.whole(self.pager(expression, ahead=True))

    def _url(self, expression: str, offset: int, limit: int, count: bool) -> str:
        query = {"limit": limit, "sorters": self._sorters, "filters": expression or None, "offset": offset or None}
        return self._client.url(self._service, query={**query, "count": count or None})
