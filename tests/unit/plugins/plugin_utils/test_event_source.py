# Copyright (c) 2026, the sailpoint.isc contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The event source over a week, in virtual time."""

from __future__ import annotations

import asyncio
import gc
import itertools
import sys
import threading
from collections.abc import Callable
from typing import Any

import pytest
from ansible_collections.sailpoint.isc.plugins.module_utils._errors import RequestFailed
from ansible_collections.sailpoint.isc.plugins.module_utils._http.api import API_VERSIONS
from ansible_collections.sailpoint.isc.plugins.module_utils._http.transport import Answer
from ansible_collections.sailpoint.isc.plugins.module_utils._time import format_timestamp
from ansible_collections.sailpoint.isc.plugins.plugin_utils import _event_source
from ansible_collections.sailpoint.isc.plugins.plugin_utils._event_source import Clocks

START = 1_800_000_000.0
POLLS = 10_000
# Seconds in which one task begins, and how long each runs
EVERY, LENGTH = 300.0, 100.0


class Client:
    """A tenant with one task every five minutes, each of which fails, and one that runs for ever.

    away: how many seconds it does not answer at first.
    """

    def __init__(self, away: float = 0.0) -> None:
        self.away = away
        self.api = API_VERSIONS["v1"]
        self.transport = self
        self.beat = 0.0
        self.requests = 0
        self.first_answer: float | None = None
        self.last_answer = 0.0
        self.warnings: list[str] = []

    def now(self) -> float:
        return START + self.beat

    def close(self) -> None:
        """There is no connection."""

    def deprecation(self) -> None:
        """Nothing is deprecated."""

    def url(self, *_parts: str, query: dict[str, Any]) -> str:
        return str(query)

    def request(self, _method: str, url: str, **_facts: Any) -> Answer:
        self.requests += 1
        if self.beat < self.away:
            raise RequestFailed("cannot be reached", method="GET", url=url, transient=True)
        self.first_answer = self.beat if self.first_answer is None else self.first_answer
        self.last_answer = self.beat
        newest = int(self.beat // EVERY)
        tasks = [self._task(number) for number in range(newest, max(-1, newest - 5), -1)]
        tasks.append({"id": "for ever", "created": format_timestamp(START - 10), "completionStatus": None})
        if "isnull" in url:
            tasks = [task for task in tasks if task["completionStatus"] is None]
        return Answer(200, {}, tasks)

    def _task(self, number: int) -> dict[str, Any]:
        created = number * EVERY
        end = created + LENGTH if self.beat >= created + LENGTH else None
        return {
            "id": f"t{number}",
            "created": format_timestamp(START + created),
            "completed": None if end is None else format_timestamp(START + end),
            "completionStatus": None if end is None else "ERROR",
        }


class Count:
    """A queue that only counts, each event once."""

    def __init__(self) -> None:
        self.events = 0
        self.last = ""

    async def put(self, event: dict[str, Any]) -> None:
        assert event["meta"]["uuid"] != self.last
        self.last = event["meta"]["uuid"]
        self.events += 1


def watch(client: Client, after_each: Callable[[], object] = lambda: None, polls: int = POLLS) -> Count:
    """Polls it every half minute, so many times."""
    queue, made = Count(), 0

    async def sleep(seconds: float) -> None:
        nonlocal made
        made += 1
        client.beat += seconds
        after_each()
        if made == polls:
            raise asyncio.CancelledError

    async def main() -> None:
        arguments = {"base_url": "https://acme.example.com", "access_token": "a-token", "api_version": "v1"}
        clocks = Clocks(lambda: client.beat, sleep)
        await _event_source.run(queue, {**arguments, "events": ["failed"]}, clocks, lambda _settings: client)

    with pytest.raises(asyncio.CancelledError):
        asyncio.run(main())
    return queue


def test_needs_no_more_after_ten_thousand_polls() -> None:
    client = Client()
    held: list[int] = []
    polls = itertools.count(1)

    def measure() -> None:
        if next(polls) % (POLLS // 5) == 0:
            gc.collect()
            held.append(sys.getallocatedblocks())

    queue = watch(client, measure)
    assert queue.events == int((client.beat - 30 - LENGTH) // EVERY) + 1
    assert client.requests <= 2 * POLLS
    # A tool that measures coverage keeps something of every thread; there is one for each poll.
    measured = threading._trace_hook is not None  # type: ignore[attr-defined]
    assert held[-1] - held[0] < (10 * POLLS if measured else 500)


def test_begins_with_the_first_poll_that_the_tenant_answers() -> None:
    client = Client(away=1500.0)
    queue = watch(client, polls=100)
    ends = [number * EVERY + LENGTH for number in range(int(client.beat // EVERY) + 1)]
    assert client.first_answer is not None
    assert client.first_answer >= client.away
    assert queue.events == sum(client.first_answer <= end <= client.last_answer for end in ends)
