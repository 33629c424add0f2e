# Copyright (c) 2026, the sailpoint.isc contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The measures that have a goal: lists against what users do today and against the floor, single tasks, waits."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any, NamedTuple

from tests.bench.stage import CREDENTIALS, MODULES, NOTHING, Contestants, Stage, Task, Tenant, in_turn

RECORDS = 10_000
PAGE = 250
TASKS_A_PLAY = 10
VERSIONS = ("beta", "v2024", "v2025", "v2026", "v1")
TWO_FIELDS = ["id", "completionStatus"]
WITHOUT_LATENCY = "0 ms"
NOTHING_AT_ALL = "do-nothing module"
BY_ID = "task_status_info by id"
GAP = 0.3  # seconds between `completed` and `completionStatus` on the stand-in tenant
WAITED_SECONDS = 60
MAX_INTERVAL = 30


class Goal(NamedTuple):
    """One row of the table: work, what is measured, what was found, and the most that it should be."""

    work: str
    measure: str
    figure: float
    most: float
    digits: int = 2


def uri_loop(tenant: Tenant, number: int = RECORDS) -> list[Task]:
    """How all tasks are listed with ansible.builtin.uri: a token, one page for the total, a loop, one list of it."""
    trust = {} if tenant.ca is None else {"ca_path": str(tenant.ca)}
    url = f"{tenant.url}/beta/task-status?limit={PAGE}&sorters=-created"
    reads = {"headers": {"Authorization": "Bearer {{ login.json.access_token }}"}, **trust}
    form = {"grant_type": "client_credentials", **CREDENTIALS}
    login = {"url": f"{tenant.url}/oauth/token", "method": "POST", "body": form, "body_format": "form-urlencoded"}
    return [
        {"ansible.builtin.uri": {**login, **trust}, "register": "login"},
        {"ansible.builtin.uri": {"url": f"{url}&count=true", **reads}, "register": "first"},
        {
            "ansible.builtin.uri": {"url": f"{url}&offset={{{{ item }}}}", **reads},
            "loop": f"{{{{ range({PAGE}, first.x_total_count | int, {PAGE}) | list }}}}",
            "register": "others",
        },
        {
            "ansible.builtin.set_fact": {
                "found": "{{ first.json + (others.results | map(attribute='json') | flatten(levels=1)) }}"
            }
        },
        {"ansible.builtin.assert": {"that": f"found | length == {number}", "quiet": True}},
    ]


def list_everything(stage: Stage, tenant: Tenant, rounds: int, slow_rounds: int) -> dict[str, float]:
    """Median seconds of each way to list 10,000 tasks; the tenant holds them already."""
    records = stage.directory / "records.json"
    if not records.exists():
        records.write_text(json.dumps(tenant.records()))
    two: Task = {"sailpoint.isc.task_status_info": {"fields": TWO_FIELDS}}
    contestants: Contestants = {
        "uri loop": (lambda: stage.play(uri_loop(tenant), tenant), True),
        "SDK script": (lambda: stage.script("sdk.py", tenant, "list"), True),
        "floor, 1 connection": (lambda: stage.script("floor.py", tenant, "1"), False),
        "floor, 8 connections": (lambda: stage.script("floor.py", tenant, "8"), False),
        "do-nothing playbook": (lambda: stage.play([NOTHING], tenant), False),
        "task_status_info, two fields": (lambda: stage.play([two], tenant), False),
        "handing full records back": (lambda: stage.play([{"hand_back": {"path": str(records)}}], tenant), False),
        "task_status_info, full records": (lambda: stage.play([{"sailpoint.isc.task_status_info": {}}], tenant), False),
    }
    return in_turn(contestants, rounds, slow_rounds)


