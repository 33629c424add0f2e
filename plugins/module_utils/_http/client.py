# Copyright (c) 2026, the sailpoint.isc contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
#
# Private to the collection: it may change in any release.

"""The client of one tenant's API: a request to an operation, with the right token, and the answer to it.

It does not depend on AnsibleModule, so plugins and scripts can use it too.
"""

from __future__ import annotations

import json
import typing as t
from urllib.parse import quote, urlencode

from ansible_collections.sailpoint.isc.plugins.module_utils._errors import RequestFailed
from ansible_collections.sailpoint.isc.plugins.module_utils._http.settings import Settings
from ansible_collections.sailpoint.isc.plugins.module_utils._http.tokens import Token, TokenSource
from ansible_collections.sailpoint.isc.plugins.module_utils._http.transport import Answer, Call, Transport
from ansible_collections.sailpoint.isc.plugins.module_utils._progress import SILENT, Progress

if t.TYPE_CHECKING:
    import requests


def is_record(body: t.Any) -> bool:
    """Whether an answer is one record."""
    return isinstance(body, dict)


def is_record_list(body: t.Any) -> bool:
    """Whether an answer is a list of records."""
    return isinstance(body, list) and all(isinstance(row, dict) for row in body)


def is_record_list_or_nothing(body: t.Any) -> bool:
    """Whether an answer is a list of records, or nothing at all (204), as the list of pending tasks may be."""
    return body is None or is_record_list(body)


def query_string(parameters: t.Mapping[str, object]) -> str:
    """Parameters as a query, percent-encoded once, a space as %20; booleans as the API writes them, null left out."""
    given = {name: value for name, value in parameters.items() if value is not None}
    pairs = {name: str(value).lower() if isinstance(value, bool) else value for name, value in given.items()}
    return urlencode(pairs, quote_via=quote, safe=",()", errors="replace")


class Client:
    """A session with a tenant. Close it, or use it in a with statement.

    api: the version of the API in use.  transport: the connections, with their deadline and their counter.
    on_secret: called with every new token, so that it can be masked in logs.
    warnings: warnings for the user.
    underway: the tasks that were started or are waited for, in words, by their ids: they continue in the tenant if
        the module is interrupted.
    progress: writes progress lines; silent until show() is called.
    """

    def __init__(
        self,
        settings: Settings,
        on_secret: t.Callable[[str], None] = lambda secret: None,
        transport: Transport | None = None,
    ) -> None:
        self.api = settings.api
        self.transport = transport or Transport(settings)
        self.warnings = self.transport.warnings
        self.underway: dict[str, str] = {}
        self.progress = SILENT
        self._settings = settings
        self._tokens = TokenSource(settings, self.transport, on_secret)

    def __enter__(self) -> Client:
        return self

    def __exit__(self, *_exception: object) -> None:
        self.transport.close()

    @property
    def base_url(self) -> str:
        """The address of the tenant's API, without a version."""
        return self._settings.base_url

    def token(self) -> Token:
        """The current access token; requested if there is none yet. Raises RequestFailed."""
        return self._tokens.current()

    def now(self) -> float:
        """The time of the tenant's clock if an answer contained it, else of this host's; seconds since 1970."""
        return self.transport.now()

    def show(self, progress: Progress) -> None:
        """Sets the progress, and from now on also writes when requests begin to fail and succeed again."""
        self.progress = progress
        self.transport.watch = self._tell_fault

    def _tell_fault(self, fault: RequestFailed | None) -> None:
        if fault is None:
            self.progress.succeeding("Requests succeed again.")
        else:
            self.progress.failing(f"Requests fail, retrying: {fault.method} {fault.address} {fault.reason}.")

    def deprecation(self) -> str | None:
        """A warning about the endpoint that the tenant has marked as deprecated; None if there is none."""
        if self.transport.deprecated is None:
            return None
        advice = f"; move to api_version {self.api.successor}" if self.api.successor else ""
        return f"The tenant marks {self.transport.deprecated} as deprecated{advice}."

    def url(self, service: str, *segments: str, query: t.Mapping[str, object] | None = None) -> str:
        """The address of an operation: every segment is one part of the path, whatever characters it contains."""
        path = self._settings.base_url + self.api.url_path(service, *segments)
        return f"{path}?{query_string(query)}" if query else path

    def request(self, method: str, url: str, *, json_body: object = None, **call_facts: t.Any) -> Answer:
        """The answer to a request; call_facts are those of Call. The JSON of a PATCH is a JSON Patch.

        A token that is refused (401) is renewed once. Raises RequestFailed.
        """
        call = Call(method, url, **call_facts)
        if json_body is not None:
            call.body = json.dumps(json_body)
            call.headers["Content-Type"] = f"application/{'json-patch+json' if method == 'PATCH' else 'json'}"
        if self.api.experimental:
            call.headers["X-SailPoint-Experimental"] = "true"
        token = self._tokens.current()
        try:
            return self.transport.send(call, _bearer(token))
        except RequestFailed as error:
            renewed = self._tokens.renewed(token) if error.status == 401 else None
            if renewed is None:
                raise
        return self.transport.send(call, _bearer(renewed))


def _bearer(token: Token) -> t.Callable[[requests.PreparedRequest], requests.PreparedRequest]:
    def authorize(request: requests.PreparedRequest) -> requests.PreparedRequest:
        request.headers["Authorization"] = f"Bearer {token.value}"
        return request

    return authorize
