#!/usr/bin/python

# Copyright (c) 2026, the sailpoint.isc contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Module sailpoint.isc.source_schedule."""

from __future__ import annotations

DOCUMENTATION = r"""
module: source_schedule
short_description: Set or remove a schedule of a source of a SailPoint Identity Security Cloud tenant
version_added: 0.3.0
description:
  - Sets the schedule by which the accounts or the entitlements of a source are aggregated, or removes it. The module is
    idempotent.
  - The API has schedules on every O(api_version) except V(beta). A schedule cannot be switched off, only removed. To
    remove it temporarily, use the role P(sailpoint.isc.maintenance_window#role).
  - The API has no conditional write. The module reads the schedule again right before it writes it. If somebody else
    has changed it since the first read, the module fails and leaves it unchanged.
  - Removing a schedule does not stop a running aggregation, health checks or provisioning.
  - The token needs the scopes C(idn:sources:read) and C(idn:sources:manage). If it acts for a user, the user needs the
    level C(ORG_ADMIN), C(SOURCE_ADMIN) or C(SOURCE_SUBADMIN).
author: sailpoint.isc contributors (@sailpoint-isc)
extends_documentation_fragment:
  - sailpoint.isc.auth
  - sailpoint.isc.attributes
attributes:
  diff_mode:
    support: full
  idempotent:
    support: full
options:
  source_id:
    description:
      - The id of the source. Either this or O(source_name) must be given.
    type: str
  source_name:
    description:
      - The name of the source, which must match exactly.
    type: str
  aggregation:
    description:
      - What the schedule aggregates.
    type: str
    choices: [accounts, entitlements]
    default: accounts
  cron:
    description:
      - The times, as a Quartz cron expression with second, minute, hour, day of the month, month, day of the week and
        optionally year, such as V(0 0 5 * * ?) for every day at five. Write V(?) for the one of the two days that is
        not used. Days of the week are V(1) (Sunday) to V(7).
      - The module checks the syntax before it sends a request. The tenant checks the rest. The API does not say which
        time zone it uses.
      - Required with O(state=present), ignored with O(state=absent).
    type: str
  state:
    description:
      - Whether the schedule should exist.
    type: str
    choices: [present, absent]
    default: present
seealso:
  - module: sailpoint.isc.source_schedule_info
  - module: sailpoint.isc.source_schedules_pause
"""

EXAMPLES = r"""
- name: Aggregate the accounts of a source at 5, 13 and 21 o'clock
  sailpoint.isc.source_schedule:
    api_version: v2025
    source_name: HR System
    cron: 0 0 5,13,21 * * ?

- name: Aggregate its entitlements on Monday mornings
  sailpoint.isc.source_schedule:
    api_version: v2025
    source_name: HR System
    aggregation: entitlements
    cron: 0 30 6 ? * MON

- name: Remove the schedule of the entitlements
  sailpoint.isc.source_schedule:
    api_version: v2025
    source_id: 2c9180835d2e5168015d32f890ca1581
    aggregation: entitlements
    state: absent
"""

RETURN = r"""
schedule:
  description: The schedule after the change, or in check mode as it would be. Null if there is none.
  returned: success
  type: dict
  sample:
    source_id: 2c9180835d2e5168015d32f890ca1581
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
from ansible_collections.sailpoint.isc.plugins.module_utils import _module
from ansible_collections.sailpoint.isc.plugins.module_utils._errors import InvalidOption
from ansible_collections.sailpoint.isc.plugins.module_utils._http.client import Client
from ansible_collections.sailpoint.isc.plugins.module_utils._sources import cron as crons
from ansible_collections.sailpoint.isc.plugins.module_utils._sources.schedules import TYPES, Schedules, Slot, named

OPTIONS = {
    "source_id": {"type": "str"},
    "source_name": {"type": "str"},
    "aggregation": {"type": "str", "choices": list(TYPES), "default": "accounts"},
    "cron": {"type": "str"},
    "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
}


def work(module: AnsibleModule, client: Client) -> dict[str, object]:
    options = module.params
    wanted = options["cron"] if options["state"] == "present" else None
    problem = None if wanted is None else crons.problem(wanted)
    if problem:
        raise InvalidOption("cron", wanted, problem)
    schedules = Schedules(client)
    chosen = ([options["source_id"]], ()) if options["source_id"] is not None else ((), [options["source_name"]])
    ((source_id, name),) = named(client, *chosen).items()
    slot = Slot(source_id, name, options["aggregation"])
    before = schedules.of(source_id).get(slot.aggregation)
    differs = not crons.same(before, wanted)
    changed = differs and (module.check_mode or schedules.change(slot, before, wanted))
    after = wanted if differs else before
    schedule = None if after is None else slot.schedule(after)
    result: dict[str, object] = {"changed": changed, "schedule": schedule}
    if module._diff:
        result["diff"] = {"before": {} if before is None else slot.schedule(before), "after": schedule or {}}
    return result


def main() -> None:
    _module.run(
        work,
        OPTIONS,
        mutually_exclusive=[("source_id", "source_name")],
        required_one_of=[("source_id", "source_name")],
        required_if=[("state", "present", ("cron",))],
    )


if __name__ == "__main__":
    main()
