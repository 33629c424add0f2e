# Copyright (c) 2026, the sailpoint.isc contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
#
# Private to the collection: it may change in any release.

"""Starts an aggregation once: not while one runs, not if a recent one will do, never again after a lost answer."""

from __future__ import annotations

import dataclasses
import typing as t

from ansible_collections.sailpoint.isc.plugins.module_utils._aggregations.operations import KINDS, Aggregations, Kind
from ansible_collections.sailpoint.isc.plugins.module_utils._errors import IscError, RequestFailed
from ansible_collections.sailpoint.isc.plugins.module_utils._http.client import Client
from ansible_collections.sailpoint.isc.plugins.module_utils._sources.references import KnownSources, Reference
from ansible_collections.sailpoint.isc.plugins.module_utils._tasks.polling import Doubling, Waiter
from ansible_collections.sailpoint.isc.plugins.module_utils._tasks.records import (
    Record,
    completed_at,
    created_at,
    name_of,
    source_of,
    task_id,
)
from ansible_collections.sailpoint.isc.plugins.module_utils._tasks.selection import Selection
from ansible_collections.sailpoint.isc.plugins.module_utils._tasks.statuses import TaskStatuses
from ansible_collections.sailpoint.isc.plugins.module_utils._tasks.wait import LAST_POLL, IdsWatch, Wait, WaitFailed
from ansible_collections.sailpoint.isc.plugins.module_utils._text import one_line, shown
from ansible_collections.sailpoint.isc.plugins.module_utils._time import format_timestamp

# Seconds between polls for a launch whose answer was lost: the first and longest pause, and the minimum duration.
_FIRST_PAUSE = 1
_LONGEST_PAUSE = 30
_LEAST_POLLING = 60
# Somebody else may start one as well during these polls.
_MOST_NEW = 10
_LONGEST_SOURCE = 100
_IN_THE_WAY = "nothing was started, because this one is running: increase timeout, or check whether it is stuck"
# Refusals while nothing is running: the other task has just ended, or there is another reason.
_MOST_GROUNDLESS_REFUSALS = 2


@dataclasses.dataclass(frozen=True)
class Wanted:
    """The aggregation to start. max_age: seconds; nothing is started if the last success is younger.

    source: which source is meant; its id counts once it is identified.
    """

    source: Reference
    kind: Kind
    file: str | None = None
    disable_optimization: bool = False
    on_busy: str = "fail"
    max_age: float | None = None
    require_healthy: bool = False

    def names(self) -> dict[str, str]:
        """The name that the caller gave, by source id; empty if there is none."""
        return {} if self.source.name is None else {self.source.id: self.source.name}

    def subject(self, task: Record) -> str:
        """Source and kind of the aggregation, for progress lines. task: its record, if known."""
        source = self.source.name or source_of(task)[1] or self.source.id or "a source"
        return f"{one_line(source, _LONGEST_SOURCE)}, {self.kind.words}"


@dataclasses.dataclass(frozen=True)
class Start:
    """The outcome. action: started, adopted or skipped.  task: the record; None if it would be started."""

    action: str
    task: Record | None
    answer: t.Any = None
    note: str = ""
    warnings: tuple[str, ...] = ()


class NotWanted(IscError):
    """Nothing more may be started."""


class Turn:
    """When a launch may be sent. This base class is for a single aggregation: at any time."""

    def wait(self) -> None:
        """Waits until it may be sent. Raises NotWanted as check() does."""

    def check(self) -> None:
        """Raises NotWanted if nothing more may be started."""

    def pass_on(self) -> None:
        """Allows the following launches; called before waiting."""


