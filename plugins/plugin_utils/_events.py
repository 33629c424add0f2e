# Copyright (c) 2026, the sailpoint.isc contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
#
# Private to the collection: it may change in any release.

"""Derives events from the results of polls, without a clock and without requests.

Points in time are seconds since 1970 on the tenant's clock; beats are seconds on a clock that never jumps.
"""

from __future__ import annotations

import dataclasses
import math
import typing as t

from ansible_collections.sailpoint.isc.plugins.module_utils._tasks.records import (
    FAILED_STATUSES,
    Record,
    completed_at,
    completion_status,
    created_at,
    has_completed,
    task_id,
)
from ansible_collections.sailpoint.isc.plugins.module_utils._time import parse_timestamp

# In the order in which simultaneous events are sent
KINDS = ("started", "stuck", "completed", "failed", "warned")

# Seconds after its creation within which a task becomes visible
_LATE = 60
# Seconds to wait for the second one of `completed` and `completionStatus` after the first one is set
_GRACE = 30
# Seconds for which a missing task, neither pending nor found, is looked up
_MISSING = 600
# The tenant keeps no task for longer; one more day, for those that are about to be removed.
_KEPT = 91 * 86400


class Event(t.NamedTuple):
    """What happened to a task. kind: one of KINDS.  moment: when."""

    moment: float
    kind: str
    task_id: str
    record: Record


@dataclasses.dataclass(frozen=True)
class Poll:
    """The result of a poll.

    pending: the tasks that have not completed.  listed: the newest tasks, read after those; all that were created after
    the horizon.  looked_up: those that Timeline.missing() named, read last.
    now: when the look ended.  beat: the same as a beat.  seconds: how long it took.
    """

    pending: t.Sequence[Record]
    listed: t.Sequence[Record]
    looked_up: t.Sequence[Record]
    now: float
    beat: float
    seconds: float = 0.0


@dataclasses.dataclass
class _Task:
    """A task with possible future events.

    told: the kinds of events that were sent.  left: those to send before it can be forgotten; None while it runs.
    stuck: whether it has been pending for too long.
    half_since: the beat when only one sign of its end was first seen.  missing_since: when it was first not found.
    """

    created: float | None
    told: set[str] = dataclasses.field(default_factory=set)
    left: set[str] | None = None
    stuck: bool = False
    half_since: float | None = None
    missing_since: float | None = None


