# Copyright (c) 2026, the sailpoint.isc contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
#
# Private to the collection: it may change in any release.

"""The progress lines of a wait."""

from __future__ import annotations

import collections
import typing as t

from ansible_collections.sailpoint.isc.plugins.module_utils._http.client import Client
from ansible_collections.sailpoint.isc.plugins.module_utils._tasks.outcomes import end_of
from ansible_collections.sailpoint.isc.plugins.module_utils._tasks.records import (
    FAILED_STATUSES,
    Record,
    age,
    completion_status,
    source_of,
    task_id,
    task_name,
)
from ansible_collections.sailpoint.isc.plugins.module_utils._text import length, one_line

# Ends of one poll that are shown one by one.
_MOST_ENDS = 10
_MOST_PENDING = 3
_LONGEST_SUBJECT = 120


class Narrator:
    """Writes lines about tasks to the client's progress.

    names: names of sources by their ids, as the caller gives them.
    subject: returns the name of a task; None: source and name of the task from the record.
    counts: returns the progress of a task in words; empty if unknown.
    """

    def __init__(
        self,
        client: Client,
        names: t.Mapping[str, str],
        subject: t.Callable[[Record], str] | None = None,
        counts: t.Callable[[Record], str] = lambda record: "",
    ) -> None:
        self._client = client
        self._names = names
        self._subject = subject or self._source_and_task
        self._counts = counts
        self._told: set[str] = set()

    def ends(self, completed: t.Mapping[str, Record]) -> None:
        """Shows each end once, failures first. If there are many at once, successful ones are only counted.

        completed: all completed tasks, including those that were shown before.
        """
        new = [record for key, record in completed.items() if key not in self._told]
        self._told.update(completed)
        new.sort(key=_has_succeeded)
        one_by_one = new if len(new) <= _MOST_ENDS else [each for each in new if not _has_succeeded(each)][:_MOST_ENDS]
        for record in one_by_one:
            self._client.progress.tell(f"{self._subject(record)}: {end_of(record, whole=True)}")
        rest = collections.Counter(str(completion_status(record)) for record in new[len(one_by_one) :])
        if rest:
            statuses = ", ".join(f"{number} {status}" for status, number in rest.most_common())
            self._client.progress.tell(f"{sum(rest.values())} more: {statuses}")

    def pending(self, pending: t.Collection[Record]) -> str:
        """The pending tasks, for how long, and their progress, in one line; empty if none is pending."""
        states = [f"{self._subject(record)}: {self._state(record)}" for record in list(pending)[:_MOST_PENDING]]
        if len(pending) <= 1:
            return "".join(states)
        more = f"; and {len(pending) - _MOST_PENDING} more" if len(pending) > _MOST_PENDING else ""
        return f"{len(pending)} tasks pending: {'; '.join(states)}{more}"

    def _state(self, record: Record) -> str:
        counts = self._counts(record)
        seconds = age(record, self._client.now())
        since = "pending" if seconds is None else f"pending for {length(max(0.0, seconds), whole=True)}"
        return f"{counts}, {since}" if counts else since

    def _source_and_task(self, record: Record) -> str:
        source_id, source_name = source_of(record)
        source = self._names.get(source_id or "") or source_name or source_id
        task = task_name(record) or "task"
        parts = [source, task] if source else [task, task_id(record) or "id unknown"]
        return one_line(", ".join(parts), _LONGEST_SUBJECT)


def _has_succeeded(record: Record) -> bool:
    return completion_status(record) not in FAILED_STATUSES