class Starter:
    """Starts one aggregation. waiter: has the timeout for all that is waited for.

    known: what was read of the sources.
    """

    def __init__(
        self,
        client: Client,
        tasks: TaskStatuses,
        aggregations: Aggregations,
        wanted: Wanted,
        waiter: Waiter,
        turn: Turn,
        known: KnownSources,
    ) -> None:
        self._client = client
        self._tasks = tasks
        self._aggregations = aggregations
        self._wanted = wanted
        self._waiter = waiter
        self._clock = waiter.clock
        self._turn = turn
        self._known = known
        self._ends_at = 0.0
        # Tasks that existed before the launch: times in whole seconds are not enough to recognize them.
        self._earlier: set[str] = set()

    def waiter(self) -> Waiter:
        """A waiter whose deadline is the timeout after the start of run()."""
        return dataclasses.replace(self._waiter, ends_at=self._ends_at)

    def planned(self) -> Start:
        """The expected outcome of run(), for check mode. Raises IscError as run() would."""
        recent = self._recent_success()
        if recent:
            return recent
        running = self._running(self._wanted.kind)
        if running and self._wanted.on_busy != "wait":
            return self._when_busy(running)
        self._check_health()
        return Start("started", None, note="It would be started.")

    def run(self) -> Start:
        """Starts it, or acts as on_busy and max_age say.

        Raises IscError if it cannot be started, WaitFailed if another one does not complete in time,
        NotWanted if nothing more may be started.
        """
        self._ends_at = self._waiter.deadline()
        recent = self._recent_success()
        if recent:
            return recent
        groundless = 0
        while True:
            running = self._running(self._wanted.kind)
            refusal = ""
            if running is None:
                launched = self._launch()
                if isinstance(launched, Start):
                    return launched
                refusal = launched
                running = self._running(self._wanted.kind)
            blocking = running or self._running(*KINDS.values())
            if blocking is None:
                groundless += 1
                if groundless == _MOST_GROUNDLESS_REFUSALS or self._wanted.on_busy in ("fail", "skip"):
                    raise IscError(f"The tenant did not start the aggregation: {refusal.rstrip('.')}.")
                self._pause()
            elif self._wanted.on_busy == "wait" or (self._wanted.on_busy == "adopt" and running is None):
                # An aggregation of another kind cannot be adopted, but the wanted one can start after it.
                self._let_finish(blocking)
            else:
                return self._when_busy(blocking)

    def _check_health(self) -> None:
        if self._wanted.require_healthy:
            self._known.check_health(self._wanted.source)

    def _name(self, record: Record) -> str:
        return name_of(record, self._wanted.names())

    def _when_busy(self, running: Record) -> Start:
        if self._wanted.on_busy == "fail":
            created = created_at(running)
            runs = "is running" if created is None else f"has been running since {format_timestamp(created)}"
            raise IscError(f"The source is busy: {self._name(running)} {runs}; wait for it, or set on_busy.")
        note = f"{self._name(running)} is already running."
        if self._wanted.on_busy == "skip":
            return Start("skipped", running, note=note)
        self._id_of(running)
        self._known.outdate()
        self._turn.pass_on()
        return Start("adopted", running, note=note)

    def _id_of(self, running: Record) -> str:
        found = task_id(running)
        if found is not None:
            return found
        raise IscError(
            f"The source is busy: {self._name(running)} is running, but cannot be waited for, because the tenant "
            "did not return the id of the task; run this again later."
        )

    def _recent_success(self) -> Start | None:
        if self._wanted.max_age is None:
            return None
        selection = self._selection(self._wanted.kind, completion_statuses=["SUCCESS"], max_results=1)
        for record in self._tasks.listing(selection):
            ended = completed_at(record)
            if ended is not None and self._client.now() - ended < self._wanted.max_age:
                return Start("skipped", record, note=f"{self._name(record)} succeeded at {format_timestamp(ended)}.")
        return None

    def _selection(self, *kinds: Kind, **facts: t.Any) -> Selection:
        return Selection(source_ids=[self._wanted.source.id], types=[kind.definition for kind in kinds], **facts)

    def _running(self, *kinds: Kind) -> Record | None:
        """The newest of these aggregations of the source that has not completed."""
        running = list(self._tasks.pending(self._selection(*kinds)))
        self._earlier.update(filter(None, map(task_id, running)))
        return running[0] if running else None

    def _pause(self) -> None:
        self._known.outdate()
        left = max(0.0, self._ends_at - self._clock.now())
        self._clock.sleep(min(next(iter(self._waiter.pauses)), left))

    def _let_finish(self, running: Record) -> None:
        busy_id = self._id_of(running)
        self._known.outdate()
        self._turn.pass_on()
        self._client.progress.tell(f"{self._wanted.subject(running)}: waiting for {self._name(running)}")
        grace = max(0.0, self._ends_at - self._clock.now())
        watch = _WatchWhileWanted(self._turn, self._tasks, [busy_id], grace, self._clock)
        try:
            Wait(watch, self.waiter(), self._client, fail_on=(), fields=None, names=self._wanted.names()).run()
        except WaitFailed as error:
            if isinstance(error.cause, NotWanted):
                raise error.cause from None
            if isinstance(error.cause, IscError):
                raise
            raise IscError(f"{str(error).rstrip('.')}; {_IN_THE_WAY}.") from None

    def _launch(self) -> Start | str:
        """Sends the launch; retries only if certainly nothing was started. Returns the reason of a refusal."""
        wanted = self._wanted
        asked_at = self._clock.now()
        self._turn.wait()
        # Waiting for the turn does not count for the timeout.
        self._ends_at += self._clock.now() - asked_at
        self._check_health()
        self._known.outdate()
        server_time = self._client.transport.server_time
        since = self._client.now() if server_time is None else server_time.timestamp()
        try:
            launch = self._aggregations.launch(
                wanted.source.id, wanted.kind, wanted.file, wanted.disable_optimization, self._turn.check
            )
        except RequestFailed as error:
            if not error.maybe_applied:
                raise
            failure = error
        else:
            if launch.refusal is None:
                self._client.underway[str(task_id(launch.record))] = self._name(launch.record)
                return Start("started", launch.record, launch.answer)
            return launch.refusal
        finally:
            self._turn.pass_on()
        return self._lost(failure, since)

    def _lost(self, failure: RequestFailed, since: float) -> Start:
        """Polls for the task of a launch whose answer was lost, until the timeout.

        since: the moment of the launch, seconds since 1970.  Raises RequestFailed, with advice that one may be running.
        """
        source = self._wanted.source
        key = f"{source.id}/{self._wanted.kind.operation}"
        self._client.underway[key] = (
            f"possibly an aggregation of {source.name or source.id}, whose launch was not answered"
        )
        ends_at = max(self._ends_at, self._clock.now() + _LEAST_POLLING)
        waiter = Waiter(ends_at - self._clock.now(), Doubling(_FIRST_PAUSE, _LONGEST_PAUSE), self._clock, ends_at)
        found: list[Record] = []

        def poll() -> bool:
            found.extend(self._started_since(since))
            return bool(found)

        try:
            with self._client.transport.until(ends_at + LAST_POLL):
                waiter.wait(poll)
            if waiter.fault is not None:
                raise waiter.fault
        except RequestFailed as error:
            lost = "the answer to the launch was lost, so an aggregation may be running"
            error.advice = f"{lost}: {self._how_to_find()}"
            raise
        finally:
            del self._client.underway[key]
        if not found:
            failure.advice = f"no started aggregation was found, but one may be running: {self._how_to_find()}"
            raise failure
        record = found[0]
        self._client.underway[str(task_id(record))] = name = self._name(record)
        return Start(
            "started",
            record,
            warnings=(
                f"The answer to the launch was lost; {name}, created right after it, is assumed to be the started "
                "task.",
            ),
        )

    def _how_to_find(self) -> str:
        return (
            f"check with pending_tasks_info (source_ids: [{shown(self._wanted.source.id)}]) before you run this "
            "again, or run it with on_busy: adopt"
        )

    def _started_since(self, since: float) -> list[Record]:
        """The tasks of the source and kind that were created since then and not known before, oldest first.

        They may have completed already. Tasks without an id are ignored.
        """
        selection = self._selection(self._wanted.kind, max_results=_MOST_NEW)
        new = {}
        for record in [*self._tasks.pending(selection), *self._tasks.listing(selection)]:
            created, new_id = created_at(record), task_id(record)
            if created is not None and created >= since and new_id is not None and new_id not in self._earlier:
                new[created, new_id] = record
        return [new[key] for key in sorted(new)]


class _WatchWhileWanted(IdsWatch):
    """Waits for the running task, as long as something may be started after it."""

    def __init__(self, turn: Turn, *facts: t.Any) -> None:
        super().__init__(*facts)
        self._turn = turn

    def poll(self) -> bool:
        self._turn.check()
        return super().poll()
