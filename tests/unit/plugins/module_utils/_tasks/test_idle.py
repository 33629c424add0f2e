# Copyright (c) 2026, the sailpoint.isc contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import typing as t

import pytest
from ansible_collections.sailpoint.isc.plugins.module_utils._errors import RequestFailed
from ansible_collections.sailpoint.isc.plugins.module_utils._http.client import Client
from ansible_collections.sailpoint.isc.plugins.module_utils._tasks.idle import IdleSources, UnknownSources
from ansible_collections.sailpoint.isc.plugins.module_utils._tasks.selection import Selection
from ansible_collections.sailpoint.isc.tests.unit.fakes import Wire, connected, settings

Record = dict[str, t.Any]


def task(task_id: str, source_id: str, status: str | None = "SUCCESS", **facts: t.Any) -> Record:
    return {"id": task_id, "completionStatus": status, "target": {"id": source_id, "name": None}, **facts}


class Tenant:
    """Sources, and tasks in the order of the list: the newest first. A fault is raised by the next look-up."""

    def __init__(self, sources: t.Sequence[str], *tasks: Record) -> None:
        self.sources = sources
        self.tasks = tasks
        self.asked: list[t.Any] = []
        self.fault: RequestFailed | None = None
        self.client = Client(settings(), transport=connected(Wire()))

    def ids_of(self, names: t.Sequence[str]) -> dict[str, str]:
        self.asked.append(list(names))
        return {name: name.lower() for name in names}

    def by_id(self, ids: t.Sequence[str]) -> dict[str, Record]:
        self.asked.append(list(ids))
        fault, self.fault = self.fault, None
        if fault is not None:
            raise fault
        return {source_id: {"id": source_id} for source_id in ids if source_id in self.sources}

    def listing(self, selection: Selection) -> list[Record]:
        ids = list(selection.source_ids or ())
        self.asked.append((ids, selection.types, selection.max_results))
        return [one for one in self.tasks if one["target"]["id"] in ids][: selection.max_results]

    def idle(self, *source_ids: str, report: bool = True, **selection: t.Any) -> IdleSources:
        wanted = Selection(source_ids=source_ids, **selection)
        return IdleSources(self.client, self, wanted, self.ids_of, self.by_id, report)  # type: ignore[arg-type]


def test_sources_that_were_given_by_name_are_identified_once_and_not_checked() -> None:
    tenant = Tenant(["a"])
    idle = tenant.idle("a", source_names=["B"])
    assert idle.sources() == [{"id": "a", "name": None}]
    assert idle.identified() == idle.identified() == Selection(source_ids=["a", "b"])
    idle.update([])
    assert tenant.asked == [["B"], ["a"]]
    assert idle.sources() == [{"id": "a", "name": None}, {"id": "b", "name": "B"}]


def refused(status: int | None, transient: bool = False) -> RequestFailed:
    return RequestFailed("was refused", method="GET", url="http://h/sources", status=status, transient=transient)


def test_nothing_is_known_of_idle_sources_before_the_first_look() -> None:
    assert Tenant(["a"]).idle("a").ids() == []


def test_idle_sources_are_those_of_which_nothing_was_ever_pending() -> None:
    tenant = Tenant(["a", "b", "c"])
    idle = tenant.idle("c", "b", "a")
    idle.update([task("1", "b", None)])
    assert idle.ids() == ["c", "a"]
    idle.update([task("2", "a", None)])
    assert idle.ids() == ["c"]
    # Checked once, and only where nothing says already that they exist.
    assert tenant.asked == [["c", "a"]]


def test_where_something_of_all_is_pending_no_source_is_looked_up() -> None:
    tenant = Tenant([])
    tenant.idle("a").update([task("1", "a", None)])
    assert tenant.asked == []


@pytest.mark.parametrize(
    ("names", "says"), [(["Workday"], "The source does not exist, or"), (["HR", "AD"], "2 sources do not exist,")]
)
def test_sources_that_do_not_exist_are_named(names: list[str], says: str) -> None:
    with pytest.raises(UnknownSources, match=says) as caught:
        Tenant(["a"]).idle("a", *names).update([])
    assert [f'"{name}"' in str(caught.value) for name in names] == [True] * len(names)
    assert '"a"' not in str(caught.value)


@pytest.mark.parametrize("status", [401, 403])
def test_without_the_right_to_read_sources_one_warning_says_that_they_were_not_checked(status: int) -> None:
    tenant = Tenant([])
    tenant.fault = refused(status)
    idle = tenant.idle("a", "b")
    idle.update([])
    idle.update([])
    assert tenant.client.warnings == [
        "The ids in source_ids were not checked, because the token is not allowed to read sources "
        '(scope idn:sources:read): "a", "b".'
    ]
    assert tenant.asked == [["a", "b"]]


@pytest.mark.parametrize(("status", "transient"), [(503, True), (None, True), (400, False)])
def test_any_other_fault_is_one_of_the_look_and_the_check_is_done_again(status: int | None, transient: bool) -> None:
    tenant = Tenant(["a"])
    tenant.fault = refused(status, transient)
    idle = tenant.idle("a")
    with pytest.raises(RequestFailed):
        idle.update([])
    idle.update([])
    assert tenant.asked == [["a"], ["a"]]
    assert tenant.client.warnings == []


def test_the_last_tasks_are_the_newest_that_have_ended_in_the_order_of_the_sources() -> None:
    tenant = Tenant(["a", "b", "c"], task("5", "b", None), task("4", "b", "ERROR"), task("3", "a"), task("2", "b"))
    idle = tenant.idle("a", "c", "b", types=["T"])
    idle.update([])
    idle.look_up_last()
    assert {source: last["id"] for source, last in idle.last.items()} == {"a": "3", "b": "4"}
    # What one request has brought was all there is.
    assert tenant.asked[1:] == [(["a", "c", "b"], ["T"], 250)]


def test_a_source_that_others_push_out_is_looked_up_by_itself() -> None:
    tenant = Tenant(["a", "b", "c"], *(task(f"a{number}", "a") for number in range(300)), task("b0", "b"))
    idle = tenant.idle("a", "b", "c")
    idle.update([])
    idle.look_up_last()
    assert {source: last["id"] for source, last in idle.last.items()} == {"a": "a0", "b": "b0"}
    assert [ids for ids, _types, _rows in tenant.asked[1:]] == [["a", "b", "c"], ["b"], ["c"]]


def test_the_last_tasks_are_of_the_wanted_names() -> None:
    tenant = Tenant(["a"], task("2", "a", uniqueName="Refresh"), task("1", "a", uniqueName="Cloud Account Aggregation"))
    idle = tenant.idle("a", unique_names=["*Aggregation"])
    idle.update([])
    idle.look_up_last()
    assert idle.last["a"]["id"] == "1"


@pytest.mark.parametrize(("report", "busy"), [(False, []), (True, [task("1", "a", None)])])
def test_no_last_task_is_looked_up_for_nothing(report: bool, busy: list[Record]) -> None:
    tenant = Tenant(["a"], task("0", "a"))
    idle = tenant.idle("a", report=report)
    idle.update(busy)
    tenant.asked.clear()
    idle.look_up_last()
    assert (idle.last, tenant.asked) == ({}, [])
