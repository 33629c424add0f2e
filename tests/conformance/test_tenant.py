# Copyright (c) 2026, the sailpoint.isc contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The stand-in behaves as the API does, traps included."""

from __future__ import annotations

import base64
import json
import re
import time
from datetime import datetime, timedelta, timezone
from typing import Any
from urllib.parse import quote

import pytest
import requests
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.support.hand import Hand
from tests.tenant.filters import Comparison, parse
from tests.tenant.schedules import check_cron

ALL = ["beta", "v2024", "v2025", "v2026", "v1"]
WITH_PENDING = ["beta", "v2024", "v2025"]
COMPLETED_ONLY = ["beta", "v2024"]
LIST = {version: f"/{version}/task-status" for version in ALL} | {"v1": "/task-status/v1"}
SOURCES = {version: f"/{version}/sources" for version in ALL} | {"v1": "/sources/v1"}
PROGRESS = {version: f"/{version}/account-aggregations" for version in ALL} | {"v1": "/account-aggregations/v1"}
CLEAR = [{"op": "replace", "path": "/completionStatus", "value": "ERROR"}]

each_version = pytest.mark.parametrize("version", ALL)


def ids(answer: requests.Response) -> list[str]:
    assert answer.status_code == 200, answer.text
    return [record["id"] for record in answer.json()]


def refusal(answer: requests.Response, status: int) -> str:
    """The text of a refusal in the API's error document."""
    assert answer.status_code == status, answer.text
    document = answer.json()
    assert set(document) == {"detailCode", "trackingId", "messages", "causes"}
    assert document["detailCode"].startswith(str(status))
    assert {message["localeOrigin"] for message in document["messages"]} == {"DEFAULT", "REQUEST"}
    return str(document["messages"][0]["text"])


def wait_until(condition: Any, seconds: float = 30) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it did not come to pass"
        time.sleep(0.02)


# --- tokens -----------------------------------------------------------------------------------------------------------


def claims(token: str) -> dict[str, Any]:
    payload = token.split(".")[1]
    found: dict[str, Any] = json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))
    return found


def test_a_token_tells_who_it_is_for(tenant: Hand) -> None:
    answer = tenant.token("admin").json()
    assert answer["token_type"] == "bearer"
    assert answer["expires_in"] == 43200
    assert answer["org"] == "acme"
    assert answer["identity_id"]
    said = claims(answer["access_token"])
    assert said["user_name"] == "ada.admin"
    assert said["authorities"] == ["ORG_ADMIN"]
    assert 43199 <= said["exp"] - time.time() <= 43202
    api_client = tenant.token("reader").json()
    assert api_client["expires_in"] == 750
    assert "identity_id" not in api_client
    assert "user_name" not in claims(api_client["access_token"])
    assert tenant.control("GET", "log")["tokens"] == 2


def test_credentials_are_taken_from_a_form_only(tenant: Hand) -> None:
    form = {"grant_type": "client_credentials", "client_id": "admin", "client_secret": "admin-secret"}
    url = f"{tenant.url}/oauth/token"
    for answer in (
        requests.post(url, params=form, timeout=30),
        requests.post(url, json=form, timeout=30),
        requests.post(url, data={**form, "grant_type": "password"}, timeout=30),
    ):
        assert answer.status_code == 400
        assert set(answer.json()) == {"error", "error_description"}
    wrong = tenant.token("admin", "wrong")
    assert wrong.status_code == 401
    assert wrong.json()["error"] == "invalid_client"
    assert tenant.control("GET", "log")["tokens"] == 0


def test_secrets_with_odd_characters_arrive(tenant: Hand) -> None:
    secret = "a+b %2F&=\u00e4"
    tenant.scenario(clients=[{"client_id": "odd", "client_secret": secret, "user_name": "otto"}])
    assert tenant.token("odd", secret).status_code == 200


def test_a_token_expires(tenant: Hand) -> None:
    tenant.scenario(clients=[{"client_id": "brief", "client_secret": "s", "token_lifetime": 2}])
    session = tenant.session("brief", "s")
    assert session.list("beta").status_code == 200
    wait_until(lambda: session.list("beta").status_code == 401)
    assert session.list("beta").json() == {"error": "JWT validation failed: JWT is expired"}


@pytest.mark.parametrize("header", [None, "", "Bearer", "Bearer x.y.z", "Basic YTpi"])
def test_no_request_without_a_token(tenant: Hand, header: str | None) -> None:
    headers = {} if header is None else {"Authorization": header}
    answer = requests.get(f"{tenant.url}/beta/task-status", headers=headers, timeout=30)
    assert answer.status_code == 401
    assert list(answer.json()) == ["error"]


def test_python_s_own_user_agent_is_refused(tenant: Hand) -> None:
    answer = tenant.session().get("/beta/task-status", headers={"User-Agent": "Python-urllib/3.12"})
    assert (answer.status_code, answer.text) == (403, "error code: 1010")


# --- lists ------------------------------------------------------------------------------------------------------------


@each_version
def test_what_the_list_covers(tenant: Hand, version: str) -> None:
    tenant.scenario(tasks=[{"id": "running", "age": "1m"}, {"id": "done", "age": "2m", "ends": "SUCCESS"}])
    expected = ["done"] if version in COMPLETED_ONLY else ["running", "done"]
    session = tenant.session()
    assert ids(session.list(version)) == expected
    assert ids(session.list(version, sorters="created")) == expected[::-1]
    assert session.get(f"{LIST[version]}/running").json()["completionStatus"] is None
    assert refusal(session.get(f"{LIST[version]}/nobody"), 404)


@each_version
def test_a_task_is_completed_a_moment_before_it_has_a_status(tenant: Hand, version: str) -> None:
    tenant.scenario(
        tasks=[{"id": "t", "ends_in": 0, "completed_gap": 600, "ends": "WARNING", "messages": ["Careful."]}]
    )
    session = tenant.session()
    record = session.get(f"{LIST[version]}/t").json()
    assert record["completed"] is not None
    assert record["completionStatus"] is None
    assert ids(session.list(version)) == ["t"]
    assert ids(session.list("v1", "completionStatus isnull")) == ["t"]
    tenant.control("PATCH", "tasks/t", {"completed_gap": 0})
    after = session.get(f"{LIST[version]}/t").json()
    assert after["completionStatus"] == "WARNING"
    assert after["completed"] == record["completed"]
    assert [(entry["type"], entry["localizedText"]["message"]) for entry in after["messages"]] == [("WARN", "Careful.")]


@each_version
def test_nothing_is_older_than_90_days(tenant: Hand, version: str) -> None:
    tenant.scenario(
        tasks=[{"id": "old", "age": "91d", "ends": "SUCCESS"}, {"id": "new", "age": "89d", "ends": "SUCCESS"}]
    )
    session = tenant.session()
    answer = session.list(version, count="true")
    assert ids(answer) == ["new"]
    assert answer.headers["X-Total-Count"] == "1"
    assert refusal(session.get(f"{LIST[version]}/old"), 404)
    assert refusal(session.patch(f"{LIST[version]}/old", CLEAR), 404)


