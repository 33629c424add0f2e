# Copyright (c) 2026, the sailpoint.isc contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is in the way of an aggregation: refusals, others that run, and requests and answers that are lost."""

from __future__ import annotations

import contextlib
import re
import time
import typing as t

import pytest
from ansible_collections.sailpoint.isc.plugins.module_utils._tasks import polling
from ansible_collections.sailpoint.isc.tests.support.hand import Hand, meanwhile, safe_mode
from ansible_collections.sailpoint.isc.tests.support.modules import Run

# Enough for a wait that is to end in vain: what is looked at before is looked at in any case.
SHORT = "0.5"


@pytest.fixture(autouse=True)
def _pace(run: Run) -> None:
    run.connection.update(interval="0.1", max_interval="0.2", timeout="1m")


REFUSED = (
    "The tenant did not start the aggregation: This aggregation failed because the currently running aggregation "
    "must complete before the next one can start."
)
# In which a 202 is a refusal.
SHAPES = ("success_false", "completion_status", "message_error", "message_flag", "error_true")


def refuse(tenant: Hand, shape: str, **keys: t.Any) -> None:
    tenant.scenario(sources=[{"id": "refusing", "name": "Refused", "refuse": shape}], **keys)


@pytest.mark.parametrize(
    ("kind", "on_busy", "version", "shape"),
    [
        *(("accounts", "fail", "beta", shape) for shape in SHAPES),
        # What is started there has no success to speak of.
        *(("entitlements", "skip", "v1", shape) for shape in SHAPES[1:]),
    ],
)
def test_a_refusal_with_nothing_running_is_a_failure_with_the_tenant_s_reason(
    tenant: Hand, run: Run, kind: str, on_busy: str, version: str, shape: str
) -> None:
    refuse(tenant, shape)
    options = {"source_id": "refusing", "aggregation": kind, "on_busy": on_busy, "api_version": version}
    failure = run.failing("source_aggregation", wait=True, **options)
    assert failure["msg"] == REFUSED
    assert not failure.get("changed")
    assert "task" not in failure
    # It was launched once, in vain, and nothing is waited for.
    assert [(sent["status"], sent["effect"]) for sent in tenant.launches()] == [(202, None)]
    assert not any(entry["operation"] == "get" for entry in tenant.log())


@pytest.mark.parametrize(("on_busy", "shape"), [("adopt", "success_false"), ("wait", "completion_status")])
def test_a_refusal_is_questioned_once_where_a_running_one_would_be_waited_for(
    tenant: Hand, run: Run, on_busy: str, shape: str
) -> None:
    refuse(tenant, shape)
    assert run.failing("source_aggregation", source_id="refusing", on_busy=on_busy)["msg"] == REFUSED
    assert len(tenant.launches()) == 2


@pytest.mark.parametrize("on_busy", ["fail", "skip", "adopt", "wait"])
def test_one_of_another_kind_is_named_but_never_taken_for_the_one_that_is_wanted(
    tenant: Hand, run: Run, on_busy: str
) -> None:
    groups = {"id": "groups", "source": "refusing", "definition": "CLOUD_GROUP_AGGREGATION"}
    refuse(tenant, "success_false", tasks=[groups])
    options = {"source_id": "refusing", "on_busy": on_busy, "timeout": SHORT}
    if on_busy == "skip":
        result = run("source_aggregation", **options)
        assert (result["action"], result["task"]["id"]) == ("skipped", "groups")
        return
    failure = run.failing("source_aggregation", **options)
    named = r"Cloud Group Aggregation - Refused of .* \(groups\)"
    says = f"^The source is busy: {named}" if on_busy == "fail" else f"^Timed out after .* still pending: {named}"
    assert re.search(says, failure["msg"])
    assert "action" not in failure


