# Copyright (c) 2026, the sailpoint.isc contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Settings of all unit tests: the same examples in every run, temporary files kept in the tree, a stand-in tenant."""

from __future__ import annotations

import contextlib
import os
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from ansible_collections.sailpoint.isc.tests.support.hand import Hand
from ansible_collections.sailpoint.isc.tests.support.tenant import running_tenants
from ansible_collections.sailpoint.isc.tests.support.zones import ZONES
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.configuration import set_hypothesis_home_dir

# ansible-test does not pass TMPDIR on.
_DIRECTORY = Path(__file__).resolve().parents[1] / "output" / "tmp"
_DIRECTORY.mkdir(parents=True, exist_ok=True)
os.environ["TMPDIR"] = tempfile.tempdir = str(_DIRECTORY)
set_hypothesis_home_dir(str(_DIRECTORY / "hypothesis"))

settings.register_profile(
    "units",
    max_examples=50,
    deadline=None,
    derandomize=True,
    database=None,
    suppress_health_check=[HealthCheck.too_slow],
)
settings.load_profile("units")

# The tenant of this process
_urls: list[str] = []
_stack = contextlib.ExitStack()


def pytest_collection_finish(session: pytest.Session) -> None:
    """Make ready what tests need before each of them goes off into a process of its own, as some runners do."""
    st.text().validate()
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


# For a whole module, so that Hypothesis may use it too.
@pytest.fixture(scope="module", params=list(ZONES.values()), ids=list(ZONES))
def zone(request: pytest.FixtureRequest) -> Iterator[None]:
    """Runs each test in several time zones; used by modules that are about times."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TZ", request.param)
        time.tzset()
        yield
    time.tzset()