@each_version
def test_pages(tenant: Hand, version: str) -> None:
    tenant.scenario(generate={"count": 300, "pending": 0})
    session = tenant.session()
    everything = ids(session.list(version)) + ids(session.list(version, offset=250))
    assert len(everything) == len(set(everything)) == 300
    assert ids(session.list(version, limit=7, offset=11)) == everything[11:18]
    none = session.list(version, limit=0, count="true")
    assert ids(none) == []
    assert none.headers["X-Total-Count"] == "300"
    assert "X-Total-Count" not in session.list(version, limit=1).headers


@each_version
@pytest.mark.parametrize(
    "query",
    ["limit=251", "limit=-1", "limit=x", "offset=-1", "count=maybe", "sorters=name", "sorters=created,-created"],
)
def test_queries_that_are_refused(tenant: Hand, version: str, query: str) -> None:
    assert refusal(tenant.session().get(f"{LIST[version]}?{query}"), 400)


def test_generated_history_is_the_same_for_the_same_seed(tenant: Hand) -> None:
    def served(seed: int) -> list[tuple[str, str]]:
        tenant.scenario(generate={"count": 50, "seed": seed})
        return [(record["id"], record["uniqueName"]) for record in tenant.session().list("v2025").json()]

    assert served(1) == served(1) != served(2)


def test_generated_history_is_plausible(tenant: Hand) -> None:
    tenant.scenario(generate={"count": 1000, "newest": 1, "days": 1, "pending": 0.1, "failed": 0.3, "drift": True})
    records = tenant.control("GET", "tasks")["tasks"]
    now = datetime.now(timezone.utc).isoformat()
    done = [record for record in records if record["completed"] is not None]
    assert len(done) == 900
    assert all(record["created"] <= record["completed"] <= now for record in done)
    statuses = {record["completionStatus"] for record in done}
    assert statuses == {"Success", "Warning", "Error", "TERMINATED", "TEMP_ERROR"}
    assert any("target" not in record for record in records)
    assert any("taskDefinitionSummary" not in record for record in records)
    messages = [message for record in records for message in record["messages"]]
    assert any(message["localizedText"] is None and message["parameters"] is None for message in messages)
    assert {record["type"] for record in records} == {"QUARTZ", "QPOC", "QUEUED_TASK"}


def test_ten_thousand_records_in_pages(tenant: Hand) -> None:
    tenant.scenario(generate={"count": 10000})
    session = tenant.session()
    found = [number for offset in range(0, 10001, 250) for number in ids(session.list("v2025", offset=offset))]
    assert len(set(found)) == len(found) == 10000
    assert len(tenant.log()) == 41 + 1


# --- pending tasks ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("version", WITH_PENDING)
def test_pending_tasks(tenant: Hand, version: str) -> None:
    tenant.scenario(
        tasks=[{"id": f"p{n}", "age": n} for n in range(5)] + [{"id": "done", "age": "1m", "ends": "ERROR"}]
    )
    session = tenant.session()
    path = f"{LIST[version]}/pending-tasks"
    # Filters and sorters are not known here, and ignored.
    answer = session.get(f"{path}?limit=2&offset=1&count=true&sorters=created&filters=nonsense")
    assert ids(answer) == ["p1", "p2"]
    assert answer.headers["X-Total-Count"] == "5"
    head = session.request("HEAD", f"{path}?count=true&limit=1")
    assert (head.status_code, head.content, head.headers["X-Total-Count"]) == (200, b"", "5")
    assert "X-Total-Count" not in session.request("HEAD", path).headers
    for method, query in (("GET", "limit=251"), ("HEAD", "offset=x")):
        assert session.request(method, f"{path}?{query}").status_code == 400


@pytest.mark.parametrize("version", WITH_PENDING)
def test_no_pending_tasks_can_be_a_204(tenant: Hand, version: str) -> None:
    path = f"{LIST[version]}/pending-tasks?count=true"
    assert ids(tenant.session().get(path)) == []
    tenant.scenario(pending_empty_204=True)
    for method in ("GET", "HEAD"):
        answer = tenant.session().request(method, path)
        assert (answer.status_code, answer.content, answer.headers["X-Total-Count"]) == (204, b"", "0")


def test_deprecated_operations_say_so(tenant: Hand) -> None:
    session = tenant.session()
    for version in WITH_PENDING:
        assert session.get(f"{LIST[version]}/pending-tasks").headers["X-Deprecated"] == "true"
        assert "X-Deprecated" not in session.list(version).headers
    tenant.scenario(deprecated=["v1/list"], deprecation_header="Deprecation")
    assert session.list("v1").headers["Deprecation"] == "true"
    assert "X-Deprecated" not in session.get("/beta/task-status/pending-tasks").headers


@pytest.mark.parametrize("version", ["v2026", "v1"])
def test_where_there_is_no_endpoint_for_pending_tasks(tenant: Hand, version: str) -> None:
    tenant.scenario(tasks=[{"id": "running"}])
    session = tenant.session()
    assert refusal(session.get(f"{LIST[version]}/pending-tasks"), 404)
    assert session.request("HEAD", f"{LIST[version]}/pending-tasks").status_code == 404
    assert ids(session.list(version, "completionStatus isnull")) == ["running"]


# --- filters ----------------------------------------------------------------------------------------------------------

FILTERED = [
    {"id": "a", "source": "s1", "ends": "SUCCESS", "age": 1, "launcher": "ada"},
    {"id": "b", "source": "s2", "ends": "TEMP_ERROR", "age": 2},
    {
        "id": "c",
        "source": "s1",
        "definition": "CLOUD_GROUP_AGGREGATION",
        "ends": "Error",
        "age": 3,
        "without": ["target"],
    },
    {"id": "d", "definition": "CLOUD_REFRESH_ROLE", "ends": "ERROR", "age": 4},
]


@each_version
@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ('id eq "b"', "b"),
        ('id in ("d", "a","nobody")', "ad"),
        ('sourceId eq "s1"', "ac"),
        ('sourceId in ("s1","s2") and completionStatus eq "SUCCESS"', "a"),
        ('completionStatus eq "ERROR"', "cd"),
        ('completionStatus in ("SUCCESS","TEMPERROR")', "ab"),
        ('type eq "CLOUD_ACCOUNT_AGGREGATION"', "ab"),
        ('type in ("CLOUD_GROUP_AGGREGATION","CLOUD_REFRESH_ROLE")', "cd"),
        ('id eq "a" and id eq "b"', ""),
    ],
)
def test_filters(tenant: Hand, version: str, expression: str, expected: str) -> None:
    tenant.scenario(tasks=FILTERED)
    answer = tenant.session().list(version, expression, count="true")
    assert "".join(ids(answer)) == expected
    assert answer.headers["X-Total-Count"] == str(len(expected))


