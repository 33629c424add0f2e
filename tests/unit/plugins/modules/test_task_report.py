# Copyright (c) 2026, the sailpoint.isc contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Module task_report: what it reads, and that it replaces each file in one step, or says why it cannot."""

from __future__ import annotations

import os
import re
import threading
import time
import typing as t
from pathlib import Path

import pytest
from ansible_collections.sailpoint.isc.plugins.modules import task_report
from ansible_collections.sailpoint.isc.tests.support.hand import Hand
from ansible_collections.sailpoint.isc.tests.support.modules import VERSIONS, Run, ids_of


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
        f"{directory}/report.htm": '/report.htm": give a path that ends with .html, such as report.html.',
        f"{directory}/.html": '/.html": give a path that ends with .html, such as report.html.',
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


@pytest.mark.parametrize("function", ["fchmod", "replace"])
def test_a_full_disk_leaves_the_old_file(
    run: Run, directory: Path, monkeypatch: pytest.MonkeyPatch, function: str
) -> None:
    def full(*_arguments: t.Any) -> None:
        raise OSError(28, "No space left on device", "a name of no interest")

    (directory / "isc.prom").write_text("old")
    monkeypatch.setattr(os, function, full)
    options: dict[str, t.Any] = {"path": f"{directory}/isc.html", "formats": ["prom"], "texts": {"prom": "new"}}
    told = f"The report cannot be written to {directory}/isc.prom: No space left on device."
    assert run.failing("task_report", **options)["msg"] == told
    assert (names(directory), (directory / "isc.prom").read_text()) == (["isc.prom"], "old")


def test_says_that_a_directory_is_not_for_writing(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody may make a file there, root included."""
    options: dict[str, t.Any] = {"path": "/proc/self/report.html", "formats": ["md"], "texts": {"md": "new"}}
    told = r"The report cannot be written to /proc/self/report.md: [^:\[\]']+\."
    assert re.fullmatch(told, run.failing("task_report", **options)["msg"])


def test_follows_a_link(directory: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def within_a_file_system(old: str, new: str) -> None:
        assert os.path.dirname(old) == os.path.dirname(new)
        os.rename(old, new)

    (directory / "elsewhere").mkdir()
    (directory / "isc.prom").symlink_to(directory / "elsewhere/isc.prom")
    # The link may lead to another one.
    monkeypatch.setattr(os, "replace", within_a_file_system)
    assert task_report.replaced(str(directory / "isc.prom"), b"new", check_mode=False)
    assert (directory / "isc.prom").is_symlink()
    assert (directory / "elsewhere/isc.prom").read_bytes() == b"new"


RECORDS = [
    {"id": "new", "age": "1h", "completionStatus": "SUCCESS"},
    {"id": "waiting", "age": "40d"},
    {"id": "before", "age": "10d", "completionStatus": "ERROR"},
    {"id": "fine-before", "age": "10d", "completionStatus": "SUCCESS"},
    {"id": "old", "age": "20d", "completionStatus": "ERROR"},
]


@pytest.mark.parametrize("version", VERSIONS)
def test_reads_what_a_report_is_made_of(tenant: Hand, run: Run, directory: Path, version: str) -> None:
    tenant.scenario(tenant="acme", tasks=RECORDS, deprecated=[])
    path = f"{directory}/report.html"
    result = run("task_report", path=path, formats=["md"], newer_than="7d", api_version=version)
    assert sorted(ids_of(result)) == ["new", "waiting"]
    assert [task["id"] for task in result["earlier"]] == ["before"]
    assert abs(result["now"] - time.time()) < 60
    assert result["span"] == 7 * 86400
    assert result["about"] == {
        "tenant": "acme",
        "base_url": tenant.url,
        "newer_than": "7d",
        "source_ids": [],
        "source_names": {},
        "fail_on": ["ERROR", "TERMINATED", "TEMPERROR"],
    }
    assert (result["changed"], result["files"], names(directory)) == (False, {"md": f"{directory}/report.md"}, [])
    assert [entry["operation"] for entry in tenant.log()].count("token") == 1


def test_reads_nothing_of_a_time_that_the_tenant_does_not_keep(tenant: Hand, run: Run, directory: Path) -> None:
    tenant.scenario(tasks=RECORDS)
    cases: list[dict[str, t.Any]] = [{"newer_than": "60d"}, {"fail_on": []}]
    for options in cases:
        assert run("task_report", path=f"{directory}/report.html", **options)["earlier"] is None


def test_sources_are_told_by_id_and_by_the_name_that_was_given(tenant: Hand, run: Run, directory: Path) -> None:
    tenant.scenario(sources=[{"id": "hr", "name": "HR System"}, {"id": "ad", "name": "AD"}])
    path = f"{directory}/report.html"
    about = run("task_report", path=path, source_ids=["ad"], source_names=["HR System"])["about"]
    assert (about["source_ids"], about["source_names"]) == (["ad", "hr"], {"hr": "HR System"})
