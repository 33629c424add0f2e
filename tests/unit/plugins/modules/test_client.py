# Copyright (c) 2026, the sailpoint.isc contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What all modules have in common: how they reach a tenant, what they try again, and what a failure says."""

from __future__ import annotations

import json
import re
import socket
import threading
import time
import typing as t
from collections.abc import Iterator
from pathlib import Path

import pytest
import trustme
from ansible_collections.sailpoint.isc.plugins.module_utils._time import parse_timestamp
from ansible_collections.sailpoint.isc.tests.support.hand import Hand
from ansible_collections.sailpoint.isc.tests.support.modules import OMIT, Run, ids_of
from ansible_collections.sailpoint.isc.tests.support.tenant import running_tenant

PATHS = {
    "beta": "/beta/task-status",
    "v2024": "/v2024/task-status",
    "v2025": "/v2025/task-status",
    "v2026": "/v2026/task-status",
    "v1": "/task-status/v1",
}
TASKS = [{"id": "one", "completionStatus": "SUCCESS"}, {"id": "other", "completionStatus": "SUCCESS"}]
NOWHERE = "http://127.0.0.1:9"
FOR_EVER: dict[str, t.Any] = {"times": None}


def fault(name: str, nth: int = 1, **arguments: t.Any) -> dict[str, t.Any]:
    """A fault that befalls requests of the task `one`, unless an operation is named."""
    where = {} if "operation" in arguments else {"path": "/one$"}
    return {"fault": name, "nth": nth, **where, **arguments}


def status(code: int, nth: int = 1, **arguments: t.Any) -> dict[str, t.Any]:
    return fault("status", nth, code=code, **arguments)


# What passes. tries: how many requests of the task reach the tenant; tokens: how many for a token, 0: one is given.
PASSING: dict[str, dict[str, t.Any]] = {
    "status-500": {"faults": [status(500)], "tries": 2},
    "status-408-502-503-504": {
        "options": {"retries": 4},
        "faults": [
            status(408),
            status(502, 2, html="<html><title>Bad gateway</title></html>"),
            status(503, 3, body=""),
            status(504, 4, body="upstream"),
        ],
        "tries": 5,
    },
    "connections-that-break": {
        "options": {"retries": 5},
        "faults": [
            fault("reset_before"),
            fault("reset_during", 2),
            fault("short_body", 3),
            fault("short_chunked", 4),
            fault("chunked_garbage", 5),
        ],
        "tries": 6,
    },
    "answers-that-are-no-record": {
        "options": {"retries": 4},
        "faults": [fault("html"), fault("empty", 2), fault("null", 3, processed=False), fault("wrong_shape", 4)],
        "tries": 5,
    },
    "answers-that-are-late": {
        "options": {"request_timeout": 2},
        "faults": [fault("slow_first_byte", seconds=10), fault("slow_body", 2, seconds=0.1, total=10)],
        "tries": 3,
    },
    "retry-after-that-says-nothing": {"faults": [status(429, headers={"Retry-After": "soon"})], "tries": 2},
    "token-expired-once": {"faults": [fault("expire_token")], "tries": 2, "tokens": 2},
    "redirect-within-the-host": {
        "faults": [fault("redirect", location="/beta/task-status/other?x=y")],
        "tries": 2,
        "finds": "other",
    },
    "token-endpoint-in-trouble": {
        "faults": [status(500, operation="token"), fault("html", 2, operation="token")],
        "tries": 1,
        "tokens": 3,
    },
    "token-without-a-lifetime": {"faults": [fault("no_expires_in", operation="token")], "tries": 1},
}

