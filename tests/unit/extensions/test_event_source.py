# Copyright (c) 2026, the sailpoint.isc contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The event source against the stand-in tenant."""

from __future__ import annotations

import json
import stat
import sys
import time
import uuid
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.sailpoint.isc.plugins.filter.task_outcomes import task_outcomes
from ansible_collections.sailpoint.isc.plugins.module_utils._time import format_timestamp
from ansible_collections.sailpoint.isc.tests.support.event_source import Running, Watching
from ansible_collections.sailpoint.isc.tests.support.hand import SECRETS, Hand, wait_until
from ansible_collections.sailpoint.isc.tests.support.modules import VERSIONS

ALL = ["started", "completed", "failed", "warned", "stuck"]
FAILED = {"id": "bad", "ends_in": 0.1, "ends": "ERROR", "completed_gap": 0.05, "messages": ["Login failed."]}


def add(tenant: Hand, *tasks: dict[str, Any]) -> None:
    tenant.control("POST", "tasks", list(tasks))


def ended() -> dict[str, Any]:
    """What makes a task one that has failed just now."""
    return {"completed": format_timestamp(time.time()), "completionStatus": "ERROR"}


def wait_for_polls(tenant: Hand, times: int, operation: str = "list") -> None:
    """Wait until so many more polls have been made."""
    before = asked(tenant, operation)
    wait_until(lambda: asked(tenant, operation) >= before + times, "It does not poll.")


def asked(tenant: Hand, operation: str) -> int:
    return sum(entry["operation"] == operation for entry in tenant.log())


@pytest.mark.parametrize("version", VERSIONS)
def test_tells_what_happens_to_a_task(tenant: Hand, watching: Watching, version: str) -> None:
    source = watching(events=ALL, stuck_after="1h", api_version=version)
    wait_for_polls(tenant, 2)
    add(tenant, FAILED, {"id": "warned", "ends_in": 0.3, "ends": "WARNING", "completed_gap": 0})
    assert sorted(source.told(6)) == [
        ("completed", "bad"),
        ("completed", "warned"),
        ("failed", "bad"),
        ("started", "bad"),
        ("started", "warned"),
        ("warned", "warned"),
    ]
    wait_for_polls(tenant, 3)
    assert len(source.events()) == 6
    moments = [
        event["isc"]["outcome"]["completed"] for event in source.events() if event["isc"]["event"] == "completed"
    ]
    assert moments == sorted(moments)


def test_an_event_holds_the_outcome_and_the_record(tenant: Hand, watching: Watching) -> None:
    tenant.scenario(sources=[{"id": "hr", "name": "HR System"}])
    source = watching(events=["failed"])
    wait_for_polls(tenant, 2)
    add(tenant, {**FAILED, "source": "hr"})
    (event,) = source.events(1)
    assert set(event) == {"isc", "meta"}
    assert set(event["isc"]) == {"event", "tenant", "outcome", "task"}
    assert event["isc"]["tenant"] == "127"
    assert event["isc"]["task"] == tenant.records()["bad"]
    assert [event["isc"]["outcome"]] == task_outcomes([event["isc"]["task"]])
    assert event["isc"]["outcome"]["source_name"] == "HR System"
    assert event["meta"]["message_id"] == "bad"
    assert uuid.UUID(event["meta"]["uuid"]).version == 5
    assert json.loads(json.dumps(event)) == event


def test_gives_the_wanted_fields_and_the_whole_outcome(tenant: Hand, watching: Watching) -> None:
    source = watching(events=["failed"], fields=["id", "completed"])
    wait_for_polls(tenant, 2)
    add(tenant, FAILED)
    (event,) = source.events(1)
    assert set(event["isc"]["task"]) == {"id", "completed"}
    assert event["isc"]["outcome"]["messages"] == ["Login failed."]


@pytest.mark.parametrize("version", VERSIONS)
def test_an_idle_poll_costs_two_requests(tenant: Hand, watching: Watching, version: str) -> None:
    tenant.scenario(
        generate={"count": 600, "days": 2, "newest": 0, "pending": 0},
        tasks=[{"id": f"p{number}", "age": "5h"} for number in range(40)],
    )
    watching(events=ALL, stuck_after="1d", api_version=version)
    wait_for_polls(tenant, 3)
    before = len(tenant.sent())
    wait_for_polls(tenant, 10)
    # Whether each request is for what is pending
    sent = tenant.sent()[before:]
    of_pending = ["pending" in entry["path"] or "isnull" in entry["query"].get("filters", "") for entry in sent]
    assert of_pending == [of_pending[0] ^ bool(number % 2) for number in range(len(sent))]


