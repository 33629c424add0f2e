# Copyright (c) 2026, the sailpoint.isc contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The file of a maintenance window, while another run replaces or removes it."""

from __future__ import annotations

import dataclasses
import fcntl
import typing as t
from pathlib import Path

import pytest
from ansible_collections.sailpoint.isc.plugins.module_utils._errors import IscError
from ansible_collections.sailpoint.isc.plugins.module_utils._sources.window_file import Window, WindowFile

FIRST = Window("https://acme.example.com", "2026-05-17T19:33:16.000Z", {}, ["accounts"], {"a": "A"})
SECOND = dataclasses.replace(FIRST, sources={"b": "B"})


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "window.json"
    path.write_text(FIRST.as_text())
    return path


def before_the_lock(monkeypatch: pytest.MonkeyPatch, happens: t.Callable[[], object]) -> None:
    """Lets something happen once, after the file was opened and before it is locked."""
    lock = fcntl.flock

    def late(*arguments: t.Any) -> None:
        monkeypatch.setattr(fcntl, "flock", lock)
        happens()
        lock(*arguments)

    monkeypatch.setattr(fcntl, "flock", late)


def replace(path: Path) -> None:
    new = path.with_suffix(".new")
    new.write_text(SECOND.as_text())
    new.replace(path)


def test_reads_the_file_that_it_has_locked(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before_the_lock(monkeypatch, lambda: replace(path))
    with WindowFile(str(path)) as file, WindowFile(str(path)) as other:
        assert file.read() == SECOND
        with pytest.raises(IscError, match="is in use by another run"):
            other.read()


def test_never_writes_over_a_file_that_it_has_not_read(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before_the_lock(monkeypatch, path.unlink)
    with WindowFile(str(path)) as file:
        assert file.read() is None
        replace(path)
        with pytest.raises(IscError, match="was just created by another run"):
            file.write(FIRST)
    assert path.read_text() == SECOND.as_text()
