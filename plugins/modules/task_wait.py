#!/usr/bin/python

# Copyright (c) 2026, the sailpoint.isc contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Module sailpoint.isc.task_wait."""

from __future__ import annotations

DOCUMENTATION = r"""
module: task_wait
short_description: Wait until tasks of a SailPoint Identity Security Cloud tenant have completed
version_added: 0.1.0
description:
  - With O(ids), waits until all these tasks have completed. Without O(ids), waits until no task that matches the other
    options is pending. Without these too, it waits until nothing is pending in the whole tenant.
  - A task has completed when both C(completed) and C(completionStatus) are set. The tenant may set one of them a moment
    before the other. A task that has only had C(completionStatus) for 30 seconds counts as completed, with a warning.
  - Each poll is one request for up to 100 tasks. On V(beta) and V(v2024), whose list does not contain pending tasks, a
    poll for more than two ids needs another request for every 250 tasks that are pending in the tenant.
  - Transient failures do not end the wait before O(timeout). An expired token is renewed if O(client_id) and
    O(client_secret) are given.
author: sailpoint.isc contributors (@sailpoint-isc)
extends_documentation_fragment:
  - sailpoint.isc.auth
  - sailpoint.isc.attributes
  - sailpoint.isc.attributes.info
  - sailpoint.isc.listing.fields
  - sailpoint.isc.waiting
attributes:
  check_mode:
    details: >-
      Polls once and does not wait. Tasks that are pending or not known yet do not fail it. If O(ids) is empty, because
      an earlier task has started nothing in check mode, the module does nothing and says so.
options:
  ids:
    description:
      - The ids of the tasks to wait for. An empty list is an error, except in check mode.
    type: list
    elements: str
  source_ids:
    description:
      - Wait until no task of the sources with these ids is pending.
      - A source that does not exist is an error. To find out, the module looks up the sources without a pending task,
        with one request. If the token may not read sources (scope C(idn:sources:read)), the module does not check this
        and warns.
    type: list
    elements: str
  source_names:
    description:
      - Wait until no task of the sources with these names is pending. With O(source_ids), those sources are added.
      - Names must match exactly, including upper and lower case. The module looks them up once, with one request, or a
        few if there are many. This needs the scope C(idn:sources:read).
      - If no source has a name, the module fails and suggests similar ones. If several have it, it fails with their
        ids.
    type: list
    elements: str
    version_added: 0.3.0
  types:
    description:
      - Wait until no task of these task definitions is pending, such as V(CLOUD_ACCOUNT_AGGREGATION) or
        V(CLOUD_GROUP_AGGREGATION) (entitlements). If other options are given too, a task must match all of them.
    type: list
    elements: str
  unique_names:
    description:
      - Wait until no task is pending whose C(uniqueName) matches one of these shell patterns.
    type: list
    elements: str
  settle:
    description:
      - Without O(ids), how many polls in a row must find nothing pending. A task that starts and completes between two
        polls is not seen.
    type: int
    default: 1
  not_found_grace:
    description:
      - How long an id of O(ids) may be unknown to the tenant, in seconds or as a duration, before the module fails.
    type: str
    default: '30'
  on_idle:
    description:
      - What to do about the sources of O(source_ids) and O(source_names) that had no pending task.
      - V(ignore) does nothing.
      - V(report) returns their last tasks in RV(last_tasks). The last task of a source is the newest completed one that
        matches O(types) and O(unique_names).
      - V(check) does the same, and also fails if the completion status of such a last task is in O(fail_on).
    type: str
    choices: [ignore, report, check]
    default: ignore
    version_added: 0.3.0
seealso:
  - module: sailpoint.isc.pending_tasks_info
"""

