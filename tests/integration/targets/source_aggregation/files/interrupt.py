# Copyright (c) 2026, the sailpoint.isc contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Runs a command, presses Ctrl-C once a log shows a text, and tells what is left: what a terminal does to a play.

Usage: interrupt.py URL_OF_LOG TEXT SECONDS COMMAND...
Prints JSON: rc (null: it did not end in so many seconds), processes that were running, left, shown, and seen: whether
the log had shown the text by then.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
import urllib.request
import uuid
from pathlib import Path

MARK = "STARTED_BY_INTERRUPT"


def main(url: str, text: str, seconds: str, *command: str) -> None:
    urllib.request.urlopen(urllib.request.Request(url, method="DELETE")).close()
    mark = f"{MARK}={uuid.uuid4().hex}"
    name, value = mark.split("=")
    # A session of its own, as in a terminal; its processes are known by what they inherit, wherever they move to.
    play = subprocess.Popen(
        command,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        env={**os.environ, name: value},
        start_new_session=True,
    )
    seen, deadline = False, time.monotonic() + float(seconds)
    while time.monotonic() < deadline and play.poll() is None:
        with urllib.request.urlopen(url) as answer:
            seen = text in answer.read().decode()
        if seen:
            break
        time.sleep(0.2)
    running = len(marked(mark))
    os.killpg(play.pid, signal.SIGINT)
    try:
        shown, rc = play.communicate(timeout=float(seconds))[0], play.returncode
    except subprocess.TimeoutExpired:
        shown, rc = "", None
    # Those that were told to end may take a moment to be gone.
    deadline = time.monotonic() + 30
    while marked(mark) and time.monotonic() < deadline:
        time.sleep(0.1)
    left = marked(mark)
    for process in left:
        os.kill(process, signal.SIGKILL)
    print(json.dumps({"rc": rc, "seen": seen, "running": running, "left": len(left), "shown": shown}))


def marked(mark: str) -> list[int]:
    """Processes that have inherited the mark and still run."""
    found = []
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            if mark.encode() in (entry / "environ").read_bytes().split(b"\0"):
                found.append(int(entry.name))
        except OSError:
            pass  # it has ended, or belongs to somebody else
    return found


if __name__ == "__main__":
    main(*sys.argv[1:])