# What does not pass. says: what the message must hold (a regular expression), after the request and before its dot.
FAILING: dict[str, dict[str, t.Any]] = {
    "retry-after-too-long": {
        "options": {"max_retry_delay": 5},
        "faults": [status(429, retry_after=6)],
        "tries": 1,
        "status": 429,
        "says": r"failed with status 429 \(Rate Limit Exceeded\); the server asks to wait 6 s .*max_retry_delay \(5",
    },
    "no-retries": {
        "options": {"retries": 0},
        "faults": [status(503)],
        "tries": 1,
        "status": 503,
        "says": "failed with status 503 .*request id to SailPoint support",
    },
    "retries-used-up": {
        "faults": [status(500, **FOR_EVER)],
        "tries": 3,
        "status": 500,
        "says": r"failed with status 500 \(Stand-in fault: 500\) in 3 attempts",
    },
    "resets-for-ever": {
        "faults": [fault("reset_before", **FOR_EVER)],
        "tries": 3,
        "status": None,
        "says": "the connection was lost before the answer was complete in 3 attempts",
    },
    "html-for-ever": {
        "faults": [fault("html", **FOR_EVER)],
        "tries": 3,
        "status": 200,
        "says": "returned status 200 with an HTML page instead of a record.*check that base_url",
    },
    "late-for-ever": {
        "options": {"retries": 1, "request_timeout": 0.5},
        "faults": [fault("slow_first_byte", seconds=10, **FOR_EVER)],
        "tries": 2,
        "tokens": 0,
        "status": None,
        "says": "got no complete answer within 0.5 s in 2 attempts; .*increase request_timeout",
    },
    "bodies-that-trickle-in": {
        "options": {"retries": 1, "request_timeout": 0.3},
        "faults": [fault("slow_body", seconds=0.05, total=10, **FOR_EVER)],
        "tries": 2,
        "tokens": 0,
        "status": None,
        "says": r"failed: the answer was not complete within 0.3 s \(request_timeout\) in 2 attempts; ",
    },
    "bodies-that-are-too-short": {
        "options": {"retries": 1},
        "faults": [fault("short_body", **FOR_EVER)],
        "tries": 2,
        "status": None,
        "says": "the connection was lost before the answer was complete in 2 attempts",
    },
    "refused-with-400": {
        "faults": [status(400, **FOR_EVER)],
        "tries": 1,
        "status": 400,
        "says": "failed with status 400",
        # What SailPoint's support asks for
        "facts": {"detail_code": "400.1 Bad Request Content", "tracking_id": "[0-9a-f]{32}"},
    },
    "refused-by-something-between": {
        "faults": [status(403, body="error code: 1010", **FOR_EVER)],
        "tries": 1,
        "status": 403,
        "says": r"failed with status 403 \(error code: 1010\)",
    },
    "other-shapes-of-errors": {
        "faults": [status(400, json={"errorMessage": 'It is "so".', "formatted_msg": "So it is."}, **FOR_EVER)],
        "tries": 1,
        "status": 400,
        "says": r'failed with status 400 \(It is "so": So it is\)',
    },
    "token-refused-for-ever": {
        "faults": [fault("unauthorized", **FOR_EVER)],
        "tries": 2,
        "tokens": 2,
        "status": 401,
        "says": r"failed with status 401 \(JWT validation failed: JWT is expired\)",
    },
    "redirect-to-another-host": {
        "faults": [fault("redirect", location="http://localhost:9/beta/task-status/other", **FOR_EVER)],
        "tries": 1,
        "status": 302,
        "says": "redirect to http://localhost:9, which is not followed",
    },
    "redirects-for-ever": {
        "faults": [fault("redirect", location="?again", **FOR_EVER)],
        "tries": 4,
        "status": 302,
        "says": "failed: too many redirects",
    },
    "no-such-address": {
        "options": {"id": OMIT},
        "faults": [status(404, operation="list", **FOR_EVER)],
        "tries": 1,
        "request": "GET /beta/task-status",
        "status": 404,
        "says": "failed with status 404",
    },
    "token-endpoint-down": {
        "faults": [status(503, operation="token", **FOR_EVER)],
        "tries": 0,
        "tokens": 3,
        "request": "POST /oauth/token",
        "status": 503,
        "says": "^POST .*/oauth/token failed with status 503",
    },
    "token-endpoint-elsewhere": {
        "faults": [fault("redirect", operation="token", location="http://localhost:9/oauth/token", **FOR_EVER)],
        "tries": 0,
        "request": "POST /oauth/token",
        "status": 302,
        "says": "redirect to http://localhost:9, which is not followed",
    },
}


def tokens_given(tenant: Hand) -> t.Any:
    return tenant.control("GET", "log")["tokens"]


