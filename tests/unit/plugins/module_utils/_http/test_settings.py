# Copyright (c) 2026, the sailpoint.isc contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import typing as t
from pathlib import Path

import pytest
from ansible_collections.sailpoint.isc.plugins.module_utils._errors import InvalidOption, IscError
from ansible_collections.sailpoint.isc.plugins.module_utils._http.api import API_VERSIONS
from ansible_collections.sailpoint.isc.plugins.module_utils._http.settings import ENVIRONMENT, Settings, completed
from ansible_collections.sailpoint.isc.tests.unit.fakes import options, settings
from hypothesis import given
from hypothesis import strategies as st

ACME = "https://acme.api.identitynow.com"


@pytest.mark.parametrize(
    "value", [ACME, ACME + "/", ACME + "//", ACME + "/v2025", ACME + "/v2025/", ACME + ":443/gate/v2025"]
)
def test_slashes_and_an_agreeing_version_at_the_end_of_base_url_are_dropped(value: str) -> None:
    base_url = settings(base_url=value, api_version="v2025").base_url
    assert base_url == (ACME + ":443/gate" if "gate" in value else ACME)


@pytest.mark.parametrize("name", API_VERSIONS)
@pytest.mark.parametrize("ending", [*API_VERSIONS, "v3"])
def test_a_version_in_base_url_that_disagrees_is_refused_with_what_to_set(name: str, ending: str) -> None:
    if name == ending:
        assert settings(base_url=f"{ACME}/{ending}", api_version=name).base_url == ACME
        return
    with pytest.raises(InvalidOption) as caught:
        settings(base_url=f"{ACME}/{ending}", api_version=name)
    assert f"it ends in {ending} but api_version is {name}" in str(caught.value)
    assert f"set base_url to {ACME} and api_version" in str(caught.value)


@pytest.mark.parametrize(
    "value", ["http://127.0.0.1:8080", "http://localhost", "http://LOCALHOST:1", "http://[::1]:99", "http://127.8.9.1"]
)
def test_plain_http_is_accepted_for_loopback_addresses(value: str) -> None:
    assert settings(base_url=value).base_url == value


@pytest.mark.parametrize(
    "value",
    [
        "http://acme.api.identitynow.com",
        "http://127.0.0.1.example.com",
        "http://localhost.example.com",
        "http://10.0.0.1",
    ],
)
def test_plain_http_is_refused_for_every_other_host(value: str) -> None:
    with pytest.raises(InvalidOption, match="loopback addresses only; use https"):
        settings(base_url=value)


@pytest.mark.parametrize(
    ("value", "advised"),
    [
        ("https://acme.identitynow.com", "https://acme.api.identitynow.com"),
        ("https://ACME.identitynow-demo.com/ui", "https://acme.api.identitynow-demo.com"),
        ("https://acme.saas.sailpointfedramp.com", "https://acme.api.saas.sailpointfedramp.com"),
    ],
)
def test_the_address_of_the_user_interface_is_refused_with_that_of_the_api(value: str, advised: str) -> None:
    with pytest.raises(InvalidOption) as caught:
        settings(base_url=value)
    assert str(caught.value).endswith(f"the API is at {advised}.")


@pytest.mark.parametrize("value", ["https://isc.example.com", "https://acme.api.identitynow-demo.com"])
def test_other_hosts_are_taken_as_they_are(value: str) -> None:
    assert settings(base_url=value).base_url == value


@pytest.mark.parametrize(
    "value",
    [
        "",
        "acme",
        "acme.api.identitynow.com",
        "ftp://acme.example.com",
        "https://",
        "https:///beta",
        "https://a:b",
        "https://a:0",
        "https://a:99999",
        "https://[::1",
        "https://a b.example.com",
        "https://a\\b.example.com",
        "https://a\tb.example.com",
    ],
)
def test_what_is_no_address_is_refused_with_an_example(value: str) -> None:
    with pytest.raises(InvalidOption, match=r"^base_url is .* such as https://acme.api.identitynow.com"):
        settings(base_url=value)


