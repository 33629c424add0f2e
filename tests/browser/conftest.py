# Copyright (c) 2026, the sailpoint.isc contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A headless browser, if the machine has one, and the pages that it looks at."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.browser.looking import Browser
from tests.support.tenant import running_tenant

HERE = Path(__file__).parent
BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
NO_BROWSER = "There is no headless browser: install chromium and chromium-driver (Debian), or Chrome and chromedriver."


@pytest.fixture(scope="session")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    """The browser, with a profile of its own; tests that need it are skipped on a machine without one."""
    binary = next(filter(None, map(shutil.which, BROWSERS)), None)
    driver = shutil.which("chromedriver")
    if binary is None or driver is None:
        pytest.skip(NO_BROWSER)
    browser = Browser(binary, driver, tmp_path_factory.mktemp("profile"))
    try:
        yield browser
    finally:
        browser.quit()


@pytest.fixture(scope="session")
def page(browser: Browser, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The page about a tenant with all kinds of tasks, some with names that would do harm."""
    return write_report(tmp_path_factory.mktemp("report") / "report.html", HERE / "scenario.yml")


@pytest.fixture(scope="session")
def empty_page(browser: Browser, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The page about a tenant without any task."""
    directory = tmp_path_factory.mktemp("empty")
    scenario = directory / "scenario.yml"
    scenario.write_text("tenant: acme\n")
    return write_report(directory / "report.html", scenario)


@pytest.fixture(scope="session")
def large_page(browser: Browser, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The page about a tenant with 200 sources."""
    directory = tmp_path_factory.mktemp("large")
    scenario = directory / "scenario.yml"
    scenario.write_text("tenant: acme\nrate_limit: null\ngenerate: {count: 2000, sources: 200, days: 14, newest: 60}\n")
    return write_report(directory / "report.html", scenario)


def write_report(page: Path, scenario: Path) -> Path:
    """Run the playbook by its name against a tenant with this scenario, and return the page."""
    command = [str(Path(sys.executable).parent / "ansible-playbook"), "sailpoint.isc.task_report", "-e", f"path={page}"]
    with running_tenant("--scenario", str(scenario)) as url:
        credentials = {"SAIL_BASE_URL": url, "SAIL_CLIENT_ID": "admin", "SAIL_CLIENT_SECRET": "admin-secret"}
        done = subprocess.run(
            command,
            check=False,
            cwd=page.parent,
            env={**os.environ, **credentials},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
        )
    assert done.returncode == 0, done.stdout + done.stderr
    return page
