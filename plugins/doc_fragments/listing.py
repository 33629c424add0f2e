# Copyright (c) 2026, the sailpoint.isc contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The options of modules that list tasks."""

from __future__ import annotations


class ModuleDocFragment:
    """Fragment sailpoint.isc.listing; listing.fields for the last option alone."""

    DOCUMENTATION = r"""
options:
  newer_than:
    description:
      - Only tasks created less than this long ago, such as V(90s), V(30m), V(12h), V(7d) or V(4w).
      - The API cannot filter on dates; this is judged by the module.
    type: str
  older_than:
    description:
      - Only tasks created more than this long ago, in the same form as O(newer_than).
    type: str
  offset:
    description:
      - How many of the tasks that match are passed over, from the start of the list.
    type: int
    default: 0
  limit:
    description:
      - How many records one request asks for, from 1 to 250. As many requests are made as it takes.
    type: int
    default: 250
  max_results:
    description:
      - The most records to return; all of them if it is not set.
    type: int
  count:
    description:
      - Also return RV(total_count). Counting costs the tenant time, and the module further requests where
        it filters itself.
    type: bool
    default: false
"""

    FIELDS = r"""
options:
  fields:
    description:
      - Return only these top-level keys of every record, such as V(id) and V(completionStatus).
      - With many records this saves most of the time the task takes.
    type: list
    elements: str
"""
