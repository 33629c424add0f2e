# Copyright (c) 2026, the sailpoint.isc contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Runs the event source in this process, as ansible-rulebook does: loaded by its path, in an event loop."""

from __future__ import annotations

import asyncio
import runpy
import threading
import time
from pathlib import Path
from typing import Any

import pytest

from .hand import SECRETS, wait_until
from .leaks import leaked

SOURCE = Path(__file__).parents[2] / "extensions/eda/plugins/event_source/tasks.py"
Event = dict[str, Any]


class Queue:
    """Takes events, as many as it has room for."""

    def __init__(self, room: float) -> None:
        self.events: list[Event] = []
        self.room = room

    async def put(self, event: Event) -> None:
        while len(self.events) >= self.room:
            await asyncio.sleep(0.001)
        self.events.append(event)


class Running:
    """One event source at work, in a loop in a thread of its own.

    slowest: the longest time that the loop was kept from going on, in seconds.
    """

    def __init__(self, arguments: dict[str, Any], feedback: bool, room: float) -> None:
        self.queue = Queue(room)
        self.slowest = 0.0
        self.failure: BaseException | None = None
        self.feedback: asyncio.Queue[Event] | None = None
        self._wants_feedback = feedback
        self._arguments = arguments
        self._thread = threading.Thread(target=lambda: asyncio.run(self._main()))
        self._ready = threading.Event()
        self._thread.start()
        self._ready.wait()

    async def _main(self) -> None:
        self._loop = asyncio.get_running_loop()
        if self._wants_feedback:
            self.feedback = self._arguments["eda_feedback_queue"] = asyncio.Queue(1)
        self._task = self._loop.create_task(runpy.run_path(str(SOURCE))["main"](self.queue, self._arguments))
        watcher = self._loop.create_task(self._watch_loop())
        self._ready.set()
        try:
            await self._task
        except BaseException as error:
            self.failure = error
        finally:
            watcher.cancel()

    async def _watch_loop(self) -> None:
        while True:
            before = time.monotonic()
            await asyncio.sleep(0.005)
            self.slowest = max(self.slowest, time.monotonic() - before)

    @property
    def has_ended(self) -> bool:
        return not self._thread.is_alive()

    def events(self, at_least: int = 0) -> list[Event]:
        """What it has given, once there is so much."""
        wait_until(lambda: len(self.queue.events) >= at_least, f"There are no {at_least} events.")
        return self.queue.events

    def told(self, at_least: int = 0) -> list[tuple[str, str]]:
        """What happened to which task, in the order in which it was given."""
        return [(event["isc"]["event"], event["meta"]["message_id"]) for event in self.events(at_least)]

    def give_back(self, event: Event) -> None:
        """Say that the rulebook has taken an event."""
        assert self.feedback is not None
        self._loop.call_soon_threadsafe(self.feedback.put_nowait, event)

    def stop(self) -> float:
        """Cancel it, as ansible-rulebook does; how many seconds it took to end."""
        begin = time.monotonic()
        if not self.has_ended:
            self._loop.call_soon_threadsafe(self._task.cancel)
        self.join()
        return time.monotonic() - begin

    def join(self) -> None:
        """Wait until it has ended."""
        self._thread.join(30)
        assert self.has_ended


class Watching:
    """Starts event sources. arguments: those that each is given unless a call says otherwise."""

    def __init__(self, url: str, log: pytest.LogCaptureFixture) -> None:
        self.arguments: dict[str, Any] = {
            "base_url": url,
            "client_id": "admin",
            "client_secret": SECRETS["admin"],
            "api_version": "v1",
            "retries": 0,
            "max_retry_delay": 0.2,
            "interval": 0.02,
        }
        self._log = log
        self._running: list[Running] = []

    def __call__(self, *, feedback: bool = False, room: float = float("inf"), **arguments: Any) -> Running:
        """A source that is at work; what is None is left out. room: for so many events, the next one waits."""
        given = {name: value for name, value in {**self.arguments, **arguments}.items() if value is not None}
        running = Running(given, feedback, room)
        self._running.append(running)
        return running

    def lines(self) -> list[str]:
        """What was logged, each on one line, and no secret in it."""
        found = [record.getMessage() for record in self._log.records if record.name == "sailpoint.isc.tasks"]
        assert not any(record.exc_info for record in self._log.records)
        assert not any("\n" in line for line in found)
        assert leaked("\n".join(found)) is None
        return found

    def refused(self, **arguments: Any) -> str:
        """The sentence that a source ends with."""
        running = self(**arguments)
        running.join()
        assert running.failure is None
        assert running.queue.events == []
        (line,) = self.lines()
        self._log.clear()
        return line

    def stop_all(self) -> None:
        for running in self._running:
            running.stop()
