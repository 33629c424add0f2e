# Copyright (c) 2026, the sailpoint.isc contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What README.md and CONTRIBUTING.md send people to is there."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from tests.support.workspace import ROOT, tracked_files

FILES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md"]
# What is made, and what stands for something else
MADE = ("docs/build", "changelogs/fragments")
PATH = re.compile(r"\b(?:changelogs|docs|meta|playbooks|plugins|roles|tests)/[\w./-]*")
PRIVATE = re.compile(r"(?<![\w./-])(_[a-z_]+)(?:\.py)?(?=[`,) ])")
LINK = re.compile(r"\]\(([^)#:]+)\)")


def missing(text: str) -> Iterator[str]:
    """The places that a text names and the checkout does not have."""
    for name in {path.rstrip("./") for path in (*PATH.findall(text), *LINK.findall(text))}:
        if "NAME" not in name and not name.startswith(MADE) and not (ROOT / name).exists():
            yield name


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_names_places_that_are_there(file: Path) -> None:
    assert list(missing(file.read_text(encoding="utf-8"))) == []


def test_has_every_kind_of_test_on_the_map() -> None:
    kinds = {match[1] for name in tracked_files() if (match := re.match(r"tests/(\w+)/", name))}
    assert {kind for kind in kinds if f"`tests/{kind}/" not in FILES[1].read_text(encoding="utf-8")} == set()


def test_names_private_files_that_are_there() -> None:
    named = set(PRIVATE.findall(FILES[1].read_text(encoding="utf-8")))
    assert {"_transport", "_versions", "_errors"} <= named
    assert [name for name in sorted(named) if not (ROOT / f"plugins/module_utils/{name}.py").exists()] == []


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_names_targets_of_the_makefile(file: Path) -> None:
    described = set(re.findall(r'@echo "make ([a-z]+)', (ROOT / "Makefile").read_text(encoding="utf-8")))
    commands = re.findall(r"`make ([a-z]+)|^make ([a-z]+)", file.read_text(encoding="utf-8"), re.MULTILINE)
    assert {name for pair in commands for name in pair if name} - {"help"} <= described


def test_tells_of_every_plugin() -> None:
    """README.md has a row for each, and names the versions of ansible-core that are supported."""
    text = FILES[0].read_text(encoding="utf-8")
    names = {file.stem for folder in ("modules", "filter") for file in ROOT.glob(f"plugins/{folder}/*.py")}
    names |= {file.name for file in ROOT.glob("roles/*")}
    assert {name for name in names if f"| `{name}`" not in text} == set()
    oldest = yaml.safe_load((ROOT / "meta/runtime.yml").read_text(encoding="utf-8"))["requires_ansible"]
    assert f"ansible-core {oldest.removeprefix('>=').removesuffix('.0')} to" in text


def test_notices_a_place_that_is_not_there() -> None:
    assert list(missing("See [this](docs/gone.md) and `plugins/modules/`.")) == ["docs/gone.md"]
