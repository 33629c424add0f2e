# Copyright (c) 2026, the sailpoint.isc contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Builds the documentation site into docs/build, from what the plugins say of themselves and the guides; no network.

Usage, from the checkout, with the collection where Ansible finds it: python -m tests.docs.site
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

from tests.support.workspace import CACHE, COLLECTION, ROOT

BIN = Path(sys.executable).parent
BUILD = ROOT / "docs/build"
SOURCES = CACHE / "docs"


def main() -> int:
    """Build the site; any warning is an error."""
    site = COLLECTION / "docs/site"
    shutil.rmtree(SOURCES, ignore_errors=True)
    shutil.rmtree(BUILD, ignore_errors=True)
    shutil.copytree(site, SOURCES)
    generated = SOURCES / "collection"
    generated.mkdir()
    plugins = ["collection", "--use-current", "--squash-hierarchy", "--fail-on-error", "--dest-dir", str(generated)]
    _run("antsibull-docs", "--config-file", str(site / "antsibull-docs.cfg"), *plugins, "sailpoint.isc")
    for page in ("CHANGELOG.md", "docs/chaos.md"):
        shutil.copy2(COLLECTION / page, SOURCES)
    benchmarks = sorted((COLLECTION / "docs").glob("benchmarks*"))
    # The figures are there once somebody has measured; until then there is no such page.
    if any(file.suffix == ".svg" for file in benchmarks):
        for file in benchmarks:
            shutil.copy2(file, SOURCES)
    _run("sphinx-build", "-q", "-W", "--keep-going", "-d", str(SOURCES / "doctrees"), str(SOURCES), str(BUILD))
    print(f"The documentation is {(BUILD / 'index.html').relative_to(ROOT)}.")
    return 0


def _run(*command: str) -> None:
    # antsibull-docs calls ansible by its name.
    environ = {**os.environ, "PATH": os.pathsep.join([str(BIN), os.environ.get("PATH", os.defpath)]), "NO_COLOR": "1"}
    done = subprocess.run([str(BIN / command[0]), *command[1:]], check=False, env=environ)
    if done.returncode:
        sys.exit(f"{command[0]} failed with exit status {done.returncode}.")


if __name__ == "__main__":
    sys.exit(main())
