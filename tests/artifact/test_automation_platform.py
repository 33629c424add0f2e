# Copyright (c) 2026, the sailpoint.isc contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The files for Automation Platform in the artifact: definitions of environments, credential types, surveys."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.artifact.test_execution_environment import create
from tests.artifact.user import User
from tests.support.workspace import ROOT

FILES = ROOT / "extensions/automation_platform"
# The variables of playbooks that rulebooks run, which do not list them
OF_RULEBOOKS = {"aggregate_again": ["source_id"], "report_stuck_tasks": ["older_than"]}
PLAYBOOKS = sorted(file.stem for file in (ROOT / "playbooks").glob("*.yml"))
QUESTION = {"question_name", "question_description", "variable", "type", "required", "default"}
TYPES = {"text", "textarea", "integer", "multiplechoice", "multiselect"}


def read(name: str) -> Any:
    return yaml.safe_load((FILES / name).read_text(encoding="utf-8"))


@pytest.mark.parametrize(
    ("definition", "collections"),
    [
        ("execution-environment.yml", ["sailpoint.isc"]),
        ("decision-environment.yml", ["ansible.eda", "sailpoint.isc"]),
    ],
)
def test_builder_takes_the_definitions(user: User, tmp_path: Path, definition: str, collections: list[str]) -> None:
    shutil.copy2(user.collection / "extensions/automation_platform" / definition, tmp_path)
    build = create(user, tmp_path / definition)
    wanted = yaml.safe_load((build / "requirements.yml").read_text())["collections"]
    assert [collection["name"] for collection in wanted] == collections


@pytest.mark.parametrize("injectors", ["controller", "event_driven"])
def test_injectors_use_all_inputs_and_no_others(injectors: str) -> None:
    inputs = read("credential_inputs.yml")
    fields = {field["id"] for field in inputs["fields"]}
    assert set(inputs["required"]) <= fields
    assert [field["id"] for field in inputs["fields"] if field.get("secret")] == ["client_secret"]
    # One that nobody has touched would count as false, and turn the verification of certificates off.
    assert {field["type"] for field in inputs["fields"]} == {"string"}
    (values,) = read(f"credential_injectors_{injectors}.yml").values()
    used = {value.strip("{} ").split(" ")[0] for value in values.values()}
    assert used == fields


def test_every_playbook_has_a_survey() -> None:
    assert sorted(file.stem for file in FILES.glob("surveys/*.json")) == PLAYBOOKS


@pytest.mark.parametrize("playbook", PLAYBOOKS)
def test_surveys_ask_for_variables_of_the_playbook(playbook: str) -> None:
    survey = json.loads((FILES / f"surveys/{playbook}.json").read_text(encoding="utf-8"))
    (play,) = yaml.safe_load((ROOT / f"playbooks/{playbook}.yml").read_text(encoding="utf-8"))
    assert set(survey) == {"name", "description", "spec"}
    known = play["vars"].get("variables") or OF_RULEBOOKS[playbook]
    assert {question["variable"] for question in survey["spec"]} <= set(known)
    for question in survey["spec"]:
        choices = question.get("choices")
        assert set(question) >= QUESTION, question
        assert question["type"] in TYPES
        assert bool(choices) is (question["type"] in ("multiplechoice", "multiselect"))
        if choices:
            assert set(str(question["default"]).splitlines()) <= set(choices), question
        if question["type"] in ("text", "textarea", "integer"):
            assert question["min"] <= question["max"]


def test_the_survey_of_what_clears_never_gives_an_empty_selection() -> None:
    survey = json.loads((FILES / "surveys/clear_stuck_tasks.json").read_text(encoding="utf-8"))
    selections = {"source_ids", "types", "unique_names"}
    assert all(question["required"] for question in survey["spec"] if question["variable"] in selections)
