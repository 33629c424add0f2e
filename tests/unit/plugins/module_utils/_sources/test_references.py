# Copyright (c) 2026, the sailpoint.isc contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Texts that are ids or names of sources."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from ansible_collections.sailpoint.isc.plugins.module_utils._sources.references import from_text
from ansible_collections.sailpoint.isc.plugins.module_utils._sources.sources import ID_PATTERN

HEX = "2c9180835d2e5168015d32f890ca1581"
UUID = "c28a7b5e-7d1f-4c0a-9b57-0a2f5c3d1e4f"


@pytest.mark.parametrize("text", [HEX, HEX.upper(), UUID, UUID.upper()])
def test_ids(text: str) -> None:
    assert from_text(text) == {"id": text}


@pytest.mark.parametrize(
    "text", ["HR System", HEX[1:], HEX + "0", HEX[1:] + "g", HEX + "\n", UUID.replace("-", "", 1), "٣" * 32, ""]
)
def test_names(text: str) -> None:
    assert from_text(text) == {"name": text}


def test_playbooks_tell_them_alike() -> None:
    variables = next(parent for parent in Path(__file__).parents if (parent / "galaxy.yml").is_file())
    (pattern,) = re.findall(r"^id_pattern: '(.*)'$", (variables / "playbooks/vars/sources.yml").read_text(), re.M)
    # There an empty text passes for an id.
    assert pattern == f"(|{ID_PATTERN})$"
