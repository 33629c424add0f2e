# Copyright (c) 2026, the sailpoint.isc contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The command `python -m tests.tenant`: how it starts, what it serves then, how it stops."""

from __future__ import annotations

import re
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

import pytest
import requests
import trustme
import yaml

from tests.support.hand import Hand
from tests.tenant.faults import NAMES
from tests.tenant.scenario import KEYS

ROOT = Path(__file__).resolve().parents[2]
TENANT = ROOT / "tests" / "tenant"
SCENARIOS = TENANT / "scenarios"


@contextmanager
def started(*arguments: str | Path) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """The process, and the first line that it prints."""
    command = [sys.executable, "-m", "tests.tenant", *map(str, arguments)]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) as process:
        assert process.stdout is not None
        # Should it say nothing, nobody waits for ever.
        patience = threading.Timer(60, process.kill)
        patience.start()
        try:
            yield process, process.stdout.readline().rstrip("\n")
        finally:
            patience.cancel()
            process.kill()


def hand(line: str) -> Hand:
    announcement, _space, url = line.rpartition(" ")
    assert announcement == "tenant: listening on"
    return Hand(url)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_it_announces_itself_and_stops_at_once(number: signal.Signals) -> None:
    with started("--latency", "600") as (process, line):
        tenant = hand(line)
        assert len(tenant.control("GET", "tasks")["tasks"]) == 302
        # A request that is still waiting for its answer does not keep it from stopping.
        address = urlsplit(tenant.url)
        with socket.create_connection((str(address.hostname), int(address.port or 0)), timeout=30) as connection:
            connection.sendall(b"GET /beta/task-status HTTP/1.1\r\nHost: acme\r\n\r\n")
            deadline = time.monotonic() + 30
            while not tenant.log() and time.monotonic() < deadline:  # noted before its latency begins
                time.sleep(0.02)
            assert len(tenant.log()) == 1
            process.send_signal(number)
            assert process.wait(timeout=30) == 0
        assert process.stdout is not None
        told = process.stdout.read()
    assert f"SAIL_BASE_URL={tenant.url} SAIL_CLIENT_ID=admin SAIL_CLIENT_SECRET=admin-secret" in told
    assert "2c9180835d2e5168015d32f890ca1581: Workday" in told
    assert "ansible-playbook sailpoint.isc." in told


def test_a_port_that_is_taken() -> None:
    with started() as (_process, line):
        port = line.rpartition(":")[2]
        with started("--port", port) as (process, complaint):
            assert complaint.startswith(f"tenant: cannot listen on 127.0.0.1:{port}")
            assert process.wait(timeout=30) == 1


@pytest.mark.parametrize("content", ["taks: []", "tasks: [{age: soon}]", "]", "- 1", None])
def test_a_scenario_that_cannot_be_used(tmp_path: Path, content: str | None) -> None:
    file = tmp_path / "scenario.yml"
    if content is not None:
        file.write_text(content)
    with started("--scenario", file) as (process, complaint):
        assert complaint.startswith(f"tenant: {file}: ")
        assert process.wait(timeout=30) == 2


def test_a_scenario_in_json(tmp_path: Path) -> None:
    file = tmp_path / "scenario.json"
    file.write_text('{"tasks": [{"id": "one"}]}')
    with started("--scenario", file) as (_process, line):
        assert [record["id"] for record in hand(line).session().list("v1").json()] == ["one"]


def test_tls(tmp_path: Path) -> None:
    authority = trustme.CA()
    certificate = authority.issue_cert("127.0.0.1")
    key_file, chain_file, ca_file = tmp_path / "key.pem", tmp_path / "chain.pem", tmp_path / "ca.pem"
    certificate.private_key_pem.write_to_path(str(key_file))
    certificate.cert_chain_pems[0].write_to_path(str(chain_file))
    authority.cert_pem.write_to_path(str(ca_file))
    with started("--tls-cert", chain_file, "--tls-key", key_file) as (_process, line):
        url = line.rpartition(" ")[2]
        assert url.startswith("https://127.0.0.1:")
        form = {"grant_type": "client_credentials", "client_id": "admin", "client_secret": "admin-secret"}
        answer = requests.post(f"{url}/oauth/token", data=form, verify=str(ca_file), timeout=30)
        assert answer.status_code == 200
        faults = [{"fault": "reset_before"}, {"fault": "reset_during"}]
        requests.post(f"{url}/_tenant/faults", json=faults, verify=str(ca_file), timeout=30)
        for _fault in faults:
            with pytest.raises(requests.exceptions.RequestException):
                requests.post(f"{url}/oauth/token", data=form, verify=str(ca_file), timeout=30)


