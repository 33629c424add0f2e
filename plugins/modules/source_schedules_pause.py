#!/usr/bin/python

# Copyright (c) 2026, the sailpoint.isc contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Module sailpoint.isc.source_schedules_pause."""

from __future__ import annotations

DOCUMENTATION = r"""
module: source_schedules_pause
short_description: Remove the schedules of sources of a SailPoint Identity Security Cloud tenant for a while
version_added: 0.3.0
description:
  - Saves the schedules of sources to a file and removes them, and later puts back what it has removed. The API knows no
    other way to pause a schedule. The role P(sailpoint.isc.maintenance_window#role) does the same, and waits until what
    runs has ended.
  - No schedule is removed before the file that holds it is on the disk, and each step is written to it before it is
    taken. Whatever ends a run, the next one with the same options finishes what is left.
  - This stops neither provisioning, nor health checks, nor what already runs.
  - The API has schedules on every O(api_version) but V(beta).
  - The token needs the scope C(idn:sources:manage), and of a user the level C(ORG_ADMIN), C(SOURCE_ADMIN) or
    C(SOURCE_SUBADMIN); for O(tags) the scope C(idn:tag:read) as well.
author: sailpoint.isc contributors (@sailpoint-isc)
extends_documentation_fragment:
  - sailpoint.isc.auth
  - sailpoint.isc.attributes
attributes:
  check_mode:
    support: full
    details: Reads, and writes neither to the tenant nor to the file.
  diff_mode:
    support: full
  idempotent:
    support: full
options:
  state:
    description:
      - V(paused) saves and removes the schedules. Where the file is there already, it goes on with what is left of the
        same sources; with other sources, other O(aggregations) or another tenant it fails and touches nothing.
      - V(resumed) puts back what is removed, and then removes the file. Where somebody has set a schedule since, that
        one stays, and is named. Without a file there is nothing to do.
    type: str
    required: true
    choices: [paused, resumed]
  path:
    description:
      - The file, on the host that the module runs on. It is for its owner alone (mode 0600) and holds JSON that says
        what it is for, which tenant and sources it is about, and each schedule with what has been done to it.
      - A directory is the place of a file that is named after the tenant, such as C(maintenance-window-acme.json); if
        not set, it is the working directory.
    type: path
  source_ids:
    description:
      - The ids of the sources. With O(state=paused), at least one of this, O(source_names) and O(tags) must be given;
        together they mean any of them.
      - With O(state=resumed), none has to be given. Where one is, a file with the schedules of other sources is
        refused, as it is that of another window.
    type: list
    elements: str
  source_names:
    description:
      - The names of the sources, which must match exactly.
    type: list
    elements: str
  tags:
    description:
      - The sources that carry any of these tags. A tag that no source carries gives none, and a warning.
    type: list
    elements: str
  aggregations:
    description:
      - Which schedules are removed.
    type: list
    elements: str
    choices: [accounts, entitlements]
    default: [accounts, entitlements]
seealso:
  - module: sailpoint.isc.source_schedule
  - module: sailpoint.isc.source_schedule_info
"""

EXAMPLES = r"""
- name: Pause all schedules of two sources
  sailpoint.isc.source_schedules_pause:
    api_version: v2025
    state: paused
    source_names: [HR System, Active Directory]
    path: paused.json

- name: Put them back
  sailpoint.isc.source_schedules_pause:
    api_version: v2025
    state: resumed
    path: paused.json
"""

RETURN = r"""
path:
  description: The file.
  returned: when it could be read, or there is none
  type: str
  sample: /srv/work/maintenance-window-acme.json
sources:
  description: The sources that the file is about.
  returned: when the file could be read, or there is none
  type: list
  elements: dict
  sample:
    - id: 2c9180835d2e5168015d32f890ca1581
      name: HR System
  contains:
    id:
      description: The id of the source.
      type: str
    name:
      description: Its name.
      type: str
schedules:
  description: The schedules that the file holds, or held.
  returned: when the file could be read, or there is none
  type: list
  elements: dict
  sample:
    - source_id: 2c9180835d2e5168015d32f890ca1581
      source_name: HR System
      aggregation: accounts
      cron: 0 0 5,13,21 * * ?
      state: removed
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
      description: When, as a Quartz cron expression.
      type: str
    state:
      description:
        - What has been done to it, V(saved) (nothing), V(removing) (a request to remove it may have been sent),
          V(removed), V(restored), V(left) (somebody else has set another one, which stays).
      type: str
summary:
  description: What was done, in lines for people to read.
  returned: when the file could be read, or there is none
  type: list
  elements: str
  sample:
    - "HR System, accounts: is removed (0 0 5,13,21 * * ?)"
    - They are saved in /srv/work/maintenance-window-acme.json until the window ends.
    - "Not stopped: provisioning, health checks, and what already runs."
"""


import typing as t

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.sailpoint.isc.plugins.module_utils import _module
from ansible_collections.sailpoint.isc.plugins.module_utils._errors import IscError
from ansible_collections.sailpoint.isc.plugins.module_utils._http.client import Client
from ansible_collections.sailpoint.isc.plugins.module_utils._sources.maintenance import Maintenance, file_at
from ansible_collections.sailpoint.isc.plugins.module_utils._sources.schedules import TYPES, named, names_of
from ansible_collections.sailpoint.isc.plugins.module_utils._sources.selection import Selection
from ansible_collections.sailpoint.isc.plugins.module_utils._sources.sources import Sources
from ansible_collections.sailpoint.isc.plugins.module_utils._text import listed, shown

STRINGS = {"type": "list", "elements": "str"}
OPTIONS = {
    "state": {"type": "str", "required": True, "choices": ["paused", "resumed"]},
    "path": {"type": "path"},
    "source_ids": STRINGS,
    "source_names": STRINGS,
    "tags": STRINGS,
    "aggregations": {**STRINGS, "choices": list(TYPES), "default": list(TYPES)},
}


def work(module: AnsibleModule, client: Client) -> dict[str, object]:
    options = module.params
    maintenance = Maintenance(client, file_at(options["path"], client.base_url), module.check_mode)
    asked = {name: options[name] for name in ("source_ids", "source_names", "tags") if options[name]}
    if options["state"] == "paused":
        aggregations = [name for name in TYPES if name in options["aggregations"]]
        result = maintenance.begin(_sources(client, options), aggregations, asked)
    else:
        result = maintenance.end(asked, lambda: _sources(client, options))
    if module._diff:
        result["diff"] = {"before": maintenance.before, "after": result["schedules"]}
    return result


def _sources(client: Client, options: t.Mapping[str, t.Any]) -> dict[str, str]:
    """The names of the sources that the options mean, by their ids."""
    found = named(client, options["source_ids"] or (), options["source_names"] or ())
    for tag in options["tags"] or ():
        tagged = names_of(Sources(client).listing(Selection(tags=[tag]))[0])
        found = {**tagged, **found}
        if not tagged:
            client.warnings.append(f"No source that the token may see carries the tag {shown(tag)}.")
    if not found:
        tags = listed([*map(shown, options["tags"])], ", ")
        raise IscError(f"No source that the token may see carries any of the tags {tags}, so that nothing was paused.")
    return found


def main() -> None:
    _module.run(work, OPTIONS, required_if=[("state", "paused", ("source_ids", "source_names", "tags"), True)])


if __name__ == "__main__":
    main()
