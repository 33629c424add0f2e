# Copyright (c) 2026, the sailpoint.isc contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import re
from pathlib import Path

from ansible_collections.sailpoint.isc.plugins.module_utils._version import VERSION

GALAXY = Path(__file__).resolve().parents[4] / "galaxy.yml"


def test_the_version_that_requests_carry_is_that_of_the_collection() -> None:
    declared = re.search(r"^version: *[\"']?([^\"'\s]+)", GALAXY.read_text(encoding="utf-8"), re.MULTILINE)
    assert declared is not None
    assert declared[1] == VERSION
