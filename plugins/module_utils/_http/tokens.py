# Copyright (c) 2026, the sailpoint.isc contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
#
# Private to the collection: it may change in any release.

"""Access tokens: requested once, renewed shortly before they expire and after a 401."""

from __future__ import annotations

import base64
import dataclasses
import re
import threading
import time
import typing as t
from urllib.parse import urlencode

from ansible_collections.sailpoint.isc.plugins.module_utils._http.json_text import read_json
from ansible_collections.sailpoint.isc.plugins.module_utils._http.settings import Settings
from ansible_collections.sailpoint.isc.plugins.module_utils._http.transport import Call, Transport, no_authorization

_LONGEST_MARGIN = 60
_REFUSED = "check client_id and client_secret, and that both belong to the tenant in base_url"


@dataclasses.dataclass(frozen=True)
class Token:
    """A token. answer: the answer of the token endpoint.  expires_in: its lifetime in seconds."""

    value: str = dataclasses.field(repr=False)
    answer: t.Mapping[str, t.Any] = dataclasses.field(default_factory=dict, repr=False)
    expires_in: float | None = None

    def claims(self) -> dict[str, t.Any]:
        """The claims of the token (payload of a JWT, not verified); empty if it is not a JWT."""
        parts = self.value.split(".")
        try:
            claims = read_json(base64.urlsafe_b64decode(parts[1] + "=" * (-len(parts[1]) % 4)))
        except (IndexError, ValueError, RecursionError):
            return {}
        return claims if isinstance(claims, dict) else {}

    def seconds_left(self, now: float) -> float | None:
        """Seconds until it expires; now is seconds since 1970. None if that is unknown."""
        if self.expires_in is not None:
            return self.expires_in
        expires_at = _seconds(self.claims().get("exp"))
        return None if expires_at is None else max(0.0, expires_at - now)


class TokenSource:
    """Provides the token to use. Thread-safe.

    on_secret: called with every new token, before it is used.
    """

    def __init__(
        self,
        settings: Settings,
        transport: Transport,
        on_secret: t.Callable[[str], None],
        clock: t.Callable[[], float] = time.monotonic,
    ) -> None:
        self._settings = settings
        self._transport = transport
        self._on_secret = on_secret
        self._clock = clock
        self._lock = threading.Lock()
        self._token = Token(settings.access_token) if settings.access_token else None
        self._renew_at: float | None = None

    def current(self) -> Token:
        """The token to use now; a new one if there is none or the last is about to expire. Raises RequestFailed."""
        with self._lock:
            if self._token is None or (self._renew_at is not None and self._clock() >= self._renew_at):
                self._token = self._ask()
            return self._token

    def renewed(self, refused: Token) -> Token | None:
        """A new token instead of one that was refused; None if none can be requested. Raises RequestFailed."""
        with self._lock:
            if self._token is refused:
                if not self._settings.can_renew:
                    return None
                self._token = self._ask()
            return self._token

    def _ask(self) -> Token:
        form = {
            "grant_type": "client_credentials",
            "client_id": self._settings.client_id,
            "client_secret": self._settings.client_secret,
        }
        asked_at = self._clock()
        call = Call(
            "POST",
            f"{self._settings.base_url}/oauth/token",
            accept=_is_token_answer,
            wanted="a token",
            body=urlencode(form, errors="replace"),
            headers={"Content-Type": "application/x-www-form-urlencoded"},
            advice={400: _REFUSED, 401: _REFUSED, 403: _REFUSED},
        )
        answer = self._transport.send(call, no_authorization).body
        token = Token(answer["access_token"], answer, _seconds(answer.get("expires_in")))
        self._transport.secrets.add(token.value)
        self._on_secret(token.value)
        self._renew_at = None
        if token.expires_in is not None:
            self._renew_at = asked_at + token.expires_in - min(_LONGEST_MARGIN, token.expires_in / 10)
        return token


def _is_token_answer(body: t.Any) -> bool:
    token = body.get("access_token") if isinstance(body, dict) else None
    return isinstance(token, str) and re.fullmatch(r"[!-~]+", token) is not None


def _seconds(value: t.Any) -> float | None:
    """A positive number of seconds; None for anything else: the token is then used until it is refused."""
    good = isinstance(value, (int, float)) and not isinstance(value, bool) and 0 < value < 1e11
    return float(value) if good else None


def identity(token: Token) -> dict[str, t.Any]:
    """The identity in a token: tenant, pod, org, user_name, authorities, scopes, has_user_context.

    Without a user context (an API client, not a personal access token) the token names no user.
    """
    facts = {**token.answer, **token.claims()}
    scope = facts.get("scope") or []
    return {
        "tenant": facts.get("tenant_id"),
        "pod": facts.get("pod"),
        "org": facts.get("org"),
        "user_name": facts.get("user_name"),
        "authorities": facts.get("authorities") or [],
        "scopes": scope.split() if isinstance(scope, str) else scope,
        "has_user_context": bool(facts.get("user_name") or facts.get("user_id") or facts.get("identity_id")),
    }
