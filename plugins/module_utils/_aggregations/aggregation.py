# Copyright (c) 2026, the sailpoint.isc contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
#
# Private to the collection: it may change in any release.

"""One aggregation, from its options to its result: starts it, and waits for it if wanted."""

from __future__ import annotations

import os
import typing as t

from ansible_collections.sailpoint.isc.plugins.module_utils._aggregations.operations import KINDS, Aggregations
from ansible_collections.sailpoint.isc.plugins.module_utils._aggregations.starter import (
    NotWanted,
    Start,
    Starter,
    Turn,
    Wanted,
)
from ansible_collections.sailpoint.isc.plugins.module_utils._errors import InvalidOption, IscError, RequestFailed
from ansible_collections.sailpoint.isc.plugins.module_utils._http.client import Client
from ansible_collections.sailpoint.isc.plugins.module_utils._sources.references import KnownSources, Reference
from ansible_collections.sailpoint.isc.plugins.module_utils._sources.sources import Sources
from ansible_collections.sailpoint.isc.plugins.module_utils._tasks.narrator import Narrator
from ansible_collections.sailpoint.isc.plugins.module_utils._tasks.polling import Clock, Waiter
from ansible_collections.sailpoint.isc.plugins.module_utils._tasks.records import (
    Record,
    completed_at,
    started_at,
    task_id,
)
from ansible_collections.sailpoint.isc.plugins.module_utils._tasks.statuses import TaskStatuses
from ansible_collections.sailpoint.isc.plugins.module_utils._tasks.wait import LAST_POLL, IdsWatch, Wait, WaitFailed
from ansible_collections.sailpoint.isc.plugins.module_utils._text import length
from ansible_collections.sailpoint.isc.plugins.module_utils._time import duration

# Seconds that the task of an aggregation may be unknown after its launch.
_NOT_FOUND_GRACE = 30
# Seconds for the request of the final progress: good to know, but not worth a wait.
_PROGRESS_TIMEOUT = 5


class Aggregate:
    """An aggregation by the options of source_aggregation. The constructor raises InvalidOption.

    turn: when it may be launched; None: at once.
    source: the source; None: from the options.  known: cache of sources.
    """

    def __init__(
        self,
        client: Client,
        tasks: TaskStatuses,
        options: t.Mapping[str, t.Any],
        turn: Turn | None = None,
        clock: Clock | None = None,
        source: Reference | None = None,
        known: KnownSources | None = None,
    ) -> None:
        self._client = client
        self._tasks = tasks
        self._options = options
        self._turn = turn or Turn()
        self._known = known or KnownSources(Sources(client))
        self._aggregations = Aggregations(client)
        self._wanted = Wanted(
            source or Reference(options["source_id"], options["source_name"]),
            KINDS[options["aggregation"]],
            options["file"],
            options["disable_optimization"],
            options["on_busy"],
            None if options["max_age"] is None else duration("max_age", options["max_age"]),
            options["require_healthy"],
        )
        if options["disable_optimization"] and not self._wanted.kind.optimized:
            raise InvalidOption(
                "disable_optimization", True, f"it applies to accounts, not to {options['aggregation']}"
            )
        if options["file"] is not None and not (
            os.path.isfile(options["file"]) and os.access(options["file"], os.R_OK)
        ):
            raise InvalidOption("file", options["file"], "not a readable file")
        self._waiter = Waiter.from_options(options, clock, client.progress)

    def planned(self) -> dict[str, t.Any]:
        """The expected result of run(), for check mode. Raises IscError as run() would."""
        return self._result(self._starter().planned())

    def run(self) -> dict[str, t.Any]:
        """Starts it, waits for it if wanted, and returns the result of the module. Raises IscError."""
        try:
            starter = self._starter()
            start = starter.run()
        except NotWanted:
            raise
        except IscError as error:
            maybe = isinstance(error, RequestFailed) and error.maybe_applied
            self.tell(f"failed: {error}" if maybe else f"not started: {error}")
            raise
        self.tell(self._told(start), start.task)
        result = self._result(start)
        if start.action == "adopted" or (start.action == "started" and self._options["wait"]):
            self._wait(starter, start, result)
        return result

    def _starter(self) -> Starter:
        """What starts it, once it is known which source is meant. Raises IscError if none is."""
        self._known.identify([self._wanted.source])
        return Starter(
            self._client, self._tasks, self._aggregations, self._wanted, self._waiter, self._turn, self._known
        )

    def tell(self, text: str, task: Record | None = None) -> None:
        """Writes a progress line about this aggregation. task: its record, if there is one."""
        self._client.progress.tell(f"{self._wanted.subject(task or {})}: {text}")

    def _told(self, start: Start) -> str:
        task = start.task or {}
        if start.action == "started":
            return "started" + (
                f"; the answer was lost, but the task {task_id(task)} was found" if start.warnings else ""
            )
        ended, began = completed_at(task), started_at(task)
        if ended is not None:
            return f"{start.action}, succeeded {self._ago(ended)} ago"
        return f"{start.action}, already running" + ("" if began is None else f" for {self._ago(began)}")

    def _ago(self, moment: float) -> str:
        return length(max(0.0, self._client.now() - moment), whole=True)

    def _wait(self, starter: Starter, start: Start, result: dict[str, t.Any]) -> None:
        followed = str(task_id(t.cast(Record, start.task)))
        waiter = starter.waiter()
        watch = IdsWatch(self._tasks, [followed], _NOT_FOUND_GRACE, waiter.clock)
        failure = None
        try:
            found = Wait(
                watch,
                waiter,
                self._client,
                self._options["fail_on"],
                fields=None,
                names=self._wanted.names(),
                narrator=Narrator(self._client, {}, self._wanted.subject, self._aggregations.counts),
            ).run()
        except WaitFailed as error:
            failure, found = error, error.as_failure()
        if failure is not None and not watch.seen.is_over(followed):
            self.tell(f"failed: {failure}")
        result["warnings"] += found.get("warnings", [])
        result["task"] = watch.seen.get(followed, result["task"])
        result["elapsed"] = round(waiter.elapsed, 3)
        with self._client.transport.until(min(waiter.clock.now() + _PROGRESS_TIMEOUT, waiter.deadline() + LAST_POLL)):
            progress = self._aggregations.progress(followed) if self._wanted.kind.tells_progress else None
        if progress is not None:
            result["progress"] = progress
        if failure is not None:
            raise WaitFailed(failure.cause, result)

    @staticmethod
    def _result(start: Start) -> dict[str, t.Any]:
        result: dict[str, t.Any] = {
            "changed": start.action == "started",
            "action": start.action,
            "task": start.task,
            "launch_answer": start.answer,
            "warnings": list(start.warnings),
        }
        if start.note:
            result["msg"] = start.note
        return result
