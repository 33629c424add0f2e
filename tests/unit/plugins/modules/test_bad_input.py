# Copyright (c) 2026, the sailpoint.isc contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Wrong options: each is refused in one sentence with the value in it, and before anything is sent."""

from __future__ import annotations

import re
import typing as t

import pytest
from ansible_collections.sailpoint.isc.tests.support.hand import Hand
from ansible_collections.sailpoint.isc.tests.support.modules import OMIT, Run

# What each module is given beside the option that is wrong.
USUAL: dict[str, dict[str, t.Any]] = {
    "access_token": {},
    "pending_tasks_info": {},
    "source_aggregation": {"source_id": "hr"},
    "source_aggregations": {"sources": [{"id": "hr"}]},
    "source_info": {},
    "source_schedule": {"source_id": "hr", "cron": "0 0 5 * * ?", "api_version": "v2026"},
    "source_schedule_info": {"source_ids": ["hr"], "api_version": "v2026"},
    "source_schedules_pause": {"state": "paused", "source_ids": ["hr"], "api_version": "v2026"},
    "task_report": {"path": "report.html"},
    "task_status": {"id": "good", "completion_status": "ERROR"},
    "task_status_info": {},
    "task_wait": {"ids": ["good"]},
}

# Pairs of options, in whose texts URL is the tenant's, and of what the message must hold (a regular expression).
CONNECTION = [
    (
        {"base_url": " "},
        "missing required arguments: base_url. base_url can also be set by the environment variable SAIL_BASE_URL",
    ),
    ({"base_url": "acme.api.identitynow.com"}, 'base_url is "acme.api.identitynow.com": give the address'),
    ({"base_url": "ftp://acme.api.identitynow.com"}, 'base_url is "ftp://acme'),
    ({"base_url": "https://"}, 'base_url is "https://"'),
    ({"base_url": "https://acme .api.identitynow.com"}, 'base_url is "https://acme .api'),
    ({"base_url": "https://acme.api.identitynow.com:99999"}, ':99999"'),
    ({"base_url": "https://[::1"}, r'base_url is "https://\[::1"'),
    ({"base_url": "http://acme.api.identitynow.com"}, "http is allowed for loopback addresses only; use https"),
    ({"base_url": "http://10.0.0.1"}, 'base_url is "http://10.0.0.1": http is allowed for loopback'),
    (
        {"base_url": "https://acme.identitynow.com"},
        'base_url is "https://acme.identitynow.com": .*user interface; the API is at https://acme.api.identitynow.com',
    ),
    ({"base_url": "URL/v2025", "api_version": "beta"}, "ends in v2025 but api_version is beta; set base_url to"),
    ({"base_url": "URL/beta/", "api_version": "v1"}, "ends in beta but api_version is v1"),
    ({"base_url": "URL?x=y"}, "a query or a fragment"),
    ({"base_url": "URL#x"}, "a query or a fragment"),
    ({"base_url": "https://ada:pa55word@acme.com"}, "contains a user name or a password"),
    ({"client_id": ""}, "client_id is missing or empty"),
    ({"client_secret": "\n"}, "client_secret is missing or empty"),
    ({"client_id": None, "client_secret": ""}, "No credentials are given"),
    ({"access_token": "to ken"}, "access_token contains white space"),
    ({"access_token": "tökén"}, "access_token contains white space or other invalid characters"),
    ({"api_version": "v3"}, "api_version must be one of: beta, v2024, v2025, v2026, v1, got: v3"),
    ({"validate_certs": "perhaps"}, "validate_certs.*perhaps"),
    ({"ca_path": "/nonexistent/ca.pem"}, 'ca_path is "/nonexistent/ca.pem": it cannot be read'),
    ({"ca_path": "/etc/hostname"}, 'ca_path is "/etc/hostname": it'),
    ({"request_timeout": 0}, "request_timeout is 0.0: give a number greater than zero"),
    ({"request_timeout": -1.5}, "request_timeout is -1.5: give a number greater than zero"),
    ({"request_timeout": "nan"}, "request_timeout is NaN"),
    ({"request_timeout": "inf"}, "request_timeout is Infinity"),
    ({"request_timeout": "soon"}, "request_timeout.*float"),
    ({"retries": -1}, "retries is -1: give zero or more"),
    ({"retries": 1.5}, "retries.*to an int"),
    ({"retries": "many"}, "retries.*to an int"),
    ({"max_retry_delay": -1}, "max_retry_delay is -1.0: give zero or more"),
    ({"max_retry_delay": {"a": 1}}, "max_retry_delay.*float"),
    ({"no_such_option": 1}, "Unsupported parameters .*: no_such_option[.]"),
]

