# Copyright (c) 2026, the sailpoint.isc contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A tenant that tells secrets, what modules are asked to do there, and how to find secrets and tokens in a text."""

from __future__ import annotations

import base64
import html
import json
import re
from functools import cache
from typing import Any
from urllib.parse import quote, quote_plus

from .hand import SECRETS, Hand

KEEPER = {"client_id": "keeper", "client_secret": SECRETS["keeper"], "user_name": "ada.admin"}

_WAITING = {"interval": "0.2", "timeout": "60"}
TASKS: dict[str, dict[str, Any]] = {
    "access_token": {},
    "task_status_info": {"id": "good"},
    "pending_tasks_info": {},
    "source_info": {},
    "source_schedule_info": {"source_ids": ["hr"], "api_version": "v2025"},
    "source_schedule": {"source_id": "hr", "cron": "0 0 5 * * ?", "api_version": "v2025"},
    "source_schedules_pause": {"state": "paused", "source_ids": ["hr"], "api_version": "v2025"},
    "task_status": {"id": "stuck", "completion_status": "ERROR"},
    "task_wait": {"ids": ["good"], **_WAITING},
    "source_aggregation": {"source_id": "hr", "wait": True, "on_busy": "wait", **_WAITING},
    "source_aggregations": {"sources": [{"id": "hr", "on_busy": "wait"}], **_WAITING},
    "task_report": {"path": "report.html"},
}
# Who tells secrets in refusals: nobody, the API, or the token endpoint
TELLING = ("nothing", "api", "token")

# Every token begins like this, as it holds JSON; and so does one that is encoded once more.
_ANY_TOKEN = re.compile(r"eyJ[\w-]{8,}|ZXlK[\w+/-]{8,}")


def prepare(tenant: Hand, telling: str) -> str:
    """Load what the tasks need, and have the tenant tell secrets in its refusals; returns a token."""
    tenant.scenario(
        clients=[KEEPER],
        tasks=[{"id": "good", "completionStatus": "SUCCESS"}, {"id": "stuck", "age": "2d"}],
        sources=[{"id": "hr", "name": "HR System", "accounts": {"seconds": 0.2}}],
    )
    secret = KEEPER["client_secret"]
    token = str(tenant.token("keeper").json()["access_token"])
    told = f"client_secret={secret} {quote_plus(secret)} Bearer {token} are not right"
    always: dict[str, Any] = {"fault": "status", "times": None}
    document = {"detailCode": "400.1", "messages": [{"text": told}], "errorMessage": told}
    oauth = {"error": "invalid_client", "error_description": told}
    faults = {
        "nothing": [],
        "api": [
            {**always, "code": 403, "operation": "list", "html": f"<h1>{told}</h1>"},
            {**always, "code": 400, "path": "task-status|sources", "json": document},
        ],
        "token": [{**always, "code": 401, "operation": "token", "json": oauth}],
    }
    tenant.faults(*faults[telling])
    return token


def leaked(text: str, *, tokens: bool = True) -> str | None:
    """In which form the secret of a client, or any token, is in a text; None: in none. tokens: look for them too."""
    for secret in SECRETS.values():
        for form, name in _forms(secret).items():
            if form in text:
                return f"a secret {name}"
    return "a token" if tokens and _ANY_TOKEN.search(text) else None


@cache
def _forms(secret: str) -> dict[str, str]:
    """What a secret looks like, and how each look is called."""
    forms = {
        secret: "as it is",
        quote(secret): "URL-encoded",
        quote(secret, safe=""): "URL-encoded with slashes",
        quote_plus(secret): "form-encoded",
        json.dumps(secret)[1:-1]: "in JSON",
        json.dumps(json.dumps(secret))[3:-3]: "in JSON, twice",
        html.escape(secret): "in HTML",
        repr(secret)[1:-1]: "in Python",
    }
    for encode in (base64.b64encode, base64.urlsafe_b64encode):
        for shift in range(3):
            # What stands before it in what was encoded decides on how it looks; its edges are not its own.
            forms[encode(b"\0" * shift + secret.encode())[4 if shift else 0 : -4].decode()] = "in base64"
    return forms
