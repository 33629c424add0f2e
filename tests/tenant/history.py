# Copyright (c) 2026, the sailpoint.isc contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Plausible history: records as a tenant collects them, the same ones for the same seed."""

from __future__ import annotations

import random
from collections.abc import Iterator, Mapping
from typing import Any

from .clock import DAY, format_time, parse_duration
from .sources import Source
from .tasks import ACCOUNTS, COMPLETED_GAP, DEFINITIONS, ENTITLEMENTS, Record, Task, message, new_record

_NAMES = (
    "Workday",
    "Active Directory",
    "Entra ID",
    "SAP S4",
    "ServiceNow",
    "Salesforce",
    "Oracle HR",
    "GitHub",
    "Okta",
)
_KINDS = (ACCOUNTS,) * 10 + (ENTITLEMENTS,) * 5 + tuple(DEFINITIONS)
_LAUNCHERS = ("System", "sweep", "ada.admin", "slpt.services")
_FAILURES = (
    "Exception during aggregation. Reason: Connection to the source timed out after 120000 ms.",
    "Exception during aggregation. Reason: Login failed: the service account is locked.",
    "The virtual appliance cluster of this source is not reachable.",
)
_WARNINGS = (
    "2 accounts were skipped: the attribute employeeNumber is empty.",
    "The number of accounts fell by 8 percent; the deletion threshold was not reached.",
)
_DRIFTED = {"SUCCESS": "Success", "WARNING": "Warning", "ERROR": "Error", "TEMPERROR": "TEMP_ERROR"}


def sources(spec: Mapping[str, Any], now: float) -> list[Source]:
    """The sources that the history of a scenario's `generate` is about."""
    chance = random.Random(f"sources {spec.get('seed', 1)}")
    return [
        Source.from_spec(
            {
                "id": f"{chance.getrandbits(128):032x}",
                "name": f"{_NAMES[number % len(_NAMES)]} {number // len(_NAMES) + 1}",
            },
            now,
        )
        for number in range(int(spec.get("sources", 20)))
    ]


def tasks(spec: Mapping[str, Any], known: list[Source], now: float) -> Iterator[Task]:
    """Tasks spread evenly over `days`, newest first; see README.md for the keys of `generate`."""
    unknown = set(spec) - {"count", "sources", "seed", "pending", "failed", "warned", "days", "drift", "newest"}
    if unknown:
        raise ValueError(f"unknown keys of generate: {', '.join(sorted(unknown))}")
    chance = random.Random(spec.get("seed", 1))
    count = int(spec.get("count", 1000))
    newest = parse_duration(spec.get("newest", 3600))
    span = float(spec.get("days", 60)) * DAY - newest
    pending = round(count * float(spec.get("pending", 0.01)))
    for number in range(count):
        created = now - newest - span * (number + chance.random()) / count
        source = chance.choice(known) if known else None
        task = _task(spec, chance, source, created, None if number < pending else now)
        # Written out now, so that the first pages are served as quickly as the next ones.
        task.json()
        yield task


def _task(
    spec: Mapping[str, Any], chance: random.Random, source: Source | None, created: float, completed_by: float | None
) -> Task:
    definition = chance.choice(_KINDS)
    known = DEFINITIONS[definition]
    if known.target is None:
        source = None
    record = new_record(definition, source.id if source else None, source.name if source else None, created)
    record["id"] = f"{chance.getrandbits(128):032x}"
    record["launcher"] = known.launcher if chance.random() < 0.7 else chance.choice(_LAUNCHERS)
    if known.target == "IDENTITY":
        record["target"] = {"id": f"{chance.getrandbits(128):032x}", "type": "IDENTITY", "name": "Iris Identity"}
        source = None
    _vary(record, chance)
    if completed_by is not None:
        _complete(record, chance, created, completed_by, spec)
    return Task(record, definition=definition, source=source.id if source else None, created=created)


def _vary(record: Record, chance: random.Random) -> None:
    """What may be null or absent is null or absent now and then."""
    if chance.random() < 0.1:
        record["parentName"] = record["uniqueName"]
    if record["target"] is None and chance.random() < 0.5:
        del record["target"]
    elif record["target"] is not None and chance.random() < 0.02:
        record["target"]["type"] = None
    if chance.random() < 0.3:
        del record["taskDefinitionSummary"]
    if chance.random() < 0.05:
        record["launched"] = None


def _complete(record: Record, chance: random.Random, created: float, latest: float, spec: Mapping[str, Any]) -> None:
    # Most take a minute or two, a few take an hour.
    seconds = min(chance.lognormvariate(4.5, 1.0), latest - created - COMPLETED_GAP)
    draw = chance.random()
    failed, warned = float(spec.get("failed", 0.05)), float(spec.get("warned", 0.05))
    status = "SUCCESS"
    if draw < failed:
        status = chance.choice(("ERROR", "ERROR", "ERROR", "TERMINATED", "TEMPERROR"))
        record["messages"] = [message(chance.choice(_FAILURES), "ERROR", "task_out_failure")]
    elif draw < failed + warned:
        status = "WARNING"
        record["messages"] = [message(chance.choice(_WARNINGS), "WARN", "task_out_warning")]
    elif chance.random() < 0.03:
        record["messages"] = [{"type": "INFO", "localizedText": None, "key": "task_out_note", "parameters": None}]
    elif chance.random() < 0.03:
        record["messages"] = [{**message("Finished.", "INFO", "task_out_done"), "parameters": ["12", "0"]}]
    record["completed"] = format_time(created + seconds)
    record["modified"] = format_time(created + seconds + COMPLETED_GAP)
    record["completionStatus"] = _DRIFTED.get(status, status) if spec.get("drift") else status
    record["percentComplete"] = chance.choice((0, 100, 100))
    for entry in record["returns"]:
        record["attributes"][entry["attributeName"]] = str(chance.randrange(0, 5000))
    record["attributes"]["eventId"] = chance.randrange(10**6, 10**7)
