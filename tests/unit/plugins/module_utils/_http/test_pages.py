# Copyright (c) 2026, the sailpoint.isc contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import math
import threading
import typing as t

import pytest
from ansible_collections.sailpoint.isc.plugins.module_utils._http.pages import Pager
from hypothesis import example, given
from hypothesis import strategies as st

Record = dict[str, t.Any]
# What happens to the list before a request: so many new rows at the top, and the places of rows that leave.
Move = tuple[int, list[int]]

SIZES = st.integers(1, 7)
LENGTHS = st.integers(0, 40)


def rows(length: int) -> list[Record]:
    return [{"id": f"row{number}"} for number in range(length)]


class MovingList:
    """A list on a server, which changes before every request as told, and then stands still.

    sweeps_disturbed: in the so-many-th reading from the start it stands still, whatever is told.
    tell: the total to tell instead of the true one.
    """

    def __init__(
        self,
        length: int,
        moves: t.Sequence[Move] = (),
        tell: t.Callable[[int], int] = lambda total: total,
        offset: int = 0,
        sweeps_disturbed: int = 99,
    ) -> None:
        self.rows = rows(length)
        self.stood_still = {row["id"] for row in self.rows}
        self.requests: list[tuple[int, int, bool]] = []
        self._moves = list(moves)
        self._tell = tell
        self._offset = offset
        self._sweeps_left = sweeps_disturbed
        self._lock = threading.Lock()

    def fetch(self, offset: int, limit: int, count: bool) -> tuple[list[Record], int | None]:
        with self._lock:
            self._sweeps_left -= offset == self._offset
            if self.requests and self._moves and self._sweeps_left >= 0:
                self._move(*self._moves.pop(0))
            self.requests.append((offset, limit, count))
            assert limit >= 1
            return self.rows[offset : offset + limit], self._tell(len(self.rows)) if count else None

    def _move(self, arriving: int, leaving: t.Sequence[int]) -> None:
        for place in leaving:
            if self.rows:
                self.stood_still.discard(self.rows.pop(place % len(self.rows))["id"])
        self.rows[:0] = [{"id": f"new{len(self.requests)}.{number}"} for number in range(arriving)]


def ids(records: t.Iterable[Record]) -> list[str]:
    return [record["id"] for record in records]


@given(LENGTHS, SIZES, st.integers(0, 10), st.none() | st.integers(1, 50), st.booleans(), st.booleans())
@example(length=0, size=3, offset=0, wanted=None, count=False, ahead=False)
@example(length=6, size=3, offset=0, wanted=None, count=False, ahead=False)
@example(length=6, size=3, offset=0, wanted=None, count=False, ahead=True)
@example(length=3, size=3, offset=0, wanted=None, count=False, ahead=True)
@example(length=40, size=1, offset=0, wanted=None, count=False, ahead=True)
@example(length=6, size=3, offset=0, wanted=6, count=False, ahead=False)
def test_a_list_that_stands_still_is_read_whole_in_order_and_in_as_few_pages_as_can_be(
    length: int, size: int, offset: int, wanted: int | None, count: bool, ahead: bool
) -> None:
    server = MovingList(length)
    pager = Pager(server.fetch, offset=offset, page_size=size, wanted=wanted, count=count, ahead=ahead)
    expected = server.rows[offset:][:wanted]
    assert list(pager) == expected
    pages = max(1, math.ceil(len(expected) / size))
    is_full = len(expected) == pages * size
    ends_as_wanted = len(expected) == wanted
    if is_full and not ends_as_wanted:
        pages += 1  # whatever the total says, the last page is one that is not full
    assert len(server.requests) == pages
    assert len(set(server.requests)) == pages
    assert all(limit <= size for _offset, limit, _count in server.requests)


@given(LENGTHS, SIZES, st.integers(0, 10), st.booleans())
def test_the_total_is_asked_for_once_and_told(length: int, size: int, offset: int, ahead: bool) -> None:
    server = MovingList(length)
    pager = Pager(server.fetch, offset=offset, page_size=size, count=True, ahead=ahead)
    assert pager.total is None
    list(pager)
    assert pager.total == length
    assert [count for _offset, _limit, count in server.requests].count(True) == 1


@given(st.integers(0, 5), SIZES)
def test_one_page_alone_is_not_counted(length: int, size: int) -> None:
    server = MovingList(length)
    pager = Pager(server.fetch, page_size=size + 5, ahead=True)
    list(pager)
    assert server.requests == [(0, size + 5, False)]
    assert pager.total is None