def check_requests(tenant: Hand, case: dict[str, t.Any]) -> None:
    """It was tried so often and no more, and credentials are in a form and nowhere else."""
    requests = tenant.sent()
    assert [entry["method"] for entry in requests] == ["GET"] * case["tries"]
    assert len(tenant.log()) - len(requests) == case.get("tokens", 1)
    assert not any("client_secret" in entry["query"] for entry in tenant.log())


@pytest.mark.parametrize("case", PASSING.values(), ids=PASSING)
def test_what_passes_is_tried_again(tenant: Hand, run: Run, case: dict[str, t.Any]) -> None:
    tenant.scenario(tasks=TASKS, faults=case["faults"])
    result = run("task_status_info", **{"id": "one", "max_retry_delay": 0.01, **case.get("options", {})})
    assert ids_of(result) == [case.get("finds", "one")]
    check_requests(tenant, case)


@pytest.mark.parametrize("case", FAILING.values(), ids=FAILING)
def test_what_does_not_pass_is_told_with_its_facts(tenant: Hand, run: Run, case: dict[str, t.Any]) -> None:
    if case.get("tokens") == 0:
        run.connection["access_token"] = run("access_token")["access_token"]
    tenant.scenario(tasks=TASKS, faults=case["faults"])
    failure = run.failing("task_status_info", **{"id": "one", "max_retry_delay": 0.01, **case.get("options", {})})
    method, path = case.get("request", "GET /beta/task-status/one").split()
    assert re.match(rf"{method} {tenant.url}{path}\b.*[.]$", failure["msg"])
    assert re.search(case["says"], failure["msg"])
    assert failure["method"] == method
    assert failure["url"].partition("?")[0] == tenant.url + path
    assert failure.get("status") == case["status"]
    assert failure["request_attempts"] == (case["tries"] or case.get("tokens", 1))
    assert re.fullmatch("None" if case["status"] is None else "[0-9a-f]{32}", str(failure.get("request_id")))
    for name, value in case.get("facts", {}).items():
        assert re.fullmatch(value, failure[name])
    check_requests(tenant, case)


# A date has whole seconds.
@pytest.mark.parametrize("asks", [status(429, retry_after=1), status(503, retry_after_date=2)])
def test_a_pause_is_as_long_as_the_tenant_asks(tenant: Hand, run: Run, asks: dict[str, t.Any]) -> None:
    tenant.scenario(tasks=TASKS, faults=[asks])
    result = run("task_wait", ids=["one"], max_retry_delay=4)
    assert ids_of(result) == ["one"]
    assert result["elapsed"] >= 1
    check_requests(tenant, {"tries": 2})


def test_all_is_found_in_spite_of_a_rate_limit(tenant: Hand, run: Run) -> None:
    tenant.scenario(tasks=TASKS, rate_limit={"requests": 1, "seconds": 1})
    result = run("task_status_info", limit=1, retries=9, max_retry_delay=5)
    assert sorted(ids_of(result)) == ["one", "other"]
    statuses = [entry["status"] for entry in tenant.sent()]
    assert set(statuses) == {200, 429}
    # Two pages, and a look beyond the last one
    assert statuses.count(200) == 3


@pytest.mark.parametrize("version", PATHS)
def test_every_request_says_who_sends_it(tenant: Hand, run: Run, version: str) -> None:
    tenant.scenario(tasks=TASKS, experimental_header_required=True)
    assert len(run("task_status_info", api_version=version)["tasks"]) == 2
    (request,) = tenant.sent()
    assert request["path"] == PATHS[version]
    # Answers of the yearly versions may be experimental, and those are welcome.
    assert request["headers"].get("x-sailpoint-experimental") == ("true" if version.startswith("v2") else None)
    agents = [entry["user_agent"] for entry in tenant.log()]
    assert len(agents) == 2
    assert all(re.match(r"ansible-sailpoint[.]isc/\d+[.]\d+[.]\d+ ", agent) for agent in agents)


@pytest.mark.parametrize(
    ("form", "version"),
    [("{0}/", "v2025"), ("{0}/beta", "beta"), ("{0}/v2026/", "v2026"), ("{0}/v1", "v1"), ("  {1}//", "v2024")],
)
def test_a_slash_and_a_version_that_agrees_are_dropped(tenant: Hand, run: Run, form: str, version: str) -> None:
    tenant.scenario(tasks=TASKS)
    url = form.format(tenant.url, tenant.url.replace("127.0.0.1", "localhost"))
    assert len(run("task_status_info", base_url=url, api_version=version)["tasks"]) == 2
    assert [entry["path"] for entry in tenant.log()] == ["/oauth/token", PATHS[version]]


