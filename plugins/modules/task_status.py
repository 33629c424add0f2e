#!/usr/bin/python

# Copyright (c) 2026, the sailpoint.isc contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Module sailpoint.isc.task_status."""

from __future__ import annotations

DOCUMENTATION = r"""
module: task_status
short_description: Edit the record of a task of a SailPoint Identity Security Cloud tenant, such as one that is stuck
version_added: 0.1.0
description:
  - Brings the record of one task into the wanted state. Reads it, works out what is missing, and sends only that.
  - The documented use is to clear a pending task, by giving it a completion status and a time of completion.
  - This edits the record. It does not stop the work that the tenant does; the API has no way to cancel it.
  - A task that has completed is left as it is unless O(overwrite) says otherwise, also when it completes right before
    the edit is sent.
  - When the answer to an edit is lost the record is read again before anything is sent again. It is also read again
    when the answer does not show what was to be set, such as the record as it was before or that of another task.
author: sailpoint.isc contributors (@sailpoint-isc)
extends_documentation_fragment:
  - sailpoint.isc.auth
  - sailpoint.isc.attributes
attributes:
  check_mode:
    support: full
  diff_mode:
    support: full
  idempotent:
    support: partial
    details: Operations in O(patch) that add to a list, or move something, do so in every run, or fail in the second.
options:
  id:
    description:
      - The id of the task. One that does not exist is a failure.
    type: str
    required: true
  completion_status:
    description:
      - The completion status to set.
    type: str
    choices: [SUCCESS, WARNING, ERROR, TERMINATED, TEMPERROR]
  completed:
    description:
      - The time of completion to set, as an ISO 8601 timestamp with a zone.
      - If not set, O(completion_status) is given and the record has no time of completion, it is now by the tenant's
        clock.
    type: str
  patch:
    description:
      - Operations of a JSON Patch (RFC 6902) that describe the wanted state, in place of the two options above.
      - They are applied to the record as it is; what is sent are the operations that lead from the one to the other.
    type: list
    elements: dict
    suboptions:
      op:
        description: What to do. A V(remove) of what is not there is already done.
        type: str
        required: true
        choices: [add, remove, replace, move, copy, test]
      path:
        description: JSON Pointer to the place, such as V(/completionStatus). It cannot end in white space.
        type: str
        required: true
      value:
        description: The value for V(add), V(replace) and V(test), as it is; if not set, null.
        type: raw
      from:
        description: JSON Pointer to the place that V(move) and V(copy) take from.
        type: str
  overwrite:
    description:
      - Edit the task even though it has already completed.
    type: bool
    default: false
seealso:
  - module: sailpoint.isc.pending_tasks_info
"""

EXAMPLES = r"""
- name: Clear a task that is stuck
  sailpoint.isc.task_status:
    id: 464ae7bf791e49fdb74606a2e4a89635
    completion_status: TERMINATED

- name: Find all that have been pending for more than a day
  sailpoint.isc.pending_tasks_info:
    older_than: 1d
    fields: [id, uniqueName]
  register: stuck

- name: Clear them
  sailpoint.isc.task_status:
    id: "{{ item.id }}"
    completion_status: ERROR
  loop: "{{ stuck.tasks }}"
  loop_control:
    label: "{{ item.uniqueName }}"

- name: Correct the completion status of a task that has already completed
  sailpoint.isc.task_status:
    id: 464ae7bf791e49fdb74606a2e4a89635
    overwrite: true
    patch:
      - op: replace
        path: /completionStatus
        value: WARNING
"""

RETURN = r"""
task:
  description: The record as it is afterwards; in check mode, as it would become.
  returned: success
  type: dict
  sample:
    id: 464ae7bf791e49fdb74606a2e4a89635
    type: QUARTZ
    uniqueName: Cloud Account Aggregation
    completed: "2026-05-17T19:33:16.470Z"
    completionStatus: TERMINATED
patch:
  description:
    - The operations that were sent, or would be in check mode. Empty where nothing was to be done.
    - A V(test) of C(completionStatus) and C(completed) goes ahead of them, so that a tenant that honours it refuses
      them once the task has completed. Where the tenant refuses the V(test) itself, they are sent without it.
  returned: success
  type: list
  elements: dict
  sample:
    - op: replace
      path: /completionStatus
      value: TERMINATED
    - op: replace
      path: /completed
      value: "2026-05-17T19:33:16.470Z"
planned:
  description: Says that nothing was sent, as this is check mode.
  returned: in check mode
  type: bool
  version_added: 0.3.0
  sample: true
msg:
  description: Why the task was left as it is.
  returned: when the task has already completed and O(overwrite=false)
  type: str
  sample: >-
    Cloud Account Aggregation of HR System (464ae7bf791e49fdb74606a2e4a89635) has already completed (SUCCESS,
    2026-05-17T19:33:16.470Z) and was left as it is; set overwrite to change it all the same.
"""

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.sailpoint.isc.plugins.module_utils import _module
from ansible_collections.sailpoint.isc.plugins.module_utils._http.client import Client
from ansible_collections.sailpoint.isc.plugins.module_utils._tasks import patch
from ansible_collections.sailpoint.isc.plugins.module_utils._tasks.editor import Editor, wanted_state
from ansible_collections.sailpoint.isc.plugins.module_utils._tasks.records import COMPLETION_STATUSES
from ansible_collections.sailpoint.isc.plugins.module_utils._tasks.statuses import TaskStatuses

OPTIONS = {
    "id": {"type": "str", "required": True},
    "completion_status": {"type": "str", "choices": list(COMPLETION_STATUSES)},
    "completed": {"type": "str"},
    "patch": {
        "type": "list",
        "elements": "dict",
        "options": {
            "op": {"type": "str", "required": True, "choices": ["add", "remove", "replace", "move", "copy", "test"]},
            "path": {"type": "str", "required": True},
            "value": {"type": "raw"},
            "from": {"type": "str"},
        },
    },
    "overwrite": {"type": "bool", "default": False},
}


def work(module: AnsibleModule, client: Client) -> dict[str, object]:
    options = module.params
    want = wanted_state(options, client.now)
    editor = Editor(TaskStatuses(client), client.transport, options["id"], want, options["overwrite"])
    edit = editor.planned() if module.check_mode else editor.run()
    warnings = [f"The tenant accepted the patch but did not set {path}." for path in edit.ignored]
    result: dict[str, object] = {
        "changed": edit.changed,
        "task": edit.after,
        "patch": edit.operations,
        "warnings": warnings,
    }
    if module.check_mode:
        result["planned"] = True
    if edit.note:
        result["msg"] = edit.note
    if module._diff:
        result["diff"] = {"before": edit.before, "after": edit.after}
    return result


def main() -> None:
    _module.run(
        work,
        OPTIONS,
        libraries={"jsonpatch": patch.HAS_JSONPATCH},
        mutually_exclusive=[("patch", "completion_status"), ("patch", "completed")],
        required_one_of=[("completion_status", "completed", "patch")],
    )


if __name__ == "__main__":
    main()