@each_version
@pytest.mark.parametrize(
    "expression",
    [
        'id EQ "a"',
        'id eq "a" AND id eq "b"',
        'id eq "a" or id eq "b"',
        "id eq 'a'",
        "id eq a",
        'id eq "a',
        r'id eq "\n"',
        "id in ()",
        'id in ("a",)',
        'id eq "a" and',
        'id ne "a"',
        "id isnull",
        'created gt "2020-01-01T00:00:00Z"',
        'uniqueName eq "x"',
        'type eq "QUARTZ"',
        'type eq "CLOUD_ENTITLEMENT_IMPORT"',
        'type in ("CLOUD_ACCOUNT_AGGREGATION","QPOC")',
        "completionStatus eq null",
        "nonsense",
    ],
)
def test_filters_that_are_refused(tenant: Hand, version: str, expression: str) -> None:
    assert refusal(tenant.session().list(version, expression), 400)


def test_the_words_about_a_type_of_records(tenant: Hand) -> None:
    text = refusal(tenant.session().list("v1", 'type eq "QUARTZ"'), 400)
    assert text == "Error converting Enumerated string (type) value (QUARTZ)"


@each_version
def test_filters_that_only_later_versions_know(tenant: Hand, version: str) -> None:
    tenant.scenario(tasks=[*FILTERED, {"id": "e"}])
    session = tenant.session()
    isnull = session.list(version, "completionStatus isnull")
    launcher = session.list(version, 'launcher in ("ada")')
    assert (ids(isnull) == ["e"]) if version not in COMPLETED_ONLY else refusal(isnull, 400)
    assert (ids(launcher) == ["a"]) if version in ("v2026", "v1") else refusal(launcher, 400)


@each_version
@pytest.mark.parametrize("encoded", ["id+eq+%22a%22", "id%2520eq%2520%2522a%2522", "id%20eq%20%22a%22%20"])
def test_filters_are_decoded_once_and_by_percent_signs_only(tenant: Hand, version: str, encoded: str) -> None:
    assert refusal(tenant.session().get(f"{LIST[version]}?filters={encoded}"), 400)


def test_a_request_target_can_be_too_long(tenant: Hand) -> None:
    expression = "id in (" + ",".join(f'"{number:032x}"' for number in range(300)) + ")"
    assert refusal(tenant.session().list("beta", expression), 414)
    assert ids(tenant.session().list("beta", expression[: 100 * 35 + 6] + ")")) == []


def quoted(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


comparisons = st.one_of(
    st.builds(lambda value: Comparison("id", "eq", (value,)), st.text()),
    st.builds(lambda values: Comparison("sourceId", "in", tuple(values)), st.lists(st.text(), min_size=1)),
    st.just(Comparison("completionStatus", "isnull")),
)


def written(comparison: Comparison) -> str:
    values = [quoted(value) for value in comparison.values]
    tail = {"eq": " " + "".join(values), "in": f" ({','.join(values)})", "isnull": ""}[comparison.operator]
    return f"{comparison.field} {comparison.operator}{tail}"


calm = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])


@calm
@given(st.lists(comparisons, min_size=1))
def test_what_is_quoted_correctly_is_read_back_as_it_was(expected: list[Comparison]) -> None:
    assert parse(" and ".join(written(comparison) for comparison in expected)) == expected


@calm
@given(st.text())
def test_any_other_text_is_refused_and_nothing_else(text: str) -> None:
    try:
        found = parse(text)
    except ValueError:
        return
    assert parse(" and ".join(written(comparison) for comparison in found)) == found


# --- PATCH ------------------------------------------------------------------------------------------------------------


@each_version
def test_a_patch_changes_the_record(tenant: Hand, version: str) -> None:
    tenant.scenario(tasks=[{"id": "stuck", "age": "2h"}])
    session = tenant.session()
    before = session.get(f"{LIST[version]}/stuck").json()
    operations = [*CLEAR, {"op": "replace", "path": "/completed", "value": "2026-01-02T03:04:05.678Z"}]
    patched = session.patch(f"{LIST[version]}/stuck", operations)
    assert patched.status_code == 200
    changed = {key for key, value in patched.json().items() if before[key] != value}
    assert changed == {"completionStatus", "completed", "modified"}
    assert session.get(f"{LIST[version]}/stuck").json() == patched.json()
    entry = tenant.log()[-2]
    assert (entry["effect"], entry["body"], entry["status"]) == ("patched", operations, 200)


@pytest.mark.parametrize("content_type", ["application/json", "text/plain", "application/merge-patch+json"])
def test_a_patch_of_another_content_type(tenant: Hand, content_type: str) -> None:
    tenant.scenario(tasks=[{"id": "stuck"}])
    assert refusal(tenant.session().patch("/beta/task-status/stuck", CLEAR, content_type), 415)


@pytest.mark.parametrize(
    "operations",
    [
        {"completionStatus": "ERROR"},
        ["x"],
        None,
        [{"op": "replace", "path": "/nothing/here", "value": 1}],
        [*CLEAR, {"op": "test", "path": "/launcher", "value": "somebody else"}],
        [*CLEAR, {"op": "jump", "path": "/launcher"}],
        [*CLEAR, {"op": "remove", "path": "/nothing"}],
        [{"op": "replace", "path": "/id", "value": "other"}],
        [{"op": "remove", "path": "/id"}],
        [{"op": "replace", "path": "/completionStatus", "value": "DONE"}],
        [{"op": "replace", "path": "/completionStatus", "value": ["ERROR"]}],
        [{"op": "replace", "path": "/completed", "value": "yesterday"}],
        [{"op": "replace", "path": "", "value": []}],
    ],
)
def test_a_patch_that_cannot_be_applied_changes_nothing(tenant: Hand, operations: Any) -> None:
    tenant.scenario(tasks=[{"id": "stuck"}])
    session = tenant.session()
    before = session.get("/beta/task-status/stuck").json()
    assert refusal(session.patch("/beta/task-status/stuck", operations), 400)
    assert tenant.last()["effect"] is None
    assert session.get("/beta/task-status/stuck").json() == before


@pytest.mark.parametrize(("switch", "status"), [("honoured", 400), ("ignored", 200), ("refused", 400)])
def test_the_operation_test_by_scenario(tenant: Hand, switch: str, status: int) -> None:
    tenant.scenario(tasks=[{"id": "stuck"}], patch_test_op=switch)
    session = tenant.session()
    false = [{"op": "test", "path": "/launcher", "value": "nobody"}, *CLEAR]
    true = [{"op": "test", "path": "/completionStatus", "value": None}, *CLEAR]
    assert session.patch("/task-status/v1/stuck", false).status_code == status
    tenant.scenario(tasks=[{"id": "stuck"}], patch_test_op=switch)
    assert session.patch("/task-status/v1/stuck", true).status_code == (400 if switch == "refused" else 200)


def test_a_patch_of_a_running_task_stays(tenant: Hand) -> None:
    tenant.scenario(tasks=[{"id": "t", "ends_in": 0.3, "completed_gap": 0, "ends": "SUCCESS"}])
    session = tenant.session()
    patched = session.patch("/beta/task-status/t", CLEAR).json()
    time.sleep(0.5)
    assert session.get("/beta/task-status/t").json() == patched


