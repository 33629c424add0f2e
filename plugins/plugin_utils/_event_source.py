# Copyright (c) 2026, the sailpoint.isc contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
#
# Private to the collection: it may change in any release.

"""The event source sailpoint.isc.tasks: polls a tenant in threads, and hands events to a rulebook."""

from __future__ import annotations

import asyncio
import collections
import dataclasses
import logging
import os
import threading
import time
import typing as t
import uuid
from urllib.parse import urlsplit

from ansible.module_utils.common.arg_spec import ArgumentSpecValidator
from ansible_collections.sailpoint.isc.plugins.module_utils import _argspec
from ansible_collections.sailpoint.isc.plugins.module_utils._errors import InvalidOption, IscError, RequestFailed
from ansible_collections.sailpoint.isc.plugins.module_utils._http import transport
from ansible_collections.sailpoint.isc.plugins.module_utils._http.client import Client
from ansible_collections.sailpoint.isc.plugins.module_utils._http.settings import Settings, completed
from ansible_collections.sailpoint.isc.plugins.module_utils._http.transport import Transport
from ansible_collections.sailpoint.isc.plugins.module_utils._sources.sources import Sources
from ansible_collections.sailpoint.isc.plugins.module_utils._tasks.outcomes import moment_text, outcome_of, summary_of
from ansible_collections.sailpoint.isc.plugins.module_utils._tasks.records import (
    LONGEST_KEPT,
    Record,
    completed_at,
    projected,
)
from ansible_collections.sailpoint.isc.plugins.module_utils._tasks.selection import Selection
from ansible_collections.sailpoint.isc.plugins.module_utils._tasks.statuses import TaskStatuses
from ansible_collections.sailpoint.isc.plugins.module_utils._text import length, one_line
from ansible_collections.sailpoint.isc.plugins.module_utils._time import (
    duration,
    duration_or_seconds,
    timestamp,
)
from ansible_collections.sailpoint.isc.plugins.plugin_utils._events import KINDS, Event, Poll, Timeline
from ansible_collections.sailpoint.isc.plugins.plugin_utils._state_file import StateFile

Result = t.TypeVar("Result")

LOGGER = logging.getLogger("sailpoint.isc.tasks")

_LEAST_INTERVAL = 5.0
# Most seconds between two polls while the tenant does not answer
_LONGEST_PAUSE = 300.0
# Seconds that the list reaches back beyond the horizon, as time passes between two looks at the clock.
_SLACK = 5.0
_NAMESPACE = uuid.UUID("5b7ac5f4-1d3f-5c0e-9a3f-0e3f3c4c8a51")
# Up to this number, ids are looked up one by one.
_FEW = 2
_TOKENS_KEPT = 3
_MOST_WARNINGS = 20

OPTIONS: _argspec.Options = {
    **_argspec.AUTH,
    "source_ids": _argspec.STRINGS,
    "source_names": _argspec.STRINGS,
    "types": _argspec.STRINGS,
    "unique_names": _argspec.STRINGS,
    "events": {**_argspec.STRINGS, "choices": list(KINDS), "default": ["failed", "stuck"]},
    "stuck_after": {"type": "str"},
    "interval": {"type": "str", "default": "30"},
    "since": {"type": "str"},
    **_argspec.FIELDS,
    "state_file": {"type": "path"},
    "feedback": {"type": "bool", "default": False},
}


class Stopped(Exception):
    """The source was stopped; its thread must end."""


class Queue(t.Protocol):
    """The queue for events."""

    async def put(self, event: dict[str, t.Any], /) -> None:
        """Returns when the event was put."""


@dataclasses.dataclass(frozen=True)
class Clocks:
    """The clocks of the source. beat: monotonic seconds.  sleep: waits for so many seconds."""

    beat: t.Callable[[], float] = time.monotonic
    sleep: t.Callable[[float], t.Awaitable[None]] = asyncio.sleep


async def run(
    queue: Queue, arguments: t.Mapping[str, t.Any], clocks: Clocks | None = None, connect: t.Any = None
) -> None:
    """Puts events into the queue until it is cancelled, or cannot continue; then it logs one message.

    arguments: as in the rulebook.  connect: creates a client from settings; None: the default one.
    """
    try:
        source = Source(arguments, clocks or Clocks(), connect)
    except IscError as error:
        LOGGER.error("%s", error)
        return
    try:
        await source.run(queue)
    finally:
        source.close()


