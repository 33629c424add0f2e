#!/usr/bin/python

# Copyright (c) 2026, the sailpoint.isc contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Module sailpoint.isc.pending_tasks_info."""

from __future__ import annotations

DOCUMENTATION = r"""
module: pending_tasks_info
short_description: List or count the tasks of a SailPoint Identity Security Cloud tenant that have not completed
version_added: 0.1.0
description:
  - Returns the records of queued and running tasks, the newest first, or only their number.
  - The result is the same on every O(api_version). V(beta) and V(v2024) have a separate endpoint for pending tasks,
    which neither filters nor sorts. There the module reads all pending tasks and applies the filters itself
    (client-side filtering). The other versions filter in the tenant (server-side filtering).
author: sailpoint.isc contributors (@sailpoint-isc)
extends_documentation_fragment:
  - sailpoint.isc.auth
  - sailpoint.isc.attributes
  - sailpoint.isc.attributes.info
  - sailpoint.isc.listing
  - sailpoint.isc.listing.pages
  - sailpoint.isc.listing.fields
options:
  types:
    description:
      - Only the tasks of these task definitions, such as V(CLOUD_ACCOUNT_AGGREGATION) or V(CLOUD_GROUP_AGGREGATION)
        (entitlements).
      - V(beta) and V(v2024) cannot filter on it, and records do not contain it. There the module derives it from the
        names in the record.
    type: list
    elements: str
  unique_names:
    description:
      - Only the tasks whose C(uniqueName) matches one of these shell patterns, such as V(Cloud Group Aggregation*).
        Patterns are case-sensitive.
    type: list
    elements: str
  count_only:
    description:
      - Return only RV(total_count) and no records. This takes one request, or a few if a list is too long for one.
      - Cannot be combined with a client-side filter. With O(api_version=beta) and O(api_version=v2024) these are
        O(source_ids), O(source_names), O(types), O(unique_names), O(newer_than) and O(older_than). With the other
        versions these are O(unique_names), O(newer_than) and O(older_than).
    type: bool
    default: false
seealso:
  - module: sailpoint.isc.task_status_info
  - module: sailpoint.isc.task_wait
"""

EXAMPLES = r"""
- name: Fail while anything is running
  sailpoint.isc.pending_tasks_info:
    count_only: true
  register: pending
  failed_when: pending.total_count > 0

- name: Find aggregations that have been pending for more than a day
  sailpoint.isc.pending_tasks_info:
    types: [CLOUD_ACCOUNT_AGGREGATION, CLOUD_GROUP_AGGREGATION]
    older_than: 24h
  register: stuck

- name: Show them
  ansible.builtin.debug:
    msg: "{{ item.uniqueName }} since {{ item.created }}"
  loop: "{{ stuck.tasks }}"
  loop_control:
    label: "{{ item.id }}"
"""

RETURN = r"""
tasks:
  description:
    - The records, the newest first. They have every key that the API returned, or those of O(fields).
    - Empty with O(count_only=true).
  returned: success
  type: list
  elements: dict
  sample:
    - id: 464ae7bf791e49fdb74606a2e4a89635
      type: QUARTZ
      uniqueName: Cloud Account Aggregation
      target:
        id: 2c9180835d2e5168015d32f890ca1581
        type: APPLICATION
        name: HR System
      created: "2026-05-17T19:33:04.120Z"
      launched: "2026-05-17T19:33:04.350Z"
      completed: null
      completionStatus: null
      percentComplete: 40
tenant_time:
  description:
    - The time on the tenant's clock after the records were read, in UTC.
    - Work out ages from it, because the controller's clock may differ. Pass it as I(now) to the filters
      P(sailpoint.isc.task_outcomes#filter), P(sailpoint.isc.task_health#filter) and
      P(sailpoint.isc.task_report#filter).
  returned: success
  type: str
  version_added: 0.3.0
  sample: "2026-05-17T20:00:00.000Z"
sources:
  description:
    - The sources of O(source_ids) and O(source_names), in this order, with C(id) and C(name).
    - C(name) is null for sources that were given by their ids.
  returned: with O(source_names)
  type: list
  elements: dict
  version_added: 0.3.0
  sample:
    - id: 2c9180835d2e5168015d32f890ca1581
      name: HR System
total_count:
  description: How many pending tasks match, regardless of O(offset) and O(max_results).
  returned: with O(count=true) or O(count_only=true)
  type: int
  sample: 3
"""


from ansible.module_utils.basic import AnsibleModule
from ansible_collections.sailpoint.isc.plugins.module_utils import _argspec, _module
from ansible_collections.sailpoint.isc.plugins.module_utils._http.client import Client
from ansible_collections.sailpoint.isc.plugins.module_utils._sources.sources import Sources
from ansible_collections.sailpoint.isc.plugins.module_utils._tasks.records import projected
from ansible_collections.sailpoint.isc.plugins.module_utils._tasks.selection import Selection
from ansible_collections.sailpoint.isc.plugins.module_utils._tasks.statuses import TaskStatuses
from ansible_collections.sailpoint.isc.plugins.module_utils._time import format_timestamp

OPTIONS = {
    "source_ids": _argspec.STRINGS,
    "source_names": _argspec.STRINGS,
    "types": _argspec.STRINGS,
    "unique_names": _argspec.STRINGS,
    "count_only": {"type": "bool", "default": False},
    **_argspec.PAGING,
}


def work(module: AnsibleModule, client: Client) -> dict[str, object]:
    tasks = TaskStatuses(client)
    selection = Selection.from_options(module.params, client.api)
    result: dict[str, object] = {"tasks": []}
    if module.params["count_only"]:
        tasks.check_countable(selection)
    selection, names = selection.identified(Sources(client).ids_of)
    if names:
        result["sources"] = selection.sources(names)
    if module.params["count_only"]:
        result["total_count"] = tasks.count_pending(selection)
    else:
        listing = tasks.pending(selection)
        result["tasks"] = [projected(record, module.params["fields"]) for record in listing]
        if module.params["count"]:
            result["total_count"] = listing.total
    return {**result, "tenant_time": format_timestamp(client.now())}


def main() -> None:
    _module.run(work, OPTIONS)


if __name__ == "__main__":
    main()