LISTING = [
    ({"offset": -1}, "offset is -1: it must be 0 or more"),
    ({"offset": "first"}, "offset.*to an int"),
    ({"limit": 0}, "limit is 0: it must be from 1 to 250"),
    ({"limit": 251}, "limit is 251: it must be from 1 to 250"),
    ({"limit": [1, 2]}, "limit.*int"),
    ({"max_results": 0}, "max_results is 0: it must be 1 or more"),
    ({"max_results": "all"}, "max_results.*to an int"),
    ({"count": "often"}, "count.*often"),
    ({"newer_than": ""}, 'newer_than is "": it is empty'),
    ({"newer_than": "7 days"}, 'newer_than is "7 days": give a duration such as 90s'),
    ({"newer_than": "60"}, 'newer_than is "60": give a duration'),
    ({"older_than": "-1h"}, 'older_than is "-1h": give a duration'),
    ({"older_than": "99999999w"}, 'older_than is "99999999w": give a duration'),
    ({"newer_than": "1h", "older_than": "60m"}, r"newer_than \(1h\) and older_than \(60m\) exclude all tasks"),
    ({"fields": []}, r"fields is \[\]: it is empty"),
    ({"fields": ["id", " "]}, r'fields is \["id", ""\]: it contains an empty string'),
    ({"source_ids": []}, r"source_ids is \[\]: it is empty"),
    ({"types": [""]}, r'types is \[""\]: it contains an empty string'),
    ({"types": ["CLOUD_ACCOUNT_AGGREGATION", "QUARTZ"]}, 'types is "QUARTZ": give the names of task definitions'),
]

