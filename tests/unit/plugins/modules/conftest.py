# Copyright (c) 2026, the sailpoint.isc contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Fixtures of the tests of modules: a stand-in tenant, and a way to run a module against it."""

from __future__ import annotations

import contextlib
from pathlib import Path

import pytest
from ansible_collections.sailpoint.isc.tests.support.hand import Hand
from ansible_collections.sailpoint.isc.tests.support.modules import Run
from ansible_collections.sailpoint.isc.tests.support.tenant import running_tenants

# The tenant of this process. It is started before the first test: some runners give each test a process of its own.
_urls: list[str] = []
_stack = contextlib.ExitStack()


def pytest_collection_finish(session: pytest.Session) -> None:
    if not _urls and any("tenant" in getattr(item, "fixturenames", ()) for item in session.items):
        _urls.extend(_stack.enter_context(running_tenants(1)))


def pytest_unconfigure() -> None:
    _stack.close()


@pytest.fixture
def tenant() -> Hand:
    """The stand-in tenant, with nothing in it and no rate limit."""
    hand = Hand(_urls[0])
    hand.scenario()
    return hand


@pytest.fixture
def run(tenant: Hand, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> Run:
    """Runs a module against the tenant."""
    return Run(tenant.url, monkeypatch, capsys, tmp_path)
