# Copyright (c) 2026, the sailpoint.isc contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Filter sailpoint.isc.task_ids: the ids of the tasks in an answer."""

from __future__ import annotations

import typing as t

from ansible.errors import AnsibleFilterError
from ansible.module_utils.parsing.convert_bool import boolean
from ansible_collections.sailpoint.isc.plugins.module_utils._aggregations.answers import (
    is_launch_answer,
    refusal,
    task_in,
)
from ansible_collections.sailpoint.isc.plugins.module_utils._tasks.records import Record
from ansible_collections.sailpoint.isc.plugins.module_utils._text import shown

# Keys of module results with records, answers and results of a loop.
_HOLDERS = ("tasks", "pending_tasks", "results", "json")
# Types of targets and other references; no task has one of these types.
_NO_TASKS = ("APPLICATION", "IDENTITY", "SOURCE")


def task_ids(answer: t.Any, skip_refused: t.Any = False) -> list[str]:
    """The ids of the tasks in an answer, each once and in their order. Raises AnsibleFilterError."""
    try:
        skip = boolean(skip_refused)
    except TypeError as error:
        raise AnsibleFilterError(f"task_ids: skip_refused must be true or false, not {shown(skip_refused)}.") from error
    return list(dict.fromkeys(_ids_in(answer, skip)))


def _ids_in(answer: t.Any, skip_refused: bool) -> t.Iterator[str]:
    # No recursion, so that any depth of nesting works.
    levels = [iter((answer,))]
    while levels:
        for value in levels[-1]:
            if isinstance(value, str):
                if value.strip():
                    yield value
            elif isinstance(value, dict):
                found = _id_of(value, skip_refused)
                if found is not None:
                    yield found
                else:
                    levels.append(iter(_held_by(value)))
                    break
            elif isinstance(value, t.Iterable) and not isinstance(value, (bytes, bytearray)):
                levels.append(iter(value))
                break
            elif value is not None:
                raise AnsibleFilterError(
                    "task_ids: the input must be task ids, task records, or answers or results that contain them, not "
                    f"{shown(value)}."
                )
        else:
            levels.pop()


def _id_of(value: Record, skip_refused: bool) -> str | None:
    """The id of the task in a dictionary, if there is one."""
    reason = refusal(value) if is_launch_answer(value) else None
    if reason is not None:
        if skip_refused:
            return None
        raise AnsibleFilterError(
            f"The tenant refused the launch, so there is no task ({shown(reason)}): "
            "launch it again, or set skip_refused to skip it."
        )
    task = task_in(value)
    if str(task.get("type")).upper() in _NO_TASKS or "executor" in task:
        return None
    ids = (task.get("taskId"), task.get("id"))
    return next((found for found in ids if isinstance(found, str) and found.strip()), None)


def _held_by(holder: Record) -> list[Record]:
    """The records and results in a result of a module."""
    held: list[t.Any] = []
    for value in map(holder.get, _HOLDERS):
        held += value if isinstance(value, list) else [value]
    return [value for value in held if isinstance(value, dict)]


class FilterModule:
    """The filter, for Ansible."""

    def filters(self) -> dict[str, t.Callable[..., t.Any]]:
        """Filters by their names."""
        return {"task_ids": task_ids}
