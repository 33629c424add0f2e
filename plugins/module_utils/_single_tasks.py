# Copyright (c) 2026, the sailpoint.isc contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Tasks of a tenant by their ids: one is read, or edited. All that is for lists is in _task_status.py."""

from __future__ import annotations

import typing as t

from ansible_collections.sailpoint.isc.plugins.module_utils._client import Client, is_record
from ansible_collections.sailpoint.isc.plugins.module_utils._errors import RequestFailed
from ansible_collections.sailpoint.isc.plugins.module_utils._records import Record

_UPDATE_ADVICE = (
    "updating needs the personal access token of a user with rights to it (scope idn:task-management:write); "
    "an API client without a user context is refused"
)


class SingleTasks:
    """The part of the task-management API that is about one task at a time."""

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

        Raises RequestFailed; where that is uncertain, the tenant may have applied the patch.
        """
        record: Record = self._client.request(
            "PATCH",
            self._client.url("task-status", task_id),
            accept=is_record,
            wanted="a record",
            json_body=list(operations),
            content_type="application/json-patch+json",
            repeatable=False,
            advice={403: _UPDATE_ADVICE},
        ).body
        return record
