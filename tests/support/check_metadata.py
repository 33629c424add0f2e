# Copyright (c) 2026, the sailpoint.isc contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Check what stands in two places: version, requirements, modules with their action group and documentation fragment.

A module outside the group gets no module_defaults; one without the fragment lacks the options these would set.
"""

from __future__ import annotations

import ast
import sys
from pathlib import Path

import yaml

GROUP = "isc"
FRAGMENT = "sailpoint.isc.auth"


def disagreements(root: Path) -> list[str]:
    """Return a sentence for everything in the collection at `root` that does not agree."""
    group = yaml.safe_load((root / "meta/runtime.yml").read_text())["action_groups"][GROUP]
    modules = sorted(file.stem for file in (root / "plugins/modules").glob("*.py"))
    found = []
    version = yaml.safe_load((root / "galaxy.yml").read_text())["version"]
    if f'"{version}"' not in (root / "plugins/module_utils/_version.py").read_text():
        found.append(f"plugins/module_utils/_version.py: not version {version}, as galaxy.yml says.")
    for file in ("tests/unit/requirements.txt", "tests/integration/requirements.txt"):
        for name in sorted(_requirements(root / "requirements.txt") - _requirements(root / file)):
            found.append(f"{file}: lacks {name} of requirements.txt.")
    if group != sorted(group):
        found.append(f"meta/runtime.yml: the action group {GROUP} is not in alphabetical order.")
    for name in sorted(set(modules) - set(group)):
        found.append(f"plugins/modules/{name}.py: not in the action group {GROUP} of meta/runtime.yml.")
    for name in sorted(set(group) - set(modules)):
        found.append(f"meta/runtime.yml: the action group {GROUP} names {name}, but there is no such module.")
    for name in modules:
        if FRAGMENT not in _fragments(root / f"plugins/modules/{name}.py"):
            found.append(f"plugins/modules/{name}.py: does not extend the documentation fragment {FRAGMENT}.")
    return found


def _requirements(file: Path) -> set[str]:
    return {line.strip() for line in file.read_text().splitlines() if line.strip() and not line.startswith("#")}


def _fragments(module: Path) -> list[str]:
    for statement in ast.parse(module.read_text()).body:
        if isinstance(statement, ast.Assign) and ast.unparse(statement.targets[0]) == "DOCUMENTATION":
            documentation = yaml.safe_load(ast.literal_eval(statement.value))
            fragments = documentation.get("extends_documentation_fragment", [])
            return [fragments] if isinstance(fragments, str) else list(fragments)
    return []


if __name__ == "__main__":
    problems = disagreements(Path(__file__).resolve().parents[2])
    print("\n".join(problems) or "Version, requirements, action group, modules and their documentation agree.")
    sys.exit(bool(problems))
