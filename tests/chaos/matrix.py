# Copyright (c) 2026, the sailpoint.isc contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Every module times every fault, at every request that the fault can hit."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Iterator
from typing import Any

from tests.chaos.faults import FAULTS, OF_LISTS, PATIENCE, RETRIES, Expected, Fault, Place
from tests.chaos.playing import Played, Stage, module_task, play_of
from tests.chaos.subjects import SUBJECTS, Subject, Truth, judge
from tests.chaos.table import Row
from tests.support.hand import Hand

# What a fault may cost beside the request that it hits. A lost launch is looked for three times, with two requests at
# most, before it is sent again; a total that is too large leads to eight pages ahead, in each of two readings.
_MORE = 16


@dataclasses.dataclass(frozen=True)
class Case:
    """A module, a fault, and the request that it hits, so many times (None: for ever)."""

    subject: Subject
    fault: Fault
    place: Place
    times: int | None

    def __str__(self) -> str:
        often = {None: "for ever", 1: "once", 2: "twice"}[self.times]
        return f"{self.subject}: {self.fault.name}, {often}, at the {self.place.value}"

    @property
    def expected(self) -> Expected:
        expected = self.fault.outcomes[self.times]
        # A wait goes on until its own time is up, whatever the server asks for; and it may have seen its end before.
        # Before a launch there is nothing to wait for.
        before_launch = self.place is Place.TOKEN and Place.WRITE in self.subject.places
        may_go_on = self.subject.waits and not before_launch
        # What took effect is found out, though every answer is lost. Of pages that are read at the same time, each may
        # be refused once.
        may_get_by = self.place is Place.WRITE or (self.place is Place.NEXT_PAGE and self.times == 2)
        return Expected.EITHER if expected is Expected.FAILED and (may_go_on or may_get_by) else expected

    @property
    def is_one(self) -> bool:
        """Whether this is a fault at all."""
        return not (self.fault.spec["fault"] == "no_content" and self.subject.none_is_204 and self.place in OF_LISTS)

    def scenario(self, elsewhere: str, clients: list[dict[str, Any]]) -> dict[str, Any]:
        """What the tenant of this case starts with."""
        fault = {"times": self.times, **self.fault.spec, **self.subject.places[self.place]}
        if self.fault.spec["fault"] == "redirect":
            fault.setdefault("location", elsewhere + "/beta/task-status")
        return {"clients": clients, **self.subject.scenario, "faults": [fault]}


def cases(long: bool) -> list[Case]:
    """All of them; without long, every module with every fault at one place, and every place in its turn."""
    chosen = []
    for row, fault in enumerate(FAULTS):
        for column, subject in enumerate(SUBJECTS):
            possible = [
                Case(subject, fault, place, times)
                for place in Place
                for times in fault.outcomes
                if place in fault.places and place in subject.places
            ]
            possible = [case for case in possible if case.is_one]
            # One in the order of the row, the next one in that of the column: each place and each time has its turn.
            if possible:
                chosen += possible if long else [possible[(row + column) % len(possible)]]
    return chosen


class Matrix:
    """The fault matrix on so many tenants as there are at once.

    elsewhere: a tenant that nobody is to ask for anything.
    """

    def __init__(self, stage: Stage, tenants: list[Hand], elsewhere: Hand, client: dict[str, Any]) -> None:
        self._stage = stage
        self._tenants = tenants
        self._elsewhere = elsewhere
        self._client = client
        self._usual: dict[str, int] = {}
        self.printed: list[str] = []

    def rows(self, long: bool) -> Iterator[Row]:
        """A row for each fault."""
        self._measure_usual()
        self._elsewhere.scenario()
        chosen = cases(long)
        rows = {fault.name: Row(fault.name) for fault in FAULTS}
        for start in range(0, len(chosen), len(self._tenants)):
            batch = dict(zip(self._tenants, chosen[start : start + len(self._tenants)]))
            for tenant, case in batch.items():
                tenant.scenario(**case.scenario(self._elsewhere.url, [self._client]))
            played = self._play({tenant: case.subject for tenant, case in batch.items()})
            for tenant, case in batch.items():
                self._judge(rows[case.fault.name], case, tenant, played)
        for entry in self._elsewhere.log():
            rows["redirect to another host"].wrong.append(f"asked elsewhere: {entry['method']} {entry['path']}")
        yield from rows.values()

    def _measure_usual(self) -> None:
        """How many requests each module sends without any fault."""
        batch = dict(zip(self._tenants, SUBJECTS))
        for tenant, subject in batch.items():
            tenant.scenario(**{"clients": [self._client], **subject.scenario})
        played = self._play(batch)
        for tenant, subject in batch.items():
            truth = truth_of(tenant)
            verdict = judge(subject, played.of(host_of(tenant)), truth)
            if verdict.outcome is not Expected.SURVIVED or verdict.complaints:
                raise RuntimeError(
                    f"{subject} fails without a fault: {played.of(host_of(tenant))} {verdict.complaints}"
                )
            self._usual[str(subject)] = truth.requests

    def _play(self, batch: dict[Hand, Subject]) -> Played:
        plays = []
        for subject in SUBJECTS:
            hosts = [host_of(tenant) for tenant, own in batch.items() if own is subject]
            if hosts:
                task = module_task(subject.module, {**connection(self._client), **subject.options}, diff=True)
                plays.append(play_of(task, hosts=",".join(hosts)))
        played = self._stage.play(plays, {host_of(tenant): {"url": tenant.url} for tenant in batch})
        self.printed.append(played.printed)
        return played

    def _judge(self, row: Row, case: Case, tenant: Hand, played: Played) -> None:
        result, truth = played.of(host_of(tenant)), truth_of(tenant)
        verdict = judge(case.subject, result, truth, case.fault)
        usual = self._usual[str(case.subject)]
        most = (RETRIES + 1) * (usual + _MORE) if case.times is None else usual + case.times * _MORE + RETRIES
        complaints = list(verdict.complaints)
        if case.expected is not Expected.EITHER and verdict.outcome is not case.expected:
            complaints.append(f"{verdict.outcome.value} instead of {case.expected.value}: {result.get('msg')}")
        if truth.requests > most:
            complaints.append(f"{truth.requests} requests, more than {most}")
        row.add(
            verdict.outcome is Expected.SURVIVED, truth.requests, [f"{case}: {complaint}" for complaint in complaints]
        )


def host_of(tenant: Hand) -> str:
    """The name of a tenant as a host of the inventory."""
    return "tenant-" + tenant.url.rpartition(":")[2]


def connection(client: dict[str, Any]) -> dict[str, Any]:
    """How the modules reach the tenant of their host."""
    return {
        "base_url": "{{ url }}",
        "client_id": client["client_id"],
        "client_secret": client["client_secret"],
        "request_timeout": PATIENCE,
        "retries": RETRIES,
        "max_retry_delay": 3,
    }


def truth_of(tenant: Hand) -> Truth:
    """What a tenant knows."""
    log = tenant.log()
    tasks: Iterable[dict[str, Any]] = tenant.control("GET", "tasks")["tasks"]
    return Truth(
        effects=sum(entry["effect"] is not None for entry in log),
        tasks={task["id"]: task for task in tasks},
        requests=len(log),
    )
