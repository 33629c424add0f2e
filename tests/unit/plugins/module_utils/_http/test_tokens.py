# Copyright (c) 2026, the sailpoint.isc contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import base64
import json
import threading
import typing as t
from urllib.parse import parse_qs

import pytest
from ansible_collections.sailpoint.isc.plugins.module_utils._errors import RequestFailed
from ansible_collections.sailpoint.isc.plugins.module_utils._http.client import Client
from ansible_collections.sailpoint.isc.plugins.module_utils._http.tokens import Token, TokenSource, identity
from ansible_collections.sailpoint.isc.tests.unit.fakes import BASE_URL, FakeClock, Reply, Wire, connected, settings
from hypothesis import given
from hypothesis import strategies as st

CREDENTIALS: dict[str, t.Any] = {"client_id": "me", "client_secret": "s/e+c r&et", "access_token": None}
CLAIMS = {"tenant_id": "t-1", "pod": "stg", "org": "acme", "user_name": "ann", "authorities": ["ORG_ADMIN"]}


def jwt(claims: object) -> str:
    """A token with these claims; its signature is not looked at."""
    payload = base64.urlsafe_b64encode(json.dumps(claims).encode()).decode().rstrip("=")
    return f"e30.{payload}.c2ln"


def token_reply(value: str = "token-1", **facts: t.Any) -> Reply:
    return Reply(200, {"access_token": value, "token_type": "bearer", **facts})


def source(wire: Wire, clock: FakeClock, told: list[str] | None = None, **changes: t.Any) -> TokenSource:
    changes = {**CREDENTIALS, **changes}
    told = [] if told is None else told
    return TokenSource(settings(**changes), connected(wire, clock, **changes), told.append, clock.now)


@given(st.dictionaries(st.text(), st.integers() | st.text() | st.none()))
def test_the_claims_of_a_token_can_be_read(claims: dict[str, t.Any]) -> None:
    assert Token(jwt(claims)).claims() == claims


@given(st.text(st.characters(min_codepoint=33, max_codepoint=126), min_size=1))
def test_a_token_of_any_form_claims_something_or_nothing(value: str) -> None:
    assert isinstance(Token(value).claims(), dict)


@pytest.mark.parametrize(
    "value", ["opaque", "a.b", "a.!!!.c", "a..c", jwt([1]), jwt("text"), "a." + "W1tb" * 100000 + ".c", "a.gICA.c"]
)
def test_what_is_no_jwt_claims_nothing(value: str) -> None:
    assert Token(value).claims() == {}


@pytest.mark.parametrize(
    ("token", "seconds"),
    [
        (Token("opaque", expires_in=750), 750),
        (Token(jwt({"exp": 1600}), expires_in=750), 750),
        (Token(jwt({"exp": 1600})), 600),
        (Token(jwt({"exp": 900})), 0),
        (Token(jwt({"exp": "soon"})), None),
        (Token(jwt({"exp": True})), None),
        (Token("opaque"), None),
    ],
)
def test_the_time_left_comes_from_the_answer_or_the_token_itself(token: Token, seconds: float | None) -> None:
    assert token.seconds_left(1000) == seconds


def test_a_token_does_not_show_itself() -> None:
    assert "hunter2" not in repr(Token("hunter2", {"access_token": "hunter2"}, 5))


def test_a_token_tells_for_whom_it_acts() -> None:
    assert identity(Token(jwt({**CLAIMS, "scope": ["a", "b"]}))) == {
        "tenant": "t-1",
        "pod": "stg",
        "org": "acme",
        "user_name": "ann",
        "authorities": ["ORG_ADMIN"],
        "scopes": ["a", "b"],
        "has_user_context": True,
    }


def test_what_the_token_does_not_claim_is_taken_from_the_answer() -> None:
    facts = identity(Token(jwt({"org": "acme"}), {"org": "other", "pod": "p", "scope": "a b"}))
    assert (facts["org"], facts["pod"], facts["scopes"]) == ("acme", "p", ["a", "b"])


def test_what_nothing_tells_is_null_or_empty() -> None:
    assert identity(Token("opaque")) == {
        "tenant": None,
        "pod": None,
        "org": None,
        "user_name": None,
        "authorities": [],
        "scopes": [],
        "has_user_context": False,
    }


@pytest.mark.parametrize("claim", ["user_name", "user_id", "identity_id"])
def test_each_sign_of_a_user_is_a_user_context(claim: str) -> None:
    assert identity(Token(jwt({claim: "x"})))["has_user_context"]
    assert identity(Token("opaque", {claim: "x"}))["has_user_context"]


