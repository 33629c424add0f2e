#!/usr/bin/python

# Copyright (c) 2026, the sailpoint.isc contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Module sailpoint.isc.source_info."""

from __future__ import annotations

DOCUMENTATION = r"""
module: source_info
short_description: List the sources of a SailPoint Identity Security Cloud tenant
version_added: 0.3.0
description:
  - Returns the records of sources, with their ids, names, owners, the results of their last health checks, and more.
  - The result is the same on every O(api_version).
  - The token needs the scope C(idn:sources:read), and C(idn:tag:read) for O(tags). If it acts for a user, the user
    needs the right to see sources.
author: sailpoint.isc contributors (@sailpoint-isc)
extends_documentation_fragment:
  - sailpoint.isc.auth
  - sailpoint.isc.attributes
  - sailpoint.isc.attributes.info
  - sailpoint.isc.listing.pages
options:
  ids:
    description:
      - Only the sources with these ids. An id that does not exist is ignored.
      - A long list, of ids or of other values, is split into several requests.
    type: list
    elements: str
  names:
    description:
      - Only the sources with these names. The tenant compares the names and may ignore case.
    type: list
    elements: str
  types:
    description:
      - Only the sources with these values of C(type) in the record, such as V(Active Directory - Direct) or
        V(DelimitedFile).
    type: list
    elements: str
  connector_names:
    description:
      - Only the sources with these values of C(connectorName) in the record, such as V(Active Directory).
    type: list
    elements: str
  statuses:
    description:
      - Only the sources whose last health check had one of these results, such as V(SOURCE_STATE_HEALTHY) or
        V(SOURCE_STATE_ERROR_VA).
    type: list
    elements: str
  tags:
    description:
      - Only the sources that have any of these tags. A tag that no source has matches nothing.
    type: list
    elements: str
  healthy:
    description:
      - Only the sources that the last health check found healthy (V(true)), or all others (V(false)).
      - The API cannot filter on it. The module applies this filter itself. If the API does not return the health of a
        source, it counts as not healthy.
    type: bool
  filters:
    description:
      - A filter expression in SailPoint's syntax, such as C(owner.id eq "2c9180867624cbd7017642d8c8c81f67"). A source
        must match it and the options above.
    type: str
  sorters:
    description:
      - The fields to sort by, separated by commas. A minus sign before a field sorts in descending order.
    type: str
    default: name
  count:
    description:
      - Also return RV(total_count). Counting takes time in the tenant. With O(healthy), the module reads all records
        that match.
    type: bool
    default: false
  fields:
    description:
      - Return only these top-level keys of every record, such as V(id) and V(name).
      - C(connectorAttributes), which contains hosts and accounts of the target system, is returned only if it is listed
        here.
    type: list
    elements: str
seealso:
  - module: sailpoint.isc.source_aggregation
  - module: sailpoint.isc.task_status_info
"""

EXAMPLES = r"""
- name: Look up the id of a source
  sailpoint.isc.source_info:
    names: [HR System]
    fields: [id, name]
  register: found

- name: Find the sources that are down
  sailpoint.isc.source_info:
    healthy: false
    fields: [id, name, status, since]
  register: down

- name: Show them
  ansible.builtin.debug:
    msg: "{{ item.name }}: {{ item.status }} since {{ item.since }}"
  loop: "{{ down.sources }}"
  loop_control:
    label: "{{ item.id }}"

- name: Count the sources with these tags, and get the ten oldest
  sailpoint.isc.source_info:
    tags: [PCI, SOX]
    sorters: created
    max_results: 10
    count: true
"""

RETURN = r"""
sources:
  description:
    - The records, in the order of O(sorters).
    - They have every key that the API returned except C(connectorAttributes), or those of O(fields).
  returned: success
  type: list
  elements: dict
  sample:
    - id: 2c9180835d2e5168015d32f890ca1581
      name: HR System
      description: People and contracts
      owner:
        type: IDENTITY
        id: 2c9180867624cbd7017642d8c8c81f67
        name: Olga Owner
      cluster: null
      features: [PROVISIONING, ENABLE]
      type: Workday
      connector: workday-angularsc
      connectorName: Workday
      connectionType: direct
      deleteThreshold: 10
      authoritative: true
      healthy: true
      status: SOURCE_STATE_HEALTHY
      since: "2026-05-17T19:33:04.3801666300Z"
      created: "2024-02-06T09:30:00.000Z"
      modified: "2026-03-17T14:05:12.480Z"
      category: null
total_count:
  description: How many sources match, regardless of O(max_results).
  returned: with O(count=true)
  type: int
  sample: 84
"""


from ansible.module_utils.basic import AnsibleModule
from ansible_collections.sailpoint.isc.plugins.module_utils import _argspec, _module
from ansible_collections.sailpoint.isc.plugins.module_utils._http.client import Client
from ansible_collections.sailpoint.isc.plugins.module_utils._sources.selection import Selection
from ansible_collections.sailpoint.isc.plugins.module_utils._sources.sources import Sources
from ansible_collections.sailpoint.isc.plugins.module_utils._tasks.records import projected

# Contains hosts, accounts and file paths, so only on request
UNASKED = "connectorAttributes"
OPTIONS = {
    "ids": _argspec.STRINGS,
    "names": _argspec.STRINGS,
    "types": _argspec.STRINGS,
    "connector_names": _argspec.STRINGS,
    "statuses": _argspec.STRINGS,
    "tags": _argspec.STRINGS,
    "healthy": {"type": "bool"},
    "filters": {"type": "str"},
    "sorters": {"type": "str", "default": "name"},
    **{name: _argspec.PAGING[name] for name in ("limit", "max_results", "count", "fields")},
}


def work(module: AnsibleModule, client: Client) -> dict[str, object]:
    records, total = Sources(client).listing(Selection.from_options(module.params))
    fields = module.params["fields"]
    if fields is None:
        records = [{key: value for key, value in record.items() if key != UNASKED} for record in records]
    result: dict[str, object] = {"sources": [projected(record, fields) for record in records]}
    if module.params["count"]:
        result["total_count"] = total
    return result


def main() -> None:
    _module.run(work, OPTIONS)


if __name__ == "__main__":
    main()
