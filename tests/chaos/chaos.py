# Copyright (c) 2026, the sailpoint.isc contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Runs the real modules against a stand-in tenant that misbehaves, and prints what came of it.

Usage: python -m tests.chaos.chaos TENANT_PYTHON [--long] [CHAPTER ...]
"""

from __future__ import annotations

import argparse
import secrets
import shutil
import sys
import time
from pathlib import Path
from typing import Any

from tests.chaos.matrix import Matrix
from tests.chaos.playing import Stage
from tests.chaos.table import show
from tests.support import workspace
from tests.support.hand import Hand
from tests.support.tenant import running_tenants

FORKS = 10
TENANTS = 120
NOTHING = Path(__file__).parent / "nothing.yml"


def main() -> int:
    parser = argparse.ArgumentParser(prog="make chaos", description=__doc__)
    parser.add_argument("tenant_python", type=Path)
    parser.add_argument("--long", action="store_true", help="every fault at every request, not only once a module")
    options = parser.parse_args()
    place = workspace.CACHE / "chaos"
    shutil.rmtree(place, ignore_errors=True)
    wrong: list[str] = []
    client: dict[str, Any] = {
        "client_id": "keeper",
        "client_secret": f"{secrets.token_hex(8)}/+ü?&=%20'",
        "user_name": "ada.admin",
    }
    with running_tenants(options.tenant_python, TENANTS + 1, "--scenario", str(NOTHING)) as urls:
        elsewhere, *tenants = map(Hand, urls)
        begin = time.monotonic()
        matrix = Matrix(Stage(place / "matrix", FORKS, "-vvvv"), tenants, elsewhere, client)
        wrong += show("Faults", matrix.rows(options.long))
        print(f"{time.monotonic() - begin:.0f} s")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
