# Copyright (c) 2026, the sailpoint.isc contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import copy
import typing as t

import jsonpatch
import pytest
from ansible_collections.sailpoint.isc.plugins.module_utils._errors import InvalidOption, IscError, RequestFailed
from ansible_collections.sailpoint.isc.plugins.module_utils._tasks.editor import Edit, Editor, wanted_state
from hypothesis import example, given
from hypothesis import strategies as st

Record = dict[str, t.Any]

NOW = 1779046396.47
NOW_TEXT = "2026-05-17T19:33:16.470Z"
PENDING = {
    "id": "task1",
    "uniqueName": "Aggregation",
    "completed": None,
    "completionStatus": None,
    "percentComplete": 10,
}
OVER = {**PENDING, "completed": "2026-05-17T19:00:00.000Z", "completionStatus": "SUCCESS"}


def failure(status: int | None = None, *, maybe_applied: bool = False) -> RequestFailed:
    return RequestFailed(
        "failed", method="PATCH", url="http://h/", status=status, transient=maybe_applied, maybe_applied=maybe_applied
    )


class Tenant:
    """A tenant with one task, and a transport to it: what it does with each patch is told by a script.

    script: for each patch, "ok", or how its answer gets lost: "before" it takes effect or "after"; or an exception.
    tests: what it makes of "test" operations: they are "honoured", "ignored" or "refused" with 400.
    before_request: what happens to the record before the so-many-th request (the first is 1).
    """

    def __init__(
        self,
        record: Record,
        *script: t.Any,
        tests: str = "honoured",
        before_request: t.Mapping[int, Record] | None = None,
        retries: int = 3,
    ) -> None:
        self.record = copy.deepcopy(record)
        self.patches: list[list[dict[str, t.Any]]] = []
        self.effects = 0
        self.completed_by_itself = False
        self.pauses = 0
        self._script = iter(script)
        self._tests = tests
        self._events = dict(before_request or {})
        self._requests = 0
        self._retries = retries

    def _request(self) -> None:
        self._requests += 1
        event = self._events.pop(self._requests, {})
        if "completionStatus" in event:
            if self.record["completionStatus"] is not None:
                return
            self.completed_by_itself = True
        self.record.update(event)

    def get(self, task_id: str) -> Record | None:
        assert task_id == "task1"
        self._request()
        return copy.deepcopy(self.record) if self.record else None

    def update(self, task_id: str, operations: t.Sequence[dict[str, t.Any]]) -> Record:
        assert task_id == "task1"
        self._request()
        self.patches.append(list(operations))
        step = next(self._script, "ok")
        if isinstance(step, Exception):
            raise step
        if step != "before":
            self._apply(operations)
        if step != "ok":
            raise failure(maybe_applied=True)
        return copy.deepcopy(self.record)

    def _apply(self, operations: t.Sequence[dict[str, t.Any]]) -> None:
        if self._tests == "refused" and any(operation["op"] == "test" for operation in operations):
            raise failure(400)
        if self._tests == "ignored":
            operations = [operation for operation in operations if operation["op"] != "test"]
        try:
            after = jsonpatch.apply_patch(self.record, operations)
        except jsonpatch.JsonPatchTestFailed:
            raise failure(400) from None
        self.effects += repr(after) != repr(self.record)
        self.record = after

    def wait_before_retry(self, error: RequestFailed, retry: int) -> bool:
        self.pauses += 1
        return error.transient and retry < self._retries


def options(**given_options: t.Any) -> dict[str, t.Any]:
    return {"completion_status": None, "completed": None, "patch": None, **given_options}


def operation(op: str, path: str, value: t.Any = None, start: str | None = None) -> dict[str, t.Any]:
    """An operation with all its suboptions, as Ansible hands it over."""
    return {"op": op, "path": path, "value": value, "from": start}


def editor(tenant: Tenant, overwrite: bool = False, **given_options: t.Any) -> Editor:
    wanted = wanted_state(options(**(given_options or {"completion_status": "TERMINATED"})), lambda: NOW)
    return Editor(tenant, tenant, "task1", wanted, overwrite)  # type: ignore[arg-type]


