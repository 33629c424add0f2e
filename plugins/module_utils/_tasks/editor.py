# Copyright (c) 2026, the sailpoint.isc contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
#
# Private to the collection: it may change in any release.

"""Changes the record of a task to the wanted state, and reports the outcome."""

from __future__ import annotations

import dataclasses
import functools
import re
import typing as t

from ansible_collections.sailpoint.isc.plugins.module_utils._errors import InvalidOption, IscError, RequestFailed
from ansible_collections.sailpoint.isc.plugins.module_utils._http.transport import Transport
from ansible_collections.sailpoint.isc.plugins.module_utils._tasks.patch import (
    Operation,
    applied,
    equal,
    equal_at,
    overlap,
    plan,
    top_level_key,
)
from ansible_collections.sailpoint.isc.plugins.module_utils._tasks.records import Record, completion_status, name_of
from ansible_collections.sailpoint.isc.plugins.module_utils._tasks.statuses import TaskStatuses
from ansible_collections.sailpoint.isc.plugins.module_utils._text import one_line, shown
from ansible_collections.sailpoint.isc.plugins.module_utils._time import (
    format_timestamp,
    parse_timestamp,
    timestamp,
)

_SIGNS_OF_AN_END = ("completionStatus", "completed")
# Statuses with which servers refuse a failed or unknown "test" operation.
_PATCH_REFUSED = (400, 409, 412, 422)
_MAY_BE_CHANGED = "the patch may have been applied: check the record before you run this again"
_LONGEST_TEXT = 100


@dataclasses.dataclass(frozen=True)
class Edit:
    """The outcome. operations: those that were sent, or would be. note: a sentence for the user, or empty.

    ignored: the paths that the tenant accepted but did not set.
    """

    before: Record
    after: Record
    operations: list[Operation] = dataclasses.field(default_factory=list)
    note: str = ""
    ignored: list[str] = dataclasses.field(default_factory=list)

    @property
    def changed(self) -> bool:
        """Whether any of the keys to change has changed."""
        return any(not equal_at(top_level_key(step), self.before, self.after) for step in self.operations)


def wanted_state(options: t.Mapping[str, t.Any], now: t.Callable[[], float]) -> t.Callable[[Record], Record]:
    """Returns a function that changes a record as the options patch, completion_status and completed ask.

    now: returns the time of completion to set if none is given, in seconds since 1970; called after the first read.
    Raises InvalidOption.
    """
    if options["patch"] is not None:
        operations = [_operation(operation) for operation in options["patch"]]
        return lambda record: applied(operations, record)
    status = options["completion_status"]
    completed = None if options["completed"] is None else timestamp("completed", options["completed"])
    now = functools.lru_cache(maxsize=None)(now)  # one time, however often the wanted state is computed

    def want(record: Record) -> Record:
        target = dict(record)
        if status is not None and completion_status(record) != status:
            target["completionStatus"] = status
        if completed is not None:
            if parse_timestamp(record.get("completed")) != completed:
                target["completed"] = format_timestamp(completed)
        elif not record.get("completed"):
            target["completed"] = format_timestamp(now())
        return target

    return want


def _operation(given: t.Mapping[str, t.Any]) -> Operation:
    """An operation as RFC 6902 writes it, from the option's suboptions."""
    operation: Operation = {"op": given["op"], "path": given["path"]}
    for pointer in (given["path"], given["from"]):
        if pointer and (not pointer.startswith("/") or re.search(r"~(?![01])", pointer)):
            raise InvalidOption(
                "patch", given, f"{shown(pointer)} is not a JSON Pointer, which starts with a slash, such as /completed"
            )
    if given["op"] in ("move", "copy"):
        if given["from"] is None:
            raise InvalidOption("patch", given, f"{given['op']} requires from")
        operation["from"] = given["from"]
    elif given["from"] is not None:
        raise InvalidOption("patch", given, f"{given['op']} does not allow from")
    if given["op"] in ("add", "replace", "test"):
        operation["value"] = given["value"]
    elif given["value"] is not None:
        raise InvalidOption("patch", given, f"{given['op']} does not allow value")
    return operation


