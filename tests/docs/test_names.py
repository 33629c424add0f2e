# Copyright (c) 2026, the sailpoint.isc contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""No example registers a result under a name that Ansible gives another meaning."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.docs.examples import pages
from tests.support.workspace import ROOT

# Tests of Ansible, and keys that every result has
TAKEN = {
    *("failed", "failure", "succeeded", "success", "successful", "changed", "change", "skipped", "skip"),
    *("reachable", "unreachable", "attempts", "retries", "item", "msg", "results", "warnings", "exception"),
}
FILES = [*pages(), *ROOT.glob("plugins/*/*.py"), *ROOT.glob("plugins/*/*.yml"), *ROOT.glob("roles/*/README.md")]


@pytest.mark.parametrize("file", sorted(FILES), ids=lambda file: file.relative_to(ROOT).as_posix())
def test_registers_no_name_that_shadows_another(file: Path) -> None:
    registered = set(re.findall(r"^\s*register: *(\w+)", file.read_text(encoding="utf-8"), re.MULTILINE))
    assert not registered & TAKEN
