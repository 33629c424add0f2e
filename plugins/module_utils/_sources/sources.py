# Copyright (c) 2026, the sailpoint.isc contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The sources of a tenant: their records by id.

Facts: listSources in SailPoint's OpenAPI documents, the same on every version of the API.
"""

from __future__ import annotations

import typing as t

from ansible_collections.sailpoint.isc.plugins.module_utils._http import queries
from ansible_collections.sailpoint.isc.plugins.module_utils._http.client import Client, is_record_list
from ansible_collections.sailpoint.isc.plugins.module_utils._http.pages import Pager

Record = dict[str, t.Any]

_PAGE_SIZE = 250
_READ_ADVICE = (
    "looking up sources takes the scope idn:sources:read, and of a user the right to see them; "
    "ids of sources need no look-up"
)


class Sources:
    """Reads the sources that the token may see."""

    def __init__(self, client: Client) -> None:
        self._client = client

    def by_id(self, ids: t.Sequence[str]) -> dict[str, Record]:
        """The records of the sources with these ids; unknown ids are left out. Raises RequestFailed."""
        return _by_id(self._matching("id", ids))

    def _matching(self, field: str, values: t.Sequence[str]) -> t.Iterator[Record]:
        """The sources whose field has one of these values, as the tenant compares; one request unless it is long."""
        distinct = list(dict.fromkeys(values))
        if not distinct:
            return
        for expression in queries.expressions({field: distinct}, None, lambda part: self._url(part, 99999, True)):
            yield from Pager(self._page_of(expression), page_size=_PAGE_SIZE)

    def _page_of(self, expression: str) -> t.Callable[[int, int, bool], tuple[list[Record], int | None]]:
        def fetch(offset: int, limit: int, count: bool) -> tuple[list[Record], int | None]:
            answer = self._client.request(
                "GET",
                self._url(expression, offset, count, limit),
                accept=is_record_list,
                wanted="a list of records",
                advice={403: _READ_ADVICE},
            )
            total = answer.headers.get("X-Total-Count", "")
            return answer.body, int(total) if total.isascii() and total.isdigit() else None

        return fetch

    def _url(self, expression: str, offset: int, count: bool, limit: int = _PAGE_SIZE) -> str:
        query: dict[str, object] = {"limit": limit}
        query.update({"filters": expression} if expression else {})
        query.update({"offset": offset} if offset else {})
        query.update({"count": True} if count else {})
        return self._client.url("sources", query=query)


def _by_id(records: t.Iterable[Record]) -> dict[str, Record]:
    return {record["id"]: record for record in records if isinstance(record.get("id"), str)}
