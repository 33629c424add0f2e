# Copyright (c) 2026, the sailpoint.isc contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Runs playbooks by ansible-runner, as Automation Platform does, and keeps what they showed and what tasks returned."""

from __future__ import annotations

import os
import re
import shlex
import sys
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import ansible_runner

from tests.support.hand import SECRETS
from tests.support.leaks import leaked

Result = dict[str, Any]

_MOST_SECONDS = 300
_ENDS = ("runner_on_ok", "runner_on_failed", "runner_on_unreachable", "runner_item_on_ok", "runner_item_on_failed")


@dataclass(frozen=True)
class Played:
    """A run of a playbook.

    directory: where it was started.  rc: its exit status.  shown: what it printed.
    events: as ansible-runner gives them.
    """

    directory: Path
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
        texts = (event["stdout"] for event in self.events if event.get("event_data", {}).get("host") == host)
        return "\n".join(text.replace("\r\n", "\n") for text in texts if text)

    def recap(self, host: str = "localhost") -> dict[str, int]:
        """How many tasks ended how on a host, by the names of the recap's columns."""
        (line,) = re.findall(rf"^{host} +: (.*)$", self.shown, re.MULTILINE)
        return {name: int(number) for name, number in re.findall(r"(\w+)=(\d+)", line)}


@dataclass(frozen=True)
class Case:
    """A run for one host of several, as a client of its own, by whose name the tenant's log tells it apart.

    given: variables.  says: regular expressions of what is printed.  fails: whether it fails for this host.
    connection: options that module_defaults give to all modules, on top of those of the tenant.
    """

    given: Mapping[str, Any]
    says: Sequence[str] = ()
    fails: bool = False
    connection: Mapping[str, Any] = field(default_factory=dict)


def clients(cases: Iterable[str]) -> list[dict[str, Any]]:
    """The clients of a scenario, one for each case."""
    return [{"client_id": name, "client_secret": SECRETS["admin"], "user_name": "ada.admin"} for name in cases]


def hosts(cases: Mapping[str, Case], url: str) -> dict[str, dict[str, Any]]:
    """The hosts of a play, one for each case."""
    found = {}
    for name, case in cases.items():
        connection = {"base_url": url, "client_id": name, "client_secret": SECRETS["admin"], **case.connection}
        found[name] = {**case.given, "connection": connection}
    return found


def role(name: str) -> list[dict[str, Any]]:
    """A play that runs a role, by the keyword check_mode where check_keyword says so, whose fact ends up in `left`."""
    fact = f"{{{{ {name}_result | default({{}}) }}}}"
    run = {"name": "Run it", "ansible.builtin.include_role": {"name": f"sailpoint.isc.{name}"}}
    keep = {"name": "Keep what it leaves behind", "ansible.builtin.set_fact": {"left": fact}}
    check_mode = "{{ check_keyword | default(ansible_check_mode) }}"
    tasks = [{"name": "Run it, whatever comes of it", "check_mode": check_mode, "block": [run], "always": [keep]}]
    defaults = {"group/sailpoint.isc.isc": "{{ connection }}"}
    play = {"name": "Run the role", "hosts": "localhost", "gather_facts": False, "module_defaults": defaults}
    return [{**play, "tasks": tasks}]


def check(played: Played, cases: Mapping[str, Case]) -> None:
    """See that it went for each host as its case says."""
    for host, case in cases.items():
        said = played.said(host)
        missing = [pattern for pattern in case.says if not re.search(pattern, said)]
        assert not missing, f"{missing} is not in what is shown of {host}:\n{said}"
        recap = played.recap(host)
        ended = (recap["failed"], recap["ignored"], recap["unreachable"])
        assert ended == (int(case.fails), 0, 0), f"{host} ended with {recap}:\n{said}"


def play(
    directory: Path,
    playbook: str | list[dict[str, Any]],
    *arguments: str,
    variables: Mapping[str, Any] | None = None,
    environ: Mapping[str, str] | None = None,
    hosts: Mapping[str, Mapping[str, Any]] | None = None,
    python: Path | None = None,
    files: Mapping[str, str] | None = None,
) -> Played:
    """Run a playbook (its FQCN, its file, or plays) in a directory of its own, and see that it shows nothing secret.

    arguments: of ansible-playbook.  variables: extra variables, given in a file, as those of a job are.
    hosts: the variables of each, by its name; where none are given there is localhost alone. A group named localhost
    has them, so that the collection's playbooks too run for each of them.
    files: what lies in the directory where it is run, by paths.
    python: of an environment with another ansible-core than that of this process.
    """
    python = python or Path(sys.executable)
    common = {"ansible_connection": "local", "ansible_python_interpreter": str(python)}
    path = os.pathsep.join([str(python.parent), os.environ["PATH"]])
    # All hosts at the same time: some wait for what is to happen to others.
    forks = str(max(5, len(hosts or ())))
    private = directory / f"play-{len(list(directory.glob('play-*')))}"
    private.mkdir()
    for name, text in (files or {}).items():
        (private / name).parent.mkdir(parents=True, exist_ok=True)
        (private / name).write_text(text, encoding="utf-8")
    job = ansible_runner.run(
        private_data_dir=str(private),
        ident="job",
        playbook=playbook,
        cmdline=shlex.join(arguments),
        extravars=dict(variables or {}),
        envvars={"PATH": path, "ANSIBLE_FORKS": forks, **(environ or {})},
        inventory={"all": {**_inventory(hosts), "vars": common}},
        timeout=_MOST_SECONDS,
        quiet=True,
    )
    artifacts = private / "artifacts/job"
    shown = (artifacts / "stdout").read_text(encoding="utf-8")
    # What Automation Platform keeps and shows of a job holds neither a secret nor a token (a JWT).
    kept = [file.read_text(encoding="utf-8") for file in artifacts.glob("job_events/*.json")]
    found = set(map(leaked, (shown, *kept))) - {None}
    assert kept
    assert not found, f"{found} is in what is kept of a job, such as:\n{shown}"
    return Played(Path(job.config.cwd), job.rc, shown, list(job.events))


def _inventory(hosts: Mapping[str, Mapping[str, Any]] | None) -> dict[str, Any]:
    if hosts is None:
        return {"hosts": {"localhost": {}}}
    return {"children": {"localhost": {"hosts": dict(hosts)}}}