@pytest.mark.parametrize("version", ["beta", "v1"])
def test_finds_what_has_run_for_two_days(tenant: Hand, watching: Watching, version: str) -> None:
    long = {"id": "long", "age": "2d", "ends": "ERROR", "ends_in": 60}
    tenant.scenario(generate={"count": 300, "days": 1, "pending": 0}, tasks=[long])
    source = watching(events=["failed"], api_version=version)
    wait_for_polls(tenant, 2)
    tenant.control("PATCH", "tasks/long", {"ends_in": 0.05, "completed_gap": 0.05})
    assert source.told(1) == [("failed", "long")]


@pytest.mark.parametrize("version", ["beta", "v1"])
def test_finds_what_begins_and_ends_between_two_polls(tenant: Hand, watching: Watching, version: str) -> None:
    source = watching(events=ALL, stuck_after="1h", interval=0.5, api_version=version)
    wait_for_polls(tenant, 2 if version == "beta" else 4)
    now = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(time.time() + 0.1))
    add(tenant, {"id": "short", "created": f"{now}.990Z", "completed": f"{now}.995Z", "completionStatus": "ERROR"})
    assert source.told(3) == [("started", "short"), ("completed", "short"), ("failed", "short")]


@pytest.mark.parametrize("version", ["beta", "v1"])
def test_gives_three_hundred_that_end_at_once(tenant: Hand, watching: Watching, version: str) -> None:
    ids = [f"t{number:03}" for number in range(300)]
    tenant.scenario(tasks=[{"id": key, "age": "2h", "ends": "ERROR", "ends_in": "1d"} for key in ids])
    source = watching(events=["failed"], api_version=version)
    wait_for_polls(tenant, 3)
    end = ended()
    for key in ids:
        tenant.control("PATCH", f"tasks/{key}", end)
    assert source.told(300) == [("failed", key) for key in ids]
    wait_for_polls(tenant, 3)
    assert len(source.events()) == 300


def test_tells_once_what_is_stuck(tenant: Hand, watching: Watching) -> None:
    tenant.scenario(tasks=[{"id": "old", "age": "3h"}, {"id": "soon", "age": 3599}, {"id": "new", "age": "10m"}])
    source = watching(events=["stuck"], stuck_after="1h")
    assert source.told(2) == [("stuck", "old"), ("stuck", "soon")]
    wait_for_polls(tenant, 3)
    tenant.control("PATCH", "tasks/old", {"ends_in": 0})
    wait_for_polls(tenant, 3)
    assert len(source.events()) == 2


def test_gives_only_what_is_selected(tenant: Hand, watching: Watching) -> None:
    names = {"hr": "HR System", "ad": "AD", "sap": "SAP"}
    tenant.scenario(sources=[{"id": key, "name": name} for key, name in names.items()])
    source = watching(events=["started"], source_names=["HR System"], source_ids="ad", unique_names=["Cloud Acc*"])
    wait_for_polls(tenant, 2)
    groups = {"definition": "CLOUD_GROUP_AGGREGATION"}
    add(tenant, {"id": "1", "source": "sap"}, {"id": "2", "source": "hr"}, {"id": "3", "source": "hr", **groups})
    add(tenant, {"id": "4", "source": "ad"})
    assert sorted(source.told(2)) == [("started", "2"), ("started", "4")]
    assert asked(tenant, "list_sources") == 1


@pytest.mark.parametrize("version", ["beta", "v1"])
def test_begins_at_an_earlier_time(tenant: Hand, watching: Watching, version: str) -> None:
    tenant.scenario(
        generate={"count": 600, "days": 3, "newest": "2h", "pending": 0},
        tasks=[
            {"id": "long", "age": "5d", "seconds": 5 * 86400 - 600, "ends": "ERROR"},
            {"id": "short", "age": "30m", "seconds": 5, "ends": "ERROR"},
            {"id": "early", "age": "80m", "seconds": 5, "ends": "ERROR"},
        ],
    )
    since = "1h" if version == "beta" else format_timestamp(time.time() - 3600)
    source = watching(events=["failed"], since=since, api_version=version)
    assert source.told(2) == [("failed", "short"), ("failed", "long")]
    wait_for_polls(tenant, 3)
    assert len(source.events()) == 2


