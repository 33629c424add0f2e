# Copyright (c) 2026, the sailpoint.isc contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
#
# Private to the collection: it may change in any release.

"""Aggregates several sources in their order, some of them in parallel."""

from __future__ import annotations

import dataclasses
import functools
import threading
import typing as t
from queue import Empty, SimpleQueue

from ansible_collections.sailpoint.isc.plugins.module_utils._aggregations.aggregation import Aggregate
from ansible_collections.sailpoint.isc.plugins.module_utils._aggregations.outcomes import summary_lines
from ansible_collections.sailpoint.isc.plugins.module_utils._aggregations.starter import NotWanted, Turn
from ansible_collections.sailpoint.isc.plugins.module_utils._entries import entry_named
from ansible_collections.sailpoint.isc.plugins.module_utils._errors import InvalidOption, IscError
from ansible_collections.sailpoint.isc.plugins.module_utils._http.client import Client
from ansible_collections.sailpoint.isc.plugins.module_utils._sources.references import KnownSources, Reference
from ansible_collections.sailpoint.isc.plugins.module_utils._sources.sources import Sources
from ansible_collections.sailpoint.isc.plugins.module_utils._tasks.outcomes import Outcome
from ansible_collections.sailpoint.isc.plugins.module_utils._tasks.records import source_of
from ansible_collections.sailpoint.isc.plugins.module_utils._tasks.statuses import TaskStatuses
from ansible_collections.sailpoint.isc.plugins.module_utils._text import listed, one_line

# Seconds between two checks of the threads, so that an interrupt is noticed.
_JOIN_TIMEOUT = 0.5
# Characters of one outcome in a message about all of them.
_LONGEST_REASON = 600
_STOPPED = "Another aggregation has failed."
# Keys of the result of an aggregation that are part of its outcome
_TOLD = ("action", "task", "progress", "warnings", "source_status", "source_since")


class SomeFailed(IscError):
    """Not all aggregations succeeded. outcomes: one for each."""

    def __init__(self, outcomes: list[Outcome]) -> None:
        failed = [outcome for outcome in outcomes if outcome["failed"]]
        reasons = listed([one_line(f"{_named(one)}: {one['reason']}", _LONGEST_REASON).rstrip(".") for one in failed])
        left = sum(outcome["action"] == "not_started" and not outcome["failed"] for outcome in outcomes)
        rest = f", and {left} {'was' if left == 1 else 'were'} not started because of that" if left else ""
        super().__init__(f"{len(failed)} of {len(outcomes)} aggregations failed{rest}: {reasons}.", result_of(outcomes))