# A source each, and what runs on it, named in-SOURCE: for ever, unless it is said how it will end.
RUNNING: dict[str, dict[str, t.Any]] = {
    "fail": {"age": "5m"},
    "skip": {},
    "adopt": {"ends_in": "1h"},
    "adopt-failing": {"ends": "ERROR", "messages": ["Login failed."], "ends_in": "1h"},
    "wait": {},
    "wait-failing": {"ends": "ERROR", "ends_in": "1h"},
    "other": {"definition": "CLOUD_GROUP_AGGREGATION"},
}
RUNS = r"Cloud Account Aggregation of Payroll \({}\)"


@pytest.fixture(params=["beta", "v2026"])
def busy(request: pytest.FixtureRequest, tenant: Hand, run: Run) -> Hand:
    """The tenant, with something running on each source; the version decides on how that is found."""
    run.connection["api_version"] = request.param
    sources = [{"id": name, "name": "Payroll", "accounts": {"seconds": 0.1, "completed_gap": 0}} for name in RUNNING]
    tenant.scenario(
        sources=sources, tasks=[{"id": f"in-{name}", "source": name, **task} for name, task in RUNNING.items()]
    )
    return tenant


@pytest.mark.parametrize("check_mode", [False, True])
def test_a_busy_source_is_a_failure_or_skipped(busy: Hand, run: Run, check_mode: bool) -> None:
    with safe_mode(busy):
        failure = run.failing("source_aggregation", source_id="fail", wait=True, check_mode=check_mode)
        skipped = run("source_aggregation", source_id="skip", on_busy="skip", wait=True, check_mode=check_mode)
    says = r"^The source is busy: {} has been running since \S+Z; wait for it, or set on_busy[.]$"
    assert re.search(says.format(RUNS.format("in-fail")), failure["msg"])
    assert not failure.get("changed")
    assert (skipped["changed"], skipped["action"]) == (False, "skipped")
    assert (skipped["task"]["id"], skipped["task"]["completionStatus"]) == ("in-skip", None)
    assert re.search(rf"^{RUNS.format('in-skip')} is already running[.]$", skipped["msg"])


def test_what_would_be_adopted_or_waited_for_is_told_in_check_mode(busy: Hand, run: Run) -> None:
    with safe_mode(busy):
        adopted = run("source_aggregation", source_id="adopt", on_busy="adopt", wait=True, check_mode=True)
        waited = run("source_aggregation", source_id="wait", on_busy="wait", wait=True, check_mode=True)
    assert (adopted["changed"], adopted["action"]) == (False, "adopted")
    assert (adopted["task"]["id"], adopted["task"]["completionStatus"]) == ("in-adopt", None)
    assert (waited["changed"], waited["action"]) == (True, "started")


@contextlib.contextmanager
def ends_meanwhile(tenant: Hand, run: Run, task_id: str) -> t.Iterator[None]:
    """Let a task end once it is waited for; nothing may have been launched by then."""

    def change() -> None:
        assert any(task_id in entry["raw_path"] for entry in tenant.log())
        assert tenant.launches() == []
        tenant.control("PATCH", f"tasks/{task_id}", {"ends_in": 0})

    # In the list, what is running is looked for first.
    asked, times = ("get", 1) if run.connection["api_version"] == "beta" else ("list", 2)
    with meanwhile(tenant, asked, change, times):
        yield


def test_the_running_one_is_adopted_and_waited_for_whether_or_not_a_started_one_would_be(busy: Hand, run: Run) -> None:
    with ends_meanwhile(busy, run, "in-adopt"):
        result = run("source_aggregation", source_id="adopt", on_busy="adopt", wait=False)
    assert (result["changed"], result["action"], result["launch_answer"]) == (False, "adopted", None)
    assert (result["task"]["id"], result["task"]["completionStatus"]) == ("in-adopt", "SUCCESS")
    assert result["progress"]["status"] == "COMPLETED"
    assert re.search(rf"^{RUNS.format('in-adopt')} is already running[.]$", result["msg"])
    assert busy.launches() == []


def test_one_that_was_adopted_may_fail(busy: Hand, run: Run) -> None:
    with ends_meanwhile(busy, run, "in-adopt-failing"):
        failure = run.failing("source_aggregation", source_id="adopt-failing", on_busy="adopt")
    assert (failure["changed"], failure["action"]) == (False, "adopted")
    assert re.search(r"\(in-adopt-failing\) ended with ERROR \(Login failed\)[.]$", failure["msg"])
    assert busy.launches() == []


