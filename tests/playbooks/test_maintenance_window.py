# Copyright (c) 2026, the sailpoint.isc contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The role maintenance_window: begin, work, end in `always`; what it shows, and what a crash leaves."""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any, Callable

import psutil
import pytest

from tests.support.hand import Hand, safe_mode, wait_until, wait_until_asked
from tests.support.plays import Case, Played, check, clients, hosts

Run = Callable[..., Played]

AT_FIVE, AT_SIX, ON_MONDAYS = "0 0 5 * * ?", "0 0 6 * * ?", "0 30 6 ? * MON"
BEFORE: dict[str, dict[str, str]] = {
    "sap": {"accounts": AT_FIVE, "entitlements": ON_MONDAYS},
    "hr": {"accounts": AT_SIX},
    "other": {"accounts": AT_FIVE},
}
PAUSED = {**BEFORE, "sap": {}, "hr": {}}
NAMES = {"sap": "SAP", "hr": "HR, {{ 1 + 1 }} System", "other": "Badges"}
TAGS = {"sap": ["ERP"], "hr": ["ERP"], "other": []}
BY_ID = {"id": "2c9180835d2e5168015d32f890ca1581", "name": "LDAP", "schedules": {"accounts": AT_SIX}, "tags": []}
# By which variable of their environment the processes of a play are told from others
MARK = "MAINTENANCE_PLAY"
NOT_STOPPED = "Not stopped: provisioning, health checks, and tasks that are already running."


def scenario(*cases: str) -> dict[str, Any]:
    """Each case has its own sources, with its name before their ids and names."""
    return {
        "sources": [
            {"id": f"{case}-{key}", "name": f"{case} {NAMES[key]}", "schedules": of, "tags": [case, *TAGS[key]]}
            for case in cases
            for key, of in BEFORE.items()
        ],
    }


def schedules(tenant: Hand, case: str) -> dict[str, dict[str, str]]:
    """What is set, by the sources of a case."""
    found = {source["id"]: source["schedules"] for source in tenant.control("GET", "sources")["sources"]}
    return {key: found[f"{case}-{key}"] for key in BEFORE}


def arguments(**given: Any) -> dict[str, Any]:
    """Variables of the role, by their names without its own; each host has a file of its own."""
    given = {"file": "{{ inventory_hostname }}.json", **given}
    return {f"maintenance_window_{name}": value for name, value in given.items()}


def use(tasks_from: str | None, **keywords: Any) -> dict[str, Any]:
    role = {"name": "sailpoint.isc.maintenance_window", **({"tasks_from": tasks_from} if tasks_from else {})}
    return {"name": f"Use it to {tasks_from}", "ansible.builtin.include_role": role, **keywords}


def keep(name: str) -> dict[str, Any]:
    return {"name": "Keep it", "ansible.builtin.set_fact": {name: "{{ maintenance_window_result | default({}) }}"}}


def window(*work: dict[str, Any]) -> list[dict[str, Any]]:
    """A play that begins, works, and ends whatever comes of it."""
    end = [keep("begun"), use("end"), keep("ended")]
    tasks = [{"name": "Begin, work and end", "block": [use("begin"), *work], "always": end}]
    defaults = {"group/sailpoint.isc.isc": "{{ connection }}"}
    play = {"name": "Maintain", "hosts": "localhost", "gather_facts": False, "module_defaults": defaults}
    return [{**play, "tasks": tasks}]


# What each shows of its work
LOOK = {
    "name": "Look while the schedules are paused",
    "sailpoint.isc.source_schedule_info": {"source_ids": "{{ inventory_hostname }}-sap,{{ inventory_hostname }}-hr"},
    "register": "looked",
}
SHOW = {"name": "Show it", "ansible.builtin.debug": {"msg": "set during the work: {{ looked.schedules | length }}"}}
V2025 = {"api_version": "v2025"}
CASES = {
    "ids": Case(
        arguments(source_ids=["ids-sap"], source_names=["ids HR, {{ '{{' }} 1 + 1 {{ '}}' }} System"]),
        [
            rf"ids SAP, accounts: removed \({AT_FIVE[:3]}",
            "ids SAP, entitlements: removed",
            r"HR, .* System, accounts: removed",
            r"The schedules are saved in /.*/ids\.json until the window ends\.",
            NOT_STOPPED,
            "set during the work: 0",
            "ids SAP, accounts: restored",
        ],
        connection=V2025,
    ),
    "tags": Case(
        {**arguments(tags="tags", aggregations=["accounts"], wait=False), "maintenance_window_file": ""},
        ["tags Badges, accounts: removed", "maintenance-window-127", "set during the work: 1", "restored"],
        connection={"api_version": "v1"},
    ),
    "times_out": Case(
        arguments(source_ids=["times_out-sap"], timeout="1"),
        [
            "times_out SAP, accounts: removed",
            "fatal:.*Timed out after 1 s: 1 of 1 task still pending: Cloud Account Aggregation of times_out SAP",
            "Removed schedules stay removed: run this again to keep waiting, or end the window",
            "times_out SAP, accounts: restored",
        ],
        fails=True,
        connection=V2025,
    ),
    "unknown": Case(
        arguments(source_names=["unknown Sap"]),
        [r'fatal:.*No source is named \\"unknown Sap\\"', "There is no file /.*unknown.json"],
        fails=True,
        connection=V2025,
    ),
    "nothing": Case(arguments(), ["fatal:.*Set maintenance_window_source_ids"], fails=True, connection=V2025),
}
REFUSED = {
    "beta": Case(
        arguments(source_ids=["beta-sap"]),
        ["fatal:.*api_version is .*beta.*: it has no schedules of sources: use one of v2024, v2025, v2026, v1"],
        fails=True,
    ),
    "near": Case(
        arguments(source="near SAP"),
        ["maintenance_window_source is not a variable of this role: did you mean maintenance_window_source_names"],
        fails=True,
    ),
}


def test_begins_works_and_ends(tenant: Hand, run: Run) -> None:
    running = [{"id": "endless", "source": "times_out-sap"}]
    tenant.scenario(**scenario(*CASES), clients=clients(CASES), tasks=running)
    played = run(window(LOOK, SHOW), hosts=hosts(CASES, tenant.url), environ={})
    check(played, CASES)
    assert played.rc == 2
    for case in CASES:
        assert schedules(tenant, case) == BEFORE, case
        sent = [entry["operation"] for entry in tenant.log() if entry["client_id"] == case]
        assert (set(sent) <= {"token"}) == (case == "nothing"), case
    assert left_in(played) == []

    begun = played.fact("begun", "ids")
    assert [schedule["state"] for schedule in begun["schedules"]] == ["removed"] * 3
    assert [source["id"] for source in begun["sources"]] == ["ids-sap", "ids-hr"]
    assert begun["file"] == str(played.directory / "ids.json")
    assert (begun["pending"], begun["elapsed"] >= 0) == ([], True)
    assert [schedule["state"] for schedule in played.fact("ended", "ids")["schedules"]] == ["restored"] * 3
    assert [task["task_id"] for task in played.fact("begun", "times_out")["pending"]] == ["endless"]
    # What is waited for is asked once where nothing runs.
    sent = [entry["operation"] for entry in tenant.log() if entry["client_id"] == "ids"]
    assert sent.count("list") == 1
    assert "list" not in [entry["operation"] for entry in tenant.log() if entry["client_id"] == "tags"]


def test_refuses_before_anything_is_sent(tenant: Hand, run: Run) -> None:
    (play,) = window()
    for tasks_from in ("begin", "end"):
        played = run([{**play, "tasks": [use(tasks_from)]}], hosts=hosts(REFUSED, tenant.url), environ={})
        check(played, REFUSED)
        assert tenant.log() == []
        assert left_in(played) == []


def left_in(played: Played) -> list[Path]:
    """The files of windows where a play was run, beside the play itself."""
    return [file for file in played.directory.glob("*.json") if file.name != "main.json"]


def test_changes_nothing_in_check_mode(tenant: Hand, run: Run) -> None:
    cases = {
        "admin": Case(arguments(source_ids=["admin-sap"]), ["admin SAP, accounts: would be removed"], connection=V2025)
    }
    tenant.scenario(**scenario("admin"), clients=clients(cases))
    with safe_mode(tenant):
        played = run(window(), "--check", "--diff", hosts=hosts(cases, tenant.url), environ={})
    check(played, cases)
    assert left_in(played) == []
    assert "There is no file" in played.said("admin")
    assert '+            "state": "removed"' in played.said("admin")


def test_the_work_fails_and_the_schedules_come_back(tenant: Hand, run: Run) -> None:
    cases = {"admin": Case(arguments(tags=["ERP"]), ["it does not work", "restored"], fails=True, connection=V2025)}
    tenant.scenario(**scenario("admin"), clients=clients(cases))
    played = run(
        window({"name": "Work", "ansible.builtin.fail": {"msg": "it does not work"}}), hosts=hosts(cases, tenant.url)
    )
    check(played, cases)
    assert played.rc == 2
    assert schedules(tenant, "admin") == BEFORE


def test_ends_no_window_of_others(tenant: Hand, run: Run, tmp_path: Path) -> None:
    """Whose begin has found the file of another window must not end that one."""
    file = str(tmp_path / "shared.json")
    first = Case(arguments(source_ids=["admin-sap"], file=file), connection=V2025)
    second = Case(
        arguments(source_ids=["admin-sap", "admin-other"], file=file),
        [r"fatal:.*shared.json.* contains the schedules \(accounts and entitlements\) of other sources"],
        connection=V2025,
    )
    tenant.scenario(**scenario("admin"), clients=clients(["admin"]))
    (play,) = window()
    run([{**play, "tasks": [use("begin")]}], hosts=hosts({"admin": first}, tenant.url))
    kept = Path(file).read_bytes()
    played = run(window(), hosts=hosts({"admin": second}, tenant.url))
    assert played.rc == 2
    assert played.said("admin").count("of other sources") >= 2
    assert Path(file).read_bytes() == kept
    assert schedules(tenant, "admin") == {**BEFORE, "sap": {}}
    run([{**play, "tasks": [use("end")]}], hosts=hosts({"admin": first}, tenant.url))
    assert schedules(tenant, "admin") == BEFORE


def test_the_playbook_begins_works_and_ends(tenant: Hand, run: Run) -> None:
    of_tenant = scenario("admin")
    tenant.scenario(sources=[*of_tenant["sources"], BY_ID])
    task = {
        "name": "Work",
        "ansible.builtin.debug": {"msg": "working for {{ maintenance_window_result.sources[0].name }}"},
    }
    given = {"source_ids": f"admin SAP, {BY_ID['id']}", "api_version": "v2026", "work": "work.yml"}
    played = run("sailpoint.isc.maintenance_window", variables=given, files={"project/work.yml": json.dumps([task])})
    check(
        played,
        {
            "localhost": Case(
                {},
                [
                    "SAP, accounts: removed",
                    "LDAP, accounts: removed",
                    "working for (admin SAP|LDAP)",
                    "SAP, accounts: restored",
                    "LDAP, accounts: restored",
                ],
            )
        },
    )
    assert played.rc == 0
    assert schedules(tenant, "admin") == BEFORE


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ({"source_ids": "admin SAP"}, "Set either work"),
        ({"source_ids": "admin SAP", "only": "both"}, "Set either work"),
        ({"only": "begin"}, "Set source_ids or source_tags, such as"),
    ],
)
def test_the_playbook_refuses_before_anything_is_sent(tenant: Hand, run: Run, given: dict[str, str], says: str) -> None:
    played = run("sailpoint.isc.maintenance_window", variables=given)
    assert played.rc == 2
    assert says in played.said()
    assert tenant.log() == []


def test_says_how_it_is_used(run: Run) -> None:
    (play,) = window()
    played = run([{**play, "tasks": [use(None)]}], variables={"connection": {}})
    assert played.rc == 2
    assert "Use this role with tasks_from: begin, which pauses the schedules" in played.said()


@pytest.mark.parametrize("operation", ["delete_schedule", "create_schedule"])
def test_a_play_that_is_killed_in_between_is_finished_by_the_next_one(
    tenant: Hand, run: Run, tmp_path: Path, operation: str
) -> None:
    cases = {"admin": Case(arguments(tags=["ERP"], file=str(tmp_path / "kept.json")), connection=V2025)}
    tenant.scenario(**scenario("admin"), clients=clients(cases))
    # One schedule is done, and the answer to the second one does not come.
    tenant.faults({"operation": operation, "nth": 2, "fault": "slow_first_byte", "seconds": 20})
    of_host = {**cases["admin"].given, "connection": hosts(cases, tenant.url)["admin"]["connection"]}
    start_and_kill(tmp_path, window(), of_host, lambda: wait_until_asked(tenant, operation, 2))
    now = schedules(tenant, "admin")
    saved = json.loads((tmp_path / "kept.json").read_text())["schedules"]
    assert "removed" in {schedule["state"] for schedule in saved}
    assert now not in (BEFORE, PAUSED)
    tenant.control("DELETE", "faults")

    (play,) = window()
    played = run([{**play, "tasks": [use("begin")]}], hosts=hosts(cases, tenant.url))
    assert played.rc == 0
    assert schedules(tenant, "admin") == PAUSED
    played = run([{**play, "tasks": [use("end")]}], hosts=hosts(cases, tenant.url))
    assert played.rc == 0
    assert schedules(tenant, "admin") == BEFORE
    assert not (tmp_path / "kept.json").exists()


def start_and_kill(
    directory: Path,
    plays: list[dict[str, Any]],
    variables: dict[str, Any],
    wait: Callable[[], None],
) -> None:
    """Start a play, and kill all of its processes once it is time, wherever they have moved to."""
    (directory / "play.json").write_text(json.dumps(plays))
    given = {**variables, "ansible_python_interpreter": sys.executable, "ansible_connection": "local"}
    (directory / "variables.json").write_text(json.dumps(given))
    program = str(Path(sys.executable).with_name("ansible-playbook"))
    playing = subprocess.Popen(
        [program, "-i", "admin,", "-e", "@variables.json", "play.json"],
        cwd=directory,
        env={**os.environ, MARK: str(directory)},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        wait()
    finally:
        for process in running(directory):
            with contextlib.suppress(psutil.NoSuchProcess):
                process.kill()
        playing.wait(60)
    wait_until(lambda: not running(directory), "Something goes on.")


def running(directory: Path) -> list[psutil.Process]:
    found = psutil.process_iter(["environ"])
    return [process for process in found if (process.info["environ"] or {}).get(MARK) == str(directory)]