@pytest.mark.parametrize(
    "value",
    [
        "https://user:hunter2@acme.example.com",
        "https://user:hunter2@acme.example.com:x",
        "https://user:hunter2@ acme",
        "https://user@acme.example.com?x=hunter2",
        "https://user:hun@hunter2@acme.example.com",
        "ftp://u:hunter2@acme",
    ],
)
def test_a_password_in_base_url_is_refused_and_not_shown(value: str) -> None:
    with pytest.raises(IscError) as caught:
        settings(base_url=value)
    assert "hunter2" not in str(caught.value)


@pytest.mark.parametrize("value", [ACME + "?x=1", ACME + "#top", ACME + "/beta?a"])
def test_a_query_or_a_fragment_in_base_url_is_refused(value: str) -> None:
    with pytest.raises(IscError, match="query or a fragment"):
        settings(base_url=value)


@given(st.text())
def test_any_text_as_base_url_is_either_taken_or_refused_in_a_sentence(value: str) -> None:
    try:
        answer = settings(base_url=value).base_url
    except IscError as error:
        answer = str(error)
    assert answer.startswith(("http://", "https://", "base_url "))
    assert "\n" not in answer


@pytest.mark.parametrize(
    ("given_options", "sentence"),
    [
        ({}, "No credentials are given: set client_id and client_secret, or access_token."),
        (
            {"client_id": "", "client_secret": ""},
            "No credentials are given: set client_id and client_secret, or access_token.",
        ),
        ({"client_id": "me"}, "client_secret is missing or empty: set client_id and client_secret, or access_token."),
        ({"client_secret": "s"}, "client_id is missing or empty: set client_id and client_secret, or access_token."),
    ],
)
def test_missing_credentials_are_named(given_options: dict[str, str], sentence: str) -> None:
    with pytest.raises(IscError) as caught:
        settings(access_token=None, **given_options)
    assert str(caught.value) == sentence


@pytest.mark.parametrize(
    ("given_options", "can_renew"),
    [
        ({}, False),
        ({"client_id": "me"}, False),
        ({"client_id": "me", "client_secret": "s"}, True),
        ({"client_id": "me", "client_secret": "s", "access_token": ""}, True),
    ],
)
def test_a_token_can_be_renewed_only_with_both_credentials(given_options: dict[str, str], can_renew: bool) -> None:
    assert settings(**given_options).can_renew is can_renew


@pytest.mark.parametrize("value", ["hunter2 hunter3", "hunter2\n", "hünter2", " hunter2"])
def test_a_token_that_cannot_stand_in_a_header_is_refused_and_not_shown(value: str) -> None:
    with pytest.raises(IscError) as caught:
        settings(access_token=value)
    assert value.strip() not in str(caught.value)
    assert "nter2" not in str(caught.value)


def test_no_secret_is_in_the_text_of_settings() -> None:
    text = repr(settings(client_id="me", client_secret="hunter2", access_token="hunter3"))
    assert "me" in text
    assert "hunter" not in text


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("request_timeout", 0),
        ("request_timeout", -1),
        ("request_timeout", float("nan")),
        ("request_timeout", float("inf")),
        ("retries", -1),
        ("max_retry_delay", -0.5),
        ("max_retry_delay", float("nan")),
        ("max_retry_delay", float("inf")),
        ("request_timeout", 1e10),
        ("retries", 10**30),
        ("max_retry_delay", 1_000_001),
    ],
)
def test_numbers_that_make_no_sense_are_refused_by_name(name: str, value: float) -> None:
    with pytest.raises(InvalidOption, match=f"^{name} is "):
        settings(**{name: value})


@pytest.mark.parametrize(("name", "value"), [("request_timeout", 0.1), ("retries", 0), ("max_retry_delay", 0.0)])
def test_the_smallest_numbers_that_make_sense_are_taken(name: str, value: float) -> None:
    assert getattr(settings(**{name: value}), name) == value


