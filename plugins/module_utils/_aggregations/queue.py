# Copyright (c) 2026, the sailpoint.isc contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Aggregates several sources in their order, a few of them at once."""

from __future__ import annotations

import threading
import typing as t

from ansible_collections.sailpoint.isc.plugins.module_utils._aggregations.aggregation import Aggregate
from ansible_collections.sailpoint.isc.plugins.module_utils._errors import InvalidOption, IscError
from ansible_collections.sailpoint.isc.plugins.module_utils._http.client import Client
from ansible_collections.sailpoint.isc.plugins.module_utils._tasks.records import source_of
from ansible_collections.sailpoint.isc.plugins.module_utils._tasks.statuses import TaskStatuses

# Seconds between two looks at the threads, so that an interrupt is noticed.
_GLANCE = 0.5

Outcome = dict[str, t.Any]


class SomeFailed(IscError):
    """Not all aggregations went well; outcomes tells of each."""

    def __init__(self, outcomes: list[Outcome]) -> None:
        failed = [outcome for outcome in outcomes if outcome["failed"]]
        reasons = "; ".join(f"{_named(outcome)}: {outcome['reason'].rstrip('.')}" for outcome in failed)
        left = sum(outcome["action"] == "not_started" and not outcome["failed"] for outcome in outcomes)
        rest = f", and {left} {'was' if left == 1 else 'were'} not started for that" if left else ""
        super().__init__(f"{len(failed)} of {len(outcomes)} aggregations failed{rest}: {reasons}.")
        self._outcomes = outcomes

    def as_failure(self) -> dict[str, t.Any]:
        return {**super().as_failure(), **result_of(self._outcomes)}


class AggregateMany:
    """The aggregations of sources. Raises InvalidOption when it is made.

    sources: their options, as in the module.  common: the options that are the same for all.
    max_parallel: so many sources at once.  stop_on_failure: start nothing more after a failure.
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
        self._max_parallel = max_parallel
        self._stop_on_failure = stop_on_failure
        self._failed = threading.Event()
        self._crash: BaseException | None = None
        # A source that is listed twice is not aggregated twice at the same time.
        self._turns = {source["id"]: threading.Lock() for source in sources}
        self._sources = [[_Step(source, kind) for kind in source["kinds"]] for source in sources]
        for step in self._steps():
            step.prepare(client, tasks, common)

    def planned(self) -> dict[str, t.Any]:
        """The result that run() would have, as far as that can be known. Raises SomeFailed as run() would."""
        for step in self._steps():
            step.do(Aggregate.planned)
        return self._result()

    def run(self) -> dict[str, t.Any]:
        """Does all of it and waits for its end. Raises SomeFailed."""
        # Handing out the next one is safe between threads: it takes one step of the interpreter.
        waiting = iter(self._sources)
        # Daemons: whoever interrupts the task does not wait for them.
        threads = [
            threading.Thread(target=self._work, args=(waiting,), daemon=True)
            for _number in range(min(self._max_parallel, len(self._sources)))
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            while thread.is_alive():
                thread.join(_GLANCE)
        if self._crash is not None:
            raise self._crash
        return self._result()

    def _work(self, waiting: t.Iterator[list[_Step]]) -> None:
        try:
            for steps in waiting:
                with self._turns[steps[0].outcome["source_id"]]:
                    for step in steps:
                        if self._crash is None and not (self._stop_on_failure and self._failed.is_set()):
                            step.do(Aggregate.run)
                        if step.outcome["failed"]:
                            self._failed.set()
        except BaseException as error:
            self._crash = error

    def _steps(self) -> list[_Step]:
        return [step for steps in self._sources for step in steps]

    def _result(self) -> dict[str, t.Any]:
        outcomes = [step.outcome for step in self._steps()]
        if any(outcome["failed"] for outcome in outcomes):
            raise SomeFailed(outcomes)
        return result_of(outcomes)


class _Step:
    """One aggregation of one source, and what became of it."""

    def __init__(self, source: t.Mapping[str, t.Any], kind: str) -> None:
        self._source = source
        self._kind = kind
        self.outcome: Outcome = {
            "source_id": source["id"],
            "source_name": source["name"],
            "aggregation": kind,
            "action": "not_started",
            "task": None,
            "failed": False,
            "reason": "Another aggregation failed before.",
            "warnings": [],
        }

    def prepare(self, client: Client, tasks: TaskStatuses, common: t.Mapping[str, t.Any]) -> None:
        source, kind = self._source, self._kind
        # A file of accounts is none of entitlements; whoever has one lists the source with that kind alone.
        file = source["file"] if kind != "entitlements" or source["kinds"] == ["entitlements"] else None
        if kind == "uncorrelated_accounts" and file is None:
            raise InvalidOption("sources", source["id"], "uncorrelated_accounts needs file")
        options = {
            **common,
            "source_id": source["id"],
            "aggregation": kind,
            "file": file,
            "disable_optimization": source["disable_optimization"] and kind == "accounts",
            "on_busy": source["on_busy"],
            "max_age": source["max_age"],
            "wait": True,
        }
        self._aggregate = Aggregate(client, tasks, options)

    def do(self, what: t.Callable[[Aggregate], dict[str, t.Any]]) -> None:
        try:
            result = what(self._aggregate)
            failed, reason = False, result.get("msg", "")
        except IscError as error:
            result = error.as_failure()
            failed, reason = True, str(error)
        known: Outcome = {key: result[key] for key in ("action", "task", "progress", "warnings") if key in result}
        self.outcome.update(known, failed=failed, reason=reason)
        if self.outcome["source_name"] is None and self.outcome["task"] is not None:
            self.outcome["source_name"] = source_of(self.outcome["task"])[1]


def result_of(outcomes: t.Sequence[Outcome]) -> dict[str, t.Any]:
    """The outcomes as the result of a module."""
    return {
        "changed": any(outcome["action"] == "started" for outcome in outcomes),
        "results": [{key: value for key, value in outcome.items() if key != "warnings"} for outcome in outcomes],
        "warnings": [warning for outcome in outcomes for warning in outcome["warnings"]],
    }


def _named(outcome: Outcome) -> str:
    return f"{outcome['aggregation']} of {outcome['source_name'] or outcome['source_id']}"
