# Copyright (c) 2026, the sailpoint.isc contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import itertools
import threading
import typing as t

import pytest
from ansible_collections.sailpoint.isc.plugins.module_utils._http.prefetch import Prefetch

Rows = list[dict[str, t.Any]]


class Source:
    """A list of which each page holds its own place; pages come when they are let go."""

    def __init__(self) -> None:
        self.asked: list[tuple[int, int]] = []
        self.go = threading.Event()
        self._lock = threading.Lock()

    def fetch(self, offset: int, limit: int, count: bool) -> tuple[Rows, int | None]:
        assert not count
        with self._lock:
            self.asked.append((offset, limit))
        self.go.wait(10)
        if offset == 13:
            raise LookupError("page 13")
        return [{"id": f"{offset}+{limit}"}], None


def test_a_page_that_is_on_its_way_is_given_once() -> None:
    source = Source()
    pages = Prefetch(source.fetch)
    assert pages.take((0, 5)) is None
    pages.start([(0, 5), (5, 5), (0, 5)])
    source.go.set()
    assert pages.take((0, 5)) == [{"id": "0+5"}]
    assert pages.take((0, 5)) is None
    assert pages.take((5, 5)) == [{"id": "5+5"}]
    assert sorted(source.asked) == [(0, 5), (5, 5)]


def test_eight_pages_are_on_their_way_at_most_however_many_there_are() -> None:
    source = Source()
    pages = Prefetch(source.fetch)
    source.go.set()
    pages.start((offset, 1) for offset in itertools.count(20))
    for offset in range(20, 28):
        assert pages.take((offset, 1)) == [{"id": f"{offset}+1"}]
    assert pages.take((28, 1)) is None
    assert len(source.asked) == 8


def test_a_page_that_fails_does_so_where_it_is_taken_and_a_forgotten_one_nowhere() -> None:
    source = Source()
    pages = Prefetch(source.fetch)
    source.go.set()
    pages.start([(13, 1)])
    with pytest.raises(LookupError, match="page 13"):
        pages.take((13, 1))
    pages.start([(13, 1)])
    pages.clear()
    assert pages.take((13, 1)) is None
