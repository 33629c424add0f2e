# Copyright (c) 2026, the sailpoint.isc contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Settings of all unit tests: the same examples in every run, and temporary files kept in the tree."""

from __future__ import annotations

import os
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
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


def pytest_collection_finish() -> None:
    """Make ready what all tests need before each of them goes off into a process of its own."""
    st.text().validate()


# For a whole module, so that Hypothesis may use it too.
@pytest.fixture(scope="module", params=list(ZONES.values()), ids=list(ZONES))
def zone(request: pytest.FixtureRequest) -> Iterator[None]:
    """Runs each test in several time zones; used by modules that are about times."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TZ", request.param)
        time.tzset()
        yield
    time.tzset()
