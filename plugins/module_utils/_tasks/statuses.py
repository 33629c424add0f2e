# Copyright (c) 2026, the sailpoint.isc contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The task statuses of a tenant: which ones there are, and how many."""

from __future__ import annotations

import dataclasses
import itertools
import typing as t

from ansible_collections.sailpoint.isc.plugins.module_utils._errors import IscError, RequestFailed
from ansible_collections.sailpoint.isc.plugins.module_utils._http import filters
from ansible_collections.sailpoint.isc.plugins.module_utils._http.client import (
    Client,
    is_record,
    is_record_list,
    is_record_list_or_nothing,
    query_string,
)
from ansible_collections.sailpoint.isc.plugins.module_utils._http.pages import Pager
from ansible_collections.sailpoint.isc.plugins.module_utils._http.transport import Answer
from ansible_collections.sailpoint.isc.plugins.module_utils._tasks.records import Record
from ansible_collections.sailpoint.isc.plugins.module_utils._tasks.selection import Selection
from ansible_collections.sailpoint.isc.plugins.module_utils._time import parse_timestamp

# Below what gateways take (8 KiB of request line and more); 100 ids of 32 digits come to 4.2 KiB.
_LONGEST_URL = 6000
_PENDING = filters.is_null("completionStatus")


_UPDATE_ADVICE = (
    "updating needs the personal access token of a user with rights to it (scope idn:task-management:write); "
    "an API client without a user context is refused"
)


class Listing:
    """The records of a selection; total is their number without offset and max_results, once all have been read."""

    def __init__(self, records: t.Callable[[Listing], t.Iterator[Record]]) -> None:
        self._records = records
        self.total: int | None = None

    def __iter__(self) -> t.Iterator[Record]:
        return self._records(self)


