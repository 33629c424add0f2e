# Copyright (c) 2026, the sailpoint.isc contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Runs a module in this process with the options in the second argument, and tells its peak memory in KiB."""

from __future__ import annotations

import contextlib
import importlib
import io
import json
import re
import sys
from pathlib import Path

from ansible.module_utils.testing import patch_module_args

failed = True
module = importlib.import_module(sys.argv[1])
with patch_module_args(json.loads(sys.argv[2])), contextlib.redirect_stdout(io.StringIO()):
    try:
        module.main()
    except SystemExit as end:
        failed = bool(end.code)
status = Path("/proc/self/status").read_text(encoding="ascii")
print(*re.findall(r"VmHWM:\s*(\d+) kB", status))  # getrusage() would tell the peak of the parent where that is higher
sys.exit(failed)