@pytest.mark.parametrize("client", ["reader", "helpdesk"])
def test_who_may_read_may_not_patch(tenant: Hand, client: str) -> None:
    tenant.scenario(tasks=[{"id": "stuck"}])
    session = tenant.session(client)
    assert session.get("/beta/task-status/stuck").status_code == 200
    assert refusal(session.patch("/beta/task-status/stuck", CLEAR), 403)


@pytest.mark.parametrize(
    ("client", "read", "patch"),
    [
        ({"user_name": "u", "authorities": ["ORG_ADMIN"], "scopes": ["idn:task-management:read"]}, 200, 403),
        ({"user_name": "u", "authorities": ["ORG_ADMIN"], "scopes": ["idn:task-management:write"]}, 200, 200),
        ({"user_name": "u", "authorities": ["CERT_ADMIN"]}, 403, 403),
        ({"scopes": ["idn:sources:manage"]}, 403, 403),
    ],
)
def test_scopes_and_authorities(tenant: Hand, client: dict[str, Any], read: int, patch: int) -> None:
    tenant.scenario(tasks=[{"id": "stuck"}], clients=[{"client_id": "c", "client_secret": "s", **client}])
    session = tenant.session("c", "s")
    assert session.get("/beta/task-status/stuck").status_code == read
    assert session.patch("/beta/task-status/stuck", CLEAR).status_code == patch


@pytest.mark.parametrize("odd", ["a/b", "..", 'say "hi"', "50%", "%41", "ä ö", "a?b#c", "pending tasks"])
def test_ids_with_odd_characters(tenant: Hand, odd: str) -> None:
    tenant.scenario(tasks=[{"id": odd}])
    session = tenant.session()
    encoded = "".join(f"%{byte:02X}" for byte in odd.encode())
    # requests tidies dots in a path away, so this one is written by hand.
    target = f"{tenant.url}/beta/task-status/{encoded}"
    request = requests.Request("GET", tenant.url, headers={"Authorization": f"Bearer {session.token}"}).prepare()
    request.url = target
    answer = requests.Session().send(request, timeout=30)
    assert answer.json()["id"] == odd


# --- limits, headers, control -----------------------------------------------------------------------------------------


def test_the_rate_limit_is_per_client_and_version(tenant: Hand) -> None:
    tenant.scenario(rate_limit={"requests": 5, "seconds": 4})
    session = tenant.session()
    assert [session.list("beta").status_code for _try in range(6)] == [200] * 5 + [429]
    refused = session.list("beta")
    assert refused.json() == {"message": " Rate Limit Exceeded "}
    assert 1 <= int(refused.headers["Retry-After"]) <= 4
    assert session.list("v2025").status_code == 200
    assert tenant.session("reader").list("beta").status_code == 200
    assert tenant.session().list("beta").status_code == 429
    time.sleep(float(refused.headers["Retry-After"]))
    assert session.list("beta").status_code == 200


def test_the_rate_limit_unless_a_scenario_says_otherwise(tenant: Hand) -> None:
    tenant.control("PUT", "scenario", {})
    session = tenant.session()
    assert [session.list("v1").status_code for _try in range(101)].count(429) == 1


def test_every_answer_has_an_id(tenant: Hand) -> None:
    session = tenant.session()
    answers = [
        tenant.token(),
        tenant.token("admin", "wrong"),
        session.list("beta"),
        session.get("/beta/task-status/nobody"),
        session.get("/no/such/path"),
        requests.get(f"{tenant.url}/beta/task-status", timeout=30),
    ]
    assert len({answer.headers["SLPT-Request-ID"] for answer in answers}) == len(answers)


def test_the_experimental_header_by_scenario(tenant: Hand) -> None:
    tenant.scenario(experimental_header_required=True)
    session = tenant.session()
    for version in ALL:
        needed = version not in ("beta", "v1")
        assert session.list(version).status_code == (400 if needed else 200)
        answer = session.get(LIST[version], headers={"X-SailPoint-Experimental": "true"})
        assert answer.status_code == 200


def test_the_log(tenant: Hand) -> None:
    session = tenant.session("helpdesk")
    session.get("/v2024/task-status?limit=3&filters=id%20eq%20%22a%22", headers={"X-One": "1", "Cookie": "a=b"})
    token, listed = tenant.log()
    assert (token["operation"], token["client_id"], token["status"], token["body"]) == ("token", "helpdesk", 200, None)
    assert listed["n"] == 2
    assert (listed["method"], listed["path"], listed["version"]) == ("GET", "/v2024/task-status", "v2024")
    assert listed["raw_path"] == "/v2024/task-status?limit=3&filters=id%20eq%20%22a%22"
    assert listed["query"] == {"limit": "3", "filters": 'id eq "a"'}
    assert (listed["operation"], listed["client_id"], listed["status"]) == ("list", "helpdesk", 200)
    assert (listed["fault"], listed["effect"]) == (None, None)
    assert listed["headers"]["x-one"] == "1"
    assert not {"authorization", "cookie"} & set(listed["headers"])
    assert "helpdesk-secret" not in json.dumps([token, listed])
    tenant.control("DELETE", "log")
    assert tenant.control("GET", "log") == {"requests": [], "tokens": 0, "unsafe_refused": 0}


def test_safe_mode(tenant: Hand) -> None:
    tenant.scenario(tasks=[{"id": "stuck"}], sources=[{"id": "s1"}])
    tenant.control("PUT", "safe-mode", {"on": True})
    session = tenant.session()
    assert session.get("/beta/task-status/stuck").status_code == 200
    assert refusal(session.patch("/beta/task-status/stuck", CLEAR), 403)
    assert refusal(session.request("POST", "/beta/sources/s1/load-accounts"), 403)
    assert refusal(session.request("DELETE", "/nowhere"), 403)
    log = tenant.control("GET", "log")
    assert log["unsafe_refused"] == 3
    assert [entry["effect"] for entry in log["requests"]] == [None] * 5
    tenant.control("PUT", "safe-mode", {"on": False})
    assert session.patch("/beta/task-status/stuck", CLEAR).status_code == 200


def test_the_hand_on_the_tasks(tenant: Hand) -> None:
    assert tenant.control("POST", "tasks", {"tasks": [{"id": "one", "age": "1h"}, {"id": "two"}]}) == {
        "ids": ["one", "two"]
    }
    session = tenant.session()
    tenant.control("PATCH", "tasks/one", {"age": 0, "launcher": "me", "completionStatus": "SUCCESS"})
    assert session.list("v1").json()[0]["launcher"] == "me"
    tenant.control("PATCH", "tasks/two", {"vanish": True})
    assert ids(session.list("v1")) == ["one"]
    tenant.control("PATCH", "tasks/two", {"vanish": False, "ends_in": 0, "ends": "TERMINATED", "completed_gap": 0})
    assert session.get("/task-status/v1/two").json()["completionStatus"] == "TERMINATED"
    raw = {record["id"]: record for record in tenant.control("GET", "tasks")["tasks"]}
    assert raw["two"]["definition"] == "CLOUD_ACCOUNT_AGGREGATION"
    assert "definition" not in session.get("/task-status/v1/two").json()
    tenant.control("POST", "tasks", [{"id": "late", "visible_after": 600}])
    assert session.get("/task-status/v1/late").status_code == 404
    tenant.control("PATCH", "tasks/late", {"visible_after": 0})
    assert session.get("/task-status/v1/late").status_code == 200


