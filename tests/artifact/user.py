# Copyright (c) 2026, the sailpoint.isc contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Somebody who has installed the artifact, and has no checkout."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

BIN = Path(sys.executable).parent


class User:
    """Somebody at home in an empty directory. Commands of Ansible are known by their names."""

    def __init__(self, home: Path) -> None:
        self.home = home
        self.collections = home / "collections"
        self.collection = self.collections / "ansible_collections/sailpoint/isc"
        # Found first: settings of the machine do not matter.
        (home / "ansible.cfg").touch()

    def run(self, *command: object, status: int = 0, **environ: str) -> subprocess.CompletedProcess[str]:
        """Run a command at home, and see that it ends with that exit status."""
        own = {
            "PATH": os.pathsep.join([str(BIN), os.defpath]),
            "HOME": str(self.home),
            "TMPDIR": str(self.home),
            "LC_ALL": "C.UTF-8",
            "ANSIBLE_COLLECTIONS_PATH": str(self.collections),
            "ANSIBLE_LOCALHOST_WARNING": "false",
            "ANSIBLE_INVENTORY_UNPARSED_WARNING": "false",
            "ANSIBLE_NOCOLOR": "true",
            "ANSIBLE_REMOTE_TMP": str(self.home / "tmp"),
        }
        done = subprocess.run(
            [str(BIN / str(command[0])), *map(str, command[1:])],
            check=False,
            cwd=self.home,
            env={**own, **environ},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
        )
        assert done.returncode == status, done.stdout + done.stderr
        return done