class Source:
    """One source of a rulebook. Raises IscError for invalid arguments."""

    def __init__(self, arguments: t.Mapping[str, t.Any], clocks: Clocks, connect: t.Any = None) -> None:
        given = dict(arguments)
        self._taken: asyncio.Queue[t.Any] | None = given.pop("eda_feedback_queue", None)
        options, unused = _checked(given)
        if not transport.HAS_REQUESTS:
            raise IscError("The Python library requests is missing: install it where ansible-rulebook runs.")
        settings = Settings.from_options(options, unused)
        self._interval = _interval(options["interval"])
        self._kinds = set(options["events"])
        self._stuck_after = _stuck_after(options["stuck_after"], self._kinds)
        self._since = None if options["since"] is None else _since(options["since"])
        self._fields: list[str] | None = options["fields"]
        self._selection = Selection.from_options(options, settings.api)
        self._tenant = (urlsplit(settings.base_url).hostname or "").split(".")[0]
        self._file: StateFile | None = None
        self._timeline: Timeline | None = None
        if options["state_file"]:
            self._file = StateFile(options["state_file"], urlsplit(settings.base_url).netloc)
            self._timeline = self._restored(self._file)
        self._clocks = clocks
        self._begun_at = clocks.beat()
        self._stop = threading.Event()
        # Protects the timeline, which the threads and the loop share
        self._lock = threading.Lock()
        self._tokens: collections.deque[str] = collections.deque()
        self._warned: set[str] = set()
        self._client = (connect or self._connect)(settings)
        self._tasks = TaskStatuses(self._client)

    def _connect(self, settings: Settings) -> Client:
        return Client(settings, self._keep_secret, Transport(settings, sleep=self._pause))

    def _restored(self, file: StateFile) -> Timeline | None:
        """The timeline of the file; None if there is none yet."""
        state = file.read()
        if state is None:
            return None
        try:
            return Timeline.restored(state, self._kinds, self._stuck_after)
        except (AttributeError, KeyError, TypeError, ValueError):
            raise file.spoilt() from None

    async def run(self, queue: Queue) -> None:
        """Polls and sends events until it cannot continue."""
        fault_since: float | None = None
        faults = 0
        begun = False
        while True:
            pause = self._interval
            try:
                events = await self._in_thread(self._poll)
                begun = True
                if fault_since is not None:
                    away = length(self._clocks.beat() - fault_since)
                    LOGGER.warning("%s", f"{self._tenant} can be polled again after {away}.")
                    fault_since, faults = None, 0
                self._tell_warnings()
                # The rulebook may take its time, and be killed meanwhile.
                await self._save()
                await self._hand_on(queue, events)
                await self._save()
            except Exception as error:
                if not begun and not _is_transient(error):
                    LOGGER.error("%s", _sentence(error))
                    return
                if fault_since is None:
                    fault_since = self._clocks.beat()
                    fault = f"{self._tenant} cannot be polled, retrying: {_sentence(error)}"
                    LOGGER.warning("%s", fault)
                longer = min(_LONGEST_PAUSE, self._interval * 2 ** min(faults, 10))
                pause = max(self._interval, longer, getattr(error, "retry_after", None) or 0)
                faults += 1
            await self._clocks.sleep(pause)

    def close(self) -> None:
        """Closes everything at once, without waiting for the thread."""
        self._stop.set()
        self._write()
        self._client.transport.close()

    def _poll(self) -> list[Event]:
        """One poll. Raises RequestFailed, and IscError if names of sources are wrong."""
        self._selection, _names = self._selection.identified(Sources(self._client).ids_of)
        began_at = self._clocks.beat()
        pending = list(self._tasks.pending(self._selection))
        timeline = self._timeline or self._begin(began_at)
        listed = [record for record in self._tasks.listing(self._newest(timeline.horizon)) if timeline.concerns(record)]
        missing = timeline.missing(pending, listed, beat=self._clocks.beat())
        looked_up = self._look_up(missing) if missing else []
        with self._lock:
            if self._stop.is_set():
                raise Stopped
            self._timeline = timeline
            beat = self._clocks.beat()
            return timeline.take(Poll(pending, listed, looked_up, self._client.now(), beat, beat - began_at))

    def _begin(self, poll_began_at: float) -> Timeline:
        """The timeline from this poll or from `since` on, by the tenant's clock, which is known by now."""
        now, beat = self._client.now(), self._clocks.beat()
        if self._since is None:
            return Timeline(self._kinds, self._stuck_after, now - (beat - poll_began_at))
        age, moment = self._since
        since = now - (beat - self._begun_at) - age if moment is None else moment
        return Timeline(self._kinds, self._stuck_after, since, read_back=True)

    def _newest(self, horizon: float) -> Selection:
        """The newest tasks in the order of their creation, pending or completed, down to the horizon."""
        reach = self._client.now() - horizon + _SLACK
        # Without an age the whole list is read, several pages at a time.
        return dataclasses.replace(self._selection, newer_than=None if reach == float("inf") else max(reach, _SLACK))

    def _look_up(self, ids: t.Sequence[str]) -> list[Record]:
        """The records of tasks that are no longer pending."""
        if len(ids) <= _FEW:
            return [record for record in map(self._tasks.get, ids) if record is not None]
        return list(self._tasks.listing(Selection(ids=ids)))

    async def _hand_on(self, queue: Queue, events: t.Iterable[Event]) -> None:
        for event in events:
            document = self._document(event)
            await queue.put(document)
            if self._taken is not None:
                while _uuid_of(await self._taken.get()) not in (None, document["meta"]["uuid"]):
                    pass  # of an event that was sent before
            with self._lock:
                if self._timeline is not None:
                    self._timeline.told(event)

    def _document(self, event: Event) -> dict[str, t.Any]:
        record = event.record
        ended = moment_text(completed_at(record)) if event.kind in ("completed", "failed", "warned") else None
        name = "\n".join([self._tenant, event.task_id, event.kind, ended or ""])
        outcome = {**outcome_of(record), "summary": summary_of(record)}
        told = {
            "event": event.kind,
            "tenant": self._tenant,
            "outcome": outcome,
            "task": projected(record, self._fields),
        }
        return {"isc": told, "meta": {"uuid": str(uuid.uuid5(_NAMESPACE, name)), "message_id": event.task_id}}

    async def _save(self) -> None:
        if self._file is not None:
            await self._in_thread(self._write)

    def _write(self) -> None:
        with self._lock:
            if self._file is not None and self._timeline is not None:
                self._warn(self._file.write(self._timeline.state()))

    def _tell_warnings(self) -> None:
        for warning in [*self._client.warnings, self._client.deprecation()]:
            self._warn(warning)
        self._client.warnings.clear()

    def _warn(self, warning: str | None) -> None:
        if warning and warning not in self._warned and len(self._warned) < _MOST_WARNINGS:
            self._warned.add(warning)
            LOGGER.warning("%s", warning)

    def _pause(self, seconds: float) -> None:
        """A pause of the client before a retry. Raises Stopped."""
        if self._stop.wait(seconds):
            raise Stopped

    def _keep_secret(self, token: str) -> None:
        """No error shows a token; those of long ago are none any more."""
        self._tokens.append(token)
        if len(self._tokens) > _TOKENS_KEPT:
            self._client.transport.secrets.discard(self._tokens.popleft())

    async def _in_thread(self, work: t.Callable[[], Result]) -> Result:
        """The result of work in a daemon thread, which, unlike that of an executor, does not delay the end."""
        loop = asyncio.get_running_loop()
        done: asyncio.Future[Result] = loop.create_future()

        def settle(result: t.Any, error: BaseException | None) -> None:
            if not done.cancelled():
                done.set_result(result) if error is None else done.set_exception(error)

        def target() -> None:
            result, failure = None, None
            try:
                result = work()
            except BaseException as error:
                failure = error
            try:
                loop.call_soon_threadsafe(settle, result, failure)
            except RuntimeError:
                pass  # the loop has been closed meanwhile

        threading.Thread(target=target, name="sailpoint.isc.tasks", daemon=True).start()
        return await done