def test_the_same_event_has_the_same_uuid_after_a_restart(tenant: Hand, watching: Watching) -> None:
    tenant.scenario(tasks=[{"id": "a", "age": "30m", "seconds": 5, "ends": "ERROR"}])
    uuids = set()
    for _start in range(2):
        source = watching(events=["failed"], since="1h")
        uuids |= {event["meta"]["uuid"] for event in source.events(1)}
        source.stop()
    assert len(uuids) == 1


def test_goes_on_where_it_has_stopped(tenant: Hand, watching: Watching, tmp_path: Path) -> None:
    file = tmp_path / "a b" / "state.json"
    file.parent.mkdir()
    tenant.scenario(tasks=[{"id": "long", "age": "1d", "ends_in": "1d"}, {"id": "a", "age": "5m", "ends": "ERROR"}])
    settings: dict[str, Any] = {"events": ["failed"], "since": "1h", "state_file": str(file)}
    first = watching(**settings)
    assert first.told(1) == [("failed", "a")]
    wait_until(file.exists, "There is no state.")
    first.stop()
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert list(file.parent.iterdir()) == [file]
    assert SECRETS["admin"] not in file.read_text()
    tenant.control("PATCH", "tasks/long", ended())
    add(tenant, {**FAILED, "ends_in": 0, "completed_gap": 0})
    second = watching(**settings)
    assert sorted(second.told(2)) == [("failed", "bad"), ("failed", "long")]
    wait_for_polls(tenant, 3)
    assert len(second.events()) == 2


def test_keeps_its_state_before_events_are_taken(tenant: Hand, watching: Watching, tmp_path: Path) -> None:
    file = tmp_path / "state.json"
    tenant.scenario(tasks=[{"id": "old", "age": "3h"}])
    watching(room=0, events=["stuck"], stuck_after="1h", state_file=str(file))
    wait_until(file.exists, "There is no state.")
    _created, told, _stuck = json.loads(file.read_text())["state"]["open"]["old"]
    assert told == []


def test_does_not_write_a_state_that_has_not_changed(tenant: Hand, watching: Watching, tmp_path: Path) -> None:
    file = tmp_path / "state.json"
    tenant.scenario(tasks=[{"id": "a", "age": "5h"}])
    watching(state_file=str(file), stuck_after="1d")
    wait_for_polls(tenant, 4)
    written = file.stat().st_mtime_ns
    wait_for_polls(tenant, 4)
    assert file.stat().st_mtime_ns == written


def test_gives_again_what_nobody_has_taken(tenant: Hand, watching: Watching, tmp_path: Path) -> None:
    file = tmp_path / "state.json"
    tasks = [{"id": f"t{number}", "age": f"{20 - number}m", "seconds": 1, "ends": "ERROR"} for number in range(6)]
    tenant.scenario(tasks=tasks)
    settings: dict[str, Any] = {"events": ["failed"], "since": "1h", "state_file": str(file)}
    first = watching(room=4, **settings)
    first.events(4)
    first.stop()
    second = watching(**settings)
    told = first.told() + second.told(2)
    assert sorted(set(told)) == [("failed", f"t{number}") for number in range(6)]
    assert len(second.events()) <= 3  # the fourth may have been taken without its being known


def test_waits_until_the_rulebook_has_taken_an_event(tenant: Hand, watching: Watching, tmp_path: Path) -> None:
    tenant.scenario(tasks=[{"id": key, "age": "9m", "seconds": 1, "ends": "ERROR"} for key in "ab"])
    settings: dict[str, Any] = {"events": ["failed"], "since": "1h", "state_file": str(tmp_path / "state.json")}
    source = watching(feedback=True, **settings)
    (first,) = source.events(1)
    time.sleep(0.05)
    assert len(source.events()) == 1
    source.give_back(first)
    source.events(2)
    source.stop()
    again = watching(**settings)
    assert again.told(1) == [("failed", "b")]


def test_survives_a_tenant_that_goes_and_comes_back(tenant: Hand, watching: Watching) -> None:
    source = watching(events=["failed"])
    wait_for_polls(tenant, 2)
    tenant.control("PUT", "down", {"seconds": 0.5})
    wait_until(lambda: len(watching.lines()) == 1, "It does not notice.")
    time.sleep(0.5)
    wait_until(lambda: len(watching.lines()) == 2, "It does not come back.")
    add(tenant, FAILED)
    assert source.told(1) == [("failed", "bad")]
    gone, back = watching.lines()
    assert gone.startswith("127 cannot be polled, retrying: GET http://127.0.0.1")
    assert back.startswith("127 can be polled again after ")
    assert back.endswith(" s.")


