# Copyright (c) 2026, the sailpoint.isc contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Keep temporary files of unit tests in the tree: ansible-test does not pass TMPDIR on."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

_DIRECTORY = Path(__file__).resolve().parents[1] / "output" / "tmp"
_DIRECTORY.mkdir(parents=True, exist_ok=True)
os.environ["TMPDIR"] = tempfile.tempdir = str(_DIRECTORY)
