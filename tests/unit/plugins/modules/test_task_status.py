# Copyright (c) 2026, the sailpoint.isc contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What task_status makes of a record: idempotent, foretold in check mode, and edited once whatever gets lost."""

from __future__ import annotations

import re
import time
import typing as t

import pytest
import requests
from ansible_collections.sailpoint.isc.plugins.module_utils._time import format_timestamp
from ansible_collections.sailpoint.isc.tests.support.hand import SECRETS, Hand, safe_mode
from ansible_collections.sailpoint.isc.tests.support.modules import OMIT, VERSIONS, Run

COMPLETED = "2026-05-17T19:33:16.470Z"
# Two spellings of that moment.
WITH_COLON, WITHOUT_COLON = "2026-05-17T21:33:16.47+02:00", "2026-05-17T21:33:16.47+0200"


def patches(tenant: Hand) -> list[dict[str, t.Any]]:
    """The requests that have tried to change a record."""
    return [entry for entry in tenant.sent() if entry["method"] == "PATCH"]


def methods(tenant: Hand) -> list[str]:
    return [entry["method"] for entry in tenant.sent()]


def statuses(tenant: Hand) -> list[int | None]:
    return [entry["status"] for entry in tenant.sent()]


def replace(path: str, value: t.Any) -> dict[str, t.Any]:
    return {"op": "replace", "path": path, "value": value}


def test_safe_mode_tells_whether_something_was_to_be_changed(tenant: Hand, run: Run) -> None:
    tenant.scenario(tasks=[{"id": "stuck"}])
    with pytest.raises(AssertionError, match=r"safe mode.*PATCH"), safe_mode(tenant):
        run.failing("task_status", id="stuck", completion_status="ERROR")


@pytest.mark.parametrize("version", VERSIONS)
def test_a_stuck_task_is_cleared_once_and_as_check_mode_has_told(tenant: Hand, run: Run, version: str) -> None:
    tenant.scenario(tasks=[{"id": "stuck", "definition": "CLOUD_ACCOUNT_AGGREGATION", "age": "2d"}])
    before = tenant.records()["stuck"]
    assert before["completionStatus"] is before["completed"] is None
    clear = {"api_version": version, "id": "stuck", "completion_status": "TERMINATED", "completed": COMPLETED}

    with safe_mode(tenant):
        check = run("task_status", check_mode=True, diff=True, **clear)
    assert check["changed"] is True
    assert check["patch"] == [replace("/completed", COMPLETED), replace("/completionStatus", "TERMINATED")]
    assert check["diff"]["before"] == before
    assert check["diff"]["after"] == {**before, "completionStatus": "TERMINATED", "completed": COMPLETED}
    assert check["task"] == check["diff"]["after"]
    assert tenant.records()["stuck"] == before

    real = run("task_status", diff=True, **clear)
    assert real["changed"] is True
    assert real["patch"] == check["patch"]
    # The tenant notes the time of the modification; all else is as it was foretold.
    assert {**real["task"], "modified": None} == {**check["task"], "modified": None}
    assert real["diff"] == {"before": before, "after": real["task"]}
    assert tenant.records()["stuck"] == real["task"]
    (sent,) = patches(tenant)
    assert sent["version"] == version
    assert sent["headers"]["content-type"] == "application/json-patch+json"
    # A guard comes first: the tenant itself refuses the rest when the task has completed.
    guard = [{"op": "test", "path": path, "value": None} for path in ("/completionStatus", "/completed")]
    assert sent["body"] == guard + real["patch"]

    again = run("task_status", **clear)
    assert again["changed"] is False
    assert again["patch"] == []
    assert again["task"] == real["task"]
    assert "msg" not in again
    assert "diff" not in again
    # One look for each run.
    assert methods(tenant) == ["GET", "GET", "PATCH", "GET"]


class State(t.NamedTuple):
    """record: as the tenant holds it.  then: what is in it afterwards.  patch: what is sent, unless None.

    says: what msg must hold (a regular expression).  once: whether the edit may not be run again.
    """

    record: dict[str, t.Any]
    options: dict[str, t.Any]
    changed: bool
    then: dict[str, t.Any]
    patch: list[dict[str, t.Any]] | None = None
    says: str = "^$"
    once: bool = False


