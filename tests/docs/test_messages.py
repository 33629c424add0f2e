# Copyright (c) 2026, the sailpoint.isc contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Whatever the collection says to people is explained in the guide on errors."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from tests.support.workspace import ROOT

GUIDE = ROOT / "docs/docsite/rst/guide_errors.rst"
DOCUMENTATION = {"DOCUMENTATION", "EXAMPLES", "RETURN"}
# A part of a message is told from other texts by its words.
FEWEST_WORDS = 4
# What is said to the tenant
HEADER = "Content-"


def python_files() -> list[Path]:
    folders = ("action", "filter", "module_utils", "modules")
    files = [file for folder in folders for file in sorted((ROOT / "plugins" / folder).rglob("*.py"))]
    return files + [ROOT / f"plugins/plugin_utils/{name}.py" for name in ("_event_source", "_state_file")]


def fixed_parts(file: Path) -> Iterator[str]:
    """The parts of texts in a file's code that are the same every time, without documentation and patterns."""
    tree = ast.parse(file.read_text(encoding="utf-8"))
    passed_over: set[int] = set()
    for node in ast.walk(tree):
        documents = isinstance(node, ast.Assign) and any(
            isinstance(target, ast.Name) and target.id in DOCUMENTATION for target in node.targets
        )
        is_docstring = isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
        is_pattern = isinstance(node, ast.Call) and ast.unparse(node.func) == "re.compile"
        if documents or is_docstring or is_pattern:
            passed_over |= {id(part) for part in ast.walk(node) if isinstance(part, ast.Constant)}
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in passed_over:
            yield from re.split(r"\r?\n", node.value)


def parts_of_yaml(value: object) -> Iterator[str]:
    """The same of the messages in tasks: what stands in msg, outside of templates and in texts within them."""
    if isinstance(value, list):
        for element in value:
            yield from parts_of_yaml(element)
    elif isinstance(value, dict):
        for key, element in value.items():
            if key in ("msg", "missing") and isinstance(element, str):
                yield from re.split(r"{{.*?}}", element, flags=re.DOTALL)
                for template in re.findall(r"{{.*?}}", element, flags=re.DOTALL):
                    yield from re.findall(r"'([^']*)'", template)
            else:
                yield from parts_of_yaml(element)


def flat(text: str) -> str:
    """A text with single blanks, without the end of its sentence and without what marks a literal."""
    return " ".join(text.replace("``", "").split())


def unexplained(parts: Iterator[str]) -> list[str]:
    guide = flat(GUIDE.read_text(encoding="utf-8"))
    messages = (flat(part).strip(" .:;,()") for part in parts)
    words = (text for text in messages if len(text.split()) >= FEWEST_WORDS and not text.startswith(HEADER))
    return [text for text in words if text not in guide]


@pytest.mark.parametrize("file", python_files(), ids=lambda file: file.stem)
def test_explains_what_code_says(file: Path) -> None:
    assert unexplained(fixed_parts(file)) == []


TASK_FILES = [*ROOT.glob("roles/*/tasks/*.yml"), *ROOT.glob("playbooks/*.yml")]


@pytest.mark.parametrize("file", sorted(TASK_FILES), ids=lambda file: file.relative_to(ROOT).as_posix())
def test_explains_what_tasks_say(file: Path) -> None:
    assert unexplained(parts_of_yaml(yaml.safe_load(file.read_text(encoding="utf-8")))) == []


def test_finds_a_message_that_is_not_explained(tmp_path: Path) -> None:
    file = tmp_path / "module.py"
    file.write_text(
        '"""A docstring of many words here."""\n_PATTERN = re.compile("one pattern of words")\n'
        'raise IscError(f"Nobody has ever explained {value}.")\n'
    )
    assert unexplained(fixed_parts(file)) == ["Nobody has ever explained"]
