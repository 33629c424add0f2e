# Copyright (c) 2026, the sailpoint.isc contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from urllib.parse import unquote, urlsplit

import pytest
import requests
from ansible_collections.sailpoint.isc.plugins.module_utils import _argspec
from ansible_collections.sailpoint.isc.plugins.module_utils._errors import InvalidOption
from ansible_collections.sailpoint.isc.plugins.module_utils._http.api import API_VERSIONS
from hypothesis import assume, example, given
from hypothesis import strategies as st
from urllib3.util import parse_url

VERSIONS = st.sampled_from(sorted(API_VERSIONS))
TRICKY = [
    "/",
    "a/../b",
    "../../oauth/token",
    "%2e%2e",
    "%2F",
    "a?b=c",
    "a#b",
    "a;b",
    "a b",
    "+",
    "ü",
    "~",
    "'\"",
    "...",
    "a\\b",
]


@pytest.mark.parametrize(
    ("version", "path"),
    [
        ("beta", "/beta/task-status/x"),
        ("v2024", "/v2024/task-status/x"),
        ("v2025", "/v2025/task-status/x"),
        ("v2026", "/v2026/task-status/x"),
        ("v1", "/task-status/v1/x"),
    ],
)
def test_every_version_has_its_place_for_a_service(version: str, path: str) -> None:
    assert API_VERSIONS[version].url_path("task-status", "x") == path
    assert API_VERSIONS[version].url_path("task-status") == path[:-2]


@given(VERSIONS, st.text(min_size=1, max_size=40))
@example("beta", "..")
def test_an_id_is_one_segment_of_the_path_and_comes_back_when_decoded(version: str, task_id: str) -> None:
    base = API_VERSIONS[version].url_path("task-status")
    path = API_VERSIONS[version].url_path("task-status", task_id, "below")
    head, _slash, tail = path.rpartition("/")
    assert tail == "below"
    assert head.startswith(base + "/")
    segment = head[len(base) + 1 :]
    assert "/" not in segment
    assert unquote(segment, errors="strict") == task_id


def sent_path(url: str) -> str:
    """The path that goes over the wire, after what requests and urllib3 make of a URL."""
    prepared = requests.Request("GET", url).prepare().url
    assert prepared is not None
    return parse_url(prepared).request_uri


@given(VERSIONS, st.text(min_size=1, max_size=40) | st.sampled_from(TRICKY))
@example("v1", "%2e%2e")
@example("v1", "a/../b")
def test_an_accepted_id_reaches_the_tenant_as_it_is_and_changes_nothing_else(version: str, task_id: str) -> None:
    try:
        _argspec.check({"id": task_id})
    except InvalidOption:
        assume(False)
    base = API_VERSIONS[version].url_path("task-status")
    path = sent_path("https://acme.api.identitynow.com" + API_VERSIONS[version].url_path("task-status", task_id))
    assert urlsplit(path).path == path
    assert path.startswith(base + "/")
    assert unquote(path[len(base) + 1 :]) == task_id
    assert path.count("/") == base.count("/") + 1


def test_only_the_yearly_versions_are_experimental() -> None:
    assert [name for name, api in API_VERSIONS.items() if api.experimental] == ["v2024", "v2025", "v2026"]


def test_the_versions_differ_in_how_pending_tasks_are_had_and_in_the_filter_on_launchers() -> None:
    assert [name for name, api in API_VERSIONS.items() if api.pending_endpoint] == ["beta", "v2024"]
    assert [name for name, api in API_VERSIONS.items() if api.launcher_filter] == ["v2026", "v1"]


def test_every_version_but_the_last_names_one_to_move_to() -> None:
    assert {api.successor for name, api in API_VERSIONS.items() if name != "v1"} == {"v1"}
    assert API_VERSIONS["v1"].successor == ""