STATES = {
    "status alone": State({}, {"completion_status": "ERROR"}, True, {"completionStatus": "ERROR"}),
    "time alone": State(
        {},
        {"completed": WITH_COLON},
        True,
        {"completionStatus": None, "completed": COMPLETED},
        [replace("/completed", COMPLETED)],
    ),
    "status where the keys are missing": State(
        {"without": ["completed", "completionStatus"]},
        {"completion_status": "TEMPERROR", "completed": "2026-05-17T19:33:16Z"},
        True,
        {"completionStatus": "TEMPERROR", "completed": "2026-05-17T19:33:16.000Z"},
        [
            {"op": "add", "path": "/completionStatus", "value": "TEMPERROR"},
            {"op": "add", "path": "/completed", "value": "2026-05-17T19:33:16.000Z"},
        ],
    ),
    "completed otherwise": State(
        {"completionStatus": "SUCCESS", "completed": COMPLETED},
        {"completion_status": "ERROR"},
        False,
        {"completionStatus": "SUCCESS", "completed": COMPLETED},
        says=r"^Cloud Account Aggregation \(task\) has already completed \(SUCCESS, 2026-05-17T19:33:16.470Z\) and "
        r"was not changed; set overwrite to change it anyway\.$",
    ),
    # The record has a time of completion, and keeps it.
    "completed otherwise, overwritten": State(
        {"completionStatus": "SUCCESS", "completed": COMPLETED},
        {"completion_status": "ERROR", "overwrite": True},
        True,
        {"completionStatus": "ERROR", "completed": COMPLETED},
        [replace("/completionStatus", "ERROR")],
    ),
    "completed as wanted": State(
        {"completionStatus": "Temp_Error", "completed": COMPLETED},
        {"completion_status": "TEMPERROR", "completed": WITHOUT_COLON, "overwrite": True},
        False,
        {"completionStatus": "Temp_Error", "completed": COMPLETED},
    ),
    "about to complete": State(
        {"completed": COMPLETED},
        {"completion_status": "TERMINATED"},
        False,
        {"completionStatus": None},
        says="no completion status yet",
    ),
    "about to complete, overwritten": State(
        {"completed": COMPLETED},
        {"completion_status": "TERMINATED", "overwrite": True},
        True,
        {"completionStatus": "TERMINATED", "completed": COMPLETED},
        [replace("/completionStatus", "TERMINATED")],
    ),
    "any patch": State(
        {"progress": "a/b", "attributes": {"~old": 1, "list": [1, 2]}, "percentComplete": 7},
        {
            "patch": [
                {"op": "test", "path": "/percentComplete", "value": 7},
                {"op": "replace", "path": "/percentComplete", "value": 100},
                {"op": "move", "from": "/attributes/~0old", "path": "/attributes/new"},
                {"op": "copy", "from": "/percentComplete", "path": "/attributes/percent"},
                {"op": "add", "path": "/attributes/text", "value": 'ünïcode " text'},
                {"op": "remove", "path": "/attributes/list/0"},
                {"op": "replace", "path": "/progress"},
            ]
        },
        True,
        {
            "percentComplete": 100,
            "progress": None,
            "attributes": {"new": 1, "percent": 100, "text": 'ünïcode " text', "list": [2]},
        },
        once=True,
    ),
    "patch that holds already": State(
        {"percentComplete": 7},
        {
            "patch": [
                {"op": "replace", "path": "/percentComplete", "value": 7},
                {"op": "remove", "path": "/progress"},
                {"op": "add", "path": "/progress", "value": None},
            ]
        },
        False,
        {"percentComplete": 7},
    ),
    "patch of a completed task": State(
        {"completionStatus": "ERROR", "completed": COMPLETED},
        {"patch": [replace("/completionStatus", "WARNING")]},
        False,
        {"completionStatus": "ERROR"},
        says=r"has already completed \(ERROR",
    ),
    "patch of a completed task, overwritten": State(
        {"completionStatus": "ERROR", "completed": COMPLETED},
        {"patch": [replace("/completionStatus", "WARNING")], "overwrite": True},
        True,
        {"completionStatus": "WARNING"},
        [replace("/completionStatus", "WARNING")],
    ),
}


