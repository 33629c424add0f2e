# Copyright (c) 2026, the sailpoint.isc contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""ansible-rulebook with a stand-in tenant, each test with both of its own."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.eda.rulebook import Rulebooks
from tests.support.hand import Hand
from tests.support.tenant import running_tenant


@pytest.fixture
def tenant() -> Iterator[Hand]:
    """A tenant with a source whose aggregations fail, and no rate limit."""
    with running_tenant() as url:
        hand = Hand(url)
        hand.scenario(
            sources=[{"id": "hr", "name": "HR System", "accounts": {"seconds": 0.5, "ends": "ERROR"}}], deprecated=[]
        )
        yield hand


@pytest.fixture
def rulebooks(tenant: Hand, tmp_path: Path) -> Iterator[Rulebooks]:
    """Runs rulebooks; what still runs in the end is stopped."""
    rulebooks = Rulebooks(tenant, tmp_path)
    yield rulebooks
    rulebooks.stop_all()
