# Copyright (c) 2026, the sailpoint.isc contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Runs rulebooks by ansible-rulebook, as a user does."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any, Callable

from tests.support.automation_platform import environment_of, inputs_for
from tests.support.hand import Hand
from tests.support.leaks import leaked

_MOST_SECONDS = 180.0
_BETWEEN_LOOKS = 0.1


class Running:
    """A rulebook at work."""

    def __init__(self, directory: Path, command: list[str], environ: dict[str, str]) -> None:
        self._directory = directory
        with (directory / "output").open("w") as output:
            self.process = subprocess.Popen(
                command,
                cwd=directory,
                env=environ,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    def output(self) -> str:
        """All that it has printed so far, in which there is no secret."""
        text = (self._directory / "output").read_text(encoding="utf-8")
        assert leaked(text) is None
        return text

    def wait_for(self, condition: Callable[[], object], what: str) -> None:
        """Wait until a condition holds."""
        deadline = time.monotonic() + _MOST_SECONDS
        while not condition():
            assert self.process.poll() is None, f"It has ended before {what}:\n{self.output()}"
            assert time.monotonic() < deadline, f"It has not come to {what}:\n{self.output()}"
            time.sleep(_BETWEEN_LOOKS)

    def wait_to_print(self, text: str) -> None:
        """Wait until it has printed a text."""
        self.wait_for(lambda: text in self.output(), text)

    def end(self) -> int:
        """Wait until it has ended by itself; its exit status."""
        return self.process.wait(_MOST_SECONDS)

    def stop(self, number: signal.Signals = signal.SIGTERM) -> float:
        """Send it a signal; how many seconds it took to end."""
        begin = time.monotonic()
        self.process.send_signal(number)
        self.process.wait(_MOST_SECONDS)
        return time.monotonic() - begin

    def kill(self) -> None:
        """End it and all that it has started."""
        if self.process.poll() is None:
            os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait()


class Rulebooks:
    """Starts rulebooks on a tenant, each in a directory of its own."""

    def __init__(self, tenant: Hand, directory: Path) -> None:
        self.tenant = tenant
        self._directory = directory
        self._running: list[Running] = []

    def __call__(
        self,
        rulebook: str | list[dict[str, Any]],
        *arguments: str,
        variables: dict[str, Any] | None = None,
        **environ: str,
    ) -> Running:
        """Start one: its full name, or what is in it.

        variables: of the rulebook; where they are given, the environment has no tenant and no credentials.
        environ: on top of the environment.
        """
        directory = self._directory / f"run-{len(self._running)}"
        directory.mkdir()
        (directory / "hosts").write_text("localhost ansible_connection=local\n")
        (directory / "variables.yml").write_text(json.dumps({"interval": 5, "stuck_after": "1h", **(variables or {})}))
        if not isinstance(rulebook, str):
            (directory / "rulebook.yml").write_text(json.dumps(rulebook))
            rulebook = "rulebook.yml"
        credentials = environment_of(inputs_for(self.tenant.url)) if variables is None else {}
        others = {name: value for name, value in os.environ.items() if not name.startswith("SAIL_")}
        bin_directory = Path(sys.executable).parent
        search_path = {"PATH": os.pathsep.join([str(bin_directory), os.environ["PATH"]])}
        command = [str(bin_directory / "ansible-rulebook"), "--rulebook", rulebook, "--inventory", "hosts"]
        command += ["--vars", "variables.yml", *arguments]
        running = Running(directory, command, {**others, **search_path, **credentials, **environ})
        self._running.append(running)
        return running

    def wait_for_polls(self, running: Running, times: int = 1) -> None:
        """Wait until the tenant was polled so many times more."""
        before = len(self.tenant.sent())
        running.wait_for(lambda: len(self.tenant.sent()) >= before + 2 * times, "a poll")

    def stop_all(self) -> None:
        for running in self._running:
            running.kill()
