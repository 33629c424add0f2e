# Copyright (c) 2026, the sailpoint.isc contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What builds execution environments finds in the artifact what the modules need. No container is built.

COLLECTION_TREE names the tree the artifact is built from, ANSIBLE_BUILDER the command.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from tests.docs.examples import blocks
from tests.support.workspace import ROOT

GALAXY = Path(sys.executable).parent / "ansible-galaxy"
GUIDE = ROOT / "docs/docsite/rst/guide_automation_platform.rst"
NAMED = {line for line in (ROOT / "requirements.txt").read_text().splitlines() if line and not line.startswith("#")}


@pytest.fixture(scope="module")
def artifact(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The artifact, as `make build` makes it."""
    directory = tmp_path_factory.mktemp("built")
    run(GALAXY, "collection", "build", "--output-path", directory, os.environ["COLLECTION_TREE"], cwd=directory)
    (file,) = directory.glob("sailpoint-isc-*.tar.gz")
    return file


@pytest.fixture(scope="module")
def installed(artifact: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The directory of collections into which the artifact was installed."""
    directory = tmp_path_factory.mktemp("installed")
    # By force: it is installed elsewhere, where other tests have it.
    run(GALAXY, "collection", "install", artifact, "--offline", "--force", "-p", directory, cwd=directory)
    return directory


def run(*command: object, cwd: Path) -> str:
    done = subprocess.run(
        [str(part) for part in command],
        check=False,
        cwd=cwd,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def create(definition: Path) -> Path:
    """The directory with what would be built from a definition."""
    context = definition.parent / "context"
    run(os.environ["ANSIBLE_BUILDER"], "create", "-f", definition, "-c", context, cwd=definition.parent)
    return context / "_build"


def test_finds_the_libraries_in_the_artifact(installed: Path) -> None:
    """This is what a build does with all collections that it has installed."""
    found = yaml.safe_load(run(os.environ["ANSIBLE_BUILDER"], "introspect", installed, cwd=installed))
    assert {line.split("#")[0].strip() for line in found["python"]} == NAMED
    assert {line.split(">")[0] for line in NAMED} == {"jsonpatch", "requests"}
    assert found["system"] == []


def test_takes_the_collections_own_definition(installed: Path, tmp_path: Path) -> None:
    """As a definition of its own; the paths in it start at the root of the collection."""
    collection = installed / "ansible_collections/sailpoint/isc"
    shutil.copy2(collection / "meta/execution-environment.yml", tmp_path)
    shutil.copy2(collection / "requirements.txt", tmp_path)
    build = create(tmp_path / "execution-environment.yml")
    assert set((build / "requirements.txt").read_text().splitlines()) >= NAMED


def test_takes_the_definition_that_the_guide_shows(artifact: Path, tmp_path: Path) -> None:
    (shown,) = (block for block in blocks(GUIDE) if ("file", "execution-environment.yml") in block.marks)
    wanted = yaml.safe_load(shown.text)["dependencies"]["galaxy"]["collections"][0]["name"]
    shutil.copy2(artifact, tmp_path / wanted)
    (tmp_path / "execution-environment.yml").write_text(shown.text)
    build = create(tmp_path / "execution-environment.yml")
    assert (build / wanted).read_bytes() == artifact.read_bytes()
    assert yaml.safe_load((build / "requirements.yml").read_text())["collections"][0]["name"] == wanted
