# Copyright (c) 2026, the sailpoint.isc contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The module source_schedules_pause, against the stand-in tenant: whatever ends it, no schedule is lost."""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import re
import signal
import stat
import typing as t
from pathlib import Path

import pytest
from ansible_collections.sailpoint.isc.plugins.module_utils._sources.schedules import Schedules
from ansible_collections.sailpoint.isc.plugins.module_utils._sources.window_file import WindowFile
from ansible_collections.sailpoint.isc.tests.support.hand import Hand, meanwhile, safe_mode
from ansible_collections.sailpoint.isc.tests.support.modules import OMIT, VERSIONS, Run

MODULE = "source_schedules_pause"
AT_FIVE, AT_SIX, ON_MONDAYS = "0 0 5 * * ?", "0 0 6 * * ?", "0 30 6 ? * MON"
SOURCES: list[dict[str, t.Any]] = [
    {"id": "sap", "name": "SAP", "tags": ["ERP"], "schedules": {"accounts": AT_FIVE, "entitlements": ON_MONDAYS}},
    {"id": "hr", "name": "人事 {{ 1 }}", "tags": ["ERP", "PCI"], "schedules": {"accounts": AT_SIX}},
    {"id": "bare", "name": "Contractors"},
    {"id": "other", "name": "Badges", "schedules": {"accounts": AT_FIVE}},
]
BEFORE = {
    "sap": {"accounts": AT_FIVE, "entitlements": ON_MONDAYS},
    "hr": {"accounts": AT_SIX},
    "bare": {},
    "other": {"accounts": AT_FIVE},
}
PAUSED = {**BEFORE, "sap": {}, "hr": {}}
OF: dict[str, t.Any] = {"source_ids": ["sap", "bare"], "source_names": ["人事 {{ 1 }}"]}


