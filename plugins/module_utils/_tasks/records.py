# Copyright (c) 2026, the sailpoint.isc contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
#
# Private to the collection: it may change in any release.

"""How to read a record: a TaskStatus as the API returns it, whatever it lacks, adds or spells differently.

Facts: TaskStatus in SailPoint's OpenAPI documents; nulls, missing keys and drifting case were seen on live tenants.
"""

from __future__ import annotations

import re
import typing as t

from ansible_collections.sailpoint.isc.plugins.module_utils._text import one_line, reason, valid_text
from ansible_collections.sailpoint.isc.plugins.module_utils._time import parse_timestamp

Record = dict[str, t.Any]

# Characters of a name in a message
_LONGEST_NAME = 100

# The tenant keeps no task for longer, in seconds.
LONGEST_KEPT = 90 * 86400
COMPLETION_STATUSES = ("SUCCESS", "WARNING", "ERROR", "TERMINATED", "TEMPERROR")
# The default of fail_on
FAILED_STATUSES = ("ERROR", "TERMINATED", "TEMPERROR")
# Values of `type` in records; the type that the list filters on is the name of a task definition.
RECORD_TYPES = ("QUARTZ", "QPOC", "QUEUED_TASK")


def completion_status(record: Record) -> str | None:
    """The completion status in one spelling (Success is SUCCESS, TEMP_ERROR TEMPERROR); None if there is none."""
    value = record.get("completionStatus")
    return canonical_status(valid_text(value.strip())) if isinstance(value, str) and value.strip() else None


def canonical_status(value: str) -> str:
    """A known completion status as the API spells it; an unknown one in upper case."""
    upper = value.upper()
    return upper.replace("_", "") if upper.replace("_", "") in COMPLETION_STATUSES else upper


def has_completed(record: Record, *, partial: bool = False) -> bool:
    """Whether the task has completed: both are set, because C(completed) may be set before C(completionStatus).

    partial: the record may have only some of its keys; missing ones are ignored.
    """
    signs = {"completed": bool(record.get("completed")), "completionStatus": completion_status(record) is not None}
    told = [is_set for key, is_set in signs.items() if key in record or not partial]
    return bool(told) and all(told)


def created_at(record: Record) -> float | None:
    """When the task was created, in seconds since 1970; None if the record does not contain it."""
    return parse_timestamp(record.get("created"))


def started_at(record: Record) -> float | None:
    """When the task was launched, or created if the time of the launch is unknown."""
    launched = parse_timestamp(record.get("launched"))
    return created_at(record) if launched is None else launched


def completed_at(record: Record) -> float | None:
    """When the task completed; None if the record does not contain it."""
    return parse_timestamp(record.get("completed"))


def age(record: Record, now: float) -> float | None:
    """Seconds since the task was created; None if the record does not contain it."""
    created = created_at(record)
    return None if created is None else now - created


def seconds_taken(record: Record) -> float | None:
    """Seconds from launch (or creation) to completion; None if the record does not contain it."""
    started, completed = started_at(record), completed_at(record)
    return None if started is None or completed is None else max(0.0, completed - started)


def text_of(value: object) -> str | None:
    """A name or an id as valid text; None if the value is not valid."""
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value) if value.bit_length() <= 64 else None
    return valid_text(value) if isinstance(value, str) and value else None


def task_id(record: Record) -> str | None:
    """The id of the task; None if the record has none."""
    return text_of(record.get("id"))


def task_name(record: Record) -> str | None:
    """The name of the task, such as C(Cloud Account Aggregation); its type if it has no name."""
    return next(filter(None, (text_of(record.get(key)) for key in ("uniqueName", "name", "type"))), None)


def source_of(record: Record) -> tuple[str | None, str | None]:
    """Id and name of the source of the task."""
    target = record.get("target")
    if not isinstance(target, dict) or target.get("type") == "IDENTITY":
        return None, None
    return text_of(target.get("id")), text_of(target.get("name"))


def definition_names(record: Record) -> set[str]:
    """The names of task definitions that the record may belong to, as the list's filter on C(type) spells them.

    The record does not carry that name; it follows from names such as C(Cloud Account Aggregation) and
    C(Cloud Group Aggregation - HR).
    """
    return set(_definition_names(record))


def definition_name(record: Record) -> str | None:
    """The most probable of definition_names(): by the task's own name, before its definition or parent."""
    return next(_definition_names(record), None)


def _definition_names(record: Record) -> t.Iterator[str]:
    summary = record.get("taskDefinitionSummary")
    holders = [record] + ([summary] if isinstance(summary, dict) else [])
    names = [holder.get(key) for key in ("uniqueName", "name", "parentName") for holder in holders]
    starts = [name.split(" - ")[0] for name in names if isinstance(name, str)]
    definitions = (re.sub(r"[^A-Z0-9]+", "_", start.upper()).strip("_") for start in starts)
    return filter(None, definitions)


def message_texts(record: Record, *types: str) -> list[str]:
    """The texts of the record's messages; only of these types if given (INFO, WARN, ERROR)."""
    messages = record.get("messages")
    texts = []
    for message in messages if isinstance(messages, list) else ():
        if not isinstance(message, dict) or (types and str(message.get("type")).upper() not in types):
            continue
        text = message.get("localizedText")
        text = text.get("message") if isinstance(text, dict) else text
        text = text or message.get("key")
        if isinstance(text, str) and text:
            texts.append(valid_text(text))
    return texts


def reason_of(record: Record) -> str:
    """The reason of the result, on one line that is cut: the warnings and errors, or else all messages."""
    texts = message_texts(record, "ERROR", "WARN") or message_texts(record)
    return reason(list(dict.fromkeys(texts)))  # some come once for every partition


def name_of(record: Record, names: t.Mapping[str, str] | None = None) -> str:
    """The task in words: name, source and id.

    names: names of sources by their ids, as the caller gives them; for others, the name in the record is used.
    """
    source_id, source_name = source_of(record)
    source_name = (names or {}).get(source_id or "", source_name or "")
    where = f" of {one_line(source_name, _LONGEST_NAME)}" if source_name else ""
    what = one_line(task_name(record) or "task", _LONGEST_NAME)
    return f"{what}{where} ({one_line(task_id(record) or 'id unknown', _LONGEST_NAME)})"


def projected(record: Record, fields: t.Sequence[str] | None) -> Record:
    """The record with only these keys; the whole record if None."""
    return record if fields is None else {key: record[key] for key in fields if key in record}
