# Copyright (c) 2026, the sailpoint.isc contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the modules cost, measured side by side in one run. Ratios count; seconds are those of this machine."""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import requests

from tests.support import workspace
from tests.support.tenant import running_tenant

HERE = Path(__file__).parent
ANSIBLE_PLAYBOOK = Path(sys.executable).with_name("ansible-playbook")
TASKS_A_PLAY = 10
RECORDS = 10_000
NOTHING: dict[str, Any] = {"do_nothing": {}}


class Bench:
    """One stand-in tenant, and plays against it."""

    def __init__(self, url: str, directory: Path) -> None:
        self._url = url
        self._directory = directory
        self._play_number = 0
        self.put("scenario", {"generate": {"count": RECORDS, "sources": 20, "pending": 0}, "rate_limit": None})
        self.task_id = requests.get(f"{url}/_tenant/tasks", timeout=30).json()["tasks"][0]["id"]
        self.environment = {
            **os.environ,
            "ANSIBLE_COLLECTIONS_PATH": str(workspace.COLLECTIONS),
            "ANSIBLE_LIBRARY": str(HERE / "library"),
            "ANSIBLE_LOCALHOST_WARNING": "false",
            "ANSIBLE_INVENTORY_UNPARSED_WARNING": "false",
            "SAIL_BASE_URL": url,
            "SAIL_CLIENT_ID": "admin",
            "SAIL_CLIENT_SECRET": "admin-secret",
        }

    def put(self, what: str, value: Any) -> None:
        requests.put(f"{self._url}/_tenant/{what}", json=value, timeout=60).raise_for_status()

    def token(self) -> str:
        form = {"grant_type": "client_credentials", "client_id": "admin", "client_secret": "admin-secret"}
        return str(requests.post(f"{self._url}/oauth/token", data=form, timeout=30).json()["access_token"])

    def seconds(self, tasks: list[dict[str, Any]]) -> float:
        """How long ansible-playbook takes for a play of these tasks."""
        self._play_number += 1
        play = self._directory / f"play-{self._play_number}.json"
        play.write_text(json.dumps([{"hosts": "localhost", "gather_facts": False, "tasks": tasks}]))
        started = time.perf_counter()
        subprocess.run(
            [ANSIBLE_PLAYBOOK, str(play)], env=self.environment, check=True, stdout=subprocess.DEVNULL, cwd=HERE
        )
        return time.perf_counter() - started

    def peak_kib(self, module: str, options: dict[str, Any]) -> int:
        command = [sys.executable, str(HERE / "peak.py"), module, json.dumps(options)]
        environment = {**self.environment, "PYTHONPATH": f"{workspace.COLLECTIONS}:{HERE / 'library'}"}
        done = subprocess.run(command, env=environment, check=True, capture_output=True, text=True)
        return int(done.stdout)

    def log(self) -> tuple[int, int]:
        """How many requests and how many tokens since the log was cleared."""
        log = requests.get(f"{self._url}/_tenant/log", timeout=60).json()
        return len(log["requests"]), log["tokens"]

    def clear_log(self) -> None:
        requests.delete(f"{self._url}/_tenant/log", timeout=30).raise_for_status()


def one_by_id(bench: Bench, rounds: int) -> None:
    """A task that reads one record, against a task that does nothing."""
    by_id = {"sailpoint.isc.task_status_info": {"id": bench.task_id, "access_token": bench.token()}}
    measured: dict[str, list[float]] = {"play": [], "nothing": [], "by id": []}
    for _round in range(rounds):
        measured["play"].append(bench.seconds([{"meta": "noop"}]))
        measured["nothing"].append(bench.seconds([NOTHING] * TASKS_A_PLAY))
        measured["by id"].append(bench.seconds([by_id] * TASKS_A_PLAY))
    play, nothing, found = (statistics.median(values) for values in measured.values())
    print(f"one task, do-nothing module      {(nothing - play) / TASKS_A_PLAY * 1000:7.0f} ms")
    print(f"one task, task_status_info by id {(found - play) / TASKS_A_PLAY * 1000:7.0f} ms")
    print(f"ratio                            {(found - play) / (nothing - play):7.2f}    goal: at most 1.35")


def all_records(bench: Bench) -> None:
    """Requests, tokens and memory for everything a tenant has."""
    module = "ansible_collections.sailpoint.isc.plugins.modules.task_status_info"
    options = {"fields": ["id", "completionStatus"]}
    bench.clear_log()
    peak = bench.peak_kib(module, options)
    requested, tokens = bench.log()
    nothing = bench.peak_kib("do_nothing", {})
    whole = bench.peak_kib(module, {})
    print(f"{RECORDS} tasks, requests           {requested:7}    goal: at most 41")
    print(f"{RECORDS} tasks, tokens             {tokens:7}    goal: at most 1")
    print(f"peak memory, do-nothing module   {nothing / 1024:7.1f} MiB")
    print(f"peak memory, {RECORDS} x 2 fields   {peak / 1024:7.1f} MiB  ({(peak - nothing) / 1024:.1f} above)")
    print(f"peak memory, {RECORDS} records      {whole / 1024:7.1f} MiB  ({(whole - nothing) / 1024:.1f} above)")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("tenant_python", help="the interpreter that serves the stand-in tenant")
    parser.add_argument("--rounds", type=int, default=5, help="how often each play is run, in turn")
    options = parser.parse_args()
    directory = workspace.LOGS / "bench"
    directory.mkdir(parents=True, exist_ok=True)
    with running_tenant(options.tenant_python) as url:
        bench = Bench(url, directory)
        one_by_id(bench, options.rounds)
        all_records(bench)


if __name__ == "__main__":
    main()