def test_a_scenario_that_makes_no_sense_is_refused_and_changes_nothing(tenant: Hand) -> None:
    tenant.scenario(tasks=[{"id": "kept"}])
    scenarios: list[Any] = [
        {"taks": []},
        {"faults": [{"fault": "gremlin"}]},
        {"tasks": [{"age": "soon"}]},
        {"sources": [{"id": "s", "refuse": "politely"}]},
        {"generate": {"many": 1}},
        {"patch_test_op": "sometimes"},
        [],
    ]
    for scenario in scenarios:
        answer = requests.put(f"{tenant.url}/_tenant/scenario", json=scenario, timeout=30)
        assert answer.status_code == 400
        assert answer.json()["error"]
    assert ids(tenant.session().list("v1")) == ["kept"]


def test_latency(tenant: Hand) -> None:
    tenant.control("PUT", "latency", {"seconds": 0.3})
    answer = tenant.session().list("beta")
    assert answer.elapsed >= timedelta(seconds=0.3)


# --- sources ----------------------------------------------------------------------------------------------------------

KINDS = ["load-accounts", "load-entitlements", "load-uncorrelated-accounts"]
CSV = {"file": ("people.csv", b"id,name\n1,Ada\n", "text/csv")}


def launch(session: Any, version: str, kind: str = "load-accounts", source: str = "s1", **options: Any) -> Any:
    if kind == "load-uncorrelated-accounts":
        options.setdefault("files", CSV)
    return session.request("POST", f"{SOURCES[version]}/{source}/{kind}", **options)


@each_version
@pytest.mark.parametrize("kind", KINDS)
def test_a_launch_and_the_task_that_follows(tenant: Hand, version: str, kind: str) -> None:
    course = {
        "seconds": 0.2,
        "completed_gap": 0,
        "ends": "WARNING",
        "messages": ["Careful."],
        "attributes": {"total": "7"},
    }
    key = kind.replace("load-", "").replace("-", "_")
    tenant.scenario(sources=[{"id": "s1", "name": "Workday", key: course}])
    session = tenant.session()
    answer = launch(session, version, kind)
    assert answer.status_code == 202
    task = answer.json() if kind == "load-entitlements" else answer.json()["task"]
    assert task["completionStatus"] is None
    assert abs(task["created"] / 1000 - time.time()) < 5
    assert tenant.last()["effect"] == "launched"
    record = session.get(f"{LIST[version]}/{task['id']}").json()
    assert record["uniqueName"] == task.get("uniqueName", task.get("name"))
    assert record["target"] == {"id": "s1", "type": "APPLICATION", "name": "Workday"}
    assert datetime.fromisoformat(record["created"].replace("Z", "+00:00")).astimezone(timezone.utc).timestamp() == (
        task["created"] / 1000
    )
    wait_until(lambda: session.get(f"{LIST[version]}/{task['id']}").json()["completionStatus"] == "WARNING")
    after = session.get(f"{LIST[version]}/{task['id']}").json()
    assert after["attributes"]["total"] == "7"
    assert after["messages"][0]["localizedText"] == {"locale": "en-US", "message": "Careful."}
    definition = {
        "load-accounts": "CLOUD_ACCOUNT_AGGREGATION",
        "load-entitlements": "CLOUD_GROUP_AGGREGATION",
        "load-uncorrelated-accounts": "CLOUD_PROCESS_UNCORRELATED_ACCOUNTS",
    }[kind]
    assert ids(session.list(version, f'type eq "{definition}" and sourceId eq "s1"')) == [task["id"]]


def signs(answer: requests.Response) -> dict[str, Any]:
    """Each sign by which a 202 can be told to be a refusal, where there is one."""
    assert answer.status_code == 202
    whole = answer.json()
    task = whole.get("task", whole)
    found = {
        "success_false": whole.get("success") is False,
        "completion_status": task["completionStatus"] is not None,
        "message_error": any(message["type"] == "ERROR" for message in task["messages"]),
        "message_flag": any(message["error"] is True for message in task["messages"]),
        "error_true": whole.get("error") is True,
    }
    return {name: found[name] for name in found if found[name]}


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("shape", ["success_false", "completion_status", "message_error", "message_flag", "error_true"])
def test_a_202_can_be_a_refusal_in_each_shape(tenant: Hand, kind: str, shape: str) -> None:
    tenant.scenario(sources=[{"id": "s1", "refuse": shape}, {"id": "s2", "busy": shape}])
    session = tenant.session()
    assert list(signs(launch(session, "beta", kind))) == [shape]
    assert tenant.last()["effect"] is None
    assert signs(launch(session, "beta", kind, "s2")) == {}
    busy = launch(session, "v1", kind, "s2")
    assert list(signs(busy)) == [shape]
    task = busy.json().get("task", busy.json())
    assert task["messages"][0]["localizedText"] == (
        "This aggregation failed because the currently running aggregation must complete before the next one can start."
    )
    assert session.get(f"/beta/task-status/{task['id']}").status_code == 404
    assert len(tenant.control("GET", "tasks")["tasks"]) == 1


def test_a_source_is_busy_with_one_kind_until_its_task_has_a_status(tenant: Hand) -> None:
    tenant.scenario(
        sources=[{"id": "s1", "accounts": {"seconds": 600}}, {"id": "s2"}], tasks=[{"source": "s2", "age": "3h"}]
    )
    session = tenant.session()
    first = launch(session, "beta")
    assert signs(first) == {}
    assert signs(launch(session, "beta", "load-entitlements")) == {}
    assert signs(launch(session, "beta"))
    assert signs(launch(session, "beta", source="s2"))
    task = f"tasks/{first.json()['task']['id']}"
    ending = tenant.control("PATCH", task, {"ends_in": 0, "completed_gap": 600})
    assert ending["completed"] is not None
    assert ending["completionStatus"] is None
    assert signs(launch(session, "beta"))
    tenant.control("PATCH", task, {"completed_gap": 0})
    assert signs(launch(session, "beta")) == {}


@each_version
def test_launches_that_are_refused_outright(tenant: Hand, version: str) -> None:
    tenant.scenario(sources=[{"id": "s1"}, {"id": "files", "delimited": True}])
    session = tenant.session()
    for kind in KINDS:
        assert refusal(launch(session, version, kind, "nowhere"), 404)
        assert refusal(launch(tenant.session("helpdesk"), version, kind), 403)
    assert refusal(launch(session, version, "load-accounts", "files"), 400)
    assert refusal(launch(session, version, "load-uncorrelated-accounts", files={"other": (None, "x")}), 400)
    assert refusal(launch(tenant.session("reader"), version, "load-entitlements"), 403)
    assert launch(tenant.session("reader"), version).status_code == 202
    assert launch(session, version, "load-accounts", "files", files=CSV).status_code == 202