def edited(tenant: Tenant, overwrite: bool = False, **given_options: t.Any) -> Edit:
    return editor(tenant, overwrite, **given_options).run()


def test_a_pending_task_gets_the_status_and_the_present_time() -> None:
    tenant = Tenant(PENDING)
    edit = edited(tenant)
    assert edit.changed
    assert edit.before == PENDING
    assert edit.after == tenant.record == {**PENDING, "completionStatus": "TERMINATED", "completed": NOW_TEXT}
    assert sorted(step["path"] for step in edit.operations) == ["/completed", "/completionStatus"]
    assert (edit.note, edit.ignored) == ("", [])


def test_the_second_time_nothing_is_sent_and_nothing_changes() -> None:
    tenant = Tenant(PENDING)
    edited(tenant)
    edit = edited(tenant)
    assert not edit.changed
    assert edit.operations == []
    assert edit.note == ""
    assert len(tenant.patches) == 1


@pytest.mark.parametrize(
    "record",
    [OVER, {**PENDING, "completed": "2026-05-17T19:00:00.000Z"}, {**PENDING, "completionStatus": "SUCCESS"}],
)
def test_a_task_that_has_completed_or_is_about_to_is_left_as_it_is(record: Record) -> None:
    tenant = Tenant(record)
    edit = edited(tenant)
    assert (edit.changed, tenant.patches, edit.before, edit.after) == (False, [], record, record)
    assert edit.note.startswith("Aggregation (task1) has already completed (")
    assert "set overwrite" in edit.note


def test_a_completed_task_is_changed_when_that_is_asked_for() -> None:
    tenant = Tenant(OVER)
    edit = edited(tenant, overwrite=True)
    assert edit.changed
    assert tenant.record == {**OVER, "completionStatus": "TERMINATED"}


def test_a_completed_task_in_the_wanted_state_is_no_reason_to_say_anything() -> None:
    edit = edited(Tenant(OVER), completion_status="SUCCESS")
    assert (edit.changed, edit.note) == (False, "")


def test_planning_sends_nothing_and_tells_what_would_be() -> None:
    tenant = Tenant(PENDING)
    planned = editor(tenant).planned()
    assert tenant.patches == []
    assert tenant.record == PENDING
    edit = edited(tenant)
    assert (planned.changed, planned.after, planned.operations) == (True, edit.after, edit.operations)


def test_an_id_that_does_not_exist_is_a_failure() -> None:
    with pytest.raises(IscError, match='No task has the id "task1"'):
        edited(Tenant({}))


@pytest.mark.parametrize(
    ("stored", "wanted"),
    [
        ("2026-05-17T19:33:16.470Z", "2026-05-17T21:33:16.47+02:00"),
        ("2026-05-17T19:33:16Z", "2026-05-17T19:33:16.000Z"),
    ],
)
def test_another_spelling_of_a_time_or_a_status_is_no_difference(stored: str, wanted: str) -> None:
    record = {**PENDING, "completed": stored, "completionStatus": "Temp_Error"}
    edit = edited(Tenant(record), True, completion_status="TEMPERROR", completed=wanted)
    assert (edit.changed, edit.operations) == (False, [])


def test_a_time_that_the_server_spells_otherwise_is_not_reported_as_ignored() -> None:
    tenant = Tenant(PENDING)
    update = tenant.update

    def respelling(task_id: str, operations: t.Sequence[dict[str, t.Any]]) -> Record:
        return {**update(task_id, operations), "completed": "2026-05-17T19:33:16.47+00:00"}

    tenant.update = respelling  # type: ignore[method-assign]
    assert edited(tenant).ignored == []


class Ignoring(Tenant):
    """A tenant that accepts patches and leaves these keys as they are.

    answers: what it answers in place of the record, made of the record before the patch and after it.
    """

    def __init__(
        self,
        record: Record,
        *keys: str,
        answers: t.Callable[[Record, Record], Record] = lambda before, after: after,
        **facts: t.Any,
    ) -> None:
        super().__init__(record, **facts)
        self._keys = keys
        self._answers = answers
        self.reads = 0

    def get(self, task_id: str) -> Record | None:
        self.reads += 1
        return super().get(task_id)

    def update(self, task_id: str, operations: t.Sequence[dict[str, t.Any]]) -> Record:
        before = copy.deepcopy(self.record)
        super().update(task_id, operations)
        self.record.update({key: before[key] for key in self._keys})
        return self._answers(before, copy.deepcopy(self.record))


