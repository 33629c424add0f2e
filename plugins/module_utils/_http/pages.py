# Copyright (c) 2026, the sailpoint.isc contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
#
# Private to the collection: it may change in any release.

"""Reads a list page by page: every record once, and no more pages than needed."""

from __future__ import annotations

import json
import typing as t

from ansible_collections.sailpoint.isc.plugins.module_utils._http.prefetch import FetchPage, Place, Prefetch, Rows

_MOST_SWEEPS = 3
_MOST_STALE_PAGES = 3


class Pager:
    """The records of one list, in the order of the API, while rows may move between one page and the next.

    page_size: rows a page, 1 to 250.  wanted: the maximum number of records; None: all.
    count: ask for the total with the first page.
    ahead: prefetch several pages at once; not for a reader who may stop early.
    total: the total that the server reported, if it did.
    missing: the number of records below the total that were not returned, even after several reads.

    A new task pushes rows down, so that a row comes twice: each id is given once. A row that leaves the list pulls
    rows up, so that some are passed over: when fewer came than the total says, the list is read again for those.
    """

    def __init__(
        self,
        fetch: FetchPage,
        *,
        offset: int = 0,
        page_size: int = 250,
        wanted: int | None = None,
        count: bool = False,
        ahead: bool = False,
    ) -> None:
        self.total: int | None = None
        self.missing = 0
        # The number of distinct rows that a sweep finds if no more rows leave; None if not known yet.
        self._expected: int | None = None
        self._fetch = fetch
        self._offset = offset
        self._page_size = page_size
        self._wanted = wanted
        self._ask_total = count
        self._ahead = ahead
        self._prefetch = Prefetch(fetch)

    def __iter__(self) -> t.Iterator[dict[str, t.Any]]:
        given: set[str] = set()
        before: set[str] = set()
        for _sweep in range(_MOST_SWEEPS):
            met: set[str] = set()
            for record in self._sweep(met):
                key = identity(record)
                if key not in given:
                    given.add(key)
                    yield record
                    if len(given) == self._wanted:
                        return
            # If two sweeps find the same rows, there are no others, whatever the total says.
            self.missing = 0 if self._expected is None else max(0, self._expected - len(met))
            if not self.missing or met == before:
                return
            before = met
            self._ask_total = True

    def _sweep(self, met: set[str]) -> t.Iterator[dict[str, t.Any]]:
        """Reads the list once, from the offset to its end; met collects the keys of the rows."""
        self._prefetch.clear()
        self._expected = None
        position = self._offset
        stale_pages = 0
        while True:
            size = self._size(len(met))
            page, total = self._page(position, size)
            before = len(met)
            met.update(map(identity, page))
            position += len(page)
            if total is not None and self._expected is None:
                # The total includes rows that came twice, which do not come again.
                self._expected = len(met) + total - position
            yield from page
            stale_pages = 0 if len(met) > before else stale_pages + 1
            if not page or stale_pages == _MOST_STALE_PAGES or len(met) == self._wanted:
                return
            # After a full page, the next one is read even if it was the last by the total: totals can be wrong.
            if len(page) < size and (self._expected is None or len(met) >= self._expected):
                return

    def _page(self, position: int, size: int) -> tuple[Rows, int | None]:
        total = None
        page = self._prefetch.take((position, size))
        if page is None:
            # The total is asked for with the second page: a single page needs none.
            second = self._ahead and self.total is None and position == self._offset + self._page_size
            ask_total = self._ask_total or (second and self._end(position) - position > size)
            self._ask_total = False
            page, total = self._fetch(position, size, ask_total)
            self.total = self.total if total is None else total
        if self._ahead and self.total is not None and len(page) == size:
            self._prefetch.start(self._places(position + size))
        return page, total

    def _places(self, position: int) -> t.Iterator[Place]:
        """The pages from this position to the known end of the list."""
        end = self._end(position)
        while position < end:
            size = self._size(position - self._offset)
            yield position, size
            position += size

    def _size(self, met: int) -> int:
        return self._page_size if self._wanted is None else min(self._page_size, self._wanted - met)

    def _end(self, position: int) -> float:
        """The offset before which pages are to be read, if known."""
        ends = [float("inf")]
        if self._wanted is not None:
            ends.append(self._offset + self._wanted)
        if self.total is not None:
            ends.append(max(self.total + 1, position))
        return min(ends)


def identity(record: dict[str, t.Any]) -> str:
    """The identity of a record: its id, or the whole record if it has no usable id."""
    own = record.get("id")
    is_number = isinstance(own, int) and not isinstance(own, bool)
    return str(own) if is_number or (isinstance(own, str) and own) else json.dumps(record, sort_keys=True)
