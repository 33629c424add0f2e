# Copyright (c) 2026, the sailpoint.isc contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""ansible-runner, which Automation Platform runs jobs with, runs the demo's playbook by its name.

TENANT_PYTHON names the interpreter that serves the stand-in tenant.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Any

import ansible_runner
import pytest

from tests.support.tenant import running_tenant

SCENARIOS = Path(__file__).parent
SECRET = "admin-secret"
SUCCEEDS, FAILS = "3d814f20ae6c4b59d4f3071b25e9ca8d", "4e925031bf7d4c6ae504182c36fadb9e"


@pytest.mark.parametrize(
    ("tasks", "status", "shown"),
    [
        ([SUCCEEDS], "successful", "Workday: Cloud Account Aggregation ended with SUCCESS"),
        ([SUCCEEDS, FAILS], "failed", "Login failed: the service account is locked."),
    ],
    ids=["success", "failure"],
)
def test_a_job_tells_how_the_aggregations_ended(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, tasks: list[str], status: str, shown: str
) -> None:
    monkeypatch.setenv("PATH", str(Path(sys.executable).parent), prepend=os.pathsep)
    with running_tenant(os.environ["TENANT_PYTHON"], "--scenario", str(SCENARIOS / "scenario.yml")) as url:
        job = _job(tmp_path, url, tasks)
    assert job.status == status
    events = list(job.events)
    assert any(shown in event["stdout"] for event in events)
    waits = [event["event_data"]["res"] for event in events if _ends(event, "sailpoint.isc.task_wait")]
    assert [len(wait["tasks"]) for wait in waits] == [len(tasks)]
    # What Automation Platform keeps and shows of a job holds neither the secret nor a token (a JWT).
    kept = [file for kind in ("stdout", "job_events/*.json") for file in tmp_path.glob(f"artifacts/*/{kind}")]
    assert len(kept) > len(waits)
    assert not [file for file in kept for hidden in (SECRET, "eyJ") if hidden in file.read_text()]


def _job(directory: Path, url: str, tasks: list[str]) -> Any:
    """Run the playbook as a job of Automation Platform is run: its inputs are files, its credential the environment."""
    return ansible_runner.run(
        private_data_dir=str(directory),
        playbook="sailpoint.isc.wait_for_aggregation",
        inventory="localhost ansible_connection=local ansible_python_interpreter=" + sys.executable,
        extravars={"task_ids": tasks, "interval": "0.3", "max_interval": "1"},
        envvars={"SAIL_BASE_URL": url, "SAIL_CLIENT_ID": "admin", "SAIL_CLIENT_SECRET": SECRET},
        quiet=True,
    )


def _ends(event: dict[str, Any], module: str) -> bool:
    data = event["event_data"]
    return event["event"] in ("runner_on_ok", "runner_on_failed") and data.get("resolved_action") == module
