# Copyright (c) 2026, the sailpoint.isc contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The same content gives the same artifact, byte for byte."""

from __future__ import annotations

import os
import shutil
import tarfile
from pathlib import Path

import pytest

from tests.support.build import build, seconds_of_the_commit

# Python runs a module of this name when it starts. The marker tells that this has made a difference.
OTHER_ORDER = """
import os

listdir = os.listdir


def reversed_listdir(path="."):
    if b"/elsewhere" in os.fsencode(path):
        open({marker!r}, "w").close()
        return sorted(listdir(path), reverse=True)
    return sorted(listdir(path))


os.listdir = reversed_listdir
"""


def test_is_the_same_wherever_and_whenever_it_is_built(
    tree: Path, artifact: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Another directory that lists its files in another order, other ages of files, other permissions, another time."""
    elsewhere, marker = tmp_path / "elsewhere", tmp_path / "in-another-order"
    shutil.copytree(tree, elsewhere, ignore=shutil.ignore_patterns(".git", "output"))
    for number, path in enumerate(sorted(elsewhere.rglob("*"))):
        os.utime(path, (number, number))
        path.chmod(path.stat().st_mode & 0o700)
    (tmp_path / "sitecustomize.py").write_text(OTHER_ORDER.format(marker=str(marker)))
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    again = build(elsewhere, tmp_path)
    assert marker.exists()
    assert again.name == artifact.name
    assert again.read_bytes() == artifact.read_bytes()


def test_tells_nothing_of_who_has_built_it_and_when(artifact: Path) -> None:
    with tarfile.open(artifact) as tar:
        members = tar.getmembers()
    assert {(member.uid, member.gid, member.uname, member.gname) for member in members} == {(0, 0, "", "")}
    assert {member.mtime for member in members} == {seconds_of_the_commit()}
    assert {member.mode for member in members} == {0o644, 0o755}
    # The header has neither a name (flags) nor a time.
    assert artifact.read_bytes()[3:8] == bytes(5)


def test_obeys_those_who_build_for_a_distribution(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1700000000")
    assert seconds_of_the_commit() == 1700000000
