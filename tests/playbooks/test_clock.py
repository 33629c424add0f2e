# Copyright (c) 2026, the sailpoint.isc contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Where the clock of the controller is wrong, roles tell ages by the clock of the tenant."""

from __future__ import annotations

import json
import time
from datetime import datetime
from pathlib import Path
from typing import Any, Callable

import pytest

from tests.support.hand import Hand
from tests.support.plays import Played

Run = Callable[..., Played]

# Python imports it wherever it starts: Ansible and its modules.
SKEWED = "import time\nnow = time.time\ntime.time = lambda: now() + {seconds}\n"
TASKS = [
    {"id": "stuck", "source": "hr", "age": "75m"},
    {"id": "young", "source": "hr", "age": "5m"},
    *({"id": f"done-{hours}", "source": "hr", "age": f"{hours}h", "seconds": "30m"} for hours in range(3, 9)),
]
PLAY: list[dict[str, Any]] = [
    {
        "name": "Report on tasks, and clear them",
        "hosts": "localhost",
        "gather_facts": False,
        "tasks": [
            {
                "name": "Report",
                "ansible.builtin.include_role": {"name": "sailpoint.isc.task_report"},
                "vars": {"task_report_path": "{{ directory }}/report.html", "task_report_newer_than": "1d"},
            },
            {
                "name": "Clear",
                "ansible.builtin.include_role": {"name": "sailpoint.isc.clear_stuck_tasks"},
                "vars": {"clear_stuck_tasks_older_than": "1h"},
            },
        ],
    }
]


@pytest.mark.parametrize("hours", [2, -2])
def test_ages_are_told_by_the_clock_of_the_tenant(
    run: Run, tenant: Hand, credentials: dict[str, str], tmp_path: Path, hours: int
) -> None:
    (tmp_path / "sitecustomize.py").write_text(SKEWED.format(seconds=hours * 3600))
    tenant.scenario(sources=[{"id": "hr", "name": "HR"}], tasks=TASKS, deprecated=[])
    begin = time.time()
    environ = {**credentials, "PYTHONPATH": str(tmp_path)}
    played = run(PLAY, variables={"directory": str(tmp_path)}, environ=environ)
    assert played.rc == 0, played.shown
    assert f"is 2 h 0 min {'ahead of' if hours > 0 else 'behind'} the tenant's" in " ".join(played.shown.split())
    (cleared,) = played.fact("clear_stuck_tasks_result")["cleared"]
    assert cleared["task_id"] == "stuck"
    assert "(stuck), pending for 1 h 15 min since" in cleared["summary"]
    numbers = json.loads((tmp_path / "report.json").read_text(encoding="utf-8"))
    assert begin - 5 < datetime.fromisoformat(numbers["created"].replace("Z", "+00:00")).timestamp() < begin + 300
    pending = {task["task_id"]: task for task in numbers["pending"]}
    assert 75 * 60 - 5 < pending["stuck"]["seconds"] < 80 * 60
    assert [pending[name]["overdue"] for name in ("stuck", "young")] == [True, False]
