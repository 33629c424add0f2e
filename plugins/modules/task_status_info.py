#!/usr/bin/python

# Copyright (c) 2026, the sailpoint.isc contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Module sailpoint.isc.task_status_info."""

from __future__ import annotations

DOCUMENTATION = r"""
module: task_status_info
short_description: List the background tasks of a SailPoint Identity Security Cloud tenant, or read one
version_added: 0.1.0
description:
  - Returns the records (TaskStatus) of tasks such as aggregations and identity refreshes, with all keys of the API.
  - V(beta) and V(v2024) list completed tasks only. The other versions list all tasks. To list pending tasks on every
    version, use M(sailpoint.isc.pending_tasks_info).
  - The tenant keeps tasks for 90 days.
author: sailpoint.isc contributors (@sailpoint-isc)
extends_documentation_fragment:
  - sailpoint.isc.auth
  - sailpoint.isc.attributes
  - sailpoint.isc.attributes.info
  - sailpoint.isc.listing
  - sailpoint.isc.listing.pages
  - sailpoint.isc.listing.fields
options:
  id:
    description:
      - The id of one task. It can be combined with O(fields) only.
      - This finds pending tasks on every version. If the id does not exist, the list is empty; the module does not
        fail.
    type: str
  ids:
    description:
      - Only the tasks with these ids. On V(beta) and V(v2024), only those that have completed.
      - A long list is split into several requests.
    type: list
    elements: str
  types:
    description:
      - Only the tasks of these task definitions, such as V(CLOUD_ACCOUNT_AGGREGATION), V(CLOUD_GROUP_AGGREGATION)
        (entitlements), V(CLOUD_PROCESS_UNCORRELATED_ACCOUNTS), V(CLOUD_REFRESH_ROLE), V(CLOUD_IDENTITY_AGGREGATION)
        or V(IDENTITY_REFRESH).
      - This is not the C(type) in the record, such as C(QUARTZ).
    type: list
    elements: str
  completion_statuses:
    description:
      - Only the tasks with one of these completion statuses, such as V(SUCCESS), V(WARNING), V(ERROR), V(TERMINATED) or
        V(TEMPERROR). Case does not matter.
    type: list
    elements: str
  launchers:
    description:
      - Only the tasks that were launched by these. Needs O(api_version=v2026) or O(api_version=v1).
    type: list
    elements: str
  filters:
    description:
      - A filter expression in SailPoint's syntax, such as C(type eq "CLOUD_ACCOUNT_AGGREGATION"). A task must match it
        and the options above.
    type: str
  sorters:
    description:
      - The order of the list. With V(-created), the newest task comes first.
    type: str
    choices: [created, -created]
    default: -created
seealso:
  - module: sailpoint.isc.pending_tasks_info
  - module: sailpoint.isc.task_wait
"""

EXAMPLES = r"""
- name: Find the account aggregations of two sources that failed within a week
  sailpoint.isc.task_status_info:
    source_ids:
      - 2c9180835d2e5168015d32f890ca1581
      - 2c91808a7813090a017814121e121518
    types: [CLOUD_ACCOUNT_AGGREGATION]
    completion_statuses: [ERROR, TERMINATED, TEMPERROR]
    newer_than: 7d
    fields: [id, target, completed, completionStatus, messages]
  register: failures

- name: Show them
  ansible.builtin.debug:
    msg: "{{ item.target.name }}: {{ item.completionStatus }} at {{ item.completed }}"
  loop: "{{ failures.tasks }}"
  loop_control:
    label: "{{ item.id }}"

- name: Find what has run on two sources within a day
  sailpoint.isc.task_status_info:
    source_names: [HR System, Active Directory]
    newer_than: 24h

- name: Read one task
  sailpoint.isc.task_status_info:
    id: 464ae7bf791e49fdb74606a2e4a89635

- name: Count what has completed, and get the ten newest
  sailpoint.isc.task_status_info:
    max_results: 10
    count: true
"""

RETURN = r"""
tasks:
  description:
    - The records, in the order of O(sorters). Each id appears once.
    - They have every key that the API returned, or those of O(fields).
  returned: success
  type: list
  elements: dict
  sample:
    - id: 464ae7bf791e49fdb74606a2e4a89635
      type: QUARTZ
      uniqueName: Cloud Account Aggregation
      description: Aggregates from the specified application.
      parentName: null
      launcher: System
      target:
        id: 2c9180835d2e5168015d32f890ca1581
        type: APPLICATION
        name: HR System
      created: "2026-05-17T19:33:04.120Z"
      launched: "2026-05-17T19:33:04.350Z"
      completed: "2026-05-17T19:33:16.470Z"
      completionStatus: SUCCESS
      messages: []
      progress: null
      percentComplete: 100
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
  description:
    - How many tasks match, regardless of O(offset) and O(max_results).
    - The tenant counts them. With O(newer_than) or O(older_than), which the API cannot filter on, the module does.
  returned: with O(count=true)
  type: int
  sample: 1432
"""


from ansible.module_utils.basic import AnsibleModule
from ansible_collections.sailpoint.isc.plugins.module_utils import _argspec, _module
from ansible_collections.sailpoint.isc.plugins.module_utils._http.client import Client
from ansible_collections.sailpoint.isc.plugins.module_utils._tasks.records import projected
from ansible_collections.sailpoint.isc.plugins.module_utils._tasks.statuses import TaskStatuses
from ansible_collections.sailpoint.isc.plugins.module_utils._time import format_timestamp

OPTIONS = {
    "id": {"type": "str"},
    "ids": _argspec.STRINGS,
    "source_ids": _argspec.STRINGS,
    "source_names": _argspec.STRINGS,
    "types": _argspec.STRINGS,
    "completion_statuses": _argspec.STRINGS,
    "launchers": _argspec.STRINGS,
    "filters": {"type": "str"},
    "sorters": {"type": "str", "default": "-created", "choices": ["created", "-created"]},
    **_argspec.PAGING,
}


def work(module: AnsibleModule, client: Client) -> dict[str, object]:
    fields = module.params["fields"]
    if module.params["id"] is None:
        result = listed(module, client, fields)
    else:
        record = TaskStatuses(client).get(module.params["id"])
        result = {"tasks": [] if record is None else [projected(record, fields)]}
    return {**result, "tenant_time": format_timestamp(client.now())}


def listed(module: AnsibleModule, client: Client, fields: list[str] | None) -> dict[str, object]:
    # Imported only for lists, not for a single record.
    from ansible_collections.sailpoint.isc.plugins.module_utils._sources.sources import Sources
    from ansible_collections.sailpoint.isc.plugins.module_utils._tasks.selection import Selection

    selection, names = Selection.from_options(module.params, client.api).identified(Sources(client).ids_of)
    listing = TaskStatuses(client).listing(selection)
    result: dict[str, object] = {"tasks": [projected(record, fields) for record in listing]}
    if names:
        result["sources"] = selection.sources(names)
    if module.params["count"]:
        result["total_count"] = listing.total
    return result


def main() -> None:
    others = [name for name in OPTIONS if name not in ("id", "fields")]
    _module.run(work, OPTIONS, mutually_exclusive=[("id", name) for name in others])


if __name__ == "__main__":
    main()
