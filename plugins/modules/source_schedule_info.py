#!/usr/bin/python

# Copyright (c) 2026, the sailpoint.isc contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Module sailpoint.isc.source_schedule_info."""

from __future__ import annotations

DOCUMENTATION = r"""
module: source_schedule_info
short_description: List the schedules of sources of a SailPoint Identity Security Cloud tenant
version_added: 0.3.0
description:
  - Returns the schedules by which the accounts and the entitlements of sources are aggregated.
  - The API has schedules on every O(api_version) except V(beta).
  - The token needs the scope C(idn:sources:read). If it acts for a user, the user needs the level C(ORG_ADMIN),
    C(SOURCE_ADMIN) or C(SOURCE_SUBADMIN).
author: sailpoint.isc contributors (@sailpoint-isc)
extends_documentation_fragment:
  - sailpoint.isc.auth
  - sailpoint.isc.attributes
  - sailpoint.isc.attributes.info
options:
  source_ids:
    description:
      - The ids of the sources. One that does not exist is an error.
    type: list
    elements: str
  source_names:
    description:
      - The names of the sources, in addition to those of O(source_ids). They must match exactly. It is an error if no
        source has a name, or if several have it.
    type: list
    elements: str
seealso:
  - module: sailpoint.isc.source_schedule
  - module: sailpoint.isc.source_info
"""

EXAMPLES = r"""
- name: Get the schedules of two sources
  sailpoint.isc.source_schedule_info:
    api_version: v2025
    source_names: [HR System, Active Directory]
  register: found

- name: Show them
  ansible.builtin.debug:
    msg: "{{ item.source_name }}, {{ item.aggregation }}: {{ item.cron }}"
  loop: "{{ found.schedules }}"
  loop_control:
    label: "{{ item.source_id }}"
"""

RETURN = r"""
schedules:
  description:
    - The schedules of all these sources, in the order in which the sources are given. A source without a schedule has
      no entry.
  returned: success
  type: list
  elements: dict
  sample:
    - source_id: 2c9180835d2e5168015d32f890ca1581
      source_name: HR System
      aggregation: accounts
      cron: 0 0 5,13,21 * * ?
  contains:
    source_id:
      description: The id of the source.
      type: str
    source_name:
      description: The name of the source.
      type: str
    aggregation:
      description: What is aggregated, V(accounts) or V(entitlements).
      type: str
    cron:
      description: The times, as a Quartz cron expression.
      type: str
"""


from ansible.module_utils.basic import AnsibleModule
from ansible_collections.sailpoint.isc.plugins.module_utils import _argspec, _module
from ansible_collections.sailpoint.isc.plugins.module_utils._http.client import Client
from ansible_collections.sailpoint.isc.plugins.module_utils._sources.schedules import Schedules, Slot, named

OPTIONS = {
    "source_ids": _argspec.STRINGS,
    "source_names": _argspec.STRINGS,
}


def work(module: AnsibleModule, client: Client) -> dict[str, object]:
    schedules = Schedules(client)
    sources = named(client, module.params["source_ids"] or (), module.params["source_names"] or ())
    found = [
        Slot(source_id, name, aggregation).schedule(cron)
        for source_id, name in sources.items()
        for aggregation, cron in schedules.of(source_id).items()
    ]
    return {"schedules": found}


def main() -> None:
    _module.run(work, OPTIONS, required_one_of=[("source_ids", "source_names")])


if __name__ == "__main__":
    main()
