# Copyright (c) 2026, the sailpoint.isc contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
#
# Private to the collection: it may change in any release.

"""JSON Patch (RFC 6902): creates and applies patches of records."""

from __future__ import annotations

import json
import typing as t

from ansible_collections.sailpoint.isc.plugins.module_utils._errors import IscError
from ansible_collections.sailpoint.isc.plugins.module_utils._tasks.records import Record
from ansible_collections.sailpoint.isc.plugins.module_utils._text import one_line

try:
    import jsonpatch

    HAS_JSONPATCH = True
except ImportError:
    HAS_JSONPATCH = False

Operation = dict[str, t.Any]

_LONGEST_REASON = 300
_LONGEST_ID = 100


def plan(before: Record, after: Record) -> list[Operation]:
    """The operations that change one record to the other; none exactly if they are equal as JSON."""
    operations: list[Operation] = []
    for key in {**before, **after}:
        if not equal_at(key, before, after):
            one, other = ({key: record[key]} if key in record else {} for record in (before, after))
            # Without the optimisation, because a "move" would connect values that are only equal by chance.
            steps = jsonpatch.JsonPatch.from_diff(one, other, optimization=False).patch
            right = key not in after or _leads_to(other, steps, one)
            operations += steps if right else [_replacement(key, after[key])]
    return operations


def _leads_to(after: Record, steps: list[Operation], before: Record) -> bool:
    """Whether the patch is right: jsonpatch up to 1.33 confuses 1 and true in lists, and cannot replace a key "-"."""
    try:
        return equal(applied(steps, before), after)
    except IscError:
        return False


def _replacement(key: str, value: object) -> Operation:
    return {"op": "replace", "path": "/" + key.replace("~", "~0").replace("/", "~1"), "value": value}


def equal(one: object, other: object) -> bool:
    """Equal as JSON: the order of keys does not matter, 1 is 1.0, and neither is true."""
    return _canonical(one) == _canonical(other)


def equal_at(key: str, one: Record, other: Record) -> bool:
    """Whether two records are equal as JSON under a key."""
    return (key in one) == (key in other) and equal(one.get(key), other.get(key))


def top_level_key(operation: Operation) -> str:
    """The key of the record under which an operation of a plan changes something."""
    return str(jsonpatch.JsonPointer(operation["path"]).parts[0])


def overlap(one: Operation, other: Operation) -> bool:
    """Whether two operations change the same value, or one changes a part of the other's."""
    paths = (f"{one['path']}/", f"{other['path']}/")
    return paths[0].startswith(paths[1]) or paths[1].startswith(paths[0])


def _canonical(value: object) -> str:
    return json.dumps(_without_fractions(value), sort_keys=True)


def _without_fractions(value: t.Any) -> t.Any:
    """The value with whole numbers as integers."""
    if isinstance(value, dict):
        return {key: _without_fractions(member) for key, member in value.items()}
    if isinstance(value, list):
        return [_without_fractions(member) for member in value]
    return int(value) if isinstance(value, float) and value.is_integer() else value


def applied(operations: t.Sequence[Operation], record: Record) -> Record:
    """A copy of the record with the operations applied. Raises IscError if they cannot be applied.

    Removing a missing value is not an error, so that a patch can be applied again.
    """
    result: t.Any = record
    try:
        for operation in operations:
            if operation["op"] != "remove" or _is_there(operation["path"], result):
                result = jsonpatch.apply_patch(result, [operation])
    except (jsonpatch.JsonPatchException, jsonpatch.JsonPointerException, KeyError, TypeError, ValueError) as error:
        raise _does_not_fit(record, one_line(str(error), _LONGEST_REASON) or type(error).__name__) from None
    if not isinstance(result, dict):
        raise _does_not_fit(record, "the result is not a JSON object")
    return result


def _is_there(pointer: str, record: t.Any) -> bool:
    try:
        jsonpatch.JsonPointer(pointer).resolve(record)
    except (jsonpatch.JsonPointerException, TypeError):
        return False
    return True


def _does_not_fit(record: Record, reason: str) -> IscError:
    task_id = one_line(str(record.get("id")), _LONGEST_ID)
    return IscError(f"The patch cannot be applied to the record {task_id}: {reason.rstrip('.')}.")
