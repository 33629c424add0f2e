# Copyright (c) 2026, the sailpoint.isc contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Sources: their records, how their list is filtered and sorted, their tags, and how their aggregations go."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from . import schedules
from .clock import format_time, parse_duration
from .errors import bad_request, not_found
from .filters import Comparison
from .tasks import ACCOUNTS, COMPLETED_GAP, ENTITLEMENTS, UNCORRELATED, Record

REFUSALS = ("success_false", "completion_status", "message_error", "message_flag", "error_true")
"""The shapes in which a 202 can be a refusal. Each carries one sign only."""

SORTERS = frozenset(
    {
        "type",
        "created",
        "modified",
        "name",
        "owner.name",
        "healthy",
        "status",
        "id",
        "description",
        "owner.id",
        "authoritative",
        "connectorName",
        "connectionType",
    }
)

HEALTHY = "SOURCE_STATE_HEALTHY"
_UNHEALTHY = "SOURCE_STATE_ERROR_SOURCE"
_SINCE_CHECK = 600.0
_NAMES_OF_KINDS = {"accounts": ACCOUNTS, "entitlements": ENTITLEMENTS, "uncorrelated_accounts": UNCORRELATED}


@dataclass(frozen=True)
class Course:
    """How the aggregations of one kind go: how long (seconds), to which end, with what to show for it."""

    seconds: float = 5.0
    ends: str = "SUCCESS"
    messages: tuple[Any, ...] = ()
    attributes: Mapping[str, Any] = field(default_factory=dict)
    visible_after: float = 0.0
    completed_gap: float = COMPLETED_GAP

    @classmethod
    def from_spec(cls, spec: Mapping[str, Any]) -> Course:
        unknown = set(spec) - {"seconds", "ends", "messages", "attributes", "visible_after", "completed_gap"}
        if unknown:
            raise ValueError(f"unknown keys of an aggregation: {', '.join(sorted(unknown))}")
        return cls(
            seconds=parse_duration(spec.get("seconds", 5)),
            ends=spec.get("ends", "SUCCESS"),
            messages=tuple(spec.get("messages") or ()),
            attributes=spec.get("attributes") or {},
            visible_after=parse_duration(spec.get("visible_after", 0)),
            completed_gap=parse_duration(spec.get("completed_gap", COMPLETED_GAP)),
        )


@dataclass(eq=False)
class Source:
    """One source of the tenant: the record as the API shows it, and what it keeps to itself."""

    record: Record
    tags: tuple[str, ...] = ()
    schedules: schedules.Schedules = field(default_factory=dict)
    courses: Mapping[str, Course] = field(default_factory=dict)
    refuse: str | None = None
    """The shape in which every launch is refused."""
    busy: str = "message_error"
    """The shape in which a launch is refused while another one runs."""
    spec: Mapping[str, Any] = field(default_factory=dict)
    """What it was made of."""

    @classmethod
    def from_spec(cls, spec: Mapping[str, Any], now: float) -> Source:
        """A source as a scenario describes it; raises ValueError (or KeyError) for what makes no sense."""
        own = _record(spec, now)
        unknown = set(spec) - {"delimited", "refuse", "busy", "tags", "schedules", "without", *own, *_NAMES_OF_KINDS}
        if unknown:
            raise ValueError(f"unknown keys of a source: {', '.join(sorted(unknown))}")
        for key in ("refuse", "busy"):
            if spec.get(key) is not None and spec[key] not in REFUSALS:
                raise ValueError(f"{key}: {spec[key]!r} is none of {', '.join(REFUSALS)}")
        missing = set(spec.get("without") or ())
        return cls(
            record={key: value for key, value in own.items() if key not in missing or key == "id"},
            tags=tuple(spec.get("tags") or ()),
            schedules=schedules.from_spec(spec.get("schedules")),
            courses={
                kind: Course.from_spec(spec[key]) for key, kind in _NAMES_OF_KINDS.items() if spec.get(key) is not None
            },
            refuse=spec.get("refuse"),
            busy=spec.get("busy") or "message_error",
            spec=dict(spec),
        )

    @property
    def id(self) -> str:
        return str(self.record["id"])

    @property
    def name(self) -> str:
        return str(self.record.get("name") or self.id)

    @property
    def needs_file(self) -> bool:
        """Whether its accounts come from a file: from its virtual appliance where it has a cluster."""
        return bool(self.spec.get("delimited")) and self.record.get("cluster") is None

    def changed(self, changes: Mapping[str, Any], now: float) -> Source:
        """The source as a scenario would describe it after these changes."""
        kept = {**self.spec, "schedules": schedules.to_spec(self.schedules)}
        if {"healthy", "status"} & set(changes):
            # The one follows from the other unless both are said.
            kept.pop("healthy", None)
            kept.pop("status", None)
        return Source.from_spec({**kept, **changes, "id": self.id}, now)

    def raw(self) -> Record:
        """The record with everything private, for the control API."""
        return {**self.record, "tags": list(self.tags), "schedules": schedules.to_spec(self.schedules)}

    def tagged_object(self) -> Record:
        """The source as the list of tagged objects shows it."""
        return {"objectRef": {"type": "SOURCE", "id": self.id, "name": self.name}, "tags": list(self.tags)}


