# Copyright (c) 2026, the sailpoint.isc contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Every module takes records in which any key is absent, null, of another type or written otherwise."""

from __future__ import annotations

import typing as t

import pytest
from ansible_collections.sailpoint.isc.tests.support.hand import Hand
from ansible_collections.sailpoint.isc.tests.support.modules import Run
from ansible_collections.sailpoint.isc.tests.support.odd_records import RECORDS

pytestmark = pytest.mark.usefixtures("zone")

READS: dict[str, tuple[str, dict[str, t.Any]]] = {
    "all": ("task_status_info", {}),
    "newer": ("task_status_info", {"newer_than": "52w"}),
    "older": ("task_status_info", {"older_than": "1s", "sorters": "created"}),
    "named": ("task_status_info", {"unique_names": ["Cloud*"]}),
    "many": ("task_status_info", {"ids": [f"{number:032x}" for number in range(200)]}),
    "pending": ("pending_tasks_info", {"older_than": "1s", "source_ids": ["s1"], "unique_names": ["Cloud*"]}),
    "types": ("pending_tasks_info", {"types": ["CLOUD_ACCOUNT_AGGREGATION"]}),
    "report": ("task_report", {"path": "report.html", "newer_than": "52w"}),
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