ANSWERS: dict[str, t.Callable[[Record, Record], Record]] = {
    "as before": lambda before, after: before,
    "of another task": lambda before, after: {**after, "id": "task2"},
    "of another task, as before": lambda before, after: {**before, "id": "task2"},
    "without id": lambda before, after: {key: value for key, value in after.items() if key != "id"},
    "id null": lambda before, after: {**after, "id": None},
    "nothing in it": lambda before, after: {},
    "what was set alone": lambda before, after: {key: after[key] for key in ("id", "completed", "completionStatus")},
    "half of what was set": lambda before, after: {**after, "completed": None},
}


@pytest.mark.parametrize("answers", ANSWERS.values(), ids=ANSWERS)
def test_an_answer_that_does_not_show_the_edit_is_checked_against_the_record_once(
    answers: t.Callable[[Record, Record], Record],
) -> None:
    tenant = Ignoring(PENDING, answers=answers)
    edit = edited(tenant)
    assert (edit.changed, edit.ignored, edit.note) == (True, [], "")
    assert edit.after == tenant.record == {**PENDING, "completionStatus": "TERMINATED", "completed": NOW_TEXT}
    assert (len(tenant.patches), tenant.reads) == (1, 2)


def test_an_answer_that_shows_the_edit_needs_no_other_look() -> None:
    tenant = Ignoring(PENDING)
    assert edited(tenant).changed
    assert tenant.reads == 1


@pytest.mark.parametrize("answers", ANSWERS.values(), ids=ANSWERS)
@pytest.mark.parametrize("ignored", [["completionStatus"], ["completed"], ["completed", "completionStatus"]])
def test_what_the_tenant_accepts_and_does_not_set_is_named(
    answers: t.Callable[[Record, Record], Record], ignored: list[str]
) -> None:
    tenant = Ignoring(PENDING, *ignored, answers=answers, before_request={3: {"percentComplete": 55}})
    edit = edited(tenant)
    assert sorted(edit.ignored) == [f"/{key}" for key in ignored]
    assert edit.changed is (len(ignored) == 1)
    assert edit.after == tenant.record
    assert edit.note == ""
    assert (len(tenant.patches), tenant.reads) == (1, 2)


def test_a_removal_that_is_answered_with_nothing_is_looked_for_in_the_record() -> None:
    for ignored in ([], ["progress"]):
        tenant = Ignoring({**PENDING, "progress": "x"}, *ignored, answers=lambda before, after: {})
        edit = edited(tenant, patch=[operation("remove", "/progress")])
        assert (edit.changed, edit.ignored) == (not ignored, [f"/{key}" for key in ignored])
        assert edit.after == tenant.record


def test_what_is_within_a_key_that_the_tenant_dropped_is_named() -> None:
    record = {**PENDING, "attributes": {"list": [1, 2], "text": "a"}}
    tenant = Ignoring(record, "attributes")
    edit = edited(tenant, patch=[operation("add", "/attributes/new", "b"), operation("remove", "/attributes/list/0")])
    assert sorted(edit.ignored) == ["/attributes/list/0", "/attributes/new"]
    assert not edit.changed


def test_a_task_that_has_completed_by_itself_although_the_patch_was_accepted_is_left_as_it_is() -> None:
    by_itself = {"completionStatus": "SUCCESS", "completed": "2026-05-17T19:33:00.000Z"}
    tenant = Ignoring(
        PENDING, "completed", "completionStatus", answers=lambda before, after: before, before_request={3: by_itself}
    )
    edit = edited(tenant)
    assert (edit.changed, edit.operations, edit.ignored) == (False, [], [])
    assert edit.after == tenant.record
    assert "has already completed (SUCCESS" in edit.note