def test_waits_as_long_as_a_tenant_says_that_has_had_too_much(tenant: Hand, watching: Watching) -> None:
    source = watching(events=["failed"])
    wait_for_polls(tenant, 2)
    tenant.faults({"operation": "list", "fault": "status", "code": 429, "retry_after": 1, "times": 1})
    add(tenant, FAILED)
    assert source.told(1) == [("failed", "bad")]
    assert sum(entry["status"] == 429 for entry in tenant.log()) == 1
    assert len(watching.lines()) == 2


@pytest.mark.parametrize("fault", ["html", "reset_during", "wrong_shape", "empty", "short_body", "unauthorized"])
def test_no_later_fault_ends_it_or_costs_an_event(tenant: Hand, watching: Watching, fault: str) -> None:
    source = watching(events=["completed"], access_token=None)
    wait_for_polls(tenant, 2)
    tenant.faults({"operation": "list", "fault": fault, "times": 5})
    add(tenant, {"id": "a", "ends_in": 0.02, "completed_gap": 0}, {"id": "b", "ends_in": 0.2, "completed_gap": 0})
    assert source.told(2) == [("completed", "a"), ("completed", "b")]
    assert len(watching.lines()) in (0, 2, 4)


def test_renews_its_token(tenant: Hand, watching: Watching) -> None:
    source = watching(events=["failed"])
    wait_for_polls(tenant, 2)
    tenant.faults({"operation": "list", "fault": "expire_token"})
    wait_for_polls(tenant, 2)
    add(tenant, FAILED)
    assert source.told(1) == [("failed", "bad")]
    assert watching.lines() == []


def test_survives_that_its_secret_is_changed_later(tenant: Hand, watching: Watching) -> None:
    source = watching(events=["failed"])
    wait_for_polls(tenant, 2)
    tenant.faults({"operation": "list", "fault": "status", "code": 403, "times": 2})
    wait_until(lambda: len(watching.lines()) == 2, "It does not come back.")
    assert not source.has_ended


@pytest.mark.parametrize("hours", [-2, 2])
def test_goes_by_the_tenants_clock(
    tenant: Hand, watching: Watching, monkeypatch: pytest.MonkeyPatch, hours: int
) -> None:
    tenant.scenario(
        tasks=[{"id": "old", "age": "70m"}, {"id": "young", "age": "50m"}, {"id": "a", "age": "9m", "ends": "ERROR"}]
    )
    really = time.time
    monkeypatch.setattr(time, "time", lambda: really() + hours * 3600)
    source = watching(events=ALL, stuck_after="1h", since="15m")
    assert source.told(4) == [("stuck", "old"), ("started", "a"), ("completed", "a"), ("failed", "a")]
    add(tenant, FAILED)
    source.events(7)
    wait_for_polls(tenant, 3)
    assert len(source.events()) == 7


def test_never_blocks_the_loop_and_stops_at_once(tenant: Hand, watching: Watching) -> None:
    source = watching(events=["failed"], retries=50, max_retry_delay=60)
    wait_for_polls(tenant, 2)
    tenant.faults({"operation": "list", "fault": "slow_first_byte", "seconds": 3, "times": 1})
    wait_until(lambda: tenant.log()[-1]["fault"] == "slow_first_byte", "It does not poll.")
    assert source.stop() < 1
    assert source.slowest < 0.5


def test_stops_at_once_while_it_waits_to_try_again(tenant: Hand, watching: Watching) -> None:
    tenant.faults({"fault": "status", "code": 429, "retry_after": 50, "times": None})
    source = watching(events=["failed"], retries=5, max_retry_delay=60)
    wait_until(lambda: len(tenant.log()) == 1, "It does not poll.")
    assert source.stop() < 1


