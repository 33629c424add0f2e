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
  - Brings the record of one task into the desired state. The module reads the record and sends only the differences.
  - The documented use is to clear a pending task, by setting a completion status and a time of completion.
  - This edits the record only. It does not stop the work in the tenant, and the API has no way to cancel it.
  - A task that has completed is not changed unless O(overwrite=true). The same applies if it completes right before
    the edit is sent.
  - If the answer to an edit is lost, the edit may have been applied. The module then reads the record again before it
    retries. It also reads the record again if the answer does not show the edit, for example because it contains the
    old record or that of another task.
author: sailpoint.isc contributors (@sailpoint-isc)
extends_documentation_fragment:
  - sailpoint.isc.auth
  - sailpoint.isc.attributes
attributes:
  diff_mode:
    support: full
  idempotent:
    support: partial
    details: Operations in O(patch) that add to a list or move a value are applied in every run, or fail in the second.
options:
  id:
    description:
      - The id of the task. If it does not exist, the module fails.
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
      - If this is not set, but O(completion_status) is, and the record has no time of completion, the current time of
        the tenant's clock is used.
    type: str
  patch:
    description:
      - Operations of a JSON Patch (RFC 6902) that describe the desired state, in place of the two options above.
      - The module applies them to the current record, and sends only the operations that make the difference.
    type: list
    elements: dict
    suboptions:
      op:
        description: The operation. V(remove) does nothing if the value does not exist.
        type: str
        required: true
        choices: [add, remove, replace, move, copy, test]
      path:
        description: JSON Pointer to the value, such as V(/completionStatus). It cannot end in white space.
        type: str
        required: true
      value:
        description: The value for V(add), V(replace) and V(test). If not set, null.
        type: raw
      from:
        description: JSON Pointer to the value that V(move) and V(copy) take.
        type: str
  overwrite:
    description:
      - Edit the task even if it has already completed.
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
  description: The record after the edit. In check mode, as it would be.
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
    - The operations that were sent, or would be sent in check mode. Empty if there was nothing to change.
    - The request starts with a V(test) of C(completionStatus) and C(completed). A tenant that supports it refuses the
      edit if the task has completed. If the tenant does not accept the V(test) itself, the edit is sent without it.
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
  description: V(true), because nothing is sent in check mode.
  returned: in check mode
  type: bool
  version_added: 0.3.0
  sample: true
msg:
  description: Why the task was not changed.
  returned: when the task has already completed and O(overwrite=false)
  type: str
  sample: >-
    Cloud Account Aggregation of HR System (464ae7bf791e49fdb74606a2e4a89635) has already completed (SUCCESS,
    2026-05-17T19:33:16.470Z) and was not changed; set overwrite to change it anyway.
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
