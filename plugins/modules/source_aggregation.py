#!/usr/bin/python

# Copyright (c) 2026, the sailpoint.isc contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Module sailpoint.isc.source_aggregation."""

from __future__ import annotations

DOCUMENTATION = r"""
module: source_aggregation
short_description: Start an aggregation of a source of a SailPoint Identity Security Cloud tenant
version_added: 0.1.0
description:
  - Starts an aggregation of accounts, entitlements or uncorrelated accounts, and can wait until it has completed.
  - The tenant also answers with status 202 when it refuses to start an aggregation because another one of the source is
    running. This module detects such a refusal.
  - The module retries a launch only if it is certain that the launch was not applied. If the answer is lost (a broken
    connection, a status of 500 or more, no answer within O(request_timeout)), the launch may have been applied, and the
    module does not retry it. Instead it polls for a task that was created right after the launch, until O(timeout), but
    for at least a minute, and takes that task as the started one. If there is none, it fails and says that an
    aggregation may be running.
author: sailpoint.isc contributors (@sailpoint-isc)
extends_documentation_fragment:
  - sailpoint.isc.auth
  - sailpoint.isc.attributes
  - sailpoint.isc.waiting
attributes:
  check_mode:
    details: Reports whether an aggregation would be started, and does not wait.
  diff_mode:
    support: none
  idempotent:
    support: partial
    details: With O(max_age), no aggregation is started if the last success is recent. Otherwise every run starts one.
options:
  source_id:
    description:
      - The id of the source. Either this or O(source_name) must be given.
    type: str
  source_name:
    description:
      - The name of the source, in place of O(source_id). It must match exactly, including upper and lower case.
      - The module looks it up once, with one request, before it sends anything to the source. This needs the scope
        C(idn:sources:read).
      - If no source has that name, the module fails and suggests similar ones. If several have it, it fails with their
        ids.
    type: str
    version_added: 0.3.0
  aggregation:
    description:
      - What to aggregate.
    type: str
    choices: [accounts, entitlements, uncorrelated_accounts]
    default: accounts
  file:
    description:
      - CSV file to aggregate from, for delimited-file sources. It is on the host that runs the module.
      - The file is streamed, so a large file needs no more memory than a small one.
      - If the file changes while it is sent, the task fails.
      - Required with O(aggregation=uncorrelated_accounts).
    type: path
  disable_optimization:
    description:
      - Process all accounts, including those that have not changed since the last aggregation.
      - Only with O(aggregation=accounts).
    type: bool
    default: false
  on_busy:
    description:
      - What to do if an aggregation of the same kind is already running on the source, or if the tenant refuses because
        one of another kind is running.
      - V(fail) fails. V(skip) starts nothing. V(adopt) waits for the running aggregation and returns it. V(wait) waits
        until the running one has completed, with any completion status, and then starts a new one. If the running one
        is of another kind, V(adopt) does the same as V(wait).
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
      - Start an aggregation only if the last health check of the source found it healthy. Otherwise the task fails, and
        returns RV(source_status) and RV(source_since).
      - The module reads the health right before the launch, also after waiting, with one request that needs the scope
        C(idn:sources:read). If O(on_busy) or O(max_age) make a launch unnecessary, health does not matter.
      - If the tenant does not say whether a source is healthy, it counts as unhealthy.
    type: bool
    default: false
    version_added: 0.3.0
  wait:
    description:
      - Wait until the aggregation has completed, and fail if its completion status is in O(fail_on).
    type: bool
    default: false
  timeout:
    description:
      - The maximum time to wait, in seconds or as a duration such as V(90s), V(30m) or V(12h), for a running
        aggregation and for the started one together. After a launch whose answer was lost, the module polls for the
        task within this time too, but for at least a minute.
notes:
  - Entitlement aggregations need the personal access token of a user. The tenant refuses an API client.
seealso:
  - module: sailpoint.isc.task_wait
  - module: sailpoint.isc.source_info
"""