@pytest.fixture
def path(tenant: Hand, run: Run, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the file is to be; modules are given it, and a version of the API that has schedules."""
    tenant.scenario(sources=SOURCES)
    # Not where the module's own files are: those go when it is interrupted.
    file = tmp_path_factory.mktemp("working") / "a file.json"
    run.connection.update(api_version="v2026", path=str(file))
    return file


def schedules(tenant: Hand) -> dict[str, dict[str, str]]:
    """What is set, by sources."""
    return {source["id"]: source["schedules"] for source in tenant.control("GET", "sources")["sources"]}


def set_elsewhere(tenant: Hand, source: str, **wanted: str) -> None:
    """Lets somebody else set the schedules of a source."""
    tenant.control("PATCH", f"sources/{source}", {"schedules": wanted})


def writes(tenant: Hand) -> list[str]:
    return [entry["operation"] for entry in tenant.sent() if entry["method"] != "GET"]


def begin(run: Run, **options: t.Any) -> dict[str, t.Any]:
    return run(MODULE, state="paused", **{**OF, **options})


def end(run: Run, **options: t.Any) -> dict[str, t.Any]:
    return run(MODULE, state="resumed", **options)


def states(file: Path) -> list[str]:
    return [schedule["state"] for schedule in json.loads(file.read_text(encoding="utf-8"))["schedules"]]


@pytest.mark.parametrize("version", [version for version in VERSIONS if version != "beta"])
def test_check_mode_for_real_and_again(tenant: Hand, run: Run, path: Path, version: str) -> None:
    run.connection["api_version"] = version
    for act, after in ((begin, PAUSED), (end, BEFORE)):
        with safe_mode(tenant):
            planned = act(run, check_mode=True, diff=True)
        assert path.exists() == (act is end)
        done = act(run, diff=True)
        assert schedules(tenant) == after
        assert planned["changed"] is done["changed"] is True
        assert (planned["schedules"], planned["diff"]) == (done["schedules"], done["diff"])
        tenant.control("DELETE", "log")
        again = act(run)
        assert again["changed"] is False
        assert writes(tenant) == []
        assert path.exists() == (act is begin)
        assert schedules(tenant) == after


def test_the_file_says_what_it_holds_to_its_owner_alone(tenant: Hand, run: Run, path: Path) -> None:
    os.umask(os.umask(0))
    result = begin(run)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert list(path.parent.glob(".*")) == []
    content = json.loads(path.read_text(encoding="utf-8"))
    assert "maintenance_window" in content["what"]
    assert content["tenant"] == tenant.url
    assert content["aggregations"] == ["accounts", "entitlements"]
    assert (
        content["sources"]
        == result["sources"]
        == [
            {"id": "sap", "name": "SAP"},
            {"id": "bare", "name": "Contractors"},
            {"id": "hr", "name": "人事 {{ 1 }}"},
        ]
    )
    assert content["schedules"] == result["schedules"]
    assert content["schedules"][1] == {
        "source_id": "sap",
        "source_name": "SAP",
        "aggregation": "entitlements",
        "cron": ON_MONDAYS,
        "state": "removed",
    }
    assert "人事" in path.read_text(encoding="utf-8")
    assert result["path"] == str(path)


def test_says_what_was_done_and_what_is_not_stopped(run: Run, path: Path) -> None:
    assert begin(run, check_mode=True)["summary"] == [
        f"SAP, accounts: would be removed ({AT_FIVE})",
        f"SAP, entitlements: would be removed ({ON_MONDAYS})",
        f"人事 {{{{ 1 }}}}, accounts: would be removed ({AT_SIX})",
        "Not stopped: provisioning, health checks, and tasks that are already running.",
    ]
    assert begin(run)["summary"][-3:] == [
        f"人事 {{{{ 1 }}}}, accounts: removed ({AT_SIX})",
        f"The schedules are saved in {path} until the window ends.",
        "Not stopped: provisioning, health checks, and tasks that are already running.",
    ]
    assert end(run, check_mode=True)["summary"][0] == f"SAP, accounts: would be restored ({AT_FIVE})"
    assert end(run)["summary"] == [
        f"SAP, accounts: restored ({AT_FIVE})",
        f"SAP, entitlements: restored ({ON_MONDAYS})",
        f"人事 {{{{ 1 }}}}, accounts: restored ({AT_SIX})",
    ]
    assert end(run)["summary"] == [f"There is no file {path}, so there is nothing to restore."]


def test_pauses_by_tags_and_one_aggregation(tenant: Hand, run: Run, path: Path) -> None:
    options: dict[str, t.Any] = {"source_ids": OMIT, "source_names": OMIT, "tags": ["ERP", "nobody's"]}
    result = begin(run, **options, aggregations="accounts")
    assert schedules(tenant) == {**PAUSED, "sap": {"entitlements": ON_MONDAYS}}
    assert result["warnings"] == ['No source has the tag "nobody\'s", or the token has no access to it.']
    failure = run.failing(MODULE, state="paused", **options, aggregations=["entitlements", "accounts"])
    assert "a file.json" in failure["msg"]
    end(run)
    assert schedules(tenant) == BEFORE
    assert not path.exists()
    failure = run.failing(MODULE, state="paused", tags=["nobody's"])
    assert failure["msg"].endswith('tags "nobody\'s", or the token has no access to it, so nothing was changed.')


def test_a_directory_is_the_place_of_a_file_named_after_the_tenant(
    run: Run, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    named = path.parent / "maintenance-window-127.0.0.1.json"
    assert begin(run, path=str(path.parent))["path"] == str(named)
    monkeypatch.chdir(path.parent)
    assert end(run, path=OMIT)["path"] == str(named)
    assert not named.exists()


def test_a_link_is_followed(tenant: Hand, run: Run, path: Path) -> None:
    path.symlink_to(path.with_name("elsewhere"))
    begin(run)
    assert path.is_symlink()
    assert path.with_name("elsewhere").is_file()
    end(run)
    assert schedules(tenant) == BEFORE
    assert not path.exists()


# --- what it refuses, and then touches nothing ------------------------------------------------------------------------


def test_refuses_another_window_on_the_same_file(tenant: Hand, run: Run, path: Path) -> None:
    begin(run)
    kept = path.read_bytes()
    tenant.control("DELETE", "log")
    for options in ({"source_ids": ["sap", "other"]}, {"source_ids": ["sap"]}, {"aggregations": ["accounts"]}):
        failure = run.failing(MODULE, state="paused", **{**OF, **options})
        assert failure["msg"].startswith(
            f'"{path}" contains the schedules (accounts and entitlements) of other sources'
        )
    # As a play does in `always`
    for options in ({"source_ids": ["sap", "other"]}, {"tags": ["PCI"]}):
        failure = run.failing(MODULE, state="resumed", **options)
        assert failure["msg"].startswith(
            f'"{path}" contains the schedules (accounts and entitlements) of other sources'
        )
    other = tenant.url.replace("127.0.0.1", "localhost")
    for state in ("paused", "resumed"):
        failure = run.failing(MODULE, state=state, base_url=other, **(OF if state == "paused" else {}))
        assert f'"{path}" contains the schedules of another tenant ("{tenant.url}")' in failure["msg"]
    assert writes(tenant) == []
    assert path.read_bytes() == kept
    assert schedules(tenant) == PAUSED


@pytest.mark.parametrize(
    ("content", "says"),
    [
        ("", "Expecting value"),
        ("{}", "its format is not"),
        ("[" * 100_000, ""),
        (b"\xff\xfe", "decode"),
        ('{"format": "sailpoint.isc maintenance window, version 1"}', "'tenant' is missing"),
    ],
)
def test_refuses_what_is_no_such_file(tenant: Hand, run: Run, path: Path, content: str | bytes, says: str) -> None:
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    kept = path.read_bytes()
    for state in ("paused", "resumed"):
        failure = run.failing(MODULE, state=state, **OF)
        assert re.match(
            rf'"{path}" is not the file of a maintenance window .*{says}.*nothing was changed', failure["msg"]
        )
    assert path.read_bytes() == kept
    assert writes(tenant) == []


@pytest.mark.parametrize(
    ("key", "value", "says"),
    [
        ("state", "lost", '"lost" is not one of saved, removing, removed, restored, left'),
        ("aggregation", "groups", '"groups" is not one of accounts, entitlements'),
        ("cron", None, "null is not a string"),
        ("cron", OMIT, "'cron' is missing"),
    ],
)
def test_refuses_a_file_that_was_edited_badly(run: Run, path: Path, key: str, value: t.Any, says: str) -> None:
    begin(run)
    content = json.loads(path.read_text(encoding="utf-8"))
    content["schedules"][0].update({key: value})
    if value is OMIT:
        del content["schedules"][0][key]
    path.write_text(json.dumps(content, default=str))
    assert says in run.failing(MODULE, state="resumed")["msg"]


def test_refuses_a_file_that_cannot_be_written(tenant: Hand, run: Run, path: Path) -> None:
    failure = run.failing(MODULE, state="paused", **{**OF, "path": "/nonexistent/x.json"})
    assert '"/nonexistent/x.json" cannot be written (No such file or directory)' in failure["msg"]
    assert run.failing(MODULE, check_mode=True, state="paused", **{**OF, "path": "/nonexistent/x.json"}) == failure
    # A directory by the slash at its end, though it is not there.
    failure = run.failing(MODULE, state="paused", **{**OF, "path": f"{path.parent}/typo/"})
    assert f'"{path.parent}/typo/maintenance-window-127.0.0.1.json" cannot be written' in failure["msg"]
    assert writes(tenant) == []
    path.mkdir()
    begin(run)
    assert [file.name for file in path.iterdir()] == ["maintenance-window-127.0.0.1.json"]


def test_refuses_a_file_that_is_in_use(tenant: Hand, run: Run, path: Path) -> None:
    begin(run)
    with path.open("rb+") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        for state in ("paused", "resumed"):
            assert "is in use by another run" in run.failing(MODULE, state=state, **OF)["msg"]
    end(run)
    assert schedules(tenant) == BEFORE


def test_of_two_that_begin_at_once_one_does(tenant: Hand, run: Run, path: Path) -> None:
    tenant.control("PUT", "latency", {"seconds": 0.1})
    runs = [run.start(MODULE, state="paused", **OF) for _number in range(4)]
    results = [running.result() for running in runs]
    failures = [result["msg"] for result in results if result["failed"]]
    assert len(failures) < len(runs)
    assert all(re.search("in use by another run|was just created", message) for message in failures)
    assert states(path) == ["removed"] * 3
    tenant.control("PUT", "latency", {"seconds": 0})
    end(run)
    assert schedules(tenant) == BEFORE


def test_the_sources_must_be_certain(tenant: Hand, run: Run, path: Path) -> None:
    for options in ({"source_ids": ["sap", "nosuch"]}, {"source_names": ["SAPP"]}):
        assert run.failing(MODULE, state="paused", **options)["msg"].startswith("No source ")
    assert {entry["operation"] for entry in tenant.sent()} == {"list_sources"}
    assert not path.exists()


def test_ends_by_the_same_sources_however_they_are_called(tenant: Hand, run: Run, path: Path) -> None:
    begin(run)
    # Asked for as before, no name is looked up: it may be another one now.
    tenant.control("PATCH", "sources/hr", {"name": "People"})
    assert end(run, check_mode=True, **OF)["changed"] is True
    assert end(run, source_names=["People", "SAP"], source_ids=["bare"])["changed"] is True
    assert schedules(tenant) == BEFORE
    assert end(run, tags=["nobody's"])["changed"] is False


# --- what somebody else sets ------------------------------------------------------------------------------------------


def test_what_somebody_has_set_meanwhile_stays_and_is_named(tenant: Hand, run: Run, path: Path) -> None:
    begin(run)
    set_elsewhere(tenant, "sap", accounts=AT_SIX, entitlements=ON_MONDAYS)
    left = f"SAP, accounts: kept at {AT_SIX}, which somebody has set since the removal; before, it was {AT_FIVE}"
    assert end(run, check_mode=True)["summary"][0] == left
    result = end(run)
    assert result["summary"][0] == left
    assert [schedule["state"] for schedule in result["schedules"]] == ["left", "restored", "restored"]
    assert schedules(tenant) == {**BEFORE, "sap": {"accounts": AT_SIX, "entitlements": ON_MONDAYS}}
    assert not path.exists()


def test_what_was_left_is_named_again_by_the_run_that_finishes(tenant: Hand, run: Run, path: Path) -> None:
    begin(run)
    set_elsewhere(tenant, "sap", accounts=AT_SIX)
    tenant.faults({"operation": "create_schedule", "fault": "status", "code": 403})
    run.failing(MODULE, state="resumed")
    left = f"SAP, accounts: not restored, because somebody has set another one since; before, it was {AT_FIVE}"
    assert end(run)["summary"][0] == left


def test_sources_without_a_schedule_are_told(tenant: Hand, run: Run, path: Path) -> None:
    bare = {"source_ids": ["bare"], "source_names": OMIT}
    for check_mode in (True, False):
        summary = begin(run, check_mode=check_mode, **bare)["summary"]
        assert summary[0] == "None of these sources has a schedule (accounts or entitlements)."
        assert len(summary) == 2
    assert end(run)["summary"] == [f"{path} contains no schedule, so there is nothing to restore."]
    assert not path.exists()


def test_to_begin_again_leaves_what_somebody_has_set_since(tenant: Hand, run: Run, path: Path) -> None:
    begin(run)
    set_elsewhere(tenant, "sap", accounts=AT_SIX)
    result = begin(run)
    assert f"SAP, accounts: kept at {AT_SIX}, which somebody has set" in result["summary"][0]
    assert result["changed"] is False
    assert json.loads(path.read_text(encoding="utf-8"))["schedules"][0]["cron"] == AT_FIVE
    # The same one that was removed is removed again.
    set_elsewhere(tenant, "sap", accounts=AT_FIVE)
    assert begin(run)["changed"] is True
    assert schedules(tenant) == PAUSED


def test_what_changes_while_it_begins_is_reported_and_taken_up_by_the_next_run(
    tenant: Hand, run: Run, path: Path
) -> None:
    # The first schedule is removed slowly; meanwhile, the second one changes.
    tenant.faults({"operation": "delete_schedule", "fault": "slow_first_byte", "seconds": 0.3})
    with meanwhile(tenant, "delete_schedule", lambda: set_elsewhere(tenant, "sap", entitlements=AT_SIX)):
        failure = run.failing(MODULE, state="paused", **OF)
    assert failure["msg"].startswith("1 of 3 schedules could not be removed: SAP, entitlements (The schedule of SAP")
    assert f'from "{ON_MONDAYS}" to "{AT_SIX}"' in failure["msg"]
    assert states(path) == ["removed", "saved", "removed"]
    assert schedules(tenant) == {**PAUSED, "sap": {"entitlements": AT_SIX}}
    begin(run)
    assert schedules(tenant) == PAUSED
    end(run)
    assert schedules(tenant) == {**BEFORE, "sap": {"accounts": AT_FIVE, "entitlements": AT_SIX}}


def test_what_was_not_removed_is_not_created(tenant: Hand, run: Run, path: Path) -> None:
    tenant.faults({"operation": "delete_schedule", "fault": "status", "code": 403, "times": None})
    failure = run.failing(MODULE, state="paused", **OF)
    assert failure["msg"].startswith("3 of 3 schedules could not be removed: SAP, accounts (DELETE ")
    assert (failure["status"], failure["changed"]) == (403, False)
    assert states(path) == ["saved"] * 3
    set_elsewhere(tenant, "hr")
    assert end(run)["summary"][2] == f"人事 {{{{ 1 }}}}, accounts: was not removed ({AT_SIX})"
    assert schedules(tenant) == {**BEFORE, "hr": {}}
    assert not path.exists()


def test_a_source_that_is_gone_keeps_no_other_from_being_put_back(tenant: Hand, run: Run, path: Path) -> None:
    begin(run)
    tenant.control("PATCH", "sources/sap", {"deleted": True})
    failure = run.failing(MODULE, state="resumed")
    assert failure["msg"].startswith("2 of 3 schedules could not be restored: SAP, accounts (GET ")
    assert (
        f'is saved in "{path}": run this again; if a source no longer exists, remove it from the file first.'
        in failure["msg"]
    )
    assert states(path) == ["removed", "removed", "restored"]
    assert schedules(tenant)["hr"] == BEFORE["hr"]
    content = json.loads(path.read_text(encoding="utf-8"))
    content["schedules"] = content["schedules"][2:]
    path.write_text(json.dumps(content))
    end(run)
    assert not path.exists()


# --- whatever ends it -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("nth", range(1, 4))
@pytest.mark.parametrize("fault", [{"fault": "status", "code": 503}, {"fault": "reset_before"}])
def test_the_tenant_fails_at_any_operation(
    tenant: Hand, run: Run, path: Path, nth: int, fault: dict[str, t.Any]
) -> None:
    tenant.faults({"operation": "delete_schedule", "nth": nth, "times": None, **fault})
    failure = run.failing(MODULE, state="paused", retries=0, **OF)
    assert ("; " + f"{3 - nth} more were not attempted" in failure["msg"]) == (nth < 3)
    assert_nothing_is_lost(tenant, path)
    tenant.control("DELETE", "faults")
    begin(run)
    assert schedules(tenant) == PAUSED
    tenant.faults({"operation": "create_schedule", "nth": nth, "times": None, **fault})
    run.failing(MODULE, state="resumed", retries=0)
    assert_nothing_is_lost(tenant, path)
    tenant.control("DELETE", "faults")
    end(run)
    assert schedules(tenant) == BEFORE
    assert not path.exists()


def assert_nothing_is_lost(tenant: Hand, file: Path) -> None:
    """Every schedule is set in the tenant, or in the file."""
    saved = json.loads(file.read_text(encoding="utf-8"))["schedules"] if file.exists() else []
    kept = {
        (entry["source_id"], entry["aggregation"], entry["cron"]) for entry in saved if entry["state"] != "restored"
    }
    now = schedules(tenant)
    for source, wanted in BEFORE.items():
        for aggregation, cron in wanted.items():
            assert now[source].get(aggregation) == cron or (source, aggregation, cron) in kept


class Killer:
    """Kills the process at the n-th of the moments before and after each step. reached: there is such a moment."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self._left = 0
        for owner, name in (
            (WindowFile, "write"),
            (WindowFile, "remove"),
            (Schedules, "_write"),
            (os, "link"),
            (os, "replace"),
        ):
            monkeypatch.setattr(owner, name, self._around(getattr(owner, name)))

    def _around(self, step: t.Callable[..., t.Any]) -> t.Callable[..., t.Any]:
        def stepped(*arguments: t.Any, **options: t.Any) -> t.Any:
            self._may_kill()
            result = step(*arguments, **options)
            self._may_kill()
            return result

        return stepped

    def _may_kill(self) -> None:
        self._left -= 1
        if self._left == 0:
            os.kill(os.getpid(), signal.SIGKILL)

    def run(self, run: Run, moment: int, **options: t.Any) -> bool:
        """Runs the module in a process that is killed at a moment; false where there is no such moment."""
        self._left = moment
        running = run.start(MODULE, **options)
        self._left = 0
        with contextlib.suppress(json.JSONDecodeError):
            assert not running.result()["failed"]
            return False
        return True


@pytest.mark.parametrize("first", range(1, 8))
def test_killed_at_any_moment_nothing_is_lost_and_the_next_run_finishes(
    tenant: Hand, run: Run, path: Path, monkeypatch: pytest.MonkeyPatch, first: int
) -> None:
    """Every moment is in one of the tests."""
    killer = Killer(monkeypatch)
    paused = {"state": "paused", "source_ids": ["sap"]}
    moment, moments = first, 0
    while killer.run(run, moment, **paused):
        moments += 1
        assert_nothing_is_lost(tenant, path)
        # By turns the window goes on, or ends at once.
        if moments % 2:
            run(MODULE, **paused)
            assert schedules(tenant) == {**BEFORE, "sap": {}}
            killed = killer.run(run, moment, state="resumed")
            assert_nothing_is_lost(tenant, path)
            assert killed or not path.exists()
        end(run)
        assert schedules(tenant) == BEFORE
        assert not path.exists()
        moment += 7
    assert moments > 2


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_an_interrupt_is_a_failure_that_loses_nothing(
    tenant: Hand, run: Run, path: Path, number: signal.Signals
) -> None:
    tenant.faults({"operation": "delete_schedule", "nth": 2, "fault": "slow_first_byte", "seconds": 5})
    running = run.start(MODULE, state="paused", **OF)
    with meanwhile(tenant, "delete_schedule", lambda: running.send(number), times=2):
        result = running.result()
    assert f"Interrupted by {number.name}" in result["msg"]
    assert states(path) == ["removed", "removing", "saved"]
    assert_nothing_is_lost(tenant, path)
    assert list(path.parent.glob(".*")) == []
    begin(run)
    end(run)
    assert schedules(tenant) == BEFORE
