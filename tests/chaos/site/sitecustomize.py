# Copyright (c) 2026, the sailpoint.isc contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What comes first in a module's process where PYTHONPATH leads here: a clock that jumps, a log that can be read."""

from __future__ import annotations

import itertools
import os
import syslog
import time

_log = os.environ.get("CHAOS_SYSLOG")
if _log:

    def _write(*arguments: object) -> None:
        with open(str(_log), "a", encoding="utf-8") as file:
            file.write(" ".join(map(str, arguments)) + "\n")

    syslog.syslog = _write  # type: ignore[assignment]

_clock = os.environ.get("CHAOS_CLOCK")
if _clock:
    _true_time = time.time
    _jumps = itertools.cycle((0, 86400, -86400))

    def _time() -> float:
        with open(str(_clock), "a", encoding="utf-8"):
            return _true_time() + next(_jumps)

    time.time = _time