def test_pages_of_an_ahead_reader_are_on_their_way_before_they_are_wanted() -> None:
    all_at_once = threading.Barrier(5)

    def fetch(offset: int, limit: int, count: bool) -> tuple[list[Record], int | None]:
        if offset >= 4:
            all_at_once.wait(timeout=10)  # breaks unless the last four pages and the end are asked for together
        return rows(12)[offset : offset + limit], 12 if count else None

    assert ids(Pager(fetch, page_size=2, ahead=True)) == ids(rows(12))


def test_no_more_pages_are_on_their_way_than_agreed() -> None:
    server = MovingList(1000)
    others = set(threading.enumerate())
    reader = iter(Pager(server.fetch, page_size=1, count=True, ahead=True))
    next(reader)
    for thread in set(threading.enumerate()) - others:
        thread.join(10)
    assert len(server.requests) == 1 + 8


def test_what_goes_wrong_with_a_page_ahead_reaches_the_reader_at_its_place() -> None:
    def fetch(offset: int, limit: int, count: bool) -> tuple[list[Record], int | None]:
        if offset == 6:
            raise LookupError("page 4")
        return rows(12)[offset : offset + limit], 12 if count else None

    reader = iter(Pager(fetch, page_size=2, count=True, ahead=True))
    assert [next(reader) for _row in range(6)] == rows(6)
    with pytest.raises(LookupError, match="page 4"):
        next(reader)


def test_a_reader_who_stops_causes_no_further_requests() -> None:
    server = MovingList(100)
    reader = iter(Pager(server.fetch, page_size=10))
    assert ids([next(reader) for _row in range(20)]) == ids(rows(20))
    assert len(server.requests) == 2


@st.composite
def moves_of(draw: st.DrawFn, *, leaving: bool) -> tuple[int, list[Move]]:
    """A page size, and moves of a list of which fewer rows than that are new between two requests."""
    size = draw(SIZES)
    places = st.lists(st.integers(0, 60), max_size=4) if leaving else st.just([])
    return size, draw(st.lists(st.tuples(st.integers(0, size - 1), places), max_size=12))


@given(LENGTHS, moves_of(leaving=False), st.integers(0, 10), st.booleans())
@example(length=6, size_and_moves=(3, [(1, []), (0, [])]), offset=0, count=True)
def test_while_rows_arrive_every_other_row_comes_once_and_in_order(
    length: int, size_and_moves: tuple[int, list[Move]], offset: int, count: bool
) -> None:
    size, moves = size_and_moves
    server = MovingList(length, moves)
    given_rows = ids(Pager(server.fetch, offset=offset, page_size=size, count=count))
    assert len(given_rows) == len(set(given_rows))
    assert given_rows == ids(rows(length)[offset:])


@given(LENGTHS, moves_of(leaving=False), st.booleans())
def test_while_rows_arrive_an_ahead_reader_misses_none(
    length: int, size_and_moves: tuple[int, list[Move]], count: bool
) -> None:
    size, moves = size_and_moves
    server = MovingList(length, moves, sweeps_disturbed=2)
    given_rows = ids(Pager(server.fetch, page_size=size, count=count, ahead=True))
    assert len(given_rows) == len(set(given_rows))
    assert server.stood_still <= set(given_rows)


def test_a_row_that_arrives_before_the_total_is_told_does_not_make_an_ahead_reader_read_all_again() -> None:
    server = MovingList(40, [(1, [])])
    assert ids(Pager(server.fetch, page_size=10, ahead=True)) == ids(rows(40))
    assert sorted(offset for offset, _limit, _count in server.requests) == [0, 10, 20, 30, 40]


@given(LENGTHS, moves_of(leaving=True), st.booleans())
@example(length=6, size_and_moves=(3, [(0, [0])]), ahead=False)
@example(length=6, size_and_moves=(3, [(0, [0])]), ahead=True)
@example(length=4, size_and_moves=(2, [(1, []), (0, [0, 0]), (0, []), (0, [0])]), ahead=False)
def test_while_rows_leave_a_counted_list_is_read_again_for_those_that_were_passed_over(
    length: int, size_and_moves: tuple[int, list[Move]], ahead: bool
) -> None:
    size, moves = size_and_moves
    server = MovingList(length, moves, sweeps_disturbed=2)
    given_rows = ids(Pager(server.fetch, page_size=size, count=True, ahead=ahead))
    assert len(given_rows) == len(set(given_rows))
    assert server.stood_still <= set(given_rows)


