# Copyright (c) 2026, the sailpoint.isc contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Jobs as the controller runs them: with the credential type of the collection and the answers of its surveys."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, Callable

import pytest
import yaml

from tests.support.automation_platform import FILES, environment_of, inputs_for, variables_of
from tests.support.hand import Hand
from tests.support.leaks import leaked
from tests.support.plays import Played
from tests.support.workspace import ROOT

SCENARIOS = ROOT / "tests/tenant/scenarios"


def answers(playbook: str, **given: Any) -> dict[str, Any]:
    """The extra variables of a survey: what is given, defaults, and empty texts for what nobody has answered."""
    spec = json.loads((FILES / f"surveys/{playbook}.json").read_text(encoding="utf-8"))["spec"]
    found = {
        question["variable"]: question["default"].splitlines()
        if question["type"] == "multiselect"
        else question["default"]
        for question in spec
    }
    return {**found, **given}


@pytest.fixture
def inputs(tenant: Hand) -> dict[str, str]:
    """The inputs of a credential, those that are not required left empty."""
    return inputs_for(tenant.url)


def test_a_credential_of_the_controller_is_enough_for_the_demo(
    run: Callable[..., Played], tenant: Hand, inputs: dict[str, str]
) -> None:
    scenario = yaml.safe_load((SCENARIOS / "demo-success.yml").read_text(encoding="utf-8"))
    tenant.scenario(**scenario)
    sources = ",".join(task["source"] for task in scenario["tasks"])
    variables = answers("wait_for_aggregation", source_ids=sources)
    environ = environment_of(inputs)
    assert set(environ) >= {"SAIL_BASE_URL", "SAIL_CLIENT_ID", "SAIL_CLIENT_SECRET"}
    played = run("sailpoint.isc.wait_for_aggregation", environ=environ, variables={**variables, "max_interval": 2})
    assert played.rc == 0, played.shown
    assert [source["name"] for source in scenario["sources"] if source["name"] not in played.shown] == []
    assert {entry["version"] for entry in tenant.sent()} == {"beta"}


def test_a_credential_can_choose_the_version(run: Callable[..., Played], tenant: Hand, inputs: dict[str, str]) -> None:
    environ = environment_of({**inputs, "api_version": "v2025", "validate_certs": "true"})
    played = run("sailpoint.isc.task_report", "-e", "path=report.html", environ=environ)
    assert played.rc == 0, played.shown
    assert {entry["version"] for entry in tenant.sent()} == {"v2025"}


def test_a_credential_of_an_activation_gives_the_variables_of_playbooks(
    run: Callable[..., Played], tenant: Hand, inputs: dict[str, str], tmp_path: Path
) -> None:
    variables = {**variables_of(inputs), **answers("task_report", path=str(tmp_path / "report.html"))}
    played = run("sailpoint.isc.task_report", environ={}, variables=variables)
    assert played.rc == 0, played.shown
    assert sorted(file.name for file in tmp_path.glob("report.*")) == ["report.csv", "report.html", "report.json"]


def test_a_credential_of_an_activation_is_enough_to_report_what_is_stuck(
    run: Callable[..., Played], tenant: Hand, inputs: dict[str, str]
) -> None:
    tenant.scenario(tasks=[{"id": "old", "age": "2d"}])
    played = run("sailpoint.isc.report_stuck_tasks", "-vvv", environ={}, variables=variables_of(inputs))
    assert (played.rc, "would be cleared" in played.shown) == (0, True), played.shown
    assert leaked(played.shown) is None


@pytest.mark.parametrize(
    ("playbook", "given", "told"),
    [
        ("aggregate_sources", {"sources": "s-idle"}, "would be started"),
        ("clear_stuck_tasks", {"source_ids": "s-hr", "older_than": "1h"}, "would be cleared"),
    ],
)
def test_defaults_of_surveys_are_good_for_their_playbooks(
    run: Callable[..., Played], tenant: Hand, inputs: dict[str, str], playbook: str, given: dict[str, str], told: str
) -> None:
    sources = [{"id": "s-hr", "name": "HR"}, {"id": "s-idle", "name": "Idle"}]
    tenant.scenario(sources=sources, tasks=[{"id": "old", "source": "s-hr", "age": "2h"}])
    variables = answers(playbook, **given)
    played = run(f"sailpoint.isc.{playbook}", "--check", environ=environment_of(inputs), variables=variables)
    assert (played.rc, told in played.shown) == (0, True), played.shown
