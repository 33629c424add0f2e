#!/usr/bin/python

# Copyright (c) 2026, the sailpoint.isc contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Module sailpoint.isc.source_aggregations."""

from __future__ import annotations

DOCUMENTATION = r"""
module: source_aggregations
short_description: Aggregate several sources of a SailPoint Identity Security Cloud tenant in order, a few at once
version_added: 0.1.0
description:
  - Starts the aggregations of a list of sources in order, waits for each, and returns how each ended. All of this is
    one task with one token.
  - Each aggregation is started and waited for as M(sailpoint.isc.source_aggregation) does it.
  - The role P(sailpoint.isc.aggregate_sources#role) runs this module and shows a line for each aggregation.
author: sailpoint.isc contributors (@sailpoint-isc)
extends_documentation_fragment:
  - sailpoint.isc.auth
  - sailpoint.isc.attributes
  - sailpoint.isc.waiting
attributes:
  check_mode:
    details: Reports which aggregations would be started, and does not wait.
  diff_mode:
    support: none
  idempotent:
    support: partial
    details: With C(max_age), no aggregation is started if the last success is recent. Otherwise every run starts all.
options:
  sources:
    description:
      - The sources, in the order in which they are aggregated.
      - An entry can also be a string. If it is 32 hexadecimal digits or a UUID, it is the id of a source, otherwise a
        name. The whole option can be a string too, with commas between the sources. Use a list if a name contains a
        comma.
    type: list
    elements: dict
    required: true
    suboptions:
      id:
        description: The id of the source. Either this or O(sources[].name) must be given.
        type: str
      name:
        description:
          - With O(sources[].id), the name to show for the source.
          - Without it, the name of the source. It must match exactly, including upper and lower case.
          - The module looks up all names once, with one request, or a few if there are many, before it sends anything
            to a source. This needs the scope C(idn:sources:read).
          - If no source has a name, the module fails and suggests similar ones. If several have it, it fails with their
            ids.
        type: str
      kinds:
        description: What to aggregate, one after another in this order.
        type: list
        elements: str
        choices: [accounts, entitlements, uncorrelated_accounts]
        default: [accounts]
      file:
        description:
          - CSV file to aggregate accounts from, for delimited-file sources. It is on the host that runs the module.
          - The file is streamed, so a large file needs no more memory than a small one.
          - If the file changes while it is sent, the aggregation fails.
          - Entitlements are aggregated from it only if they are the only kind in O(sources[].kinds).
        type: path
      disable_optimization:
        description: Process all accounts, including those that have not changed since the last aggregation.
        type: bool
        default: false
      on_busy:
        description: What to do if such an aggregation is already running, as in M(sailpoint.isc.source_aggregation).
        type: str
        choices: [fail, skip, adopt, wait]
        default: fail
      max_age:
        description:
          - Start nothing if the last successful aggregation of the same kind (completion status SUCCESS) completed less
            than this long ago, such as V(12h).
        type: str
      require_healthy:
        description:
          - Start an aggregation only if the last health check of the source found it healthy, as in
            M(sailpoint.isc.source_aggregation). An aggregation that is not started for this reason counts as failed, so
            O(stop_on_failure) applies.
        type: bool
        default: false
        version_added: 0.3.0
  max_parallel:
    description:
      - How many sources are aggregated at the same time. They are still launched in the order of O(sources).
      - A source that has to wait does not delay the sources after it. It is launched when its wait is over. A source
        waits for an aggregation that is already running (O(sources[].on_busy)). If it is listed twice, the second
        entry waits for the first.
    type: int
    default: 1
  stop_on_failure:
    description:
      - Start nothing more after an aggregation has failed. The module waits for those that are running. A source that
        still waits for another aggregation stops waiting and is not started.
      - If V(false), all sources are aggregated, and the task fails at the end.
    type: bool
    default: true
  timeout:
    description:
      - The maximum time for each aggregation, in seconds or as a duration such as V(90s), V(30m) or V(12h).
  max_interval:
    description:
      - The maximum pause between two polls of one aggregation, in seconds or as a duration. The next source starts only
        after a poll has found that another one has completed.
    type: str
    default: '5'
notes:
  - Interrupting the task does not stop the aggregations in the tenant.
seealso:
  - module: sailpoint.isc.source_aggregation
"""

EXAMPLES = r"""
- name: Aggregate two sources, one after the other
  sailpoint.isc.source_aggregations:
    sources:
      - id: 2c9180835d2e5168015d32f890ca1581
        max_age: 6h
      - id: 2c918083746f642c01746f990884012a
        kinds: [accounts, entitlements]

- name: Aggregate two sources by their names, each unless it is down
  sailpoint.isc.source_aggregations:
    sources:
      - name: HR System
        require_healthy: true
      - name: SAP
        require_healthy: true
    stop_on_failure: false

- name: Aggregate the HR system first, then two directories at the same time
  sailpoint.isc.source_aggregations:
    sources: "{{ item }}"
    max_parallel: 2
  loop:
    - - id: 2c9180835d2e5168015d32f890ca1581
        name: HR System
        max_age: 6h
    - - id: 2c918083746f642c01746f990884012a
        name: Active Directory
        kinds: [accounts, entitlements]
      - id: 2c91808a7813090a017814121e121518
        name: SAP
        kinds: [accounts, entitlements]
        on_busy: wait
  loop_control:
    label: "{{ item | map(attribute='name') | join(', ') }}"
"""