class Timeline:
    """Gives each event once, those of a poll in the order of time.

    kinds: the wanted ones.  stuck_after: seconds after which a pending task is stuck.
    since: no earlier events are returned, except for stuck tasks.
    read_back: first read the whole list, for tasks that started long before `since` and completed after it.

    The list of tasks is in the order of their creation. It is read down to a horizon. Every task that was created
    before the horizon was visible at an earlier poll: if it was pending then, it is followed by its id, however long it
    runs. What has ended is remembered until the horizon has passed the poll that found it.
    """

    def __init__(
        self, kinds: t.Collection[str], stuck_after: float | None, since: float, *, read_back: bool = False
    ) -> None:
        self.horizon = -math.inf if read_back else since - _LATE
        self._kinds = kinds
        self._stuck_after = stuck_after
        self._since = since
        self._newest = since
        self._open: dict[str, _Task] = {}
        # When the end of a task was given
        self._ended: dict[str, float] = {}
        self._now = since
        # When polls ended, and the newest task that each of them knew
        self._marks: list[tuple[float, float]] = []
        # Where the horizon is after the next poll, at least
        self._next_horizon = -math.inf

    @classmethod
    def restored(cls, state: t.Mapping[str, t.Any], kinds: t.Collection[str], stuck_after: float | None) -> Timeline:
        """A timeline from the result of state(). Raises KeyError, TypeError or ValueError for invalid input."""
        timeline = cls(kinds, stuck_after, float(state["since"]))
        timeline.horizon = -math.inf if state["horizon"] is None else float(state["horizon"])
        timeline._newest = float(state["newest"])
        for key, (created, told, stuck) in state["open"].items():
            timeline._open[key] = _Task(None if created is None else float(created), set(told), stuck=bool(stuck))
        timeline._ended = {key: float(moment) for key, moment in state["ended"].items()}
        return timeline

    def state(self) -> dict[str, t.Any]:
        """The state for a restart, as JSON."""
        return {
            "since": self._since,
            "horizon": None if self.horizon == -math.inf else self.horizon,
            "newest": self._newest,
            "open": {key: [task.created, sorted(task.told), task.stuck] for key, task in self._open.items()},
            "ended": self._ended,
        }

    def concerns(self, record: Record) -> bool:
        """Whether a record of the list can matter; what ended before `since` cannot."""
        created, completed = created_at(record), completed_at(record)
        return not has_completed(record) or completed is None or max(completed, created or completed) >= self._since

    def missing(self, *seen: t.Iterable[Record], beat: float) -> list[str]:
        """The ids of the tasks that were pending and are in neither list."""
        ids = {task_id(record) for records in seen for record in records}
        return [
            key
            for key, task in self._open.items()
            if key not in ids and (task.missing_since is None or beat - task.missing_since < _MISSING)
        ]

    def take(self, poll: Poll) -> list[Event]:
        """The events that a poll shows, in the order of time; told() is to be called with each that was given."""
        self._now = poll.now
        pending = {task_id(record) for record in poll.pending}
        # What was read later is newer.
        records = [*poll.pending, *poll.listed, *poll.looked_up]
        latest = {key: record for record in records for key in [task_id(record)] if key is not None}
        for key, record in latest.items():
            self._see(key, record, key in pending, poll.beat)
        self._miss(latest, poll)
        limit = self._limit(latest, poll.beat)
        events: list[Event] = []
        for key in [key for key in self._open if key in latest]:
            due = self._due(key, latest[key], poll)
            events += [event for event in due if event.moment <= limit]
            self._forget_if_done(key)
        self._move_horizon(latest.values(), poll)
        return sorted(events, key=lambda event: (event.moment, KINDS.index(event.kind), event.task_id))

    def told(self, event: Event) -> None:
        """Marks the event as sent."""
        task = self._open.get(event.task_id)
        if task is not None:
            task.told.add(event.kind)
            if task.left is not None:
                task.left.discard(event.kind)
            self._forget_if_done(event.task_id)

    def _see(self, key: str, record: Record, is_pending: bool, beat: float) -> None:
        created = created_at(record)
        task = self._open.get(key)
        if task is None:
            old = created is None or created <= self.horizon
            if key in self._ended or (old and not is_pending and completion_status(record) is not None):
                return
            task = self._open[key] = _Task(created)
        task.missing_since = None
        half = completion_status(record) is not None or bool(record.get("completed"))
        task.half_since = (beat if task.half_since is None else task.half_since) if half else None

    def _miss(self, latest: t.Mapping[str, Record], poll: Poll) -> None:
        """The missing tasks; they are kept for a while, longer than they are looked up."""
        for key, task in list(self._open.items()):
            if key not in latest:
                task.missing_since = poll.beat if task.missing_since is None else task.missing_since
                if task.created is not None and task.created < poll.now - _KEPT:
                    del self._open[key]

    def _limit(self, latest: t.Mapping[str, Record], beat: float) -> float:
        """Holds back later events until the time of an earlier end is known."""
        moments = [
            completed_at(record)
            for key, record in latest.items()
            if completion_status(record) is None and key in self._open and not self._waited(self._open[key], beat)
        ]
        return min((moment for moment in moments if moment is not None), default=math.inf)

    def _due(self, key: str, record: Record, poll: Poll) -> list[Event]:
        """The events of a task that were not sent yet; also records what is left when it has completed."""
        task = self._open[key]
        over = has_completed(record) or (completion_status(record) is not None and self._waited(task, poll.beat))
        end = (_end(record) or poll.now) if over else None
        due = [
            Event(moment, kind, key, record)
            for kind, moment in self._moments(task, record, end, poll.now)
            if kind in self._kinds and kind not in task.told
        ]
        if over:
            task.left = {event.kind for event in due}
        return due

    def _moments(self, task: _Task, record: Record, end: float | None, now: float) -> t.Iterator[tuple[str, float]]:
        """The events of a task, with their times."""
        created = created_at(record)
        if created is not None:
            if created >= self._since:
                yield "started", created
            stuck = math.inf if self._stuck_after is None else created + self._stuck_after
            if end is None:
                task.stuck = stuck <= now
            if task.stuck or (end is not None and self._since <= stuck < end):
                yield "stuck", stuck
        if end is not None and end >= self._since:
            status = completion_status(record)
            yield "completed", end
            if status in FAILED_STATUSES:
                yield "failed", end
            elif status == "WARNING":
                yield "warned", end

    def _waited(self, task: _Task, beat: float) -> bool:
        return task.half_since is not None and beat - task.half_since >= _GRACE

    def _forget_if_done(self, key: str) -> None:
        task = self._open[key]
        if task.left is not None and not task.left:
            del self._open[key]
            # An answer that is older than the last one may still have it as pending.
            self._ended[key] = max(self._now, task.created or 0)

    def _move_horizon(self, records: t.Iterable[Record], poll: Poll) -> None:
        created = [moment for moment in map(created_at, records) if moment is not None]
        # A date in the future would hide everything before it.
        self._newest = max([self._newest, *(moment for moment in created if moment <= poll.now)])
        # What was created before the newest task of an earlier poll has been visible since, if that was long ago.
        long_ago = poll.beat - poll.seconds - _LATE
        before = [newest for beat, newest in self._marks if beat <= long_ago]
        self._marks = [*(mark for mark in self._marks if mark[0] > long_ago), (poll.beat, self._newest)]
        visible = max([min(poll.now - poll.seconds, self._newest) - _LATE, *before])
        # A task may be in neither list in the moment when it ends, so that it is looked for once more; but the list is
        # not read to its end twice.
        self.horizon = max(self.horizon, visible if self.horizon == -math.inf else self._next_horizon)
        self._next_horizon = visible
        self._ended = {key: moment for key, moment in self._ended.items() if moment > self.horizon}


def _end(record: Record) -> float | None:
    """When the task completed, or when its record was last changed if that is missing."""
    completed = completed_at(record)
    return parse_timestamp(record.get("modified")) if completed is None else completed