class Editor:
    """Edits one record.

    want: returns the wanted state of a record.
    overwrite: also edit a task that has already completed.
    """

    def __init__(
        self,
        tasks: TaskStatuses,
        transport: Transport,
        task_id: str,
        want: t.Callable[[Record], Record],
        overwrite: bool,
    ) -> None:
        self._tasks = tasks
        self._transport = transport
        self._task_id = task_id
        self._want = want
        self._overwrite = overwrite
        # Whether a patch may have been applied although no answer has confirmed it.
        self._in_doubt = False

    def planned(self) -> Edit:
        """What run() would do, without doing it. Raises IscError if there is no such task."""
        edit = self._plan(self._read())
        return self._left_alone(edit.before) if edit.operations and self._is_over(edit.before) else edit

    def run(self) -> Edit:
        """Edits the record. Raises IscError if there is no such task, RequestFailed if it is refused.

        A task that completes by itself meanwhile is not changed. If the answer to a patch is lost, the record is
        read again, and the patch is only repeated if it had no effect. If the answer does not show the wanted values,
        the record is read again. A failure says if a patch may have been applied.
        """
        try:
            return self._edit()
        except RequestFailed as error:
            if self._in_doubt:
                error.advice = "; ".join(filter(None, [error.advice, _MAY_BE_CHANGED]))
            raise
        except IscError as error:
            if self._in_doubt:
                raise IscError(f"{str(error).rstrip('.')}; {_MAY_BE_CHANGED}.") from None
            raise

    def _edit(self) -> Edit:
        edit = self.planned()
        record, guarded, retry = edit.before, True, 0
        while edit.operations:
            guard = _guard(record) if guarded else []
            try:
                answer = self._tasks.update(self._task_id, guard + edit.operations)
            except RequestFailed as error:
                failure = error
                failure.attempts += retry
            else:
                return self._answered(edit, answer)
            self._in_doubt = self._in_doubt or failure.maybe_applied
            guard_refused = bool(guard) and failure.status in _PATCH_REFUSED
            if not failure.maybe_applied and not guard_refused:
                raise failure
            now = self._read()
            settled = self._settled(edit, record, now, maybe_ours=failure.maybe_applied or retry > 0)
            if settled is None and guard_refused:
                guarded = False  # nothing has changed, so the server does not support the guard
            elif settled is None:
                if not self._transport.wait_before_retry(failure, retry):
                    raise failure
                retry += 1
                # The task may have completed during the pause, and not every server supports the guard.
                now = self._read()
                settled = self._settled(edit, record, now, maybe_ours=True)
            if settled is not None:
                return settled
            record = now
            # The task may have changed meanwhile: compute the wanted state from the current record.
            edit = dataclasses.replace(self._plan(now), before=edit.before)
        return edit

    def _answered(self, edit: Edit, answer: Record) -> Edit:
        """The outcome of an accepted patch; the record is read again if the answer does not show it."""
        is_the_record = answer.get("id") is not None and answer["id"] == edit.before.get("id")
        if is_the_record and set(edit.after) <= set(answer):
            edited = _edited(edit, answer)
            if not edited.ignored:
                return edited
        self._in_doubt = True
        now = self._read()
        has_effect = any(_same(top_level_key(step), now, edit.after) for step in edit.operations)
        if self._is_over(now) and not has_effect:
            return self._left_alone(now)
        return _edited(edit, now)

    def _settled(self, edit: Edit, record: Record, now: Record, *, maybe_ours: bool) -> Edit | None:
        """The outcome of a patch whose answer was lost or refused; None if it had no effect and may be sent again.

        record: before the patch.  now: the current record.  maybe_ours: the patch may have had an effect.
        Raises IscError if somebody else has changed the same keys.
        """
        touched = [key for key in {**record, **edit.after} if not _same(key, record, edit.after)]
        if all(_same(key, now, edit.after) for key in touched):
            return _edited(edit, now) if maybe_ours else Edit(now, now)
        if self._is_over(now):
            return self._left_alone(now)
        if not all(_same(key, now, record) for key in touched):
            raise IscError(
                f"{name_of(now)} was changed by somebody else while it was being edited: check it and run this again."
            )
        return None

    def _read(self) -> Record:
        record = self._tasks.get(self._task_id)
        if record is None:
            raise IscError(
                f"No task has the id {shown(self._task_id)}: check the id; tasks older than 90 days are not kept."
            )
        return record

    def _plan(self, before: Record) -> Edit:
        after = self._want(before)
        operations = plan(before, after)
        return Edit(before, after if operations else before, operations)

    def _is_over(self, record: Record) -> bool:
        """Whether the task has completed, or is about to, and must not be changed."""
        return not self._overwrite and bool(record.get("completed") or completion_status(record))

    def _left_alone(self, record: Record) -> Edit:
        status = completion_status(record) or "no completion status yet"
        completed = record.get("completed") or "no time of completion yet"
        signs = ", ".join(one_line(str(sign), _LONGEST_TEXT) for sign in (status, completed))
        note = (
            f"{name_of(record)} has already completed ({signs}) and was not changed; set overwrite to change it anyway."
        )
        return Edit(record, record, note=note)


def _guard(record: Record) -> list[Operation]:
    """ "test" operations, so that the server refuses the patch if the task has completed since it was read."""
    keys = [key for key in _SIGNS_OF_AN_END if key in record]
    return [{"op": "test", "path": f"/{key}", "value": record[key]} for key in keys]


def _edited(edit: Edit, after: Record) -> Edit:
    """The outcome of a plan, given the record after the patch.

    It is compared with the planned record: operations such as a removal cannot be applied a second time.
    """
    wanted = dict(after)
    for key in {**edit.before, **edit.after}:
        if not _same(key, after, edit.after):
            wanted.pop(key, None)
            if key in edit.after:
                wanted[key] = edit.after[key]
    missing = plan(after, wanted)
    ignored = [step["path"] for step in edit.operations if any(overlap(step, other) for other in missing)]
    return dataclasses.replace(edit, after=after, ignored=list(dict.fromkeys(ignored)))


def _same(key: str, record: Record, another: Record) -> bool:
    """Whether two records have the same value for a key: equal JSON, or two spellings of one status or time."""
    one, other = record.get(key), another.get(key)
    if key == "completionStatus":
        return completion_status(record) == completion_status(another)
    if isinstance(one, str) or isinstance(other, str):
        moment = parse_timestamp(one)
        return one == other or (moment is not None and moment == parse_timestamp(other))
    return equal(one, other)