def _record(spec: Mapping[str, Any], now: float) -> Record:
    """The record of a source, with the keys that SailPoint's own model of a source has."""
    own_id, delimited = str(spec["id"]), bool(spec.get("delimited"))
    name = str(spec.get("name", own_id))
    healthy = spec.get("healthy", spec.get("status", HEALTHY) == HEALTHY)
    kind = "Delimited File" if delimited else "Active Directory"
    record: Record = {
        "id": own_id,
        "name": name,
        "description": f"Accounts of {name}",
        "owner": {"type": "IDENTITY", "id": uuid.uuid5(uuid.NAMESPACE_OID, "owner").hex, "name": "Olga Owner"},
        "cluster": None,
        "accountCorrelationConfig": None,
        "accountCorrelationRule": None,
        "managerCorrelationMapping": None,
        "managerCorrelationRule": None,
        "beforeProvisioningRule": None,
        "schemas": [{"type": "CONNECTOR_SCHEMA", "id": uuid.uuid5(uuid.NAMESPACE_OID, own_id).hex, "name": "account"}],
        "passwordPolicies": None,
        "features": ["DISCOVER_SCHEMA", "NO_RANDOM_ACCESS"]
        if delimited
        else ["AUTHENTICATE", "PROVISIONING", "ENABLE"],
        "type": "DelimitedFile" if delimited else "Active Directory - Direct",
        "connector": "delimited-file-angularsc" if delimited else "active-directory-angularsc",
        "connectorClass": f"sailpoint.connector.{kind.replace(' ', '')}Connector",
        "connectorAttributes": {"host": "10.20.30.40", "user": "CORP\\svc-isc", "connectionTimeout": "30"},
        "deleteThreshold": 10,
        "authoritative": False,
        "managementWorkgroup": None,
        "healthy": healthy,
        "status": HEALTHY if healthy else _UNHEALTHY,
        # Health checks tell the time with more digits than anything else does.
        "since": format_time(now - _SINCE_CHECK).replace("Z", "1666300Z"),
        "connectorId": kind.lower().replace(" ", "-"),
        "connectorName": kind,
        "connectionType": "file" if delimited else "direct",
        "connectorImplementationId": kind.lower().replace(" ", "-"),
        "created": "2024-02-06T09:30:00.000Z",
        "modified": "2026-03-17T14:05:12.480Z",
        "credentialProviderEnabled": False,
        "category": None,
    }
    if not delimited:
        cluster = uuid.uuid5(uuid.NAMESPACE_OID, "cluster").hex
        record["cluster"] = {"type": "CLUSTER", "id": cluster, "name": "Munich"}
    record.update({key: value for key, value in spec.items() if key in record})
    return record


def find(sources: Mapping[str, Source], source_id: str) -> Source:
    """The source of that id; raises the API's refusal where there is none."""
    source = sources.get(source_id)
    if source is None and source_id.isdigit() and len(source_id) < 32:
        raise bad_request(f"Illegal value '{source_id}'", ["This is an id of the old API."])
    if source is None:
        raise not_found("The source was not found.")
    return source


def meets(source: Source, comparison: Comparison) -> bool:
    """Whether the record meets a comparison of a filter; names are the same in upper and lower case."""
    return comparison.holds(_value(source, comparison.field), str.casefold if comparison.field == "name" else str)


def is_tagged(source: Source, comparison: Comparison) -> bool:
    """Whether the source, as a tagged object, meets a comparison of a filter."""
    values = {"objectRef.type": ["SOURCE"], "objectRef.id": [source.id], "tagName": source.tags}
    return any(comparison.holds(value) for value in values[comparison.field])


def in_order(sources: Iterable[Source], sorters: str | None) -> list[Source]:
    """The sources in the order of sorters such as `name,-created`; raises the API's 400 for others."""
    found = list(sources)
    for sorter in reversed([part.strip() for part in (sorters or "").split(",") if part.strip()]):
        key = sorter.removeprefix("-")
        if key not in SORTERS:
            raise bad_request(f"Sorting by {sorter} is not supported")
        found.sort(key=lambda source: _place(_value(source, key)), reverse=sorter.startswith("-"))
    return found


def _place(value: Any) -> tuple[bool, str]:
    return (value is None, str(value).casefold())


def _value(source: Source, name: str) -> Any:
    value: Any = source.record
    for key in name.split("."):
        value = value.get(key) if isinstance(value, dict) else None
    return value
