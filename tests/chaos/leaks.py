# Copyright (c) 2026, the sailpoint.isc contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Secrets and tokens: everything that is printed, logged, written and returned is looked through for them."""

from __future__ import annotations

import base64
import html
import json
import re
import time
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote, quote_plus

from tests.chaos.playing import Played, Stage, module_task, play_of
from tests.chaos.table import Row
from tests.chaos.waits import SITE
from tests.support.hand import Hand

# Every token begins like this, as it holds JSON; and so does one that is encoded once more.
_ANY_TOKEN = re.compile(r"eyJ[\w-]{8,}|ZXlK[\w+/-]{8,}")
_WAITING = {"interval": "0.2", "timeout": "20"}
_TASKS: tuple[tuple[str, dict[str, Any]], ...] = (
    ("access_token", {}),
    ("task_status_info", {"id": "good"}),
    ("pending_tasks_info", {}),
    ("task_status", {"id": "stuck", "completion_status": "ERROR"}),
    ("task_wait", {"ids": ["good"], **_WAITING}),
    ("source_aggregation", {"source_id": "hr", "wait": True, "on_busy": "wait", **_WAITING}),
    ("source_aggregations", {"sources": [{"id": "hr", "on_busy": "wait"}], **_WAITING}),
)
_REFUSED_OPTIONS: tuple[tuple[str, dict[str, Any]], ...] = (
    ("task_status_info", {"limit": "many"}),
    ("task_status_info", {"limit": 0}),
    ("access_token", {"access_token": "", "client_id": "nobody"}),
    ("task_wait", {"ids": ["good"], "timeout": "soon"}),
)


class Leaks:
    """Plays that are given secrets in every way, on three tenants: one that answers, one whose API repeats the secrets
    in its refusals, and one that does so where it is asked for a token."""

    def __init__(self, tenants: list[Hand], client: dict[str, Any]) -> None:
        self._answering, self._refusing, self._without_token = tenants[:3]
        self._client = client

    def rows(self, stages: dict[str, Stage], printed: Iterable[str]) -> Iterator[Row]:
        """A row for each stage (a version of ansible-core), and one for what was printed elsewhere."""
        for name, stage in stages.items():
            yield self._row(name, stage)
        row = Row("all of the fault matrix, -vvvv")
        for text in printed:
            row.check(not leaked(text, self._client["client_secret"]), "a secret was printed")
        if row.tried:
            yield row

    def _row(self, name: str, stage: Stage) -> Row:
        row = Row(f"ansible-core {name}")
        token = self._prepare()
        hosts = {
            host: {"url": tenant.url, "secret": self._client["client_secret"], "token": token}
            for host, tenant in {
                "answering": self._answering,
                "refusing": self._refusing,
                "without-token": self._without_token,
            }.items()
        }
        log = stage.directory / "syslog"
        log.parent.mkdir(parents=True, exist_ok=True)
        environment = {
            "SAIL_BASE_URL": self._answering.url,
            "SAIL_CLIENT_ID": self._client["client_id"],
            "SAIL_CLIENT_SECRET": self._client["client_secret"],
            "PYTHONPATH": str(SITE),
            "CHAOS_SYSLOG": str(log),
        }
        playing = stage.start(list(self._plays()), hosts, environment)
        played = playing.played()
        ran = sum(len(results) for results in played.results.values())
        files = _files_left(playing.temporary)
        logged = log.read_text() if log.exists() else ""
        seen = {
            "printed": played.printed,
            "returned": json.dumps(played.results),
            "logged": logged,
            **{f"written to {file.name}": _content(file) for file in files},
        }
        for what, text in seen.items():
            found = leaked(text, self._client["client_secret"])
            row.check(not found, f"{what} under ansible-core {name}: {found}")
        row.check(_said_enough(played, logged), f"not all was shown that was to be looked through: {played.printed}")
        row.remark = f"{ran} tasks, {len(played.printed) + len(logged):,} characters, {len(files)} files"
        return row

    def _prepare(self) -> str:
        """Load the tenants; returns a token that the first two take."""
        tasks = [{"id": "good", "completionStatus": "SUCCESS"}, {"id": "stuck", "age": "2d"}]
        sources = [{"id": "hr", "name": "HR System", "accounts": {"seconds": 0.2}}]
        scenario = {"clients": [self._client], "tasks": tasks, "sources": sources}
        self._answering.scenario(**scenario)
        answer = self._answering.token(self._client["client_id"], self._client["client_secret"])
        token = str(answer.json()["access_token"])
        secret = self._client["client_secret"]
        telling = f"client_secret={secret} {quote_plus(secret)} Bearer {token} are not right"
        document = {"detailCode": "400.1", "messages": [{"text": telling}], "errorMessage": telling}
        refusal = {"fault": "status", "code": 400, "times": None, "path": "task-status|sources", "json": document}
        page = {"fault": "status", "code": 403, "times": None, "operation": "list", "html": f"<h1>{telling}</h1>"}
        self._refusing.scenario(**scenario, faults=[page, refusal])
        oauth = {"error": "invalid_client", "error_description": telling}
        refused = {"fault": "status", "code": 401, "times": None, "operation": "token", "json": oauth}
        self._without_token.scenario(**scenario, faults=[refused])
        return token

    def _plays(self) -> Iterator[dict[str, Any]]:
        common = {"base_url": "{{ url }}", "client_id": self._client["client_id"]}
        by_secret = {**common, "client_secret": "{{ secret }}", "retries": 0}
        by_token = {**common, "access_token": "{{ token }}", "retries": 0}
        kept = [
            module_task(module, {**by_secret, **options}, diff=True, register=f"kept_{number}")
            for number, (module, options) in enumerate(_TASKS)
        ]
        shown = [
            _shown(f"kept_{number}") for number, (module, _options) in enumerate(_TASKS) if module != "access_token"
        ]
        yield play_of(*kept, *shown)
        yield play_of(
            *(module_task(module, options) for module, options in _REFUSED_OPTIONS),
            module_task("task_status_info", {"offset": "{{ item }}"}, loop=[0, 1]),
            hosts="answering,refusing",
            module_defaults={"group/sailpoint.isc.isc": {**by_secret, "access_token": "{{ token }}"}},
        )
        # From the environment of the run, and with a token alone.
        yield play_of(module_task("task_wait", {"ids": ["good"]}), hosts="answering")
        yield play_of(
            module_task("task_status_info", {**by_token, "id": "{{ item }}"}, loop=["good", "nobody"]),
            *(
                module_task(module, {**by_secret, **options}, **{"async": 60, "poll": 1})
                for module, options in _TASKS
                if module in ("access_token", "task_wait", "source_aggregation")
            ),
            hosts="answering,refusing",
        )


