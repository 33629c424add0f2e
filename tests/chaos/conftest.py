# Copyright (c) 2026, the sailpoint.isc contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Fixtures of the tests with a tenant that misbehaves. They mostly wait: run them with many workers (-n 8)."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support import workspace
from tests.support.hand import Hand
from tests.support.leaks import KEEPER
from tests.support.modules import Run
from tests.support.tenant import running_tenants

# Where the modules are loaded from
sys.path.insert(0, str(workspace.COLLECTIONS))


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--long", action="store_true", help="every fault at every request, not only once a module")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    # What takes longest is started first.
    items.sort(key=lambda item: item.path.name != "test_leaks.py")


@pytest.fixture(scope="session")
def tenants() -> Iterator[list[Hand]]:
    with running_tenants(3) as urls:
        yield [Hand(url) for url in urls]


@pytest.fixture
def tenant(tenants: list[Hand]) -> Hand:
    """The tenant that the modules are to talk to."""
    return tenants[0]


@pytest.fixture
def elsewhere(tenants: list[Hand]) -> Hand:
    """A tenant that nobody is to ask for anything."""
    tenants[1].scenario()
    return tenants[1]


@pytest.fixture
def run(tenant: Hand, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> Run:
    """Runs a module against the tenant."""
    monkeypatch.chdir(tmp_path)  # one keeps a file where it is run
    run = Run(tenant.url, monkeypatch, capsys, tmp_path)
    run.connection.update(client_id=KEEPER["client_id"], client_secret=KEEPER["client_secret"])
    return run


@pytest.fixture
def quick_looks(monkeypatch: pytest.MonkeyPatch) -> None:
    """A lost launch is looked for a few times in hardly more than its timeout."""
    start = "ansible_collections.sailpoint.isc.plugins.module_utils._aggregations.starter"
    monkeypatch.setattr(f"{start}._FIRST_PAUSE", 0.1)
    monkeypatch.setattr(f"{start}._LEAST_POLLING", 1)