@pytest.mark.parametrize(
    "time",
    [
        1779046396470,
        1779046396470.0,
        "2026-05-17T19:33:16.470000Z",
        "2026-05-17T19:33:16.470000000Z",
        "2026-05-17T19:33:16.47+0000",
        "2026-05-17T15:03:16.470-0430",
        "2026-05-17T19:33:16.470",
    ],
)
def test_a_time_that_the_record_writes_in_another_way_is_the_same(time: t.Any) -> None:
    edit = edited(Ignoring(PENDING, answers=lambda before, after: {**after, "completed": time}))
    assert (edit.changed, edit.ignored) == (True, [])
    record = {**PENDING, "completionStatus": "TERMINATED", "completed": time}
    edit = edited(Tenant(record), completion_status="TERMINATED", completed=NOW_TEXT)
    assert (edit.changed, edit.operations, edit.note) == (False, [], "")
    edit = edited(Tenant(record), completion_status="ERROR")
    assert f"has already completed (TERMINATED, {time}) and" in edit.note


IN_DOUBT = "the patch may have been applied: check the record before you run this again."


@pytest.mark.parametrize("status", [403, 404, 429, None])
@pytest.mark.parametrize("reads", [1, 2])
def test_a_record_that_cannot_be_read_after_a_lost_answer_may_have_been_changed(status: int | None, reads: int) -> None:
    tenant = Tenant(PENDING, "before")
    get = tenant.get
    left = [reads]

    def get_and_fail_in_the_end(task_id: str) -> Record | None:
        left[0] -= 1
        if left[0] < 0:
            raise failure(status)
        return get(task_id)

    tenant.get = get_and_fail_in_the_end  # type: ignore[method-assign]
    with pytest.raises(RequestFailed) as caught:
        edited(tenant)
    assert str(caught.value).endswith(f"; {IN_DOUBT}")
    assert len(tenant.patches) == 1


@pytest.mark.parametrize("status", [400, 401, 403, 404, 409])
def test_a_refusal_after_a_lost_answer_says_that_the_record_may_have_been_changed(status: int) -> None:
    tenant = Tenant(PENDING, "before", failure(status), failure(status))
    with pytest.raises(RequestFailed) as caught:
        edited(tenant)
    assert caught.value.status == status
    assert str(caught.value).endswith(IN_DOUBT)


def test_other_failures_after_a_lost_answer_say_so_too() -> None:
    never_again = [operation("test", "/percentComplete", 10), operation("replace", "/percentComplete", 99)]
    progress = {3: {"percentComplete": 11}}
    with pytest.raises(IscError) as caught:
        edited(Tenant(PENDING, "before", before_request=progress), patch=never_again)
    assert str(caught.value).endswith(f"; {IN_DOUBT}")
    gone = Tenant(PENDING, "after")
    update = gone.update

    def vanish(task_id: str, operations: t.Sequence[dict[str, t.Any]]) -> Record:
        try:
            return update(task_id, operations)
        finally:
            gone.record = {}

    gone.update = vanish  # type: ignore[method-assign]
    with pytest.raises(IscError, match="No task has the id") as caught:
        edited(gone)
    assert str(caught.value).endswith(f"; {IN_DOUBT}")


def test_a_failure_without_a_lost_answer_says_nothing_of_a_change() -> None:
    for tenant in (Tenant(PENDING, failure(403)), Tenant(PENDING, failure(400), failure(400)), Tenant({})):
        with pytest.raises(IscError) as caught:
            edited(tenant)
        assert "changed" not in str(caught.value)


@pytest.mark.parametrize(
    "record",
    [
        {},
        {"id": None},
        {"id": 7, "completed": 0, "messages": None},
        {"completionStatus": 5, "target": "none", "created": {"no": "time"}},
        {"id": ["x"], "uniqueName": {"a": 1}, "target": {"name": 7}},
    ],
)
def test_a_record_that_lacks_what_records_have_is_edited_all_the_same(record: Record) -> None:
    tenant = Tenant({"x": 1, **record})
    edit = edited(tenant)
    assert (edit.changed, edit.ignored) == (True, [])
    assert edit.after == tenant.record
    assert tenant.record["completionStatus"] == "TERMINATED"
    again = edited(tenant, completion_status="ERROR")
    assert (again.changed, len(tenant.patches)) == (False, 1)
    assert "has already completed (TERMINATED, " in again.note


