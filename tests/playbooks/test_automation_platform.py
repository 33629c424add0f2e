# Copyright (c) 2026, the sailpoint.isc contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Jobs as the controller runs them: with the credential type of the collection and the answers of its surveys."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Callable

import pytest
import yaml
from jinja2.sandbox import ImmutableSandboxedEnvironment

from tests.support.hand import SECRETS, Hand
from tests.support.plays import Played
from tests.support.workspace import ROOT

FILES = ROOT / "extensions/automation_platform"
SCENARIOS = ROOT / "tests/tenant/scenarios"


def injected(kind: str, values: Mapping[str, str]) -> dict[str, str]:
    """What a credential with these inputs gives. Fields that are empty are no variables of the templates."""
    (templates,) = yaml.safe_load((FILES / f"credential_injectors_{kind}.yml").read_text(encoding="utf-8")).values()
    sandbox = ImmutableSandboxedEnvironment()
    given = {name: value for name, value in values.items() if value}
    return {name: sandbox.from_string(template).render(**given) for name, template in templates.items()}


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
    fields = [field["id"] for field in yaml.safe_load((FILES / "credential_inputs.yml").read_text())["fields"]]
    secrets = {"base_url": tenant.url, "client_id": "admin", "client_secret": SECRETS["admin"]}
    return {**dict.fromkeys(fields, ""), **secrets}


def test_a_credential_of_the_controller_is_enough_for_the_demo(
    run: Callable[..., Played], tenant: Hand, inputs: dict[str, str]
) -> None:
    scenario = yaml.safe_load((SCENARIOS / "demo-success.yml").read_text(encoding="utf-8"))
    tenant.scenario(**scenario)
    sources = ",".join(task["source"] for task in scenario["tasks"])
    variables = answers("wait_for_aggregation", source_ids=sources)
    environ = injected("controller", inputs)
    assert set(environ) >= {"SAIL_BASE_URL", "SAIL_CLIENT_ID", "SAIL_CLIENT_SECRET"}
    played = run("sailpoint.isc.wait_for_aggregation", environ=environ, variables={**variables, "max_interval": 2})
    assert played.rc == 0, played.shown
    assert [source["name"] for source in scenario["sources"] if source["name"] not in played.shown] == []
    assert {entry["version"] for entry in tenant.sent()} == {"beta"}


def test_a_credential_can_choose_the_version(run: Callable[..., Played], tenant: Hand, inputs: dict[str, str]) -> None:
    environ = injected("controller", {**inputs, "api_version": "v2025", "validate_certs": "true"})
    played = run("sailpoint.isc.task_report", "-e", "path=report.html", environ=environ)
    assert played.rc == 0, played.shown
    assert {entry["version"] for entry in tenant.sent()} == {"v2025"}


def test_a_credential_of_an_activation_gives_the_variables_of_playbooks(
    run: Callable[..., Played], tenant: Hand, inputs: dict[str, str], tmp_path: Path
) -> None:
    variables = {**injected("event_driven", inputs), **answers("task_report", path=str(tmp_path / "report.html"))}
    played = run("sailpoint.isc.task_report", environ={}, variables=variables)
    assert played.rc == 0, played.shown
    assert sorted(file.name for file in tmp_path.glob("report.*")) == ["report.csv", "report.html", "report.json"]


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
    played = run(f"sailpoint.isc.{playbook}", "--check", environ=injected("controller", inputs), variables=variables)
    assert (played.rc, told in played.shown) == (0, True), played.shown
