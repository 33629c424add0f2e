# Copyright (c) 2026, the sailpoint.isc contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
#
# Private to the collection: it may change in any release.

"""Reads, counts and updates the task statuses of a tenant."""

from __future__ import annotations

import dataclasses
import heapq
import math
import operator
import typing as t

from ansible_collections.sailpoint.isc.plugins.module_utils._errors import IscError, RequestFailed
from ansible_collections.sailpoint.isc.plugins.module_utils._http import filters
from ansible_collections.sailpoint.isc.plugins.module_utils._http.client import (
    Client,
    is_record,
    is_record_list,
    is_record_list_or_nothing,
)
from ansible_collections.sailpoint.isc.plugins.module_utils._http.pages import Pager, identity
from ansible_collections.sailpoint.isc.plugins.module_utils._http.queries import FilteredList, by_id, total_of
from ansible_collections.sailpoint.isc.plugins.module_utils._http.transport import Answer
from ansible_collections.sailpoint.isc.plugins.module_utils._tasks.records import Record, created_at
from ansible_collections.sailpoint.isc.plugins.module_utils._tasks.selection import Selection

_PENDING = filters.is_null("completionStatus")
_UPDATE_ADVICE = (
    "updating requires a personal access token of a user with rights to the task (scope "
    "idn:task-management:write), not an API client without a user context"
)


class Listing:
    """The records of a selection, read lazily and once.

    records: all that match, in order.  counted_by: the readers of the lists, if the tenant counts them.
    total: their number without offset and max_results, after all are read; None if not wanted or unknown.
    """

    def __init__(
        self, records: t.Iterator[Record], selection: Selection, counted_by: t.Sequence[Pager] | None = None
    ) -> None:
        self.total: int | None = None
        self._records = records
        self._selection = selection
        self._counted_by = counted_by

    def __iter__(self) -> t.Iterator[Record]:
        selection = self._selection
        end = None if selection.max_results is None else selection.offset + selection.max_results
        counts_here = selection.count and self._counted_by is None
        position = 0
        for record in self._records:
            if position >= selection.offset and (end is None or position < end):
                yield record
            position += 1
            if position == end and not counts_here:
                break
        if selection.count:
            self.total = position if self._counted_by is None else _sum([pager.total for pager in self._counted_by])


