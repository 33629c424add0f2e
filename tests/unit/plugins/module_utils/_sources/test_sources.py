# Copyright (c) 2026, the sailpoint.isc contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Sources are looked up against the wire, in as few requests as can be."""

from __future__ import annotations

import typing as t
from urllib.parse import parse_qs, unquote, urlsplit

import pytest
from ansible_collections.sailpoint.isc.plugins.module_utils._errors import RequestFailed
from ansible_collections.sailpoint.isc.plugins.module_utils._http.api import API_VERSIONS
from ansible_collections.sailpoint.isc.plugins.module_utils._http.client import Client
from ansible_collections.sailpoint.isc.plugins.module_utils._sources.sources import Sources
from ansible_collections.sailpoint.isc.tests.unit.fakes import Reply, Wire, connected, read_filter, settings

PATHS = {version: f"/{version}/sources" for version in API_VERSIONS} | {"v1": "/sources/v1"}


def answering(records: t.Sequence[dict[str, t.Any]], version: str = "beta") -> tuple[Sources, Wire]:
    """Sources of a tenant that filters these records by one field, and never minds upper and lower case."""

    def answer(request: t.Any) -> Reply:
        query = parse_qs(urlsplit(request.url).query)
        [condition] = read_filter(unquote(query["filters"][0]))
        wanted = {value.casefold() for value in condition.values}
        return Reply(body=[record for record in records if str(record.get(condition.field)).casefold() in wanted])

    wire = Wire(*[answer] * 50)
    return Sources(Client(settings(api_version=version), transport=connected(wire, api_version=version))), wire


@pytest.mark.parametrize("version", API_VERSIONS)
def test_records_by_id_in_one_request(version: str) -> None:
    sources, wire = answering([{"id": "hr", "name": "HR"}, {"id": "ad", "name": "AD"}, {"id": "sap"}], version)
    assert sources.by_id(["ad", "hr", "typo", "hr"]) == {
        "hr": {"id": "hr", "name": "HR"},
        "ad": {"id": "ad", "name": "AD"},
    }
    [request] = wire.requests
    assert urlsplit(request.url).path == PATHS[version]


def test_no_ids_are_no_request() -> None:
    sources, wire = answering([])
    assert sources.by_id([]) == {}
    assert not wire.requests


def test_many_ids_are_split_over_requests_that_gateways_take() -> None:
    ids = [f"{number:032x}" for number in range(1000)]
    sources, wire = answering([{"id": source_id} for source_id in ids])
    assert list(sources.by_id(ids)) == ids
    assert 5 < len(wire.requests) < 10
    assert max(len(str(request.url)) for request in wire.requests) < 6100


def test_a_token_that_may_not_read_sources() -> None:
    wire = Wire(Reply(403, {"detailCode": "403 Forbidden"}))
    with pytest.raises(RequestFailed) as refused:
        Sources(Client(settings(), transport=connected(wire))).by_id(["hr"])
    assert refused.value.status == 403
    assert "idn:sources:read" in str(refused.value)
    assert "ids of sources need no look-up" in str(refused.value)
