# Copyright (c) 2026, the sailpoint.isc contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Starts an aggregation exactly once: not while one runs, not if a recent one will do, not twice for a lost answer."""

from __future__ import annotations

import dataclasses
import time
import typing as t

from ansible_collections.sailpoint.isc.plugins.module_utils._aggregations.operations import KINDS, Aggregations, Kind
from ansible_collections.sailpoint.isc.plugins.module_utils._errors import IscError, RequestFailed
from ansible_collections.sailpoint.isc.plugins.module_utils._http.transport import Transport
from ansible_collections.sailpoint.isc.plugins.module_utils._tasks.polling import Waiter
from ansible_collections.sailpoint.isc.plugins.module_utils._tasks.records import Record, name_of
from ansible_collections.sailpoint.isc.plugins.module_utils._tasks.selection import Selection
from ansible_collections.sailpoint.isc.plugins.module_utils._tasks.statuses import TaskStatuses
from ansible_collections.sailpoint.isc.plugins.module_utils._tasks.wait import IdsWatch, Wait, WaitFailed
from ansible_collections.sailpoint.isc.plugins.module_utils._time import parse_timestamp

# How often, and after how many seconds, a task is looked for whose launch was not answered.
_LOOKS = (0, 1, 2, 4)
_MAY_BE_RUNNING = (
    "the answer to the launch before it was lost, so that an aggregation may be running now: look for it before you "
    "run this again"
)
_NOT_FOUND = (
    "no aggregation was found that it started, but one may be running all the same: look before you run this again"
)
_IN_THE_WAY = "nothing was started, as this one is in the way: raise timeout, or look whether it is stuck"
# A refusal with nothing running: the other one has just ended, or the reason is another.
_MOST_GROUNDLESS_REFUSALS = 2


@dataclasses.dataclass(frozen=True)
class Wanted:
    """What is wanted. max_age: seconds for which the last success is good enough; None: start in any case."""

    source_id: str
    kind: Kind
    file: str | None = None
    disable_optimization: bool = False
    on_busy: str = "fail"
    max_age: float | None = None


@dataclasses.dataclass(frozen=True)
class Start:
    """What was done. action: started, adopted or skipped.  task: the record, None for one that would be started."""

    action: str
    task: Record | None
    answer: t.Any = None
    note: str = ""
    warnings: tuple[str, ...] = ()


