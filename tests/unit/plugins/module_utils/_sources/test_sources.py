# Copyright (c) 2026, the sailpoint.isc contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Sources are looked up against the wire, in as few requests as can be."""

from __future__ import annotations

import typing as t
from urllib.parse import quote, unquote, urlsplit

import pytest
from ansible_collections.sailpoint.isc.plugins.module_utils._errors import IscError, RequestFailed
from ansible_collections.sailpoint.isc.plugins.module_utils._http.api import API_VERSIONS
from ansible_collections.sailpoint.isc.plugins.module_utils._http.client import Client
from ansible_collections.sailpoint.isc.plugins.module_utils._sources.sources import Sources, closest
from ansible_collections.sailpoint.isc.tests.unit.fakes import Reply, Wire, connected, read_filter, settings
from hypothesis import given
from hypothesis import strategies as st

PATHS = {version: f"/{version}/sources" for version in API_VERSIONS} | {"v1": "/sources/v1"}


def answering(records: t.Sequence[dict[str, t.Any]], version: str = "beta") -> tuple[Sources, Wire]:
    """Sources of a tenant that filters these records by one field, and never minds upper and lower case."""

    def answer(request: t.Any) -> Reply:
        query = dict(pair.split("=") for pair in urlsplit(request.url).query.split("&"))
        if "filters" not in query:
            return Reply(body=list(records))
        [condition] = read_filter(unquote(query["filters"]))
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
    assert "ids do not require it" in str(refused.value)


NAMES = [
    "HR System",
    'O"Hara \\ Söhne',
    "a, b, and 100% +%41",
    " leading",
    "trailing ",
    "x" * 300,
    "人事システム",
    "Отдел кадров",
    "שירות",
    "🐘👩\u200d💻",
    "e\u0301",
    "2c9180835d2e5168015d32f890ca1581",
    'in ("a","b") and id isnull',
    "a\nb\tc",
]


@pytest.mark.parametrize("name", NAMES)
def test_a_name_is_found_whatever_it_holds(name: str) -> None:
    source = {"id": "wanted", "name": name}
    sources, wire = answering([{"id": "other", "name": name.swapcase() + "!"}, source])
    assert sources.resolve([name, name]) == {name: source}
    assert len(wire.requests) == 1


@given(st.lists(st.text(min_size=1), min_size=1, max_size=60, unique=True))
def test_many_names_are_looked_up_in_few_requests(names: list[str]) -> None:
    records = [{"id": f"id-{number}", "name": name} for number, name in enumerate(names)]
    sources, wire = answering(records)
    assert sources.resolve(names) == {record["name"]: record for record in records}
    assert len(wire.requests) <= 1 + sum(len(quote(name)) + 20 for name in names) // 3000


def test_a_name_matches_exactly_though_the_tenant_minds_no_case() -> None:
    hr = {"id": "1", "name": "HR System"}
    sources, _wire = answering([{"id": "2", "name": "hr system"}, hr, {"id": "3", "name": "HR SYSTEM"}])
    assert sources.resolve(["HR System"]) == {"HR System": hr}


def test_no_names_are_no_request() -> None:
    sources, wire = answering([])
    assert sources.resolve([]) == {}
    assert not wire.requests


HEX = "2c9180835d2e5168015d32f890ca1581"
TENANT: list[dict[str, t.Any]] = [
    {"id": "1", "name": "HR System"},
    {"id": "2", "name": "HR Systems Europe"},
    {"id": "3", "name": "Active Directory"},
    {"id": "4", "name": "Twin"},
    {"id": "5", "name": "Twin"},
    {"id": "6", "name": "\u202eevil\x9b31m"},
    {"id": "7"},
    {"id": "9", "name": "Caf\u00e9"},
    {"id": "8", "name": None},
    {"name": "no id"},
    {"id": HEX, "name": "By hex"},
]
EXACTLY = ": a name must match exactly, including upper and lower case, and the token must have access to the source."


def test_an_id_that_does_not_look_like_one_is_found_where_names_and_ids_are_mixed() -> None:
    assert answering(TENANT)[0].ids_of(["3", "HR System"])["3"] == "3"


