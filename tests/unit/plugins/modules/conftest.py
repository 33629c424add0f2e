# Copyright (c) 2026, the sailpoint.isc contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A way to run a module against the stand-in tenant."""

from __future__ import annotations

from pathlib import Path

import pytest
from ansible_collections.sailpoint.isc.tests.support.hand import Hand
from ansible_collections.sailpoint.isc.tests.support.modules import Run


@pytest.fixture
def run(tenant: Hand, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> Run:
    """Runs a module against the tenant."""
    return Run(tenant.url, monkeypatch, capsys, tmp_path)
