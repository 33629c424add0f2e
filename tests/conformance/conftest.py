# Copyright (c) 2026, the sailpoint.isc contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""One stand-in tenant for all tests of a run, emptied before each. Each line of the SDK has its own environment."""

from __future__ import annotations

from collections.abc import Iterator
from importlib.metadata import version

import pytest

from tests.support.hand import Hand
from tests.support.tenant import running_tenant

SDK = version("sailpoint")
# Only one line of the SDK can be installed; the tests of the other one run in the other environment. What needs no SDK
# runs once, beside the quicker one.
if SDK.startswith("1."):
    collect_ignore = ["test_sdk_v1.py", "test_tenant.py", "test_faults.py", "test_command.py", "test_filters.py"]
else:
    collect_ignore = ["test_sdk_yearly.py"]


@pytest.fixture(scope="session")
def tenant_url() -> Iterator[str]:
    with running_tenant() as url:
        yield url


@pytest.fixture
def tenant(tenant_url: str, monkeypatch: pytest.MonkeyPatch) -> Hand:
    for name in ("SAIL_BASE_URL", "SAIL_CLIENT_ID", "SAIL_CLIENT_SECRET"):
        monkeypatch.delenv(name, raising=False)
    hand = Hand(tenant_url)
    hand.scenario()
    return hand