def _shown(variable: str) -> dict[str, Any]:
    return {"name": f"Show {variable}", "ansible.builtin.debug": {"var": variable}}


def _said_enough(played: Played, logged: str) -> bool:
    """Whether all that could hold a secret was there to be looked through."""
    signs = ("PLAY RECAP", '"module_args":', "was refused with 400", "was refused with 403", "was refused with 401")
    return all(sign in played.printed for sign in signs) and "Invoked with" in logged


def leaked(text: str, secret: str) -> str | None:
    """In which form the secret, or any token, is in a text; None: in none."""
    for name, form in _forms(secret):
        if form in text:
            return f"the secret {name}"
    token = _ANY_TOKEN.search(text)
    return None if token is None else "a token"


def _forms(secret: str) -> Iterator[tuple[str, str]]:
    raw = secret.encode()
    yield "as it is", secret
    yield "URL-encoded", quote(secret)
    yield "URL-encoded with slashes", quote(secret, safe="")
    yield "form-encoded", quote_plus(secret)
    yield "in JSON", json.dumps(secret)[1:-1]
    yield "in JSON, twice", json.dumps(json.dumps(secret))[3:-3]
    yield "in HTML", html.escape(secret)
    yield "in Python", repr(secret)[1:-1]
    for encode in (base64.b64encode, base64.urlsafe_b64encode):
        for shift in range(3):
            # What stands before it in what was encoded decides on how it looks; its edges are not its own.
            yield "in base64", encode(b"\0" * shift + raw)[4 if shift else 0 : -4].decode()


def _files_left(directory: Path) -> list[Path]:
    """What a run leaves behind; the wrapper of an asynchronous job looks every five seconds whether it can clean up."""
    deadline = time.monotonic() + 15
    while any(directory.rglob("AnsiballZ_*")) and time.monotonic() < deadline:
        time.sleep(0.2)
    return [file for file in directory.rglob("*") if file.is_file()]


def _content(file: Path) -> str:
    return file.read_text(errors="replace")