def list_goals(seconds: dict[str, float], setting: str) -> list[Goal]:
    """What the seconds of one setting come to."""
    work = f"list {RECORDS:,} tasks, two fields, {setting}"
    two = seconds["task_status_info, two fields"]
    least = seconds["floor, 8 connections"] + seconds["do-nothing playbook"]
    full = seconds["task_status_info, full records"] / seconds["handing full records back"]
    rows = [Goal(f"list {RECORDS:,} tasks, full records, {setting}", "against handing them back", full, 1.2)]
    if setting != WITHOUT_LATENCY:  # no tenant is that near
        rows += [
            Goal(work, "against floor (8 connections) + do-nothing playbook", two / least, 1.5),
            Goal(work, "against the uri loop", two / seconds["uri loop"], 1 / 8, 3),
            Goal(work, "against the SDK script", two / seconds["SDK script"], 1 / 3, 3),
        ]
    return rows


def single_tasks(stage: Stage, tenant: Tenant, rounds: int) -> tuple[dict[str, dict[str, float]], list[Goal]]:
    """One record by its id: against a module that does nothing, and what it asks of the tenant.

    A play of one task is what a user waits for; what a task adds to a longer play is the harder measure.
    """
    by_id: Task = {"sailpoint.isc.task_status_info": {"id": tenant.ids()[0], "access_token": tenant.token()}}
    tasks = {NOTHING_AT_ALL: NOTHING, "the same, with requests loaded": {"only_requests": {}}, BY_ID: by_id}

    def playing(*played: Task) -> tuple[Callable[[], float], bool]:
        return lambda: stage.play(played, tenant), False

    contestants: Contestants = {"empty play": playing({"meta": "noop"})}
    for name, task in tasks.items():
        contestants[name] = playing(task)
        contestants[f"{name}, often"] = playing(*[task] * TASKS_A_PLAY)
    measured = in_turn(contestants, rounds)
    empty_play = measured["empty play"]
    runs = {name: measured[name] for name in tasks}
    added = {name: (measured[f"{name}, often"] - empty_play) / TASKS_A_PLAY for name in tasks}
    tenant.clear_log()
    stage.play([by_id], tenant)
    requests, _tokens = tenant.log()
    tenant.clear_log()
    token: Task = {"sailpoint.isc.access_token": {}, "register": "login"}
    with_it = {"id": tenant.ids()[0], "access_token": "{{ login.access_token }}"}
    stage.play([token] + [{"sailpoint.isc.task_status_info": with_it}] * 20, tenant)
    _requests, tokens = tenant.log()
    return {name: {"run": runs[name], "added": added[name]} for name in tasks}, [
        Goal("one task by id, ansible-playbook as a whole", "against a do-nothing module", _ratio(runs), 1.25),
        Goal("one task by id, what it adds to a play", "against a do-nothing module", _ratio(added), 1.25),
        Goal("one task by id, token given", "requests", requests, 1, 0),
        Goal("20 module tasks in one play with access_token", "token requests", tokens, 1, 0),
    ]


def _ratio(seconds: dict[str, float]) -> float:
    return seconds[BY_ID] / seconds[NOTHING_AT_ALL]


def memory(stage: Stage, tenant: Tenant) -> tuple[dict[str, float], list[Goal]]:
    """Peak memory in MiB of listing all, above that of a module that does nothing."""
    listing = f"{MODULES}.task_status_info"
    peaks = {
        "do-nothing module": stage.module("do_nothing", tenant)["peak_kib"] / 1024,
        "two fields": stage.module(listing, tenant, fields=TWO_FIELDS)["peak_kib"] / 1024,
        "full records": stage.module(listing, tenant)["peak_kib"] / 1024,
    }
    above = peaks["two fields"] - peaks["do-nothing module"]
    return peaks, [Goal(f"list {RECORDS:,} tasks, two fields", "MiB above a do-nothing module", above, 40, 1)]


def report(stage: Stage, tenant: Tenant, rounds: int) -> tuple[dict[str, float], list[Goal]]:
    """Seconds of the role task_report for a large tenant, and the size of its page in MB (a million bytes)."""
    sources, tasks = 200, 5000
    tenant.start_over(generate={"count": tasks, "sources": sources, "days": 14, "newest": 60})
    page = stage.directory / "report.html"
    role = {
        "ansible.builtin.include_role": {"name": "sailpoint.isc.task_report"},
        "vars": {"task_report_path": str(page)},
    }
    seconds = in_turn({"role": (lambda: stage.play([role], tenant), False)}, rounds)["role"]
    size = page.stat().st_size / 1e6
    work = f"report on {tasks:,} tasks of {sources} sources"
    return {"seconds": seconds, "MB of page": size}, [
        Goal(work, "seconds, ansible-playbook as a whole", seconds, 8, 1),
        Goal(work, "MB of page", size, 1),
    ]


