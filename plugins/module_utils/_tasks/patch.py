# Copyright (c) 2026, the sailpoint.isc contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""JSON Patch (RFC 6902): the operations that lead from one record to another, and what operations make of a record."""

from __future__ import annotations

import json
import typing as t

from ansible_collections.sailpoint.isc.plugins.module_utils._errors import IscError
from ansible_collections.sailpoint.isc.plugins.module_utils._tasks.records import Record

try:
    import jsonpatch

    HAS_JSONPATCH = True
except ImportError:
    HAS_JSONPATCH = False

Operation = dict[str, t.Any]


def plan(before: Record, after: Record) -> list[Operation]:
    """The operations that make the one record the other; none exactly when they are equal as JSON."""
    operations: list[Operation] = []
    for key in {**before, **after}:
        one, other = ({key: record[key]} if key in record else {} for record in (before, after))
        if not equal(one, other):
            # Without the optimisation there is no "move", which would tie values together that only happen to be equal.
            steps = jsonpatch.JsonPatch.from_diff(one, other, optimization=False).patch
            right = key not in after or _leads_to(other, steps, one)
            operations += steps if right else [_replacement(key, after[key])]
    return operations


def _leads_to(after: Record, steps: list[Operation], before: Record) -> bool:
    """Whether jsonpatch got it right: up to 1.33 it takes 1 for true within lists, and cannot replace a key "-"."""
    try:
        return equal(applied(steps, before), after)
    except IscError:
        return False


def _replacement(key: str, value: object) -> Operation:
    return {"op": "replace", "path": "/" + key.replace("~", "~0").replace("/", "~1"), "value": value}


def equal(one: object, other: object) -> bool:
    """Equal as JSON: the order of keys does not matter, 1 is 1.0, and neither is true."""
    return _canonical(one) == _canonical(other)


def _canonical(value: object) -> str:
    return json.dumps(_without_fractions(value), sort_keys=True)


def _without_fractions(value: t.Any) -> t.Any:
    """The value with every number that is a whole one as an integer."""
    if isinstance(value, dict):
        return {key: _without_fractions(member) for key, member in value.items()}
    if isinstance(value, list):
        return [_without_fractions(member) for member in value]
    return int(value) if isinstance(value, float) and value.is_integer() else value


def applied(operations: t.Sequence[Operation], record: Record) -> Record:
    """What the operations make of a record, which is left as it is. Raises IscError where they cannot be applied.

    What is to be removed and is not there is as it is wanted, so that a patch can be applied again.
    """
    result: t.Any = record
    try:
        for operation in operations:
            if operation["op"] != "remove" or _is_there(operation["path"], result):
                result = jsonpatch.apply_patch(result, [operation])
    except (jsonpatch.JsonPatchException, jsonpatch.JsonPointerException, KeyError, TypeError, ValueError) as error:
        raise IscError(f"The patch does not fit the record {record.get('id')}: {_reason(error)}.") from None
    if not isinstance(result, dict):
        raise IscError(f"The patch does not fit the record {record.get('id')}: it would leave no JSON object.")
    return result


def _is_there(pointer: str, record: t.Any) -> bool:
    try:
        jsonpatch.JsonPointer(pointer).resolve(record)
    except (jsonpatch.JsonPointerException, TypeError):
        return False
    return True


def _reason(error: Exception) -> str:
    return " ".join(str(error).split()).rstrip(".") or type(error).__name__