def start(busy: Hand, run: Run, source: str) -> None:
    """Wait for one that is started; it is the only one that is launched."""
    result = run("source_aggregation", source_id=source, on_busy="wait", wait=True)
    (sent,) = busy.launches()
    assert (result["changed"], result["action"], sent["effect"]) == (True, "started", "launched")
    assert f"/{source}/load-accounts" in sent["path"]
    assert result["task"]["completionStatus"] == "SUCCESS"
    assert result["task"]["id"] != f"in-{source}"
    assert len(busy.records()) == len(RUNNING) + 1


@pytest.mark.parametrize("source", ["wait", "wait-failing"])
def test_one_is_started_after_the_running_one_however_that_ends(busy: Hand, run: Run, source: str) -> None:
    with ends_meanwhile(busy, run, f"in-{source}"):
        start(busy, run, source)


def test_a_source_is_not_busy_for_what_runs_of_another_kind(busy: Hand, run: Run) -> None:
    start(busy, run, "other")


def test_nothing_is_started_where_the_running_one_does_not_end_in_time(busy: Hand, run: Run) -> None:
    failure = run.failing("source_aggregation", source_id="wait", on_busy="wait", wait=True, timeout=SHORT)
    says = rf"^Timed out after .*: 1 of 1 task still pending: {RUNS.format('in-wait')}, for .*; nothing was started"
    assert re.search(says, failure["msg"])
    assert busy.launches() == []


class Lost(t.NamedTuple):
    """A launch that something befalls. launches: how many reach the tenant; exactly one has an effect.

    found: it is found although its answer was lost.
    """

    fault: dict[str, t.Any]
    version: str
    launches: int = 1
    found: bool = True
    accounts: dict[str, t.Any] = {"seconds": 60}
    options: dict[str, t.Any] = {}


LOST = {
    "lost after it was done": Lost({"fault": "reset_after"}, "beta"),
    "lost and over": Lost({"fault": "reset_after"}, "beta", accounts={"seconds": 0}),
    "lost and shown late": Lost({"fault": "reset_after"}, "v1", accounts={"seconds": 60, "visible_after": 0.5}),
    "broken off in the middle": Lost({"fault": "reset_during"}, "v2025"),
    "too late": Lost({"fault": "slow_first_byte", "seconds": 10}, "v2024", options={"request_timeout": 2}),
    "done but 500": Lost({"fault": "status", "code": 500, "processed": True}, "v1"),
    "done but 502": Lost({"fault": "status", "code": 502, "processed": True}, "beta"),
    "done but 504": Lost({"fault": "status", "code": 504, "processed": True}, "v2025"),
    "done but HTML": Lost({"fault": "html", "processed": True}, "v2024"),
    "done but empty": Lost({"fault": "empty"}, "v2026"),
    "done but without a task": Lost({"fault": "missing_keys", "keys": ["task"]}, "v2026"),
    "too many requests": Lost({"fault": "status", "code": 429, "retry_after": 0}, "beta", 2, found=False),
    "token refused": Lost({"fault": "expire_token"}, "v1", 2, found=False),
}


def lose(tenant: Hand, fault: dict[str, t.Any], **accounts: t.Any) -> None:
    """Start afresh, with a source whose last aggregation has just ended, and a fault that befalls its next launch."""
    before = {"id": "before", "source": "hr", "age": "1m", "seconds": 59}
    fault = {"method": "POST", "path": "/hr/load-accounts$", **fault}
    tenant.scenario(sources=[{"id": "hr", "accounts": accounts}], tasks=[before], faults=[fault], deprecated=[])


