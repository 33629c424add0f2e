# Copyright (c) 2026, the sailpoint.isc contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""End everything that this process has started, children of children too, when it is told to end."""

from __future__ import annotations

import contextlib
import signal
from types import FrameType

import psutil

SECONDS_TO_CLEAN_UP = 5.0


def end_all_on_termination() -> None:
    """Treat SIGTERM and SIGHUP to this process like Ctrl-C, which a terminal sends to all that runs."""
    signal.signal(signal.SIGTERM, _end_all)
    signal.signal(signal.SIGHUP, _end_all)


def _end_all(_number: int, _frame: FrameType | None) -> None:
    # ansible-test and ansible-playbook remove their temporary files when interrupted, but not when terminated.
    for gentle_or_not in (signal.SIGINT, signal.SIGTERM, signal.SIGKILL):
        running = psutil.Process().children(recursive=True)
        for process in running:
            with contextlib.suppress(psutil.NoSuchProcess):
                process.send_signal(gentle_or_not)
        psutil.wait_procs(running, timeout=SECONDS_TO_CLEAN_UP)
    raise KeyboardInterrupt
