# Copyright (c) 2026, the sailpoint.isc contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The modules that are put to the test: what each is asked to do, and how to tell whether it did, and said so."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Callable

from tests.chaos.faults import ONE_PAGE, Expected, Place
from tests.support.hand import Hand
from tests.support.leaks import KEEPER
from tests.support.modules import Result

# Long enough ago for the list's order to be that of the numbers.
FINISHED = [{"id": f"done-{number}", "age": f"{number + 1}h", "completionStatus": "SUCCESS"} for number in range(12)]
PENDING = [{"id": f"pending-{number}", "age": f"{number + 1}m"} for number in range(5)]
SOURCES = [{"id": f"source-{n:02}", "name": f"Source {n:02}", "tags": ["PCI"] if n < 6 else []} for n in range(12)]
_UNCERTAIN = re.compile(r"\bmay (have been|be) \w+")
# What is known of every request that fails
_FACTS = {"url", "method", "request_attempts"}


@dataclass(frozen=True)
class Truth:
    """What the tenant knows afterwards. effects: launches and edits that took effect.  tasks: records by their ids."""

    effects: int
    tasks: Mapping[str, Mapping[str, Any]]
    requests: int

    @classmethod
    def of(cls, tenant: Hand) -> Truth:
        log = tenant.log()
        tasks: Iterable[dict[str, Any]] = tenant.control("GET", "tasks")["tasks"]
        return cls(sum(entry["effect"] is not None for entry in log), {task["id"]: task for task in tasks}, len(log))


Places = Mapping[Place, Mapping[str, Any]]
Reached = Callable[[Result, Truth], bool]


@dataclass(frozen=True)
class Subject:
    """A module with options, on a tenant.

    places: the requests that faults hit, as conditions of a fault.
    reached: whether a result that claims success is right.
    requests: so many are sent at most where there is no fault.
    waits: whether it goes on after faults that last, until its own time is up.
    needs_all_keys: whether what a record does not tell is a reason to start nothing.
    none_is_204: whether 204 says that there are none, as it does for pending tasks.
    """

    module: str
    options: Mapping[str, Any]
    scenario: Mapping[str, Any]
    places: Places
    reached: Reached
    requests: int
    waits: bool = False
    needs_all_keys: bool = False
    none_is_204: bool = False
    name: str = ""

    def __str__(self) -> str:
        return self.name or self.module


def _lists(records: Iterable[Mapping[str, Any]], key: str = "tasks") -> Reached:
    ids = {record["id"] for record in records}

    def reached(result: Result, _truth: Truth) -> bool:
        returned = [record.get("id") for record in result[key]]
        told = any("than it returned" in warning for warning in result["warnings"])
        return len(returned) == len(set(returned)) and (set(returned) == ids or (told and set(returned) < ids))

    return reached


def _reports(result: Result, truth: Truth) -> bool:
    """All that there is, and each once where it was read twice."""
    about = {"tenant": result["about"]["tenant"] == "acme", "effects": truth.effects == 0}
    return all(about.values()) and {task.get("id") for task in result["tasks"]} == set(truth.tasks)


def _token(result: Result, _truth: Truth) -> bool:
    return bool(result["access_token"]) and result["identity"]["user_name"] == KEEPER["user_name"]


def _edited(result: Result, truth: Truth) -> bool:
    edited = truth.effects == 1 and truth.tasks["pending-0"]["completionStatus"] == "ERROR"
    return edited and result["changed"] is True


def _waited(result: Result, _truth: Truth) -> bool:
    statuses = {task["id"]: task["completionStatus"] for task in result["tasks"]}
    return statuses == {"soon": "SUCCESS", "sooner": "SUCCESS", "done-0": "SUCCESS"}


def _aggregated(result: Result, truth: Truth) -> bool:
    task = result["task"]
    started = result["action"] == "started" and result["changed"] is True and truth.effects == 1
    return started and task["id"] in truth.tasks and task["completionStatus"] == "SUCCESS"


def _all_aggregated(result: Result, truth: Truth) -> bool:
    return [outcome["action"] for outcome in result["results"]] == ["started"] and truth.effects == 1


def _scheduled(result: Result, truth: Truth) -> bool:
    return truth.effects == 1 and result["changed"] is True


