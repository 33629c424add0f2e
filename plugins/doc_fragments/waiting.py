# Copyright (c) 2026, the sailpoint.isc contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The options of modules that wait."""

from __future__ import annotations


class ModuleDocFragment:
    """Fragment sailpoint.isc.waiting."""

    DOCUMENTATION = r"""
options:
  timeout:
    description:
      - The maximum time to wait, in seconds or as a duration such as V(90s), V(30m) or V(12h). The last poll, and the
        requests after it, may take up to 5 seconds more.
    type: str
    default: 1h
  interval:
    description:
      - The first pause between two polls, in seconds or as a duration. Each pause is twice as long as the one before.
    type: str
    default: '2'
  max_interval:
    description:
      - The maximum pause between two polls, in seconds or as a duration.
    type: str
    default: '30'
  fail_on:
    description:
      - The completion statuses on which this task fails, after everything that it waits for has completed. With an
        empty list, no completion status fails it.
    type: list
    elements: str
    choices: [SUCCESS, WARNING, ERROR, TERMINATED, TEMPERROR]
    default: [ERROR, TERMINATED, TEMPERROR]
  progress_interval:
    description:
      - While the module waits, the controller prints a line when something has started or ended, and when requests
        fail. If no line was printed for this time, in seconds or as a duration, a line shows what is pending and for
        how long.
      - For account aggregations the line also shows how many accounts were processed, if the token acts for a user.
      - V(0) turns this off. No line is printed with C(no_log), with C(async), in check mode, or when the module
        runs on another host or, with C(become), as another unprivileged user.
    type: str
    default: '60'
    version_added: 0.3.0
"""
