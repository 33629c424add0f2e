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
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Callable

from tests.chaos import once, rate
from tests.chaos.leaks import Leaks
from tests.chaos.matrix import Matrix
from tests.chaos.once import Once
from tests.chaos.playing import Stage, end_all
from tests.chaos.table import Row, show
from tests.chaos.waits import Waits
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
    parser.add_argument("--core", action="append", default=[], metavar="NAME=PYTHON", help="an ansible-core for leaks")
    parser.add_argument("chapter", nargs="*", help="only these: faults, once, waits, leaks, rate")
    options = parser.parse_intermixed_args()
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
        matrix = Matrix(Stage(place / "matrix", FORKS, "-vvvv"), tenants, elsewhere, client)
        stages = {
            name: Stage(place / f"leaks-{name}", 3, "-vvvv", "--diff", python=Path(python))
            for name, _equals, python in (argument.partition("=") for argument in options.core)
        }
        chapters: dict[str, Callable[[], Iterator[Row]]] = {
            "faults": lambda: matrix.rows(options.long),
            "once": lambda: Once(Stage(place / "once", once.FORKS), tenants, client).rows(options.long),
            "waits": lambda: Waits(Stage(place / "waits", 1), tenants, client).rows(),
            "leaks": lambda: Leaks(tenants, client).rows(stages, matrix.printed),
            "rate": lambda: rate.rows(Stage(place / "rate", rate.FORKS), tenants[0], client, options.long),
        }
        unknown = set(options.chapter) - set(chapters)
        if unknown:
            parser.error(f"there is no chapter {', '.join(sorted(unknown))}")
        try:
            for name in options.chapter or chapters:
                begin = time.monotonic()
                wrong += show(name, chapters[name]())
                print(f"{name}: {time.monotonic() - begin:.0f} s", flush=True)
        finally:
            end_all()
    print(f"\n{len(wrong)} wrong" if wrong else "\nNothing was wrong.")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
