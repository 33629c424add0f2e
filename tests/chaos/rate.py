# Copyright (c) 2026, the sailpoint.isc contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Many forks with one client id: the rate limit slows them down, and nothing is lost."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from tests.chaos.matrix import truth_of
from tests.chaos.playing import Stage, module_task, play_of
from tests.chaos.table import Row
from tests.support.hand import Hand

FORKS = 20
REQUESTS, SECONDS = 100, 10


def rows(stage: Stage, tenant: Hand, client: dict[str, Any], long: bool) -> Iterator[Row]:
    """One row; its remark compares the time with the least that the limit allows."""
    pages = 30 if long else 15
    row = Row(f"rate limit, {FORKS} forks, one client id")
    limit = {"requests": REQUESTS, "seconds": SECONDS}
    ids = [f"task-{number}" for number in range(5 * pages - 1)]
    tasks = [{"id": task_id, "completionStatus": "SUCCESS"} for task_id in ids]
    tenant.scenario(clients=[client], rate_limit=limit, tasks=tasks)
    # Pages one after the other and as many as there are, so that the limit decides and nothing else.
    options = {
        "base_url": tenant.url,
        "client_id": client["client_id"],
        "client_secret": client["client_secret"],
        "limit": 5,
        "fields": ["id"],
    }
    played = stage.play(
        [play_of(module_task("task_status_info", options))], {str(number): {} for number in range(FORKS)}
    )
    log = tenant.log()
    refused = sum(entry["status"] == 429 for entry in log)
    let_in = sum(entry["status"] == 200 and entry["operation"] == "list" for entry in log)
    for number in range(FORKS):
        result = played.of(str(number))
        returned = sorted(task["id"] for task in result.get("tasks", ()))
        row.check(returned == sorted(ids), f"{len(returned)} of {len(ids)} tasks: {result.get('msg')}")
    row.requests = truth_of(tenant).requests
    row.check(refused > 0, "the limit was never reached")
    least = max(1, (let_in - 1) // REQUESTS) * SECONDS
    ratio = played.seconds / least
    row.remark = f"{let_in} let in, {refused} refused; {played.seconds:.0f} s, x{ratio:.2f} of the least {least} s"
    yield row
