# Copyright (c) 2026, the sailpoint.isc contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the tests of the documentation share: runs that go on beside each other, and a browser if there is one."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.browser.conftest import browser

__all__ = ["browser"]
# A page waits for its tenant for a good part of its time.
AT_ONCE = 3


@pytest.fixture(scope="session")
def pool() -> Iterator[ThreadPoolExecutor]:
    """Does a few things at once; what nobody has asked for yet is dropped at the end."""
    executor = ThreadPoolExecutor(AT_ONCE)
    yield executor
    executor.shutdown(cancel_futures=True)