class AggregateMany:
    """The aggregations of sources. The constructor raises InvalidOption.

    sources: their options, as in the module.  common: the options for all of them.
    max_parallel: the number of sources in parallel.  stop_on_failure: start nothing after a failure.
    """

    def __init__(
        self,
        client: Client,
        tasks: TaskStatuses,
        sources: t.Sequence[t.Mapping[str, t.Any]],
        common: t.Mapping[str, t.Any],
        max_parallel: int,
        stop_on_failure: bool,
    ) -> None:
        self._progress = client.progress
        self._max_parallel = max_parallel
        self._stop_on_failure = stop_on_failure
        self._failed = threading.Event()
        self._crash: BaseException | None = None
        self._known = KnownSources(Sources(client))
        self._sources: list[_Source] = []
        for position, source in enumerate(sources):
            with entry_named("sources", position, source):
                place = _Place([earlier.place for earlier in self._sources], self._is_over)
                reference = Reference(source.get("id"), source.get("name"))
                make = functools.partial(_Step, client, tasks, {**common, **source}, reference, self._known, turn=place)
                steps = [make(kind) for kind in source["kinds"]]
                self._sources.append(_Source(reference, steps, place))

    def planned(self) -> dict[str, t.Any]:
        """The expected result of run(), for check mode. Raises as run() would."""
        self._identify()
        for step in self._steps():
            step.do(Aggregate.planned)
        return self._result(planned=True)

    def run(self) -> dict[str, t.Any]:
        """Runs all aggregations. Raises SomeFailed, and IscError if a name is unknown."""
        self._identify()
        waiting: SimpleQueue[_Source] = SimpleQueue()
        for source in self._sources:
            waiting.put(source)
        # Daemons, so that an interrupted module does not wait for them.
        threads = [
            threading.Thread(target=self._work, args=(waiting,), daemon=True)
            for _number in range(min(self._max_parallel, len(self._sources)))
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            while thread.is_alive():
                thread.join(_JOIN_TIMEOUT)
                self._progress.fill()
        if self._crash is not None:
            raise self._crash
        return self._result()

    def _identify(self) -> None:
        """Identifies the sources, and those that are listed twice."""
        self._known.identify([source.reference for source in self._sources])
        ended: dict[str, threading.Event] = {}
        for source in self._sources:
            source.after = ended.get(source.reference.id)
            ended[source.reference.id] = source.ended
            for step in source.steps:
                step.outcome["source_id"] = source.reference.id

    def _work(self, waiting: SimpleQueue[_Source]) -> None:
        while True:
            try:
                source = waiting.get_nowait()
            except Empty:
                return
            try:
                self._aggregate(source)
            except BaseException as error:
                self._crash = error
            finally:
                source.place.pass_on()
                source.ended.set()

    def _aggregate(self, source: _Source) -> None:
        # A source that is listed twice is not aggregated twice at the same time.
        if source.after is not None and not source.after.is_set():
            source.place.pass_on()
            source.after.wait()
        for step in source.steps:
            step.do(Aggregate.run)
            if step.outcome["failed"]:
                self._failed.set()

    def _is_over(self) -> bool:
        return self._crash is not None or (self._stop_on_failure and self._failed.is_set())

    def _steps(self) -> list[_Step]:
        return [step for source in self._sources for step in source.steps]

    def _result(self, planned: bool = False) -> dict[str, t.Any]:
        outcomes = [step.outcome for step in self._steps()]
        if any(outcome["failed"] for outcome in outcomes):
            raise SomeFailed(outcomes)
        return result_of(outcomes, planned)


class _Place(Turn):
    """The place of a source in the order of launches. before: the earlier places.  is_over: whether to stop."""

    def __init__(self, before: t.Sequence[_Place], is_over: t.Callable[[], bool]) -> None:
        self._before = before
        self._is_over = is_over
        self._passed = threading.Event()

    def wait(self) -> None:
        for place in self._before:
            place._passed.wait()
        self.check()

    def check(self) -> None:
        if self._is_over():
            raise NotWanted(_STOPPED)

    def pass_on(self) -> None:
        self._passed.set()


@dataclasses.dataclass
class _Source:
    """The aggregations of one source, one after the other. after: an event to wait for before the first one."""

    reference: Reference
    steps: list[_Step]
    place: _Place
    after: threading.Event | None = None
    ended: threading.Event = dataclasses.field(default_factory=threading.Event)


class _Step:
    """One aggregation of one source, and its outcome. options: of the source, and the common ones.

    known: cache of sources.  turn: when it may be launched.
    """

    def __init__(
        self,
        client: Client,
        tasks: TaskStatuses,
        options: t.Mapping[str, t.Any],
        source: Reference,
        known: KnownSources,
        kind: str,
        turn: Turn,
    ) -> None:
        self._turn = turn
        self.outcome: Outcome = {
            "source_id": source.id,
            "source_name": source.name,
            "aggregation": kind,
            "action": "not_started",
            "task": None,
            "failed": False,
            "reason": _STOPPED,
            "warnings": [],
        }
        # A file of accounts is not used for entitlements, unless they are the only kind of the source.
        file = options["file"] if kind != "entitlements" or options["kinds"] == ["entitlements"] else None
        if kind == "uncorrelated_accounts" and file is None:
            raise InvalidOption("kinds", options["kinds"], "uncorrelated_accounts requires file")
        own = {
            "aggregation": kind,
            "file": file,
            "disable_optimization": options["disable_optimization"] and kind == "accounts",
            "wait": True,
        }
        self._aggregate = Aggregate(client, tasks, {**options, **own}, turn, source=source, known=known)

    def do(self, what: t.Callable[[Aggregate], dict[str, t.Any]]) -> None:
        try:
            self._turn.check()
            result = what(self._aggregate)
            failed, reason = False, result.get("msg", "")
        except NotWanted:
            self._aggregate.tell("not started, because another aggregation has failed")
            return
        except IscError as error:
            result = error.as_failure()
            failed, reason = True, str(error)
        known: Outcome = {key: result[key] for key in _TOLD if key in result}
        self.outcome.update(known, failed=failed, reason=reason)
        if self.outcome["source_name"] is None and self.outcome["task"] is not None:
            self.outcome["source_name"] = source_of(self.outcome["task"])[1]


def result_of(outcomes: t.Sequence[Outcome], planned: bool = False) -> dict[str, t.Any]:
    """The outcomes as the result of a module. planned: check mode, in which nothing is started."""
    return {
        "changed": any(outcome["action"] == "started" for outcome in outcomes),
        "results": [{key: value for key, value in outcome.items() if key != "warnings"} for outcome in outcomes],
        "summary": summary_lines(outcomes, planned),
        "warnings": [warning for outcome in outcomes for warning in outcome["warnings"]],
    }


def _named(outcome: Outcome) -> str:
    return f"{outcome['aggregation']} of {outcome['source_name'] or outcome['source_id']}"
