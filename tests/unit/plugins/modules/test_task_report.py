# Copyright (c) 2026, the sailpoint.isc contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The part of task_report that writes files: each is replaced in one step, and none is where it cannot be written."""

from __future__ import annotations

import os
import threading
import typing as t
from pathlib import Path

import pytest
from ansible_collections.sailpoint.isc.plugins.modules import task_report
from ansible_collections.sailpoint.isc.tests.support.modules import Run


@pytest.fixture
def directory(tmp_path: Path) -> Path:
    made = tmp_path / "out"
    made.mkdir()
    return made


def names(directory: Path) -> list[str]:
    return sorted(file.name for file in directory.iterdir())


def test_writes_what_it_is_given(run: Run, directory: Path) -> None:
    texts = {"html": "<p>\u00e4</p>", "junit": "<x/>", "prom": "# EOF\n"}
    options: dict[str, t.Any] = {"path": f" {directory}/report.html", "formats": list(texts), "texts": texts}
    result = run("task_report", **options)
    assert result["changed"] is True
    assert result["files"] == {
        "html": f"{directory}/report.html",
        "junit": f"{directory}/report.junit.xml",
        "prom": f"{directory}/report.prom",
    }
    assert {form: Path(file).read_text(encoding="utf-8") for form, file in result["files"].items()} == texts
    assert {file.stat().st_mode & 0o777 for file in directory.iterdir()} == {0o644}
    assert run("task_report", **options)["changed"] is False


def test_check_mode_writes_nothing(run: Run, directory: Path) -> None:
    result = run("task_report", path=f"{directory}/report.html", texts={"html": "x"}, check_mode=True)
    assert (result["changed"], names(directory)) == (True, [])


def test_says_where_nothing_can_be_written(run: Run, directory: Path) -> None:
    (directory / "report.csv").mkdir()
    for path, told in {
        f"{directory}/report.html": "/report.csv is a directory: give another path.",
        f"{directory}/nowhere/report.html": "/nowhere is not a directory: create it, or give another path.",
        f"{directory}/report.htm": "/report.htm: give a path that ends with .html, such as report.html.",
        f"{directory}/.html": "/.html: give a path that ends with .html, such as report.html.",
    }.items():
        assert run.failing("task_report", path=path)["msg"].endswith(told)


def test_whoever_reads_meanwhile_reads_all_of_a_file(directory: Path) -> None:
    """And finds nothing else that ends as it does, as node_exporter reads all that ends with .prom."""
    file = directory / "isc.prom"
    versions = [f"{letter * 500_000}# EOF\n" for letter in "ab"]
    task_report.replaced(str(file), versions[0].encode(), check_mode=False)
    seen: set[str] = set()
    others: set[str] = set()
    done = threading.Event()

    def read() -> None:
        while not done.is_set():
            others.update(name for name in os.listdir(directory) if name.endswith(".prom"))
            seen.add(file.read_text())

    reader = threading.Thread(target=read)
    reader.start()
    for number in range(60):
        task_report.replaced(str(file), versions[number % 2].encode(), check_mode=False)
    done.set()
    reader.join()
    assert seen <= set(versions)
    assert others == {"isc.prom"}
    assert names(directory) == ["isc.prom"]


def test_leaves_no_half_of_a_file_behind(directory: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_arguments: t.Any) -> None:
        raise OSError(28, "No space left on device")

    (directory / "isc.prom").write_text("old")
    monkeypatch.setattr(os, "fchmod", full)
    with pytest.raises(OSError, match="No space left"):
        task_report.replaced(str(directory / "isc.prom"), b"new", check_mode=False)
    assert (names(directory), (directory / "isc.prom").read_text()) == (["isc.prom"], "old")


def test_follows_a_link(directory: Path) -> None:
    (directory / "elsewhere").mkdir()
    (directory / "isc.prom").symlink_to(directory / "elsewhere/isc.prom")
    assert task_report.replaced(str(directory / "isc.prom"), b"new", check_mode=False)
    assert (directory / "isc.prom").is_symlink()
    assert (directory / "elsewhere/isc.prom").read_bytes() == b"new"
