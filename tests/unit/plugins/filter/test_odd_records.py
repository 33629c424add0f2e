# Copyright (c) 2026, the sailpoint.isc contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Every filter takes records in which any key is absent, null, of another type or written otherwise."""

from __future__ import annotations

import typing as t

import pytest
from ansible_collections.sailpoint.isc.plugins.filter.task_health import task_health
from ansible_collections.sailpoint.isc.plugins.filter.task_ids import task_ids
from ansible_collections.sailpoint.isc.plugins.filter.task_outcomes import task_outcomes
from ansible_collections.sailpoint.isc.plugins.filter.task_report import task_report
from ansible_collections.sailpoint.isc.plugins.filter.task_report_csv import task_report_csv
from ansible_collections.sailpoint.isc.plugins.filter.task_report_page import task_report_page
from ansible_collections.sailpoint.isc.tests.support.odd_records import RECORDS, Record

pytestmark = pytest.mark.usefixtures("zone")

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