@pytest.mark.parametrize("state", STATES.values(), ids=STATES)
def test_a_record_is_brought_into_the_wanted_state_and_stays_so(tenant: Hand, run: Run, state: State) -> None:
    tenant.scenario(tasks=[{**state.record, "id": "task"}])
    with safe_mode(tenant):
        check = run("task_status", id="task", check_mode=True, **state.options)
    real = run("task_status", id="task", **state.options)
    held = tenant.records()["task"]
    sent = patches(tenant)

    for result in (check, real):
        assert result["changed"] is state.changed
        assert result["warnings"] == []
        assert re.search(state.says, result.get("msg", ""))
        assert result["task"] == {**result["task"], **state.then}
        assert state.patch is None or result["patch"] == state.patch
    assert check.get("msg") == real.get("msg")
    # They are the same but for a time of completion that is now.
    foretold, done = (sorted(operation["path"] for operation in result["patch"]) for result in (check, real))
    assert foretold == done
    assert bool(real["patch"]) is state.changed
    assert [entry["effect"] for entry in sent] == ["patched"] * state.changed
    assert held == real["task"]

    if not state.once:
        again = run("task_status", id="task", **state.options)
        assert (again["changed"], again["patch"]) == (False, [])
        assert patches(tenant) == sent
        assert tenant.records()["task"] == held


def test_the_time_of_completion_is_now_where_none_is_given(tenant: Hand, run: Run) -> None:
    tenant.scenario(tasks=[{"id": "stuck"}])
    task = run("task_status", id="stuck", completion_status="ERROR")["task"]
    assert task["created"] <= task["completed"] <= task["modified"]


@pytest.mark.parametrize("hours", [2, -2])
def test_now_is_the_time_on_the_tenants_clock(
    tenant: Hand, run: Run, monkeypatch: pytest.MonkeyPatch, hours: int
) -> None:
    tenant.scenario(tasks=[{"id": "stuck", "age": "10m"}])
    run.connection.update(access_token=tenant.token().json()["access_token"], client_id=OMIT, client_secret=OMIT)
    now = time.time
    monkeypatch.setattr(time, "time", lambda: now() + hours * 3600)
    task = run("task_status", id="stuck", completion_status="ERROR")["task"]
    # A date in a header has whole seconds.
    assert task["completed"][:14] in (task["modified"][:14], format_timestamp(now() - 2)[:14])


# The requests of an edit whose effect is found by reading the record again; of one that had none, and is sent again
# after another look; and of one that was certainly not accepted, and is sent again at once.
FOUND, AGAIN, AT_ONCE = "GET PATCH GET", "GET PATCH GET GET PATCH", "GET PATCH PATCH"


@pytest.mark.parametrize(
    ("fault", "course"),
    [
        ({"fault": "reset_before"}, AGAIN),
        ({"fault": "reset_before", "times": 2}, f"{AGAIN} GET GET PATCH"),
        ({"fault": "reset_after"}, FOUND),
        ({"fault": "reset_during"}, FOUND),
        ({"fault": "short_body"}, FOUND),
        ({"fault": "chunked_garbage"}, FOUND),
        ({"fault": "slow_first_byte", "seconds": 30}, FOUND),
        ({"fault": "status", "code": 500}, AGAIN),
        ({"fault": "status", "code": 500, "processed": True}, FOUND),
        ({"fault": "status", "code": 503, "processed": True}, FOUND),
        ({"fault": "html"}, AGAIN),
        ({"fault": "html", "processed": True}, FOUND),
        ({"fault": "empty"}, FOUND),
        ({"fault": "no_content"}, FOUND),
        ({"fault": "wrong_shape"}, FOUND),
        ({"fault": "status", "code": 429, "retry_after": 0}, AT_ONCE),
        ({"fault": "expire_token"}, AT_ONCE),
    ],
)
def test_an_edit_whose_answer_is_lost_takes_effect_once(
    tenant: Hand, run: Run, fault: dict[str, t.Any], course: str
) -> None:
    tenant.scenario(tasks=[{"id": "stuck", "age": "2d"}], faults=[{"method": "PATCH", **fault}])
    if fault["fault"] == "slow_first_byte":
        run.connection["request_timeout"] = 3
    edited = run("task_status", id="stuck", completion_status="ERROR", api_version="v1")
    held = tenant.records()["stuck"]
    assert edited["changed"] is True
    assert [operation["path"] for operation in edited["patch"]] == ["/completed", "/completionStatus"]
    assert held["completionStatus"] == "ERROR"
    assert edited["task"] == held
    assert [entry["effect"] for entry in patches(tenant) if entry["effect"]] == ["patched"]
    assert " ".join(methods(tenant)) == course