EXAMPLES = r"""
- name: Wait for two aggregations
  sailpoint.isc.task_wait:
    ids:
      - 464ae7bf791e49fdb74606a2e4a89635
      - af1b82086c194f89acce82e156ff6e61
    timeout: 2h
    fields: [id, target, completionStatus]
  register: aggregations

- name: Show the results
  ansible.builtin.debug:
    msg: "{{ aggregations.summary }}"

- name: Wait until no aggregation of a source is pending
  sailpoint.isc.task_wait:
    source_ids: [2c9180835d2e5168015d32f890ca1581]
    types: [CLOUD_ACCOUNT_AGGREGATION, CLOUD_GROUP_AGGREGATION]
    timeout: 30m

- name: Wait until no task of two sources is pending
  sailpoint.isc.task_wait:
    source_names: [HR System, Active Directory]

- name: Wait for the account aggregation of a source; if none is pending, check the last one
  sailpoint.isc.task_wait:
    source_ids: [2c9180835d2e5168015d32f890ca1581]
    types: [CLOUD_ACCOUNT_AGGREGATION]
    on_idle: check

- name: Start to load a file
  sailpoint.isc.source_aggregation:
    source_id: 2c9180866166b5b0016167c32ef31a66
    file: /srv/feeds/contractors.csv
  register: contractors

- name: Wait for the started task; in check mode there is none
  sailpoint.isc.task_wait:
    ids: "{{ [contractors.task] | sailpoint.isc.task_ids }}"

- name: Wait until three polls in a row find nothing pending in the tenant, regardless of failures
  sailpoint.isc.task_wait:
    settle: 3
    interval: 10
    max_interval: 10
    timeout: 4h
    fail_on: []
"""

RETURN = r"""
tasks:
  description:
    - The records of the tasks that have completed, in the order of O(ids).
    - Without O(ids), those that were pending at the start of the wait or were created later, and have completed.
  returned: always, unless an option was refused
  type: list
  elements: dict
  sample:
    - id: 464ae7bf791e49fdb74606a2e4a89635
      completed: "2026-05-17T19:33:16.470Z"
      completionStatus: SUCCESS
failed_tasks:
  description: The records in RV(tasks) whose completion status is in O(fail_on).
  returned: always, unless an option was refused
  type: list
  elements: dict
  sample: []
pending_tasks:
  description: The records of the tasks that have not completed, as of the last poll.
  returned: always, unless an option was refused
  type: list
  elements: dict
  sample: []
sources:
  description:
    - The sources of O(source_ids) and O(source_names), in this order, with C(id) and C(name).
    - C(name) is null if it is not known. It is known if it is in O(source_names), or if a source of O(source_ids) was
      looked up because it had no pending task.
  returned: with O(source_ids) or O(source_names), unless an option was refused or a name is not that of one source
  type: list
  elements: dict
  version_added: 0.3.0
  sample:
    - id: 2c9180835d2e5168015d32f890ca1581
      name: HR System
idle_sources:
  description: The ids of the sources in RV(sources) that had no pending task, in the given order.
  returned: when O(on_idle) is not V(ignore)
  type: list
  elements: str
  version_added: 0.3.0
  sample: [2c9180835d2e5168015d32f890ca1581]
last_tasks:
  description:
    - The records of the last tasks of RV(idle_sources), in the same order. A source without a completed task has no
      entry.
    - After a timeout, only those that could be looked up.
  returned: when O(on_idle) is not V(ignore)
  type: list
  elements: dict
  version_added: 0.3.0
  sample:
    - id: af1b82086c194f89acce82e156ff6e61
      completed: "2026-05-17T19:33:16.470Z"
      completionStatus: SUCCESS
      target: {id: 2c9180835d2e5168015d32f890ca1581, name: HR System, type: APPLICATION}
summary:
  description:
    - The outcomes of the tasks, as lines of text. Failed tasks come first, then pending ones. If more than ten ended
      with V(SUCCESS), one line shows their number instead. If the wait did not fail, the last line is its result.
    - Does not depend on O(fields).
  returned: always, unless an option was refused
  type: list
  elements: str
  version_added: 0.3.0
  sample:
    - "HR System: Cloud Account Aggregation ended with SUCCESS after 12.1 s"
    - All have completed; waited 34.2 s.
msg:
  description: Says that there was nothing to wait for.
  returned: in check mode, when O(ids) is empty
  type: str
  version_added: 0.3.0
  sample: ids is empty, so there is nothing to wait for; outside of check mode this is an error.
elapsed:
  description: How long the wait took, in seconds.
  returned: always, unless an option was refused
  type: float
  sample: 34.21
polls:
  description: How many polls the tenant has answered.
  returned: always, unless an option was refused
  type: int
  sample: 5
requests:
  description: How many requests were sent, including those for tokens and retries.
  returned: always, unless an option was refused
  type: int
  sample: 6
"""