OF_MODULES: dict[str, list[tuple[dict[str, t.Any], str]]] = {
    "pending_tasks_info": [
        ({"source_names": []}, r"source_names is \[\]: it is empty"),
        ({"source_names": ["HR", " "]}, r'source_names is \["HR", ""\]: it contains an empty string'),
        ({"source_names": ["HR"], "types": ["QUARTZ"]}, 'types is "QUARTZ": '),
        ({"source_names": ["HR"], "count_only": True}, "count_only cannot be combined with source_names on"),
        (
            {"source_names": ["HR"], "unique_names": ["A"], "count_only": True, "api_version": "v1"},
            "count_only cannot be combined with unique_names on",
        ),
        ({"unique_names": []}, r"unique_names is \[\]: it is empty"),
        ({"unique_names": {"a": 1}}, "unique_names.*list"),
        ({"count_only": 7}, "count_only.*7"),
        ({"id": "x"}, "Unsupported parameters .*: id[.]"),
    ],
    "source_aggregation": [
        ({"source_id": ""}, 'source_id is ""'),
        ({"source_id": ".."}, 'source_id is "..".*not a valid id'),
        ({"source_id": OMIT}, "one of the following is required: source_id, source_name"),
        ({"source_name": "HR"}, r"mutually exclusive: source_id\|source_name"),
        ({"source_id": OMIT, "source_name": " "}, 'source_name is "": it is empty'),
        ({"source_id": OMIT, "source_name": "HR", "max_age": "soon"}, 'max_age is "soon"'),
        ({"source_id": OMIT, "source_name": "HR", "file": "/nowhere"}, "not a readable file"),
        ({"require_healthy": "perhaps"}, "require_healthy.*perhaps"),
        ({"aggregation": "all"}, "value of aggregation must be one of: accounts, entitlements"),
        ({"on_busy": "kill"}, "value of on_busy must be one of: fail, skip, adopt, wait"),
        ({"max_age": "soon"}, 'max_age is "soon".*such as 90s'),
        ({"max_age": "90"}, 'max_age is "90".*such as 90s'),
        ({"timeout": "soon"}, 'timeout is "soon"'),
        ({"interval": 5, "max_interval": 2}, r'interval is "5".*greater than max_interval \(2\)'),
        ({"fail_on": ["FAILURE"]}, "value of fail_on must be one or more of: SUCCESS, WARNING"),
        ({"aggregation": "uncorrelated_accounts"}, "all of the following are missing: file"),
        ({"file": "/nowhere/x.csv"}, 'file is "/nowhere/x.csv".*not a readable file'),
        ({"file": "/"}, 'file is "/".*not a readable file'),
        (
            {"aggregation": "entitlements", "disable_optimization": True},
            "disable_optimization is true.*it applies to accounts, not to entitlements",
        ),
    ],
    "source_aggregations": [
        ({"sources": []}, r"sources is \[\]: it is empty"),
        (
            {"sources": ["HR", {"kinds": ["accounts"]}]},
            r"sources\[1\]: one of the following is required: id, name[.]$",
        ),
        ({"sources": ["HR", ""]}, r'sources\[1\]: name is "": it is empty'),
        ({"sources": "HR, "}, r'sources\[1\]: name is "": it is empty'),
        ({"sources": [{"name": "HR", "max_age": "soon"}]}, r'sources\[0\] \(HR\): max_age is "soon"'),
        ({"sources": [["HR"]]}, "'sources' must b[ey]"),
        ({"sources": [{"name": "HR", "require_healthy": "x"}]}, r"sources\[0\] \(HR\): .*require_healthy"),
        ({"sources": [{"id": ".."}]}, 'id is "..".*not a valid id'),
        ({"sources": [{"id": "a", "name": ""}]}, 'name is "": it is empty'),
        ({"sources": [{"id": "a", "kinds": []}]}, r"kinds is \[\]: it is empty"),
        ({"sources": [{"id": "a", "kinds": ["groups"]}]}, "kinds must be one or more of: accounts, entitlements"),
        ({"sources": [{"id": "a", "on_busy": "kill"}]}, "on_busy must be one of: fail, skip, adopt, wait"),
        ({"sources": [{"id": "a", "nmae": "HR"}]}, "nmae"),
        ({"sources": [{"id": "a"}, {"id": "b", "max_age": "soon"}]}, 'max_age is "soon"'),
        (
            {"sources": [{"id": "a"}, {"id": "b", "file": "/nowhere/x.csv"}]},
            'file is "/nowhere/x.csv".*not a readable file',
        ),
        (
            {"sources": [{"id": "a", "kinds": ["uncorrelated_accounts"]}]},
            r"sources\[0\] \(a\): kinds is .* requires file",
        ),
        ({"max_parallel": 0}, "max_parallel is 0.*must be 1 or more"),
        ({"timeout": "soon"}, 'timeout is "soon"'),
    ],
    "source_info": [
        ({"ids": []}, r"ids is \[\]: it is empty"),
        ({"ids": ["hr", ".."]}, 'ids is "..": '),
        ({"names": []}, r"names is \[\]: it is empty"),
        ({"names": ["HR", " "]}, r'names is \["HR", ""\]: it contains an empty string'),
        ({"types": [""]}, r'types is \[""\]: it contains an empty string'),
        ({"connector_names": []}, r"connector_names is \[\]: it is empty"),
        ({"statuses": []}, r"statuses is \[\]: it is empty"),
        ({"tags": []}, r"tags is \[\]: it is empty"),
        ({"tags": {"a": 1}}, "tags.*list"),
        ({"healthy": "perhaps"}, "healthy.*perhaps"),
        ({"filters": ""}, 'filters is "": it is empty'),
        ({"sorters": ""}, 'sorters is "": it is empty'),
        ({"limit": 0}, "limit is 0: it must be from 1 to 250"),
        ({"limit": 251}, "limit is 251: it must be from 1 to 250"),
        ({"max_results": 0}, "max_results is 0: it must be 1 or more"),
        ({"count": "often"}, "count.*often"),
        ({"fields": []}, r"fields is \[\]: it is empty"),
        ({"offset": 1}, "Unsupported parameters .*: offset[.]"),
    ],
    "source_schedule": [
        ({"source_id": ""}, 'source_id is "": it is empty'),
        ({"source_id": ".."}, 'source_id is "..".*not a valid id'),
        ({"source_id": OMIT}, "one of the following is required: source_id, source_name"),
        ({"source_name": "HR System"}, "mutually exclusive: source_id.source_name"),
        ({"source_id": OMIT, "source_name": " "}, 'source_name is "": it is empty'),
        ({"aggregation": "uncorrelated_accounts"}, "aggregation must be one of: accounts, entitlements"),
        ({"state": "paused"}, "state must be one of: present, absent"),
        ({"cron": OMIT}, "state is present but all of the following are missing: cron"),
        ({"cron": ""}, 'cron is "": it is empty'),
        ({"cron": "0 5 * * *"}, r'cron is "0 5 \* \* \*": it has 5 fields, but Quartz requires six or seven'),
        ({"cron": "0 0 25 * * ?"}, '"25" is not a valid hour: use 0 to 23'),
        ({"cron": "0 0 5 * * *"}, "cannot both be set"),
        ({"api_version": "beta"}, 'api_version is "beta": it has no schedules of sources: use one of v2024, v2025'),
    ],
    "source_schedule_info": [
        ({"source_ids": []}, r"source_ids is \[\]: it is empty"),
        ({"source_ids": OMIT}, "one of the following is required: source_ids, source_names"),
        ({"source_names": ["HR", " "]}, r'source_names is \["HR", ""\]: it contains an empty string'),
        ({"api_version": "beta"}, 'api_version is "beta": it has no schedules of sources'),
    ],
    "source_schedules_pause": [
        ({"state": OMIT}, "missing required arguments: state"),
        ({"state": "stopped"}, "state must be one of: paused, resumed"),
        ({"source_ids": OMIT}, "any of the following are missing: source_ids, source_names, tags"),
        ({"source_ids": []}, r"source_ids is \[\]: it is empty"),
        ({"tags": [""]}, r'tags is \[""\]: it contains an empty string'),
        ({"path": ""}, 'path is "": it is empty'),
        ({"aggregations": ["groups"]}, "aggregations must be one or more of: accounts, entitlements"),
        ({"aggregations": []}, r"aggregations is \[\]: it is empty"),
        ({"api_version": "beta"}, 'api_version is "beta": it has no schedules of sources'),
    ],
    "task_report": [
        ({"path": OMIT}, "missing required arguments: path"),
        ({"path": " "}, 'path is "": it is empty'),
        ({"path": "report.htm"}, 'path is ".*/report.htm": give a path that ends with .html'),
        ({"path": ".html"}, 'path is ".*/.html": give a path that ends with .html'),
        ({"path": "/nowhere/report.html"}, "^/nowhere is not a directory: create it"),
        ({"formats": []}, r"formats is \[\]: it is empty"),
        ({"formats": "html,pdf"}, "formats must be one or more of: html, csv.* pdf"),
        ({"newer_than": ""}, 'newer_than is "": it is empty'),
        ({"newer_than": "7 days"}, 'newer_than is "7 days": give a duration such as 90s'),
        ({"newer_than": "0d"}, 'newer_than is "0d": give more than zero'),
        ({"source_ids": []}, r"source_ids is \[\]: it is empty"),
        ({"source_names": ["HR", " "]}, r'source_names is \["HR", ""\]: it contains an empty string'),
        ({"fail_on": ["FAILURE"]}, "fail_on must be one or more of: SUCCESS, WARNING"),
        ({"texts": "all"}, "texts.*dict"),
    ],
    "task_status_info": [
        ({"id": ""}, 'id is "": it is empty'),
        ({"id": "."}, 'id is ".": '),
        ({"id": ".."}, 'id is "..": '),
        ({"id": "pending-tasks"}, 'id is "pending-tasks": '),
        ({"id": "x\ny"}, r'id is "x\\ny": '),
        ({"id": "x" * 300}, 'id is "xxxx'),
        ({"ids": []}, r"ids is \[\]: it is empty"),
        ({"ids": ["good", ".."]}, 'ids is "..": '),
        ({"source_names": []}, r"source_names is \[\]: it is empty"),
        ({"id": "good", "source_names": ["HR"]}, r"mutually exclusive: id\|source_names"),
        ({"source_names": ["HR"], "newer_than": "soon"}, 'newer_than is "soon"'),
        ({"ids": ["good", None]}, "ids.*(empty string|convert to str)"),
        ({"completion_statuses": []}, r"completion_statuses is \[\]: it is empty"),
        ({"launchers": ["ada"]}, r'launchers is \["ada"\]: api_version beta cannot .*: use v2026 or v1'),
        ({"launchers": ["ada"], "api_version": "v2025"}, "api_version v2025 cannot filter on it"),
        ({"launchers": [""], "api_version": "v1"}, r'launchers is \[""\]'),
        ({"filters": ""}, 'filters is "": it is empty'),
        ({"filters": "  "}, 'filters is "": it is empty'),
        ({"sorters": "modified"}, "sorters must be one of: created, -created, got: modified"),
        ({"id": "good", "ids": ["good"]}, r"mutually exclusive: id\|ids"),
        ({"id": "good", "source_ids": ["hr"]}, r"id\|source_ids"),
        ({"id": "good", "types": ["X"]}, r"id\|types"),
        ({"id": "good", "completion_statuses": ["ERROR"]}, r"id\|completion_statuses"),
        ({"id": "good", "launchers": ["ada"], "api_version": "v1"}, r"id\|launchers"),
        ({"id": "good", "filters": "a"}, r"id\|filters"),
        ({"id": "good", "newer_than": "1h"}, r"id\|newer_than"),
        ({"id": "good", "older_than": "1h"}, r"id\|older_than"),
        ({"id": "good", "max_results": 1}, r"id\|max_results"),
        # What has a default may be left out, but not given, not even as it is.
        ({"id": "good", "sorters": "-created"}, r"id\|sorters"),
        ({"id": "good", "offset": 0}, r"id\|offset"),
        ({"id": "good", "limit": 5}, r"id\|limit"),
        ({"id": "good", "count": True}, r"id\|count"),
    ],
    "task_status": [
        ({"id": ""}, 'id is "": it is empty'),
        ({"id": ".."}, 'id is "..": '),
        ({"id": "pending-tasks"}, 'id is "pending-tasks": '),
        ({"id": OMIT}, "missing required arguments: id"),
        ({"completion_status": OMIT}, "one of .*completion_status, completed, patch"),
        ({"completion_status": "DONE"}, "completion_status must be one of.* DONE"),
        ({"completion_status": ""}, "completion_status must be one of"),
        ({"completed": ""}, 'completed is "": it is empty'),
        ({"completed": "yesterday"}, 'completed is "yesterday": give an ISO 8601 timestamp with a zone'),
        ({"completed": "2026-05-17T19:33:16"}, 'completed is "2026-05-17T19:33:16": give an ISO 8601'),
        ({"completed": "2026-02-30T19:33:16Z"}, 'completed is "2026-02-30T19:33:16Z"'),
        ({"completed": "2026-05-17T19:33:16+99:00"}, r'completed is "2026-05-17T19:33:16\+99:00"'),
        ({"overwrite": "perhaps"}, "overwrite.*perhaps"),
        ({"patch": [{"op": "add", "path": "/a"}]}, r"mutually exclusive: patch\|completion_status"),
        (
            {"completion_status": OMIT, "completed": "2026-05-17T19:33:16Z", "patch": [{"op": "add", "path": "/a"}]},
            r"mutually exclusive: patch\|completed",
        ),
        ({"completion_status": OMIT, "patch": []}, r"patch is \[\]: it is empty"),
        ({"completion_status": OMIT, "patch": "text"}, "dictionary requested"),
        ({"completion_status": OMIT, "patch": [{"op": "put", "path": "/a"}]}, "op must be one of.*put"),
        ({"completion_status": OMIT, "patch": [{"op": "add"}]}, "missing required arguments: path"),
        ({"completion_status": OMIT, "patch": [{"path": "/a"}]}, "missing required arguments: op"),
        ({"completion_status": OMIT, "patch": [{"op": "add", "path": "a"}]}, '"a" is not a JSON Pointer'),
        ({"completion_status": OMIT, "patch": [{"op": "add", "path": "/a~2"}]}, '"/a~2" is not a JSON Pointer'),
        ({"completion_status": OMIT, "patch": [{"op": "move", "path": "/a"}]}, "move requires from"),
        (
            {"completion_status": OMIT, "patch": [{"op": "copy", "path": "/a", "from": "b"}]},
            '"b" is not a JSON Pointer',
        ),
        ({"completion_status": OMIT, "patch": [{"op": "add", "path": "/a", "from": "/b"}]}, "add does not allow from"),
        ({"completion_status": OMIT, "patch": [{"op": "remove", "path": "/a", "value": 1}]}, "does not allow value"),
        (
            {"completion_status": OMIT, "patch": [{"op": "add", "path": "/a", "valeu": 1}]},
            "Unsupported parameters .*valeu[.]",
        ),
    ],
    "task_wait": [
        ({"ids": []}, r"ids is \[\]: it is empty"),
        ({"ids": ["good", "..", "."]}, 'ids is "..": '),
        ({"source_ids": ["hr"]}, r"mutually exclusive: ids\|source_ids"),
        ({"types": ["X"]}, r"mutually exclusive: ids\|types"),
        ({"unique_names": ["X"]}, r"mutually exclusive: ids\|unique_names"),
        ({"source_names": ["hr"]}, r"mutually exclusive: ids\|source_names"),
        ({"ids": OMIT, "source_names": [""]}, r'source_names is \[""\]: it contains an empty string'),
        ({"ids": OMIT, "source_names": ["HR"], "types": ["QUARTZ"]}, 'types is "QUARTZ": '),
        ({"on_idle": "report"}, "on_idle is report but any of the following are missing: source_ids, source_names"),
        ({"ids": OMIT, "source_ids": []}, r"source_ids is \[\]: it is empty"),
        ({"ids": OMIT, "types": ["QUARTZ"]}, 'types is "QUARTZ": '),
        ({"ids": OMIT, "unique_names": [""]}, r'unique_names is \[""\]'),
        ({"ids": OMIT, "settle": 0}, "settle is 0: it must be 1 or more"),
        ({"settle": "often"}, "settle.*to an int"),
        ({"timeout": ""}, 'timeout is "": it is empty'),
        ({"timeout": "long"}, 'timeout is "long": give a duration'),
        ({"timeout": -5}, 'timeout is "-5": give zero or more'),
        ({"timeout": "nan"}, 'timeout is "nan": give zero or more'),
        ({"interval": 0}, 'interval is "0": give more than zero'),
        ({"interval": "inf"}, 'interval is "inf": give more than zero'),
        ({"max_interval": "0s"}, 'max_interval is "0s": give more than zero'),
        ({"interval": 10, "max_interval": 5}, r'interval is "10": it is greater than max_interval \(5\)'),
        ({"fail_on": ["ERROR", "SAD"]}, "fail_on must be one or more of.* SAD"),
        ({"not_found_grace": "never"}, 'not_found_grace is "never": give a duration'),
        ({"not_found_grace": -1}, 'not_found_grace is "-1": give zero or more'),
        ({"fields": []}, r"fields is \[\]: it is empty"),
    ],
}