def _lists_schedules(result: Result, _truth: Truth) -> bool:
    return [schedule["cron"] for schedule in result["schedules"]] == [_CRON]


_TOKEN: Places = {Place.TOKEN: {"operation": "token"}}
_LIST: Places = {Place.READ: {"operation": "list"}, Place.NEXT_PAGE: {"operation": "list", "nth": 2}}
_PENDING: Places = {Place.READ: {"operation": "pending"}, Place.NEXT_PAGE: {"operation": "pending", "nth": 2}}
_LAUNCH: Places = {Place.READ: {"operation": "list"}, Place.WRITE: {"operation": "load_accounts"}}
_SOURCES: Places = {
    Place.READ: {"operation": "list_sources"},
    Place.NEXT_PAGE: {"operation": "list_sources", "nth": 2},
}
_WAITING = {"interval": "0.2", "max_interval": "0.5"}
_ALL = {"tasks": FINISHED + PENDING}
_SOURCE = {"sources": [{"id": "hr", "name": "HR System", "accounts": {"seconds": 0.2}}]}

_CRON = "0 0 5 * * ?"
_SCHEDULED = {"sources": [{"id": "hr", "name": "HR System", "schedules": {"accounts": _CRON}}]}
_READ_SCHEDULES: Places = {Place.READ: {"operation": "list_schedules"}}

SUBJECTS = (
    Subject("access_token", {}, {}, _TOKEN, _token, requests=1),
    Subject(
        "task_status_info",
        {"limit": ONE_PAGE, "count": True, "fields": ["id", "completionStatus"]},
        {"tasks": FINISHED},
        {**_TOKEN, **_LIST},
        _lists(FINISHED),
        requests=6,
    ),
    Subject(
        "task_status_info",
        {"id": "done-3"},
        {"tasks": FINISHED},
        {Place.READ: {"operation": "get"}},
        _lists(FINISHED[3:4]),
        requests=2,
        name="task_status_info by id",
    ),
    Subject(
        "pending_tasks_info",
        {"limit": ONE_PAGE, "fields": ["id"]},
        _ALL,
        {**_TOKEN, **_PENDING},
        _lists(PENDING),
        requests=3,
        none_is_204=True,
    ),
    Subject(
        "pending_tasks_info",
        {"limit": ONE_PAGE, "fields": ["id"], "api_version": "v1"},
        _ALL,
        _LIST,
        _lists(PENDING),
        requests=3,
        name="pending_tasks_info v1",
    ),
    Subject(
        "task_report",
        {"path": "report.html", "newer_than": "1w", "formats": ["json"]},
        _ALL,
        {**_TOKEN, Place.READ: {"operation": "list"}},
        _reports,
        requests=4,
    ),
    Subject(
        "task_status",
        {"id": "pending-0", "completion_status": "ERROR"},
        {"tasks": PENDING},
        {**_TOKEN, Place.READ: {"operation": "get"}, Place.WRITE: {"operation": "patch"}},
        _edited,
        requests=3,
    ),
    Subject(
        "task_wait",
        {"ids": ["soon", "sooner", "done-0"], "fields": ["id", "completionStatus"], "api_version": "v2025", **_WAITING},
        {"tasks": [*FINISHED, {"id": "soon", "seconds": 0.8}, {"id": "sooner", "seconds": 0.4}]},
        {**_TOKEN, **_LIST},
        _waited,
        requests=6,
        waits=True,
    ),
    Subject(
        "source_info",
        {"limit": ONE_PAGE, "count": True, "fields": ["id", "name"]},
        {"sources": SOURCES},
        {**_TOKEN, **_SOURCES},
        _lists(SOURCES, "sources"),
        requests=6,
    ),
    Subject(
        "source_info",
        {"tags": ["PCI"], "healthy": True, "fields": ["id"], "api_version": "v1"},
        {"sources": SOURCES},
        {Place.READ: {"operation": "tagged_objects"}},
        _lists(SOURCES[:6], "sources"),
        requests=3,
        name="source_info by tag",
    ),
    Subject(
        "source_schedule_info",
        {"source_ids": ["hr"], "api_version": "v2025"},
        _SCHEDULED,
        {**_TOKEN, **_READ_SCHEDULES},
        _lists_schedules,
        requests=3,
    ),
    *(
        Subject(
            "source_schedule",
            {"source_id": "hr", "api_version": "v1", **options},
            _SCHEDULED,
            {**_READ_SCHEDULES, Place.WRITE: {"operation": operation}},
            _scheduled,
            requests=5,
            name=f"source_schedule {operation}",
        )
        for operation, options in (
            ("create_schedule", {"aggregation": "entitlements", "cron": _CRON}),
            ("patch_schedule", {"cron": "0 0 6 * * ?"}),
            ("delete_schedule", {"state": "absent"}),
        )
    ),
    Subject(
        "source_schedules_pause",
        {"source_ids": ["hr"], "state": "paused", "api_version": "v2026"},
        _SCHEDULED,
        {**_TOKEN, **_READ_SCHEDULES, Place.WRITE: {"operation": "delete_schedule"}},
        _scheduled,
        requests=5,
    ),
    Subject(
        "source_aggregation",
        {"source_id": "hr", "wait": True, "api_version": "v2026", **_WAITING},
        _SOURCE,
        {**_TOKEN, **_LAUNCH},
        _aggregated,
        requests=7,
        waits=True,
    ),
    Subject(
        "source_aggregation",
        {"source_name": "HR System", "on_busy": "wait", "wait": True, **_WAITING},
        _SOURCE,
        {Place.READ: {"operation": "list_sources"}},
        _aggregated,
        requests=9,
        name="source_aggregation by name",
    ),
    Subject(
        "source_aggregation",
        {"source_id": "hr", "require_healthy": True, "wait": True, "api_version": "v2025", **_WAITING},
        _SOURCE,
        {Place.READ: {"operation": "list_sources"}},
        _aggregated,
        requests=8,
        needs_all_keys=True,
        name="source_aggregation if healthy",
    ),
    Subject(
        "task_status_info",
        {"source_names": ["Source 03", "Source 05"], "fields": ["id"], "api_version": "v1"},
        {"sources": SOURCES, "tasks": [{**FINISHED[0], "source": "source-05"}, {**FINISHED[1], "source": "source-06"}]},
        {Place.READ: {"operation": "list_sources"}},
        _lists(FINISHED[:1]),
        requests=3,
        name="task_status_info by names of sources",
    ),
    Subject(
        "source_aggregations",
        {"sources": [{"id": "hr"}], "api_version": "v1", **_WAITING},
        _SOURCE,
        {**_TOKEN, **_LAUNCH},
        _all_aggregated,
        requests=7,
        waits=True,
    ),
)
TASK_STATUS, SOURCE_AGGREGATION = (
    next(subject for subject in SUBJECTS if subject.module == name) for name in ("task_status", "source_aggregation")
)


