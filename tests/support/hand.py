# Copyright (c) 2026, the sailpoint.isc contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A test's hand on the stand-in tenant: its control API, and requests to the API with a token."""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Iterator
from typing import Any, Callable
from urllib.parse import quote

import requests

SECRETS = {
    "admin": "admin-secret",
    "reader": "reader-secret",
    "helpdesk": "helpdesk-secret",
    # Of a client that scenarios have to name; it looks different wherever it is encoded.
    "keeper": "5d1f0c7e9b3a2846/+ü?&=%20'",
}
PATCH = "application/json-patch+json"
SECONDS = 30

_SECONDS_TO_WAIT = 30.0
_BETWEEN_LOOKS = 0.02


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

    def launches(self) -> list[dict[str, Any]]:
        """The requests that were to start an aggregation."""
        return [entry for entry in self.sent() if entry["method"] == "POST"]

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


@contextlib.contextmanager
def safe_mode(tenant: Hand) -> Iterator[None]:
    """Let the tenant refuse whatever could change something, and fail if it was asked to."""
    tenant.control("PUT", "safe-mode", {"on": True})
    try:
        yield
    finally:
        tenant.control("PUT", "safe-mode", {"on": False})
        refused = tenant.control("GET", "log")["unsafe_refused"]
        asked = [(entry["method"], entry["path"], entry["status"]) for entry in tenant.sent()]
        assert refused == 0, f"Something was to be changed in safe mode: {asked}"


@contextlib.contextmanager
def meanwhile(tenant: Hand, operation: str, change: Callable[[], object], times: int = 1) -> Iterator[None]:
    """Change something as soon as the tenant has been asked for an operation so many times since now."""
    seen = _times_asked(tenant, operation)
    failures: list[BaseException] = []

    def watch() -> None:
        try:
            wait_until_asked(tenant, operation, seen + times)
            change()
        except BaseException as error:
            failures.append(error)

    thread = threading.Thread(target=watch)
    thread.start()
    try:
        yield
    finally:
        thread.join()
    if failures:
        raise failures[0]


def wait_until_asked(tenant: Hand, operation: str, times: int = 1, client: str | None = None) -> None:
    """Wait until the tenant has been asked for an operation so many times since its log was emptied.

    client: count what that client asks for, and nothing else.
    """
    wait_until(
        lambda: _times_asked(tenant, operation, client) >= times,
        f"The tenant was not asked for {operation} {times} times.",
    )


def wait_until(condition: Callable[[], bool], failure: str) -> None:
    """Wait until a condition holds; failure: the message if it does not in time."""
    deadline = time.monotonic() + _SECONDS_TO_WAIT
    while not condition():
        if time.monotonic() > deadline:
            raise TimeoutError(failure)
        time.sleep(_BETWEEN_LOOKS)


def _times_asked(tenant: Hand, operation: str, client: str | None = None) -> int:
    return sum(entry["operation"] == operation and client in (None, entry["client_id"]) for entry in tenant.log())
