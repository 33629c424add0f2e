# Copyright (c) 2026, the sailpoint.isc contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The workflows of the forge run what is there, on every ansible-core, and only publishing gets the release's token."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.support.cores import CORES
from tests.support.workspace import ROOT

FILES = sorted(ROOT.glob(".github/workflows/*.yml"))
ACTION = re.compile(r"[\w-]+/[\w-]+@v\d+")
PUBLISHES = "ansible-galaxy collection publish"


def workflow(file: Path) -> dict[str, Any]:
    content: dict[str, Any] = yaml.safe_load(file.read_text(encoding="utf-8"))
    return content


def steps(file: Path) -> Iterator[dict[str, Any]]:
    for job in workflow(file)["jobs"].values():
        yield from job.get("steps", [])


def commands(file: Path) -> Iterator[str]:
    """What is run, once for each entry of a matrix."""
    for job in workflow(file)["jobs"].values():
        entries = job.get("strategy", {}).get("matrix", {}).get("command", [""])
        for step in job.get("steps", []):
            yield from dict.fromkeys(
                step.get("run", "").replace("${{ matrix.command }}", entry) for entry in entries if "run" in step
            )


def test_tests_every_ansible_core() -> None:
    (checks,) = (file for file in FILES if file.stem == "checks")
    assert list(commands(checks)) == ["make test", *(f"make test-matrix ARGS={core.name}" for core in CORES)]


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_runs_targets_of_the_makefile(file: Path) -> None:
    there = set(re.findall(r'@echo "make ([a-z-]+)', (ROOT / "Makefile").read_text(encoding="utf-8")))
    called = [command.split() for command in commands(file) if command.startswith("make ")]
    assert called
    assert {word for words in called for word in words[1:] if "=" not in word} <= there


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_may_only_read_and_says_which_actions(file: Path) -> None:
    jobs = workflow(file)["jobs"].values()
    assert workflow(file)["permissions"] == {"contents": "read"}
    assert [job for job in jobs if "permissions" in job] == []
    assert [step["uses"] for step in steps(file) if "uses" in step and not ACTION.fullmatch(step["uses"])] == []
    assert [job["uses"] for job in jobs if "uses" in job and not (ROOT / job["uses"]).is_file()] == []


def test_gives_the_token_to_nothing_but_the_publishing() -> None:
    """And by the environment: everybody on a machine sees what is on a command line."""
    given = [
        (PUBLISHES in step.get("run", ""), name)
        for file in FILES
        for step in steps(file)
        for name, value in step.get("env", {}).items()
        if "secrets." in value
    ]
    assert given == [(True, "ANSIBLE_GALAXY_SERVER_RELEASE_TOKEN")]
    assert sum(file.read_text(encoding="utf-8").count("secrets.") for file in FILES) == 1
