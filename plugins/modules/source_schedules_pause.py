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
  - Saves the schedules of sources to a file and removes them, and restores them later. The API has no other way to
    pause a schedule. The role P(sailpoint.isc.maintenance_window#role) does the same and also waits until no task of
    the sources is pending.
  - The module saves a schedule to the file on disk before it removes it, and records each step in the file before it
    takes it. If a run is interrupted, run the module again with the same options, and it finishes the rest.
  - This does not stop provisioning, health checks or running tasks.
  - The API has schedules on every O(api_version) except V(beta).
  - The token needs the scopes C(idn:sources:read) and C(idn:sources:manage), and C(idn:tag:read) for O(tags). If it
    acts for a user, the user needs the level C(ORG_ADMIN), C(SOURCE_ADMIN) or C(SOURCE_SUBADMIN).
author: sailpoint.isc contributors (@sailpoint-isc)
extends_documentation_fragment:
  - sailpoint.isc.auth
  - sailpoint.isc.attributes
attributes:
  check_mode:
    details: Only reads. Changes neither the tenant nor the file.
  diff_mode:
    support: full
  idempotent:
    support: full
options:
  state:
    description:
      - V(paused) saves and removes the schedules. If the file already exists for the same sources, the module continues
        where the last run stopped. If it is for other sources, other O(aggregations) or another tenant, the module
        fails and changes nothing.
      - V(resumed) restores the removed schedules and then removes the file. If somebody has set another schedule
        meanwhile, that one stays and is reported. Without a file there is nothing to do.
    type: str
    required: true
    choices: [paused, resumed]
  path:
    description:
      - The file, on the host that runs the module. Only its owner can read it (mode 0600). It contains JSON with its
        purpose, the tenant, the sources, and each schedule with its state.
      - If this is a directory, or ends with a slash, the file is in it and named after the tenant, such as
        C(maintenance-window-acme.json). If not set, it is the working directory.
    type: path
  source_ids:
    description:
      - The ids of the sources. With O(state=paused), at least one of this, O(source_names) and O(tags) must be given.
        If several are given, a source that matches any of them is paused.
      - With O(state=resumed) they are optional. If one is given, a file with the schedules of other sources is an
        error, because it belongs to another maintenance window.
    type: list
    elements: str
  source_names:
    description:
      - The names of the sources, which must match exactly.
    type: list
    elements: str
  tags:
    description:
      - The sources that have any of these tags. A tag that no source has matches nothing and causes a warning.
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

- name: Restore them
  sailpoint.isc.source_schedules_pause:
    api_version: v2025
    state: resumed
    path: paused.json
"""

RETURN = r"""
path:
  description: The file.
  returned: when the file could be read or does not exist
  type: str
  sample: /srv/work/maintenance-window-acme.json
sources:
  description: The sources that the file is about.
  returned: when the file could be read or does not exist
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
  description: The schedules that are in the file, or were in it.
  returned: when the file could be read or does not exist
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
      description: The times, as a Quartz cron expression.
      type: str
    state:
      description:
        - V(saved) (not changed yet), V(removing) (it may have been removed), V(removed), V(restored), or V(left)
          (somebody else has set another schedule, which stays).
      type: str
summary:
  description: What was done, as lines of text.
  returned: when the file could be read or does not exist
  type: list
  elements: str
  sample:
    - "HR System, accounts: removed (0 0 5,13,21 * * ?)"
    - The schedules are saved in /srv/work/maintenance-window-acme.json until the window ends.
    - "Not stopped: provisioning, health checks, and tasks that are already running."
"""


import typing as t

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.sailpoint.isc.plugins.module_utils import _argspec, _module
from ansible_collections.sailpoint.isc.plugins.module_utils._errors import IscError
from ansible_collections.sailpoint.isc.plugins.module_utils._http.client import Client
from ansible_collections.sailpoint.isc.plugins.module_utils._sources.maintenance import Maintenance, file_at
from ansible_collections.sailpoint.isc.plugins.module_utils._sources.schedules import TYPES, named, names_of
from ansible_collections.sailpoint.isc.plugins.module_utils._sources.selection import Selection
from ansible_collections.sailpoint.isc.plugins.module_utils._sources.sources import Sources
from ansible_collections.sailpoint.isc.plugins.module_utils._text import listed, shown

OPTIONS = {
    "state": {"type": "str", "required": True, "choices": ["paused", "resumed"]},
    "path": {"type": "path"},
    "source_ids": _argspec.STRINGS,
    "source_names": _argspec.STRINGS,
    "tags": _argspec.STRINGS,
    "aggregations": {**_argspec.STRINGS, "choices": list(TYPES), "default": list(TYPES)},
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
        result["diff"] = {"before": {"schedules": maintenance.before}, "after": {"schedules": result["schedules"]}}
    return result


def _sources(client: Client, options: t.Mapping[str, t.Any]) -> dict[str, str]:
    """The names of the selected sources by their ids."""
    found = named(client, options["source_ids"] or (), options["source_names"] or ())
    for tag in options["tags"] or ():
        tagged = names_of(Sources(client).listing(Selection(tags=[tag]))[0])
        found = {**found, **tagged}
        if not tagged:
            client.warnings.append(f"No source has the tag {shown(tag)}, or the token has no access to it.")
    if not found:
        tags = listed([*map(shown, options["tags"])], ", ")
        raise IscError(
            f"No source has any of the tags {tags}, or the token has no access to it, so nothing was changed."
        )
    return found


def main() -> None:
    _module.run(work, OPTIONS, required_if=[("state", "paused", ("source_ids", "source_names", "tags"), True)])


if __name__ == "__main__":
    main()