def _checked(given: t.Mapping[str, t.Any]) -> tuple[dict[str, t.Any], list[str]]:
    """The arguments, complete and of the right types, and the variables that were not used. Raises IscError."""
    options, unused = completed(_argspec.stripped(given, OPTIONS), os.environ)
    result = ArgumentSpecValidator(OPTIONS).validate(options)
    if result.error_messages:
        text = one_line("; ".join(map(_argspec.explained, result.error_messages))).rstrip(".")
        for secret in (options.get("client_secret"), options.get("access_token")):
            text = text.replace(str(secret), "********") if secret else text
        raise IscError(f"{text}.")
    checked: dict[str, t.Any] = result.validated_parameters
    _argspec.check(checked)
    return checked, unused


def _interval(text: str) -> float:
    seconds = duration_or_seconds("interval", text)
    if seconds < _LEAST_INTERVAL:
        raise InvalidOption("interval", text, f"give {_LEAST_INTERVAL:g} s or more")
    return seconds


def _stuck_after(text: str | None, kinds: t.Collection[str]) -> float | None:
    if "stuck" not in kinds:
        return None
    if text is None:
        raise IscError("stuck_after is missing: give a duration such as 24h, or remove stuck from events.")
    return duration("stuck_after", text)


def _since(text: str) -> tuple[float, float | None]:
    """Seconds before the start, or the time itself. Raises InvalidOption."""
    try:
        age, moment = duration("since", text), None
    except InvalidOption:
        try:
            moment = timestamp("since", text)
        except InvalidOption:
            raise InvalidOption(
                "since",
                text,
                "give a duration such as 30m, 12h or 7d, or a time with a zone such as 2026-05-17T19:33:16Z",
            ) from None
        age = time.time() - moment
    if age > LONGEST_KEPT:
        raise InvalidOption("since", text, "give 90d or less, because the tenant keeps no older tasks")
    return age, moment


def _is_transient(error: Exception) -> bool:
    return isinstance(error, RequestFailed) and error.transient


def _sentence(error: Exception) -> str:
    if isinstance(error, IscError):
        return str(error)
    return f"Unexpected error ({one_line(repr(error), 200)})."


def _uuid_of(event: t.Any) -> str | None:
    meta = event.get("meta") if isinstance(event, dict) else None
    return meta.get("uuid") if isinstance(meta, dict) else None
