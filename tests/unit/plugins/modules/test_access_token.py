# Copyright (c) 2026, the sailpoint.isc contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The module access_token: one token, and what it says of itself."""

from __future__ import annotations

import re

import pytest
from ansible_collections.sailpoint.isc.tests.support.hand import Hand
from ansible_collections.sailpoint.isc.tests.support.modules import Run

USER = {"client_id": "user", "client_secret": "user-secret"}
API = {"client_id": "api", "client_secret": "api-secret"}
CLIENTS = [
    {**USER, "user_name": "ada.admin", "authorities": ["ORG_ADMIN", "HELPDESK"]},
    {**API, "scopes": ["idn:task-management:read", "idn:sources:manage"], "token_lifetime": 750},
]


@pytest.fixture(autouse=True)
def globex(tenant: Hand, run: Run) -> None:
    """A tenant with clients of every kind; no credentials are given yet."""
    tenant.scenario(tenant="globex", clients=CLIENTS, tasks=[{"id": "good", "completionStatus": "SUCCESS"}])
    run.connection = {"base_url": tenant.url}


@pytest.mark.parametrize("check_mode", [False, True])
def test_the_token_of_a_user_says_who_it_is(tenant: Hand, run: Run, check_mode: bool) -> None:
    got = run("access_token", **USER, check_mode=check_mode)
    assert got["changed"] is False
    assert re.fullmatch("[^.]+[.][^.]+[.][^.]+", got["access_token"])
    assert got["expires_in"] == 43200
    assert re.fullmatch("[0-9a-f]{32}", got["identity"].pop("tenant"))
    assert got["identity"] == {
        "has_user_context": True,
        "user_name": "ada.admin",
        "authorities": ["ORG_ADMIN", "HELPDESK"],
        "scopes": ["sp:scopes:all"],
        "org": "globex",
        "pod": "stand-in",
    }
    assert [entry["operation"] for entry in tenant.log()] == ["token"]


def test_the_token_of_an_api_client_names_no_user(run: Run) -> None:
    got = run("access_token", **API)
    assert got["changed"] is False
    assert got["expires_in"] == 750
    assert re.fullmatch("[0-9a-f]{32}", got["identity"].pop("tenant"))
    assert got["identity"] == {
        "has_user_context": False,
        "user_name": None,
        "authorities": [],
        "scopes": ["idn:task-management:read", "idn:sources:manage"],
        "org": "globex",
        "pod": "stand-in",
    }


def test_one_token_serves_all_that_follows(tenant: Hand, run: Run) -> None:
    got = run("access_token", **USER)
    run.connection["access_token"] = got["access_token"]
    assert len(run("task_status_info")["tasks"]) == 1
    assert run("pending_tasks_info", count_only=True)["total_count"] == 0
    given = run("access_token")
    assert (given["access_token"], given["identity"]) == (got["access_token"], got["identity"])
    # As the token itself tells
    assert 43100 < given["expires_in"] <= 43200
    assert [entry["operation"] for entry in tenant.log()].count("token") == 1
    assert [entry["client_id"] for entry in tenant.log()[1:]] == ["user", "user"]


def test_what_a_token_does_not_tell_is_null_or_empty_and_nothing_is_sent(tenant: Hand, run: Run) -> None:
    opaque = run("access_token", access_token="not.a.jwt")
    assert opaque["access_token"] == "not.a.jwt"
    assert opaque["expires_in"] is None
    assert opaque["identity"] == {
        "has_user_context": False,
        "user_name": None,
        "authorities": [],
        "scopes": [],
        "tenant": None,
        "org": None,
        "pod": None,
    }
    assert tenant.log() == []


def test_a_wrong_secret_is_refused(tenant: Hand, run: Run) -> None:
    refused = run.failing("access_token", client_id="user", client_secret="wrong-secret")
    assert refused["status"] == 401
    assert "check client_id and client_secret" in refused["msg"]
    assert "wrong-secret" not in str(refused)
    assert "access_token" not in refused
    assert (tenant.last()["method"], tenant.last()["query"]) == ("POST", {})


def test_the_token_tells_its_lifetime_where_the_tenant_does_not(tenant: Hand, run: Run) -> None:
    tenant.faults({"operation": "token", "fault": "no_expires_in"})
    assert 43100 < run("access_token", **USER)["expires_in"] <= 43200
