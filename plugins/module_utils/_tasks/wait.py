# Copyright (c) 2026, the sailpoint.isc contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a wait looks at: tasks by their ids until each has completed, or a selection until nothing in it is pending."""

from __future__ import annotations

import dataclasses
import typing as t

from ansible_collections.sailpoint.isc.plugins.module_utils._errors import IscError
from ansible_collections.sailpoint.isc.plugins.module_utils._http.transport import Transport
from ansible_collections.sailpoint.isc.plugins.module_utils._tasks.polling import Clock, Waiter
from ansible_collections.sailpoint.isc.plugins.module_utils._tasks.records import (
    COMPLETION_STATUSES,
    Record,
    completion_status,
    has_completed,
    message_texts,
    name_of,
    projected,
)
from ansible_collections.sailpoint.isc.plugins.module_utils._tasks.selection import Selection
from ansible_collections.sailpoint.isc.plugins.module_utils._tasks.statuses import TaskStatuses
from ansible_collections.sailpoint.isc.plugins.module_utils._text import shown

# Seconds that the last poll may take beyond the end of a wait.
_LAST_LOOK = 5
_MOST_NAMED = 10


class Sightings(dict[str, Record]):
    """Tasks by their ids, as they were last seen."""

    def completed(self) -> list[Record]:
        """Those that have completed."""
        return [record for record in self.values() if has_completed(record)]

    def pending(self) -> list[Record]:
        """Those that have not."""
        return [record for record in self.values() if not has_completed(record)]

    def failed(self, fail_on: t.Collection[str]) -> list[Record]:
        """The completed ones whose completion status is one of these."""
        return [record for record in self.completed() if completion_status(record) in fail_on]

    def of_unknown_status(self) -> list[Record]:
        """The completed ones whose completion status is none that is known."""
        return [record for record in self.completed() if completion_status(record) not in COMPLETION_STATUSES]


class UnknownTasks(IscError):
    """Ids that the tenant does not know, or no longer knows."""

    def __init__(self, ids: t.Sequence[str], grace: float) -> None:
        are = "The id is" if len(ids) == 1 else f"{len(ids)} ids are"
        super().__init__(
            f"{are} not known to the tenant for {grace:g} s (not_found_grace): {', '.join(map(shown, ids))}; "
            "check where they come from."
        )


class IdsWatch:
    """Waits for tasks by their ids. grace: seconds that an id may be unknown before that is a failure."""

    def __init__(self, tasks: TaskStatuses, ids: t.Sequence[str], grace: float, clock: Clock) -> None:
        self.seen = Sightings()
        self.unknown: list[str] = list(ids)
        self._tasks = tasks
        self._ids = ids
        self._grace = grace
        self._clock = clock
        self._missing_since: dict[str, float] = {}

    def poll(self) -> bool:
        """True when all have completed. Raises RequestFailed, and UnknownTasks when the grace is over."""
        wanted = [task_id for task_id in self._ids if not has_completed(self.seen.get(task_id, {}))]
        found = self._tasks.lookup(wanted)
        latest = {**self.seen, **found}
        self.seen = Sightings({task_id: latest[task_id] for task_id in self._ids if task_id in latest})
        self.unknown = [task_id for task_id in wanted if task_id not in found]
        now = self._clock.now()
        self._missing_since = {task_id: self._missing_since.get(task_id, now) for task_id in self.unknown}
        overdue = [task_id for task_id, since in self._missing_since.items() if now - since >= self._grace]
        if overdue:
            raise UnknownTasks(overdue, self._grace)
        return not self.unknown and not self.seen.pending()


class QuietWatch:
    """Waits until nothing that matches is pending. settle: so many polls in a row must find it so."""

    def __init__(self, tasks: TaskStatuses, selection: Selection, settle: int) -> None:
        self.seen = Sightings()
        self._tasks = tasks
        self._selection = selection
        self._settle = settle
        self._quiet_polls = 0

    def poll(self) -> bool:
        """True when it has been quiet for long enough; how the tasks that were seen ended is looked up as they go."""
        listed = list(self._tasks.pending(self._selection))
        pending = {record["id"]: record for record in listed if isinstance(record.get("id"), str)}
        gone = [record["id"] for record in self.seen.pending() if record["id"] not in pending]
        ended = self._tasks.lookup(gone) if gone else {}
        for task_id in gone:
            # The list may be a moment behind; the record itself is not.
            record = ended.get(task_id) or self._tasks.get(task_id)
            if record is None:
                del self.seen[task_id]
            else:
                ended[task_id] = record
        self.seen.update(pending)
        self.seen.update(ended)
        # A task without an id cannot be followed, but as long as it is listed it is not quiet.
        nameless = [record for record in listed if not isinstance(record.get("id"), str)]
        busy = self.seen.pending() or any(not has_completed(record) for record in nameless)
        self._quiet_polls = 0 if busy else self._quiet_polls + 1
        return self._quiet_polls >= self._settle


