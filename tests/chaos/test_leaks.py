# Copyright (c) 2026, the sailpoint.isc contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Secrets and tokens: all that playbooks print, return, log and leave behind is looked through for them.

CHAOS_CORES names the interpreters of environments with ansible-core, as masking differs between its versions. What each
module prints and logs by itself, tests/unit/plugins/modules/test_leaks.py looks through.
"""

from __future__ import annotations

import os
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.support.hand import Hand
from tests.support.leaks import KEEPER, TASKS, TELLING, leaked, prepare
from tests.support.plays import play

CORES = dict(core.split("=", 1) for core in os.environ.get("CHAOS_CORES", f"this={sys.executable}").splitlines())

# What runs where: on a host that tells nothing, and on those whose API, or token endpoint, tells secrets in refusals
RUN = {
    "nothing": tuple(TASKS),
    "api": ("task_status_info", "task_wait"),
    "token": ("access_token", "task_status_info"),
}
REFUSED_OPTIONS: list[tuple[str, dict[str, Any]]] = [
    ("task_status_info", {"limit": "many"}),
    ("task_status_info", {"limit": 0}),
    ("access_token", {"access_token": "", "client_id": "nobody"}),
    ("task_wait", {"ids": ["good"], "timeout": "soon"}),
    # Ansible refuses this one before it has learned what is to be masked.
    ("task_status", {"id": "good", "patch": "text"}),
]
# What must be there to be looked through
SIGNS = ("PLAY RECAP", '"module_args":', "failed with status 400", "failed with status 403", "failed with status 401")

# Keeps what modules log, in place of the machine's log
SITE = """
import os, syslog
def write(*arguments):
    with open(os.environ["CHAOS_SYSLOG"], "a", encoding="utf-8") as file:
        print(*arguments, file=file)
syslog.syslog = write
"""


@pytest.mark.parametrize("python", CORES.values(), ids=CORES)
def test_a_playbook_leaks_neither_secrets_nor_tokens(tenants: list[Hand], tmp_path: Path, python: str) -> None:
    (tmp_path / "sitecustomize.py").write_text(SITE)
    log = tmp_path / "syslog"
    # A path of a socket has to be short.
    with tempfile.TemporaryDirectory() as home:
        facts = {"ansible_remote_tmp": f"{home}/remote", "ansible_async_dir": f"{home}/async"}
        hosts = {
            telling: {**facts, **KEEPER, "url": tenant.url, "token": prepare(tenant, telling)}
            for telling, tenant in zip(TELLING, tenants)
        }
        environ = {
            "SAIL_BASE_URL": tenants[0].url,
            "SAIL_CLIENT_ID": KEEPER["client_id"],
            "SAIL_CLIENT_SECRET": KEEPER["client_secret"],
            "ANSIBLE_INJECT_INVOCATION": "1",
            "ANSIBLE_NOCOLOR": "1",
            "ANSIBLE_LOCAL_TEMP": f"{home}/local",
            "HOME": home,
            "TMPDIR": home,
            "PYTHONPATH": str(tmp_path),
            "CHAOS_SYSLOG": str(log),
        }
        # What is printed and returned is looked through there.
        played = play(tmp_path, list(plays()), "-vvvv", "--diff", hosts=hosts, environ=environ, python=Path(python))
        seen = {str(file): file.read_text(errors="replace") for file in (log, *left_in(Path(home)))}
    assert not [sign for sign in SIGNS if sign not in played.shown]
    assert "Invoked with" in seen[str(log)]
    assert not {name: leaked(text) for name, text in seen.items() if leaked(text)}


def plays() -> Iterator[dict[str, Any]]:
    """Plays that are given secrets in every way."""
    common = {"base_url": "{{ url }}", "client_id": "{{ client_id }}", "retries": 0}
    by_secret = {**common, "client_secret": "{{ client_secret }}"}
    by_token = {**common, "access_token": "{{ token }}"}
    for telling, names in RUN.items():
        kept = "".join(f"{{{{ kept_{name} }}}}" for name in names if name != "access_token")
        run = (task(name, {**by_secret, **TASKS[name]}, register=f"kept_{name}") for name in names)
        yield play_of(telling, *run, {"name": "Show", "ansible.builtin.debug": {"msg": kept}})
    defaults = {"group/sailpoint.isc.isc": {**by_secret, "access_token": "{{ token }}"}}
    yield play_of("nothing", *(task(*refused) for refused in REFUSED_OPTIONS), module_defaults=defaults)
    yield play_of("api", task("task_status_info", {"offset": "{{ item }}"}, loop=[0, 1]), module_defaults=defaults)
    # From the environment of the run, and with a token alone
    yield play_of("nothing", task("task_wait", {"ids": ["good"]}))
    yield play_of("nothing", task("task_status_info", {**by_token, "id": "{{ item }}"}, loop=["good", "nobody"]))
    asynchronous = (
        task(name, {**by_secret, **TASKS[name]}, **{"async": 60, "poll": 1})
        for name in ("access_token", "task_wait", "source_aggregation")
    )
    yield play_of("nothing,api", *asynchronous)


def task(module: str, options: dict[str, Any], **keywords: Any) -> dict[str, Any]:
    return {"name": module, f"sailpoint.isc.{module}": options, "ignore_errors": True, **keywords}


def play_of(hosts: str, *tasks: dict[str, Any], **keywords: Any) -> dict[str, Any]:
    return {"name": "Play", "hosts": hosts, "gather_facts": False, "tasks": list(tasks), **keywords}


def left_in(home: Path) -> list[Path]:
    """What a run leaves behind; the wrapper of an asynchronous job looks every five seconds whether it can clean up."""
    deadline = time.monotonic() + 15
    while any(home.rglob("AnsiballZ_*")) and time.monotonic() < deadline:
        time.sleep(0.2)
    return [file for file in home.rglob("*") if file.is_file()]