@pytest.mark.parametrize(
    ("fault", "tries"),
    [
        ({"fault": "reset_before"}, 3),
        ({"fault": "status", "code": 500}, 3),
        ({"fault": "status", "code": 400}, 2),
        ({"fault": "status", "code": 403}, 1),
        ({"fault": "status", "code": 409}, 2),
    ],
)
def test_an_edit_that_never_gets_through_is_a_failure(
    tenant: Hand, run: Run, fault: dict[str, t.Any], tries: int
) -> None:
    tenant.scenario(tasks=[{"id": "stuck", "age": "2d"}], faults=[{"method": "PATCH", "times": None, **fault}])
    before = tenant.records()
    failure = run.failing("task_status", id="stuck", completion_status="ERROR", api_version="v1")
    assert not failure.get("changed")
    assert failure.get("status") == fault.get("code")
    assert failure["method"] == "PATCH"
    assert failure["url"] == f"{tenant.url}/task-status/v1/stuck"
    assert len(patches(tenant)) == tries
    assert tenant.records() == before


OTHER = {"id": "other", "completionStatus": "ERROR", "completed": COMPLETED}
IN_DOUBT = "the patch may have been applied: check the record before you run this again."
# The answers that do not show what came of a patch, whether it was applied or not.
SHOWS_NOTHING = {
    "another task": {"json": OTHER},
    "no id": {"json": {**OTHER, "id": None}},
    "nothing in it": {"json": {}},
    "still pending": {"json": {"id": "stuck", "completionStatus": None, "completed": None}},
    "less than the record": {"json": {**OTHER, "id": "stuck"}},
}


@pytest.mark.parametrize("applied", [True, False])
@pytest.mark.parametrize("answer", SHOWS_NOTHING.values(), ids=SHOWS_NOTHING)
def test_after_an_answer_that_does_not_show_the_edit_the_record_itself_is_reported(
    tenant: Hand, run: Run, answer: dict[str, t.Any], applied: bool
) -> None:
    tenant.scenario(
        tasks=[{"id": "stuck", "age": "2d"}],
        faults=[{"method": "PATCH", "fault": "status", "code": 200, "processed": applied, **answer}],
    )
    before = tenant.records()["stuck"]
    edited = run("task_status", id="stuck", completion_status="ERROR", completed=COMPLETED, diff=True)
    assert edited["changed"] is applied
    assert edited["task"] == tenant.records()["stuck"]
    assert edited["diff"] == {"before": before, "after": edited["task"]}
    assert edited["warnings"] == [
        f"The tenant accepted the patch but did not set /{key}."
        for key in ("completed", "completionStatus")
        if not applied
    ]
    assert methods(tenant) == ["GET", "PATCH", "GET"]


def test_an_answer_without_a_key_that_the_record_has_is_no_reason_to_warn(tenant: Hand, run: Run) -> None:
    tenant.scenario(
        tasks=[{"id": "stuck", "age": "2d"}],
        faults=[{"method": "PATCH", "fault": "missing_keys", "keys": ["completed"]}],
    )
    edited = run("task_status", id="stuck", completion_status="ERROR")
    assert edited["changed"] is True
    assert edited["warnings"] == []
    assert edited["task"] == tenant.records()["stuck"]


