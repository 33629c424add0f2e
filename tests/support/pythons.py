# Copyright (c) 2026, the sailpoint.isc contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The Python interpreters of this machine that really run, by version."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import findpython

from tests.support.workspace import CACHE, HOME

BIN = HOME / "pythons"
OLDEST_MODULE = (3, 9)
_KNOWN = CACHE / "pythons.json"


def interpreters() -> dict[str, str]:
    """Return version ("3.9") to path, oldest first, of every interpreter from 3.9 that can make environments.

    Must be called with the caller's own HOME, below which version managers keep theirs. Looking takes seconds, so the
    answer is kept until PATH changes or an interpreter disappears.
    """
    path = os.environ.get("PATH", "")
    if _KNOWN.exists():
        known_path, known = json.loads(_KNOWN.read_text())
        if known_path == path and all(os.access(file, os.X_OK) for file in known.values()):
            return dict(known)
    found = _look()
    _KNOWN.parent.mkdir(parents=True, exist_ok=True)
    _KNOWN.write_text(json.dumps([path, found], indent=1))
    return found


def search_path(found: dict[str, str], *first: Path) -> str:
    """Return a PATH on which every pythonX.Y is one of the given interpreters."""
    BIN.mkdir(parents=True, exist_ok=True)
    wanted = {f"python{version}": file for version, file in found.items()}
    for link in BIN.iterdir():
        if wanted.get(link.name) != os.readlink(link):
            link.unlink()
    for name, file in wanted.items():
        if not (BIN / name).is_symlink():
            (BIN / name).symlink_to(file)
    # ansible-test takes any python3.X on PATH for real; a version manager's stand-ins are not.
    entries = os.environ.get("PATH", os.defpath).split(os.pathsep)
    others = [entry for entry in entries if not _has_stand_ins(entry, found)]
    return os.pathsep.join([*(str(entry) for entry in first), str(BIN), *others])


def _look() -> dict[str, str]:
    found: dict[str, str] = {}
    for python in findpython.find_all():
        version = f"{python.major}.{python.minor}"
        if (python.major, python.minor) < OLDEST_MODULE or version in found or python.version.is_prerelease:
            continue
        # The name it was found under may be a version manager's; the interpreter knows its own.
        own = _output(str(python.executable), "import ensurepip, ssl, sys, venv; print(sys.executable)")
        if own:
            found[version] = str(Path(own).resolve())
    if not found:
        found[f"{sys.version_info[0]}.{sys.version_info[1]}"] = str(Path(sys.executable).resolve())
    return dict(sorted(found.items(), key=lambda item: _number(item[0])))


def _has_stand_ins(entry: str, found: dict[str, str]) -> bool:
    missing = (minor for minor in range(30) if f"3.{minor}" not in found)
    return any(
        not _output(str(Path(entry) / f"python3.{minor}"), "print(1)")
        for minor in missing
        if os.access(Path(entry) / f"python3.{minor}", os.X_OK)
    )


def _output(python: str, code: str) -> str:
    try:
        done = subprocess.run(
            [python, "-c", code], check=False, capture_output=True, text=True, stdin=subprocess.DEVNULL, timeout=60
        )
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return done.stdout.strip() if done.returncode == 0 else ""


def _number(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in version.split("."))
