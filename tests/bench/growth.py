# Copyright (c) 2026, the sailpoint.isc contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""How cost grows with the number of tasks, of tasks waited for, and of tenants."""

from __future__ import annotations

import functools
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from tests.bench.goals import RECORDS, TWO_FIELDS, uri_loop, wait_for_all
from tests.bench.stage import MODULES, NOTHING, Contestants, Stage, Task, Tenant, in_turn

SIZES = (100, 1_000, 10_000, 100_000)
LATENCY = 0.05
WAITED = (1, 10, 100, 1_000)
WAITED_SECONDS = 20
LONGEST = 5  # max_interval of these waits
TASKS_A_TENANT = 1_000


def with_tasks(stage: Stage, tenant: Tenant, rounds: int) -> dict[int, dict[str, float]]:
    """Median seconds of listing ever more tasks with 50 ms latency, and the module's peak memory in MiB."""
    two: Task = {"sailpoint.isc.task_status_info": {"fields": TWO_FIELDS}}
    found = {}
    for size in SIZES:
        tenant.start_over(generate={"count": size, "sources": 20, "pending": 0})
        tenant.latency(LATENCY)
        contestants: Contestants = {
            "SDK script": (lambda: stage.script("sdk.py", tenant, "list"), True),
            "floor, 8 connections": (lambda: stage.script("floor.py", tenant, "8"), False),
            "do-nothing playbook": (lambda: stage.play([NOTHING], tenant), False),
            "task_status_info, two fields": (lambda: stage.play([two], tenant), False),
        }
        if size <= RECORDS:  # beyond, the loop takes minutes and gigabytes
            loop = functools.partial(stage.play, uri_loop(tenant, size), tenant)
            contestants = {"uri loop": (loop, True), **contestants}
        found[size] = in_turn(contestants, 1 if size > RECORDS else rounds, 1)
        listing = stage.module(f"{MODULES}.task_status_info", tenant, fields=TWO_FIELDS)
        found[size]["MiB"] = listing["peak_kib"] / 1024
    return found


def with_waits(stage: Stage, tenants: list[Tenant]) -> dict[int, dict[str, Any]]:
    """What one task_wait takes, by how many tasks it waits for; each of them ends after 20 s."""
    with ThreadPoolExecutor(max_workers=len(WAITED)) as pool:
        waits = {
            number: pool.submit(wait_for_all, stage, tenant, "beta", number, WAITED_SECONDS, LONGEST)
            for number, tenant in zip(WAITED, tenants)
        }
    return {number: wait.result()._asdict() for number, wait in waits.items()}


def with_tenants(stage: Stage, tenants: list[Tenant], rounds: int) -> dict[str, float]:
    """Median seconds of a play over an inventory with one host a tenant, by the number of forks."""
    for tenant in tenants:
        tenant.start_over(generate={"count": TASKS_A_TENANT, "sources": 5, "pending": 0.01})
        tenant.latency(LATENCY)
    hosts = {f"tenant{number}": {"url": tenant.url} for number, tenant in enumerate(tenants)}
    login = {"base_url": "{{ url }}"}
    listing = {"base_url": "{{ url }}", "access_token": "{{ login.access_token }}", "fields": TWO_FIELDS}
    tasks: list[Task] = [
        {"sailpoint.isc.access_token": login, "register": "login"},
        {"sailpoint.isc.task_status_info": listing},
        {"sailpoint.isc.pending_tasks_info": {**listing, "count": True}},
    ]
    first = dict(list(hosts.items())[:1])
    return in_turn(
        {
            "1 tenant": (lambda: stage.play(tasks, tenants[0], first), False),
            "20 tenants, 1 fork": (lambda: stage.play(tasks, tenants[0], hosts, forks=1), True),
            "20 tenants, 5 forks": (lambda: stage.play(tasks, tenants[0], hosts, forks=5), False),
            "20 tenants, 20 forks": (lambda: stage.play(tasks, tenants[0], hosts, forks=20), False),
            "20 tenants, 20 forks, do-nothing": (
                lambda: stage.play([NOTHING] * len(tasks), tenants[0], hosts, forks=20),
                False,
            ),
        },
        rounds,
        1,
    )
