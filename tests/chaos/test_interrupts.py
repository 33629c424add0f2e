# Copyright (c) 2026, the sailpoint.isc contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Ctrl-C while modules start or wait, and a kill."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest

from tests.support.hand import SECRETS, Hand, wait_until, wait_until_asked

SOURCES = ("one", "two", "three")
# A host for each module that waits, and its options
WAITS: dict[str, dict[str, Any]] = {
    "task_wait": {"ids": ["lasting"]},
    "source_aggregation": {"source_id": "one", "wait": True},
    "source_aggregations": {"sources": [{"id": "two"}, {"id": "three"}], "max_parallel": 2},
}
# What is waited for, all in all
TASKS = 1 + len(SOURCES)
INTERRUPTED = 99
MOST_SECONDS = 60


@pytest.fixture
def home() -> Iterator[Path]:
    """A home for a playbook; its path is short, as that of a socket has to be."""
    with tempfile.TemporaryDirectory() as directory:
        yield Path(directory)


@pytest.mark.parametrize(
    ("number", "hosts"),
    [(signal.SIGINT, [*WAITS]), (signal.SIGTERM, [*WAITS]), *((signal.SIGINT, [name]) for name in WAITS)],
    ids=["all", "all, killed", *WAITS],
)
def test_a_play_ends_with_all_that_it_has_started(
    tenant: Hand, tmp_path: Path, home: Path, number: signal.Signals, hosts: list[str]
) -> None:
    """While one module starts, or while all of them wait."""
    tenant.scenario(
        sources=[{"id": name, "accounts": {"seconds": 600}} for name in SOURCES],
        tasks=[{"id": "lasting", "seconds": 600}],
    )
    tasks = [
        {"name": "Wait", f"sailpoint.isc.{module}": options, "when": f"inventory_hostname == '{module}'"}
        for module, options in WAITS.items()
    ]
    play = {"name": "Wait for all at once", "hosts": "all", "strategy": "free", "gather_facts": False, "tasks": tasks}
    (tmp_path / "play.json").write_text(json.dumps([play]))
    environ = {
        "SAIL_BASE_URL": tenant.url,
        "SAIL_CLIENT_ID": "admin",
        "SAIL_CLIENT_SECRET": SECRETS["admin"],
        "HOME": str(home),
        "TMPDIR": str(home),
        "ANSIBLE_LOCAL_TEMP": str(home),
    }
    program = str(Path(sys.executable).with_name("ansible-playbook"))
    variables = {"ansible_python_interpreter": sys.executable, "ansible_remote_tmp": str(home)}
    command = [program, "-i", ",".join(hosts) + ",", "-c", "local", "-e", json.dumps(variables), "play.json"]
    # A session of its own, as in a terminal
    playing = subprocess.Popen(
        command,
        cwd=tmp_path,
        env={**os.environ, **environ},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )
    try:
        if len(hosts) == 1:
            # Only one: a signal that arrives while ansible-core starts another worker may make it hang.
            wait_until(lambda: any(home.rglob("AnsiballZ_*")), "The module was not started.")
        else:
            wait_until_asked(tenant, "token", len(WAITS))
            wait_until(lambda: asked_for(tenant) == TASKS, "Not every module waits.")
            assert len(running(home)) > len(WAITS)
        # A terminal sends Ctrl-C to all that run in it.
        (os.killpg if number == signal.SIGINT else os.kill)(playing.pid, number)
        shown, _none = playing.communicate(timeout=MOST_SECONDS)
        assert playing.returncode == (INTERRUPTED if number == signal.SIGINT else -number), shown
        assert "Traceback" not in shown
        # Those that were told to end may take a moment to be gone.
        wait_until(lambda: running(home) == [], "Something is left.")
    finally:
        for process in running(home):
            process.kill()
    # Modules have kept their options in files, secrets too. When it is killed, ansible-playbook leaves its own behind.
    left = {str(file.relative_to(home)) for file in home.rglob("*") if not file.is_dir()}
    own = "ansible-local-[^/]+/ansiballz_cache/|pymp-"
    assert [file for file in left if number == signal.SIGINT or not re.match(own, file)] == []


def asked_for(tenant: Hand) -> int:
    """How many tasks the tenant has been asked for."""
    return len({entry["path"] for entry in tenant.log() if entry["operation"] == "get"})


def running(home: Path) -> list[psutil.Process]:
    """The processes that have inherited a home and still run, wherever they have moved to."""
    found = psutil.process_iter(["environ"])
    return [process for process in found if (process.info["environ"] or {}).get("HOME") == str(home)]
