# Copyright (c) 2026, the sailpoint.isc contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Names of sources are found in the stand-in tenant, which takes upper and lower case for the same."""

from __future__ import annotations

import typing as t

import pytest
from ansible_collections.sailpoint.isc.plugins.module_utils._errors import IscError, RequestFailed
from ansible_collections.sailpoint.isc.plugins.module_utils._http.client import Client
from ansible_collections.sailpoint.isc.plugins.module_utils._http.settings import Settings
from ansible_collections.sailpoint.isc.plugins.module_utils._sources.sources import Sources
from ansible_collections.sailpoint.isc.tests.support.hand import SECRETS, Hand
from ansible_collections.sailpoint.isc.tests.support.modules import VERSIONS
from ansible_collections.sailpoint.isc.tests.unit import fakes

ODD = [
    "HR System",
    'O"Hara \\ Söhne',
    "a, b, and 100% +%41",
    " leading",
    "trailing ",
    "x" * 300,
    "人事システム" * 50,
    "Отдел кадров",
    "שירות לקוחות",
    "🐘👩\u200d💻",
    'in ("a","b") and id isnull',
    "back\\",
    "a#b?c&d=e/f;g",
]


@pytest.fixture
def resolve(tenant: Hand) -> t.Callable[..., dict[str, str]]:
    """Gives the ids of the sources with these names."""

    def resolved(*names: str, client: str = "admin", version: str = "beta") -> dict[str, str]:
        options = fakes.options(
            base_url=tenant.url,
            access_token=None,
            client_id=client,
            client_secret=SECRETS[client],
            api_version=version,
            retries=1,
        )
        with Client(Settings.from_options(options)) as connected:
            return {name: record["id"] for name, record in Sources(connected).resolve(names).items()}

    return resolved


@pytest.mark.parametrize("version", VERSIONS)
def test_names_of_any_script_and_quoting(tenant: Hand, resolve: t.Any, version: str) -> None:
    others = [{"id": f"other-{n}", "name": f"{name}x"} for n, name in enumerate(ODD)]
    swapped = [{"id": f"swapped-{n}", "name": name.swapcase()} for n, name in enumerate(ODD) if name.swapcase() != name]
    tenant.scenario(sources=[*others, *swapped, *({"id": f"id-{n}", "name": name} for n, name in enumerate(ODD))])
    assert resolve(*ODD, version=version) == {name: f"id-{n}" for n, name in enumerate(ODD)}
    assert {entry["operation"] for entry in tenant.sent()} == {"list_sources"}
    assert len(tenant.sent()) <= 3
    for name in ODD:
        assert len(resolve(name, version=version)) == 1


def test_fifty_names_of_a_thousand_sources(tenant: Hand, resolve: t.Any) -> None:
    tenant.scenario(generate={"count": 0, "sources": 1000})
    sources = {source["name"]: source["id"] for source in tenant.control("GET", "sources")["sources"]}
    names = list(sources)[::20]
    assert resolve(*names) == {name: sources[name] for name in names}
    assert len(tenant.sent()) == 1
    with pytest.raises(IscError, match=r'named "Active Directori 7" \(did you mean "Active Directory 7"'):
        resolve("Active Directori 7")
    assert len(tenant.sent()) <= 1 + 1 + 6


def test_a_source_is_renamed_between_two_runs(tenant: Hand, resolve: t.Any) -> None:
    tenant.scenario(sources=[{"id": "hr", "name": "HR System"}])
    assert resolve("HR System") == {"HR System": "hr"}
    tenant.control("PATCH", "sources/hr", {"name": "People"})
    assert resolve("People") == {"People": "hr"}
    with pytest.raises(IscError, match='No source is named "HR System": a name'):
        resolve("HR System")


def test_more_sources_of_a_name_than_a_page_holds(tenant: Hand, resolve: t.Any) -> None:
    tenant.scenario(sources=[{"id": f"twin-{number:03}", "name": "Twin"} for number in range(260)])
    with pytest.raises(IscError, match=r'More than one source is named "Twin" \(twin-000, .*and 250 more'):
        resolve("Twin")


def test_a_token_that_may_not_see_sources(tenant: Hand, resolve: t.Any) -> None:
    tenant.scenario(sources=[{"id": "hr", "name": "HR System"}])
    with pytest.raises(RequestFailed, match=r"the scope idn:sources:read.*ids do not require it"):
        resolve("HR System", client="helpdesk")


@pytest.mark.parametrize("fault", ["status", "reset_before", "short_body", "html", "empty", "wrong_shape"])
def test_a_fault_of_the_moment_is_survived(tenant: Hand, resolve: t.Any, fault: str) -> None:
    tenant.scenario(sources=[{"id": "hr", "name": "HR System"}], faults=[{"operation": "list_sources", "fault": fault}])
    assert resolve("HR System") == {"HR System": "hr"}