@pytest.mark.parametrize(
    ("options", "optimized"),
    [
        ({}, "enabled"),
        ({"files": {"disableOptimization": (None, "true")}}, "disabled"),
        ({"files": {"disableOptimization": (None, "false")}}, "enabled"),
        ({"files": {**CSV, "disableOptimization": (None, "true")}}, "disabled"),
        ({"json": {"disableOptimization": "true"}}, "enabled"),
        ({"data": {"disableOptimization": "true"}}, "enabled"),
    ],
)
def test_optimization_is_disabled_by_multipart_only(tenant: Hand, options: dict[str, Any], optimized: str) -> None:
    tenant.scenario(sources=[{"id": "s1"}])
    session = tenant.session()
    task = launch(session, "v2025", **options).json()["task"]
    assert task["attributes"]["optimizedAggregation"] == optimized
    record = session.get(f"/v2025/task-status/{task['id']}").json()
    assert record["attributes"]["optimizedAggregation"] == optimized


def test_the_log_sums_a_multipart_body_up(tenant: Hand) -> None:
    tenant.scenario(sources=[{"id": "s1", "delimited": True}])
    launch(tenant.session(), "beta", files={**CSV, "disableOptimization": (None, "true")})
    file, flag = sorted(tenant.last()["body"]["multipart"], key=lambda part: part["name"], reverse=True)
    assert (file["name"], file["filename"], file["content_type"], file["size"]) == (
        "file",
        "people.csv",
        "text/csv",
        14,
    )
    assert flag == {"name": "disableOptimization", "value": "true"}


@pytest.mark.parametrize("body", [b"", b"file=..."])
def test_multipart_without_a_boundary_is_an_internal_fault(tenant: Hand, body: bytes) -> None:
    tenant.scenario(sources=[{"id": "s1"}])
    answer = launch(tenant.session(), "beta", data=body, headers={"Content-Type": "multipart/form-data"})
    assert refusal(answer, 500)
    assert tenant.last()["effect"] is None


@each_version
def test_the_progress_of_an_account_aggregation(tenant: Hand, version: str) -> None:
    aggregation = {"definition": "CLOUD_ACCOUNT_AGGREGATION", "source": "s1"}
    tenant.scenario(
        tasks=[
            {**aggregation, "id": "started", "ends_in": 3600},
            {**aggregation, "id": "collected", "age": 3600, "ends_in": 600, "end_attributes": {"total": "90"}},
            {**aggregation, "id": "done", "age": "59m", "seconds": 60, "ends": "SUCCESS"},
            {**aggregation, "id": "killed", "age": "30m", "seconds": 60, "ends": "TERMINATED"},
            {**aggregation, "id": "gone", "age": "62m", "seconds": 60, "ends": "SUCCESS"},
            {"definition": "CLOUD_GROUP_AGGREGATION", "source": "s1", "id": "other"},
        ]
    )
    session = tenant.session()

    def progress(task: str) -> Any:
        return session.get(f"{PROGRESS[version]}/{task}/status")

    statuses = {task: progress(task).json()["status"] for task in ("started", "collected", "done", "killed")}
    assert statuses == {
        "started": "STARTED",
        "collected": "ACCOUNTS_COLLECTED",
        "done": "COMPLETED",
        "killed": "TERMINATED",
    }
    assert progress("started").json()["totalAccounts"] is None
    collected = progress("collected").json()
    assert collected["totalAccounts"] == 90
    assert 0 < collected["processedAccounts"] < 90
    for task in ("gone", "other", "nobody"):
        assert refusal(progress(task), 404)
    assert refusal(tenant.session("reader").get(f"{PROGRESS[version]}/done/status"), 403)


# --- records of sources -----------------------------------------------------------------------------------------------

TAGGED = {version: f"/{version}/tagged-objects" for version in ALL} | {"v1": "/tagged-objects/v1"}
SOME_SOURCES = [
    {"id": "hr", "name": "HR System", "authoritative": True, "tags": ["PCI", "HR"], "owner": {"id": "olga"}},
    {"id": "ad", "name": "Active Directory", "status": "SOURCE_STATE_ERROR_VA", "tags": ["PCI"]},
    {"id": "csv", "name": "Badges", "delimited": True, "healthy": None},
    {"id": "gone", "name": "Old HR", "deleted": True, "tags": ["HR"]},
]


def listed(session: Any, version: str, expression: str | None = None, **query: Any) -> requests.Response:
    parts = [f"{name}={value}" for name, value in query.items()]
    parts += [] if expression is None else ["filters=" + quote(expression, safe="")]
    answer: requests.Response = session.get(SOURCES[version] + "?" + "&".join(parts))
    return answer


@each_version
def test_sources_in_a_list_and_one_by_one(tenant: Hand, version: str) -> None:
    tenant.scenario(sources=SOME_SOURCES)
    session = tenant.session()
    records = listed(session, version).json()
    assert [record["id"] for record in records] == ["hr", "ad", "csv"]
    assert session.get(f"{SOURCES[version]}/ad").json() == records[1]
    assert [record["healthy"] for record in records] == [True, False, None]
    assert [record["status"].removeprefix("SOURCE_STATE_") for record in records] == [
        "HEALTHY",
        "ERROR_VA",
        "ERROR_SOURCE",
    ]
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{10}Z", records[0]["since"])
    page = listed(session, version, limit=2, offset=2, count="true")
    assert ids(page) == ["csv"]
    assert page.headers["X-Total-Count"] == "3"
    assert "no-such-source" not in refusal(session.get(f"{SOURCES[version]}/no-such-source"), 404)
    assert refusal(session.get(f"{SOURCES[version]}/gone"), 404)
    assert "Illegal value" in refusal(session.get(f"{SOURCES[version]}/5023"), 400)
    assert refusal(listed(session, version, limit=251), 400)


@each_version
@pytest.mark.parametrize(
    ("expression", "found"),
    [
        ('id eq "hr"', ["hr"]),
        ('id in ("csv","hr","typo")', ["hr", "csv"]),
        ('name eq "hr SYSTEM"', ["hr"]),
        ('name in ("Badges","active directory")', ["ad", "csv"]),
        ('name sw "act"', ["ad"]),
        ('name co "SYS"', ["hr"]),
        ('type eq "DelimitedFile" and connectionType in ("file","direct")', ["csv"]),
        ('connectorName sw "Active"', ["hr", "ad"]),
        ('connectorName sw "active"', []),
        ('status in ("SOURCE_STATE_ERROR_VA","SOURCE_STATE_HEALTHY")', ["hr", "ad"]),
        ("authoritative eq true", ["hr"]),
        ("authoritative eq false", ["ad", "csv"]),
        ('owner.id eq "olga"', ["hr"]),
        ('features ca ("ENABLE","PROVISIONING")', ["hr", "ad"]),
        ('features ca ("ENABLE","DISCOVER_SCHEMA")', []),
        ('features co "DISCOVER_SCHEMA"', ["csv"]),
        ("healthy isnull", ["csv"]),
    ],
)
def test_filters_of_sources(tenant: Hand, version: str, expression: str, found: list[str]) -> None:
    tenant.scenario(sources=SOME_SOURCES)
    assert ids(listed(tenant.session(), version, expression)) == found


