# Copyright (c) 2026, the sailpoint.isc contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The examples in the documentation of the plugins and in the READMEs of the roles run as they stand there."""

from __future__ import annotations

import ast
from collections.abc import Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

import pytest
import yaml

from tests.docs.examples import BIN, Stage, blocks
from tests.support.workspace import ROOT

# What examples take from elsewhere
VARIABLES = {
    "isc_client_id": "admin",
    "isc_client_secret": "admin-secret",
    "sources": ["2c9180835d2e5168015d32f890ca1581", "2c918083746f642c01746f990884012a"],
    "another_id": "464ae7bf791e49fdb74606a2e4a89635",
    "one_more_id": "af1b82086c194f89acce82e156ff6e61",
}
# What the examples of filters have registered before
BEFORE = [
    {"name": "Get a token", "sailpoint.isc.access_token": {}, "register": "isc"},
    {
        "name": "Read what has failed",
        "sailpoint.isc.task_status_info": {"completion_statuses": ["ERROR"]},
        "register": "failures",
    },
]


def examples() -> Mapping[str, str]:
    """Examples as text, by what they belong to."""
    found = {}
    for module in sorted((ROOT / "plugins/modules").glob("*.py")):
        for statement in ast.parse(module.read_text(encoding="utf-8")).body:
            if isinstance(statement, ast.Assign) and ast.unparse(statement.targets[0]) == "EXAMPLES":
                found[f"module-{module.stem}"] = str(ast.literal_eval(statement.value))
    for sidecar in sorted((ROOT / "plugins/filter").glob("*.yml")):
        found[f"filter-{sidecar.stem}"] = yaml.safe_load(sidecar.read_text(encoding="utf-8"))["EXAMPLES"]
    for readme in sorted(ROOT.glob("roles/*/README.md")):
        for number, block in enumerate(block for block in blocks(readme) if block.language == "yaml"):
            found[f"role-{readme.parent.name}-{number}"] = block.text
    return found


EXAMPLES = examples()


def playbook(name: str, text: str) -> list[dict[str, Any]]:
    """Plays as they are, or a play of tasks."""
    content: list[dict[str, Any]] = yaml.safe_load(text)
    if any("hosts" in play for play in content):
        return content
    tasks = BEFORE * name.startswith("filter-") + content
    return [{"name": "Examples", "hosts": "localhost", "gather_facts": False, "tasks": tasks}]


def run_example(name: str, text: str) -> tuple[int, str]:
    """The exit status of ansible-playbook and all that it printed."""
    with Stage() as stage:
        stage.start_tenant("examples")
        for directory in ("/srv/feeds", "/var/www/html"):
            text = text.replace(directory, str(stage.home))
        (stage.home / "contractors.csv").write_text("id,name\n1,Ada\n")
        stage.write("play.yml", yaml.safe_dump(playbook(name, text), sort_keys=False))
        stage.write("variables.yml", yaml.safe_dump(VARIABLES))
        done = stage.execute(str(BIN / "ansible-playbook"), "play.yml", "-e", "@variables.yml")
    return done.returncode, done.stdout


@pytest.fixture(scope="module")
def runs(pool: ThreadPoolExecutor) -> Mapping[str, Future[tuple[int, str]]]:
    """All examples, in the making; first those that wait."""
    first = sorted(EXAMPLES, key=lambda name: "settle" not in EXAMPLES[name])
    return {name: pool.submit(run_example, name, EXAMPLES[name]) for name in first}


@pytest.mark.parametrize("name", EXAMPLES)
def test_runs(name: str, runs: Mapping[str, Future[tuple[int, str]]]) -> None:
    status, printed = runs[name].result()
    assert status == 0, printed
    assert "failed=0" in printed
