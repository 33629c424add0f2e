# Copyright (c) 2026, the sailpoint.isc contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Filter task_metrics: what Prometheus' own parser reads of it."""

from __future__ import annotations

import re
import typing as t

import pytest
from ansible.errors import AnsibleFilterError
from ansible_collections.sailpoint.isc.plugins.filter.task_health import task_health
from ansible_collections.sailpoint.isc.plugins.filter.task_metrics import FilterModule
from ansible_collections.sailpoint.isc.tests.support.odd_records import RECORDS
from prometheus_client.openmetrics.parser import text_string_to_metric_families
from prometheus_client.parser import text_string_to_metric_families as in_text_format

NOW = "2026-05-17T20:00:00Z"
HR = {"id": "s1", "type": "APPLICATION", "name": "HR"}
PREFIX = "sailpoint_isc_tasks_"
LABELS = {"tenant", "source", "source_id", "kind"}

Record = dict[str, t.Any]


def task(task_id: str, status: str | None, started: str, ended: str | None = None, **changes: t.Any) -> Record:
    return {
        "id": task_id,
        "uniqueName": "Cloud Account Aggregation",
        "target": HR,
        "created": f"2026-05-17T{started}Z",
        "completed": f"2026-05-17T{ended}Z" if ended else None,
        "completionStatus": status,
        **changes,
    }


def metrics(records: list[Record], tenant: str = "acme") -> str:
    text: str = FilterModule().filters()["task_metrics"](task_health(records, now=NOW), tenant=tenant)
    return text


def samples(text: str) -> dict[tuple[str, str], float]:
    """Values by name without the prefix, and by the id of the source."""
    families = list(text_string_to_metric_families(text))
    return {
        (sample.name.removeprefix(PREFIX), sample.labels["source_id"]): sample.value
        for family in families
        for sample in family.samples
    }


RUNS = [
    task("good-1", "SUCCESS", "10:00:00", "10:01:00"),
    task("good-2", "WARNING", "11:00:00", "11:03:03.500"),
    task("bad-1", "ERROR", "12:00:00", "12:00:30"),
    task("slow", None, "19:00:00"),
    task("refresh", "SUCCESS", "18:00:00", "18:00:10", target=None, uniqueName="Cloud Refresh Role"),
]


def test_tells_the_health_of_each_source() -> None:
    found = samples(metrics(RUNS))
    assert {name: value for (name, source), value in found.items() if source == "s1"} == {
        "runs": 3,
        "successes": 2,
        "failures": 1,
        "success_ratio": 0.667,
        "failures_in_a_row": 1,
        "last_success_timestamp_seconds": 1779015783.5,
        "last_failure_timestamp_seconds": 1779019230,
        "duration_median_seconds": 121.75,
        "duration_p95_seconds": 183.5,
        "pending": 1,
        "overdue": 1,
        "pending_longest_seconds": 3600,
    }
    # What is not known has no sample.
    assert ("last_failure_timestamp_seconds", "") not in found
    assert found["runs", ""] == 1


def test_follows_the_rules_for_names() -> None:
    families = list(text_string_to_metric_families(metrics(RUNS)))
    assert len(families) == 12
    for family in families:
        assert family.name.startswith(PREFIX)
        assert re.fullmatch(r"[a-z][a-z0-9_]+", family.name)
        assert family.documentation
        assert family.type == "gauge"
        # Only what counts up for ever ends so.
        assert not family.name.endswith("_total")
        assert family.name.endswith(f"_{family.unit}") if family.unit else True
        assert ("_seconds" in family.name) == (family.unit == "seconds")
        assert all(set(sample.labels) == LABELS for sample in family.samples)


def test_has_no_ids_of_tasks() -> None:
    text = metrics(RUNS)
    assert [record["id"] for record in RUNS if record["id"] in text] == []


def test_is_read_by_the_textfile_collector_as_well() -> None:
    text = metrics(RUNS)
    found = {family.name: len(family.samples) for family in in_text_format(text)}
    assert found == {family.name: len(family.samples) for family in text_string_to_metric_families(text)}
    assert text.endswith("\n# EOF\n")


HOSTILE = 'a "quoted\\" one\n# EOF\n{x="y"} 1\x00\x1b[2J\u202e' + "x" * 10000


def test_harmful_names_are_labels_on_one_line() -> None:
    sources = [{"id": "s1", "name": HOSTILE}, {"id": "s2", "name": HOSTILE}, {"name": HOSTILE}, {"name": HOSTILE + "!"}]
    records = [task(f"t{n}", "ERROR", "10:00:00", "10:01:00", target=of) for n, of in enumerate(sources)]
    text = metrics(records, tenant=HOSTILE)
    families = list(text_string_to_metric_families(text))
    for family in families:
        labels = [tuple(sample.labels.values()) for sample in family.samples]
        # Prometheus takes none of two samples with the same labels.
        assert len(set(labels)) == len(labels)
        assert all(sample.labels["source"].startswith('a "quoted\\" one # EOF {x="y"} 1') for sample in family.samples)
    assert max(map(len, text.splitlines())) < 1000


def test_takes_any_record() -> None:
    list(text_string_to_metric_families(metrics(RECORDS)))
    for record in RECORDS:
        list(text_string_to_metric_families(metrics([record])))
    assert metrics([]).endswith("# EOF\n")


@pytest.mark.parametrize(
    ("value", "options", "message"),
    [
        ({"sources": []}, {}, "task_metrics: the input must be the result of task_health, not a dictionary"),
        ([{"a": 1}], {}, "the input is not an unchanged result of task_health"),
        ([7], {}, "the input is not an unchanged result of task_health"),
        ("text", {}, "not text"),
        ([], {"tenant": 7}, "task_metrics: tenant must be a string, not 7"),
    ],
)
def test_refuses_what_is_no_health(value: t.Any, options: dict[str, t.Any], message: str) -> None:
    with pytest.raises(AnsibleFilterError) as refused:
        FilterModule().filters()["task_metrics"](value, **options)
    assert message in str(refused.value)
