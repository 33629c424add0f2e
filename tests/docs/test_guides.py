# Copyright (c) 2026, the sailpoint.isc contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Every playbook in the guides and in README.md runs, and prints what is shown below it."""

from __future__ import annotations

import difflib
import re
import subprocess
from collections.abc import Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path

import pytest
import yaml
from jinja2 import Environment

from tests.docs.examples import (
    ARTIFACT,
    BIN,
    Run,
    Stage,
    artifact,
    blocks,
    commands,
    normal,
    pages,
    refresh,
    run_page,
    wrong_ends,
)
from tests.support.workspace import ROOT

PAGES = pages()
PLAY = {"hosts", "ansible.builtin.import_playbook"}
ADVICE = "If it is meant to be so: make docs ARGS=--update"


@pytest.fixture(scope="module")
def runs(pool: ThreadPoolExecutor) -> Mapping[Path, Future[list[Run]]]:
    """All pages, in the making."""
    return {page: pool.submit(run_page, page) for page in PAGES}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_prints_what_is_shown(page: Path, runs: Mapping[Path, Future[list[Run]]]) -> None:
    results = runs[page].result()
    assert list(wrong_ends(results)) == []
    differences: list[str] = []
    for run in results:
        for command, output, fresh in zip(run.commands, run.outputs, run.fresh()):
            shown = normal("\n".join(command.output))
            differences += difflib.unified_diff(shown, normal(output), "shown", "printed", lineterm="") if fresh else []
    assert not differences, "\n".join([*differences, ADVICE])


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_runs_every_playbook(page: Path) -> None:
    """A block that is a playbook is a file that a command of the page runs."""
    found = blocks(page)
    scripts = [command.script for block in found if block.language == "console" for command in commands(block)]
    run = {word for script in scripts for word in script.split()}
    for block in found:
        content = yaml.safe_load(block.text) if block.language == "yaml" else None
        if isinstance(content, list) and any(PLAY & set(play) for play in content):
            assert set(block.marked("file")) & run, block.text


def test_hands_credentials_on() -> None:
    """The credential type of the guide: what its injectors put into the environment is all that a module needs."""
    files = ROOT / "extensions/automation_platform"
    inputs = yaml.safe_load((files / "credential_inputs.yml").read_text(encoding="utf-8"))["fields"]
    injected = yaml.safe_load((files / "credential_injectors_controller.yml").read_text(encoding="utf-8"))["env"]
    with Stage() as stage:
        stage.start_tenant("globex")
        usual = stage.environment()
        given = {
            "base_url": usual["SAIL_BASE_URL"],
            "client_id": usual["SAIL_CLIENT_ID"],
            "client_secret": usual["SAIL_CLIENT_SECRET"],
        }
        assert given.keys() <= {field["id"] for field in inputs}
        environ = {name: value for name, value in usual.items() if not name.startswith("SAIL_")}
        environ |= {name: Environment().from_string(template).render(given) for name, template in injected.items()}
        command = [str(BIN / "ansible"), "localhost", "-m", "sailpoint.isc.pending_tasks_info", "-a", "count_only=true"]
        done = subprocess.run(command, check=False, cwd=stage.home, env=environ, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    assert '"total_count": 1' in done.stdout


def test_shows_nothing_of_this_machine() -> None:
    for page in PAGES:
        text = page.read_text(encoding="utf-8")
        assert str(ROOT) not in text
        assert re.findall(r"127\.0\.0\.1:(?!8080\b)\d+", text) == []


def test_notices_another_output(tmp_path: Path) -> None:
    page = tmp_path / "page.rst"
    page.write_text(".. code-block:: console\n\n   $ echo one; date -u +%FT%TZ\n\n   two\n\nText\n")
    first = run_page(page)
    ((fresh,),) = [run.fresh() for run in first]
    assert fresh[0] == "one"
    assert refresh(page, first)
    assert page.read_text().splitlines()[2:5] == ["   $ echo one; date -u +%FT%TZ", "", "   one"]
    # Another time is no other output.
    page.write_text(page.read_text().replace("   20", "   19"))
    second = run_page(page)
    assert [run.fresh() for run in second] == [[[]]]
    assert not refresh(page, second)


def test_notices_a_command_that_fails(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text("```console\n$ false\n```\n\n<!-- fails -->\n```console\n$ true\n```\n")
    assert [message.split(":")[0] for message in wrong_ends(run_page(page))] == ["Line 2", "Line 7"]


def test_names_the_file_of_this_release() -> None:
    names = {name for page in PAGES for name in ARTIFACT.findall(page.read_text(encoding="utf-8"))}
    assert names == {artifact()}, ADVICE
