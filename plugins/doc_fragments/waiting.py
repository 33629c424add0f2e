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
      - How long to wait at the most, in seconds or as a duration such as V(90s), V(30m) or V(12h). The last look,
        and what is asked for after it, may take up to 5 seconds more.
    type: str
    default: 1h
  interval:
    description:
      - The first pause between two polls, in seconds or as a duration; every pause is twice the one before.
    type: str
    default: '2'
  max_interval:
    description:
      - The longest pause between two polls, in seconds or as a duration.
    type: str
    default: '30'
  fail_on:
    description:
      - The completion statuses that fail this task, once all that it waits for has completed. An empty list fails on
        none.
    type: list
    elements: str
    choices: [SUCCESS, WARNING, ERROR, TERMINATED, TEMPERROR]
    default: [ERROR, TERMINATED, TEMPERROR]
  progress_interval:
    description:
      - While the module waits, lines on the controller tell what has started and ended, and when requests fail. When
        nothing was told for this long, in seconds or as a duration, a line tells what is pending and for how long.
      - For account aggregations it also tells how many accounts were processed, if the token acts for a user.
      - With V(0) nothing is told. Nothing is told either with C(no_log), with C(async), in check mode, or when the
        module does not run on the controller.
    type: str
    default: '60'
    version_added: 0.3.0
"""
