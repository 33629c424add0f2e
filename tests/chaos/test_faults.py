# Copyright (c) 2026, the sailpoint.isc contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Every module times every fault, at every request that the fault can hit."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pytest

from tests.chaos.faults import FAULTS, OF_LISTS, Expected, Fault, Place
from tests.chaos.subjects import SUBJECTS, Subject, Truth, judge
from tests.support.hand import Hand
from tests.support.leaks import KEEPER
from tests.support.modules import Run

RETRIES = 2
# What a fault may cost beside the request that it hits. A lost launch is looked for a few times, with two requests at
# most; a total that is too large leads to eight pages ahead, in each of two readings.
MORE = 16


@dataclass(frozen=True)
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
        if self.subject.needs_all_keys and self.fault.spec.get("fault") == "missing_keys":
            return Expected.EITHER
        # What may have been started is not started again, and was not started everywhere.
        if self.is_launch:
            return Expected.EITHER
        # A wait goes on until its own time is up, whatever the server asks for; and it may have seen its end before.
        # Before a launch there is nothing to wait for.
        before_launch = self.place is Place.TOKEN and Place.WRITE in self.subject.places
        may_go_on = self.subject.waits and not before_launch
        # What took effect is found out, though every answer is lost. Of pages that are read at the same time, each may
        # be refused once.
        may_get_by = self.place is Place.WRITE or (self.place is Place.NEXT_PAGE and self.times == 2)
        return Expected.EITHER if expected is Expected.FAILED and (may_go_on or may_get_by) else expected

    @property
    def is_launch(self) -> bool:
        """Whether it hits what starts something."""
        return self.place is Place.WRITE and self.subject.waits

    @property
    def is_one(self) -> bool:
        """Whether this is a fault at all."""
        return not (self.fault.spec["fault"] == "no_content" and self.subject.none_is_204 and self.place in OF_LISTS)

    @property
    def options(self) -> dict[str, Any]:
        """What the module is given: where the fault is to be survived, time to do so on the slowest machine."""
        survived = self.fault.outcomes[self.times] is Expected.SURVIVED and not self.is_launch
        timeout = {"timeout": "60" if survived else "2"} if self.subject.waits else {}
        return {**self.subject.options, **timeout, **self.fault.options}

    @property
    def most_requests(self) -> int:
        if self.times is None:
            return (RETRIES + 1) * (self.subject.requests + MORE)
        return self.subject.requests + self.times * MORE + RETRIES


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


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "case" in metafunc.fixturenames:
        metafunc.parametrize("case", cases(metafunc.config.getoption("--long")), ids=str)


@pytest.mark.parametrize("subject", SUBJECTS, ids=str)
def test_a_module_without_a_fault(tenant: Hand, run: Run, subject: Subject) -> None:
    tenant.scenario(clients=[KEEPER], **subject.scenario)
    result = run(subject.module, diff=True, **subject.options)
    truth = Truth.of(tenant)
    judge(subject, result, truth, Expected.SURVIVED)
    assert truth.requests <= subject.requests


@pytest.mark.usefixtures("quick_looks")
def test_a_module_with_a_fault(tenant: Hand, elsewhere: Hand, run: Run, case: Case) -> None:
    fault = {"times": case.times, **case.fault.spec, **case.subject.places[case.place]}
    if fault["fault"] == "redirect":
        fault.setdefault("location", f"{elsewhere.url}/beta/task-status")
    tenant.scenario(clients=[KEEPER], faults=[fault], **case.subject.scenario)
    result = run.result(case.subject.module, diff=True, retries=RETRIES, **case.options)
    truth = Truth.of(tenant)
    judge(case.subject, result, truth, case.expected, case.fault.is_true)
    assert truth.requests <= case.most_requests
    assert elsewhere.log() == []