class Starter:
    """Starts one aggregation. waiter: makes a waiter for so many seconds.  timeout: seconds for all that waits here."""

    def __init__(
        self,
        tasks: TaskStatuses,
        aggregations: Aggregations,
        transport: Transport,
        wanted: Wanted,
        waiter: t.Callable[[float], Waiter],
        timeout: float,
    ) -> None:
        self._tasks = tasks
        self._aggregations = aggregations
        self._transport = transport
        self._wanted = wanted
        self._waiter = waiter
        self._timeout = timeout
        self._ends_at = 0.0
        self._lost_an_answer = False
        # Tasks that were there before the launch; that an answer tells the time in whole seconds cannot mislead then.
        self._known: set[str] = set()

    def left(self) -> float:
        """Seconds, in tenths, until the time is up, which begins with run()."""
        return max(0.0, round(self._ends_at - self._waiter(0).clock.now(), 1))

    def planned(self) -> Start:
        """What run() would do, as far as that can be known without doing it. Raises IscError as run() would."""
        recent = self._recent_success()
        running = None if recent else self._running(self._wanted.kind)
        if recent or (running and self._wanted.on_busy != "wait"):
            return recent or self._when_busy(t.cast(Record, running))
        return Start("started", None, note="It would be started.")

    def run(self) -> Start:
        """Starts it, or does what on_busy and max_age say.

        Raises IscError where it cannot be started, WaitFailed where another one does not end in time.
        """
        self._ends_at = self._waiter(0).clock.now() + self._timeout
        recent = self._recent_success()
        if recent:
            return recent
        groundless = 0
        refusal: str | None = None
        while True:
            running = self._running(self._wanted.kind)
            if running is None:
                start, refusal = self._launch()
                if refusal is None:
                    return start
                running = self._running(self._wanted.kind)
            blocking = running or self._running(*KINDS.values())
            if blocking is None:
                groundless += 1
                if groundless == _MOST_GROUNDLESS_REFUSALS or self._wanted.on_busy in ("fail", "skip"):
                    lost = f"; {_MAY_BE_RUNNING}" if self._lost_an_answer else ""
                    raise IscError(f"The tenant did not start the aggregation: {str(refusal).rstrip('.')}{lost}.")
                self._pause()
            elif self._wanted.on_busy == "wait" or (self._wanted.on_busy == "adopt" and running is None):
                # One of another kind is none to adopt, but what is wanted can start after it.
                self._let_finish(blocking)
            else:
                return self._when_busy(blocking)

    def _when_busy(self, running: Record) -> Start:
        if self._wanted.on_busy == "fail":
            raise IscError(
                f"The source is busy: {name_of(running)} has been running since {running.get('created')}; "
                "wait for it, or set on_busy."
            )
        action = "skipped" if self._wanted.on_busy == "skip" else "adopted"
        return Start(action, running, note=f"{name_of(running)} is already running.")

    def _recent_success(self) -> Start | None:
        if self._wanted.max_age is None:
            return None
        selection = self._selection(self._wanted.kind, completion_statuses=["SUCCESS"], max_results=1)
        for record in self._tasks.listing(selection):
            ended = parse_timestamp(record.get("completed"))
            if ended is not None and time.time() - ended < self._wanted.max_age:
                return Start("skipped", record, note=f"{name_of(record)} succeeded at {record['completed']}.")
        return None

    def _selection(self, *kinds: Kind, **facts: t.Any) -> Selection:
        return Selection(source_ids=[self._wanted.source_id], types=[kind.definition for kind in kinds], **facts)

    def _running(self, *kinds: Kind) -> Record | None:
        """The newest of these aggregations of the source that has not completed."""
        running = list(self._tasks.pending(self._selection(*kinds)))
        self._known.update(record["id"] for record in running if isinstance(record.get("id"), str))
        return running[0] if running else None

    def _pause(self) -> None:
        waiter = self._waiter(0)
        waiter.clock.sleep(min(next(waiter.pauses), self.left()))

    def _let_finish(self, running: Record) -> None:
        waiter = self._waiter(self.left())
        watch = IdsWatch(self._tasks, [running["id"]], self.left(), waiter.clock)
        try:
            Wait(watch, waiter, self._transport, fail_on=(), fields=None).run()
        except WaitFailed as error:
            if isinstance(error.cause, IscError):
                raise
            rest = _MAY_BE_RUNNING if self._lost_an_answer else _IN_THE_WAY
            raise IscError(f"{str(error).rstrip('.')}; {rest}.") from None

    def _launch(self) -> tuple[Start, str | None]:
        """Sends the launch, and again only if it is certain that nothing was started. Also the reason of a refusal."""
        wanted = self._wanted
        server_time = self._transport.server_time
        asked_at = time.time() if server_time is None else server_time.timestamp()
        retry = 0
        while True:
            failure = None
            refusal = None
            try:
                launch = self._aggregations.launch(
                    wanted.source_id, wanted.kind, wanted.file, wanted.disable_optimization
                )
            except RequestFailed as error:
                if not error.maybe_applied:
                    raise
                failure = error
                self._lost_an_answer = True
            else:
                refusal = launch.refusal
                # One that follows a lost answer may be because of what was started then.
                if refusal is None or not self._lost_an_answer:
                    return Start("started", launch.record, launch.answer), refusal
            try:
                found = self._look_for_new(asked_at)
            except RequestFailed as error:
                error.advice = _MAY_BE_RUNNING
                raise
            if found is not None:
                warning = (
                    f"The answer to the launch was lost; {name_of(found)}, created right after it, is taken for it."
                )
                return Start("started", found, warnings=(warning,)), None
            if failure is None:
                return Start("started", None), refusal
            if not self._transport.wait_before_retry(failure, retry):
                failure.attempts += retry
                failure.advice = _NOT_FOUND
                raise failure
            retry += 1

    def _look_for_new(self, since: float) -> Record | None:
        """The newest task of the source and kind that was created since, seconds since 1970; it may be over already."""
        selection = self._selection(self._wanted.kind, max_results=1)
        clock = self._waiter(0).clock
        for pause in _LOOKS:
            clock.sleep(pause)
            records: list[Record] = [*self._tasks.pending(selection), *self._tasks.listing(selection)]
            for record in records:
                created = parse_timestamp(record.get("created"))
                if created is not None and created >= since and record.get("id") not in self._known:
                    return record
        return None