def judge(subject: Subject, result: Result, truth: Truth, expected: Expected, is_true: bool = True) -> None:
    """Hold what a module returned against what the tenant knows, and against what was expected.

    is_true: whether what the module was told is what is there.
    """
    seen = f"{truth.effects} effects, {truth.requests} requests, and it returned {result}"
    outcome = Expected.FAILED if result["failed"] else Expected.SURVIVED
    assert expected in (outcome, Expected.EITHER), seen
    assert truth.effects <= 1, seen
    if result["failed"]:
        assert_clear(result)
        assert truth.effects == 0 or _tells_of_effect(result), seen
    elif is_true:
        assert subject.reached(result, truth), seen
    else:
        assert result["changed"] == (truth.effects == 1), seen


def assert_clear(failure: Result) -> None:
    """A failure is one sentence, with the known facts of the request that is to blame, and no crash."""
    message = failure["msg"]
    assert re.fullmatch(r"(?!.*Traceback).{1,999}\.", message), message
    assert failure.keys() & _FACTS in (set(), _FACTS), failure
    assert None not in failure.values(), failure
    assert "Traceback" not in str(failure.get("exception")), failure


def _tells_of_effect(failure: Result) -> bool:
    """Whether a failure says that something has changed, or that it may have."""
    parts = [failure, *failure.get("results", ())]
    said = " ".join(str(part.get(key)) for part in parts for key in ("reason", "msg"))
    return any(part.get("action") == "started" for part in parts) or bool(_UNCERTAIN.search(said))
