# Copyright (c) 2026, the sailpoint.isc contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Writes what every task returned into the file that CHAOS_RESULTS names, a line of JSON each."""

from __future__ import annotations

import json
import os
from typing import Any

from ansible.plugins.callback import CallbackBase

DOCUMENTATION = r"""
name: results
type: notification
short_description: Results of tasks as lines of JSON
description: A line for each task that has ended, whatever its end was.
"""


class CallbackModule(CallbackBase):  # type: ignore[misc]  # ansible carries no types
    """Results as they are given to every callback."""

    CALLBACK_VERSION = 2.0
    CALLBACK_TYPE = "notification"
    CALLBACK_NAME = "results"

    def v2_runner_on_ok(self, result: Any) -> None:
        self._write(result, failed=False)

    def v2_runner_on_failed(self, result: Any, ignore_errors: bool = False) -> None:
        self._write(result, failed=True)

    def v2_runner_on_unreachable(self, result: Any) -> None:
        self._write(result, failed=True)

    def _write(self, result: Any, failed: bool) -> None:
        line = {"host": result._host.get_name(), "result": {**result._result, "failed": failed}}
        with open(os.environ["CHAOS_RESULTS"], "a", encoding="utf-8") as file:
            file.write(json.dumps(line, default=str) + "\n")
