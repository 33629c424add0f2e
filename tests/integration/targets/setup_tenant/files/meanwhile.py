# Copyright (c) 2026, the sailpoint.isc contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Runs a command, and does something to the stand-in tenant once the command has asked it for something.

Usage: meanwhile.py URL_OF_CONTROL OPERATION CHANGES COMMAND...
OPERATION: what must have been asked for ("": anything but a token).
CHANGES: JSON, a list of [method, path below URL_OF_CONTROL, body]; they are made in that order.
What the command shows and returns is passed on.
"""

from __future__ import annotations

import json
import subprocess
import sys
import time
import urllib.request

BETWEEN_LOOKS = 0.1


def main(control: str, operation: str, changes: str, *command: str) -> int:
    running = subprocess.Popen(command, stdin=subprocess.DEVNULL)
    while running.poll() is None and not asked(control, operation):
        time.sleep(BETWEEN_LOOKS)
    for method, path, body in json.loads(changes):
        send(method, f"{control}/{path}", body)
    return running.wait()


def asked(control: str, operation: str) -> bool:
    """Whether the tenant has been asked for it since its log was emptied."""
    found = [request["operation"] for request in send("GET", f"{control}/log")["requests"]]
    return operation in found if operation else any(name != "token" for name in found)


def send(method: str, url: str, body: object = None) -> dict:
    """The answer to one request."""
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(url, data, {"Content-Type": "application/json"}, method=method)
    with urllib.request.urlopen(request) as answer:
        return json.loads(answer.read() or "{}")


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
