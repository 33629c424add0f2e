# Copyright (c) 2026, the sailpoint.isc contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import itertools
import typing as t

import pytest
from ansible_collections.sailpoint.isc.plugins.module_utils._errors import InvalidOption, IscError, RequestFailed
from ansible_collections.sailpoint.isc.plugins.module_utils._tasks.polling import Clock, Doubling, Waiter
from ansible_collections.sailpoint.isc.tests.unit.fakes import FakeClock
from hypothesis import given
from hypothesis import strategies as st


def transient(retry_after: float | None = None) -> RequestFailed:
    return RequestFailed("is busy", method="GET", url="http://h/", transient=True, retry_after=retry_after)


class Poll:
    """Does what a script says: gives a value, raises an exception; each poll may take some seconds."""

    def __init__(self, clock: FakeClock, *script: t.Any, takes: float = 0) -> None:
        self.times: list[float] = []
        self._clock = clock
        self._script = iter(script)
        self._takes = takes

    def __call__(self) -> bool:
        self.times.append(self._clock.now())
        self._clock.time += self._takes
        step = next(self._script, False)
        if isinstance(step, BaseException):
            raise step
        return bool(step)


def waiter(clock: FakeClock, timeout: float = 100.0, pauses: t.Iterable[float] | None = None) -> Waiter:
    return Waiter(timeout, iter(pauses) if pauses is not None else Doubling(2, 30), clock)


def test_pauses_double_up_to_the_longest() -> None:
    assert list(itertools.islice(Doubling(2, 30), 7)) == [2, 4, 8, 16, 30, 30, 30]
    assert list(itertools.islice(Doubling(5, 5), 3)) == [5, 5, 5]


@given(st.floats(0.001, 1e6), st.floats(1, 1e6))
def test_no_pause_is_beyond_the_longest_nor_shorter_than_the_one_before(first: float, factor: float) -> None:
    pauses = list(itertools.islice(Doubling(first, first * factor), 50))
    assert pauses[0] == first
    assert pauses == sorted(pauses)
    assert max(pauses) <= first * factor


def test_a_wait_ends_without_a_pause_when_the_first_poll_finds_it_done() -> None:
    clock = FakeClock()
    wait = waiter(clock)
    assert wait.wait(Poll(clock, True))
    assert (wait.polls, wait.elapsed, clock.pauses) == (1, 0, [])


def test_a_wait_ends_as_soon_as_a_poll_finds_it_done() -> None:
    clock = FakeClock()
    wait = waiter(clock)
    assert wait.wait(Poll(clock, False, False, True, takes=1))
    assert (wait.polls, wait.elapsed, clock.pauses) == (3, 9, [2, 4])


@given(st.floats(0, 500), st.floats(0.01, 50), st.floats(1, 10))
def test_there_is_a_poll_at_the_start_and_one_at_the_very_end_and_none_after_it(
    timeout: float, first: float, factor: float
) -> None:
    clock = FakeClock()
    wait = waiter(clock, timeout, Doubling(first, first * factor))
    poll = Poll(clock)
    assert not wait.wait(poll)
    assert poll.times[0] == 1000
    assert poll.times[-1] == pytest.approx(1000 + timeout)
    assert wait.elapsed == pytest.approx(timeout)
    assert wait.polls == len(poll.times)


def test_a_wait_without_time_polls_once() -> None:
    clock = FakeClock()
    wait = waiter(clock, timeout=0)
    assert not wait.wait(Poll(clock))
    assert (wait.polls, clock.pauses) == (1, [])


def test_a_poll_that_outlasts_the_timeout_is_the_last_and_counts() -> None:
    clock = FakeClock()
    wait = waiter(clock, timeout=10)
    assert wait.wait(Poll(clock, False, True, takes=9))
    assert wait.elapsed == 19


@given(st.lists(st.booleans(), max_size=10))
def test_passing_faults_do_not_end_a_wait_and_are_no_polls(faults: list[bool]) -> None:
    clock = FakeClock()
    wait = waiter(clock, timeout=10000)
    assert wait.wait(Poll(clock, *[transient() if fault else False for fault in faults], True))
    assert wait.polls == faults.count(False) + 1
    assert wait.fault is None


def test_the_fault_that_the_last_poll_met_is_kept() -> None:
    clock = FakeClock()
    wait = waiter(clock, timeout=3, pauses=[1, 1, 1, 1])
    last = transient()
    assert not wait.wait(Poll(clock, transient(), False, False, last))
    assert wait.fault is last
    assert wait.polls == 2


def test_a_fault_that_was_followed_by_a_poll_is_forgotten() -> None:
    clock = FakeClock()
    wait = waiter(clock, timeout=1, pauses=[1, 1])
    assert not wait.wait(Poll(clock, transient(), False))
    assert wait.fault is None


def test_a_server_that_asks_for_time_gets_it_within_the_timeout() -> None:
    clock = FakeClock()
    assert waiter(clock, timeout=100).wait(Poll(clock, transient(50), transient(1), True))
    assert clock.pauses == [50, 4]
    clock = FakeClock()
    assert not waiter(clock, timeout=100).wait(Poll(clock, transient(86400)))
    assert clock.pauses == [100]


@pytest.mark.parametrize(
    ("error", "answered"),
    [
        (IscError("what was answered is no good"), 2),
        (KeyboardInterrupt(), 1),
        (RequestFailed("failed with status 403", method="GET", url="http://h/"), 1),
    ],
)
def test_anything_else_ends_a_wait_at_once_and_its_length_is_known(error: BaseException, answered: int) -> None:
    clock = FakeClock()
    wait = waiter(clock)
    with pytest.raises(type(error)) as caught:
        wait.wait(Poll(clock, False, error, takes=1))
    assert caught.value is error
    assert (wait.polls, wait.elapsed) == (answered, 4)


def test_a_wait_without_further_pauses_ends() -> None:
    clock = FakeClock()
    assert not waiter(clock, pauses=[1]).wait(Poll(clock))


def test_the_real_clock_goes_forward_and_sleeping_lets_time_pass() -> None:
    clock = Clock()
    before = clock.now()
    clock.sleep(0.001)
    assert clock.now() >= before + 0.001


def test_a_waiter_looks_as_often_and_as_long_as_told() -> None:
    made = Waiter.from_options({"timeout": "2m", "interval": "1", "max_interval": "5s"})
    assert made.timeout == 120
    assert list(itertools.islice(made.pauses, 5)) == [1, 2, 4, 5, 5]


@pytest.mark.parametrize(
    ("changes", "name"),
    [
        ({"timeout": "never"}, "timeout"),
        ({"timeout": "-1"}, "timeout"),
        ({"interval": "0"}, "interval"),
        ({"max_interval": "0s"}, "max_interval"),
        ({"interval": "31"}, "interval"),
        ({"interval": "1m", "max_interval": "59"}, "interval"),
    ],
)
def test_times_of_a_wait_that_make_no_sense_are_refused(changes: dict[str, str], name: str) -> None:
    with pytest.raises(InvalidOption, match=f"^{name} is "):
        Waiter.from_options({"timeout": "1h", "interval": "2", "max_interval": "30", **changes})


def test_a_wait_without_time_is_one_look() -> None:
    assert Waiter.from_options({"timeout": "0", "interval": "2", "max_interval": "2"}).timeout == 0
