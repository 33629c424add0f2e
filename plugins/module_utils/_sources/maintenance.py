# Copyright (c) 2026, the sailpoint.isc contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
#
# Private to the collection: it may change in any release.

"""A maintenance window: schedules of sources are saved to a file and removed, and restored later.

Each step is written to the file first, so that a killed run loses nothing and the next run can continue.
"""

from __future__ import annotations

import ipaddress
import os
import re
import typing as t
from urllib.parse import urlsplit

from ansible_collections.sailpoint.isc.plugins.module_utils._errors import IscError, RequestFailed
from ansible_collections.sailpoint.isc.plugins.module_utils._http.client import Client
from ansible_collections.sailpoint.isc.plugins.module_utils._sources import cron as crons
from ansible_collections.sailpoint.isc.plugins.module_utils._sources.schedules import ChangedElsewhere, Schedules, Slot
from ansible_collections.sailpoint.isc.plugins.module_utils._sources.window_file import (
    LEFT,
    REMOVED,
    REMOVING,
    RESTORED,
    SAVED,
    Entry,
    Window,
    WindowFile,
)
from ansible_collections.sailpoint.isc.plugins.module_utils._text import listed, one_line, shown
from ansible_collections.sailpoint.isc.plugins.module_utils._time import format_timestamp

_NOT_STOPPED = "Not stopped: provisioning, health checks, and tasks that are already running."
_MAYBE_REMOVED = (REMOVING, REMOVED)
_LONGEST_CRON = 100


def file_at(path: str | None, base_url: str) -> str:
    """The path of the file; in a directory (None: the working directory) it is named after the tenant.

    A path that ends with a slash is a directory, even if it does not exist.
    """
    place = os.path.abspath(path or ".")
    if not os.path.isdir(place) and not (path or "").endswith(os.sep):
        return place
    host = urlsplit(base_url).hostname or ""
    try:
        ipaddress.ip_address(host)
        tenant = host
    except ValueError:
        tenant = host.partition(".")[0]
    return os.path.join(place, f"maintenance-window-{re.sub('[^A-Za-z0-9.-]', '-', tenant)}.json")


