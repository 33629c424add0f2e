# Copyright (c) 2026, the sailpoint.isc contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Where a play shows what modules tell while they wait, and where it does not."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.support.hand import SECRETS, Hand
from tests.support.plays import Played, play

HOSTS = ("one", "two", "three")
# A connection that is local and does not say so, as that to another host
ELSEWHERE = """
from ansible.plugins.connection.local import Connection as Local

DOCUMENTATION = '''
name: elsewhere
short_description: Runs modules here, as if it were another host
description: Of a test.
extends_documentation_fragment: connection_pipelining
'''


class Connection(Local):
    transport = "elsewhere"
"""
# Runs a command as sudo does, but not as another user, which only root may
SUDO = """#!/bin/sh
while [ "$1" != -u ]; do shift; done
shift 2
exec "$@"
"""


@pytest.fixture(autouse=True)
def tasks(tenant: Hand) -> None:
    tenant.scenario(
        sources=[{"id": "hr", "name": "HR System"}],
        tasks=[{"id": name, "source": "hr", "seconds": 1, "age": "1h"} for name in (*HOSTS, "again")],
    )


def wait(tenant: Hand, **task: Any) -> dict[str, Any]:
    connection = {"base_url": tenant.url, "client_id": "admin", "client_secret": SECRETS["admin"]}
    return {"name": "Wait", "sailpoint.isc.task_wait": {**connection, "ids": ["{{ inventory_hostname }}"]}, **task}


def run(tmp_path: Path, *tasks: dict[str, Any], environ: dict[str, str] | None = None, **keys: Any) -> Played:
    plays = [{"name": "Wait", "hosts": "all", "gather_facts": False, "tasks": list(tasks), **keys}]
    hosts: dict[str, dict[str, Any]] = {name: {} for name in HOSTS}
    return play(
        tmp_path, plays, hosts=hosts, environ=environ, files={"project/connection_plugins/elsewhere.py": ELSEWHERE}
    )


def lines_of(shown: str) -> list[tuple[str, str]]:
    """The lines of progress: their hosts and what they are about."""
    return sorted(
        re.findall(r"^(\[\w+\]) 0:0\d (HR System, Cloud Account Aggregation: SUCCESS) after 1 s", shown, re.M)
    )


EACH = sorted((f"[{name}]", "HR System, Cloud Account Aggregation: SUCCESS") for name in HOSTS)


@pytest.mark.parametrize(
    "keys",
    [{}, {"strategy": "free"}, {"serial": 1}],
    ids=["linear", "free", "serial"],
)
def test_hosts_are_shown_each_by_its_name(tenant: Hand, tmp_path: Path, keys: dict[str, Any]) -> None:
    played = run(tmp_path, wait(tenant), **keys)
    assert played.rc == 0, played.shown
    assert lines_of(played.shown) == EACH


@pytest.mark.parametrize("callback", ["minimal", "yaml"])
def test_callbacks_show_them_too(tenant: Hand, tmp_path: Path, callback: str) -> None:
    setting = "ANSIBLE_CALLBACK_RESULT_FORMAT" if callback == "yaml" else "ANSIBLE_STDOUT_CALLBACK"
    log = tmp_path / "log"
    environ = {setting: callback, "ANSIBLE_LOG_PATH": str(log)}
    played = run(tmp_path, wait(tenant), environ=environ)
    assert lines_of(played.shown) == EACH
    logged = log.read_text(encoding="utf-8")
    assert all(f"[{name}] 0:0" in logged for name in HOSTS)


def playing(tenant: Hand, tmp_path: Path) -> subprocess.Popen[str]:
    """A play in another process, whose output is a pipe."""
    plays = [{"name": "Wait", "hosts": "all", "connection": "local", "gather_facts": False, "tasks": [wait(tenant)]}]
    (tmp_path / "play.json").write_text(json.dumps(plays))
    program = str(Path(sys.executable).with_name("ansible-playbook"))
    python = f"ansible_python_interpreter={sys.executable}"
    return subprocess.Popen(
        [program, "-i", ",".join(HOSTS), "-e", python, "play.json"],
        cwd=tmp_path,
        env={**os.environ, "ANSIBLE_STDOUT_CALLBACK": "oneline"},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def test_a_pipe_gets_them_line_by_line(tenant: Hand, tmp_path: Path) -> None:
    with playing(tenant, tmp_path) as play_process:
        shown, complaints = play_process.communicate(timeout=60)
    assert play_process.returncode == 0, complaints
    assert lines_of(shown) == EACH


def test_a_play_ends_where_its_output_is_no_longer_read(tenant: Hand, tmp_path: Path) -> None:
    """Of `ansible-playbook ... | head`."""
    with playing(tenant, tmp_path) as play_process:
        assert play_process.stdout is not None
        play_process.stdout.close()
        try:
            # Python says 120 where it cannot write what is left at its end.
            assert play_process.wait(timeout=60) in (0, 120)
        finally:
            play_process.kill()


def test_automation_platform_gets_them_as_events_and_a_loop_shows_each_item(tenant: Hand, tmp_path: Path) -> None:
    looped = wait(tenant, loop=["again", "{{ inventory_hostname }}"])
    looped["sailpoint.isc.task_wait"]["ids"] = ["{{ item }}"]
    played = run(tmp_path, looped)
    texts = [event["stdout"] for event in played.events if event["event"] == "verbose"]
    assert lines_of("\n".join(texts)) == sorted(EACH * 2)


def test_it_is_not_shown_where_nobody_may_see_it_or_the_module_runs_elsewhere(tenant: Hand, tmp_path: Path) -> None:
    quiet = wait(tenant)
    quiet["sailpoint.isc.task_wait"]["progress_interval"] = 0
    elsewhere = {"vars": {"ansible_connection": "elsewhere"}}
    sudo = tmp_path / "sudo"
    sudo.write_text(SUDO)
    sudo.chmod(0o755)
    become = {"ansible_become": True, "ansible_become_user": "nobody", "ansible_become_exe": str(sudo)}
    another = {"vars": {**become, "ansible_pipelining": True}}
    keys: list[dict[str, Any]] = [{"no_log": True}, {"check_mode": True}, {"async": 30, "poll": 1}, elsewhere, another]
    played = run(tmp_path, *(wait(tenant, **each) for each in keys), quiet)
    assert played.rc == 0, played.shown
    assert played.shown.count("TASK [Wait]") == 6
    assert lines_of(played.shown) == []