@pytest.mark.parametrize("lost", LOST.values(), ids=LOST)
def test_exactly_one_runs_whatever_befalls_the_launch(tenant: Hand, run: Run, lost: Lost) -> None:
    lose(tenant, lost.fault, **lost.accounts)
    result = run("source_aggregation", source_id="hr", api_version=lost.version, **lost.options)
    assert (result["changed"], result["action"]) == (True, "started")
    assert new_ones(tenant) == [result["task"]["id"]]
    effects = [sent["effect"] for sent in tenant.launches()]
    assert [effect for effect in effects if effect] == ["launched"]
    assert len(effects) == lost.launches
    assert (result["launch_answer"] is None) is lost.found
    assert len(result["warnings"]) == lost.found
    assert all(re.search("to the launch was lost; .* of hr ", warning) for warning in result["warnings"])


def new_ones(tenant: Hand) -> list[str]:
    """The ids of the tasks that were started."""
    return [task_id for task_id in tenant.records() if task_id != "before"]


class VirtualTime:
    """Lets the time of waits pass at once. at: what happens once so many seconds have passed."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.passed = 0.0
        self.at: dict[float, t.Callable[[], object]] = {}
        monkeypatch.setattr(polling.Clock, "now", lambda _clock: time.monotonic() + self.passed)
        monkeypatch.setattr(polling.Clock, "sleep", lambda _clock, seconds: self._sleep(seconds))

    def _sleep(self, seconds: float) -> None:
        self.passed += seconds
        for moment in [moment for moment in self.at if moment <= self.passed]:
            self.at.pop(moment)()


@pytest.fixture
def virtual(monkeypatch: pytest.MonkeyPatch) -> VirtualTime:
    return VirtualTime(monkeypatch)


UNANSWERED = {
    "cut": {"fault": "reset_after"},
    "504": {"fault": "status", "code": 504, "processed": True},
    "503": {"fault": "status", "code": 503, "processed": True},
    "slow": {"fault": "slow_first_byte", "seconds": 2},
}
MAY_BE_RUNNING = "one may be running: check with pending_tasks_info"


@pytest.mark.parametrize("visible_after", [15, 50, 1000])
@pytest.mark.parametrize("fault", UNANSWERED.values(), ids=UNANSWERED)
def test_one_that_the_tenant_shows_late_is_waited_for_and_not_started_twice(
    tenant: Hand, run: Run, virtual: VirtualTime, fault: dict[str, t.Any], visible_after: int
) -> None:
    lose(tenant, fault, seconds=600, visible_after="1h")
    virtual.at[visible_after] = lambda: tenant.control("PATCH", f"tasks/{new_ones(tenant)[0]}", {"visible_after": 0})
    slow: dict[str, t.Any] = {"request_timeout": 0.5} if fault["fault"] == "slow_first_byte" else {}
    result = run.result("source_aggregation", source_id="hr", timeout="2m", **slow)
    assert [sent["effect"] for sent in tenant.launches()] == ["launched"]
    if visible_after > 120:
        assert MAY_BE_RUNNING in result["msg"]
        assert '(source_ids: ["hr"])' in result["msg"]
        assert result["method"] == "POST"
        assert 110 <= virtual.passed <= 120
    else:
        assert (result["action"], result["task"]["id"]) == ("started", new_ones(tenant)[0])
        assert visible_after <= virtual.passed < visible_after + 30


@pytest.mark.parametrize("timeout", ["1s", "90s"])
@pytest.mark.parametrize(
    "fault",
    [
        {"fault": "reset_before"},
        {"fault": "status", "code": 500},
        {"fault": "status", "code": 503},
        {"fault": "html"},
        {"fault": "null"},
    ],
    ids=lambda fault: fault.get("code", fault["fault"]),
)
def test_one_that_may_never_have_been_started_is_not_started_again(
    tenant: Hand, run: Run, virtual: VirtualTime, fault: dict[str, t.Any], timeout: str
) -> None:
    """A minute is looked for it at least."""
    lose(tenant, {**fault, "processed": False})
    failure = run.failing("source_aggregation", source_id="hr", timeout=timeout)
    assert MAY_BE_RUNNING in failure["msg"]
    assert len(tenant.launches()) == 1
    assert max(60, int(timeout[:-1])) <= virtual.passed + 5 < 100


@pytest.mark.parametrize(
    ("fault", "version", "launches", "status"),
    [
        ({"fault": "status", "code": 429}, "beta", 3, 429),
        ({"fault": "status", "code": 403}, "v2025", 1, 403),
    ],
)
def test_what_is_not_overcome_is_a_failure_with_the_facts_and_nothing_runs(
    tenant: Hand, run: Run, fault: dict[str, t.Any], version: str, launches: int, status: int | None
) -> None:
    lose(tenant, {**fault, "times": None})
    failure = run.failing("source_aggregation", source_id="hr", api_version=version)
    assert not failure.get("changed")
    assert (failure.get("status"), failure["method"], failure["request_attempts"]) == (status, "POST", launches)
    assert failure["url"].endswith("/hr/load-accounts")
    assert len(tenant.launches()) == launches
    assert list(tenant.records()) == ["before"]


BLINDING = {
    "403": {"fault": "status", "code": 403},
    "401": {"fault": "unauthorized"},
    "404": {"fault": "status", "code": 404},
    "503": {"fault": "status", "code": 503},
    "cut": {"fault": "reset_before"},
}


@pytest.mark.parametrize("version", ["beta", "v2026"])
@pytest.mark.parametrize("fault", BLINDING.values(), ids=BLINDING)
def test_where_a_lost_launch_cannot_be_looked_for_the_failure_says_that_one_may_be_running(
    tenant: Hand, run: Run, virtual: VirtualTime, fault: dict[str, t.Any], version: str
) -> None:
    lose(tenant, {"fault": "reset_after"})
    operation = "pending" if version == "beta" else "list"
    tenant.faults({"operation": operation, "nth": 2, "times": None, **fault})
    failure = run.failing("source_aggregation", source_id="hr", api_version=version, retries=0)
    assert failure["method"] == "GET"
    says = "the answer to the launch was lost, so an aggregation may be running: check with"
    assert says in failure["msg"]
    assert len(tenant.launches()) == 1


@pytest.mark.parametrize("version", ["beta", "v2026"])
@pytest.mark.parametrize("key", ["id", "created", "target", "uniqueName", "completed"])
@pytest.mark.parametrize("on_busy", ["fail", "skip", "adopt", "wait"])
def test_a_running_one_that_lacks_something_is_no_crash(
    tenant: Hand, run: Run, virtual: VirtualTime, on_busy: str, key: str, version: str
) -> None:
    running = {"id": "running", "source": "hr", "ends_in": "1h"}
    tenant.scenario(sources=[{"id": "hr"}], tasks=[running], deprecated=[])
    operation = "pending" if version == "beta" else "list"
    tenant.faults({"operation": operation, "times": None, "fault": "missing_keys", "keys": [key]})
    result = run.result("source_aggregation", source_id="hr", on_busy=on_busy, api_version=version, timeout="20s")
    if key == "id":
        assert result["failed"] is (on_busy != "skip")
        assert "the tenant did not return the id of the task" in result["msg"] or on_busy in ("fail", "skip")
    elif result["failed"] and "action" not in result:
        assert re.search(r"^The source is busy: |^Timed out after |did not start the aggregation", result["msg"])


@pytest.mark.parametrize("keys", [["id"], ["created"], ["target"], ["id", "created"], ["completed"]])
def test_an_answer_or_a_record_that_lacks_something_is_no_crash(
    tenant: Hand, run: Run, virtual: VirtualTime, keys: list[str]
) -> None:
    # The answer to a launch of accounts has its record within.
    of_answer = ["task" if key == "id" else key for key in keys]
    lose(tenant, {"fault": "missing_keys", "keys": of_answer, "times": None}, seconds=0)
    for operation in ("pending", "list"):
        tenant.faults({"operation": operation, "times": None, "fault": "missing_keys", "keys": keys})
    result = run.result("source_aggregation", source_id="hr", timeout="20s", max_age="1s", wait=True)
    assert len(tenant.launches()) == 1
    if "id" in keys:
        assert "instead of the id of the task that was started; no started aggregation was found" in result["msg"]
        assert MAY_BE_RUNNING in result["msg"]
    else:
        assert result["task"]["id"] in new_ones(tenant)