@pytest.mark.parametrize("fault", [{"fault": "reset_after"}, {"fault": "status", "code": 504}])
@pytest.mark.parametrize(
    "certain",
    [
        {"method": "GET", "nth": 2, "times": None, "fault": "status", "code": 403},
        {"method": "GET", "nth": 2, "times": None, "fault": "status", "code": 404},
        {"method": "GET", "nth": 2, "times": None, "fault": "reset_before"},
        {"method": "GET", "nth": 2, "times": None, "fault": "html"},
    ],
)
def test_what_fails_for_certain_after_a_lost_answer_says_that_the_record_may_have_been_changed(
    tenant: Hand, run: Run, fault: dict[str, t.Any], certain: dict[str, t.Any]
) -> None:
    tenant.scenario(tasks=[{"id": "stuck", "age": "2d"}], faults=[{"method": "PATCH", **fault}, certain])
    failure = run.failing("task_status", id="stuck", completion_status="ERROR", retries=1)
    assert failure["msg"].endswith("the patch may have been applied: check the record before you run this again.")
    assert len(patches(tenant)) == 1


def test_an_edit_that_is_refused_after_its_first_answer_was_lost_says_so_and_why_it_was_refused(
    tenant: Hand, run: Run
) -> None:
    tenant.scenario(
        tasks=[{"id": "stuck", "age": "2d"}],
        faults=[
            {"method": "PATCH", "fault": "status", "code": 504},
            {"method": "PATCH", "nth": 2, "fault": "status", "code": 403},
        ],
    )
    failure = run.failing("task_status", id="stuck", completion_status="ERROR")
    assert failure["status"] == 403
    assert "personal access token" in failure["msg"]
    assert failure["msg"].endswith("the patch may have been applied: check the record before you run this again.")


@pytest.fixture
def completes_before(tenant: Hand, monkeypatch: pytest.MonkeyPatch) -> t.Callable[[int], None]:
    """Lets the task "stuck" complete by itself right before the tenant gets the so-many-th request for it."""
    send = requests.Session.send

    def arrange(number: int) -> None:
        def sending(
            session: requests.Session, request: requests.PreparedRequest, **options: t.Any
        ) -> requests.Response:
            if "/task-status/" in str(request.url) and len(tenant.sent()) == number - 1:
                tenant.control("PATCH", "tasks/stuck", {"ends_in": 0, "ends": "WARNING", "completed_gap": 0})
            return send(session, request, **options)

        monkeypatch.setattr(requests.Session, "send", sending)

    return arrange


def check_left_alone(tenant: Hand, result: dict[str, t.Any]) -> None:
    """The task is as it ended by itself, and the result says so."""
    assert result["changed"] is False
    assert result["patch"] == []
    assert "has already completed (WARNING," in result["msg"]
    assert result["task"]["completionStatus"] == "WARNING"
    assert result["task"] == tenant.records()["stuck"]


def test_a_task_that_completes_right_before_the_edit_is_left_as_it_is(
    tenant: Hand, run: Run, completes_before: t.Callable[[int], None]
) -> None:
    tenant.scenario(tasks=[{"id": "stuck", "age": "2d"}])
    completes_before(2)
    check_left_alone(tenant, run("task_status", id="stuck", completion_status="TERMINATED"))
    assert methods(tenant) == ["GET", "PATCH", "GET"]
    assert statuses(tenant) == [200, 400, 200]


def test_a_task_that_completes_while_the_server_asks_to_wait_is_left_as_it_is(
    tenant: Hand, run: Run, completes_before: t.Callable[[int], None]
) -> None:
    tenant.scenario(
        tasks=[{"id": "stuck", "age": "2d"}],
        faults=[{"method": "PATCH", "fault": "status", "code": 503, "retry_after": 1}],
    )
    completes_before(4)
    begin = time.monotonic()
    check_left_alone(tenant, run("task_status", id="stuck", completion_status="TERMINATED", max_retry_delay=5))
    assert time.monotonic() - begin >= 1
    assert methods(tenant) == ["GET", "PATCH", "GET", "GET"]
    assert statuses(tenant) == [200, 503, 200, 200]