def test_the_secret_travels_in_the_body_and_nowhere_else() -> None:
    wire = Wire(token_reply())
    source(wire, FakeClock()).current()
    (request,) = wire.requests
    assert (request.method, request.url) == ("POST", f"{BASE_URL}/oauth/token")
    assert request.headers["Content-Type"] == "application/x-www-form-urlencoded"
    assert "Authorization" not in request.headers
    assert parse_qs(str(request.body), strict_parsing=True) == {
        "grant_type": ["client_credentials"],
        "client_id": ["me"],
        "client_secret": ["s/e+c r&et"],
    }


def test_a_given_token_is_used_and_none_is_asked_for() -> None:
    wire = Wire()
    assert source(wire, FakeClock(), access_token="given").current().value == "given"
    assert wire.requests == []


def test_a_token_is_asked_for_once() -> None:
    wire = Wire(token_reply(expires_in=750))
    tokens = source(wire, FakeClock())
    assert tokens.current() is tokens.current()
    assert len(wire.requests) == 1


def test_a_token_is_asked_for_once_by_many_at_once() -> None:
    all_there = threading.Event()

    def answer(_request: object) -> Reply:
        assert all_there.wait(30)
        return token_reply(expires_in=750)

    wire = Wire(*[answer] * 8)
    tokens = source(wire, FakeClock())
    found: list[Token] = []
    threads = [threading.Thread(target=lambda: found.append(tokens.current())) for _thread in range(8)]
    for thread in threads:
        thread.start()
    all_there.set()
    for thread in threads:
        thread.join(30)
    assert len(wire.requests) == 1
    assert len(found) == 8
    assert all(token is found[0] for token in found)


@given(st.floats(1, 50000))
def test_a_token_is_renewed_shortly_before_it_expires_and_not_before(lifetime: float) -> None:
    clock = FakeClock()
    tokens = source(Wire(token_reply("old", expires_in=lifetime), token_reply("new", expires_in=lifetime)), clock)
    tokens.current()
    clock.time += lifetime - min(60, lifetime / 10) - 0.001 * lifetime
    assert tokens.current().value == "old"
    clock.time = 1000 + lifetime - min(60, lifetime / 10) + 0.001
    assert tokens.current().value == "new"


@pytest.mark.parametrize("expires_in", [None, 0, -5, "soon", True, 1e12, [750]])
def test_a_token_whose_life_is_not_told_is_used_until_it_is_refused(expires_in: object) -> None:
    clock = FakeClock()
    tokens = source(Wire(token_reply("old", expires_in=expires_in), token_reply("new")), clock)
    old = tokens.current()
    clock.time += 1e9
    assert tokens.current() is old
    renewed = tokens.renewed(old)
    assert renewed is not None
    assert renewed.value == "new"
    assert tokens.current() is renewed


def test_a_refused_token_that_somebody_else_has_renewed_is_not_renewed_again() -> None:
    wire = Wire(token_reply("old"), token_reply("new"))
    tokens = source(wire, FakeClock())
    old = tokens.current()
    assert tokens.renewed(old) is tokens.renewed(old)
    assert len(wire.requests) == 2


def test_a_given_token_that_is_refused_is_renewed_only_with_credentials() -> None:
    without = source(Wire(), FakeClock(), access_token="given", client_id=None, client_secret=None)
    assert without.renewed(without.current()) is None
    both = source(Wire(token_reply("new")), FakeClock(), access_token="given")
    renewed = both.renewed(both.current())
    assert renewed is not None
    assert renewed.value == "new"


def test_every_token_that_is_obtained_is_told_and_kept_out_of_errors() -> None:
    told: list[str] = []
    wire = Wire(token_reply("token-1"), Reply(400, b"token-1"))
    transport = connected(wire, **CREDENTIALS)
    tokens = TokenSource(settings(**CREDENTIALS), transport, told.append)
    refused = tokens.current()
    assert told == ["token-1"]
    with pytest.raises(RequestFailed) as caught:
        tokens.renewed(refused)
    assert "token-1" not in str(caught.value)


@pytest.mark.parametrize(
    "body", [{}, {"access_token": ""}, {"access_token": None}, {"access_token": "a b"}, {"access_token": "ü"}, [], None]
)
def test_an_answer_without_a_usable_token_is_tried_again_and_then_a_failure(body: object) -> None:
    wire = Wire(Reply(200, body), Reply(200, body))
    with pytest.raises(RequestFailed, match="instead of a token"):
        source(wire, FakeClock(), retries=1).current()
    assert len(wire.requests) == 2