def test_a_long_text_in_a_record_is_cut_in_what_is_said_of_it() -> None:
    trace = "java.lang.IllegalStateException: no\n" + "\tat com.example.Some.method(Some.java:1)\n" * 200
    record = {**PENDING, "completed": trace, "completionStatus": trace, "progress": trace}
    edit = edited(Tenant(record), completion_status="ERROR")
    assert len(edit.note) < 500
    assert "\n" not in edit.note
    with pytest.raises(IscError) as caught:
        edited(Tenant({**record, "id": trace}), patch=[operation("test", "/progress", "short")])
    assert len(str(caught.value)) < 500
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    "step",
    [
        operation("remove", "/percentComplete"),
        operation("add", "/messages", []),
        operation("replace", "/percentComplete", True),
        operation("move", "/progress", start="/percentComplete"),
        operation("copy", "/progress", start="/percentComplete"),
    ],
)
def test_any_operation_is_applied_and_reported_as_applied(step: dict[str, t.Any]) -> None:
    tenant = Tenant({**PENDING, "percentComplete": 1})
    edit = edited(tenant, patch=[step])
    assert (edit.changed, edit.ignored, tenant.effects) == (True, [], 1)
    assert edit.after == tenant.record


def test_what_was_removed_is_not_removed_again() -> None:
    tenant = Tenant({**PENDING, "percentComplete": 1})
    patch = [operation("remove", "/percentComplete")]
    assert edited(tenant, patch=patch).changed
    assert not edited(tenant, patch=patch).changed
    assert tenant.effects == 1


def test_a_number_that_becomes_a_truth_value_is_a_change() -> None:
    tenant = Tenant({**PENDING, "percentComplete": 1})
    assert edited(tenant, patch=[operation("replace", "/percentComplete", True)]).changed
    assert tenant.record["percentComplete"] is True


def test_a_test_that_holds_sends_nothing_and_one_that_does_not_is_a_failure() -> None:
    tenant = Tenant(PENDING)
    assert not edited(tenant, patch=[operation("test", "/percentComplete", 10)]).changed
    with pytest.raises(IscError, match="cannot be applied to the record task1"):
        edited(tenant, patch=[operation("test", "/percentComplete", 11)])
    assert tenant.patches == []


def test_the_server_is_asked_to_refuse_when_the_task_has_completed_since() -> None:
    tenant = Tenant(PENDING)
    edited(tenant)
    assert tenant.patches[0][:2] == [
        {"op": "test", "path": "/completionStatus", "value": None},
        {"op": "test", "path": "/completed", "value": None},
    ]


def test_a_task_that_completes_just_before_the_patch_is_left_as_it_is() -> None:
    tenant = Tenant(PENDING, before_request={2: OVER})
    edit = edited(tenant)
    assert (edit.changed, edit.after, tenant.record) == (False, OVER, OVER)
    assert "was not changed" in edit.note
    assert edit.operations == []


@pytest.mark.parametrize("status", [400, 409, 412, 422])
def test_a_server_that_does_not_take_the_guard_gets_the_patch_without_it(status: int) -> None:
    tenant = Tenant(PENDING, failure(status))
    edit = edited(tenant)
    assert edit.changed
    assert [len(patch) for patch in tenant.patches] == [4, 2]
    assert tenant.pauses == 0


def test_a_patch_that_is_refused_with_and_without_the_guard_is_a_failure() -> None:
    tenant = Tenant(PENDING, failure(400), failure(400))
    with pytest.raises(RequestFailed):
        edited(tenant)
    assert len(tenant.patches) == 2


@pytest.mark.parametrize("status", [401, 403, 404, 429])
def test_any_other_refusal_is_a_failure_at_once(status: int) -> None:
    tenant = Tenant(PENDING, failure(status))
    with pytest.raises(RequestFailed):
        edited(tenant)
    assert len(tenant.patches) == 1


