# Copyright (c) 2026, the sailpoint.isc contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What changes something is done once: for every cut of the connection around it, and with many at it at once."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from tests.chaos.faults import PATIENCE, Expected
from tests.chaos.matrix import connection, host_of, truth_of
from tests.chaos.playing import Played, Stage, module_task, play_of
from tests.chaos.subjects import Subject, Truth, by_name, judge
from tests.chaos.table import Row
from tests.support.hand import Hand

FORKS = 20

_LOST: tuple[dict[str, Any], ...] = (
    {"fault": "reset_before"},
    {"fault": "reset_after"},
    {"fault": "reset_during"},
    {"fault": "short_body"},
    {"fault": "short_chunked"},
    {"fault": "short_unframed"},
    {"fault": "chunked_garbage"},
    {"fault": "slow_first_byte", "seconds": 2 * PATIENCE},
    {"fault": "slow_body", "seconds": PATIENCE / 8, "total": 2 * PATIENCE},
    {"fault": "html", "processed": True},
    {"fault": "empty"},
    {"fault": "null"},
    {"fault": "no_content"},
    {"fault": "wrong_shape"},
    {"fault": "redirect", "processed": True},
    *({"fault": "status", "code": code, "processed": True} for code in (408, 500, 502, 503, 504)),
)
_TIMES = (1, 2, None)
_VERSIONS = ("beta", "v2024", "v2025", "v2026", "v1")
_STUCK = {"tasks": [{"id": "stuck", "age": "2d"}]}
_SOURCES = [{"id": "hr", "name": "HR System", "accounts": {"seconds": 30}}]


