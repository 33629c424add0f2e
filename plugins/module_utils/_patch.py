# Copyright (c) 2026, the sailpoint.isc contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""JSON Patch (RFC 6902): the operations that lead from one record to another, and what operations make of a record."""

from __future__ import annotations

import typing as t

from ansible_collections.sailpoint.isc.plugins.module_utils._errors import IscError
from ansible_collections.sailpoint.isc.plugins.module_utils._records import Record

try:
    import jsonpatch

    HAS_JSONPATCH = True
except ImportError:
    HAS_JSONPATCH = False

Operation = dict[str, t.Any]


def plan(before: Record, after: Record) -> list[Operation]:
    """The operations that make the one record the other; none exactly when they are equal."""
    operations: list[Operation] = []
    for key in {**before, **after}:
        one, other = ({key: record[key]} if key in record else {} for record in (before, after))
        # Without the optimisation there is no "move", which would tie values together that only happen to be equal.
        operations += jsonpatch.JsonPatch.from_diff(one, other, optimization=False).patch
    return operations


def applied(operations: t.Sequence[Operation], record: Record) -> Record:
    """What the operations make of a record, which is left as it is. Raises IscError where they cannot be applied."""
    try:
        result = jsonpatch.apply_patch(record, operations)
    except (jsonpatch.JsonPatchException, jsonpatch.JsonPointerException, KeyError, TypeError, ValueError) as error:
        raise IscError(f"The patch does not fit the record {record.get('id')}: {_reason(error)}.") from None
    if not isinstance(result, dict):
        raise IscError(f"The patch does not fit the record {record.get('id')}: it would leave no JSON object.")
    return result


def _reason(error: Exception) -> str:
    return " ".join(str(error).split()).rstrip(".") or type(error).__name__