def test_a_lost_answer_is_read_back_and_the_patch_not_sent_again() -> None:
    tenant = Tenant(PENDING, "after")
    edit = edited(tenant)
    assert (edit.changed, edit.after, tenant.effects, len(tenant.patches)) == (True, tenant.record, 1, 1)
    assert tenant.pauses == 0


def test_a_patch_that_had_no_effect_is_sent_again_after_a_pause() -> None:
    tenant = Tenant(PENDING, "before", "before")
    edit = edited(tenant)
    assert (edit.changed, tenant.effects, len(tenant.patches), tenant.pauses) == (True, 1, 3, 2)


def test_a_patch_that_never_gets_through_is_a_failure() -> None:
    tenant = Tenant(PENDING, *["before"] * 10, retries=3)
    with pytest.raises(RequestFailed) as caught:
        edited(tenant)
    assert (len(tenant.patches), tenant.record) == (4, PENDING)
    assert caught.value.attempts == 4


@pytest.mark.parametrize("tests", ["honoured", "ignored", "refused"])
def test_a_task_that_completes_during_a_pause_is_left_alone(tests: str) -> None:
    by_itself = {"completionStatus": "SUCCESS", "completed": "2026-05-17T19:33:00.000Z"}
    # It is read, patched in vain and read; after the pause it is the fourth request that finds it so.
    tenant = Tenant(PENDING, "before", tests=tests, before_request={4: by_itself})
    edit = edited(tenant)
    assert not edit.changed
    assert "has already completed (SUCCESS" in edit.note
    assert (tenant.effects, len(tenant.patches)) == (0, 1)


def test_progress_of_the_task_between_two_lost_answers_is_nobodys_edit() -> None:
    tenant = Tenant(
        PENDING, "before", "before", before_request={3: {"percentComplete": 50}, 5: {"percentComplete": 60}}
    )
    edit = edited(tenant)
    assert (edit.changed, tenant.effects, edit.after["percentComplete"]) == (True, 1, 60)


def test_a_patch_that_took_effect_at_the_second_try_is_reported_although_the_task_went_on_meanwhile() -> None:
    tenant = Tenant(PENDING, "before", "after", before_request={3: {"percentComplete": 50}, 5: {"percentComplete": 60}})
    edit = edited(tenant)
    assert (edit.changed, edit.note, edit.after) == (True, "", tenant.record)


def test_a_task_that_completes_while_an_answer_is_lost_is_left_as_it_is() -> None:
    tenant = Tenant(PENDING, "before", before_request={3: OVER})
    edit = edited(tenant)
    assert (edit.changed, tenant.record, len(tenant.patches)) == (False, OVER, 1)
    assert "was not changed" in edit.note


def test_what_somebody_else_has_set_in_the_same_way_meanwhile_is_not_this_edits_change() -> None:
    wanted = {"completionStatus": "TERMINATED", "completed": "2026-05-17T19:33:16.000Z"}
    tenant = Tenant(PENDING, before_request={2: wanted})
    edit = edited(tenant, completion_status="TERMINATED", completed="2026-05-17T19:33:16Z")
    assert (edit.changed, edit.operations, tenant.effects) == (False, [], 0)
    assert edit.after == {**PENDING, **wanted}


def test_what_somebody_else_has_set_otherwise_meanwhile_is_a_failure_that_says_so() -> None:
    tenant = Tenant(OVER, before_request={2: {"completed": None}})
    tenant.record["completionStatus"] = "ERROR"
    script = failure(400)
    tenant._script = iter([script])
    with pytest.raises(IscError, match="was changed by somebody else while it was being edited"):
        edited(tenant, overwrite=True, completion_status="TERMINATED", completed="2026-01-01T00:00:00Z")


STEPS = st.lists(st.sampled_from(["ok", "before", "after"]), max_size=5)
EVENTS = st.dictionaries(
    st.integers(2, 12),
    st.sampled_from([{"percentComplete": 20}, {"percentComplete": 30}, {"progress": "x"}])
    | st.just({"completionStatus": "SUCCESS", "completed": "2026-05-17T19:00:00.000Z"}),
    max_size=4,
)