from ansible.module_utils.basic import AnsibleModule
from ansible_collections.sailpoint.isc.plugins.module_utils import _argspec, _module
from ansible_collections.sailpoint.isc.plugins.module_utils._aggregations.operations import Aggregations
from ansible_collections.sailpoint.isc.plugins.module_utils._http.client import Client
from ansible_collections.sailpoint.isc.plugins.module_utils._sources.sources import Sources
from ansible_collections.sailpoint.isc.plugins.module_utils._tasks.idle import IdleSources
from ansible_collections.sailpoint.isc.plugins.module_utils._tasks.narrator import Narrator
from ansible_collections.sailpoint.isc.plugins.module_utils._tasks.polling import Waiter
from ansible_collections.sailpoint.isc.plugins.module_utils._tasks.selection import Selection
from ansible_collections.sailpoint.isc.plugins.module_utils._tasks.statuses import TaskStatuses
from ansible_collections.sailpoint.isc.plugins.module_utils._tasks.wait import IdsWatch, QuietWatch, Wait
from ansible_collections.sailpoint.isc.plugins.module_utils._time import duration_or_seconds

OPTIONS = {
    "ids": _argspec.STRINGS,
    "source_ids": _argspec.STRINGS,
    "source_names": _argspec.STRINGS,
    "types": _argspec.STRINGS,
    "unique_names": _argspec.STRINGS,
    "settle": {"type": "int", "default": 1},
    **_argspec.WAITING,
    "not_found_grace": {"type": "str", "default": "30"},
    "on_idle": {"type": "str", "default": "ignore", "choices": ["ignore", "report", "check"]},
    **_argspec.FIELDS,
}


def work(module: AnsibleModule, client: Client) -> dict[str, object]:
    options = module.params
    waiter = Waiter.from_options(options, progress=client.progress)
    grace = duration_or_seconds("not_found_grace", options["not_found_grace"])
    selection = Selection.from_options(options, client.api)
    tasks = TaskStatuses(client)
    names: dict[str, str] = {}
    watch: IdsWatch | QuietWatch
    if selection.ids is not None:
        watch = IdsWatch(tasks, selection.ids, grace, waiter.clock)
    else:
        idle = None
        if selection.source_ids is not None or selection.source_names is not None:
            sources = Sources(client)
            report = options["on_idle"] != "ignore"
            idle = IdleSources(client, tasks, selection, sources.ids_of, sources.by_id, report)
            names = idle.given
        watch = QuietWatch(tasks, selection, options["settle"], waiter.clock, idle)
    wait = Wait(
        watch,
        waiter,
        client,
        options["fail_on"],
        options["fields"],
        fail_on_idle=options["on_idle"] == "check",
        names=names,
        narrator=Narrator(client, names, counts=Aggregations(client).counts),
    )
    if selection.ids == []:
        note = "ids is empty, so there is nothing to wait for; outside of check mode this is an error."
        return {**wait.results(note), "msg": note}
    return wait.once() if module.check_mode else wait.run()


def main() -> None:
    _module.run(
        work,
        OPTIONS,
        empty_in_check_mode=("ids",),
        mutually_exclusive=[("ids", name) for name in ("source_ids", "source_names", "types", "unique_names")],
        required_if=[("on_idle", value, ("source_ids", "source_names"), True) for value in ("report", "check")],
    )


if __name__ == "__main__":
    main()
