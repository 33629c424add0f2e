# Copyright (c) 2026, the sailpoint.isc contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
#
# Private to the collection: it may change in any release.

"""Fetches pages of a list in the background, before they are read."""

from __future__ import annotations

import concurrent.futures
import contextvars
import threading
import typing as t

Rows = list[dict[str, t.Any]]
# (offset, limit, count) -> the rows, and the total if it was asked for and returned
FetchPage = t.Callable[[int, int, bool], tuple[Rows, t.Optional[int]]]
# offset and limit
Place = tuple[int, int]

_MOST_PAGES = 8


class Prefetch:
    """Pages that are being fetched, by offset and limit; at most eight at the same time."""

    def __init__(self, fetch: FetchPage) -> None:
        self._fetch = fetch
        self._pages: dict[Place, concurrent.futures.Future[Rows]] = {}

    def clear(self) -> None:
        """Forgets every page."""
        self._pages.clear()

    def start(self, places: t.Iterable[Place]) -> None:
        """Starts to fetch the first of these pages that are not being fetched yet, as many as there is room for."""
        for place in places:
            if len(self._pages) >= _MOST_PAGES:
                return
            if place not in self._pages:
                self._pages[place] = self._in_background(*place)

    def take(self, place: Place) -> Rows | None:
        """Waits for the rows of a page; None if it is not being fetched. Raises what its fetch raised."""
        page = self._pages.pop(place, None)
        return None if page is None else page.result()

    def _in_background(self, offset: int, limit: int) -> concurrent.futures.Future[Rows]:
        future: concurrent.futures.Future[Rows] = concurrent.futures.Future()

        def work() -> None:
            try:
                future.set_result(self._fetch(offset, limit, False)[0])
            except BaseException as error:
                future.set_exception(error)

        # A daemon, unlike an executor's threads: a task that ends early does not wait for pages that nobody reads.
        # In a copy of the context, which holds the deadline of the transport.
        threading.Thread(target=contextvars.copy_context().run, args=[work], daemon=True).start()
        return future