@given(STEPS, EVENTS, st.sampled_from(["honoured", "ignored", "refused"]), st.integers(0, 3))
@example(["before", "after"], {3: {"percentComplete": 20}, 5: {"percentComplete": 30}}, "honoured", 3)
@example(["after"], {}, "honoured", 0)
def test_whatever_gets_lost_an_edit_has_one_effect_at_most_and_what_it_reports_is_true(
    steps: list[str], events: dict[int, Record], tests: str, retries: int
) -> None:
    tenant = Tenant(PENDING, *steps, tests=tests, before_request=events, retries=retries)
    try:
        edit = edited(tenant)
    except RequestFailed:
        assert tenant.effects == 0
        return
    assert tenant.effects <= 1
    assert edit.changed is (tenant.effects == 1)
    assert edit.after == tenant.record
    assert (edit.note == "") is edit.changed
    if tests == "honoured" and tenant.completed_by_itself:
        assert tenant.record["completionStatus"] == "SUCCESS"
        assert not edit.changed


def test_two_edits_of_one_task_at_once_have_one_effect_and_one_of_them_says_so() -> None:
    tenant = Tenant(PENDING)
    other: list[Edit] = []
    get = tenant.get

    def get_and_let_another_edit_come_between(task_id: str) -> Record | None:
        record = get(task_id)
        if not other:
            other.append(Edit({}, {}))
            other[0] = edited(tenant)
        return record

    tenant.get = get_and_let_another_edit_come_between  # type: ignore[method-assign]
    edit = edited(tenant)
    assert tenant.effects == 1
    assert (edit.changed, other[0].changed) == (False, True)


@pytest.mark.parametrize(
    ("step", "advice"),
    [
        (operation("add", "completed", 1), "is not a JSON Pointer"),
        (operation("add", "/a~2b", 1), "is not a JSON Pointer"),
        (operation("add", "/a~", 1), "is not a JSON Pointer"),
        (operation("move", "/a", start="b"), "is not a JSON Pointer"),
        (operation("move", "/a"), "move requires from"),
        (operation("copy", "/a"), "copy requires from"),
        (operation("remove", "/a", start="/b"), "remove does not allow from"),
        (operation("add", "/a", 1, start="/b"), "add does not allow from"),
        (operation("remove", "/a", 1), "remove does not allow value"),
        (operation("move", "/a", 1, start="/b"), "move does not allow value"),
    ],
)
def test_an_operation_that_makes_no_sense_is_refused_before_anything_is_sent(
    step: dict[str, t.Any], advice: str
) -> None:
    with pytest.raises(InvalidOption, match=advice) as caught:
        wanted_state(options(patch=[step]), lambda: NOW)
    assert str(caught.value).startswith("patch is {")


def test_operations_are_taken_over_with_the_members_they_need_and_no_others() -> None:
    wanted = wanted_state(
        options(
            patch=[
                operation("test", "/a~1b", None),
                operation("add", "/list/-", None),
                operation("move", "/moved", start="/x"),
                operation("copy", "/copied", start="/moved"),
                operation("remove", "/a~1b"),
            ]
        ),
        lambda: NOW,
    )
    assert wanted({"a/b": None, "list": [], "x": 1}) == {"list": [None], "moved": 1, "copied": 1}


def test_a_completed_time_without_a_zone_is_refused() -> None:
    with pytest.raises(InvalidOption, match=r"^completed is "):
        wanted_state(options(completed="2026-05-17T19:33:16"), lambda: NOW)


def test_a_completed_time_alone_leaves_the_status_as_it_is() -> None:
    wanted = wanted_state(options(completed="2026-05-17T21:33:16+02:00"), lambda: NOW)
    assert wanted(OVER) == {**OVER, "completed": "2026-05-17T19:33:16.000Z"}


def test_a_status_alone_keeps_the_time_that_is_there() -> None:
    assert wanted_state(options(completion_status="ERROR"), lambda: NOW)(OVER) == {**OVER, "completionStatus": "ERROR"}