def test_an_unknown_api_version_is_refused_with_the_known_ones() -> None:
    with pytest.raises(InvalidOption, match="give one of beta, v2024, v2025, v2026, v1"):
        settings(api_version="v3")


def verified(**changes: t.Any) -> bool | str:
    return Settings.from_options(options(**changes)).verify


def test_certificates_are_verified_unless_told_otherwise(tmp_path: Path) -> None:
    assert verified() is True
    assert verified(validate_certs=False) is False
    assert verified(validate_certs=False, ca_path=str(tmp_path / "missing")) is False


def test_a_directory_of_certificates_is_taken(tmp_path: Path) -> None:
    assert verified(ca_path=str(tmp_path)) == str(tmp_path)


def test_a_bundle_that_cannot_be_read_is_refused_by_its_name(tmp_path: Path) -> None:
    broken = tmp_path / "broken.pem"
    broken.write_text("no certificate")
    for value, reason in [(str(tmp_path / "no.pem"), "cannot be read"), (str(broken), "not a bundle of PEM")]:
        with pytest.raises(InvalidOption, match=reason) as caught:
            verified(ca_path=value)
        assert f'ca_path is "{value}"' in str(caught.value)


A = {
    "SAIL_BASE_URL": "https://a.example.com",
    "SAIL_CLIENT_ID": "a-id",
    "SAIL_CLIENT_SECRET": "a-secret",
    "SAIL_ACCESS_TOKEN": "a-token",
}
OF_A = {name: A[variable] for name, variable in ENVIRONMENT.items() if variable in A}


def test_the_environment_gives_what_no_option_gives() -> None:
    environ = {variable: f" {name}\n" for name, variable in ENVIRONMENT.items()}
    assert completed({}, environ) == ({name: name for name in ENVIRONMENT}, [])
    assert completed({"id": "", "retries": 3}, A) == ({"id": "", "retries": 3, **OF_A}, [])


@pytest.mark.parametrize("name", ["base_url", "client_id", "client_secret", "access_token"])
def test_an_option_that_names_a_tenant_or_a_client_keeps_all_credentials_of_the_environment_out(name: str) -> None:
    options, unused = completed({name: "b"}, A)
    assert options == {"base_url": OF_A["base_url"], name: "b"}
    others = ["SAIL_CLIENT_ID", "SAIL_CLIENT_SECRET", "SAIL_ACCESS_TOKEN"]
    assert unused == [variable for variable in others if variable != ENVIRONMENT[name]]


def test_other_options_of_the_connection_go_with_credentials_of_the_environment() -> None:
    options = {"api_version": "v1", "validate_certs": False, "ca_path": "/ca", "request_timeout": 1, "retries": 0}
    assert completed(options, {**A, "SAIL_API_VERSION": "beta"}) == ({**options, **OF_A}, [])


@pytest.mark.parametrize("nothing", ["", None])
def test_a_connection_option_that_is_empty_is_not_given(nothing: str | None) -> None:
    names = [*ENVIRONMENT, "request_timeout", "retries", "max_retry_delay"]
    assert completed(dict.fromkeys(names, nothing), A) == (OF_A, [])
    assert completed(dict.fromkeys(names, nothing), dict.fromkeys(ENVIRONMENT.values(), " ")) == ({}, [])


def test_an_incomplete_set_of_options_says_what_of_the_environment_was_not_used() -> None:
    with pytest.raises(IscError) as caught:
        Settings.from_options(options(access_token=None, client_id="b"), ["SAIL_CLIENT_SECRET", "SAIL_ACCESS_TOKEN"])
    assert str(caught.value) == (
        "client_secret is missing or empty: set client_id and client_secret, or access_token; the environment "
        "(SAIL_CLIENT_SECRET, SAIL_ACCESS_TOKEN) is not used, because it may belong to another tenant than base_url "
        "or a credential that is set as an option."
    )
