# Copyright (c) 2026, the sailpoint.isc contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
#
# Private to the collection: it may change in any release.

"""What a wait polls: tasks by their ids until each has completed, or a selection until nothing in it is pending."""

from __future__ import annotations

import contextlib
import dataclasses
import json
import typing as t

from ansible_collections.sailpoint.isc.plugins.module_utils._errors import IscError, RequestFailed
from ansible_collections.sailpoint.isc.plugins.module_utils._http.client import Client
from ansible_collections.sailpoint.isc.plugins.module_utils._tasks.idle import IdleSources
from ansible_collections.sailpoint.isc.plugins.module_utils._tasks.narrator import Narrator
from ansible_collections.sailpoint.isc.plugins.module_utils._tasks.outcomes import (
    FAILED,
    LONGEST_NAME,
    called,
    moment_text,
    summary_of,
    told_and_counted,
)
from ansible_collections.sailpoint.isc.plugins.module_utils._tasks.polling import Clock, Waiter
from ansible_collections.sailpoint.isc.plugins.module_utils._tasks.records import (
    COMPLETION_STATUSES,
    Record,
    age,
    completed_at,
    completion_status,
    has_completed,
    name_of,
    projected,
    reason_of,
    source_of,
    task_id,
)
from ansible_collections.sailpoint.isc.plugins.module_utils._tasks.selection import Selection
from ansible_collections.sailpoint.isc.plugins.module_utils._tasks.statuses import TaskStatuses
from ansible_collections.sailpoint.isc.plugins.module_utils._text import length, listed, one_line, shown
from ansible_collections.sailpoint.isc.plugins.module_utils._time import format_timestamp

# Seconds that the last poll may take beyond the deadline.
LAST_POLL = 5
# Seconds after which a task with a completion status, but without a time of completion, counts as completed.
_GRACE_FOR_COMPLETED = 30
# Seconds after which a pending task is probably stuck.
_SUSPICIOUS_AGE = 86400
_LONGEST_STATUS = 60


class Sightings(dict[str, Record]):
    """Tasks by their ids, as the last poll saw them. order: the ids that come first."""

    def __init__(self, clock: Clock, order: t.Sequence[str] = ()) -> None:
        super().__init__()
        self._clock = clock
        self._order = order
        self._without_time_since: dict[str, float] = {}
        self._taken_as_completed: set[str] = set()

    def see(self, records: t.Mapping[str, Record]) -> None:
        """Updates the tasks with these records."""
        latest = {**self, **records}
        self.clear()
        self.update({key: latest[key] for key in self._order if key in latest})
        self.update(latest)
        now = self._clock.now()
        without_time = [key for key, record in self.items() if completion_status(record) and not has_completed(record)]
        since = {key: self._without_time_since.get(key, now) for key in without_time}
        self._without_time_since = since
        self._taken_as_completed = {key for key in without_time if now - since[key] >= _GRACE_FOR_COMPLETED}

    def is_over(self, key: str) -> bool:
        """Whether the task has completed, or has had a completion status without a time of completion for 30 s."""
        return has_completed(self.get(key, {})) or key in self._taken_as_completed

    def completed(self) -> list[Record]:
        """The completed tasks."""
        return [record for key, record in self.items() if self.is_over(key)]

    def pending(self) -> dict[str, Record]:
        """The tasks that have not completed."""
        return {key: record for key, record in self.items() if not self.is_over(key)}

    def failed(self, fail_on: t.Collection[str]) -> list[Record]:
        """The completed tasks whose completion status is in fail_on."""
        return [record for record in self.completed() if completion_status(record) in fail_on]

    def warnings(self) -> list[str]:
        """Warnings about records that count as completed although they are not complete."""
        doubts = {
            "the completion status is unknown": [
                record for record in self.completed() if completion_status(record) not in COMPLETION_STATUSES
            ],
            f"the time of completion has been missing for {_GRACE_FOR_COMPLETED} s": [
                self[key] for key in self if key in self._taken_as_completed
            ],
        }
        return [
            f"Treated as completed, although {doubt}: {listed(list(map(_with_status, records)))}."
            for doubt, records in doubts.items()
            if records
        ]


class UnknownTasks(IscError):
    """Ids of tasks that the tenant does not know."""

    def __init__(self, ids: t.Sequence[str], grace: float) -> None:
        have = "The id has" if len(ids) == 1 else f"{len(ids)} ids have"
        super().__init__(
            f"{have} been unknown to the tenant for {_seconds(grace)} (not_found_grace): {_quoted(ids)}; "
            "give ids of tasks of this tenant."
        )