class TaskStatuses:
    """The task-management API of a tenant. Ages are computed with the tenant's clock."""

    def __init__(self, client: Client) -> None:
        self._client = client

    def get(self, task_id: str) -> Record | None:
        """One record; None if no task has this id. Raises RequestFailed."""
        url = self._client.url("task-status", task_id)
        try:
            record: Record = self._client.request("GET", url, accept=is_record, wanted="a record").body
        except RequestFailed as error:
            if error.status == 404:
                return None
            raise
        return record

    def update(self, task_id: str, operations: t.Sequence[t.Mapping[str, t.Any]]) -> Record:
        """Sends a JSON Patch once and returns the record in the answer.

        Raises RequestFailed; if it is maybe_applied, the tenant may have applied the patch.
        """
        record: Record = self._client.request(
            "PATCH",
            self._client.url("task-status", task_id),
            accept=is_record,
            wanted="a record",
            json_body=list(operations),
            idempotent=False,
            advice={403: _UPDATE_ADVICE},
        ).body
        return record

    def listing(self, selection: Selection) -> Listing:
        """The tasks of a selection in GET /task-status: on beta and v2024 only completed tasks."""
        rows = self._list(selection)
        queries = rows.expressions(selection.wanted(), selection.filters)
        judged_here = selection.judged_here()
        # Tasks leave a list of pending tasks at any time; only the total shows whether some were missed.
        count = (selection.count and not judged_here) or selection.filters == _PENDING
        if len(queries) == 1 and not judged_here:
            pager = rows.pager(
                queries[0], offset=selection.offset, wanted=selection.max_results, count=count, ahead=True
            )
            return Listing(rows.whole(pager), dataclasses.replace(selection, offset=0), [pager])
        needed = None
        if selection.max_results is not None and not judged_here:
            # Later records of one list cannot be among the first records of all lists.
            needed = selection.offset + selection.max_results
        ahead = not selection.may_end_early()
        pagers = [rows.pager(query, wanted=needed, count=count, ahead=ahead) for query in queries]
        records = filter(selection.keeps_by_name, self._merged([*map(rows.whole, pagers)], selection))
        return Listing(records, selection, None if judged_here else pagers)

    def pending(self, selection: Selection) -> Listing:
        """The tasks that have not completed; the same ones on every version of the API."""
        if not self._client.api.pending_endpoint:
            return self.listing(dataclasses.replace(selection, filters=_PENDING))
        records = filter(selection.keeps_by_name, self._of_age(self._read_pending(selection), selection))
        return Listing(records, selection)

    def count_pending(self, selection: Selection) -> int:
        """How many tasks have not completed, without reading them. Raises RequestFailed, and as check_countable()."""
        self.check_countable(selection)
        if self._client.api.pending_endpoint:
            url = self._client.url("task-status", "pending-tasks", query={"count": True})
            answer = self._client.request("HEAD", url)
            return _counted(url, answer)
        total = 0
        for expression in self._list(selection).expressions(selection.wanted(), _PENDING):
            url = self._client.url("task-status", query={"filters": expression, "limit": 0, "count": True})
            answer = self._client.request("GET", url, accept=is_record_list, wanted="a list of records")
            total += _counted(url, answer)
        return total

    def check_countable(self, selection: Selection) -> None:
        """Raises IscError if the selection has client-side filters, for which the tasks must be read."""
        here = ["unique_names", "newer_than", "older_than"]
        here += ["source_ids", "source_names", "types"] if self._client.api.pending_endpoint else []
        restricting = [name for name in here if getattr(selection, name) is not None]
        if restricting:
            raise IscError(
                f"count_only cannot be combined with {' and '.join(restricting)} on api_version "
                f"{self._client.api.name}: use count instead."
            )

    def lookup(self, ids: t.Sequence[str]) -> dict[str, Record]:
        """The records of these ids, pending or completed, in as few requests as possible; unknown ids are left out."""
        if not self._client.api.pending_endpoint:
            return by_id(self.listing(Selection(ids=ids)))
        if len(ids) <= 2:
            found = {wanted: self.get(wanted) for wanted in ids}
            return {wanted: record for wanted, record in found.items() if record is not None}
        # Pending first, so that a task that completes between the two requests is in at least one answer.
        pending = by_id(self.pending(Selection()))
        return {
            **{wanted: pending[wanted] for wanted in ids if wanted in pending},
            **by_id(self.listing(Selection(ids=ids))),
        }

    def _list(self, selection: Selection) -> FilteredList:
        return FilteredList(self._client, "task-status", "task", page_size=selection.limit, sorters=selection.sorters)

    def _merged(self, lists: t.Sequence[t.Iterator[Record]], selection: Selection) -> t.Iterator[Record]:
        """The records of the wanted age of several lists, as one list in the order of sorters, each once."""
        lists = [self._of_age(records, selection) for records in lists]
        if len(lists) == 1:
            yield from lists[0]
            return
        if not selection.may_end_early():
            # One after the other, because each prefetches several pages.
            lists = [iter(list(records)) for records in lists]
        placed = [_with_place(records, selection.sorters) for records in lists]
        given: set[str] = set()
        for _place_in_order, record in heapq.merge(*placed, key=operator.itemgetter(0)):
            key = identity(record)
            if key not in given:
                given.add(key)
                yield record

    def _read_pending(self, selection: Selection) -> t.Iterator[Record]:
        """The endpoint neither filters nor sorts."""

        def fetch(offset: int, limit: int, count: bool) -> tuple[list[Record], int | None]:
            query = {"limit": limit, "offset": offset or None, "count": count or None}
            url = self._client.url("task-status", "pending-tasks", query=query)
            answer = self._client.request("GET", url, accept=is_record_list_or_nothing, wanted="a list of records")
            return answer.body or [], total_of(answer)

        pager = Pager(fetch, page_size=selection.limit, count=True, ahead=True)
        records = self._list(selection).whole(pager)
        kept = filter(selection.keeps_by_source_and_type, records)
        # Records without a time of creation come last.
        yield from sorted(kept, key=lambda record: _place(record, selection.sorters, unknown=math.inf))

    def _of_age(self, records: t.Iterator[Record], selection: Selection) -> t.Iterator[Record]:
        """Those of the wanted age; stops reading as soon as no others can follow."""
        now = None
        for record in records:
            # The time of the tenant's clock is only certain after the first answer.
            now = self._client.now() if now is None else now
            if selection.beyond_age(record, now):
                return
            if selection.keeps_by_age(record, now):
                yield record


def _counted(url: str, answer: Answer) -> int:
    total = total_of(answer)
    if total is None:
        address = url.partition("?")[0]  # a query can be very long
        raise IscError(
            f"The answer to {address} has no X-Total-Count header with the number of tasks: try without count_only."
        )
    return total


def _sum(totals: t.Sequence[int | None]) -> int | None:
    """The sum of the totals; None if one is unknown."""
    told = [total for total in totals if total is not None]
    return sum(told) if len(told) == len(totals) else None


def _with_place(records: t.Iterator[Record], sorters: str) -> t.Iterator[tuple[float, Record]]:
    """Each record with its sort key; one without it, or out of order, stays behind the previous one."""
    place = -math.inf
    for record in records:
        place = max(place, _place(record, sorters, unknown=-math.inf))
        yield place, record


def _place(record: Record, sorters: str, unknown: float) -> float:
    """The sort key of a record for sorters. unknown: that of a record without a time of creation."""
    created = created_at(record)
    if created is None:
        return unknown
    return -created if sorters == "-created" else created
