# Copyright (c) 2026, the sailpoint.isc contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The floor: all tasks of a tenant with two keys each, by the standard library alone over kept connections.

Usage: python floor.py URL CONNECTIONS. Prints how many tasks it has read. It retries nothing and checks nothing.
"""

from __future__ import annotations

import http.client
import json
import sys
import threading
from typing import Any
from urllib.parse import urlencode, urlsplit

PAGE = 250
FORM = urlencode({"grant_type": "client_credentials", "client_id": "admin", "client_secret": "admin-secret"})


class Connection:
    """One kept connection to the tenant."""

    def __init__(self, url: str) -> None:
        parts = urlsplit(url)
        kind = http.client.HTTPSConnection if parts.scheme == "https" else http.client.HTTPConnection
        self._http = kind(parts.netloc)
        self._headers = {"User-Agent": "floor"}

    def authorize(self, token: str) -> None:
        self._headers["Authorization"] = f"Bearer {token}"

    def token(self) -> str:
        form = {"Content-Type": "application/x-www-form-urlencoded", **self._headers}
        self._http.request("POST", "/oauth/token", body=FORM, headers=form)
        return str(json.loads(self._http.getresponse().read())["access_token"])

    def page(self, offset: int, count: bool = False) -> tuple[list[dict[str, Any]], int]:
        """Rows with the two keys that are wanted, and the total where it is asked for."""
        query = f"limit={PAGE}&offset={offset}&sorters=-created" + "&count=true" * count
        self._http.request("GET", f"/beta/task-status?{query}", headers=self._headers)
        answer = self._http.getresponse()
        rows = [{key: row[key] for key in ("id", "completionStatus")} for row in json.loads(answer.read())]
        return rows, int(answer.headers.get("X-Total-Count", 0))


def main(url: str, connections: int) -> None:
    first = Connection(url)
    token = first.token()
    first.authorize(token)
    rows, total = first.page(0, count=True)
    offsets = iter(range(PAGE, total, PAGE))
    found = {0: rows}

    def work(connection: Connection) -> None:
        for offset in offsets:
            found[offset], _total = connection.page(offset)

    others = [Connection(url) for _number in range(connections - 1)]
    threads = [threading.Thread(target=work, args=[connection]) for connection in others]
    for connection, thread in zip(others, threads):
        connection.authorize(token)
        thread.start()
    work(first)
    for thread in threads:
        thread.join()
    print(sum(map(len, found.values())))


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))
