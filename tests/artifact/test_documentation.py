# Copyright (c) 2026, the sailpoint.isc contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""ansible-doc shows a user all that the collection has, and since when.

interface-0.1.0.yml holds what the first release offered. It stays as it is: what is in it may not go away within the
same major version, and what is not in it has to say which version brought it.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.artifact.user import User
from tests.support.workspace import ROOT

KINDS = {"module": "plugins/modules/*.py", "filter": "plugins/filter/*.yml", "role": "roles/*"}
# What nobody calls by a name
UNDOCUMENTED = {"action", "doc_fragments", "module_utils"}
FIRST_RELEASE = yaml.safe_load((Path(__file__).parent / "interface-0.1.0.yml").read_text(encoding="utf-8"))
HEADING = re.compile(r"^> (?:[A-Z]+:? )?\*?([\w.]+)\*? +\(/", re.MULTILINE)


def names(kind: str) -> list[str]:
    """The full names of all that the checkout has of a kind."""
    return sorted(f"sailpoint.isc.{file.stem}" for file in ROOT.glob(KINDS[kind]))


def options(documented: dict[str, Any], of: str = "") -> Iterator[tuple[str, dict[str, Any]]]:
    """The names and the documentation of options, and of options in options."""
    for name, option in documented.items():
        yield of + name, option
        yield from options(option.get("suboptions") or option.get("options") or {}, f"{of}{name}.")


def number(version: str) -> tuple[int, ...]:
    return tuple(map(int, version.split(".")))


@pytest.fixture(scope="module")
def documentation(user: User) -> dict[str, dict[str, Any]]:
    """By kind and name: version_added and options."""
    dumped = json.loads(user.run("ansible-doc", "--metadata-dump", "sailpoint.isc").stdout)["all"]
    roles = {name: role["entry_points"]["main"] for name, role in dumped["role"].items()}
    plugins = {kind: {name: plugin["doc"] for name, plugin in dumped[kind].items()} for kind in ("module", "filter")}
    return {**plugins, "role": roles}


def test_knows_every_kind_of_plugin() -> None:
    folders = {folder.name for folder in ROOT.glob("plugins/*") if any(folder.glob("[!_]*"))}
    assert folders - UNDOCUMENTED == {Path(pattern).parts[1] for pattern in KINDS.values() if "plugins" in pattern}


@pytest.mark.parametrize("kind", KINDS)
def test_lists_all_there_is(user: User, kind: str) -> None:
    listed = json.loads(user.run("ansible-doc", "--type", kind, "--list", "--json", "sailpoint.isc").stdout)
    assert sorted(listed) == names(kind)
    assert all(listed.values())


@pytest.mark.parametrize("kind", KINDS)
def test_shows_all_there_is(user: User, kind: str) -> None:
    done = user.run("ansible-doc", "--type", kind, *names(kind))
    assert sorted(name.lower() for name in HEADING.findall(done.stdout)) == names(kind)
    assert [line for line in done.stderr.splitlines() if "sailpoint" in line] == []


@pytest.mark.parametrize("kind", KINDS)
def test_everything_says_which_release_has_brought_it(documentation: dict[str, dict[str, Any]], kind: str) -> None:
    releases = yaml.safe_load((ROOT / "changelogs/changelog.yaml").read_text(encoding="utf-8"))["releases"]
    brought = {
        f"sailpoint.isc.{thing['name']}": version
        for version, release in releases.items()
        for thing in (
            *(release.get("modules", []) if kind == "module" else ()),
            *release.get("plugins", {}).get(kind, []),
            *release.get("objects", {}).get(kind, []),
        )
    }
    newest = max(map(number, releases))
    assert sorted(documentation[kind]) == names(kind)
    for name, documented in documentation[kind].items():
        added = documented["version_added"]
        assert added == brought.get(name, added), name
        assert name in brought or number(added) > newest, name


@pytest.mark.parametrize("kind", KINDS)
def test_options_stay_and_new_ones_say_since_when(documentation: dict[str, dict[str, Any]], kind: str) -> None:
    for name, first in FIRST_RELEASE[kind].items():
        now = dict(options(documentation[kind][f"sailpoint.isc.{name}"]["options"]))
        assert set(first) - set(now) == set(), name
        unsaid = {
            option for option in set(now) - set(first) if number(now[option].get("version_added", "0")) <= (0, 1, 0)
        }
        assert unsaid == set(), name
