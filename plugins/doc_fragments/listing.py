# Copyright (c) 2026, the sailpoint.isc contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The options of modules that list tasks."""

from __future__ import annotations


class ModuleDocFragment:
    """Fragment sailpoint.isc.listing; listing.pages and listing.fields for modules that list other records too."""

    DOCUMENTATION = r"""
options:
  source_ids:
    description:
      - Only the tasks of the sources with these ids.
    type: list
    elements: str
  source_names:
    description:
      - Only the tasks of the sources with these names. With O(source_ids), those sources are added to these.
      - Names must match exactly, including upper and lower case. The module looks them up once, with one request, or a
        few if there are many. This needs the scope C(idn:sources:read).
      - If no source has a name, the module fails and suggests similar ones. If several have it, it fails with their
        ids.
    type: list
    elements: str
    version_added: 0.3.0
  newer_than:
    description:
      - Only tasks created less than this long ago, such as V(90s), V(30m), V(12h), V(7d) or V(4w).
      - The API cannot filter on dates. The module applies this filter itself.
    type: str
  older_than:
    description:
      - Only tasks created more than this long ago, in the same form as O(newer_than).
    type: str
  offset:
    description:
      - How many of the matching tasks to skip, from the start of the list.
    type: int
    default: 0
  count:
    description:
      - Also return RV(total_count). Counting takes time in the tenant. Where the module applies a filter itself, it
        takes further requests too.
    type: bool
    default: false
"""

    PAGES = r"""
options:
  limit:
    description:
      - The size of a page, from 1 to 250 records. The module reads as many pages as it needs.
    type: int
    default: 250
  max_results:
    description:
      - The maximum number of records to return. If not set, all are returned.
    type: int
"""

    FIELDS = r"""
options:
  fields:
    description:
      - Return only these top-level keys of every record, such as V(id) and V(completionStatus).
      - If there are many records, this saves most of the time that the task takes.
    type: list
    elements: str
"""