def test_several_tenants_in_one_process() -> None:
    with started("--tenants", "3") as (process, line):
        assert process.stdout is not None
        lines = [line, process.stdout.readline().rstrip(), process.stdout.readline().rstrip()]
        tenants = [hand(announced) for announced in lines]
        tenants[0].control("POST", "tasks", [{"id": "only-here"}])
        holders = [tenant for tenant in tenants if tenant.session().get("/task-status/v1/only-here").ok]
        assert holders == tenants[:1]


def test_several_tenants_on_one_port() -> None:
    with started("--tenants", "2", "--port", "8080") as (process, complaint):
        assert complaint == "tenant: 2 tenants cannot share port 8080; leave --port out"
        assert process.wait(timeout=30) == 2


def test_a_tenant_that_is_down_for_a_while_knows_everything_afterwards() -> None:
    with started() as (_process, line):
        tenant = hand(line)
        session = tenant.session()
        before = session.list("v1").json()
        tenant.control("PUT", "down", {"seconds": 1})
        refused, again = False, None
        deadline = time.monotonic() + 30
        while again is None and time.monotonic() < deadline:
            try:
                answer = session.list("v1")
            except requests.exceptions.ConnectionError:
                refused = True
            else:
                again = answer.json() if refused else None
            time.sleep(0.05)
        assert refused
        assert again is not None
        assert [record["id"] for record in again] == [record["id"] for record in before]


def test_a_token_survives_a_restart() -> None:
    with started() as (_process, line):
        session = hand(line).session()
        port = line.rpartition(":")[2]
    with started("--port", port) as (_process, line):
        assert session.list("beta").status_code == 200


@pytest.mark.parametrize(
    ("name", "endings"),
    [
        ("demo-success", {"Workday": "SUCCESS", "Active Directory": "WARNING", "SAP": "SUCCESS"}),
        ("demo-failure", {"Workday": "SUCCESS", "SAP": "ERROR"}),
    ],
)
def test_the_scenarios_of_the_demo(name: str, endings: dict[str, str]) -> None:
    begin = time.monotonic()
    with started("--scenario", SCENARIOS / f"{name}.yml") as (_process, line):
        tenant = hand(line)
        pending = tenant.session().list("v2025", "completionStatus isnull").json()
        assert {record["target"]["name"] for record in pending} == set(endings)
        raw = [task for task in tenant.control("GET", "tasks")["tasks"] if task["completionStatus"] is None]
        assert {task["target"]["name"]: task["ends"] for task in raw} == endings
        elapsed = time.monotonic() - begin
        assert all(4 - elapsed <= task["ends_in"] <= 18 for task in raw)
        # Nothing else is pending, and there is some history to look at.
        assert len(tenant.session().list("v2025").json()) == 120 + len(endings)


def test_the_readme_knows_every_key_and_every_fault(tmp_path: Path) -> None:
    readme = (TENANT / "README.md").read_text(encoding="utf-8")
    example = re.search(r"```yaml\n(.*?)```", readme, re.DOTALL)
    assert example is not None
    assert set(yaml.safe_load(example.group(1))) == KEYS
    assert [name for name in NAMES if f"`{name}`" not in readme] == []
    file = tmp_path / "example.yml"
    file.write_text(example.group(1), encoding="utf-8")
    with started("--scenario", file) as (_process, line):
        tasks = hand(line).control("GET", "tasks")["tasks"]
        assert len(tasks) == 10001
        assert [task["ends"] for task in tasks if task["id"] == "a1"] == ["ERROR"]
