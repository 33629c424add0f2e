# Copyright (c) 2026, the sailpoint.isc contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The modules that are put to the test: what each is asked to do, and how to tell whether it did, and said so."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Callable

from tests.chaos.faults import ONE_PAGE, Expected, Fault, Place
from tests.chaos.playing import Result

SOURCES = [{"id": "hr", "name": "HR System", "accounts": {"seconds": 0.5}}]
# Long enough ago for the list's order to be that of the numbers.
FINISHED = [{"id": f"done-{number}", "age": f"{number + 1}h", "completionStatus": "SUCCESS"} for number in range(12)]
PENDING = [{"id": f"pending-{number}", "age": f"{number + 1}m"} for number in range(5)]
_UNCERTAIN = re.compile(r"\bmay (have been|be) \w+")


@dataclass(frozen=True)
class Truth:
    """What the tenant knows afterwards. effects: launches and edits that took effect.  tasks: records by their ids."""

    effects: int
    tasks: Mapping[str, Mapping[str, Any]]
    requests: int


Judge = Callable[[Result, Truth], "str | None"]


@dataclass(frozen=True)
class Subject:
    """A module with options, on a tenant.

    places: the requests that faults hit, as conditions of a fault.
    reached: what is wrong about a result that claims success, or None.
    waits: whether it goes on after faults that last, until its own time is up.
    none_is_204: whether 204 says that there are none, as it does for pending tasks.
    """

    module: str
    options: Mapping[str, Any]
    scenario: Mapping[str, Any]
    places: Mapping[Place, Mapping[str, Any]]
    reached: Judge
    waits: bool = False
    none_is_204: bool = False
    name: str = ""

    def __str__(self) -> str:
        return self.name or self.module


def _lists(*ids: str) -> Judge:
    def judge(result: Result, _truth: Truth) -> str | None:
        returned = [task.get("id") for task in result["tasks"]]
        told = any("than it gave" in str(warning) for warning in result.get("warnings", ()))
        if sorted(returned) != sorted(ids) and not (told and set(returned) < set(ids)):
            return f"{len(returned)} records came back instead of {len(ids)}: {returned}"
        return None

    return judge


def _token(result: Result, _truth: Truth) -> str | None:
    # The token itself is never shown to a callback.
    return None if result.get("censored") else f"the result was shown: {result}"


def _edited(result: Result, truth: Truth) -> str | None:
    record = truth.tasks["pending-0"]
    if not (result["changed"] and truth.effects == 1 and record["completionStatus"] == "ERROR"):
        return f"changed is {result['changed']}, {truth.effects} edits, the record has {record['completionStatus']}"
    return None


def _waited(result: Result, _truth: Truth) -> str | None:
    statuses = {task["id"]: task["completionStatus"] for task in result["tasks"]}
    return None if statuses == {"soon": "SUCCESS", "sooner": "SUCCESS", "done-0": "SUCCESS"} else f"it saw {statuses}"


def _aggregated(result: Result, truth: Truth) -> str | None:
    task = result["task"]
    if not (result["action"] == "started" and result["changed"] and truth.effects == 1 and task["id"] in truth.tasks):
        return f"action {result['action']}, {truth.effects} launches, task {task}"
    return None if task["completionStatus"] == "SUCCESS" else f"it says {task['completionStatus']}"


def _all_aggregated(result: Result, truth: Truth) -> str | None:
    actions = [outcome["action"] for outcome in result["results"]]
    return None if actions == ["started"] and truth.effects == 1 else f"actions {actions}, {truth.effects} launches"


Places = Mapping[Place, Mapping[str, Any]]

_TOKEN: Places = {Place.TOKEN: {"operation": "token"}}
_LIST: Places = {Place.READ: {"operation": "list"}, Place.NEXT_PAGE: {"operation": "list", "nth": 2}}
_LAUNCH: Places = {Place.READ: {"operation": "list"}, Place.WRITE: {"operation": "load_accounts"}}
_WAITING = {"interval": "0.5", "max_interval": "1", "timeout": "12"}

