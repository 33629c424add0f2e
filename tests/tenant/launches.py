# Copyright (c) 2026, the sailpoint.isc contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Starting aggregations of a source, refusing to, and telling how far one has come."""

from __future__ import annotations

from dataclasses import dataclass

from .clock import format_time, parse_time
from .errors import bad_request, not_found
from .sources import Course, Source
from .tasks import ACCOUNTS, ENTITLEMENTS, UNCORRELATED, Record, Task, TaskStore, messages, new_id, new_record

BUSY = "This aggregation failed because the currently running aggregation must complete before the next one can start."

KINDS = {"load_accounts": ACCOUNTS, "load_entitlements": ENTITLEMENTS, "load_uncorrelated": UNCORRELATED}
"""Which task definition a launch starts."""

PROGRESS_KEPT = 3600.0
"""Seconds after its completion for which the progress of an aggregation can be asked for."""


@dataclass(frozen=True)
class Upload:
    """What a launch request carried: whether there was a file, and whether optimization is to be off."""

    has_file: bool = False
    disable_optimization: bool = False


def launch(
    operation: str, source: Source, upload: Upload, launcher: str, store: TaskStore, now: float
) -> tuple[Record, bool]:
    """The body of the 202, and whether anything was started. A refusal leaves no record behind."""
    kind = KINDS[operation]
    if not upload.has_file and (kind == UNCORRELATED or (kind == ACCOUNTS and source.needs_file)):
        raise bad_request("A file is required.", [f"Source {source.name} is aggregated from a file."])
    task = _new_task(kind, source, upload, launcher, now)
    shape = source.refuse or (source.busy if store.running(kind, source.id, now) else None)
    if shape is None:
        store.add(task)
    return _answer(kind, task, shape), shape is None


def _new_task(kind: str, source: Source, upload: Upload, launcher: str, now: float) -> Task:
    course = source.courses.get(kind, Course())
    record = new_record(kind, source.id, source.name, now)
    record["launcher"] = launcher
    if kind == ACCOUNTS:
        record["attributes"]["optimizedAggregation"] = "disabled" if upload.disable_optimization else "enabled"
    return Task(
        record,
        definition=kind,
        source=source.id,
        created=now,
        finish_at=now + course.seconds,
        gap=course.completed_gap,
        ends=course.ends,
        end_messages=messages(course.messages, course.ends),
        end_attributes=dict(course.attributes),
        visible_at=now + course.visible_after,
    )


def _answer(kind: str, task: Task, shape: str | None) -> Record:
    """A launch answers in a form of its own: other names, epoch milliseconds, messages as plain strings."""
    record = task.record
    moment = round(task.created * 1000)
    answer: Record = {
        "type": record["type"],
        "id": record["id"],
        ("uniqueName" if kind == ENTITLEMENTS else "name"): record["uniqueName"],
        "description": record["description"],
        "parentName": None,
        "launcher": record["launcher"],
        "created": moment,
        "launched": moment,
        "completed": None,
        "completionStatus": None,
        "messages": [],
        "returns": [
            {"displayLabel": entry["name"], "attributeName": entry["attributeName"]} for entry in record["returns"]
        ],
        "attributes": dict(record["attributes"]),
        "progress": None,
    }
    whole = answer if kind == ENTITLEMENTS else {"success": True, "task": answer}
    if shape is not None:
        answer["id"] = new_id()
        answer["messages"] = [_refusal_message(shape)]
    if shape == "success_false":
        whole["success"] = False
    elif shape == "completion_status":
        answer["completed"] = moment
        answer["completionStatus"] = "ERROR"
    elif shape == "error_true":
        whole["error"] = True
    return whole


def _refusal_message(shape: str) -> Record:
    message = {"type": "WARN", "error": False, "warning": True, "key": BUSY, "localizedText": BUSY}
    if shape == "message_error":
        message.update(type="ERROR", warning=False)
    elif shape == "message_flag":
        message.update(error=True)
    return message


def progress(task: Task | None, now: float) -> Record:
    """How far an account aggregation has come; raises the API's 404 for any other task, and an hour after the end."""
    if task is None or task.definition != ACCOUNTS:
        raise not_found("No account aggregation of that id is known.")
    record = task.record
    start = task.created
    if record.get("completed") is not None and now - parse_time(record["completed"]) > PROGRESS_KEPT:
        raise not_found("The progress of that account aggregation is no longer known.")
    total = int(task.end_attributes.get("total") or (record.get("attributes") or {}).get("total") or 100)
    if record.get("completed") is not None or not task.pending:
        status = "TERMINATED" if record.get("completionStatus") == "TERMINATED" else "COMPLETED"
        part = 1.0
    else:
        whole = (task.finish_at or now + 60) - start
        part = min(0.99, (now - start) / whole) if whole > 0 else 0.99
        status = "STARTED" if part < 1 / 3 else "ACCOUNTS_COLLECTED"
    collected = status != "STARTED"
    done = int(total * max(0.0, (part - 1 / 3) * 1.5))
    return {
        "start": format_time(start),
        "status": status,
        "totalAccounts": total if collected else None,
        "processedAccounts": min(total, done) if collected else None,
        "totalAccountsMarkedForDeletion": 0 if collected else None,
        "deletedAccounts": 0 if collected else None,
        "totalIdentities": total if collected else None,
        "processedIdentities": min(total, done) if collected else None,
    }