@pytest.mark.parametrize(
    ("test_operation", "sent"),
    [
        ("ignored", [["test", "test", "replace", "replace"]]),
        # Where it is refused, the edit is sent without it.
        ("refused", [["test", "test", "replace", "replace"], ["replace", "replace"]]),
    ],
)
def test_a_tenant_that_does_not_honour_the_operation_test_gets_the_edit_all_the_same(
    tenant: Hand, run: Run, test_operation: str, sent: list[list[str]]
) -> None:
    tenant.scenario(
        patch_test_op=test_operation,
        tasks=[{"id": "stuck", "age": "2d"}, {"id": "over", "age": "2d", "completionStatus": "SUCCESS"}],
    )
    edited, again, over = (
        run("task_status", id=task_id, completion_status="ERROR") for task_id in ("stuck", "stuck", "over")
    )
    assert [result["changed"] for result in (edited, again, over)] == [True, False, False]
    assert edited["task"]["completionStatus"] == "ERROR"
    assert over["task"]["completionStatus"] == "SUCCESS"
    assert [[operation["op"] for operation in entry["body"]] for entry in patches(tenant)] == sent
    assert [entry["effect"] for entry in patches(tenant) if entry["effect"]] == ["patched"]


@pytest.mark.parametrize("client", ["reader", "helpdesk"])
def test_a_client_that_may_not_edit_is_told_what_credentials_it_takes(tenant: Hand, run: Run, client: str) -> None:
    tenant.scenario(tasks=[{"id": "stuck", "age": "2d"}])
    before = tenant.records()
    run.connection.update(client_id=client, client_secret=SECRETS[client])
    # Check mode needs no right to edit.
    assert run("task_status", id="stuck", completion_status="ERROR", check_mode=True)["changed"] is True
    failure = run.failing("task_status", id="stuck", completion_status="ERROR")
    assert failure["status"] == 403
    assert failure["method"] == "PATCH"
    assert "personal access token of a user with rights to the task" in failure["msg"]
    assert re.fullmatch("[0-9a-f]{32}", failure["request_id"])
    assert failure["detail_code"] == "403 Forbidden"
    assert re.fullmatch("[0-9a-f]{32}", failure["tracking_id"])
    assert failure["request_attempts"] == 1
    assert len(patches(tenant)) == 1
    assert tenant.records() == before


@pytest.mark.parametrize("check_mode", [True, False])
def test_an_unknown_id_is_named(tenant: Hand, run: Run, check_mode: bool) -> None:
    unknown = '../nobody/kno"ws%2f'
    failure = run.failing("task_status", id=unknown, completion_status="ERROR", check_mode=check_mode)
    assert re.search("^No task has the id .*../nobody/kno.*check the id", failure["msg"])
    assert [entry["raw_path"] for entry in tenant.sent()] == ["/beta/task-status/..%2Fnobody%2Fkno%22ws%252f"]


@pytest.mark.parametrize(
    "patch",
    [
        [{"op": "test", "path": "/percentComplete", "value": 4}, replace("/percentComplete", 5)],
        [replace("/noSuchKey", 1)],
        [{"op": "add", "path": "/messages/7", "value": {}}],
        [replace("", "text")],
    ],
)
@pytest.mark.parametrize("check_mode", [True, False])
def test_a_patch_that_does_not_fit_is_refused_before_anything_is_sent(
    tenant: Hand, run: Run, patch: list[dict[str, t.Any]], check_mode: bool
) -> None:
    tenant.scenario(tasks=[{"id": "stuck", "age": "2d", "percentComplete": 3}])
    before = tenant.records()
    failure = run.failing("task_status", id="stuck", patch=patch, check_mode=check_mode)
    assert re.search(r"cannot be applied to the record stuck.*[.]$", failure["msg"])
    assert methods(tenant) == ["GET"]
    assert tenant.records() == before
