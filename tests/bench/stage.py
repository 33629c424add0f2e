# Copyright (c) 2026, the sailpoint.isc contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Where measures are taken: stand-in tenants, and what is run against them as processes of their own."""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import requests

from tests.support import workspace

HERE = Path(__file__).parent
PLAYBOOK = str(Path(sys.executable).with_name("ansible-playbook"))
MODULES = "ansible_collections.sailpoint.isc.plugins.modules"
CREDENTIALS = {"client_id": "admin", "client_secret": "admin-secret"}

Task = dict[str, Any]
NOTHING: Task = {"do_nothing": {}}


class Tenant:
    """A stand-in tenant and its control API. ca: the file with the authority of its certificate."""

    def __init__(self, url: str, ca: Path | None = None) -> None:
        self.url = url
        self.ca = ca

    def start_over(self, **scenario: Any) -> None:
        self._control("PUT", "scenario", {"rate_limit": None, **scenario})

    def latency(self, seconds: float) -> None:
        self._control("PUT", "latency", {"seconds": seconds})

    def ids(self) -> list[str]:
        return [task["id"] for task in self._control("GET", "tasks")["tasks"]]

    def clear_log(self) -> None:
        self._control("DELETE", "log")

    def log(self) -> tuple[int, int]:
        """How many requests, those for tokens included, and how many tokens were given since the log was cleared."""
        log = self._control("GET", "log")
        return len(log["requests"]), log["tokens"]

    def records(self) -> list[dict[str, Any]]:
        """All completed tasks as the list gives them."""
        headers = {"Authorization": f"Bearer {self.token()}", "User-Agent": "bench"}
        found: list[dict[str, Any]] = []
        while True:
            url = f"{self.url}/beta/task-status?limit=250&offset={len(found)}&sorters=-created"
            page = requests.get(url, headers=headers, verify=self._verify, timeout=60).json()
            found += page
            if len(page) < 250:
                return found

    def token(self) -> str:
        form = {"grant_type": "client_credentials", **CREDENTIALS}
        answer = requests.post(f"{self.url}/oauth/token", data=form, verify=self._verify, timeout=60)
        return str(answer.json()["access_token"])

    def _control(self, method: str, what: str, value: Any = None) -> Any:
        answer = requests.request(method, f"{self.url}/_tenant/{what}", json=value, verify=self._verify, timeout=300)
        answer.raise_for_status()
        return answer.json()

    @property
    def _verify(self) -> bool | str:
        return True if self.ca is None else str(self.ca)


class Stage:
    """Runs plays, scripts and modules; seconds are those of whole processes."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self._number = 0

    def play(
        self, tasks: Sequence[Task], tenant: Tenant, hosts: Mapping[str, Any] | None = None, forks: int = 5
    ) -> float:
        """How long ansible-playbook takes for these tasks, on localhost or on hosts with their variables."""
        self._number += 1
        play = self.directory / f"play-{self._number}.json"
        play.write_text(json.dumps([{"hosts": "all", "gather_facts": False, "tasks": list(tasks)}]))
        inventory = self.directory / f"inventory-{self._number}.json"
        local = {"ansible_connection": "local", "ansible_python_interpreter": sys.executable}
        inventory.write_text(json.dumps({"all": {"hosts": hosts or {"localhost": {}}, "vars": local}}))
        return self._seconds([PLAYBOOK, "-i", str(inventory), "-f", str(forks), str(play)], tenant)

    def script(self, name: str, tenant: Tenant, *arguments: str) -> float:
        """How long a script of this directory takes."""
        return self._seconds([sys.executable, str(HERE / name), tenant.url, *arguments], tenant)

    def module(self, name: str, tenant: Tenant, **options: Any) -> dict[str, Any]:
        """What peak.py tells of a module, run in one process of its own."""
        command = [sys.executable, str(HERE / "peak.py"), name, json.dumps(options)]
        environ = {**_environ(tenant), "PYTHONPATH": f"{workspace.COLLECTIONS}:{HERE / 'library'}"}
        done = subprocess.run(command, env=environ, check=True, capture_output=True, text=True)
        told: dict[str, Any] = json.loads(done.stdout)
        return told

    def _seconds(self, command: Sequence[str], tenant: Tenant) -> float:
        started = time.perf_counter()
        done = subprocess.run(command, env=_environ(tenant), cwd=HERE, capture_output=True, text=True, check=False)
        taken = time.perf_counter() - started
        if done.returncode != 0:
            raise RuntimeError(f"{' '.join(command)} ended with {done.returncode}:\n{done.stdout}{done.stderr}")
        return taken


def _environ(tenant: Tenant) -> dict[str, str]:
    trusted = {} if tenant.ca is None else {"SAIL_CA_PATH": str(tenant.ca), "SSL_CERT_FILE": str(tenant.ca)}
    return {
        **os.environ,
        "ANSIBLE_COLLECTIONS_PATH": str(workspace.COLLECTIONS),
        "ANSIBLE_LIBRARY": str(HERE / "library"),
        "SAIL_BASE_URL": tenant.url,
        "SAIL_CLIENT_ID": CREDENTIALS["client_id"],
        "SAIL_CLIENT_SECRET": CREDENTIALS["client_secret"],
        **trusted,
    }


# What is measured, and how: the function gives seconds. True: so slow that it has a number of rounds of its own.
Contestants = dict[str, tuple[Callable[[], float], bool]]


def in_turn(contestants: Contestants, rounds: int, slow_rounds: int | None = None) -> dict[str, float]:
    """The median seconds of each, run one after the other in every round, so that a busy minute hits all of them."""
    measured: dict[str, list[float]] = {name: [] for name in contestants}
    for number in range(rounds):
        for name, (seconds, slow) in contestants.items():
            if not slow or number < (rounds if slow_rounds is None else slow_rounds):
                measured[name].append(seconds())
    return {name: statistics.median(values) for name, values in measured.items()}