EXAMPLES = r"""
- name: Aggregate accounts and wait for the result
  sailpoint.isc.source_aggregation:
    source_id: 2c9180835d2e5168015d32f890ca1581
    wait: true
    timeout: 2h

- name: Aggregate a source by its name, unless it is down
  sailpoint.isc.source_aggregation:
    source_name: HR System
    require_healthy: true
    wait: true

- name: Aggregate entitlements unless that was done within the last 12 hours
  sailpoint.isc.source_aggregation:
    source_id: 2c9180835d2e5168015d32f890ca1581
    aggregation: entitlements
    max_age: 12h

- name: Load a file into a delimited-file source, after running aggregations
  sailpoint.isc.source_aggregation:
    source_id: 2c9180866166b5b0016167c32ef31a66
    file: /srv/feeds/contractors.csv
    disable_optimization: true
    on_busy: wait
  register: contractors

- name: Wait for it later; in check mode, nothing was started
  sailpoint.isc.task_wait:
    ids: "{{ contractors.task | sailpoint.isc.task_ids }}"
"""

RETURN = r"""
action:
  description: V(started), V(adopted) (an aggregation that was already running) or V(skipped).
  returned: success, and when the aggregation failed or did not complete in time
  type: str
  sample: started
task:
  description:
    - The record of the aggregation, or of the one that is the reason why nothing was started. After waiting, it is the
      record of the completed task.
    - Without waiting, it is the answer to the launch in the form of a record.
    - In check mode it is null if an aggregation would be started. To get the id in later tasks, use the filter
      P(sailpoint.isc.task_ids#filter), which then returns an empty list.
  returned: success, and when the aggregation failed or did not complete in time
  type: dict
  sample:
    id: af1b82086c194f89acce82e156ff6e61
    type: QUARTZ
    uniqueName: Cloud Account Aggregation
    created: "2026-05-17T19:33:04.120Z"
    completed: null
    completionStatus: null
launch_answer:
  description: The tenant's answer to the launch. Null if there was none.
  returned: success, and when the aggregation failed or did not complete in time
  type: dict
  sample: {success: true, task: {id: af1b82086c194f89acce82e156ff6e61, created: 1714574212775}}
progress:
  description:
    - The numbers of accounts and identities that an account aggregation has processed, after waiting for it.
    - The tenant returns them only for a token that acts for a user. They have no effect on success or failure.
  returned: when the tenant returns them
  type: dict
  sample: {status: COMPLETED, totalAccounts: 1250, processedAccounts: 1250}
msg:
  description: Why nothing was started.
  returned: when nothing was started
  type: str
  sample: Cloud Account Aggregation of HR System (af1b82086c194f89acce82e156ff6e61) is already running.
source_status:
  description: The result of the last health check of the source. Left out if the tenant does not return it.
  returned: when nothing was started because of O(require_healthy)
  type: str
  version_added: 0.3.0
  sample: SOURCE_STATE_ERROR_VA
source_since:
  description: The time of that health check, as the tenant writes it. Left out if the tenant does not return it.
  returned: when nothing was started because of O(require_healthy)
  type: str
  version_added: 0.3.0
  sample: "2026-05-17T19:33:04.3801666300Z"
elapsed:
  description: How long the module waited for the aggregation, in seconds.
  returned: after waiting
  type: float
  sample: 34.21
"""


from ansible.module_utils.basic import AnsibleModule
from ansible_collections.sailpoint.isc.plugins.module_utils import _argspec, _module
from ansible_collections.sailpoint.isc.plugins.module_utils._aggregations.aggregation import Aggregate
from ansible_collections.sailpoint.isc.plugins.module_utils._aggregations.operations import KINDS
from ansible_collections.sailpoint.isc.plugins.module_utils._http.client import Client
from ansible_collections.sailpoint.isc.plugins.module_utils._tasks.statuses import TaskStatuses

OPTIONS = {
    "source_id": {"type": "str"},
    "source_name": {"type": "str"},
    "aggregation": {"type": "str", "default": "accounts", "choices": list(KINDS)},
    "file": {"type": "path"},
    "disable_optimization": {"type": "bool", "default": False},
    "on_busy": {"type": "str", "default": "fail", "choices": ["fail", "skip", "adopt", "wait"]},
    "max_age": {"type": "str"},
    "require_healthy": {"type": "bool", "default": False},
    "wait": {"type": "bool", "default": False},
    **_argspec.WAITING,
}


def work(module: AnsibleModule, client: Client) -> dict[str, object]:
    aggregate = Aggregate(client, TaskStatuses(client), module.params)
    return aggregate.planned() if module.check_mode else aggregate.run()


def main() -> None:
    _module.run(
        work,
        OPTIONS,
        required_if=[("aggregation", "uncorrelated_accounts", ["file"])],
        required_one_of=[("source_id", "source_name")],
        mutually_exclusive=[("source_id", "source_name")],
    )


if __name__ == "__main__":
    main()
