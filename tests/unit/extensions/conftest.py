# Copyright (c) 2026, the sailpoint.isc contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The event source of these tests, and the stand-in tenant that it watches."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator

import pytest
from ansible_collections.sailpoint.isc.plugins.plugin_utils import _event_source
from ansible_collections.sailpoint.isc.tests.support.event_source import Watching
from ansible_collections.sailpoint.isc.tests.support.hand import Hand


@pytest.fixture
def watching(
    tenant: Hand,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> Iterator[Watching]:
    """Starts event sources on the tenant; they are stopped in the end."""
    # Nobody has to wait for the next poll.
    monkeypatch.setattr(_event_source, "_LEAST_INTERVAL", 0)
    for name in list(os.environ):
        if re.fullmatch(r"SAIL_\w+|\w+_(proxy|ca_bundle)", name, re.IGNORECASE):
            monkeypatch.delenv(name)
    watching = Watching(tenant.url, caplog)
    yield watching
    watching.stop_all()
