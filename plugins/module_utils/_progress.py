# Copyright (c) 2026, the sailpoint.isc contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
#
# Private to the collection: it may change in any release.

"""Progress lines of a module while it works.

The action plugin of the module names a pipe in the module's environment and shows what is written to it. Nothing here
ever raises or blocks: a line that cannot be written is dropped, and the module continues.
"""

from __future__ import annotations

import contextlib
import os
import threading
import time
import typing as t

from ansible_collections.sailpoint.isc.plugins.module_utils._text import one_line

# What the action plugin sets.
PIPE_VARIABLE = "SAILPOINT_ISC_PROGRESS"

MOST_LINES = 500
_LONGEST_LINE = 400
_NO_MORE = "This is line 500: no more progress is shown before the end."


class Progress:
    """Lines about one task of a play. Safe to use from several threads.

    write: writes one line; None: nothing is shown.
    interval: seconds without a line after which the state is shown; 0: nothing is shown at all.
    redacted: removes secrets from a text.
    clock: seconds since some fixed moment.
    """

    def __init__(
        self,
        write: t.Callable[[str], None] | None,
        interval: float,
        redacted: t.Callable[[str], str] = str,
        clock: t.Callable[[], float] = time.monotonic,
    ) -> None:
        self._write = write if interval > 0 else None
        self._interval = interval
        self._redacted = redacted
        self._clock = clock
        self._lock = threading.Lock()
        self._started_at = self._last_at = clock()
        self._lines = 0
        self._failing = False
        self._running: dict[int, t.Callable[[], str]] = {}

    @property
    def told(self) -> bool:
        """Whether lines are shown."""
        return self._write is not None

    def tell(self, text: str) -> None:
        """Writes a line now."""
        with self._lock:
            self._tell(text)

    def failing(self, text: str) -> None:
        """Writes that requests fail, once until they succeed again."""
        with self._lock:
            if not self._failing:
                self._failing = True
                self._tell(text)

    def succeeding(self, text: str) -> None:
        """Writes that requests succeed again, if it was written that they fail."""
        if self._failing:
            with self._lock:
                if self._failing:
                    self._failing = False
                    self._tell(text)

    @contextlib.contextmanager
    def following(self, state: t.Callable[[], str]) -> t.Iterator[None]:
        """Within, state() is shown after each interval without a line, unless it is empty."""
        key = id(state)
        self._running[key] = state
        try:
            yield
        finally:
            del self._running[key]

    def fill(self) -> None:
        """Writes the states that are followed, if no line was written for the interval."""
        with self._lock:
            if self._write is None or self.seconds_left() > 0:
                return
            # Other threads do not fill meanwhile: state() may send a request, which they do not wait for.
            self._last_at = self._clock()
            states = list(self._running.values())
        for state in states:
            text = state()
            if text:
                self.tell(text)

    def seconds_left(self) -> float:
        """Seconds until fill() writes something; infinite if nothing is shown."""
        if self._write is None:
            return float("inf")
        return max(0.0, self._last_at + self._interval - self._clock())

    def _tell(self, text: str) -> None:
        if self._write is None:
            return
        self._last_at = self._clock()
        self._lines += 1
        last = self._lines == MOST_LINES
        line = _NO_MORE if last else one_line(self._redacted(text), _LONGEST_LINE)
        self._write(f"{_elapsed(self._last_at - self._started_at)} {line}")
        if last:
            self._write = None


SILENT = Progress(None, 0)


def pipe_writer(path: str | None) -> t.Callable[[str], None] | None:
    """A function that writes a line to a named pipe; None if nobody reads the pipe."""
    if not path:
        return None
    try:
        pipe = os.open(path, os.O_WRONLY | os.O_NONBLOCK)
    except OSError:
        return None

    def write(line: str) -> None:
        try:
            # Less than a pipe writes atomically, so that lines of threads are never mixed.
            os.write(pipe, line.encode("utf-8", errors="replace")[:4000] + b"\n")
        except OSError:  # nobody reads any more, or too slowly
            pass

    return write


def _elapsed(seconds: float) -> str:
    """0:07, 12:34, 1:02:03"""
    minutes, seconds = divmod(int(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{seconds:02}" if hours else f"{minutes}:{seconds:02}"
