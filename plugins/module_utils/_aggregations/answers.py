# Copyright (c) 2026, the sailpoint.isc contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
#
# Private to the collection: it may change in any release.

"""Reads the answer to the launch of an aggregation: the started task, or the reason of a refusal.

The answers were published from live tenants: a 202 can be a refusal, and its task differs from a record.
"""

from __future__ import annotations

from ansible_collections.sailpoint.isc.plugins.module_utils._tasks.records import (
    Record,
    completion_status,
    has_completed,
    message_texts,
)
from ansible_collections.sailpoint.isc.plugins.module_utils._text import reason


def task_in(answer: Record) -> Record:
    """The task in an answer: its key task for accounts, the answer itself for entitlements."""
    task = answer.get("task")
    return task if isinstance(task, dict) else answer


def refusal(answer: Record) -> str | None:
    """The reason of a 202 that is a refusal; None if the aggregation was started."""
    task = task_in(answer)
    entries = _messages(task)
    refused = (
        answer.get("success") is False
        or any(holder.get("error") is True for holder in (answer, task, *entries))
        or any(str(entry.get("type")).upper() == "ERROR" for entry in entries)
        or completion_status(task) not in (None, "SUCCESS", "WARNING")
    )
    if not refused:
        return None
    said = [reason([text]) for key in ("message", "errorMessage") if isinstance(text := answer.get(key), str)]
    return next(filter(None, [reason(message_texts(task)), *said]), "no reason given")


def is_launch_answer(value: Record) -> bool:
    """Whether this is the answer to a launch, not a record: an error in a record is not a refusal.

    Only answers to launches have success. They also have dates in milliseconds and messages as plain strings. A
    completed task is always a record.
    """
    task = task_in(value)
    if any(key in holder for holder in (value, task) for key in ("success", "error")):
        return True
    created = task.get("created")
    return not has_completed(task) and (
        (isinstance(created, (int, float)) and not isinstance(created, bool))
        or any(isinstance(entry.get("localizedText"), str) for entry in _messages(task))
    )


def _messages(task: Record) -> list[Record]:
    messages = task.get("messages")
    return [entry for entry in messages if isinstance(entry, dict)] if isinstance(messages, list) else []
