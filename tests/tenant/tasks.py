# Copyright (c) 2026, the sailpoint.isc contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Task records and how they change with time.

A record holds what the API shows. Beside it a task knows what the API does not show: its definition, its source and
its course (when `completed` appears, when `completionStatus` follows, with which messages).
"""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, Callable

from .clock import DAY, format_time, parse_duration, parse_time

KEPT = 90 * DAY
"""Older data is never returned."""

COMPLETED_GAP = 0.3
"""Seconds between `completed` and `completionStatus`, unless a scenario says otherwise."""

STATUSES = frozenset({"SUCCESS", "WARNING", "ERROR", "TERMINATED", "TEMPERROR"})

Record = dict[str, Any]


@dataclass(frozen=True)
class Definition:
    """What the records of one task definition have in common."""

    type: str
    unique_name: str
    description: str
    target: str | None = "APPLICATION"
    launcher: str = "System"
    returns: tuple[tuple[str, str], ...] = ()


_ACCOUNT_RETURNS = (
    ("TASK_OUT_ACCOUNT_AGGREGATION_APPLICATIONS", "applications"),
    ("TASK_OUT_ACCOUNT_AGGREGATION_TOTAL", "total"),
    ("TASK_OUT_ACCOUNT_AGGREGATION_CREATED", "created"),
    ("TASK_OUT_ACCOUNT_AGGREGATION_UPDATED", "updated"),
)
_GROUP_RETURNS = (
    ("TASK_OUT_ACCOUNT_GROUP_AGGREGATION_TOTAL", "total"),
    ("TASK_OUT_ACCOUNT_GROUP_AGGREGATION_CREATED", "groupsCreated"),
)

ACCOUNTS = "CLOUD_ACCOUNT_AGGREGATION"
ENTITLEMENTS = "CLOUD_GROUP_AGGREGATION"
UNCORRELATED = "CLOUD_PROCESS_UNCORRELATED_ACCOUNTS"

# `{name}` in a unique name stands for the name of the source.
DEFINITIONS = {
    ACCOUNTS: Definition(
        "QUARTZ",
        "Cloud Account Aggregation",
        "Aggregates from the specified application.",
        returns=_ACCOUNT_RETURNS,
    ),
    ENTITLEMENTS: Definition(
        "QUARTZ",
        "Cloud Group Aggregation - {name}",
        "Aggregates entitlements from the specified application.",
        returns=_GROUP_RETURNS,
    ),
    UNCORRELATED: Definition("QUARTZ", "Cloud Process Uncorrelated Accounts", "Processes uncorrelated accounts."),
    "CLOUD_REFRESH_ROLE": Definition("QPOC", "Cloud Refresh Role", "Refreshes role membership.", target=None),
    "SOURCE_APPLICATION_DISCOVERY": Definition(
        "QUEUED_TASK", "Source Application Discovery", "Discovers applications of a source."
    ),
    "AI_AGENT_AGGREGATION": Definition("QUARTZ", "AI Agent Aggregation", "Aggregates AI agents from a source."),
    "CLOUD_ENTITLEMENT_IMPORT": Definition("QUARTZ", "Cloud Entitlement Import", "Imports entitlements from a file."),
    "CLOUD_UNCORRELATED_REFRESH": Definition(
        "QUARTZ", "Cloud Uncorrelated Refresh", "Refreshes uncorrelated accounts.", target=None
    ),
    "CLOUD_IDENTITY_AGGREGATION": Definition(
        "QUARTZ", "Cloud Identity Aggregation", "Aggregates identities from an authoritative source."
    ),
    "CLOUD_ATTRIBUTE_SYNCHRONIZATION": Definition(
        "QUEUED_TASK", "Cloud Attribute Synchronization", "Synchronizes attributes of identities.", target="IDENTITY"
    ),
    "IDENTITY_REFRESH": Definition("QPOC", "Identity Refresh", "Refreshes identities.", target=None, launcher="sweep"),
    "APPLICATION_DISCOVERY": Definition("QUEUED_TASK", "Application Discovery", "Discovers applications.", target=None),
    "MACHINE_IDENTITY_AGGREGATION": Definition(
        "QUARTZ", "Machine Identity Aggregation", "Aggregates machine identities from a source."
    ),
    "MACHINE_IDENTITY_DELETION": Definition(
        "QUEUED_TASK", "Machine Identity Deletion", "Deletes machine identities of a source."
    ),
    "ACCOUNT_DELETION": Definition("QUEUED_TASK", "Account Deletion", "Deletes accounts of a source."),
}


@dataclass(eq=False)
class Task:
    """One task: the record as the API shows it, and what it keeps to itself."""

    record: Record
    definition: str | None = None
    source: str | None = None
    created: float = 0.0
    finish_at: float | None = None
    """When `completed` appears (seconds since the epoch); None: the record does not change by itself."""
    gap: float = COMPLETED_GAP
    ends: str = "SUCCESS"
    end_messages: list[Record] = field(default_factory=list)
    end_attributes: Record = field(default_factory=dict)
    visible_at: float = 0.0
    vanished: bool = False
    pending: bool = field(init=False)
    finished: bool = field(init=False)
    """Whether the API counts it as completed. Between `completed` and `completionStatus` it is pending as well."""
    _text: str | None = field(init=False, default=None, repr=False)

    def __post_init__(self) -> None:
        self.changed()

    @property
    def id(self) -> str:
        return str(self.record["id"])

    @property
    def source_id(self) -> str | None:
        if self.source is not None:
            return self.source
        target = self.record.get("target") or {}
        return target.get("id") if target.get("type") == "APPLICATION" else None

    def shown(self, now: float) -> bool:
        return not self.vanished and self.visible_at <= now and now - self.created <= KEPT

    def json(self) -> str:
        """The record as JSON text, kept until the record changes."""
        if self._text is None:
            self._text = json.dumps(self.record, separators=(",", ":"))
        return self._text

    def changed(self) -> None:
        """Must follow every change of the record: what is derived from it is worked out anew."""
        self._text = None
        self.pending = self.record.get("completionStatus") is None
        self.finished = self.record.get("completed") is not None or not self.pending
        try:
            self.created = parse_time(self.record["created"])
        except (KeyError, ValueError):
            pass

    def advance(self, now: float) -> bool:
        """Bring the record up to date; True while there is more to come.

        What somebody has already set by a PATCH stays as they set it.
        """
        if self.finish_at is None:
            return False
        if now < self.finish_at:
            return True
        if self.record.get("completed") is None and self.pending:
            self.record["completed"] = format_time(self.finish_at)
            self.record["modified"] = self.record["completed"]
            self.record["percentComplete"] = 100
            if isinstance(self.record.get("attributes"), dict):
                self.record["attributes"].update(self.end_attributes)
            self.changed()
        if now < self.finish_at + self.gap:
            return True
        if self.pending:
            self.record["completionStatus"] = self.ends
            self.record["modified"] = format_time(self.finish_at + self.gap)
            self.record["messages"] = [*(self.record.get("messages") or []), *self.end_messages]
            self.changed()
        self.finish_at = None
        return False

    def raw(self, now: float) -> Record:
        """The record with everything private, for the control API."""
        return {
            **self.record,
            "definition": self.definition,
            "source": self.source_id,
            "ends": self.ends,
            "ends_in": None if self.finish_at is None else self.finish_at - now,
            "shown": self.shown(now),
            "vanish": self.vanished,
        }


class TaskStore:
    """All tasks of the tenant, newest first."""

    def __init__(self) -> None:
        self._tasks: dict[str, Task] = {}
        self._running: list[Task] = []
        self._newest_first: list[Task] | None = None

    def add(self, task: Task) -> None:
        self._tasks[task.id] = task
        self._newest_first = None
        if task.finish_at is not None:
            self._running.append(task)

    def touch(self, task: Task) -> None:
        """Must follow a change of a task from outside: its place and its course may be new."""
        task.changed()
        self._newest_first = None
        if task.finish_at is not None and task not in self._running:
            self._running.append(task)

    def advance(self, now: float) -> None:
        if self._running:
            self._running = [task for task in self._running if task.advance(now)]

    def all(self) -> list[Task]:
        if self._newest_first is None:
            self._newest_first = sorted(self._tasks.values(), key=lambda task: task.created, reverse=True)
        return self._newest_first

    def any(self, task_id: str) -> Task | None:
        """The task of that id, whether the API shows it or not."""
        return self._tasks.get(task_id)

    def get(self, task_id: str, now: float) -> Task | None:
        self.advance(now)
        task = self._tasks.get(task_id)
        return task if task is not None and task.shown(now) else None

    def select(self, now: float, *conditions: Callable[[Task], bool]) -> list[Task]:
        """The tasks that the API shows and that meet all conditions, newest first."""
        self.advance(now)
        found = [task for task in self.all() if task.shown(now)]
        for condition in conditions:
            found = [task for task in found if condition(task)]
        return found

    def running(self, definition: str, source_id: str, now: float) -> Task | None:
        """A pending task of that definition and source: it makes the source busy."""
        self.advance(now)
        for task in self.all():
            if task.pending and task.definition == definition and task.source_id == source_id and not task.vanished:
                return task
        return None


def new_id() -> str:
    return uuid.uuid4().hex


def message(text: str, kind: str = "INFO", key: str | None = None) -> Record:
    """One entry of `messages`, as a record shows it."""
    return {
        "type": kind,
        "localizedText": {"locale": "en-US", "message": text},
        "key": key or text,
        "parameters": [],
    }


def messages(entries: Iterable[Any], ends: str) -> list[Record]:
    """Messages of a scenario: plain texts, {type, text, key}, or whole entries of a record."""
    kind = {"SUCCESS": "INFO", "WARNING": "WARN"}.get(ends, "ERROR")
    found = []
    for entry in entries:
        if isinstance(entry, str):
            found.append(message(entry, kind))
        elif "text" in entry:
            found.append(message(entry["text"], entry.get("type", kind), entry.get("key")))
        else:
            found.append(dict(entry))
    return found


def new_record(definition: str, source_id: str | None, source_name: str | None, created: float) -> Record:
    """A record of a task that has just been launched."""
    known = DEFINITIONS.get(definition) or Definition("QUARTZ", definition, definition)
    name = source_name or source_id or "all sources"
    moment = format_time(created)
    target = None
    if source_id is not None:
        target = {"id": source_id, "type": known.target or "APPLICATION", "name": name}
    return {
        "id": new_id(),
        "type": known.type,
        "uniqueName": known.unique_name.format(name=name),
        "description": known.description,
        "parentName": None,
        "launcher": known.launcher,
        "target": target,
        "created": moment,
        "modified": moment,
        "launched": moment,
        "completed": None,
        "completionStatus": None,
        "messages": [],
        "returns": [{"name": label, "attributeName": attribute} for label, attribute in known.returns],
        "attributes": {} if source_id is None else {"appId": source_id},
        "progress": None,
        "percentComplete": 0,
        "taskDefinitionSummary": {
            "id": uuid.uuid5(uuid.NAMESPACE_OID, definition).hex,
            "uniqueName": known.unique_name.split(" - ")[0],
            "description": known.description,
            "parentName": known.unique_name.split(" - ")[0],
            "executor": f"sailpoint.task.{definition.title().replace('_', '')}",
            "arguments": {},
        },
    }


PRIVATE_KEYS = frozenset(
    {
        "definition",
        "source",
        "age",
        "seconds",
        "ends_in",
        "ends",
        "messages",
        "end_attributes",
        "completed_gap",
        "visible_after",
        "vanish",
        "without",
    }
)
"""Keys of a scenario's task that describe its course; every other key goes into the record as it is."""


