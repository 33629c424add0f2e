# Copyright (c) 2026, the sailpoint.isc contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Runs a module in this process with the options in the second argument, and tells what that took and gave.

Prints JSON: its peak memory in KiB, its seconds of CPU, the time on the wall when it ended, and its result but for
lists of records, of which it tells the length.
"""

from __future__ import annotations

import contextlib
import importlib
import io
import json
import re
import sys
import time
from pathlib import Path

from ansible.module_utils.testing import patch_module_args

failed = True
module = importlib.import_module(sys.argv[1])
shown = io.StringIO()
with patch_module_args(json.loads(sys.argv[2])), contextlib.redirect_stdout(shown):
    try:
        module.main()
    except SystemExit as end:
        failed = bool(end.code)
ended, cpu = time.time(), time.process_time()
status = Path("/proc/self/status").read_text(encoding="ascii")
# getrusage() would tell the peak of the parent where that is higher
(peak,) = re.findall(r"VmHWM:\s*(\d+) kB", status)
result = json.loads(shown.getvalue())
short = {key: len(value) if isinstance(value, list) else value for key, value in result.items() if key != "invocation"}
print(json.dumps({"peak_kib": int(peak), "cpu": cpu, "ended": ended, "result": short}))
sys.exit(failed)
