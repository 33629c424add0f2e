# Copyright (c) 2026, the sailpoint.isc contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Many at one client id: the rate limit slows them down, and nothing is lost."""

from __future__ import annotations

import pytest

from tests.support.hand import Hand
from tests.support.leaks import KEEPER
from tests.support.modules import OMIT, Run

FORKS = 20
# All that they ask for fits into two stretches of the limit: nobody is refused more often than there are retries.
LIMIT, PAGES = {"requests": 40, "seconds": 4}, 4
# The limit of a real tenant
LONG_LIMIT, LONG_PAGES = {"requests": 100, "seconds": 10}, 15


def test_many_get_all_that_the_rate_limit_delays(tenant: Hand, run: Run, pytestconfig: pytest.Config) -> None:
    limit, pages = (LONG_LIMIT, LONG_PAGES) if pytestconfig.getoption("--long") else (LIMIT, PAGES)
    ids = [f"task-{number}" for number in range(5 * pages - 1)]
    tasks = [{"id": task_id, "completionStatus": "SUCCESS"} for task_id in ids]
    tenant.scenario(clients=[KEEPER], rate_limit=limit, tasks=tasks)
    # Retries and pauses are those that everybody has.
    options = {"limit": 5, "fields": ["id"], "retries": OMIT, "max_retry_delay": OMIT}
    runs = [run.start("task_status_info", **options) for _fork in range(FORKS)]
    for running in runs:
        result = running.result()
        assert not result["failed"], result
        assert sorted(task["id"] for task in result["tasks"]) == sorted(ids)
    assert any(entry["status"] == 429 for entry in tenant.log())
