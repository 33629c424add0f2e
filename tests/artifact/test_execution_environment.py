# Copyright (c) 2026, the sailpoint.isc contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What builds execution environments finds in the artifact what the modules need. No container is built.

ANSIBLE_BUILDER names the command.
"""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import yaml

from tests.artifact.user import User
from tests.docs.examples import blocks
from tests.support.workspace import ROOT

GUIDE = ROOT / "docs/docsite/rst/guide_automation_platform.rst"
NAMED = {line for line in (ROOT / "requirements.txt").read_text().splitlines() if line and not line.startswith("#")}


def create(user: User, definition: Path) -> Path:
    """The directory with what would be built from a definition."""
    context = definition.parent / "context"
    user.run(os.environ["ANSIBLE_BUILDER"], "create", "-f", definition, "-c", context)
    return context / "_build"


def test_finds_the_libraries_in_the_artifact(user: User) -> None:
    """This is what a build does with all collections that it has installed."""
    found = yaml.safe_load(user.run(os.environ["ANSIBLE_BUILDER"], "introspect", user.collections).stdout)
    assert {line.split("#")[0].strip() for line in found["python"]} == NAMED
    assert {line.split(">")[0] for line in NAMED} == {"jsonpatch", "requests"}
    assert found["system"] == []


def test_takes_the_collections_own_definition(user: User, tmp_path: Path) -> None:
    """As a definition of its own; the paths in it start at the root of the collection."""
    shutil.copy2(user.collection / "meta/execution-environment.yml", tmp_path)
    shutil.copy2(user.collection / "requirements.txt", tmp_path)
    build = create(user, tmp_path / "execution-environment.yml")
    assert set((build / "requirements.txt").read_text().splitlines()) >= NAMED


def test_takes_the_definition_that_the_guide_shows(user: User, artifact: Path, tmp_path: Path) -> None:
    (shown,) = (block for block in blocks(GUIDE) if ("file", "execution-environment.yml") in block.marks)
    wanted = yaml.safe_load(shown.text)["dependencies"]["galaxy"]["collections"][0]["name"]
    shutil.copy2(artifact, tmp_path / wanted)
    (tmp_path / "execution-environment.yml").write_text(shown.text)
    build = create(user, tmp_path / "execution-environment.yml")
    assert (build / wanted).read_bytes() == artifact.read_bytes()
    assert yaml.safe_load((build / "requirements.yml").read_text())["collections"][0]["name"] == wanted