class Once:
    """Edits and launches on a tenant each."""

    def __init__(self, stage: Stage, tenants: list[Hand], client: dict[str, Any]) -> None:
        self._stage = stage
        self._tenants = tenants
        self._client = client

    def rows(self, long: bool) -> Iterator[Row]:
        """A row for each way in which something could be done twice, or not at all."""
        yield self._cut("edit whose answer is lost", by_name("task_status"), "patch", long)
        yield self._cut("launch whose answer is lost", by_name("source_aggregation"), "load_accounts", long)
        yield self._late()
        yield self._two_plays()
        yield self._same_task()
        yield self._a_task_each()
        yield self._same_source("fail")
        yield self._same_source("adopt")

    def _cut(self, name: str, subject: Subject, operation: str, long: bool) -> Row:
        row = Row(name)
        cases = [(spec, times) for spec in _LOST for times in _TIMES]
        if not long:
            cases = [case for number, case in enumerate(cases) if number % 3 == number // 3 % 3]
        batch = dict(zip(self._tenants, cases))
        hosts: dict[str, dict[str, Any]] = {}
        for number, (tenant, (spec, times)) in enumerate(batch.items()):
            tenant.scenario(
                **{"clients": [self._client], **subject.scenario},
                faults=[{**spec, "operation": operation, "times": times}],
            )
            hosts[host_of(tenant)] = {"url": tenant.url, "version": _VERSIONS[number % len(_VERSIONS)]}
        played = self._play(subject.module, {**subject.options, "api_version": "{{ version }}"}, hosts)
        for tenant, (spec, times) in batch.items():
            truth = truth_of(tenant)
            verdict = judge(subject, played.of(host_of(tenant)), truth)
            row.add(
                verdict.outcome is Expected.SURVIVED,
                truth.requests,
                [f"{spec} x {times}: {complaint}" for complaint in verdict.complaints],
            )
        return row

    def _late(self) -> Row:
        """A launch whose answer is lost and whose task is not to be seen at first, for as many seconds as each says."""
        row = Row("lost launch, task appears late")
        batch = dict(zip(self._tenants, (0.5, 2.0, 6.0)))
        for tenant, seconds in batch.items():
            source = {"id": "hr", "name": "HR System", "accounts": {"seconds": 30, "visible_after": seconds}}
            fault = {"fault": "reset_after", "operation": "load_accounts"}
            tenant.scenario(clients=[self._client], sources=[source], faults=[fault])
        hosts = {host_of(tenant): {"url": tenant.url} for tenant in batch}
        played = self._play("source_aggregation", {"source_id": "hr", "api_version": "v2025"}, hosts)
        for tenant in batch:
            result, truth = played.of(host_of(tenant)), truth_of(tenant)
            if result.get("failed"):
                verdict = judge(by_name("source_aggregation"), result, truth)
                row.add(False, truth.requests, verdict.complaints)
            else:
                right = result["action"] == "started" and truth.effects == 1 and result["task"]["id"] in truth.tasks
                row.check(right, f"{truth.effects} launches, {result}", truth.requests)
        return row

    def _two_plays(self) -> Row:
        row = Row("two plays, one stuck task")
        tenant = self._tenants[0]
        tenant.scenario(clients=[self._client], **_STUCK)
        task = self._task("task_status", {"id": "stuck", "completion_status": "ERROR"})
        hosts = {host_of(tenant): {"url": tenant.url}}
        plays = [self._stage.start([play_of(task)], hosts) for _play in range(2)]
        results = [play.played().of(host_of(tenant)) for play in plays]
        self._one_did_it(row, results, truth_of(tenant))
        return row

    def _same_task(self) -> Row:
        row = Row(f"{FORKS} forks, one stuck task")
        tenant = self._tenants[0]
        tenant.scenario(clients=[self._client], **_STUCK)
        played = self._forks("task_status", {"id": "stuck", "completion_status": "ERROR"}, tenant)
        self._one_did_it(row, [played.of(str(number)) for number in range(FORKS)], truth_of(tenant))
        return row

    @staticmethod
    def _one_did_it(row: Row, results: list[dict[str, Any]], truth: Truth) -> None:
        changed = sum(result.get("changed") is True for result in results)
        failed = [result.get("msg") for result in results if result.get("failed")]
        for result in results:
            right = truth.effects == changed == 1 and not result.get("failed")
            row.check(right, f"{truth.effects} edits, {changed} changed, failures {failed}", truth.requests)

    def _a_task_each(self) -> Row:
        row = Row(f"{FORKS} forks, a stuck task each")
        tenant = self._tenants[0]
        tenant.scenario(clients=[self._client], tasks=[{"id": f"stuck-{number}"} for number in range(FORKS)])
        options = {"id": "stuck-{{ inventory_hostname }}", "completion_status": "ERROR"}
        played = self._forks("task_status", options, tenant)
        truth = truth_of(tenant)
        for number in range(FORKS):
            result, record = played.of(str(number)), truth.tasks[f"stuck-{number}"]
            right = result.get("changed") is True and record["completionStatus"] == "ERROR" and truth.effects == FORKS
            row.check(right, f"task {number} has {record['completionStatus']}, {result.get('msg')}", truth.requests)
        return row

    def _same_source(self, on_busy: str) -> Row:
        row = Row(f"{FORKS} forks, one source, on_busy {on_busy}")
        tenant = self._tenants[0]
        tenant.scenario(clients=[self._client], sources=_SOURCES)
        options = {"source_id": "hr", "on_busy": on_busy, "api_version": "v1", "timeout": "90"}
        played = self._forks("source_aggregation", options, tenant)
        truth = truth_of(tenant)
        results = [played.of(str(number)) for number in range(FORKS)]
        started = [result for result in results if result.get("action") == "started"]
        for result in results:
            right = truth.effects == len(started) == 1
            busy = result.get("failed") and "busy" in str(result.get("msg"))
            same = (result.get("task") or {}).get("id") in truth.tasks
            right = right and bool(busy if on_busy == "fail" and result.get("action") != "started" else same)
            complaint = f"{truth.effects} launches, {len(started)} say started, {result.get('msg')}"
            row.add(not result.get("failed"), truth.requests, [] if right else [complaint])
        return row

    def _forks(self, module: str, options: dict[str, Any], tenant: Hand) -> Played:
        return self._play(module, options, {str(number): {"url": tenant.url} for number in range(FORKS)})

    def _play(self, module: str, options: dict[str, Any], hosts: dict[str, dict[str, Any]]) -> Played:
        return self._stage.play([play_of(self._task(module, options))], hosts)

    def _task(self, module: str, options: dict[str, Any]) -> dict[str, Any]:
        return module_task(module, {**connection(self._client), **options})
