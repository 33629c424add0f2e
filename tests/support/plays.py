# Copyright (c) 2026, the sailpoint.isc contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Runs playbooks by ansible-runner, as Automation Platform does, and keeps what they showed and what tasks returned."""

from __future__ import annotations

import os
import shlex
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import ansible_runner

from tests.support.hand import SECRETS

Result = dict[str, Any]

_MOST_SECONDS = 300
_ENDS = ("runner_on_ok", "runner_on_failed", "runner_on_unreachable", "runner_item_on_ok", "runner_item_on_failed")


@dataclass(frozen=True)
class Played:
    """A run of a playbook. rc: its exit status.  shown: what it printed.  events: as ansible-runner gives them."""

    rc: int
    shown: str
    events: Sequence[Mapping[str, Any]]

    def results(self, module: str, host: str = "localhost") -> list[Result]:
        """What the tasks of a module returned on a host, in their order; items of loops too."""
        found = (event["event_data"] for event in self.events if event["event"] in _ENDS)
        return [data["res"] for data in found if data["host"] == host and data["resolved_action"] == module]

    def fact(self, name: str, host: str = "localhost") -> Any:
        """What set_fact has set a fact to last."""
        facts = [result.get("ansible_facts", {}) for result in self.results("ansible.builtin.set_fact", host)]
        return [found[name] for found in facts if name in found][-1]

    def said(self, host: str = "localhost") -> str:
        """What it printed of a host, without the headings of tasks."""
        texts = (event["stdout"] for event in self.events if event["event_data"].get("host") == host)
        return "\n".join(text.replace("\r\n", "\n") for text in texts if text)

    def failed(self, host: str = "localhost") -> bool:
        """Whether its run ended with a failure for a host; one that was rescued is none."""
        (stats,) = (event["event_data"] for event in self.events if event["event"] == "playbook_on_stats")
        return host in stats["failures"]


def play(
    directory: Path,
    playbook: str | list[dict[str, Any]],
    *arguments: str,
    variables: Mapping[str, Any] | None = None,
    environ: Mapping[str, str] | None = None,
    hosts: Mapping[str, Mapping[str, Any]] | None = None,
    python: Path | None = None,
) -> Played:
    """Run a playbook (its FQCN, its file, or plays) in a directory of its own, and see that it shows nothing secret.

    arguments: of ansible-playbook.  variables: extra variables, given in a file, as those of a job are.
    hosts: the variables of each, by its name; where none are given there is localhost alone. A group named localhost
    has them, so that the collection's playbooks too run for each of them.
    python: of an environment with another ansible-core than that of this process.
    """
    python = python or Path(sys.executable)
    common = {"ansible_connection": "local", "ansible_python_interpreter": str(python)}
    private = directory / f"play-{len(list(directory.glob('play-*')))}"
    private.mkdir()
    job = ansible_runner.run(
        private_data_dir=str(private),
        ident="job",
        playbook=playbook,
        cmdline=shlex.join(arguments),
        extravars=dict(variables or {}),
        envvars={"PATH": os.pathsep.join([str(python.parent), os.environ["PATH"]]), **(environ or {})},
        inventory={"all": {**_inventory(hosts), "vars": common}},
        settings={"runner_mode": "subprocess"},
        timeout=_MOST_SECONDS,
        quiet=True,
    )
    artifacts = private / "artifacts/job"
    shown = "".join((artifacts / stream).read_text(encoding="utf-8") for stream in ("stdout", "stderr"))
    # What Automation Platform keeps and shows of a job holds neither a secret nor a token (a JWT).
    kept = [file.read_text(encoding="utf-8") for file in artifacts.glob("job_events/*.json")]
    assert kept
    assert [hidden for hidden in (*SECRETS.values(), "eyJ") for text in (shown, *kept) if hidden in text] == []
    return Played(job.rc, shown, list(job.events))


def _inventory(hosts: Mapping[str, Mapping[str, Any]] | None) -> dict[str, Any]:
    if hosts is None:
        return {"hosts": {"localhost": {}}}
    return {"children": {"localhost": {"hosts": dict(hosts)}}}