def task_from(spec: Record, source_names: dict[str, str], now: float) -> Task:
    """A task as a scenario describes it; raises ValueError for what makes no sense."""
    definition = spec.get("definition", ACCOUNTS)
    source = spec.get("source")
    created = now - parse_duration(spec.get("age", 0))
    if spec.get("created") is not None:
        created = parse_time(spec["created"])
    record = new_record(definition, source, source_names.get(source or ""), created)
    record.update({key: value for key, value in spec.items() if key not in PRIVATE_KEYS})
    status = spec.get("completionStatus")
    ends = spec.get("ends") or status or "SUCCESS"
    task = Task(
        record,
        definition=definition,
        source=source,
        created=created,
        gap=parse_duration(spec.get("completed_gap", COMPLETED_GAP)),
        ends=ends,
        end_messages=messages(spec.get("messages") or [], ends),
        end_attributes=spec.get("end_attributes") or {},
        visible_at=now + parse_duration(spec["visible_after"]) if "visible_after" in spec else 0.0,
        vanished=bool(spec.get("vanish", False)),
    )
    if "completed" in spec or status is not None:
        # Said outright: the record is as it is, and stays so.
        record["messages"] = task.end_messages
        if "completed" not in spec:
            record["completed"] = format_time(min(now, created + 60))
        if "modified" not in spec and record["completed"] is not None:
            record["modified"] = record["completed"]
    elif "ends_in" in spec:
        task.finish_at = now + parse_duration(spec["ends_in"])
    elif "seconds" in spec:
        task.finish_at = created + parse_duration(spec["seconds"])
    elif "ends" in spec:
        task.finish_at = created + min(60.0, max(0.0, now - created - task.gap))
        task.advance(now + task.gap)
    else:
        record["messages"] = task.end_messages
    for key in spec.get("without") or []:
        record.pop(key, None)
    task.changed()
    task.advance(now)
    return task


def merge(task: Task, changes: Record, now: float) -> None:
    """Change a task from the control API: record keys as they are, and the keys that describe its course."""
    for key, value in changes.items():
        if key == "messages":
            task.record["messages"] = messages(value, task.ends)
        elif key == "without":
            for name in value:
                task.record.pop(name, None)
        elif key not in PRIVATE_KEYS:
            task.record[key] = value
    task.definition = changes.get("definition", task.definition)
    task.source = changes.get("source", task.source)
    task.vanished = bool(changes.get("vanish", task.vanished))
    if "ends" in changes:
        task.ends = changes["ends"]
    if "completed_gap" in changes:
        task.gap = parse_duration(changes["completed_gap"])
    if "visible_after" in changes:
        task.visible_at = now + parse_duration(changes["visible_after"])
    if "age" in changes:
        task.record["created"] = format_time(now - parse_duration(changes["age"]))
    task.changed()
    if "ends_in" in changes:
        task.finish_at = now + parse_duration(changes["ends_in"])
    elif "seconds" in changes:
        task.finish_at = task.created + parse_duration(changes["seconds"])