class IdsWatch:
    """Waits for tasks by their ids. grace: seconds for which an id may be unknown before that is a failure."""

    idle: IdleSources | None = None

    def __init__(self, tasks: TaskStatuses, ids: t.Sequence[str], grace: float, clock: Clock) -> None:
        self.seen = Sightings(clock, ids)
        self.unknown: list[str] = list(ids)
        self._tasks = tasks
        self._ids = ids
        self._grace = grace
        self._clock = clock
        self._missing_since: dict[str, float] = {}

    def poll(self) -> bool:
        """True if all have completed. Raises RequestFailed, and UnknownTasks after the grace."""
        wanted = [key for key in self._ids if not self.seen.is_over(key)]
        found = self._tasks.lookup(wanted)
        self.seen.see(found)
        self.unknown = [key for key in wanted if key not in found]
        now = self._clock.now()
        self._missing_since = {key: self._missing_since.get(key, now) for key in self.unknown}
        overdue = [key for key, since in self._missing_since.items() if now - since >= self._grace]
        if overdue:
            raise UnknownTasks(overdue, self._grace)
        return not self.unknown and not self.seen.pending()


class QuietWatch:
    """Waits until nothing that matches is pending.

    settle: the number of polls in a row that must find nothing.  idle: the sources of the selection, if it has any.
    """

    unknown: t.Sequence[str] = ()

    def __init__(
        self, tasks: TaskStatuses, selection: Selection, settle: int, clock: Clock, idle: IdleSources | None = None
    ) -> None:
        self.seen = Sightings(clock)
        self.idle = idle
        self._tasks = tasks
        self._selection = selection
        self._settle = settle
        self._quiet_polls = 0

    def poll(self) -> bool:
        """True if enough polls in a row found nothing pending. Tasks that are no longer pending are looked up by id."""
        selection = self._selection if self.idle is None else self.idle.identified()
        current = {_key(record): record for record in self._tasks.pending(selection)}
        self.seen.see(current)
        gone = [key for key in self.seen.pending() if key not in current]
        # A task without an id cannot be looked up, but counts as pending as long as it is listed.
        ended = self._look_up([key for key in gone if task_id(self.seen[key]) == key])
        for key in gone:
            if key not in ended:
                del self.seen[key]
        self.seen.see(ended)
        if self.idle is not None:
            self.idle.update(current.values())
        self._quiet_polls = 0 if self.seen.pending() else self._quiet_polls + 1
        quiet = self._quiet_polls >= self._settle
        if quiet and self.idle is not None:
            self.idle.look_up_last()
        return quiet

    def _look_up(self, ids: t.Sequence[str]) -> dict[str, Record]:
        found = self._tasks.lookup(ids) if ids else {}
        for missing in [key for key in ids if key not in found]:
            # The list may be outdated for a moment; the record itself is not.
            record = self._tasks.get(missing)
            if record is not None:
                found[missing] = record
        return found


class WaitFailed(IscError):
    """A wait that failed; results is what it found until then."""

    def __init__(self, cause: IscError | str, results: dict[str, t.Any]) -> None:
        facts = cause.as_failure() if isinstance(cause, IscError) else {}
        super().__init__(str(cause), {**results, **facts})
        self.cause = cause


