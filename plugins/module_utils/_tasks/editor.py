# Copyright (c) 2026, the sailpoint.isc contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
#
# Private to the collection: it may change in any release.

"""Brings the record of a task into a wanted state, and knows what came of it."""

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
# How servers say that a "test" operation did not hold, or that they do not know it.
_PATCH_REFUSED = (400, 409, 412, 422)
_MAY_BE_CHANGED = "the patch may have been applied: check the record before you run this again"
_LONGEST_TEXT = 100


@dataclasses.dataclass(frozen=True)
class Edit:
    """What came of it. operations: those that were sent, or would be. note: a sentence for the user, or empty.

    ignored: the paths that the tenant accepted and did not set.
    """

    before: Record
    after: Record
    operations: list[Operation] = dataclasses.field(default_factory=list)
    note: str = ""
    ignored: list[str] = dataclasses.field(default_factory=list)

    @property
    def changed(self) -> bool:
        """Whether any of what was to be changed is another than it was."""
        return any(not equal_at(top_level_key(step), self.before, self.after) for step in self.operations)


def wanted_state(options: t.Mapping[str, t.Any], now: t.Callable[[], float]) -> t.Callable[[Record], Record]:
    """What makes of a record what the options patch, completion_status and completed ask for.

    now: tells the time of completion to set where none is given, seconds since 1970; asked once a record has been read.
    Raises InvalidOption.
    """
    if options["patch"] is not None:
        operations = [_operation(operation) for operation in options["patch"]]
        return lambda record: applied(operations, record)
    status = options["completion_status"]
    completed = None if options["completed"] is None else timestamp("completed", options["completed"])
    now = functools.lru_cache(maxsize=None)(now)  # one time, however often the wanted state is worked out

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

    want: makes of a record what it shall become.
    overwrite: edit a task even though it has already completed.
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
        # Whether the tenant may have applied a patch of which it gave no answer that shows it.
        self._in_doubt = False

    def planned(self) -> Edit:
        """What run() would do, without doing it. Raises IscError where there is no such task."""
        edit = self._plan(self._read())
        return self._left_alone(edit.before) if edit.operations and self._is_over(edit.before) else edit

    def run(self) -> Edit:
        """Edits the record. Raises IscError where there is no such task, RequestFailed where it is refused.

        A task that completes by itself meanwhile is left as it is. When the answer to a patch is lost the record is
        read again, and the patch sent again only where it had no effect; when the answer does not show what was to be
        set, the record is read again and counts. A failure says so where a patch may have been applied all the same.
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
                guarded = False  # nothing has changed, so it is the guard that this server does not take
            elif settled is None:
                if not self._transport.wait_before_retry(failure, retry):
                    raise failure
                retry += 1
                # The task may have completed during the pause, and not every server honours the guard.
                now = self._read()
                settled = self._settled(edit, record, now, maybe_ours=True)
            if settled is not None:
                return settled
            record = now
            # The task may have gone on meanwhile: what is wanted is wanted of the record as it is now.
            edit = dataclasses.replace(self._plan(now), before=edit.before)
        return edit

    def _answered(self, edit: Edit, answer: Record) -> Edit:
        """What came of a patch that the tenant accepted, told by the record where its answer does not show it."""
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
        """What came of a patch that was not answered with the record; None where it had no effect and may be sent anew.

        record: as it was before.  now: as it is.  maybe_ours: the patch may have had an effect.
        Raises IscError where somebody else has changed what it was to change.
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
        """Whether the task has completed, or is about to, and is therefore not to be touched."""
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
    """Lets the server itself refuse the patch where the task has completed since it was read."""
    keys = [key for key in _SIGNS_OF_AN_END if key in record]
    return [{"op": "test", "path": f"/{key}", "value": record[key]} for key in keys]


def _edited(edit: Edit, after: Record) -> Edit:
    """What came of a plan when the tenant has made this of the record.

    It is held against what was planned: what was asked for need not fit a second time, as a removal does not.
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
    """Whether two records have the same under a key: equal as JSON, or two spellings of one status or point in time."""
    one, other = record.get(key), another.get(key)
    if key == "completionStatus":
        return completion_status(record) == completion_status(another)
    if isinstance(one, str) or isinstance(other, str):
        moment = parse_timestamp(one)
        return one == other or (moment is not None and moment == parse_timestamp(other))
    return equal(one, other)
