# Copyright (c) 2026, the sailpoint.isc contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
#
# Private to the collection: it may change in any release.

"""The sources of a wait: their ids, whether the idle ones exist, and how the last task of each idle one ended.

A source is idle if it has no pending task.
"""

from __future__ import annotations

import typing as t

from ansible_collections.sailpoint.isc.plugins.module_utils._errors import IscError, RequestFailed
from ansible_collections.sailpoint.isc.plugins.module_utils._http.client import Client
from ansible_collections.sailpoint.isc.plugins.module_utils._tasks.records import (
    Record,
    completion_status,
    source_of,
    text_of,
)
from ansible_collections.sailpoint.isc.plugins.module_utils._tasks.selection import Selection
from ansible_collections.sailpoint.isc.plugins.module_utils._tasks.statuses import TaskStatuses
from ansible_collections.sailpoint.isc.plugins.module_utils._text import listed, shown

# Rows to search for the last tasks: of all sources together, and of a source that was not among these.
_ROWS_OF_ALL = 250
_ROWS_OF_ONE = 10


class UnknownSources(IscError):
    """Ids of sources that do not exist, or that the token has no access to."""

    def __init__(self, ids: t.Sequence[str]) -> None:
        what = (
            "The source does not exist, or the token has no access to it"
            if len(ids) == 1
            else f"{len(ids)} sources do not exist, or the token has no access to them"
        )
        super().__init__(f"{what}: {listed(list(map(shown, ids)), ', ')}; correct source_ids.")


class IdleSources:
    """The sources of a selection of which no task was pending.

    ids_of: returns the ids of the sources with these names, by their names; raises RequestFailed and IscError.
    by_id: returns the existing sources with these ids, by their ids; raises RequestFailed.
    report: whether to look up their last tasks.
    given: names of the sources that were given by name, by their ids, once they are identified; these sources exist.
    """

    def __init__(
        self,
        client: Client,
        tasks: TaskStatuses,
        selection: Selection,
        ids_of: t.Callable[[t.Sequence[str]], t.Mapping[str, str]],
        by_id: t.Callable[[t.Sequence[str]], t.Mapping[str, Record]],
        report: bool,
    ) -> None:
        self.report = report
        self.given: dict[str, str] = {}
        # Known names of the sources, by their ids.
        self.names: dict[str, str] = {}
        # The newest completed task of the selection of each idle source, if there is one.
        self.last: dict[str, Record] = {}
        self._client = client
        self._tasks = tasks
        self._selection = selection
        self._ids_of = ids_of
        self._by_id = by_id
        self._busy: set[str | None] = set()
        self._polled = False
        self._checked = False
        self._looked_up_last = False

    def identified(self) -> Selection:
        """The selection with the ids of all its sources, whose names are looked up once. Raises as ids_of."""
        if self._selection.source_names is not None:
            self._selection, found = self._selection.identified(self._ids_of)
            self.given.update(found)
            self.names.update(found)
        return self._selection

    def ids(self) -> list[str]:
        """The ids of the idle sources in the order given; none before the first poll."""
        ids = self._selection.source_ids or ()
        return [source_id for source_id in ids if self._polled and source_id not in self._busy]

    def update(self, pending: t.Iterable[Record]) -> None:
        """Takes what a poll found pending; checks idle sources once. Raises UnknownSources, RequestFailed."""
        self._polled = True
        self._busy.update(source_of(record)[0] for record in pending)
        if not self._checked:
            self._check([source_id for source_id in self.ids() if source_id not in self.given])
            self._checked = True

    def _check(self, ids: t.Sequence[str]) -> None:
        if not ids:
            return
        try:
            found = self._by_id(ids)
        except RequestFailed as error:
            if error.status not in (401, 403):
                raise
            self._client.warnings.append(
                "The ids in source_ids were not checked, because the token is not allowed to read sources "
                f"(scope idn:sources:read): {listed(list(map(shown, ids)), ', ')}."
            )
            return
        unknown = [source_id for source_id in ids if source_id not in found]
        if unknown:
            raise UnknownSources(unknown)
        told = {source_id: text_of(record.get("name")) for source_id, record in found.items()}
        self.names.update({source_id: name for source_id, name in told.items() if name is not None})

    def sources(self) -> list[dict[str, str | None]]:
        """All sources of the selection, with their names if known."""
        return self._selection.sources(self.names)

    def look_up_last(self) -> None:
        """Looks up the last tasks of the idle sources, if wanted. Raises RequestFailed."""
        ids = self.ids()
        if not self.report or not ids:
            return
        rows = self._newest(ids, _ROWS_OF_ALL)
        last: dict[str | None, Record] = {}
        for record in rows:
            if self._has_ended(record):
                last.setdefault(source_of(record)[0], record)
        if len(rows) == _ROWS_OF_ALL and len(ids) > 1:  # else the list is complete
            for source_id in ids:
                if source_id not in last:
                    ended = list(filter(self._has_ended, self._newest([source_id], _ROWS_OF_ONE)))
                    last.update({source_id: ended[0]} if ended else {})
        self.last = {source_id: last[source_id] for source_id in ids if source_id in last}
        self._looked_up_last = True

    def without_last(self) -> list[str]:
        """What idle sources are called (by id where that is not known) that were found to have no completed task."""
        without = [source_id for source_id in self.ids() if self._looked_up_last and source_id not in self.last]
        return [self.names.get(source_id, source_id) for source_id in without]

    def _newest(self, ids: t.Sequence[str], rows: int) -> list[Record]:
        return list(self._tasks.listing(Selection(source_ids=ids, types=self._selection.types, max_results=rows)))

    def _has_ended(self, record: Record) -> bool:
        return completion_status(record) is not None and self._selection.keeps_by_name(record)
