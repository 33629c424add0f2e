# Copyright (c) 2026, the sailpoint.isc contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The stand-in tenant as a process of its own, for as long as a test needs it."""

from __future__ import annotations

import itertools
import os
import re
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from .workspace import LOGS, ROOT

READY = re.compile(r"^tenant: listening on (http\S+)$", re.MULTILINE)
SECONDS_TO_START = 120.0
SECONDS_TO_END = 5.0
# One process may start several at the same time.
_numbers = itertools.count(1)


@contextmanager
def running_tenant(*arguments: str, python: str | Path = sys.executable) -> Iterator[str]:
    """Serve a stand-in tenant on a free loopback port and yield its URL; it is stopped whatever happens."""
    with running_tenants(1, *arguments, python=python) as urls:
        yield urls[0]


@contextmanager
def running_tenants(number: int, *arguments: str, python: str | Path = sys.executable) -> Iterator[list[str]]:
    """Serve so many stand-in tenants, a free loopback port each, and yield their URLs; they end together."""
    LOGS.mkdir(parents=True, exist_ok=True)
    log = LOGS / f"tenant-{os.getpid()}-{next(_numbers)}.log"
    command = [str(python), "-m", "tests.tenant", "--tenants", str(number), *arguments]
    with log.open("w") as output:
        process = subprocess.Popen(command, cwd=ROOT, stdin=subprocess.DEVNULL, stdout=output, stderr=subprocess.STDOUT)
    try:
        yield _urls(process, number, log)
    finally:
        process.terminate()
        try:
            process.wait(timeout=SECONDS_TO_END)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _urls(process: subprocess.Popen[bytes], number: int, log: Path) -> list[str]:
    deadline = time.monotonic() + SECONDS_TO_START
    while time.monotonic() < deadline:
        ready = READY.findall(log.read_text())
        if len(ready) == number:
            return list(ready)
        if process.poll() is not None:
            break
        time.sleep(0.05)
    raise RuntimeError(f"The stand-in tenant did not start; it said:\n{log.read_text()}")