@given(
    LENGTHS,
    SIZES,
    st.lists(st.tuples(st.integers(0, 20), st.lists(st.integers(0, 60), max_size=4)), max_size=30),
    st.integers(0, 10),
    st.none() | st.integers(1, 50),
    st.booleans(),
)
def test_however_rows_move_each_comes_once_and_reading_ends(
    length: int, size: int, moves: list[Move], offset: int, wanted: int | None, count: bool
) -> None:
    server = MovingList(length, moves)
    given_rows = ids(Pager(server.fetch, offset=offset, page_size=size, wanted=wanted, count=count))
    assert len(given_rows) == len(set(given_rows))
    assert wanted is None or len(given_rows) <= wanted
    most = length + sum(arriving for arriving, _leaving in moves)
    assert len(server.requests) <= 3 * (most + 4)


@given(LENGTHS, SIZES, st.lists(st.integers(0, 100), min_size=1), st.booleans(), st.booleans())
def test_a_total_that_lies_brings_no_row_twice_and_no_endless_reading(
    length: int, size: int, lies: list[int], count: bool, ahead: bool
) -> None:
    told = iter(lies)
    server = MovingList(length, tell=lambda _total: next(told, lies[-1]))
    given_rows = ids(Pager(server.fetch, page_size=size, count=count, ahead=ahead))
    assert given_rows == ids(rows(length))[: len(given_rows)]
    assert len(server.requests) <= 3 * (math.ceil(length / size) + 2 + 6)


@given(LENGTHS, SIZES, st.integers(1, 1000), st.booleans())
def test_a_total_that_is_too_high_loses_nothing_and_is_told(length: int, size: int, excess: int, ahead: bool) -> None:
    server = MovingList(length, tell=lambda total: total + excess)
    pager = Pager(server.fetch, page_size=size, count=True, ahead=ahead)
    assert ids(pager) == ids(rows(length))
    assert pager.missing == excess


@given(LENGTHS, SIZES, st.integers(0, 40), st.booleans())
def test_a_total_that_is_too_low_loses_nothing(length: int, size: int, told: int, ahead: bool) -> None:
    server = MovingList(length, tell=lambda total: min(total, told))
    pager = Pager(server.fetch, page_size=size, count=True, ahead=ahead)
    assert ids(pager) == ids(rows(length))
    assert pager.missing == 0


@pytest.mark.parametrize("record", [{"id": "same"}, {"name": "without id"}, {"id": None}, {"id": ["no", "text"]}])
@pytest.mark.parametrize("count", [True, False])
@pytest.mark.parametrize("ahead", [True, False])
def test_a_server_that_repeats_a_page_for_ever_comes_to_an_end(record: Record, count: bool, ahead: bool) -> None:
    requests = []

    def fetch(offset: int, limit: int, count: bool) -> tuple[list[Record], int | None]:
        requests.append(offset)
        return [dict(record) for _row in range(limit)], 1000 if count else None

    assert list(Pager(fetch, page_size=2, count=count, ahead=ahead)) == [record]
    assert len(requests) < 40


def test_a_server_that_sends_more_than_was_asked_for_is_borne() -> None:
    requests = []

    def fetch(offset: int, limit: int, count: bool) -> tuple[list[Record], int | None]:
        requests.append(offset)
        return rows(30), None

    assert list(Pager(fetch, page_size=10)) == rows(30)
    assert list(Pager(fetch, page_size=10, wanted=25)) == rows(25)
    assert len(requests) < 10


@given(st.lists(st.sampled_from([{"name": "a"}, {"name": "b"}, {"id": "c"}, {"id": None}, {"id": {}}]), max_size=12))
def test_records_without_a_usable_id_are_told_apart_by_all_they_hold(records: list[Record]) -> None:
    def fetch(offset: int, limit: int, count: bool) -> tuple[list[Record], int | None]:
        return [dict(record) for record in records[offset : offset + limit]], None

    distinct = []
    for record in Pager(fetch, page_size=3):  # the pager alone keeps what it has given
        distinct.append(dict(record))
        record.clear()
    assert distinct == [record for place, record in enumerate(records) if record not in records[:place]]
