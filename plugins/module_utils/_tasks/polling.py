# Copyright (c) 2026, the sailpoint.isc contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
#
# Private to the collection: it may change in any release.

"""Waiting: poll until a condition holds or the deadline has passed. Knows only transient faults, not tasks."""

from __future__ import annotations

import dataclasses
import time
import typing as t

from ansible_collections.sailpoint.isc.plugins.module_utils._errors import InvalidOption, IscError, RequestFailed
from ansible_collections.sailpoint.isc.plugins.module_utils._progress import SILENT, Progress
from ansible_collections.sailpoint.isc.plugins.module_utils._time import duration_or_seconds


class Clock:
    """Time that only moves forward, in seconds, and a way to let it pass."""

    def now(self) -> float:
        """Seconds since some fixed moment; a change of the host's date does not affect it."""
        return time.monotonic()

    def sleep(self, seconds: float) -> None:
        """Returns after so many seconds."""
        time.sleep(seconds)


@dataclasses.dataclass(frozen=True)
class Doubling:
    """Pauses in seconds, from the first one whenever they are begun: each twice the one before, up to the longest."""

    first: float
    longest: float

    def __iter__(self) -> t.Iterator[float]:
        pause = self.first
        while True:
            yield min(pause, self.longest)
            pause = min(pause * 2, self.longest)


@dataclasses.dataclass
class Waiter:
    """Polls until it is done. timeout: seconds, as the user has set them.

    ends_at: the deadline on the clock, if part of the timeout has been used for something else; None: the timeout
        begins with the wait.
    progress: filled while nothing happens.
    polls: how often a poll was answered.  elapsed: seconds from the start of the wait to its end.
    fault: the transient fault that the last poll met, None if it met none.
    """

    timeout: float
    pauses: t.Iterable[float]
    clock: Clock = dataclasses.field(default_factory=Clock)
    ends_at: float | None = None
    progress: Progress = SILENT
    polls: int = 0
    elapsed: float = 0.0
    fault: RequestFailed | None = None

    @classmethod
    def from_options(
        cls, options: t.Mapping[str, t.Any], clock: Clock | None = None, progress: Progress = SILENT
    ) -> Waiter:
        """How long and how often to poll, from timeout, interval and max_interval. Raises InvalidOption."""
        interval = duration_or_seconds("interval", options["interval"], positive=True)
        longest = duration_or_seconds("max_interval", options["max_interval"], positive=True)
        if interval > longest:
            raise InvalidOption(
                "interval", options["interval"], f"it is greater than max_interval ({options['max_interval']})"
            )
        timeout = duration_or_seconds("timeout", options["timeout"])
        return cls(timeout, Doubling(interval, longest), clock or Clock(), progress=progress)

    def deadline(self) -> float:
        """The deadline on the clock of a wait that begins now."""
        return self.clock.now() + self.timeout if self.ends_at is None else self.ends_at

    def wait(self, poll: t.Callable[[], bool]) -> bool:
        """Whether poll returned true in time. Only a transient RequestFailed does not end the wait.

        Polls at least once, and always once at the deadline.
        """
        started = self.clock.now()
        deadline = self.deadline()
        try:
            for pause in self.pauses:
                self.fault = None
                try:
                    done = poll()
                    self.polls += 1
                    if done:
                        return True
                except RequestFailed as error:
                    if not error.transient:
                        raise
                    self.fault = error
                    pause = max(pause, error.retry_after or 0)
                except IscError:
                    self.polls += 1  # answered it was: this is what the answer means
                    raise
                left = deadline - self.clock.now()
                if left <= 0:
                    return False
                self._rest(min(pause, left))
            return False
        finally:
            self.elapsed = self.clock.now() - started

    def _rest(self, seconds: float) -> None:
        ends_at = self.clock.now() + seconds
        while seconds > 0:
            self.clock.sleep(min(seconds, self.progress.seconds_left()))
            self.progress.fill()
            seconds = ends_at - self.clock.now()
