# Copyright (c) 2026, the sailpoint.isc contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Plays against the stand-in tenant: wait for aggregations, fail because one did, aggregate in order and report.

Usage, from the checkout, with ansible-core: python -m tests.demo.demo
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

import yaml

from tests.support.tenant import running_tenant
from tests.support.workspace import HOME, ROOT

SCENARIOS = ROOT / "tests/tenant/scenarios"
REPORT = HOME / "report.html"
CREDENTIALS = {"SAIL_CLIENT_ID": "admin", "SAIL_CLIENT_SECRET": "admin-secret"}
# A play on the implied localhost is what is wanted here.
QUIET = {"ANSIBLE_LOCALHOST_WARNING": "false", "ANSIBLE_INVENTORY_UNPARSED_WARNING": "false"}
COLORS = re.compile(r"\x1b\[[\d;]*m")
# A line that is told while something is waited for
PROGRESS = re.compile(r"^\[localhost\] \d+:\d\d (.+ after \d+ s.*)$", re.MULTILINE)
FAILED_HOSTS = 2


class Outcome(NamedTuple):
    """How a play ended: exit status of ansible-playbook, and what it showed."""

    status: int
    shown: str


def main() -> int:
    """Run all acts; return 0 when each ended as it should."""
    problems = _first_act() + _second_act() + _third_act()
    print()
    for problem in problems:
        print(f"The demo did not go as it should: {problem}")
    if not problems:
        print("All acts went as they should: the first succeeded, the second failed and said why, the third reported.")
        print(f"The report is a page to open in a browser: {REPORT}")
    return int(bool(problems))


def _first_act() -> list[str]:
    _heading("Act one: three sources are aggregating. The play waits for all of them; one ends with a warning.")
    scenario = _scenario("demo-success.yml")
    outcome = _wait("demo-success.yml", scenario)
    problems = [f"act one does not show {name}." for name in _names(scenario) if name not in outcome.shown]
    problems += _silent("one", scenario, outcome)
    if outcome.status != 0:
        problems.append(f"act one ended with exit status {outcome.status}, not 0.")
    return problems


def _second_act() -> list[str]:
    _heading("Act two: two sources are aggregating, and one of them ends in ERROR. The play has to fail and say why.")
    scenario = _scenario("demo-failure.yml")
    outcome = _wait("demo-failure.yml", scenario)
    reasons = [text for task in scenario["tasks"] if task.get("ends") == "ERROR" for text in task["messages"]]
    problems = [f"act two does not show the reason: {reason}" for reason in reasons if reason not in outcome.shown]
    problems += _silent("two", scenario, outcome)
    if "ERROR" not in outcome.shown:
        problems.append("act two does not show the completion status ERROR.")
    if outcome.status != FAILED_HOSTS:
        problems.append(f"act two ended with exit status {outcome.status}, not {FAILED_HOSTS}, that of a failed play.")
    return problems


def _third_act() -> list[str]:
    _heading("Act three: two sources are aggregated one after the other, and a page reports on all that has run.")
    scenario = _scenario("demo-aggregate.yml")
    sources = ",".join(_names(scenario))
    REPORT.unlink(missing_ok=True)
    with _tenant("demo-aggregate.yml") as url:
        aggregation = _play(url, "aggregate_sources", f"sources='{sources}'", "interval=1")
        report = _play(url, "task_report", f"path={REPORT.name}")
    shown = [line for line in aggregation.shown.splitlines() if " ended with " in line]
    if [name for line in shown for name in _names(scenario) if name in line] != _names(scenario):
        return ["act three does not show the two sources in their order."]
    problems = _silent("three", scenario, aggregation)
    problems += [
        f"{what} in act three ended with exit status {outcome.status}, not 0."
        for what, outcome in (("the aggregation", aggregation), ("the report", report))
        if outcome.status != 0
    ]
    page = REPORT.read_text(encoding="utf-8") if REPORT.is_file() else ""
    return problems + [f"the page of act three does not show {name}." for name in _names(scenario) if name not in page]


def _silent(act: str, scenario: dict[str, Any], outcome: Outcome) -> list[str]:
    """What was not told while it happened: the end of each aggregation."""
    told = "\n".join(PROGRESS.findall(outcome.shown))
    return [f"act {act} does not tell when {name} ends." for name in _names(scenario) if f"{name}, " not in told]


def _wait(file: str, scenario: dict[str, Any]) -> Outcome:
    sources = ",".join(_names(scenario))
    with _tenant(file) as url:
        return _play(url, "wait_for_aggregation", f"source_ids='{sources}'", "max_interval=2", "progress_interval=5")


@contextmanager
def _tenant(scenario: str) -> Iterator[str]:
    with running_tenant("--scenario", str(SCENARIOS / scenario)) as url:
        print(f"$ export SAIL_BASE_URL={url} SAIL_CLIENT_ID=... SAIL_CLIENT_SECRET=...")
        yield url


def _play(url: str, playbook: str, *variables: str) -> Outcome:
    arguments = [f"sailpoint.isc.{playbook}"]
    for variable in variables:
        arguments += ["-e", variable]
    typed = [f'"{argument}"' if "'" in argument else argument for argument in arguments]
    print(f"$ ansible-playbook {' '.join(typed)}", flush=True)
    environ = {**os.environ, **CREDENTIALS, **QUIET, "SAIL_BASE_URL": url}
    if sys.stdout.isatty():
        environ["ANSIBLE_FORCE_COLOR"] = "true"
    return _watched([str(Path(sys.executable).parent / "ansible-playbook"), *arguments], environ)


def _watched(command: list[str], environ: dict[str, str]) -> Outcome:
    """Run a command, show what it says while it says it, and return it."""
    shown = []
    with subprocess.Popen(
        command,
        cwd=HOME,
        env=environ,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    ) as process:
        assert process.stdout is not None
        for line in process.stdout:
            print(line, end="", flush=True)
            shown.append(COLORS.sub("", line))
    return Outcome(process.returncode, "".join(shown))


def _scenario(file: str) -> dict[str, Any]:
    content: dict[str, Any] = yaml.safe_load((SCENARIOS / file).read_text())
    return content


def _names(scenario: dict[str, Any]) -> list[str]:
    return [source["name"] for source in scenario["sources"]]


def _heading(text: str) -> None:
    print(f"\n{'=' * len(text)}\n{text}\n{'=' * len(text)}\n", flush=True)


if __name__ == "__main__":
    sys.exit(main())