RETURN = r"""
results:
  description: The outcome of each aggregation, in the order of O(sources).
  returned: always, unless an option was refused or a name is not that of one source
  type: list
  elements: dict
  contains:
    source_id:
      description: The id of the source.
      type: str
      returned: always
    source_name:
      description: The name that was given for the source, otherwise the tenant's name for it. Null if it is not known.
      type: str
      returned: always
    aggregation:
      description: V(accounts), V(entitlements) or V(uncorrelated_accounts).
      type: str
      returned: always
    action:
      description: V(started), V(adopted), V(skipped) or V(not_started).
      type: str
      returned: always
    failed:
      description: Whether it could not be started, did not complete in time, or has a completion status in O(fail_on).
      type: bool
      returned: always
    reason:
      description: Why it failed or was not started. Empty if it was started and did not fail.
      type: str
      returned: always
    task:
      description: The record of the completed aggregation, or of the one that is the reason why nothing was started.
      type: dict
      returned: always
    source_status:
      description: The result of the last health check of the source. Null if the tenant does not return it.
      type: str
      returned: when it was not started because of O(sources[].require_healthy)
      version_added: 0.3.0
    source_since:
      description: The time of that health check, as the tenant writes it. Null if the tenant does not return it.
      type: str
      returned: when it was not started because of O(sources[].require_healthy)
      version_added: 0.3.0
    progress:
      description: The numbers of accounts and identities that an account aggregation has processed.
      type: dict
      returned: when the tenant returns them
  sample:
    - source_id: 2c9180835d2e5168015d32f890ca1581
      source_name: HR System
      aggregation: accounts
      action: started
      failed: false
      reason: ""
      task: {id: af1b82086c194f89acce82e156ff6e61, completionStatus: SUCCESS}
summary:
  description:
    - The outcomes as lines of text, failed ones first. If more than ten ended with V(SUCCESS), were skipped because of
      such a success, or were not started because of a failure, one line shows their numbers instead. If none failed,
      the last line has the numbers of all.
  returned: always, unless an option was refused or a name is not that of one source
  type: list
  elements: str
  version_added: 0.3.0
  sample:
    - "HR System, accounts: ended with SUCCESS after 4 min 6 s"
    - "No failures: 1 started, 0 adopted, 0 skipped."
"""


from ansible.module_utils.basic import AnsibleModule
from ansible_collections.sailpoint.isc.plugins.module_utils import _argspec, _module
from ansible_collections.sailpoint.isc.plugins.module_utils._aggregations.operations import KINDS
from ansible_collections.sailpoint.isc.plugins.module_utils._aggregations.queue import AggregateMany
from ansible_collections.sailpoint.isc.plugins.module_utils._entries import entry_named
from ansible_collections.sailpoint.isc.plugins.module_utils._http.client import Client
from ansible_collections.sailpoint.isc.plugins.module_utils._sources.references import from_text
from ansible_collections.sailpoint.isc.plugins.module_utils._tasks.polling import Waiter
from ansible_collections.sailpoint.isc.plugins.module_utils._tasks.statuses import TaskStatuses

OPTIONS = {
    "sources": {
        "type": "list",
        "elements": "dict",
        "required": True,
        "options": {
            "id": {"type": "str"},
            "name": {"type": "str"},
            "kinds": {"type": "list", "elements": "str", "choices": list(KINDS), "default": ["accounts"]},
            "file": {"type": "path"},
            "disable_optimization": {"type": "bool", "default": False},
            "on_busy": {"type": "str", "default": "fail", "choices": ["fail", "skip", "adopt", "wait"]},
            "max_age": {"type": "str"},
            "require_healthy": {"type": "bool", "default": False},
        },
        "required_one_of": [("id", "name")],
    },
    "max_parallel": {"type": "int", "default": 1},
    "stop_on_failure": {"type": "bool", "default": True},
    **_argspec.WAITING,
    # The next source waits for this one, so noticing its end late adds up.
    "max_interval": {"type": "str", "default": "5"},
}


def work(module: AnsibleModule, client: Client) -> dict[str, object]:
    options = module.params
    Waiter.from_options(options)  # Before the entries, because these options are not part of one.
    for position, source in enumerate(options["sources"]):
        with entry_named("sources", position, source):
            _argspec.check(source)
    aggregate = AggregateMany(
        client,
        TaskStatuses(client),
        options["sources"],
        {name: options[name] for name in _argspec.WAITING},
        options["max_parallel"],
        options["stop_on_failure"],
    )
    return aggregate.planned() if module.check_mode else aggregate.run()


def main() -> None:
    _module.run(work, OPTIONS, shorthands={"sources": from_text})


if __name__ == "__main__":
    main()