REFUSED: list[tuple[dict[str, Any], str]] = [
    (
        {"base_url": None},
        "missing required arguments: base_url. base_url can also be set by the environment variable SAIL_BASE_URL.",
    ),
    ({"client_secret": None}, "client_secret is missing or empty: set client_id and client_secret, or access_token."),
    (
        {"events": ["failed", "stuck"]},
        "stuck_after is missing: give a duration such as 24h, or remove stuck from events.",
    ),
    ({"events": None}, "stuck_after is missing: "),
    ({"stuck_after": "long"}, 'stuck_after is "long": give a duration such as 90s, 30m, 12h, 7d or 4w.'),
    ({"events": ["ended"]}, "value of events must be one or more of: started, stuck, completed, failed, warned. "),
    ({"events": []}, "events is []: it is empty; give a value or omit the option."),
    ({"interval": "often"}, 'interval is "often": give a duration'),
    (
        {"since": "yesterday"},
        'since is "yesterday": give a duration such as 30m, 12h or 7d, or a time with a zone such as ',
    ),
    ({"since": "91d"}, 'since is "91d": give 90d or less, because the tenant keeps no older tasks.'),
    ({"since": "2020-05-17T19:33:16Z"}, 'since is "2020-05-17T19:33:16Z": give 90d or less'),
    ({"types": ["QUARTZ"]}, 'types is "QUARTZ": give the names of task definitions'),
    ({"source_ids": [""]}, 'source_ids is [""]: it contains an empty string; give a value or omit the option.'),
    ({"delay": 5}, "delay. Supported parameters include: access_token, api_version, "),
    ({"api_version": "v3"}, "value of api_version must be one of: beta, v2024, v2025, v2026, v1, got: v3."),
    (
        {"state_file": "/no/such/directory/state.json"},
        'state_file is "/no/such/directory/state.json": it cannot be written ',
    ),
    (
        {"client_secret": "wrong"},
        "/oauth/token failed with status 401 (invalid_client: Bad client credentials); check ",
    ),
    ({"access_token": "a.b.c", "client_secret": None, "client_id": None}, "failed with status 401"),
    ({"source_names": ["HR"]}, 'No source is named "HR"'),
]


@pytest.mark.parametrize(("arguments", "sentence"), REFUSED, ids=[sentence[:30] for _arguments, sentence in REFUSED])
def test_ends_with_one_sentence(tenant: Hand, watching: Watching, arguments: dict[str, Any], sentence: str) -> None:
    assert sentence in watching.refused(**{"stuck_after": None, "events": ["failed"], **_with_stuck(arguments)})


def _with_stuck(arguments: dict[str, Any]) -> dict[str, Any]:
    return {"events": ["stuck"], **arguments} if "stuck_after" in arguments else arguments


def test_refuses_an_interval_below_five_seconds(
    tenant: Hand, watching: Watching, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.undo()
    assert watching.refused(interval=4, events=["failed"]) == 'interval is "4": give 5 s or more.'


@pytest.mark.parametrize("content", ["no JSON", "[]", '{"version": 1, "host": "HOST", "state": {"since": 1}}', "\xff"])
def test_refuses_a_file_that_holds_something_else(
    tenant: Hand, watching: Watching, tmp_path: Path, content: str
) -> None:
    file = tmp_path / "state.json"
    file.write_text(content.replace("HOST", tenant.url.partition("//")[2]), encoding="latin-1")
    said = watching.refused(state_file=str(file), events=["failed"])
    assert said.endswith("it is not a state file of this event source; give another file, or remove this one.")


def test_refuses_the_state_of_another_tenant(tenant: Hand, watching: Watching, tmp_path: Path) -> None:
    file = tmp_path / "state.json"
    file.write_text('{"version": 1, "host": "acme.example.com", "state": {}}')
    assert "it belongs to another tenant (acme.example.com); " in watching.refused(
        state_file=str(file), events=["failed"]
    )


def test_takes_its_arguments_from_the_environment(
    tenant: Hand, watching: Watching, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("base_url", "client_id", "client_secret", "api_version"):
        monkeypatch.setenv(f"SAIL_{name.upper()}", watching.arguments.pop(name))
    source = watching(events="failed", since="1h")
    wait_for_polls(tenant, 2)
    add(tenant, FAILED)
    assert source.told(1) == [("failed", "bad")]


def test_waits_for_a_tenant_that_is_down_at_the_start(tenant: Hand, watching: Watching) -> None:
    tenant.scenario(faults=[{"fault": "status", "code": 503, "times": 4}])
    source = watching(events=["failed"])
    wait_for_polls(tenant, 2)
    add(tenant, FAILED)
    assert source.told(1) == [("failed", "bad")]
    assert len(watching.lines()) == 2


def test_finds_the_collection_by_its_own_place(
    tenant: Hand, watching: Watching, monkeypatch: pytest.MonkeyPatch
) -> None:
    others = [entry for entry in sys.path if not (Path(entry) / "ansible_collections").exists()]
    monkeypatch.setattr(sys, "path", others)
    watching(events=["failed"])
    wait_for_polls(tenant, 2)
    assert any((Path(entry) / "ansible_collections").exists() for entry in sys.path)


def test_a_source_is_closed_when_it_ends(tenant: Hand, watching: Watching) -> None:
    source: Running = watching(events=["failed"])
    wait_for_polls(tenant, 2)
    source.stop()
    before = len(tenant.log())
    time.sleep(0.2)
    assert len(tenant.log()) <= before + 1
