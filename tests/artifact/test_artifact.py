# Copyright (c) 2026, the sailpoint.isc contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The built artifact, installed offline into an empty directory, is complete without the checkout."""

from __future__ import annotations

import json
import tarfile
from pathlib import Path

import pytest
import yaml

from tests.artifact.user import User
from tests.support.hand import Hand
from tests.support.workspace import ROOT

# Everything at the top of the artifact; what a user does not need is not there.
EXPECTED_TOP = {
    "CHANGELOG.md",
    "FILES.json",
    "LICENSE",
    "MANIFEST.json",
    "README.md",
    "meta",
    "playbooks",
    "plugins",
    "requirements.txt",
    "roles",
}
POSSIBLE_TOP = EXPECTED_TOP | {"docs", "extensions"}


def test_holds_only_what_users_need(artifact: Path) -> None:
    with tarfile.open(artifact) as tar:
        names = tar.getnames()
    top = {name.split("/")[0] for name in names}
    assert top >= EXPECTED_TOP
    assert top <= POSSIBLE_TOP
    assert [name for name in names if name.endswith((".pyc", "__pycache__", ".orig", ".rej"))] == []
    assert [name for name in names if "/." in f"/{name}"] == []


def test_is_installed_as_it_was_built(user: User) -> None:
    """The manifest's checksums are those of the files."""
    user.run("ansible-galaxy", "collection", "verify", "sailpoint.isc", "--offline")


def test_says_one_version_everywhere(user: User) -> None:
    version = json.loads((user.collection / "MANIFEST.json").read_text())["collection_info"]["version"]
    assert f'"{version}"' in (user.collection / "plugins/module_utils/_version.py").read_text()


def test_names_its_modules_in_alphabetical_order(user: User) -> None:
    (group,) = yaml.safe_load((user.collection / "meta/runtime.yml").read_text())["action_groups"].values()
    assert group == sorted(group)


@pytest.mark.parametrize("tests", ["unit", "integration"])
def test_is_tested_with_its_requirements(tests: str) -> None:
    needed, given = (
        {line for line in (ROOT / file).read_text().splitlines() if not line.startswith("#")}
        for file in ("requirements.txt", f"tests/{tests}/requirements.txt")
    )
    assert needed <= given


def test_finds_its_requirements(user: User) -> None:
    meta = user.collection / "meta/execution-environment.yml"
    named = [line.split(":")[1].strip() for line in meta.read_text().splitlines() if line.strip().startswith("python:")]
    assert named == ["requirements.txt"]
    assert (user.collection / "requirements.txt").is_file()


def test_runs_a_module(user: User, tenant: Hand) -> None:
    tenant.scenario(generate={"count": 5})
    playbook = user.home / "play.yml"
    task = {
        "name": "List tasks",
        "sailpoint.isc.task_status_info": {
            "base_url": tenant.url,
            "client_id": "admin",
            "client_secret": "admin-secret",
            "max_results": 3,
        },
        "register": "listed",
    }
    show = {
        "name": "Show them",
        "ansible.builtin.copy": {"content": "{{ listed }}", "dest": "listed.json", "mode": "0600"},
    }
    play = {"name": "Read", "hosts": "localhost", "gather_facts": False, "tasks": [task, show]}
    playbook.write_text(json.dumps([play]))
    user.run("ansible-playbook", playbook)
    listed = json.loads((user.home / "listed.json").read_text())
    assert len({record["id"] for record in listed["tasks"]}) == 3