CASES = [
    *((module, *case) for module in USUAL for case in CONNECTION),
    *((module, *case) for module in ("pending_tasks_info", "task_status_info") for case in LISTING),
    *((module, *case) for module, cases in OF_MODULES.items() for case in cases),
]


@pytest.mark.parametrize(("module", "options", "says"), CASES)
def test_a_wrong_option_is_refused(tenant: Hand, run: Run, module: str, options: dict[str, t.Any], says: str) -> None:
    given = {
        name: value.replace("URL", tenant.url) if name == "base_url" else value
        for name, value in {**USUAL[module], **options}.items()
    }
    failure = run.failing(module, **given)
    assert re.search(says, failure["msg"])
    assert not failure.keys() & {"request_attempts", "exception", "results"}
    assert tenant.log() == []


@pytest.mark.parametrize("hidden", ["to ken", "tökén"])
def test_a_wrong_token_is_not_shown(run: Run, hidden: str) -> None:
    assert hidden not in str(run.failing("task_status_info", access_token=hidden))


def test_a_password_in_an_address_is_not_shown(run: Run) -> None:
    failure = run.failing("task_status_info", base_url="https://ada:pa55word@acme.com")
    assert "pa55word" not in str(failure)


def test_an_address_and_credentials_are_missed(tenant: Hand, run: Run) -> None:
    run.connection.clear()
    assert re.search(r"missing required arguments.* base_url", run.failing("task_status_info")["msg"])
    failure = run.failing("task_status_info", base_url=tenant.url)
    assert re.search(r"^No credentials .* client_id and client_secret, or access_token\.$", failure["msg"])
