# Copyright (c) 2026, the sailpoint.isc contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Records in which any key is absent, null, of another type or written otherwise: modules and filters take them all."""

from __future__ import annotations

import typing as t

import pytest
from ansible_collections.sailpoint.isc.plugins.filter.task_health import task_health
from ansible_collections.sailpoint.isc.plugins.filter.task_ids import task_ids
from ansible_collections.sailpoint.isc.plugins.filter.task_outcomes import task_outcomes
from ansible_collections.sailpoint.isc.plugins.filter.task_report import task_report
from ansible_collections.sailpoint.isc.plugins.filter.task_report_csv import task_report_csv
from ansible_collections.sailpoint.isc.plugins.filter.task_report_page import task_report_page
from ansible_collections.sailpoint.isc.tests.support.hand import Hand
from ansible_collections.sailpoint.isc.tests.support.modules import Run

Record = dict[str, t.Any]

pytestmark = pytest.mark.usefixtures("zone")

RECORD: Record = {
    "id": "t1",
    "type": "QUARTZ",
    "uniqueName": "Cloud Account Aggregation",
    "launcher": "System",
    "target": {"id": "s1", "type": "APPLICATION", "name": "HR"},
    "created": "2026-05-17T19:33:04.120Z",
    "modified": "2026-05-17T19:33:04.120Z",
    "launched": "2026-05-17T19:33:04.350Z",
    "completed": None,
    "completionStatus": None,
    "messages": [{"type": "ERROR", "key": "k", "localizedText": {"locale": "en-US", "message": "Login failed."}}],
    "taskDefinitionSummary": {"id": "d1", "uniqueName": "Cloud Account Aggregation"},
}
OVER = {"completed": "2026-05-17T19:43:04.120Z", "completionStatus": "ERROR"}
ODD = [None, True, 0, -7, 1e300, "", " ", "x", "half \ud83d\x00\x1b[2J", [], [None], [["x"]], {}, {"id": {}, "name": 7}]
MOMENTS = [
    "2026-05-17T19:33:04.123456",
    "2026-05-17T19:33:04.123456789Z",
    "2026-05-17T19:33:04+0000",
    "2026-05-18T01:03:04+05:30",
    "0000-01-01T00:00:00Z",
    "9999-12-31T23:59:59.999999-05:00",
    1779046384120,
    "1779046384120",
    1779046384.12,
    10**20,
]


def odd_records() -> list[Record]:
    """Records of pending and of completed tasks with one odd value each, and one that lacks a key."""
    found: list[Record] = [{}, {"id": None}, RECORD, {**RECORD, **OVER}]
    for state in ({}, OVER):
        for key in RECORD:
            values = [*ODD, *MOMENTS] if key in ("created", "launched", "completed") else ODD
            found += [{**RECORD, "id": f"t{len(found)}", **state, key: value} for value in values]
            found.append({name: value for name, value in {**RECORD, **state}.items() if name != key})
    found += [{**RECORD, "messages": [{"type": value, "localizedText": value, "key": value}]} for value in ODD]
    found += [{**RECORD, "target": {"id": value, "type": value, "name": value}} for value in ODD]
    return found


RECORDS = odd_records()
FORMS: dict[str, t.Callable[[list[Record]], t.Any]] = {
    # What looks like the answer to a launch can be a refusal, which it would fail with.
    "task_ids": lambda records: task_ids(records, skip_refused=True),
    "task_outcomes": task_outcomes,
    "task_health": task_health,
    "task_report": task_report,
    "task_report_csv": lambda records: task_report_csv(task_report(records)),
    "task_report_page": lambda records: task_report_page(
        {
            **task_report(records, newer_than="7d"),
            "tenant": "acme",
            "base_url": None,
            "newer_than": "7d",
            "source_ids": ["s1"],
            "fail_on": ["ERROR"],
        }
    ),
}


@pytest.mark.parametrize("name", FORMS)
def test_filters_take_any_record(name: str) -> None:
    assert FORMS[name](RECORDS)
    for record in RECORDS:
        FORMS[name]([record, record])


READS: dict[str, tuple[str, dict[str, t.Any]]] = {
    "all": ("task_status_info", {}),
    "newer": ("task_status_info", {"newer_than": "52w"}),
    "older": ("task_status_info", {"older_than": "1s", "sorters": "created"}),
    "named": ("task_status_info", {"unique_names": ["Cloud*"]}),
    "many": ("task_status_info", {"ids": [f"{number:032x}" for number in range(200)]}),
    "pending": ("pending_tasks_info", {"older_than": "1s", "source_ids": ["s1"], "unique_names": ["Cloud*"]}),
    "types": ("pending_tasks_info", {"types": ["CLOUD_ACCOUNT_AGGREGATION"]}),
    "wait": ("task_wait", {"source_ids": ["s1"], "timeout": 0.3, "interval": 0.1}),
    "wait_ids": ("task_wait", {"ids": ["t1", "t9", "t99"], "timeout": 0.3, "interval": 0.1, "not_found_grace": 0}),
    "busy": ("source_aggregation", {"source_id": "s1", "on_busy": "fail"}),
    "recent": ("source_aggregation", {"source_id": "s1", "max_age": "520w", "on_busy": "skip"}),
    "adopt": ("source_aggregation", {"source_id": "s1", "on_busy": "adopt", "wait": True, "timeout": 0.3}),
}


def answer_with(tenant: Hand, operation: str, body: t.Any) -> None:
    """Let the tenant answer an operation with this, whatever it holds."""
    tenant.faults({"fault": "status", "code": 200, "operation": operation, "times": None, "json": body})


@pytest.mark.parametrize("version", ["beta", "v2025"])
@pytest.mark.parametrize("case", READS)
def test_modules_take_any_record(run: Run, tenant: Hand, case: str, version: str) -> None:
    for operation in ("list", "pending"):
        answer_with(tenant, operation, RECORDS)
    module, options = READS[case]
    result = run.result(module, api_version=version, check_mode=module == "source_aggregation", **options)
    # A failure is one sentence for whoever reads it.
    assert "Traceback" not in str(result)
    assert "\n" not in result.get("msg", "")
    assert len(result.get("msg", "")) < 6000


@pytest.mark.parametrize("part", range(6))
def test_one_record_may_be_odd(run: Run, tenant: Hand, part: int) -> None:
    for record in RECORDS[part::18]:
        answer_with(tenant, "get", record)
        result = run.result("task_status", id="t1", check_mode=True, completion_status="TERMINATED")
        assert "\n" not in result.get("msg", "")
        tenant.control("DELETE", "faults")