class Wait(NamedTuple):
    """What one wait took: requests, seconds of CPU, and seconds after the last task's end in which it was noticed."""

    requests: int
    cpu: float
    delay: float


def wait_for_all(stage: Stage, tenant: Tenant, version: str, tasks: int, seconds: float, longest: float) -> Wait:
    """One task_wait for so many tasks that all end after so many seconds; longest: its max_interval."""
    started = time.time()
    limit = {"requests": 100, "seconds": 10}
    tenant.start_over(tasks=[{"id": f"{n:032x}", "seconds": seconds} for n in range(tasks)], rate_limit=limit)
    ids = [f"{n:032x}" for n in range(tasks)]
    told = stage.module(f"{MODULES}.task_wait", tenant, ids=ids, api_version=version, max_interval=str(longest))
    return Wait(told["result"]["requests"], told["cpu"], told["ended"] - (started + seconds + GAP))


def aggregate_all(stage: Stage, tenant: Tenant) -> float:
    """Seconds of a play that aggregates 50 sources, ten at a time, each for 10 s."""
    sources = [{"id": f"source-{n}", "name": f"Source {n}", "accounts": {"seconds": 10}} for n in range(50)]
    tenant.start_over(sources=sources, rate_limit={"requests": 100, "seconds": 10})
    module = {"sources": [{"id": source["id"]} for source in sources], "max_parallel": 10}
    return stage.play([{"sailpoint.isc.source_aggregations": module}], tenant)


def long_ones(stage: Stage, tenants: list[Tenant], everything: bool) -> tuple[dict[str, Any], list[Goal]]:
    """Waits and aggregations take their time but no work, so that they run beside each other, each on its own tenant.

    everything: also the wait of a script on the SDK, for comparison.
    """
    aggregating, by_sdk, *waiting = tenants
    with ThreadPoolExecutor(max_workers=len(tenants)) as pool:
        aggregated = pool.submit(aggregate_all, stage, aggregating)
        waits = {
            version: pool.submit(wait_for_all, stage, tenant, version, 200, WAITED_SECONDS, MAX_INTERVAL)
            for version, tenant in zip(VERSIONS, waiting)
        }
        sdk = pool.submit(sdk_wait, stage, by_sdk) if everything else None
    found = {version: wait.result() for version, wait in waits.items()}
    work = f"wait for 200 tasks, {WAITED_SECONDS} s, interval 2 to {MAX_INTERVAL} s"
    facts: dict[str, Any] = {version: wait._asdict() for version, wait in found.items()}
    facts["aggregate"] = aggregated.result()
    if sdk:
        facts["SDK requests"] = sdk.result()
    return facts, [
        Goal(work, "requests, most of all versions", max(wait.requests for wait in found.values()), 30, 0),
        Goal(work, "CPU seconds, most of all versions", max(wait.cpu for wait in found.values()), 1),
        Goal(work, "seconds until the end is noticed", max(wait.delay for wait in found.values()), MAX_INTERVAL + 1, 1),
        Goal("aggregate 50 sources of 10 s each, max_parallel 10", "against 50 s", facts["aggregate"] / 50, 1.3),
    ]


def sdk_wait(stage: Stage, tenant: Tenant) -> int:
    """How many requests a script on the SDK sends for the same wait; it knows no way out of a rate limit."""
    ids = [f"{n:032x}" for n in range(200)]
    tenant.start_over(tasks=[{"id": task_id, "seconds": WAITED_SECONDS} for task_id in ids])
    stage.script("sdk.py", tenant, "wait", *ids)
    return tenant.log()[0]
