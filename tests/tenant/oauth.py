# Copyright (c) 2026, the sailpoint.isc contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Access tokens: client credentials in a form body against a JWT."""

from __future__ import annotations

import math
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import jwt

from .errors import JWT_EXPIRED, JWT_INVALID, ApiError, forbidden, unauthorized
from .versions import Operation

# Tokens outlive a restart of the stand-in, as they outlive one of the real service. It guards nothing.
_KEY = "the stand-in tenant signs with a key that everybody may know"
_ALGORITHM = "HS256"
_ALL_SCOPES = "sp:scopes:all"

USER_LIFETIME = 43200
API_CLIENT_LIFETIME = 750


@dataclass(frozen=True)
class Client:
    """A personal access token (user_name is set) or an API client (no user context)."""

    client_id: str
    client_secret: str
    user_name: str | None = None
    authorities: tuple[str, ...] = ()
    scopes: tuple[str, ...] = (_ALL_SCOPES,)
    token_lifetime: int = USER_LIFETIME

    @classmethod
    def from_spec(cls, spec: Mapping[str, Any]) -> Client:
        user_name = spec.get("user_name")
        return cls(
            client_id=spec["client_id"],
            client_secret=spec["client_secret"],
            user_name=user_name,
            authorities=tuple(spec.get("authorities") or (["ORG_ADMIN"] if user_name else [])),
            scopes=tuple(spec.get("scopes") or [_ALL_SCOPES]),
            token_lifetime=int(spec.get("token_lifetime") or (USER_LIFETIME if user_name else API_CLIENT_LIFETIME)),
        )

    @property
    def identity_id(self) -> str:
        return uuid.uuid5(uuid.NAMESPACE_OID, self.client_id).hex

    def require(self, operation: Operation) -> None:
        """Raises the API's 403 unless this client may call the operation."""
        if operation.user_context and self.user_name is None:
            raise forbidden("This request needs a user context: a personal access token.")
        levels = operation.authorities
        if self.user_name is not None and levels is not None and not levels & set(self.authorities):
            raise forbidden("The user of this token has no right to this request.")
        if _ALL_SCOPES not in self.scopes and not operation.scopes & set(self.scopes):
            raise forbidden("The scopes of this token do not cover this request.")


DEFAULT_CLIENTS = (
    Client("admin", "admin-secret", "ada.admin", ("ORG_ADMIN",)),
    Client("reader", "reader-secret", token_lifetime=API_CLIENT_LIFETIME),
    Client("helpdesk", "helpdesk-secret", "hal.helpdesk", ("HELPDESK",)),
)


@dataclass
class Tokens:
    """Gives and checks tokens."""

    tenant: str
    clients: dict[str, Client]
    given: int = 0
    revoked: set[str] = field(default_factory=set)

    def grant(self, content_type: str, form: Mapping[str, str], query: Mapping[str, str], now: float) -> dict[str, Any]:
        """The answer of the token endpoint; raises ApiError in OAuth's own words."""
        if content_type != "application/x-www-form-urlencoded" or "client_secret" in query:
            raise _refused(400, "invalid_request", "The credentials belong into a form body")
        if form.get("grant_type") != "client_credentials":
            raise _refused(400, "unsupported_grant_type", f"Unsupported grant type: {form.get('grant_type')}")
        client = self.clients.get(form.get("client_id", ""))
        if client is None or form.get("client_secret") != client.client_secret:
            raise _refused(401, "invalid_client", "Bad client credentials")
        self.given += 1
        about: dict[str, Any] = {
            "tenant_id": uuid.uuid5(uuid.NAMESPACE_DNS, self.tenant).hex,
            "pod": "stand-in",
            "org": self.tenant,
            "jti": uuid.uuid4().hex,
        }
        user: dict[str, Any] = {}
        if client.user_name is not None:
            user = {"user_id": client.identity_id, "identity_id": client.identity_id}
        claims = {
            **about,
            **user,
            "authorities": list(client.authorities),
            "client_id": client.client_id,
            "scope": list(client.scopes),
            "exp": math.ceil(now + client.token_lifetime),
        }
        if client.user_name is not None:
            claims["user_name"] = client.user_name
        return {
            "access_token": jwt.encode(claims, _KEY, algorithm=_ALGORITHM),
            "token_type": "bearer",
            "expires_in": client.token_lifetime,
            "scope": " ".join(client.scopes),
            **about,
            **user,
        }

    def check(self, authorization: str | None) -> Client:
        """The client of an Authorization header; raises the API's 401."""
        claims = _claims(authorization, verify=True)
        client = self.clients.get(claims.get("client_id", ""))
        if claims["jti"] in self.revoked:
            raise unauthorized(JWT_EXPIRED)
        if client is None or claims.get("org") != self.tenant:
            raise unauthorized(JWT_INVALID)
        return client

    def expire(self, authorization: str | None) -> None:
        """Let the token of an Authorization header be expired from now on."""
        try:
            self.revoked.add(_claims(authorization, verify=False)["jti"])
        except ApiError:
            pass


def named_client(authorization: str | None) -> str | None:
    """The client id that a token names, whether it is still good or not."""
    try:
        return str(_claims(authorization, verify=False)["client_id"])
    except (ApiError, KeyError):
        return None


def _claims(authorization: str | None, verify: bool) -> dict[str, Any]:
    scheme, _space, token = (authorization or "").partition(" ")
    if scheme.lower() != "bearer":
        raise unauthorized("JWT is required")
    try:
        claims: dict[str, Any] = jwt.decode(token, _KEY, algorithms=[_ALGORITHM], options={"verify_exp": verify})
    except jwt.ExpiredSignatureError:
        raise unauthorized(JWT_EXPIRED) from None
    except jwt.InvalidTokenError:
        raise unauthorized(JWT_INVALID) from None
    return claims


def _refused(status: int, error: str, description: str) -> ApiError:
    return ApiError(status, {"error": error, "error_description": description})