@pytest.mark.parametrize(
    "expression",
    [
        "healthy eq true",
        'description co "x"',
        'type co "x"',
        'owner.id sw "x"',
        'owner eq "x"',
        'features eq "ENABLE"',
        "name eq true",
        "name isnull",
        "name eq HR",
        'name eq "a" or name eq "b"',
    ],
)
def test_filters_that_sources_refuse(tenant: Hand, expression: str) -> None:
    tenant.scenario(sources=SOME_SOURCES)
    assert refusal(listed(tenant.session(), "v2025", expression), 400)


def test_sorters_of_sources(tenant: Hand) -> None:
    tenant.scenario(sources=SOME_SOURCES)
    session = tenant.session()
    for sorters, found in {
        "name": ["ad", "csv", "hr"],
        "-name": ["hr", "csv", "ad"],
        "type,-id": ["hr", "ad", "csv"],
        "-connectionType,owner.id,id": ["csv", "ad", "hr"],
    }.items():
        assert ids(listed(session, "v1", sorters=sorters)) == found
    assert "cluster" in refusal(listed(session, "v1", sorters="cluster"), 400)


@each_version
def test_tagged_objects(tenant: Hand, version: str) -> None:
    tenant.scenario(sources=SOME_SOURCES)
    session = tenant.session("helpdesk")

    def tagged(expression: str) -> list[Any]:
        answer = session.get(f"{TAGGED[version]}?filters={quote(expression, safe='')}")
        assert answer.status_code == 200, answer.text
        return list(answer.json())

    hr = {"objectRef": {"type": "SOURCE", "id": "hr", "name": "HR System"}, "tags": ["PCI", "HR"]}
    assert tagged('objectRef.type eq "SOURCE" and tagName in ("HR","nobody has it")') == [hr]
    assert tagged('objectRef.id eq "hr"') == [hr]
    assert [row["objectRef"]["id"] for row in tagged('tagName eq "PCI"')] == ["hr", "ad"]
    assert tagged('objectRef.type eq "ROLE"') == []
    assert refusal(session.get(f"{TAGGED[version]}?filters={quote('tags eq 1')}"), 400)


@pytest.mark.parametrize(
    ("client", "sources", "tags"),
    [
        ({}, 200, 200),
        ({"scopes": ["idn:sources:read"]}, 200, 403),
        ({"scopes": ["idn:sources:manage"]}, 200, 403),
        ({"scopes": ["idn:tag:read"]}, 403, 200),
        ({"scopes": ["idn:task-management:read"]}, 403, 403),
        ({"user_name": "u", "authorities": ["ROLE_SUBADMIN"]}, 200, 200),
        ({"user_name": "u", "authorities": ["HELPDESK"]}, 403, 200),
    ],
)
def test_who_may_see_sources_and_tags(tenant: Hand, client: dict[str, Any], sources: int, tags: int) -> None:
    tenant.scenario(sources=SOME_SOURCES, clients=[{"client_id": "c", "client_secret": "s", **client}])
    session = tenant.session("c", "s")
    assert session.get("/beta/sources").status_code == sources
    assert session.get("/sources/v1/hr").status_code == sources
    assert session.get("/v2025/tagged-objects").status_code == tags


def test_sources_of_tasks_exist_unless_they_are_declared_to_be_no_more(tenant: Hand) -> None:
    tenant.scenario(
        sources=[{"id": "gone", "deleted": True}],
        tasks=[
            {"source": "one"},
            {"source": "gone"},
            {"target": {"id": "two", "type": "APPLICATION", "name": "Second"}},
            {"target": {"id": "ida", "type": "IDENTITY", "name": "Ida"}},
        ],
    )
    session = tenant.session()
    assert [(record["id"], record["name"]) for record in listed(session, "beta").json()] == [
        ("one", "one"),
        ("two", "Second"),
    ]
    tenant.control("POST", "tasks", [{"source": "late"}])
    assert session.get("/beta/sources/late").status_code == 200
    assert launch(session, "beta", source="two").status_code == 202
    assert launch(session, "beta", source="gone").status_code == 404


def test_sources_change_by_the_control_api(tenant: Hand) -> None:
    tenant.scenario(sources=SOME_SOURCES)
    session = tenant.session()
    tenant.control("PATCH", "sources/hr", {"name": "People", "healthy": False, "tags": []})
    record = session.get("/beta/sources/hr").json()
    assert (record["name"], record["status"]) == ("People", "SOURCE_STATE_ERROR_SOURCE")
    tenant.control("PATCH", "sources/hr", {"status": "SOURCE_STATE_HEALTHY"})
    assert session.get("/beta/sources/hr").json()["healthy"] is True
    tenant.control("PATCH", "sources/ad", {"deleted": True})
    assert tenant.control("POST", "sources", [{"id": "gone"}, {"id": "new", "without": ["owner"]}])
    assert ids(listed(session, "beta")) == ["hr", "csv", "gone", "new"]
    assert "owner" not in session.get("/beta/sources/new").json()
    assert [source["tags"] for source in tenant.control("GET", "sources")["sources"]] == [[]] * 4
    for scenario in ({"sources": [{"id": "s", "helthy": True}]}, {"sources": [{"name": "no id"}]}):
        assert requests.put(f"{tenant.url}/_tenant/scenario", json=scenario, timeout=30).status_code == 400


def test_a_file_source_with_a_virtual_appliance_takes_no_file(tenant: Hand) -> None:
    cluster = {"type": "CLUSTER", "id": "c", "name": "Munich"}
    tenant.scenario(sources=[{"id": "fed", "delimited": True, "cluster": cluster}, {"id": "s1", "delimited": True}])
    session = tenant.session()
    assert launch(session, "v1", source="fed").status_code == 202
    assert refusal(launch(session, "v1"), 400)


def test_many_sources(tenant: Hand) -> None:
    tenant.scenario(generate={"count": 0, "sources": 1000})
    session = tenant.session()
    records = [record for offset in range(0, 1000, 250) for record in listed(session, "v2026", offset=offset).json()]
    assert len({record["id"] for record in records}) == len({record["name"] for record in records}) == 1000


# --- schedules --------------------------------------------------------------------------------------------------------

WITH_SCHEDULES = [version for version in ALL if version != "beta"]
CRON = "0 0 5,13,21 * * ?"
ACCOUNTS, GROUPS = "ACCOUNT_AGGREGATION", "GROUP_AGGREGATION"
SCHEDULED = [{"id": "s1", "schedules": {"accounts": CRON}}, {"id": "s2"}]


def cron_patch(cron: str, path: str = "/cronExpression") -> list[dict[str, str]]:
    return [{"op": "replace", "path": path, "value": cron}]