SUBJECTS = (
    Subject("access_token", {}, {}, _TOKEN, _token),
    Subject(
        "task_status_info",
        {"limit": ONE_PAGE, "count": True, "fields": ["id", "completionStatus"]},
        {"tasks": FINISHED},
        {**_TOKEN, **_LIST},
        _lists(*(task["id"] for task in FINISHED)),
    ),
    Subject(
        "task_status_info",
        {"id": "done-3"},
        {"tasks": FINISHED},
        {Place.READ: {"operation": "get"}},
        _lists("done-3"),
        name="task_status_info by id",
    ),
    Subject(
        "pending_tasks_info",
        {"limit": ONE_PAGE, "fields": ["id"]},
        {"tasks": FINISHED + PENDING},
        {
            **_TOKEN,
            Place.READ: {"operation": "pending"},
            Place.NEXT_PAGE: {"operation": "pending", "nth": 2},
        },
        _lists(*(task["id"] for task in PENDING)),
        none_is_204=True,
    ),
    Subject(
        "pending_tasks_info",
        {"limit": ONE_PAGE, "fields": ["id"], "api_version": "v1"},
        {"tasks": FINISHED + PENDING},
        _LIST,
        _lists(*(task["id"] for task in PENDING)),
        name="pending_tasks_info, v1",
    ),
    Subject(
        "task_status",
        {"id": "pending-0", "completion_status": "ERROR"},
        {"tasks": PENDING},
        {**_TOKEN, Place.READ: {"operation": "get"}, Place.WRITE: {"operation": "patch"}},
        _edited,
    ),
    Subject(
        "task_wait",
        {"ids": ["soon", "sooner", "done-0"], "fields": ["id", "completionStatus"], "api_version": "v2025", **_WAITING},
        {"tasks": [*FINISHED, {"id": "soon", "seconds": 2}, {"id": "sooner", "seconds": 1}]},
        {**_TOKEN, **_LIST},
        _waited,
        waits=True,
    ),
    Subject(
        "source_aggregation",
        {"source_id": "hr", "wait": True, "api_version": "v2026", **_WAITING},
        {"sources": SOURCES},
        {**_TOKEN, **_LAUNCH},
        _aggregated,
        waits=True,
    ),
    Subject(
        "source_aggregations",
        {"sources": [{"id": "hr"}], "api_version": "v1", **_WAITING},
        {"sources": SOURCES},
        {**_TOKEN, **_LAUNCH},
        _all_aggregated,
        waits=True,
    ),
)


def by_name(name: str) -> Subject:
    """The subject of this name."""
    return next(subject for subject in SUBJECTS if str(subject) == name)


@dataclass
class Verdict:
    """Whether a result is right, and in what way."""

    outcome: Expected
    complaints: list[str] = field(default_factory=list)


def judge(subject: Subject, result: Result, truth: Truth, fault: Fault | None = None) -> Verdict:
    """Hold what a module returned against what the tenant knows."""
    if result.get("failed"):
        return Verdict(Expected.FAILED, [*unclear(result), *_untrue(result, truth)])
    if fault is not None and not fault.is_true:
        honest = result.get("changed", False) == (truth.effects == 1) and truth.effects <= 1
        return Verdict(Expected.SURVIVED, [] if honest else [f"{truth.effects} effects, and it returned {result}"])
    try:
        complaint = subject.reached(result, truth)
    except (KeyError, TypeError) as error:
        complaint = f"the result lacks {error}"
    return Verdict(Expected.SURVIVED, [complaint] if complaint else [])


def unclear(result: Result) -> list[str]:
    """What is wrong about a failure for the one who reads it."""
    message = result.get("msg")
    if not isinstance(message, str) or not message:
        return [f"no message: {result}"]
    complaints = []
    if "\n" in message or "Traceback" in message or not message.endswith(".") or len(message) > 1000:
        complaints.append(f"not one sentence: {message}")
    facts = ("status", "url", "method", "request_id", "detail_code", "tracking_id", "attempts")
    complaints += [f"no {fact} in the failure" for fact in facts if fact not in result]
    crashed = "module_stderr" in result or "Traceback" in str(result.get("exception"))
    return [*complaints, f"a crash: {result}"] if crashed else complaints


def _untrue(result: Result, truth: Truth) -> list[str]:
    """Whether a failure hides that something has changed, or that it may have."""
    said = " ".join(str(outcome.get("reason")) for outcome in result.get("results", ())) + str(result.get("msg"))
    started = result.get("action") == "started" or any(
        outcome["action"] == "started" for outcome in result.get("results", ())
    )
    if truth.effects > 1:
        return [f"{truth.effects} effects"]
    if truth.effects == 1 and not started and not _UNCERTAIN.search(said):
        return [f"something changed, and nobody says so: {said}"]
    return []