@dataclasses.dataclass
class Wait:
    """Polls a watch until it is done or the deadline has passed, and returns the result.

    fail_on: the completion statuses that fail the wait.  fields: the keys of the records in the result.
    fail_on_idle: whether fail_on also applies to the last tasks of idle sources.
    names: names of sources by their ids, as the caller gives them; for others, the names in the tasks are used.
    narrator: writes the progress lines; None: the default one.
    """

    watch: IdsWatch | QuietWatch
    waiter: Waiter
    client: Client
    fail_on: t.Collection[str]
    fields: t.Sequence[str] | None
    fail_on_idle: bool = False
    names: t.Mapping[str, str] = dataclasses.field(default_factory=dict)
    narrator: Narrator | None = None
    _underway: t.Collection[str] = dataclasses.field(default=(), init=False)
    _pending: t.Collection[Record] = dataclasses.field(default=(), init=False)

    def __post_init__(self) -> None:
        self._narrator = self.narrator or Narrator(self.client, self.names)

    def run(self) -> dict[str, t.Any]:
        """The result of the wait, for the result of a module. Raises WaitFailed."""
        with (
            self.client.transport.until(self.waiter.deadline() + LAST_POLL),
            self.client.progress.following(self._state),
        ):
            in_time = self._wait(self.waiter)
            if not in_time:
                # Optional, so no reason for another failure.
                with contextlib.suppress(RequestFailed):
                    self._look_up_last()
        if not in_time:
            raise WaitFailed(self._timed_out(), self.results())
        waited = f"All have completed; waited {self.waiter.elapsed:.1f} s."
        return self._checked(waited if self.watch.seen else "Nothing was pending.")

    def once(self) -> dict[str, t.Any]:
        """As run(), but with one poll and no waiting: a pending task is not a failure."""
        if not self._wait(dataclasses.replace(self.waiter, timeout=0, ends_at=None)):
            try:
                if self.waiter.fault:
                    raise self.waiter.fault
                self._look_up_last()
            except RequestFailed as error:
                raise WaitFailed(error, self.results()) from None
        found = [f"pending: {len(self.watch.seen.pending())}", *self._unknown()]
        return self._checked(f"Check mode, polled once and did not wait; {'; '.join(found)}")

    def _wait(self, waiter: Waiter) -> bool:
        self.waiter = waiter
        self._say_what_is_underway()
        try:
            return waiter.wait(self._poll)
        except IscError as error:
            raise WaitFailed(error, self.results()) from None

    def _poll(self) -> bool:
        try:
            done = self.watch.poll()
        finally:
            self._say_what_is_underway()
        seen = self.watch.seen
        self._narrator.ends({key: record for key, record in seen.items() if seen.is_over(key)})
        return done

    def _state(self) -> str:
        return self._narrator.pending(self._pending)

    def _say_what_is_underway(self) -> None:
        records = self.watch.seen.pending()
        # Another thread may show it while the next poll changes the tasks.
        self._pending = tuple(records.values())
        pending = {key: self._name(record) for key, record in records.items()}
        for unknown in self.watch.unknown:
            self.client.underway.setdefault(unknown, name_of({"id": unknown}))
        for over in {*self._underway} - {*pending, *self.watch.unknown}:
            self.client.underway.pop(over, None)
        self.client.underway.update(pending)
        self._underway = (*pending, *self.watch.unknown)

    def _look_up_last(self) -> None:
        if self.watch.idle is not None:
            self.watch.idle.look_up_last()

    def _checked(self, verdict: str) -> dict[str, t.Any]:
        seen = self.watch.seen
        failed = seen.failed(self.fail_on)
        faults = []
        if failed:
            share = f"{len(failed)} of {_tasks(len(seen))} failed: " if len(seen) > 1 else ""
            faults.append(share + listed(list(map(self._ended, failed))))
        failed_before = self._failed_before()
        if failed_before:
            idle_sources = "an idle source" if len(failed_before) == 1 else f"{len(failed_before)} idle sources"
            ends = listed(list(map(self._ended_at, failed_before)))
            faults.append(f"{'the' if failed else 'The'} last task of {idle_sources} failed: {ends}")
        if faults:
            raise WaitFailed(f"{'; '.join(faults)}.", self.results())
        return self.results(verdict)

    def _failed_before(self) -> list[Record]:
        """The last tasks of idle sources that are a failure."""
        last = self.watch.idle.last.values() if self.watch.idle is not None and self.fail_on_idle else ()
        return [record for record in last if completion_status(record) in self.fail_on]

    def results(self, verdict: str = "") -> dict[str, t.Any]:
        """The result so far. verdict: the last line of the summary; empty for a failure."""
        seen, idle = self.watch.seen, self.watch.idle
        results: dict[str, t.Any] = {
            "tasks": self._projected(seen.completed()),
            "failed_tasks": self._projected(seen.failed(self.fail_on)),
            "pending_tasks": self._projected(seen.pending().values()),
            "summary": [*self._lines(), *filter(None, [verdict])],
            "elapsed": round(self.waiter.elapsed, 3),
            "polls": self.waiter.polls,
            "requests": self.client.transport.requests_sent,
        }
        if idle is not None:
            results["sources"] = idle.sources()
        if idle is not None and idle.report:
            results["idle_sources"] = idle.ids()
            results["last_tasks"] = self._projected(idle.last.values())
        warnings = seen.warnings()
        return {**results, "warnings": warnings} if warnings else results

    def _lines(self) -> list[str]:
        """A line for each task, failures first; more than ten successful ones are only counted."""
        seen, idle = self.watch.seen, self.watch.idle
        names = idle.names if idle is not None else {}
        places = {source["id"]: place for place, source in enumerate(idle.sources() if idle is not None else ())}

        def lines(begin: str, records: t.Iterable[Record], over: bool) -> list[str]:
            in_order = sorted(records, key=lambda record: places.get(source_of(record)[0], len(places)))
            return [begin + summary_of(called(record, names), over) for record in in_order]

        failed_before = self._failed_before()
        well = [record for record in seen.completed() if completion_status(record) not in self.fail_on]
        told, counted = told_and_counted(well, lambda record: completion_status(record) == "SUCCESS")
        last = list(idle.last.values()) if idle is not None else []
        without = [one_line(name, LONGEST_NAME) for name in idle.without_last()] if idle is not None else []
        return [
            *lines(FAILED, seen.failed(self.fail_on), over=True),
            *(FAILED + _last(called(record, names)) for record in failed_before),
            *lines("PENDING: ", seen.pending().values(), over=False),
            *lines("", told, over=True),
            *(_last(called(record, names)) for record in last if record not in failed_before),
            *(f"{name}: nothing was pending, and no completed task was found" for name in without),
            *([f"{len(counted)} ended with SUCCESS"] if counted else []),
        ]

    def _projected(self, records: t.Iterable[Record]) -> list[Record]:
        return [projected(record, self.fields) for record in records]

    def _timed_out(self) -> str:
        seen = self.watch.seen
        pending = list(seen.pending().values())
        failed = seen.failed(self.fail_on)
        left = []
        if pending:
            names = listed(list(map(self._pending_for, pending)))
            left.append(f"{len(pending)} of {_tasks(len(seen))} still pending: {names}")
        if any(self._age(record) > _SUSPICIOUS_AGE for record in pending):
            left.append("the role sailpoint.isc.clear_stuck_tasks clears stuck tasks")
        if failed:
            left.append(f"{len(failed)} failed: {listed(list(map(self._ended, failed)))}")
        left += self._unknown()
        if self.waiter.fault:
            left.append(f"the last poll failed: {str(self.waiter.fault).rstrip('.')}")
        left = left or ["fewer polls in a row than settle found nothing pending"]
        return f"Timed out after {_seconds(self.waiter.timeout)}: {'; '.join(left)}."

    def _unknown(self) -> list[str]:
        return [f"unknown to the tenant: {_quoted(self.watch.unknown)}"] if self.watch.unknown else []

    def _name(self, record: Record) -> str:
        return name_of(record, self.names)

    def _age(self, record: Record) -> float:
        """Seconds since the task was created, by the tenant's clock; 0 if unknown."""
        return max(0.0, age(record, self.client.now()) or 0.0)

    def _pending_for(self, record: Record) -> str:
        seconds = self._age(record)
        return self._name(record) + (f", for {length(seconds)}" if seconds else "")

    def _ended(self, record: Record, when: str = "") -> str:
        why = reason_of(record).rstrip(".")
        return f"{self._name(record)} ended with {_status(record)}{when}{f' ({why})' if why else ''}"

    def _ended_at(self, record: Record) -> str:
        moment = completed_at(record)
        return self._ended(record, "" if moment is None else f" at {format_timestamp(moment)}")


def _key(record: Record) -> str:
    """The identity of a task: its id, or its whole record if it has none."""
    return task_id(record) or json.dumps(record, sort_keys=True)


def _status(record: Record) -> str:
    return one_line(str(record.get("completionStatus")), _LONGEST_STATUS)


def _last(record: Record) -> str:
    moment = moment_text(completed_at(record))
    return f"Nothing was pending; last task{f', at {moment}' if moment else ''}: {summary_of(record, over=True)}"


def _with_status(record: Record) -> str:
    return f"{name_of(record)} with {shown(record.get('completionStatus'))}"


def _quoted(ids: t.Sequence[str]) -> str:
    return listed(list(map(shown, ids)), ", ")


def _seconds(number: float) -> str:
    return f"{number:.10g} s"  # with all digits of 4 weeks


def _tasks(number: int) -> str:
    return "1 task" if number == 1 else f"{number} tasks"