def test_everything_can_come_from_the_environment(tenant: Hand, run: Run) -> None:
    run.connection.clear()
    environ = {
        "SAIL_BASE_URL": tenant.url,
        "SAIL_CLIENT_ID": "reader",
        "SAIL_CLIENT_SECRET": "reader-secret",
        "SAIL_API_VERSION": "v2026",
    }
    run("task_status_info", environ=environ)
    assert (tenant.last()["client_id"], tenant.last()["version"]) == ("reader", "v2026")


def test_options_come_before_the_environment(tenant: Hand, run: Run) -> None:
    environ = {
        "SAIL_BASE_URL": NOWHERE,
        "SAIL_CLIENT_ID": "nobody",
        "SAIL_CLIENT_SECRET": "nothing",
        "SAIL_API_VERSION": "v2024",
    }
    run("task_status_info", api_version="v1", environ=environ)
    assert (tenant.last()["client_id"], tenant.last()["version"]) == ("admin", "v1")


def test_the_proxy_of_the_environment_is_used(tenant: Hand, run: Run) -> None:
    tenant.scenario(tasks=TASKS)
    environ = {"http_proxy": tenant.url, "no_proxy": ""}
    assert len(run("task_status_info", base_url="http://127.0.0.9:9", environ=environ)["tasks"]) == 2
    assert [entry["headers"]["host"] for entry in tenant.log()] == ["127.0.0.9:9"] * 2


def test_addresses_that_are_no_matter_of_the_proxy_are_asked_without_it(tenant: Hand, run: Run) -> None:
    tenant.scenario(tasks=TASKS)
    environ = {"http_proxy": "http://127.0.0.9:9", "NO_PROXY": "127.0.0.1"}
    assert len(run("task_status_info", environ=environ)["tasks"]) == 2


class Proxy:
    """Answers every CONNECT with one status line, and counts them; listens as long as its block lasts."""

    def __init__(self, answer: str) -> None:
        self.asked = 0
        self._answer = answer
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.address = f"127.0.0.1:{self._listener.getsockname()[1]}"

    def __enter__(self) -> Proxy:
        threading.Thread(target=self._serve, daemon=True).start()
        return self

    def __exit__(self, *_exception: object) -> None:
        self._listener.close()

    def _serve(self) -> None:
        while True:
            try:
                connection, _address = self._listener.accept()
            except OSError:
                return
            with connection:
                asked = connection.recv(65536)
                self.asked += asked.startswith(b"CONNECT")
                connection.sendall(f"HTTP/1.1 {self._answer}\r\nContent-Length: 0\r\n\r\n".encode())


BEHIND_PROXY = "https://acme.example.com"


@pytest.mark.parametrize(
    ("answer", "says", "attempts"),
    [
        ("403 Forbidden", r"refused the connection with 403 \(Forbidden\); allow the host of base_url in the proxy", 1),
        (
            "407 Proxy Authentication Required",
            r"refused the connection with 407 \(Proxy Authentication Required\); add the user and the password",
            1,
        ),
        ("503 Later", r"refused the connection with 503 \(Later\) in 3 attempts; ", 3),
    ],
)
@pytest.mark.parametrize("login", ["", "user-of-proxy:s3cr3t@"])
def test_a_proxy_that_refuses_says_so_and_is_named_without_its_login(
    run: Run, answer: str, says: str, attempts: int, login: str
) -> None:
    with Proxy(answer) as proxy:
        environ = {"https_proxy": f"http://{login}{proxy.address}", "no_proxy": ""}
        failure = run.failing("task_status_info", base_url=BEHIND_PROXY, max_retry_delay=0.01, environ=environ)
    assert re.search(rf"failed: the proxy http://{proxy.address} {says}", failure["msg"])
    assert (failure["request_attempts"], proxy.asked) == (attempts, attempts)
    assert not re.search("user-of-proxy|s3cr3t", str(failure))