class TaskStatuses:
    """The task-management API of a tenant. Ages are judged by the tenant's clock."""

    def __init__(self, client: Client) -> None:
        self._client = client

    def get(self, task_id: str) -> Record | None:
        """One record; None where no task has this id. Raises RequestFailed."""
        url = self._client.url("task-status", task_id)
        try:
            record: Record = self._client.request("GET", url, accept=is_record, wanted="a record").body
        except RequestFailed as error:
            if error.status == 404:
                return None
            raise
        return record

    def update(self, task_id: str, operations: t.Sequence[t.Mapping[str, t.Any]]) -> Record:
        """Sends a JSON Patch once and gives the record as it became.

        Raises RequestFailed; where that is maybe_applied, the tenant may have applied the patch.
        """
        record: Record = self._client.request(
            "PATCH",
            self._client.url("task-status", task_id),
            accept=is_record,
            wanted="a record",
            json_body=list(operations),
            content_type="application/json-patch+json",
            idempotent=False,
            advice={403: _UPDATE_ADVICE},
        ).body
        return record

    def listing(self, selection: Selection) -> Listing:
        """What GET /task-status shows of a selection: on beta and v2024 completed tasks only."""
        by_age = selection.newer_than is not None or selection.older_than is not None
        queries = self._queries(selection)
        if len(queries) > 1 or by_age:
            return Listing(lambda listing: self._chosen_here(listing, selection, self._read_all(selection, queries)))
        return Listing(lambda listing: self._chosen_there(listing, selection, queries[0]))

    def pending(self, selection: Selection) -> Listing:
        """The tasks that have not completed; the same ones on every version of the API."""
        if not self._client.api.pending_endpoint:
            selection = dataclasses.replace(selection, filters=_PENDING)
            if selection.unique_names is None:
                return self.listing(selection)
            queries = self._queries(selection)
            return Listing(lambda listing: self._chosen_here(listing, selection, self._read_all(selection, queries)))
        return Listing(lambda listing: self._chosen_here(listing, selection, self._read_pending(selection)))

    def count_pending(self, selection: Selection) -> int:
        """How many tasks have not completed, without reading them.

        Raises RequestFailed, and IscError where the selection restricts what only this side can judge.
        """
        here = ["unique_names", "newer_than", "older_than"]
        here += ["source_ids", "types"] if self._client.api.pending_endpoint else []
        restricting = [name for name in here if getattr(selection, name) is not None]
        if restricting:
            raise IscError(
                f"count_only cannot be combined with {' and '.join(restricting)}, which the tenant cannot count by on "
                f"api_version {self._client.api.name}: use count instead."
            )
        if self._client.api.pending_endpoint:
            url = self._client.url("task-status", "pending-tasks", query={"count": True})
            answer = self._client.request("HEAD", url)
            return _counted(url, answer)
        total = 0
        for expression in self._queries(dataclasses.replace(selection, filters=_PENDING)):
            url = self._client.url("task-status", query={"filters": expression, "limit": 0, "count": True})
            answer = self._client.request("GET", url, accept=is_record_list, wanted="a list of records")
            total += _counted(url, answer)
        return total

    def lookup(self, ids: t.Sequence[str]) -> dict[str, Record]:
        """The records of these ids, pending or completed, in as few requests as can be; unknown ids are left out."""
        if not self._client.api.pending_endpoint:
            return _by_id(self.listing(Selection(ids=ids)))
        if len(ids) <= 2:
            return _by_id(record for record in map(self.get, ids) if record is not None)
        # Pending first: a task that completes between the two requests is then in one of them at least.
        wanted = set(ids)
        pending = _by_id(record for record in self.pending(Selection()) if record.get("id") in wanted)
        return {**pending, **_by_id(self.listing(Selection(ids=ids)))}

    def _queries(self, selection: Selection) -> list[str]:
        """The selection as filter expressions, more than one where a single one would make the URL too long."""
        expression = selection.expression()
        lists = {
            name: values
            for name in ("ids", "source_ids", "types", "completion_statuses", "launchers")
            if (values := getattr(selection, name)) is not None and len(values) > 1
        }
        if not lists or self._fits(expression, selection):
            return [expression]
        longest = max(lists, key=lambda name: len(query_string({name: lists[name]})))
        values = lists[longest]
        for parts in range(2, len(values) + 1):
            size = -(-len(values) // parts)
            chunks = [values[start : start + size] for start in range(0, len(values), size)]
            selections = [dataclasses.replace(selection, **{longest: chunk}) for chunk in chunks]
            expressions = [part.expression() for part in selections]
            if all(self._fits(part, selection) for part in expressions):
                return expressions
        return list(itertools.chain.from_iterable(map(self._queries, selections)))

    def _fits(self, expression: str, selection: Selection) -> bool:
        return len(self._list_url(expression, selection, 99999, selection.limit, True)) <= _LONGEST_URL

    def _list_url(self, expression: str, selection: Selection, offset: int, limit: int, count: bool) -> str:
        query: dict[str, object] = {"limit": limit, "sorters": selection.sorters}
        query.update({"filters": expression} if expression else {})
        query.update({"offset": offset} if offset else {})
        query.update({"count": True} if count else {})
        return self._client.url("task-status", query=query)

    def _pager(self, selection: Selection, expression: str, *, count: bool = False, **facts: t.Any) -> Pager:
        """Tasks leave a list of pending ones at any time: only the total tells whether some were missed."""

        def fetch(offset: int, limit: int, count: bool) -> tuple[list[Record], int | None]:
            return self._page(self._list_url(expression, selection, offset, limit, count), is_record_list)

        return Pager(fetch, page_size=selection.limit, count=count or selection.filters == _PENDING, **facts)

    def _page(self, url: str, accept: t.Callable[[t.Any], bool]) -> tuple[list[Record], int | None]:
        answer = self._client.request("GET", url, accept=accept, wanted="a list of records")
        return answer.body or [], _total(answer.headers)

    def _whole(self, pager: Pager) -> t.Iterator[Record]:
        """Every record of a list, and a warning when the tenant did not give as many as it says there are."""
        yield from pager
        if pager.missing:
            tasks = f"{pager.missing} more {'task' if pager.missing == 1 else 'tasks'}"
            self._client.warnings.append(
                f"The tenant says that the list has {tasks} than it gave, though it was asked twice."
            )

    def _chosen_there(self, listing: Listing, selection: Selection, expression: str) -> t.Iterator[Record]:
        """Everything is judged by the server."""
        pager = self._pager(
            selection,
            expression,
            offset=selection.offset,
            wanted=selection.max_results,
            count=selection.count,
            ahead=True,
        )
        yield from self._whole(pager)
        listing.total = pager.total if selection.count else None

    def _read_all(self, selection: Selection, queries: t.Sequence[str]) -> t.Iterator[Record]:
        """Every record of the queries in the order of sorters, ended as soon as none of the wanted age can follow."""
        now = self._client.now()
        by_age = selection.newer_than is not None or selection.older_than is not None
        streams = []
        for expression in queries:
            pager = self._pager(selection, expression, ahead=not by_age and selection.max_results is None)
            streams.append(
                itertools.takewhile(lambda record: not selection.beyond_age(record, now), self._whole(pager))
            )
        if len(streams) == 1:
            return streams[0]
        unique = _by_id(itertools.chain.from_iterable(streams))
        return iter(_sorted(unique.values(), selection.sorters))

    def _read_pending(self, selection: Selection) -> t.Iterator[Record]:
        """The endpoint neither filters nor sorts."""

        def fetch(offset: int, limit: int, count: bool) -> tuple[list[Record], int | None]:
            query: dict[str, object] = {"limit": limit}
            query.update({"offset": offset} if offset else {})
            query.update({"count": True} if count else {})
            url = self._client.url("task-status", "pending-tasks", query=query)
            return self._page(url, is_record_list_or_nothing)

        records = self._whole(Pager(fetch, page_size=selection.limit, count=True, ahead=True))
        return iter(_sorted(filter(selection.keeps_by_source_and_type, records), selection.sorters))

    def _chosen_here(self, listing: Listing, selection: Selection, records: t.Iterator[Record]) -> t.Iterator[Record]:
        """Ages, names, offset and max_results are judged here; all is read only where the total is wanted."""
        now = self._client.now()
        position = 0
        end = None if selection.max_results is None else selection.offset + selection.max_results
        for record in records:
            if not (selection.keeps_by_age(record, now) and selection.keeps_by_name(record)):
                continue
            if position >= selection.offset and (end is None or position < end):
                yield record
            position += 1
            if end is not None and position >= end and not selection.count:
                return
        listing.total = position if selection.count else None


def _total(headers: t.Mapping[str, str]) -> int | None:
    value = headers.get("X-Total-Count", "")
    return int(value) if value.isascii() and value.isdigit() else None


def _counted(url: str, answer: Answer) -> int:
    total = _total(answer.headers)
    if total is None:
        raise IscError(
            f"The answer to {url} does not tell the number of tasks (X-Total-Count); try without count_only."
        )
    return total


def _by_id(records: t.Iterable[Record]) -> dict[str, Record]:
    return {record["id"]: record for record in records if isinstance(record.get("id"), str)}


def _sorted(records: t.Iterable[Record], sorters: str) -> list[Record]:
    """In the order of created; records that do not tell come last."""
    direction = -1 if sorters == "-created" else 1

    def key(record: Record) -> float:
        created = parse_timestamp(record.get("created"))
        if created is None:
            return float("inf")
        return created * direction

    return sorted(records, key=key)