@pytest.mark.parametrize("status", [400, 401, 403])
def test_refused_credentials_are_not_tried_again_and_named(status: int) -> None:
    body = {"error": "invalid_client", "error_description": "s/e+c r&et is wrong"}
    with pytest.raises(RequestFailed, match="check client_id and client_secret") as caught:
        source(Wire(Reply(status, body)), FakeClock()).current()
    assert "r&et" not in str(caught.value)


def client(wire: Wire, clock: FakeClock | None = None, **changes: t.Any) -> Client:
    return Client(settings(**changes), transport=connected(wire, clock, **changes))


def bearers(wire: Wire) -> list[str]:
    return [request.headers.get("Authorization", "").replace("Bearer ", "") for request in wire.requests]


def test_a_request_carries_the_token() -> None:
    wire = Wire(Reply(200, {}))
    client(wire).request("GET", BASE_URL + "/x")
    assert bearers(wire) == ["given-token"]


def test_a_refused_token_is_renewed_once_and_the_request_sent_again() -> None:
    wire = Wire(token_reply("old"), Reply(401), token_reply("new"), Reply(200, {"id": "1"}))
    answer = client(wire, **CREDENTIALS).request("GET", BASE_URL + "/x", accept=lambda body: True)
    assert answer.body == {"id": "1"}
    assert bearers(wire) == ["", "old", "", "new"]


def test_what_must_not_happen_twice_is_sent_again_with_a_new_token() -> None:
    wire = Wire(Reply(401), token_reply("new"), Reply(200, {}))
    client(wire, **{**CREDENTIALS, "access_token": "given"}).request("PATCH", BASE_URL + "/x", idempotent=False)
    assert bearers(wire) == ["given", "", "new"]


def test_a_token_that_is_refused_twice_ends_it() -> None:
    wire = Wire(token_reply("old"), Reply(401), token_reply("new"), Reply(401))
    with pytest.raises(RequestFailed) as caught:
        client(wire, **CREDENTIALS).request("GET", BASE_URL + "/x")
    assert caught.value.status == 401
    assert caught.value.attempts == 2
    assert wire.script == []


def test_a_refused_token_without_credentials_ends_it_at_once() -> None:
    wire = Wire(Reply(401, {"error": "JWT validation failed: JWT is expired"}))
    with pytest.raises(RequestFailed, match="JWT is expired"):
        client(wire).request("GET", BASE_URL + "/x")


def test_any_other_refusal_does_not_cost_a_token() -> None:
    wire = Wire(token_reply(), Reply(403))
    with pytest.raises(RequestFailed):
        client(wire, **CREDENTIALS).request("GET", BASE_URL + "/x")
    assert len(wire.requests) == 2


@pytest.mark.parametrize(
    ("version", "value"), [("beta", None), ("v2024", "true"), ("v2025", "true"), ("v2026", "true"), ("v1", None)]
)
def test_requests_to_the_yearly_versions_say_that_they_know(version: str, value: str | None) -> None:
    wire = Wire(Reply(200, {}))
    client(wire, api_version=version).request("GET", BASE_URL + "/x")
    assert wire.requests[0].headers.get("X-SailPoint-Experimental") == value


def test_a_body_is_sent_as_json_with_its_kind() -> None:
    wire = Wire(Reply(200, {}), Reply(200, {}))
    user = client(wire)
    user.request("PATCH", BASE_URL + "/x", json_body=[{"op": "test"}])
    assert json.loads(str(wire.requests[0].body)) == [{"op": "test"}]
    assert wire.requests[0].headers["Content-Type"] == "application/json-patch+json"
    user.request("POST", BASE_URL + "/x")
    assert wire.requests[1].body is None
    assert "Content-Type" not in wire.requests[1].headers


def test_addresses_are_made_of_the_base_the_version_and_the_query() -> None:
    user = client(Wire(), api_version="v1", base_url=BASE_URL + "/gate/")
    assert user.url("task-status", "a/b") == f"{BASE_URL}/gate/task-status/v1/a%2Fb"
    assert user.url("task-status", query={"count": True}) == f"{BASE_URL}/gate/task-status/v1?count=true"


def test_a_client_closes_its_connections_when_it_is_left() -> None:
    wire = Wire()
    with client(wire) as user:
        assert not wire.closed
        assert user.token().value == "given-token"
    assert wire.closed
