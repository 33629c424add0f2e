# Copyright (c) 2026, the sailpoint.isc contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The collection's rulebooks run as they are, and others with the event source."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.eda.rulebook import Rulebooks
from tests.support.automation_platform import inputs_for, variables_of
from tests.support.hand import Hand
from tests.support.workspace import ROOT

SUCCESS = {"id": "before", "source": "hr", "age": "1h", "ends": "SUCCESS"}
FAILED = {"id": "failed", "source": "hr", "ends_in": 0.1, "ends": "ERROR", "messages": ["Login failed."]}


def printing(**arguments: Any) -> list[dict[str, Any]]:
    """A rulebook that prints what happened to which task."""
    rule = {
        "name": "Print it",
        "condition": "event.isc.event is defined",
        "action": {"debug": {"msg": "MET {{ event.isc.event }} {{ event.meta.message_id }} {{ event.meta.uuid }}"}},
    }
    source = {"name": "isc", "sailpoint.isc.tasks": {"interval": 5, "events": ["failed"], **arguments}}
    return [{"name": "Print", "hosts": "localhost", "sources": [source], "rules": [rule]}]


def test_starts_what_has_failed_again_once(tenant: Hand, rulebooks: Rulebooks) -> None:
    tenant.control("POST", "tasks", [SUCCESS])
    running = rulebooks("sailpoint.isc.failed_aggregations")
    rulebooks.wait_for_polls(running)
    tenant.control("POST", "tasks", [FAILED])
    running.wait_to_print("Started again as task ")
    # That one fails too.
    running.wait_to_print("Not started again: the one before it has failed too.")
    assert len(tenant.launches()) == 1
    assert running.stop() < 30
    assert "Traceback" not in running.output()


def test_tells_what_is_stuck_and_clears_nothing(tenant: Hand, rulebooks: Rulebooks) -> None:
    tenant.control("POST", "tasks", [{"id": "old", "source": "hr", "age": "3h"}])
    running = rulebooks("sailpoint.isc.stuck_tasks")
    running.wait_to_print("would be cleared")
    running.wait_to_print("PLAY RECAP")
    assert "HR System: Cloud Account Aggregation (old), pending for 3 h " in running.output()
    assert "failed=0" in running.output()
    assert tenant.control("GET", "log")["unsafe_refused"] == 0
    assert {entry["method"] for entry in tenant.sent()} == {"GET"}


def test_goes_on_after_a_restart(tenant: Hand, rulebooks: Rulebooks, tmp_path: Path) -> None:
    state = tmp_path / "state.json"
    rulebook = printing(state_file=str(state), feedback=True)
    first = rulebooks(rulebook, "--persistence-id", "4e5a7ff8-9f5e-4b35-9b5e-3f2b7d1c8a10")
    rulebooks.wait_for_polls(first)
    tenant.control("POST", "tasks", [FAILED, {**FAILED, "id": "second"}])
    first.wait_to_print("MET failed second")
    rulebooks.wait_for_polls(first)
    assert first.stop() < 30
    tenant.control("POST", "tasks", [{**FAILED, "id": "third"}])
    second = rulebooks(rulebook, "--persistence-id", "4e5a7ff8-9f5e-4b35-9b5e-3f2b7d1c8a10")
    second.wait_to_print("MET failed third")
    assert first.output().count("MET failed") == 2
    assert second.output().count("MET failed") == 1
    assert json.loads(state.read_text())["version"] == 1


def test_ends_with_one_sentence_when_the_secret_is_wrong(rulebooks: Rulebooks) -> None:
    running = rulebooks(printing(), SAIL_CLIENT_SECRET="no-such-secret")
    status = running.end()
    logged = [line for line in running.output().splitlines() if " - ERROR - " in line]
    assert len(logged) == 1
    assert "/oauth/token failed with status 401 (invalid_client: Bad client credentials); check client_id" in logged[0]
    assert "Traceback" not in running.output()
    # As the guide says: ansible-rulebook takes it for a source that has done its work.
    assert status == 0


def test_survives_refusals_an_expired_token_and_a_tenant_that_restarts(tenant: Hand, rulebooks: Rulebooks) -> None:
    running = rulebooks(printing(retries=1))
    rulebooks.wait_for_polls(running)
    limits = [{"operation": name, "fault": "status", "code": 429, "retry_after": 1} for name in ("pending", "list")]
    tenant.faults(*limits)
    rulebooks.wait_for_polls(running, 2)
    tenant.faults({"operation": "list", "fault": "expire_token"})
    tenant.control("POST", "tasks", [FAILED])
    running.wait_to_print("MET failed failed")
    assert [entry["status"] for entry in tenant.sent() if entry["status"] != 200] == [429, 429, 401]
    assert "cannot be polled" not in running.output()
    tenant.control("PUT", "down", {"seconds": 20})
    running.wait_to_print("127 cannot be polled, retrying: ")
    running.wait_to_print("127 can be polled again after ")
    tenant.control("POST", "tasks", [{**FAILED, "id": "later"}])
    running.wait_to_print("MET failed later")
    assert running.output().count("MET failed") == 2
    assert running.stop() < 30
    assert "Traceback" not in running.output()


def test_a_credential_of_an_activation_is_enough(tenant: Hand, rulebooks: Rulebooks) -> None:
    """Nothing that it knows is shown, however much is to be logged."""
    tenant.control("POST", "tasks", [SUCCESS])
    (ruleset,) = yaml.safe_load((ROOT / "extensions/eda/rulebooks/failed_aggregations.yml").read_text(encoding="utf-8"))
    ruleset["rules"][0]["action"]["run_playbook"]["verbosity"] = 4
    running = rulebooks([ruleset], "-vv", variables=variables_of({**inputs_for(tenant.url), "api_version": "v2025"}))
    rulebooks.wait_for_polls(running)
    tenant.control("POST", "tasks", [FAILED])
    running.wait_to_print("Started again as task ")
    assert {entry["version"] for entry in tenant.sent()} == {"v2025"}
    assert running.stop() < 30


RULEBOOKS = sorted(ROOT.glob("extensions/eda/rulebooks/*.yml"))


@pytest.mark.parametrize("file", RULEBOOKS, ids=lambda file: file.stem)
def test_rulebooks_run_playbooks_that_are_there(file: Path) -> None:
    for ruleset in yaml.safe_load(file.read_text(encoding="utf-8")):
        for rule in ruleset["rules"]:
            name = rule["action"]["run_playbook"]["name"].removeprefix("sailpoint.isc.")
            assert (ROOT / "playbooks" / f"{name.replace('.', '/')}.yml").is_file()


@pytest.mark.parametrize("file", RULEBOOKS, ids=lambda file: file.stem)
def test_rulebooks_and_their_playbooks_take_what_a_credential_gives(file: Path) -> None:
    names = [*variables_of(inputs_for("URL")), "access_token"]
    given = {name: f"{{{{ {name} | default('') }}}}" for name in names}
    for ruleset in yaml.safe_load(file.read_text(encoding="utf-8")):
        sources = [source["sailpoint.isc.tasks"] for source in ruleset["sources"]]
        for taken in [*sources, *(rule["action"]["run_playbook"]["extra_vars"] for rule in ruleset["rules"])]:
            assert {**taken, **given} == taken