class WaitFailed(IscError):
    """A wait that did not end well; results is what it found all the same."""

    def __init__(self, cause: IscError | str, results: dict[str, t.Any]) -> None:
        super().__init__(str(cause))
        self.cause = cause
        self._results = results

    def as_failure(self) -> dict[str, t.Any]:
        facts = self.cause.as_failure() if isinstance(self.cause, IscError) else super().as_failure()
        return {**self._results, **facts}


@dataclasses.dataclass
class Wait:
    """A watch, kept up until its end or the deadline, and what to make of it.

    fail_on: the completion statuses that are a failure.  fields: the keys of the records that are given back.
    """

    watch: IdsWatch | QuietWatch
    waiter: Waiter
    transport: Transport
    fail_on: t.Collection[str]
    fields: t.Sequence[str] | None

    def run(self) -> dict[str, t.Any]:
        """What the wait found, for the result of a task. Raises WaitFailed."""
        with self.transport.until(self.waiter.clock.now() + self.waiter.timeout + _LAST_LOOK):
            in_time = self._poll(self.waiter)
        if not in_time:
            raise WaitFailed(self._timed_out(), self._results())
        return self._checked()

    def look(self) -> dict[str, t.Any]:
        """As run(), but with one look and no waiting: what is pending is no failure."""
        if not self._poll(dataclasses.replace(self.waiter, timeout=0)) and self.waiter.fault:
            raise WaitFailed(self.waiter.fault, self._results())
        return self._checked()

    def _poll(self, waiter: Waiter) -> bool:
        self.waiter = waiter
        try:
            return waiter.wait(self.watch.poll)
        except IscError as error:
            raise WaitFailed(error, self._results()) from None

    def _checked(self) -> dict[str, t.Any]:
        failed = self.watch.seen.failed(self.fail_on)
        if failed:
            total = len(self.watch.seen)
            share = f"{len(failed)} of {_tasks(total)} failed: " if total > 1 else ""
            raise WaitFailed(f"{share}{_listed([_ended(record) for record in failed])}.", self._results())
        return self._results()

    def _results(self) -> dict[str, t.Any]:
        seen = self.watch.seen
        results: dict[str, t.Any] = {
            "tasks": self._projected(seen.completed()),
            "failed_tasks": self._projected(seen.failed(self.fail_on)),
            "pending_tasks": self._projected(seen.pending()),
            "elapsed": round(self.waiter.elapsed, 3),
            "polls": self.waiter.polls,
            "requests": self.transport.requests_sent,
        }
        unknown = seen.of_unknown_status()
        if unknown:
            ends = _listed([f"{name_of(record)} with {shown(record.get('completionStatus'))}" for record in unknown])
            results["warnings"] = [f"Taken as completed, though the completion status is not a known one: {ends}."]
        return results

    def _projected(self, records: t.Sequence[Record]) -> list[Record]:
        return [projected(record, self.fields) for record in records]

    def _timed_out(self) -> str:
        seen = self.watch.seen
        pending = seen.pending()
        left = [f"{len(pending)} of {_tasks(len(seen))} still pending: {_listed(list(map(name_of, pending)))}"] * bool(
            pending
        )
        failed = seen.failed(self.fail_on)
        left += [f"{len(failed)} failed: {_listed(list(map(_ended, failed)))}"] * bool(failed)
        unknown = getattr(self.watch, "unknown", [])
        left += [f"not known to the tenant: {_listed(list(map(shown, unknown)))}"] * bool(unknown)
        left += [f"the last poll failed: {str(self.waiter.fault).rstrip('.')}"] if self.waiter.fault else []
        left = left or ["it was not quiet for long enough"]
        return f"Timed out after {self.waiter.timeout:g} s: {'; '.join(left)}."


def _ended(record: Record) -> str:
    texts = message_texts(record, "ERROR", "WARN") or message_texts(record)
    why = f" ({' '.join(texts).rstrip('.')})" if texts else ""
    return f"{name_of(record)} ended with {record.get('completionStatus')}{why}"


def _tasks(number: int) -> str:
    return "1 task" if number == 1 else f"{number} tasks"


def _listed(parts: list[str]) -> str:
    more = len(parts) - _MOST_NAMED
    return "; ".join(parts[:_MOST_NAMED]) + (f"; and {more} more" if more > 0 else "")
