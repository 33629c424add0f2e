# Copyright (c) 2026, the sailpoint.isc contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Plays through the real ansible-playbook: what is to run on which host, what every task returned, what was printed."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.support import workspace
from tests.support.termination import end

HERE = Path(__file__).parent
MOST_SECONDS = 900.0

Result = dict[str, Any]

_started: list[subprocess.Popen[bytes]] = []


@dataclass
class Played:
    """What came of a play. results: what each host's tasks returned, in their order."""

    results: dict[str, list[Result]] = field(default_factory=dict)
    printed: str = ""
    seconds: float = 0.0

    def of(self, host: str) -> Result:
        """What the only task of a host returned; a failure of its own where it returned nothing."""
        returned = self.results.get(host, [])
        return returned[0] if len(returned) == 1 else {"failed": True, "msg": None, "returned": returned}


class Stage:
    """A directory for plays, and what they run with.

    python: the interpreter of the environment with ansible-core, of which modules run too.
    """

    def __init__(self, directory: Path, forks: int, *arguments: str, python: Path = Path(sys.executable)) -> None:
        self.directory = directory
        self._arguments = arguments
        self._python = python
        self._forks = forks
        self._number = 0

    def start(
        self, plays: list[dict[str, Any]], hosts: dict[str, dict[str, Any]], environment: dict[str, str] | None = None
    ) -> Playing:
        """Run plays on hosts, which are their variables by their names."""
        self._number += 1
        place = self.directory / f"play-{self._number}"
        (place / "home").mkdir(parents=True)
        (place / "play.json").write_text(json.dumps(plays))
        common = {
            "ansible_connection": "local",
            "ansible_python_interpreter": str(self._python),
            # The home of the user is another one, whatever HOME says.
            "ansible_remote_tmp": str(place / "home/.ansible/tmp"),
            "ansible_async_dir": str(place / "home/.ansible_async"),
        }
        inventory = {"all": {"hosts": hosts, "vars": common}}
        (place / "hosts.json").write_text(json.dumps(inventory))
        program = self._python.with_name("ansible-playbook")
        command = [str(program), "-i", "hosts.json", "-f", str(self._forks), *self._arguments, "play.json"]
        environ = {
            **os.environ,
            "ANSIBLE_COLLECTIONS_PATH": str(workspace.COLLECTIONS),
            "ANSIBLE_CALLBACK_PLUGINS": str(HERE / "callback"),
            "ANSIBLE_CALLBACKS_ENABLED": "results",
            "ANSIBLE_INJECT_INVOCATION": "1",
            "ANSIBLE_NOCOLOR": "1",
            "CHAOS_RESULTS": str(place / "results"),
            "HOME": str(place / "home"),
            "TMPDIR": str(place / "home"),
            "ANSIBLE_LOCAL_TEMP": str(place / "home/.ansible/tmp"),
            **(environment or {}),
        }
        return Playing(command, place, environ)

    def play(
        self, plays: list[dict[str, Any]], hosts: dict[str, dict[str, Any]], environment: dict[str, str] | None = None
    ) -> Played:
        """Run plays to their end."""
        return self.start(plays, hosts, environment).played()


class Playing:
    """An ansible-playbook that runs in a session of its own. temporary: where it and its modules keep files."""

    def __init__(self, command: list[str], place: Path, environ: dict[str, str]) -> None:
        self.temporary = place / "home"
        self._place = place
        self._mark = f"CHAOS_RESULTS={environ['CHAOS_RESULTS']}".encode()
        self._begin = time.monotonic()
        with (place / "printed").open("w") as output:
            self.process = subprocess.Popen(
                command,
                cwd=place,
                env=environ,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        _started.append(self.process)

    def running(self) -> list[str]:
        """Its commands that run, known by what they inherit: workers have sessions of their own."""
        found = []
        for entry in Path("/proc").glob("[0-9]*"):
            try:
                if self._mark in (entry / "environ").read_bytes().split(b"\0"):
                    found.append((entry / "cmdline").read_bytes().replace(b"\0", b" ").decode())
            except OSError:
                pass  # it has ended, or belongs to somebody else
        return found

    def played(self) -> Played:
        """What came of it, once it has ended. Raises subprocess.TimeoutExpired when it takes too long."""
        self.process.wait(timeout=MOST_SECONDS)
        played = Played(seconds=time.monotonic() - self._begin, printed=(self._place / "printed").read_text())
        results = self._place / "results"
        for line in results.read_text().splitlines() if results.exists() else ():
            entry = json.loads(line)
            played.results.setdefault(entry["host"], []).append(entry["result"])
        return played


def end_all() -> None:
    """End the plays that still run: in sessions of their own they hear of no Ctrl-C."""
    for process in _started:
        if process.poll() is None:
            end(process)


def module_task(module: str, arguments: Any, **keywords: Any) -> dict[str, Any]:
    """A task that goes on after a failure, so that every host comes to its end."""
    return {"name": module, f"sailpoint.isc.{module}": arguments, "ignore_errors": True, **keywords}


def play_of(*tasks: dict[str, Any], hosts: str = "all", **keywords: Any) -> dict[str, Any]:
    """A play that gathers no facts."""
    return {"name": "Chaos", "hosts": hosts, "gather_facts": False, "tasks": list(tasks), **keywords}
