# Copyright (c) 2026, the sailpoint.isc contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a script on SailPoint's Python SDK does: lists all tasks, or waits for some by asking for each of them.

Usage: python sdk.py URL list, or python sdk.py URL wait ID... Prints how many tasks it has seen.
"""

from __future__ import annotations

import sys
import time

from sailpoint.beta.api.task_management_api import TaskManagementApi
from sailpoint.beta.api_client import ApiClient
from sailpoint.configuration import Configuration, ConfigurationParams

PAGE = 250
FIRST_PAUSE, LONGEST_PAUSE = 2, 30


def connect(url: str) -> TaskManagementApi:
    parameters = ConfigurationParams()
    parameters.base_url = url
    parameters.client_id = "admin"
    parameters.client_secret = "admin-secret"
    return TaskManagementApi(ApiClient(Configuration(parameters)))


def listed(api: TaskManagementApi) -> int:
    found: list[tuple[str, str | None]] = []
    while True:
        page = api.get_task_status_list(limit=PAGE, offset=len(found), sorters="-created")
        found += [(task.id, task.completion_status) for task in page]
        if len(page) < PAGE:
            return len(found)


def waited(api: TaskManagementApi, ids: list[str]) -> int:
    pending, pause = list(ids), FIRST_PAUSE
    while True:
        pending = [task_id for task_id in pending if not api.get_task_status(task_id).completion_status]
        if not pending:
            return len(ids)
        time.sleep(pause)
        pause = min(2 * pause, LONGEST_PAUSE)


if __name__ == "__main__":
    connected = connect(sys.argv[1])
    print(listed(connected) if sys.argv[2] == "list" else waited(connected, sys.argv[3:]))