@pytest.mark.parametrize(
    ("names", "says"),
    [
        (["HR Sytem"], 'No source is named "HR Sytem" (did you mean "HR System" or "HR Systems Europe"?)' + EXACTLY),
        (["hr system"], 'No source is named "hr system" (did you mean "HR System" or "HR Systems Europe"?)' + EXACTLY),
        (["directory"], 'No source is named "directory" (did you mean "Active Directory"?)' + EXACTLY),
        (["Cafe\u0301"], r'No source is named "Cafe\u0301" (did you mean "Caf\u00e9"?)' + EXACTLY),
        (
            ["Active\u00a0Directory"],
            r'No source is named "Active\u00a0Directory" (did you mean "Active Directory"?)' + EXACTLY,
        ),
        (["T\u200bwin"], r'No source is named "T\u200bwin" (did you mean "Twin"?)' + EXACTLY),
        (["Cafés"], 'No source is named "Cafés" (did you mean "Café"?)' + EXACTLY),
        (["zzz"], 'No source is named "zzz"' + EXACTLY),
        (["no id"], 'No source is named "no id"' + EXACTLY),
        (
            [HEX],
            f'No source is named "{HEX}" (this is the id of "By hex": give it as an id)' + EXACTLY,
        ),
        (
            ["zzz", "HR System", "directory"],
            'No source is named "zzz"; "directory" (did you mean "Active Directory"?)' + EXACTLY,
        ),
        (["Twin"], 'More than one source is named "Twin" (4, 5): give the id instead.'),
        (
            ["Twin", "zzz"],
            'More than one source is named "Twin" (4, 5): give the id instead. No source is named "zzz"' + EXACTLY,
        ),
        (["evil\x9b31m"], r'No source is named "evil\u009b31m" (did you mean "\u202eevil\u009b31m"?)' + EXACTLY),
        (["a\ud800"], 'No source is named "a\ufffd"' + EXACTLY),
    ],
)
def test_a_name_that_no_source_has_or_more_than_one(names: list[str], says: str) -> None:
    with pytest.raises(IscError) as wrong:
        answering(TENANT)[0].resolve(names)
    assert str(wrong.value) == says


def test_many_wrong_names_are_one_sentence() -> None:
    with pytest.raises(IscError) as wrong:
        answering(TENANT)[0].resolve([f"wrong {number}" for number in range(50)])
    assert "and 40 more" in str(wrong.value)


def test_a_suggestion_that_cannot_be_made_is_no_other_failure() -> None:
    wire = Wire(Reply(body=[]), Reply(403, {"detailCode": "403 Forbidden"}))
    with pytest.raises(IscError, match='No source is named "HR": a name must match'):
        Sources(Client(settings(), transport=connected(wire))).resolve(["HR"])


def test_a_token_that_may_not_look_names_up() -> None:
    wire = Wire(Reply(403, {"detailCode": "403 Forbidden"}))
    with pytest.raises(RequestFailed, match=r"idn:sources:read.*ids do not require it\.$"):
        Sources(Client(settings(), transport=connected(wire))).resolve(["HR"])


@pytest.mark.parametrize(
    ("name", "known", "found"),
    [
        ("HR", ["HR System", "Active Directory"], ["HR System"]),
        ("workday", ["Workday", "WORKDAY", "Workdays", "Workday 2"], ["Workday", "WORKDAY", "Workdays"]),
        ("  Work   day", ["work day"], ["work day"]),
        ("", ["a"], []),
        ("x" * 300, ["x" * 299, "y"], ["x" * 299]),
    ],
)
def test_the_closest_names(name: str, known: list[str], found: list[str]) -> None:
    assert closest(name, known) == found


@pytest.mark.parametrize("own", ["  HR System", "HR System\n", "\u00a0HR System \t"])
def test_white_space_at_the_ends_of_a_name_does_not_count(own: str) -> None:
    source = {"id": "wanted", "name": own}
    sources, wire = answering([source, {"id": "other", "name": "HR  System"}])
    assert sources.resolve(["HR System"]) == {"HR System": source}
    assert len(wire.requests) == 2
    plain = {"id": "plain", "name": "HR System"}
    assert answering([source, plain])[0].resolve(["HR System"]) == {"HR System": plain}


def test_names_that_differ_in_white_space_at_their_ends_alone() -> None:
    with pytest.raises(IscError, match=r'More than one source is named "HR" \(1, 2\)'):
        answering([{"id": "1", "name": " HR"}, {"id": "2", "name": "HR "}])[0].resolve(["HR"])