@pytest.mark.parametrize("base_url", [BEHIND_PROXY, "http://127.0.0.9:8"])
@pytest.mark.parametrize("form", ["http://{0}", "{0}", "http://user-of-proxy:s3cr3t@{0}", "user-of-proxy:s3cr3t@{0}/"])
def test_a_proxy_that_is_down_is_named_without_its_login(run: Run, base_url: str, form: str) -> None:
    address = form.format("127.0.0.9:9")
    environ = {"https_proxy": address, "http_proxy": address, "no_proxy": ""}
    failure = run.failing("task_status_info", base_url=base_url, max_retry_delay=0.01, environ=environ)
    assert (
        "failed: the proxy http://127.0.0.9:9 cannot be reached: the connection was refused in 3 attempts; check "
        "HTTPS_PROXY" in failure["msg"]
    )
    assert not re.search("user-of-proxy|s3cr3t", str(failure))


@pytest.mark.parametrize("address", ["http://:3128", "http://[::1", "socks9://127.0.0.9:9"])
def test_a_proxy_whose_address_is_not_valid_ends_in_a_sentence(run: Run, address: str) -> None:
    failure = run.failing("task_status_info", base_url=BEHIND_PROXY, environ={"https_proxy": address, "no_proxy": ""})
    assert "cannot be reached: its address is not valid or not supported; check HTTPS_PROXY" in failure["msg"]
    assert (failure["request_attempts"], failure.get("status")) == (1, None)


@pytest.mark.parametrize("wrong", [{"client_secret": "wrong-secret"}, {"client_id": "nobody"}])
def test_a_client_that_is_refused_is_not_tried_again(tenant: Hand, run: Run, wrong: dict[str, str]) -> None:
    failure = run.failing("task_status_info", **wrong)
    assert "check client_id and client_secret" in failure["msg"]
    assert "wrong-secret" not in str(failure)
    assert (failure["status"], failure["method"], failure["request_attempts"]) == (401, "POST", 1)
    assert failure["url"] == f"{tenant.url}/oauth/token"
    assert [entry["status"] for entry in tenant.log()] == [401]


def test_an_address_where_nothing_listens_is_told(run: Run) -> None:
    failure = run.failing("task_status_info", base_url=NOWHERE)
    assert "the connection was refused in 3 attempts; check base_url" in failure["msg"]
    assert failure["request_attempts"] == 3
    # No answer came, and what is not known is left out.
    assert not failure.keys() & {"status", "request_id", "detail_code", "tracking_id"}


def test_one_token_is_enough_for_all_pages(tenant: Hand, run: Run) -> None:
    tenant.scenario(tasks=[{"ends": "SUCCESS"}] * 5)
    assert len(run("task_status_info", limit=1)["tasks"]) == 5
    assert len(tenant.sent()) == 6
    assert tokens_given(tenant) == 1


@pytest.mark.parametrize("by_option", [True, False])
def test_a_token_that_is_given_is_used_and_none_is_asked_for(tenant: Hand, run: Run, by_option: bool) -> None:
    tenant.scenario(tasks=TASKS)
    token = run("access_token")["access_token"]
    run.connection = {"base_url": tenant.url}
    if by_option:
        result = run("task_status_info", access_token=token)
    else:
        environ = {"SAIL_BASE_URL": tenant.url, "SAIL_ACCESS_TOKEN": token}
        result = run("task_status_info", base_url=OMIT, environ=environ)
    assert len(result["tasks"]) == 2
    assert tokens_given(tenant) == 1
    assert [entry["client_id"] for entry in tenant.sent()] == ["admin"]


def test_a_token_that_is_refused_is_renewed_with_the_credentials_beside_it(tenant: Hand, run: Run) -> None:
    tenant.scenario(tasks=TASKS)
    assert len(run("task_status_info", access_token="not-a-token")["tasks"]) == 2
    assert tokens_given(tenant) == 1
    assert [entry["status"] for entry in tenant.sent()] == [401, 200]


UNRENEWED = r"JWT validation failed.*set a new access_token, or client_id and client_secret"


