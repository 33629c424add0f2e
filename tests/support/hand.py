# Copyright (c) 2026, the sailpoint.isc contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A test's hand on the stand-in tenant: its control API, and requests to the API with a token."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

import requests

SECRETS = {"admin": "admin-secret", "reader": "reader-secret", "helpdesk": "helpdesk-secret"}
PATCH = "application/json-patch+json"
SECONDS = 30


class Hand:
    """The stand-in tenant at `url`. verify: its certificate, as requests takes it."""

    def __init__(self, url: str, verify: bool | str = True) -> None:
        self.url = url
        self.verify = verify

    def control(self, method: str, path: str, body: Any = None) -> Any:
        url = f"{self.url}/_tenant/{path}"
        answer = requests.request(method, url, json=body, timeout=SECONDS, verify=self.verify)
        assert answer.ok, answer.text
        return answer.json()

    def scenario(self, **keys: Any) -> None:
        """Start afresh; without a rate limit unless the scenario has one."""
        self.control("PUT", "scenario", {"rate_limit": None, **keys})

    def faults(self, *faults: dict[str, Any]) -> None:
        self.control("POST", "faults", list(faults))

    def log(self) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self.control("GET", "log")["requests"]
        return found

    def sent(self) -> list[dict[str, Any]]:
        """The log without the requests for tokens."""
        return [entry for entry in self.log() if entry["operation"] != "token"]

    def records(self) -> dict[str, dict[str, Any]]:
        """Every task that the tenant holds, by id, with the keys that the API shows."""
        private = ("definition", "source", "ends", "ends_in", "shown", "vanish")
        return {
            task["id"]: {key: value for key, value in task.items() if key not in private}
            for task in self.control("GET", "tasks")["tasks"]
        }

    def last(self) -> dict[str, Any]:
        return self.log()[-1]

    def token(self, client: str = "admin", secret: str | None = None) -> requests.Response:
        form = {"grant_type": "client_credentials", "client_id": client, "client_secret": secret or SECRETS[client]}
        return requests.post(f"{self.url}/oauth/token", data=form, timeout=SECONDS)

    def session(self, client: str = "admin", secret: str | None = None) -> Session:
        return Session(self.url, self.token(client, secret).json()["access_token"])


class Session:
    """Requests with one token over kept connections."""

    def __init__(self, url: str, token: str) -> None:
        self.url = url
        self.token = token
        self._session = requests.Session()
        self._session.headers["Authorization"] = f"Bearer {token}"

    def request(self, method: str, path: str, **options: Any) -> requests.Response:
        return self._session.request(
            method, self.url + path, timeout=options.pop("timeout", SECONDS), allow_redirects=False, **options
        )

    def get(self, path: str, **options: Any) -> requests.Response:
        return self.request("GET", path, **options)

    def list(self, version: str, expression: str | None = None, **query: Any) -> requests.Response:
        """The task list of a version, filtered by an expression that is encoded as the API wants it."""
        parts = [f"{name}={value}" for name, value in query.items()]
        if expression is not None:
            parts.append("filters=" + quote(expression, safe=""))
        path = "/task-status/v1" if version == "v1" else f"/{version}/task-status"
        return self.get(path + "?" + "&".join(parts))

    def patch(self, path: str, operations: Any, content_type: str = PATCH) -> requests.Response:
        return self.request("PATCH", path, json=operations, headers={"Content-Type": content_type})
