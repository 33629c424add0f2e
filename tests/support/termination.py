# Copyright (c) 2026, the sailpoint.isc contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""End everything that this process has started, children of children too, when it is told to end."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from collections import defaultdict
from pathlib import Path
from types import FrameType

SECONDS_TO_CLEAN_UP = 5.0


def end_all_on_termination() -> None:
    """Treat SIGTERM and SIGHUP to this process like Ctrl-C, which a terminal sends to all that runs."""
    signal.signal(signal.SIGTERM, _end_all)
    signal.signal(signal.SIGHUP, _end_all)


def _end_all(_number: int, _frame: FrameType | None) -> None:
    # ansible-test and ansible-playbook remove their temporary files when interrupted, but not when terminated.
    for gentle_or_not in (signal.SIGINT, signal.SIGTERM, signal.SIGKILL):
        deadline = time.monotonic() + SECONDS_TO_CLEAN_UP
        for process in _descendants():
            _send(process, gentle_or_not)
        while _descendants() and time.monotonic() < deadline:
            time.sleep(0.1)
    raise KeyboardInterrupt


def end(process: subprocess.Popen[bytes]) -> None:
    """End a process, by force when it takes too long."""
    process.terminate()
    try:
        process.wait(timeout=SECONDS_TO_CLEAN_UP)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def _send(process: int, number: signal.Signals) -> None:
    try:
        os.kill(process, number)
    except ProcessLookupError:
        pass  # it has ended in the meantime


def _descendants() -> list[int]:
    """Processes that run below this one; not those that have ended and wait for their parent to ask."""
    children: dict[int, list[int]] = defaultdict(list)
    for file in Path("/proc").glob("[0-9]*/stat"):
        try:
            state, parent = file.read_text().rpartition(")")[2].split()[:2]
        except OSError:
            continue  # it has ended in the meantime
        if state != "Z":
            children[int(parent)].append(int(file.parent.name))
    found: list[int] = []
    remaining = [os.getpid()]
    while remaining:
        below = children[remaining.pop()]
        found += below
        remaining += below
    return found