@pytest.mark.parametrize(
    ("credentials", "says"),
    [
        ({}, UNRENEWED),
        ({"client_id": "admin"}, UNRENEWED),
        (
            {"client_id": "admin", "client_secret": "wrong"},
            r"oauth/token failed with status 401 .*check client_id and client_secret",
        ),
    ],
)
def test_a_token_that_cannot_be_renewed_says_how_to_go_on(
    tenant: Hand, run: Run, credentials: dict[str, str], says: str
) -> None:
    run.connection = {"base_url": tenant.url, "access_token": "not-a-token", **credentials}
    failure = run.failing("task_status_info")
    assert re.search(says, failure["msg"])
    assert (failure["status"], failure["request_attempts"]) == (401, 1)
    assert tokens_given(tenant) == 0


@pytest.mark.parametrize("header", ["X-Deprecated", "Deprecation"])
@pytest.mark.parametrize(
    ("version", "warnings"),
    [
        ("beta", ["The tenant marks GET /beta/task-status/pending-tasks as deprecated; move to api_version v1."]),
        ("v1", ["The tenant marks GET /task-status/v1 as deprecated."]),
        ("v2026", []),
    ],
)
def test_one_warning_a_run_tells_of_a_deprecated_endpoint(
    tenant: Hand, run: Run, header: str, version: str, warnings: list[str]
) -> None:
    tasks = [{"id": "one"}, {"id": "two"}, {"id": "three"}]
    tenant.scenario(deprecation_header=header, deprecated=["beta/pending", "v1/list"], tasks=tasks)
    assert run("pending_tasks_info", api_version=version, limit=1)["warnings"] == warnings
    assert len(tenant.sent()) == 4


@pytest.mark.parametrize("header", ["X-Deprecated", "Deprecation"])
def test_a_failure_tells_of_a_deprecated_endpoint_too(tenant: Hand, run: Run, header: str) -> None:
    tenant.scenario(deprecation_header=header, deprecated=["beta/get"])
    failure = run.failing("task_status", id="nobody-knows", completion_status="ERROR")
    assert failure["warnings"] == [
        "The tenant marks GET /beta/task-status/nobody-knows as deprecated; move to api_version v1."
    ]


@pytest.fixture
def https(run: Run, tmp_path: Path) -> Iterator[Hand]:
    """A tenant with a certificate for 127.0.0.1 by an authority of its own, ca.pem; other.pem is another authority."""
    authority = trustme.CA()
    authority.cert_pem.write_to_path(str(tmp_path / "ca.pem"))
    trustme.CA().cert_pem.write_to_path(str(tmp_path / "other.pem"))
    authority.issue_cert("127.0.0.1").private_key_and_cert_chain_pem.write_to_path(str(tmp_path / "server.pem"))
    with running_tenant("--tls-cert", str(tmp_path / "server.pem")) as url:
        hand = Hand(url, verify=str(tmp_path / "ca.pem"))
        hand.scenario(tasks=TASKS)
        run.connection["base_url"] = url
        yield hand


@pytest.mark.filterwarnings("ignore:Unverified HTTPS request")
def test_a_certificate_that_is_trusted_or_does_not_matter_is_accepted(https: Hand, run: Run, tmp_path: Path) -> None:
    ca, other = str(tmp_path / "ca.pem"), str(tmp_path / "other.pem")
    ways: list[tuple[dict[str, t.Any], dict[str, str]]] = [
        ({"ca_path": ca}, {}),
        ({"validate_certs": False}, {}),
        ({}, {"SAIL_CA_PATH": ca}),
        ({}, {"SAIL_VALIDATE_CERTS": "no"}),
        # Bundles for all programs do not overrule the one that is named for this tenant.
        ({"ca_path": ca}, {"REQUESTS_CA_BUNDLE": other}),
        ({"validate_certs": False}, {"CURL_CA_BUNDLE": other}),
        ({"validate_certs": False}, {"CURL_CA_BUNDLE": "", "REQUESTS_CA_BUNDLE": str(tmp_path / "nothing.pem")}),
        # They count where none is named, the first before the second.
        ({}, {"REQUESTS_CA_BUNDLE": ca}),
        ({}, {"REQUESTS_CA_BUNDLE": ca, "CURL_CA_BUNDLE": other}),
        ({}, {"REQUESTS_CA_BUNDLE": "", "CURL_CA_BUNDLE": ca}),
    ]
    for number, (options, environ) in enumerate(ways, 1):
        assert len(run("task_status_info", **options, environ=environ)["tasks"]) == 2
        assert len(https.sent()) == number