class Maintenance:
    """Begins and ends a window. dry: nothing is changed; the results are those of a normal run.

    before: the schedules of the window, with their states, before begin() or end().

    Raises InvalidOption if the version of the API has no schedules.
    """

    def __init__(self, client: Client, path: str, dry: bool) -> None:
        self._client = client
        self._schedules = Schedules(client, dry)
        self._file = WindowFile(path)
        self._dry = dry
        self._changed = False
        self.before: list[dict[str, t.Any]] = []
        self._lines: dict[Slot, str] = {}
        self._failures: dict[Slot, IscError] = {}

    def begin(
        self, sources: t.Mapping[str, str], aggregations: t.Sequence[str], asked: dict[str, list[str]]
    ) -> dict[str, t.Any]:
        """Saves the schedules of these sources (their names by their ids), and removes them.

        asked: the ids, names and tags in the options.
        If the file exists, continues with what is left. Raises IscError.
        """
        with self._file as file:
            known = file.read()
            if known is not None:
                self._check_tenant(known)
                if set(known.sources) != set(sources) or set(known.aggregations) != set(aggregations):
                    raise self._other_sources(known)
            begun = known.begun if known else format_timestamp(self._client.now())
            window = Window(self._client.base_url, begun, asked, list(aggregations), dict(sources))
            window.entries = self._planned(known, window)
            self.before = [entry.as_dict() for entry in window.entries]
            if self._dry:
                file.check_place()
            else:
                file.write(window)
            for entry in window.entries:
                if entry.slot not in self._lines and not self._remove(window, entry):
                    break
        saved = [f"The schedules are saved in {file.path} until the window ends."]
        if not window.entries:
            saved = [f"None of these sources has a schedule ({' or '.join(aggregations)})."]
        elif self._dry:
            saved = []
        advice = "run this again to continue, or end the window to restore what was removed"
        return self._finished(window, [*saved, _NOT_STOPPED], "removed", advice)

    def end(self, asked: dict[str, list[str]], sources: t.Callable[[], t.Mapping[str, str]]) -> dict[str, t.Any]:
        """Restores the removed schedules unless others are set now, and removes the file; without a file does nothing.

        asked: the ids, names and tags in the options, to detect the file of another window; empty: any file is used.
        sources: looks up the sources; only called if asked differs from the file.
        Raises IscError.
        """
        with self._file as file:
            window = file.read()
            if window is None:
                empty = Window(self._client.base_url, "", asked, [], {})
                return self._results(empty, [f"There is no file {file.path}, so there is nothing to restore."])
            self._check_tenant(window)
            if asked and asked != window.asked and set(sources()) != set(window.sources):
                raise self._other_sources(window)
            self.before = [entry.as_dict() for entry in window.entries]
            for entry in window.entries:
                if not self._restore(window, entry):
                    break
            if not self._failures and not self._dry:
                file.remove()
        advice = "run this again; if a source no longer exists, remove it from the file first"
        nothing = [] if window.entries else [f"{file.path} contains no schedule, so there is nothing to restore."]
        return self._finished(window, nothing, "restored", advice)

    def _other_sources(self, known: Window) -> IscError:
        others = listed([*map(shown, known.sources.values())], ", ")
        return IscError(
            f"{shown(self._file.path)} contains the schedules ({' and '.join(known.aggregations)}) of other sources "
            f"({others}), so nothing was changed: end that window first, or give another file."
        )

    def _check_tenant(self, known: Window) -> None:
        if known.tenant != self._client.base_url:
            raise IscError(
                f"{shown(self._file.path)} contains the schedules of another tenant ({shown(known.tenant)}), so "
                "nothing was changed: give another file, or connect to that tenant."
            )

    def _planned(self, known: Window | None, window: Window) -> list[Entry]:
        """The schedules to remove, and those that were removed before."""
        kept = {(entry.slot.source_id, entry.slot.aggregation): entry for entry in (known.entries if known else ())}
        entries = []
        for source_id, name in window.sources.items():
            current = self._schedules.of(source_id)
            for aggregation in window.aggregations:
                now, entry = current.get(aggregation), kept.get((source_id, aggregation))
                if entry is None or entry.state not in _MAYBE_REMOVED:
                    # It was not removed, so the current schedule applies.
                    entry = None if now is None else Entry(Slot(source_id, name, aggregation), now)
                elif now is None:
                    entry.state = REMOVED
                    self._lines[entry.slot] = f"{entry.slot}: removed ({_when(entry)})"
                elif not crons.same(now, entry.cron):
                    self._leave(entry, now)
                if entry is not None:
                    entries.append(entry)
        return entries

    def _leave(self, entry: Entry, now: str) -> None:
        self._lines[entry.slot] = (
            f"{entry.slot}: kept at {one_line(now, _LONGEST_CRON)}, which somebody has set since the removal; "
            f"before, it was {_when(entry)}"
        )

    def _remove(self, window: Window, entry: Entry) -> bool:
        """Removes one schedule; false if the next one would fail too."""
        self._mark(window, entry, REMOVING)
        try:
            self._changed |= self._dry or self._schedules.change(entry.slot, entry.cron, None)  # it has just been read
        except (RequestFailed, ChangedElsewhere) as error:
            if not error.maybe_applied:
                self._mark(window, entry, SAVED)
            return self._goes_on_after(entry, error)
        self._mark(window, entry, REMOVED)
        self._lines[entry.slot] = f"{entry.slot}: {'would be ' if self._dry else ''}removed ({_when(entry)})"
        return True

    def _restore(self, window: Window, entry: Entry) -> bool:
        """Restores one schedule; false if the next one would fail too."""
        slot = entry.slot
        said = {
            SAVED: f"was not removed ({_when(entry)})",
            RESTORED: f"restored ({_when(entry)})",
            LEFT: f"not restored, because somebody has set another one since; before, it was {_when(entry)}",
        }
        if entry.state in said:
            self._lines[slot] = f"{slot}: {said[entry.state]}"
            return True
        try:
            state, changed = RESTORED, self._schedules.change(slot, None, entry.cron)
        except ChangedElsewhere as error:
            self._leave(entry, str(error.cron))
            state, changed = LEFT, False
        except RequestFailed as error:
            return self._goes_on_after(entry, error)
        self._changed |= changed
        done = "would be restored" if self._dry and changed else "restored"
        self._lines.setdefault(slot, f"{slot}: {done} ({_when(entry)})")
        self._mark(window, entry, state)
        return True

    def _mark(self, window: Window, entry: Entry, state: str) -> None:
        if entry.state != state:
            entry.state = state
            if not self._dry:
                self._file.write(window)

    def _goes_on_after(self, entry: Entry, error: RequestFailed | ChangedElsewhere) -> bool:
        """Records a failure; false if the next schedule would fail too."""
        self._failures[entry.slot] = error
        return isinstance(error, ChangedElsewhere) or not error.transient

    def _results(self, window: Window, lines: list[str]) -> dict[str, t.Any]:
        return {
            "changed": self._changed,
            "path": self._file.path,
            "sources": [{"id": source_id, "name": name} for source_id, name in window.sources.items()],
            "schedules": [entry.as_dict() for entry in window.entries],
            "summary": [*self._lines.values(), *lines],
        }

    def _finished(self, window: Window, lines: list[str], done: str, advice: str) -> dict[str, t.Any]:
        """The results. Raises IscError, with the results, if not all schedules are done."""
        results = self._results(window, lines)
        if not self._failures:
            return results
        failed = [f"{slot} ({str(error).rstrip('.')})" for slot, error in self._failures.items()]
        untried = len(window.entries) - len(failed) - len(self._lines)
        message = (
            f"{len(failed)} of {len(window.entries)} schedules could not be {done}: {listed(failed)}"
            + (f"; {untried} more were not attempted" if untried else "")
            + f". The progress so far is saved in {shown(self._file.path)}: {advice}."
        )
        raise IscError(message, {**results, **next(iter(self._failures.values())).as_failure()})


def _when(entry: Entry) -> str:
    return one_line(entry.cron, _LONGEST_CRON)
