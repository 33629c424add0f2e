# Copyright (c) 2026, the sailpoint.isc contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the event source says of its arguments is what it takes: in its documentation and in its JSON schema."""

from __future__ import annotations

import ast
import json
from typing import Any

import pytest
import yaml
from ansible_collections.sailpoint.isc.plugins.plugin_utils._event_source import OPTIONS
from ansible_collections.sailpoint.isc.tests.support.event_source import SOURCE

CONSTANTS = {
    ast.unparse(statement.targets[0]): yaml.safe_load(ast.literal_eval(statement.value))
    for statement in ast.parse(SOURCE.read_text(encoding="utf-8")).body
    if isinstance(statement, ast.Assign)
}
DOCUMENTED: dict[str, Any] = CONSTANTS["DOCUMENTATION"]["options"]
SCHEMA = json.loads((SOURCE.parent / "schemas/tasks.json").read_text(encoding="utf-8"))
TYPES = {"str": "string", "path": "string", "bool": "boolean", "int": "integer", "float": "number", "list": "array"}


def test_every_argument_is_documented() -> None:
    assert list(DOCUMENTED) == list(OPTIONS)
    assert list(SCHEMA["properties"]) == list(OPTIONS)
    assert SCHEMA["additionalProperties"] is False


@pytest.mark.parametrize("name", OPTIONS)
def test_says_what_an_argument_may_be(name: str) -> None:
    option, documented, described = OPTIONS[name], DOCUMENTED[name], SCHEMA["properties"][name]
    for key in ("type", "elements", "default", "required"):
        assert documented.get(key) == option.get(key), key
    assert set(documented.get("choices", ())) == set(option.get("choices", ()))
    types = described["type"] if isinstance(described["type"], list) else [described["type"]]
    assert TYPES[option["type"]] in types
    assert described.get("default") == option.get("default")
    assert set(described.get("enum", described.get("items", {}).get("enum", ()))) == set(option.get("choices", ()))


@pytest.mark.parametrize("example", CONSTANTS["EXAMPLES"], ids=lambda example: example["name"])
def test_examples_have_arguments_that_there_are(example: dict[str, Any]) -> None:
    assert set(example) == {"name", "sailpoint.isc.tasks"}
    assert set(example["sailpoint.isc.tasks"]) <= set(OPTIONS)