def test_any_other_certificate_is_refused_and_not_tried_again(
    tenant: Hand, https: Hand, run: Run, tmp_path: Path
) -> None:
    untrusted = "certificate was not accepted .*ca_path to the bundle"
    cases: list[tuple[dict[str, t.Any], str]] = [
        ({}, untrusted),
        ({"ca_path": "other.pem"}, untrusted),
        ({"ca_path": "ca.pem", "base_url": https.url.replace("127.0.0.1", "localhost")}, untrusted),
        ({"base_url": tenant.url.replace("http:", "https:")}, "TLS handshake error"),
    ]
    for options, says in cases:
        path = {"ca_path": str(tmp_path / options["ca_path"])} if "ca_path" in options else {}
        failure = run.failing("task_status_info", **{**options, **path})
        assert re.search(says, failure["msg"])
        assert (failure.get("status"), failure["request_attempts"]) == (None, 1)
    assert https.log() == tenant.log() == []


NOT_SET = ["REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "SSL_CERT_FILE", "SSL_CERT_DIR"]


def test_no_variable_turns_verification_off(https: Hand, run: Run) -> None:
    for empty in (*({name: ""} for name in NOT_SET), dict.fromkeys(NOT_SET, "")):
        for options in ({}, {"validate_certs": True}, {"access_token": "given-token"}):
            failure = run.failing("task_status_info", **options, environ=empty)
            assert "the server's certificate was not accepted" in failure["msg"]
            assert failure["request_attempts"] == 1
    assert https.log() == []


def test_a_bundle_of_the_environment_that_cannot_be_used_is_named(https: Hand, run: Run, tmp_path: Path) -> None:
    (tmp_path / "text.pem").write_text("no certificate")
    files = {"nothing.pem": "it cannot be read", "text.pem": "it is not a bundle of PEM certificates"}
    for variable in ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"):
        for name, reason in files.items():
            failure = run.failing("task_status_info", environ={variable: str(tmp_path / name)})
            assert failure["msg"].startswith(f'{variable} is "{tmp_path / name}": {reason}; ')
    assert https.log() == []


HOUR = 3600.0


@pytest.fixture
def clock_ahead(monkeypatch: pytest.MonkeyPatch) -> t.Callable[[float], None]:
    """Sets the clock of this machine so many seconds ahead of the tenant's clock."""
    now = time.time
    return lambda seconds: monkeypatch.setattr(time, "time", lambda: now() + seconds)


@pytest.mark.parametrize(("seconds", "difference"), [(2 * HOUR, "2 h 0 min ahead of"), (-90 * 60, "1 h 30 min behind")])
@pytest.mark.parametrize("version", ["beta", "v2026"])
def test_ages_are_judged_by_the_clock_of_the_tenant_and_a_difference_is_told_once(
    tenant: Hand,
    run: Run,
    clock_ahead: t.Callable[[float], None],
    seconds: float,
    difference: str,
    version: str,
) -> None:
    clock_ahead(seconds)
    tenant.scenario(tasks=[{"id": "young", "age": "10m"}, {"id": "old", "age": "80m"}], deprecated=[])
    # A token that was given: no answer has told the time before the list itself.
    token = tenant.token().json()["access_token"]
    for age, found in {"older_than": "old", "newer_than": "young"}.items():
        result = run("pending_tasks_info", api_version=version, access_token=token, limit=1, **{age: "1h"})
        assert ids_of(result) == [found]
        (warning,) = result["warnings"]
        assert re.fullmatch(
            rf"The clock of this host is {difference} the tenant's clock. Ages are computed with the tenant's clock.",
            warning,
        )


@pytest.mark.parametrize("seconds", [0, 2 * HOUR, -90 * 60])
@pytest.mark.parametrize(
    ("module", "options"),
    [
        ("pending_tasks_info", {}),
        ("pending_tasks_info", {"count_only": True}),
        ("task_status_info", {}),
        ("task_status_info", {"id": "young"}),
    ],
)
def test_lists_of_tasks_tell_the_time_of_the_tenant(
    tenant: Hand,
    run: Run,
    clock_ahead: t.Callable[[float], None],
    seconds: float,
    module: str,
    options: dict[str, t.Any],
) -> None:
    begin = time.time()
    clock_ahead(seconds)
    tenant.scenario(tasks=[{"id": "young", "age": "10m"}])
    told = parse_timestamp(run(module, **options)["tenant_time"])
    assert told is not None
    assert begin - 2 < told < begin + 60


@pytest.mark.parametrize("seconds", [0, 50, -50])
def test_a_difference_of_less_than_a_minute_is_not_told(
    tenant: Hand, run: Run, clock_ahead: t.Callable[[float], None], seconds: float
) -> None:
    clock_ahead(seconds)
    tenant.scenario(tasks=TASKS)
    assert run("task_status_info", newer_than="1h")["warnings"] == []


def test_a_failure_tells_of_the_clock_too(tenant: Hand, run: Run, clock_ahead: t.Callable[[float], None]) -> None:
    clock_ahead(HOUR)
    failure = run.failing("task_status", id="nobody-knows", completion_status="ERROR")
    assert "ahead of the tenant's" in failure["warnings"][0]


def test_a_task_is_cleared_at_the_time_of_the_tenant(
    tenant: Hand, run: Run, clock_ahead: t.Callable[[float], None]
) -> None:
    begin = time.time()
    clock_ahead(30 * 24 * HOUR)
    tenant.scenario(tasks=[{"id": "stuck"}])
    token = tenant.token().json()["access_token"]
    result = run("task_status", id="stuck", completion_status="TERMINATED", access_token=token)
    completed = parse_timestamp(result["task"]["completed"])
    assert completed is not None
    assert begin - 2 < completed < begin + 60


def test_max_age_is_judged_by_the_clock_of_the_tenant(
    tenant: Hand, run: Run, clock_ahead: t.Callable[[float], None]
) -> None:
    clock_ahead(5 * HOUR)
    tenant.scenario(
        sources=[{"id": "hr"}],
        tasks=[{"source": "hr", "definition": "CLOUD_ACCOUNT_AGGREGATION", "age": "2h", "ends": "SUCCESS"}],
    )
    result = run("source_aggregation", source_id="hr", aggregation="accounts", max_age="3h")
    assert result["action"] == "skipped"
    assert tenant.launches() == []


def test_half_of_an_emoji_does_not_end_a_module(tenant: Hand, run: Run) -> None:
    tenant.scenario(
        tasks=[{"id": "one", "description": "cut \ud83d", "messages": [{"type": "WARN", "key": "\ude00 half"}]}],
        faults=[{"fault": "extra_keys", "times": None, "values": {"ke\udc00y": {"deep": ["\ud83d\ude00", "\udbff"]}}}],
    )
    for module in ("pending_tasks_info", "task_status_info"):
        (task,) = run(module, api_version="v2026")["tasks"]
        assert task["description"] == "cut \ufffd"
        assert task["messages"][0]["key"] == "\ufffd half"
        assert task["ke\ufffdy"] == {"deep": ["\U0001f600", "\ufffd"]}
        json.dumps(task, ensure_ascii=False).encode()


def test_numbers_that_are_none_do_not_end_a_module(tenant: Hand, run: Run) -> None:
    odd = '"nan": NaN, "least": -Infinity, "much": 1e999, "long": ' + "7" * 5000
    body = f'{{"id": "one", "id": "other", {odd}}}'
    tenant.scenario(tasks=TASKS, faults=[status(200, body=body)])
    (task,) = run("task_status_info", id="one")["tasks"]
    assert task == {"id": "other", "nan": None, "least": None, "much": None, "long": None}


@pytest.mark.parametrize("path", ["load-accounts$", "task-status/"])
def test_odd_values_do_not_lose_what_was_started(tenant: Hand, run: Run, path: str) -> None:
    deep: t.Any = "end"
    for _level in range(200):
        deep = {"in": [deep]}
    values = {"half": "\ud83d", "long": 10**300, "deep": deep}
    tenant.scenario(
        sources=[{"id": "hr", "accounts": {"seconds": 0}}],
        faults=[{"fault": "extra_keys", "path": path, "values": values, "times": None}],
    )
    result = run("source_aggregation", source_id="hr", aggregation="accounts", wait=True, interval="0.01")
    assert result["action"] == "started"
    assert result["task"]["id"] in tenant.records()
