# Copyright (c) 2026, the sailpoint.isc contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a wait looks at: tasks by their ids until each has completed, or a selection until nothing in it is pending."""

from __future__ import annotations

import typing as t

from ansible_collections.sailpoint.isc.plugins.module_utils._errors import IscError, shown
from ansible_collections.sailpoint.isc.plugins.module_utils._records import (
    COMPLETION_STATUSES,
    Record,
    completion_status,
    has_completed,
)
from ansible_collections.sailpoint.isc.plugins.module_utils._task_status import Selection, TaskStatuses
from ansible_collections.sailpoint.isc.plugins.module_utils._waiter import Clock


class Sightings(t.Dict[str, Record]):
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
        self.seen.update({task_id: latest[task_id] for task_id in self._ids if task_id in latest})
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
        pending = {record["id"]: record for record in self._tasks.pending(self._selection) if "id" in record}
        gone = [record["id"] for record in self.seen.pending() if record["id"] not in pending]
        ended = self._tasks.lookup(gone) if gone else {}
        for task_id in gone:
            if task_id not in ended:
                del self.seen[task_id]
        self.seen.update(pending)
        self.seen.update(ended)
        self._quiet_polls = 0 if self.seen.pending() else self._quiet_polls + 1
        return self._quiet_polls >= self._settle
