# Copyright (c) 2026, the sailpoint.isc contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The built artifact, installed offline into an empty directory, is complete without the checkout.

COLLECTION_TREE names the tree it is built from, TENANT_PYTHON the interpreter that serves the stand-in tenant.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tarfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.tenant import running_tenant

BIN = Path(sys.executable).parent
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


@pytest.fixture(scope="module")
def artifact(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The artifact, as `make build` makes it."""
    directory = tmp_path_factory.mktemp("built")
    tree = os.environ["COLLECTION_TREE"]
    _run(["ansible-galaxy", "collection", "build", "--output-path", str(directory), tree], directory)
    (file,) = directory.glob("sailpoint-isc-*.tar.gz")
    return file


@pytest.fixture(scope="module")
def user_directory(artifact: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An empty directory into which a user has installed the artifact."""
    directory = tmp_path_factory.mktemp("user")
    install = [
        "ansible-galaxy",
        "collection",
        "install",
        str(artifact),
        "--offline",
        "-p",
        str(directory / "collections"),
    ]
    _run(install, directory)
    return directory


@pytest.fixture(scope="module")
def tenant_url() -> Iterator[str]:
    """The address of a stand-in tenant."""
    with running_tenant(os.environ["TENANT_PYTHON"]) as url:
        yield url


def test_holds_only_what_users_need(artifact: Path) -> None:
    with tarfile.open(artifact) as tar:
        names = tar.getnames()
    top = {name.split("/")[0] for name in names}
    assert top >= EXPECTED_TOP
    assert top <= POSSIBLE_TOP
    assert [name for name in names if name.endswith((".pyc", "__pycache__", ".orig", ".rej"))] == []


def test_finds_its_requirements(user_directory: Path) -> None:
    meta = user_directory / "collections/ansible_collections/sailpoint/isc/meta/execution-environment.yml"
    named = [line.split(":")[1].strip() for line in meta.read_text().splitlines() if line.strip().startswith("python:")]
    assert named == ["requirements.txt"]
    assert (meta.parents[1] / "requirements.txt").is_file()


def test_runs_a_module(user_directory: Path, tenant_url: str) -> None:
    playbook = user_directory / "play.yml"
    task = {
        "name": "List tasks",
        "sailpoint.isc.task_status_info": {
            "base_url": tenant_url,
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
    _run(["ansible-playbook", str(playbook)], user_directory)
    listed = json.loads((user_directory / "listed.json").read_text())
    assert len({record["id"] for record in listed["tasks"]}) == 3


def test_documents_every_module(user_directory: Path) -> None:
    listed = _run(["ansible-doc", "--list", "--json", "sailpoint.isc"], user_directory)
    modules = (user_directory / "collections/ansible_collections/sailpoint/isc/plugins/modules").glob("*.py")
    assert sorted(json.loads(listed)) == sorted(f"sailpoint.isc.{module.stem}" for module in modules)


def _run(command: list[str], directory: Path) -> str:
    """Run an Ansible command of somebody at home in `directory`, without the checkout, and return what it printed."""
    # Found first: settings of the machine do not matter.
    (directory / "ansible.cfg").touch()
    environ = {
        "PATH": os.pathsep.join([str(BIN), os.defpath]),
        "HOME": str(directory),
        "TMPDIR": str(directory),
        "ANSIBLE_REMOTE_TMP": str(directory / "tmp"),
        "LC_ALL": "C.UTF-8",
        "ANSIBLE_COLLECTIONS_PATH": str(directory / "collections"),
    }
    done = subprocess.run(
        [str(BIN / command[0]), *command[1:]],
        check=False,
        cwd=directory,
        env=environ,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout
