# Copyright (c) 2026, the sailpoint.isc contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Variables of the playbooks: names near to theirs are refused, and what an inventory means by them is not."""

from __future__ import annotations

from typing import Any, Callable

import pytest
import yaml

from tests.support.hand import Hand
from tests.support.plays import Played, role
from tests.support.workspace import ROOT

Run = Callable[..., Played]

# What each needs at least, and names that are near to its own
NEEDED: dict[str, dict[str, Any]] = {
    "aggregate_sources": {"sources": "hr"},
    "clear_stuck_tasks": {"older_than": "1h"},
    "maintenance_window": {"only": "end"},
    "task_report": {"path": "report.html"},
    "wait_for_aggregation": {"task_ids": "old"},
}
NEAR = [
    ("clear_stuck_tasks", "source_id", "source_ids"),
    ("clear_stuck_tasks", "sourceIds", "source_ids"),
    ("clear_stuck_tasks", "unique-names", "unique_names"),
    ("wait_for_aggregation", "timeouts", "wait_timeout"),
    ("wait_for_aggregation", "progress", "progress_interval"),
    ("aggregate_sources", "type", "kinds"),
    ("task_report", "sources", "source_ids"),
    ("maintenance_window", "source_names", "source_ids"),
]


@pytest.fixture(autouse=True)
def _tasks(tenant: Hand) -> None:
    sources = [{"id": "hr", "name": "HR System", "accounts": {"seconds": 0.2}}]
    tenant.scenario(sources=sources, tasks=[{"id": "old", "source": "hr", "age": "3h", "seconds": 10}])


def plays() -> dict[str, dict[str, Any]]:
    """The play of each playbook that people run; others are run by rulebooks, which name their variables themselves."""
    return {name: yaml.safe_load((ROOT / f"playbooks/{name}.yml").read_text())[0] for name in NEEDED}


@pytest.mark.parametrize(("playbook", "name", "meant"), NEAR, ids=[name for _playbook, name, _meant in NEAR])
def test_refuses_names_that_are_near_to_its_own(tenant: Hand, run: Run, playbook: str, name: str, meant: str) -> None:
    played = run(f"sailpoint.isc.{playbook}", variables={**NEEDED[playbook], name: "hr"})
    assert played.rc == 2
    assert f"{name} is not a variable of this playbook: did you mean {meant}? Nothing was sent." in played.said()
    assert tenant.log() == []


def test_refuses_a_near_name_that_import_playbook_gives(tenant: Hand, run: Run) -> None:
    imported = {
        "name": "Clear",
        "ansible.builtin.import_playbook": "sailpoint.isc.clear_stuck_tasks",
        "vars": {"older_than": "1h", "source_id": "hr"},
    }
    played = run([imported])
    assert played.rc == 2
    assert "source_id is not a variable of this playbook" in played.said()
    assert tenant.log() == []


@pytest.mark.parametrize("playbook", NEEDED)
def test_an_inventory_may_mean_other_things(run: Run, credentials: dict[str, str], playbook: str) -> None:
    """Ansible warns of no name either."""
    play = plays()[playbook]
    near = dict.fromkeys(play["vars"]["near_names"], "server")
    other = {"base_url": "https://artifacts.example.com", "client_secret": "of something else", "validate_certs": False}
    hosts = {"server": {**near, **other, **NEEDED[playbook]}}
    # beta has no schedules
    environ = {**credentials, "SAIL_API_VERSION": "v2025"}
    played = run(f"sailpoint.isc.{playbook}", "--check", hosts=hosts, environ=environ)
    assert played.rc == 0, played.shown
    assert "reserved name" not in played.shown


def test_every_near_name_is_of_a_variable() -> None:
    """And hides what an inventory calls so."""
    for name, play in plays().items():
        variables = play["vars"]
        near = variables["near_names"]
        own = {*variables["variables"], *play["module_defaults"]["group/sailpoint.isc.isc"]}
        assert near.keys().isdisjoint(own), name
        assert near.items() <= variables.items(), name
        others = {meant for meant in near.values() if meant not in own and not meant.startswith(("--", *own))}
        assert others == set(), name


def test_a_second_use_of_a_role_leaves_nothing_of_the_first(tenant: Hand, run: Run) -> None:
    """Also where it fails at once."""
    for name, arguments, wrong in (
        ("wait_for_aggregation", {"task_ids": ["old"]}, {"interval": "soon"}),
        ("aggregate_sources", {"sources": [{"id": "hr", "max_age": "4h"}]}, {"interval": "soon"}),
        ("clear_stuck_tasks", {"older_than": "1s", "types": ["CLOUD_ACCOUNT_AGGREGATION"]}, {"older_than": "soon"}),
    ):
        tenant.control("POST", "tasks", {"id": f"stuck-{name}", "source": "hr", "age": "2h"})
        (play,) = role(name)
        (block,) = play["tasks"]
        first = {f"{name}_{key}": value for key, value in arguments.items()}
        second = {**first, **{f"{name}_{key}": value for key, value in wrong.items()}}
        uses = [{**block["block"][0], "vars": variables} for variables in (first, second)]
        played = run([{**play, "tasks": [{**block, "block": uses}]}], variables={"connection": {}})
        facts = [
            result["ansible_facts"][f"{name}_result"]
            for result in played.results("ansible.builtin.set_fact")
            if f"{name}_result" in result.get("ansible_facts", {})
        ]
        assert played.rc == 2
        assert [any(value for value in fact.values()) for fact in facts] == [True, False], name
        assert facts[0].keys() == facts[1].keys() == played.fact("left").keys()
        tenant.control("PATCH", f"tasks/stuck-{name}", {"vanish": True})
