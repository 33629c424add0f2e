# Copyright (c) 2026, the sailpoint.isc contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
#
# Private to the collection: it may change in any release.

"""Operations of the API for aggregations: launch and progress.

Facts: SailPoint's OpenAPI documents of load-accounts, load-entitlements and load-uncorrelated-accounts; that a 202 can
be a refusal, and how its record differs from those of the task-management API, was seen on live tenants.
"""

from __future__ import annotations

import dataclasses
import typing as t

from ansible_collections.sailpoint.isc.plugins.module_utils._aggregations.answers import refusal, task_in
from ansible_collections.sailpoint.isc.plugins.module_utils._errors import RequestFailed
from ansible_collections.sailpoint.isc.plugins.module_utils._http.client import Client, is_record
from ansible_collections.sailpoint.isc.plugins.module_utils._http.multipart import Multipart, new_boundary
from ansible_collections.sailpoint.isc.plugins.module_utils._tasks.records import Record, definition_name
from ansible_collections.sailpoint.isc.plugins.module_utils._tasks.records import task_id as id_of_task
from ansible_collections.sailpoint.isc.plugins.module_utils._time import format_timestamp, parse_timestamp

_MOMENTS = ("created", "modified", "launched", "completed")
_USER_ADVICE = (
    "aggregating accounts requires the scope idn:sources:manage; aggregating entitlements requires a personal access "
    "token of a user with rights to the source (scope idn:entitlement:manage)"
)
_NO_SOURCE = "check source_id, and that base_url is the address of the tenant's API"


# Seconds for the request of the progress of a running aggregation: good to know, but not worth a wait.
_PROGRESS_TIMEOUT = 2


@dataclasses.dataclass(frozen=True)
class Kind:
    """A kind of aggregation. operation: the last part of the path.  definition: the name of its tasks in filters."""

    words: str
    operation: str
    definition: str
    optimized: bool = False
    needs_file: bool = False
    tells_progress: bool = False


KINDS = {
    "accounts": Kind("accounts", "load-accounts", "CLOUD_ACCOUNT_AGGREGATION", optimized=True, tells_progress=True),
    "entitlements": Kind("entitlements", "load-entitlements", "CLOUD_GROUP_AGGREGATION"),
    "uncorrelated_accounts": Kind(
        "uncorrelated accounts", "load-uncorrelated-accounts", "CLOUD_PROCESS_UNCORRELATED_ACCOUNTS", needs_file=True
    ),
}


@dataclasses.dataclass(frozen=True)
class Launch:
    """An answered launch. refusal: the reason of the tenant not to start it; None if it was started."""

    record: Record
    answer: t.Any
    refusal: str | None = None


class Aggregations:
    """Starts aggregations and reads their progress."""

    def __init__(self, client: Client) -> None:
        self._client = client
        # Tasks whose progress the tenant does not report
        self._silent: set[str] = set()

    def launch(
        self,
        source_id: str,
        kind: Kind,
        file: str | None,
        disable_optimization: bool,
        before_each_try: t.Callable[[], None] = lambda: None,
    ) -> Launch:
        """Launches an aggregation; retries only if certainly none was started.

        Raises RequestFailed; if it is maybe_applied, an aggregation may have been started. Also raises what
        before_each_try raises, before anything is sent.
        """
        fields = {"disableOptimization": "true"} if disable_optimization else {}
        # Without fields and file there is no body and no Content-Type: a multipart header alone leads to a 500.
        boundary = new_boundary() if file is not None or fields else None

        def body() -> Multipart | None:
            before_each_try()
            return None if boundary is None else Multipart(boundary, fields, file)

        answer = self._client.request(
            "POST",
            self._client.url("sources", source_id, kind.operation),
            accept=_is_launch,
            wanted="the id of the task that was started",
            idempotent=False,
            headers={} if boundary is None else {"Content-Type": f"multipart/form-data; boundary={boundary}"},
            body=body,
            advice={403: _USER_ADVICE, 404: _NO_SOURCE},
        ).body
        return Launch(_as_record(task_in(answer), source_id), answer, refusal(answer))

    def progress(self, task_id: str) -> Record | None:
        """The progress of an account aggregation; None if unknown.

        The tenant reports it until an hour after the end, and only for a token with a user context.
        """
        url = self._client.url("account-aggregations", task_id, "status")
        try:
            progress: Record = self._client.request(
                "GET", url, accept=is_record, wanted="the progress", optional=True
            ).body
        except RequestFailed:
            return None
        return progress

    def counts(self, task: Record) -> str:
        """The number of accounts that a running aggregation has processed, in words; empty if unknown.

        Sends at most one request with a short timeout, and none if the progress was unknown before.
        """
        wanted = id_of_task(task)
        if wanted is None or wanted in self._silent or definition_name(task) != KINDS["accounts"].definition:
            return ""
        with self._client.transport.within(_PROGRESS_TIMEOUT):
            progress = self.progress(wanted)
        if progress is None:
            self._silent.add(wanted)
            return ""
        done, total = progress.get("processedAccounts"), progress.get("totalAccounts")
        if not isinstance(done, int):
            return ""
        return f"{done:,} of {total:,} accounts" if isinstance(total, int) and total >= done else f"{done:,} accounts"


def _is_launch(body: t.Any) -> bool:
    if not isinstance(body, dict):
        return False
    task_id = task_in(body).get("id")
    return (isinstance(task_id, str) and task_id != "") or refusal(body) is not None


def _as_record(task: Record, source_id: str) -> Record:
    """The task of a launch in the form of a record; other keys are not changed."""
    record = dict(task)
    for key in _MOMENTS:
        moment = parse_timestamp(record.get(key))
        if moment is not None:
            record[key] = format_timestamp(moment)
    record.setdefault("uniqueName", record.get("name"))
    record.setdefault("target", {"id": source_id, "type": "APPLICATION", "name": None})
    if isinstance(record.get("messages"), list):
        record["messages"] = [_as_message(message) for message in record["messages"]]
    if isinstance(record.get("returns"), list):
        record["returns"] = [
            {"name": label.get("displayLabel"), **label} if isinstance(label, dict) else label
            for label in record["returns"]
        ]
    return record


def _as_message(message: t.Any) -> t.Any:
    if isinstance(message, dict) and isinstance(message.get("localizedText"), str):
        return {**message, "localizedText": {"locale": None, "message": message["localizedText"]}}
    return message
