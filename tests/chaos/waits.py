# Copyright (c) 2026, the sailpoint.isc contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Waits that something comes between: tokens that expire, a tenant that restarts, clocks, deadlines, interruptions."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Callable

from tests.chaos.matrix import connection, host_of, truth_of
from tests.chaos.playing import Playing, Stage, module_task, play_of
from tests.chaos.subjects import unclear
from tests.chaos.table import Row
from tests.support.hand import Hand

SITE = Path(__file__).parent / "site"
LASTING = "lasting"
_MOST_SECONDS = 30.0
# Far more than a wait takes on the slowest machine, and far less than the clock jumps.
_LONGEST_WAIT = 600.0
_MANY = 500


def _ends_in(seconds: float) -> Callable[[Hand], None]:
    return lambda tenant: tenant.control("PATCH", f"tasks/{LASTING}", {"ends_in": seconds, "visible_after": 0})


def _restarts(tenant: Hand) -> None:
    tenant.control("PATCH", f"tasks/{LASTING}", {"ends_in": 5})
    tenant.control("PUT", "down", {"seconds": 2})


def _vanishes(tenant: Hand) -> None:
    tenant.control("PATCH", f"tasks/{LASTING}", {"vanish": True})


@dataclass(frozen=True)
class Trial:
    """A wait for one task. meanwhile: what happens once it has polled."""

    name: str
    meanwhile: Callable[[Hand], None] = lambda _tenant: None
    options: Mapping[str, Any] = field(default_factory=dict)
    lifetime: float = 3600.0
    task: Mapping[str, Any] = field(default_factory=dict)
    faults: tuple[Mapping[str, Any], ...] = ()
    clock_jumps: bool = False
    survives: bool = True


TRIALS = (
    Trial("token outlived", _ends_in(7), lifetime=2),
    Trial("tenant restarts", _restarts),
    Trial("clock jumps", _ends_in(3), clock_jumps=True),
    Trial("id appears late", _ends_in(2), task={"visible_after": 600}),
    Trial(
        "deadline during a request",
        options={"timeout": "3", "request_timeout": 60},
        faults=({"operation": "list", "times": None, "fault": "slow_first_byte", "seconds": 60},),
        survives=False,
    ),
    Trial("task vanishes", _vanishes, options={"not_found_grace": "1"}, survives=False),
)


class Waits:
    """Waits on a tenant each."""

    def __init__(self, stage: Stage, tenants: list[Hand], client: dict[str, Any]) -> None:
        self._stage = stage
        self._tenants = iter(tenants)
        self._client = client
        # Is there once a module has read the clock that jumps
        self._clock = stage.directory / "clock"

    def rows(self) -> Iterator[Row]:
        """A row for each thing that comes between."""
        waits = [(trial, self._begin(trial)) for trial in TRIALS]
        for trial, wait in waits:
            wait.until_it_polls()
            trial.meanwhile(wait.tenant)
        for trial, wait in waits:
            yield self._judged(trial, wait)
        for version in ("beta", "v2025"):
            yield self._many(version)
        for name, number in (("Ctrl-C", signal.SIGINT), ("kill", signal.SIGTERM)):
            yield self._interrupted(name, number)

    def _begin(self, trial: Trial, tasks: list[dict[str, Any]] | None = None) -> _Wait:
        tenant = next(self._tenants)
        tenant.scenario(
            clients=[{**self._client, "token_lifetime": trial.lifetime}],
            tasks=tasks or [{"id": LASTING, "seconds": 600, **trial.task}],
            faults=list(trial.faults),
        )
        arguments = {
            **connection(self._client),
            "ids": [LASTING],
            "api_version": "v2025",
            "timeout": "60",
            "interval": "0.5",
            "max_interval": "1",
            **trial.options,
        }
        clock = {"PYTHONPATH": str(SITE), "CHAOS_CLOCK": str(self._clock)} if trial.clock_jumps else {}
        task = module_task("task_wait", arguments, environment=clock)
        return _Wait(tenant, self._stage.start([play_of(task)], {host_of(tenant): {"url": tenant.url}}))

    def _judged(self, trial: Trial, wait: _Wait) -> Row:
        row = Row(trial.name)
        result = wait.playing.played().of(host_of(wait.tenant))
        survived = not result.get("failed")
        complaints = [] if survived else unclear(result)
        done = [task["completionStatus"] for task in result.get("tasks", ())] == ["SUCCESS"]
        if not survived == trial.survives == done:
            complaints.append(f"it should {'have survived' if trial.survives else 'have failed'}: {result}")
        if not 0 < result.get("elapsed", -1) < _LONGEST_WAIT:
            complaints.append(f"it says that it took {result.get('elapsed')} s")
        log = wait.tenant.control("GET", "log")
        if trial.lifetime < 60 and log["tokens"] < 3:
            complaints.append("its token was not outlived twice")
        if trial.clock_jumps and not self._clock.exists():
            complaints.append("its clock did not jump")
        row.add(survived, len(log["requests"]), complaints)
        return row

    def _many(self, version: str) -> Row:
        row = Row(f"{_MANY} tasks at once, {version}")
        ids = [f"task-{number}" for number in range(_MANY)]
        trial = Trial(row.name, options={"ids": ids, "fields": ["id"], "api_version": version})
        wait = self._begin(trial, [{"id": task_id, "seconds": 3 + place % 3} for place, task_id in enumerate(ids)])
        result = wait.playing.played().of(host_of(wait.tenant))
        requests = truth_of(wait.tenant).requests
        # A request for up to 100 tasks, one for all that are pending where the list does not show those, and the token.
        most = 1 + result.get("polls", 0) * (_MANY // 100 + 4)
        done = [task["id"] for task in result.get("tasks", ())]
        row.check(done == ids and requests <= most, f"{len(done)} tasks, {requests} requests, {result}", requests)
        return row

    def _interrupted(self, name: str, number: signal.Signals) -> Row:
        row = Row(f"{name} during a wait")
        wait = self._begin(Trial(row.name, options={"timeout": "10m"}))
        wait.until_it_polls()
        before = wait.playing.running()
        leader = wait.playing.process.pid
        if number == signal.SIGINT:
            os.killpg(leader, number)  # as a terminal does
        else:
            os.kill(leader, number)
        begin = time.monotonic()
        played = wait.playing.played()
        at_once = time.monotonic() - begin < _MOST_SECONDS
        left = wait.playing.running()
        deadline = time.monotonic() + 5
        while left and time.monotonic() < deadline:
            time.sleep(0.1)
            left = wait.playing.running()
        # ansible-playbook itself leaves its cache behind when it is killed; what modules are given is elsewhere.
        files = [file for file in wait.playing.temporary.rglob("*") if file.is_file()]
        files = [file for file in files if not any(part.startswith("ansible-local-") for part in file.parts)]
        right = at_once and len(before) > 1 and not left and not files and "Traceback" not in played.printed
        row.check(right, f"of processes {before} left behind: {left}, files {files}; printed: {played.printed[-500:]}")
        return row


class _Wait:
    """A wait that goes on."""

    def __init__(self, tenant: Hand, playing: Playing) -> None:
        self.tenant = tenant
        self.playing = playing

    def until_it_polls(self) -> None:
        deadline = time.monotonic() + _MOST_SECONDS
        while not any(entry["operation"] == "list" for entry in self.tenant.log()):
            if time.monotonic() > deadline or self.playing.process.poll() is not None:
                self.playing.process.terminate()
                raise RuntimeError(f"The wait does not begin:\n{self.playing.played().printed}")
            time.sleep(0.1)
