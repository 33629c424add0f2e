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
  - Starts an aggregation of accounts, entitlements or uncorrelated accounts, and waits for its end if wanted.
  - The tenant answers 202 also when it refuses to start, as another aggregation of the source is running. This module
    tells the one from the other.
  - A launch is sent again only when it is certain that the tenant did not accept the first one. When its answer is
    lost (a connection that breaks, a status of 500 or more, no answer within O(request_timeout)), it is never sent
    again. The module then looks for a task that was created right after, as long as O(timeout) allows and for a minute
    at least, and takes that for the one it has started. If there is none, it fails and says that one may be running.
author: sailpoint.isc contributors (@sailpoint-isc)
extends_documentation_fragment:
  - sailpoint.isc.auth
  - sailpoint.isc.attributes
  - sailpoint.isc.waiting
attributes:
  check_mode:
    support: full
    details: Says whether an aggregation would be started, and waits for nothing.
  diff_mode:
    support: none
  idempotent:
    support: partial
    details: With O(max_age), nothing is started while the last success is young enough. Without, every run starts one.
options:
  source_id:
    description:
      - The id of the source. Either this or O(source_name) must be given.
    type: str
  source_name:
    description:
      - The name of the source, in place of O(source_id). It must match exactly, including upper and lower case.
      - It is looked up once, with one request, before anything is sent to the source. This takes the scope
        C(idn:sources:read).
      - If no source has that name, the module fails and suggests similar ones. If several have it, it fails with their ids.
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
      - CSV file to aggregate from, for delimited-file sources. It lies on the host that runs the module.
      - Sent piece by piece, so that 500 MB need no more memory than a small file.
      - A file that changes while it is sent is a failure.
      - Required with O(aggregation=uncorrelated_accounts).
    type: path
  disable_optimization:
    description:
      - Process every account, also those that have not changed since the last aggregation.
      - Only with O(aggregation=accounts).
    type: bool
    default: false
  on_busy:
    description:
      - What to do when an aggregation of that kind is already running on the source, or when the tenant refuses because
        one of another kind is.
      - V(fail) fails. V(skip) leaves it at that. V(adopt) waits for the running one and returns it. V(wait) waits until
        the running one has completed, however it ends, and starts a new one; so does V(adopt) with one of another kind.
    type: str
    choices: [fail, skip, adopt, wait]
    default: fail
  max_age:
    description:
      - Nothing is started when the last aggregation of that kind that ended with SUCCESS has completed less than this
        long ago, such as V(12h).
    type: str
  require_healthy:
    description:
      - Start nothing on the source unless its last health check found it healthy. It is asked for right before the
        launch, also after waiting, with one request that takes the scope C(idn:sources:read). What O(on_busy) and
        O(max_age) need no launch for does not depend on it.
      - A source of which the tenant does not tell whether it is healthy counts as unhealthy.
      - Otherwise the task fails, and returns RV(source_status) and RV(source_since).
    type: bool
    default: false
    version_added: 0.3.0
  wait:
    description:
      - Wait until the aggregation has completed, and fail if it ends as O(fail_on) names.
    type: bool
    default: false
  timeout:
    description:
      - How long to wait at the most, in seconds or as a duration such as V(90s), V(30m) or V(12h), for a running
        aggregation and for the started one together. A launch whose answer was lost is looked for within this time too,
        but for a minute at least.
notes:
  - Entitlement aggregations need the personal access token of a user; an API client is refused.
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

- name: Load a file into a delimited-file source, after whatever is running there
  sailpoint.isc.source_aggregation:
    source_id: 2c9180866166b5b0016167c32ef31a66
    file: /srv/feeds/contractors.csv
    disable_optimization: true
    on_busy: wait
  register: contractors

- name: Wait for it later, and in check mode, where nothing was started, for nothing
  sailpoint.isc.task_wait:
    ids: "{{ contractors.task | sailpoint.isc.task_ids }}"
"""

RETURN = r"""
action:
  description: V(started), V(adopted) (one that was already running) or V(skipped).
  returned: success, and when the aggregation failed or did not end in time
  type: str
  sample: started
task:
  description:
    - The record of the aggregation, or of the one because of which nothing was started. After waiting, as it ended.
    - Otherwise it comes from the answer to the launch, brought into the shape of a record.
    - Null in check mode for one that would be started. Later tasks take its id with the filter
      P(sailpoint.isc.task_ids#filter), which makes an empty list of that.
  returned: success, and when the aggregation failed or did not end in time
  type: dict
  sample:
    id: af1b82086c194f89acce82e156ff6e61
    type: QUARTZ
    uniqueName: Cloud Account Aggregation
    created: "2026-05-17T19:33:04.120Z"
    completed: null
    completionStatus: null
launch_answer:
  description: The answer to the launch as the tenant gave it; null where there was none.
  returned: success, and when the aggregation failed or did not end in time
  type: dict
  sample: {success: true, task: {id: af1b82086c194f89acce82e156ff6e61, created: 1714574212775}}
progress:
  description:
    - The numbers of accounts and identities that an account aggregation has processed, after waiting for it.
    - They are told only to a token that acts for a user, and do not decide on how the aggregation ended.
  returned: when the tenant tells them
  type: dict
  sample: {status: COMPLETED, totalAccounts: 1250, processedAccounts: 1250}
msg:
  description: Why nothing was started.
  returned: when nothing was started
  type: str
  sample: Cloud Account Aggregation of HR System (af1b82086c194f89acce82e156ff6e61) is already running.
source_status:
  description: What the last health check of the source found; left out where the tenant does not tell.
  returned: when nothing was started because of O(require_healthy)
  type: str
  version_added: 0.3.0
  sample: SOURCE_STATE_ERROR_VA
source_since:
  description: When that health check was, as the tenant writes it; left out where the tenant does not tell.
  returned: when nothing was started because of O(require_healthy)
  type: str
  version_added: 0.3.0
  sample: "2026-05-17T19:33:04.3801666300Z"
elapsed:
  description: How long was waited for the end of the aggregation, in seconds.
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