@pytest.mark.parametrize("version", WITH_SCHEDULES)
def test_schedules_are_created_read_changed_and_deleted(tenant: Hand, version: str) -> None:
    tenant.scenario(sources=SCHEDULED)
    session = tenant.session()
    path = f"{SOURCES[version]}/s1/schedules"
    accounts = {"type": ACCOUNTS, "cronExpression": CRON}
    groups = {"type": GROUPS, "cronExpression": "0 30 6 ? * MON-FRI"}
    assert session.get(path).json() == [accounts]
    assert session.get(f"{path}/{ACCOUNTS}").json() == accounts
    created = session.request("POST", path, json=groups)
    assert (created.status_code, created.json()) == (201, groups)
    assert session.get(path).json() == [accounts, groups]
    changed = session.patch(f"{path}/{GROUPS}", cron_patch("0 0 0 1 * ?"))
    assert (changed.status_code, changed.json()["cronExpression"]) == (200, "0 0 0 1 * ?")
    assert session.get(f"{path}/{GROUPS}").json() == changed.json()
    deleted = session.request("DELETE", f"{path}/{ACCOUNTS}")
    assert (deleted.status_code, deleted.content) == (204, b"")
    assert session.get(path).json() == [changed.json()]
    assert session.get(f"{SOURCES[version]}/s2/schedules").json() == []
    assert [entry["effect"] for entry in tenant.sent() if entry["effect"]] == ["created", "patched", "deleted"]
    assert [source["schedules"] for source in tenant.control("GET", "sources")["sources"]] == [
        {"entitlements": "0 0 0 1 * ?"},
        {},
    ]


def test_what_schedules_refuse(tenant: Hand) -> None:
    tenant.scenario(sources=SCHEDULED)
    session = tenant.session()
    path = "/v2025/sources/s1/schedules"
    assert "already exists" in refusal(
        session.request("POST", path, json={"type": ACCOUNTS, "cronExpression": CRON}), 400
    )
    assert "(DAILY)" in refusal(session.request("POST", path, json={"type": "DAILY", "cronExpression": CRON}), 400)
    bodies: list[Any] = [
        {"type": GROUPS},
        {"type": GROUPS, "cronExpression": "0 5 * * *"},
        [],
        {"cronExpression": CRON},
    ]
    for body in bodies:
        assert refusal(session.request("POST", path, json=body), 400)
    assert refusal(session.request("POST", path, data="{", headers={"Content-Type": "application/json"}), 400)
    assert refusal(session.request("POST", path, data=json.dumps({"type": GROUPS})), 415)
    assert refusal(session.get(f"{path}/{GROUPS}"), 404)
    assert refusal(session.request("DELETE", f"{path}/{GROUPS}"), 404)
    assert refusal(session.patch(f"{path}/{GROUPS}", cron_patch(CRON)), 404)
    assert refusal(session.get(f"{path}/DAILY"), 400)
    assert refusal(session.patch(f"{path}/{ACCOUNTS}", cron_patch("soon")), 400)
    assert refusal(session.patch(f"{path}/{ACCOUNTS}", cron_patch(GROUPS, "/type")), 400)
    assert refusal(session.patch(f"{path}/{ACCOUNTS}", [{"op": "add", "path": "/enabled", "value": False}]), 400)
    assert refusal(session.patch(f"{path}/{ACCOUNTS}", cron_patch(CRON), "application/json"), 415)
    for source, status in {"typo": 404, "5023": 400}.items():
        other = f"/sources/v1/{source}/schedules"
        assert refusal(session.get(other), status)
        assert refusal(session.request("POST", other, json={"type": GROUPS, "cronExpression": CRON}), status)
        assert refusal(session.request("DELETE", f"{other}/{ACCOUNTS}"), status)
    assert refusal(session.get("/beta/sources/s1/schedules"), 404)
    assert session.get(path).json() == [{"type": ACCOUNTS, "cronExpression": CRON}]
    assert not any(entry["effect"] for entry in tenant.sent())


@pytest.mark.parametrize(
    ("client", "reads", "writes"),
    [
        ({}, 200, 204),
        ({"scopes": ["idn:sources:read"]}, 200, 403),
        ({"scopes": ["idn:sources:manage"]}, 200, 204),
        ({"scopes": ["idn:task-management:write"]}, 403, 403),
        ({"user_name": "u", "authorities": ["SOURCE_SUBADMIN"]}, 200, 204),
        ({"user_name": "u", "authorities": ["ROLE_SUBADMIN"]}, 403, 403),
    ],
)
def test_who_may_read_and_change_schedules(tenant: Hand, client: dict[str, Any], reads: int, writes: int) -> None:
    tenant.scenario(sources=SCHEDULED, clients=[{"client_id": "c", "client_secret": "s", **client}])
    session = tenant.session("c", "s")
    assert session.get("/v2024/sources/s1/schedules").status_code == reads
    assert session.request("DELETE", f"/sources/v1/s1/schedules/{ACCOUNTS}").status_code == writes


def test_schedules_change_by_the_control_api(tenant: Hand) -> None:
    tenant.scenario(sources=SCHEDULED)
    session = tenant.session()
    session.request("DELETE", f"/v2024/sources/s1/schedules/{ACCOUNTS}")
    tenant.control("PATCH", "sources/s1", {"name": "Workday"})
    assert session.get("/v2024/sources/s1/schedules").json() == []
    tenant.control("PATCH", "sources/s1", {"schedules": {"entitlements": CRON}})
    assert session.get("/v2024/sources/s1/schedules").json() == [{"type": GROUPS, "cronExpression": CRON}]
    for wrong in ({"groups": CRON}, {"accounts": "daily"}):
        scenario = {"sources": [{"id": "s", "schedules": wrong}]}
        assert requests.put(f"{tenant.url}/_tenant/scenario", json=scenario, timeout=30).status_code == 400


@pytest.mark.parametrize(
    "cron",
    [
        CRON,
        "0 0 12 1/1 * ? *",
        "0 0 12 ? * 2-6",
        "0 0/15 8-18 ? JAN,JUL MON-FRI 2026-2030",
        "0 0 0 L * ?",
        "0 0 0 L-3 * ?",
        "0 0 0 15W * ?",
        "0 0 0 LW * ?",
        "0 0 0 ? * 6#3",
        "0 0 0 ? * FRIL",
        "*/5 /10 * * * ?",
        "0 0 0 ? * sun",
    ],
)
def test_crons_that_quartz_takes(cron: str) -> None:
    check_cron(cron)


@pytest.mark.parametrize(
    "cron",
    [
        "",
        "daily",
        "0 5 * * *",
        "0 0 5 * * * * *",
        "0 0 5 * * *",
        "0 0 5 ? * ?",
        "60 0 5 * * ?",
        "0 0 24 * * ?",
        "0 0 5 32 * ?",
        "0 0 5 0 * ?",
        "0 0 5 * 13 ?",
        "0 0 5 ? * 0",
        "0 0 5 ? * 8",
        "0 0 5 ? * MONDAY",
        "0 0 5 ? * 6#6",
        "0 0 5 1, * ?",
        "0 0 5 1-2-3 * ?",
        "0 0/0 5 * * ?",
        "? 0 5 * * ?",
        "0 0 L * * ?",
        "0 0 5 * * ? 1969",
        None,
        5,
    ],
)
def test_crons_that_quartz_refuses(cron: Any) -> None:
    with pytest.raises(ValueError, match=r"."):
        check_cron(cron)
