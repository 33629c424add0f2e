# Copyright (c) 2026, the sailpoint.isc contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import dataclasses
import threading
import typing as t
from datetime import datetime, timezone
from urllib.parse import unquote

import pytest
from ansible_collections.sailpoint.isc.plugins.module_utils._errors import IscError, RequestFailed
from ansible_collections.sailpoint.isc.plugins.module_utils._http import queries
from ansible_collections.sailpoint.isc.plugins.module_utils._http.api import API_VERSIONS
from ansible_collections.sailpoint.isc.plugins.module_utils._http.client import query_string
from ansible_collections.sailpoint.isc.plugins.module_utils._http.transport import Answer
from ansible_collections.sailpoint.isc.plugins.module_utils._tasks.selection import Selection
from ansible_collections.sailpoint.isc.plugins.module_utils._tasks.statuses import TaskStatuses
from ansible_collections.sailpoint.isc.plugins.module_utils._time import format_timestamp
from ansible_collections.sailpoint.isc.tests.unit.fakes import read_filter
from hypothesis import given
from hypothesis import strategies as st

Record = dict[str, t.Any]

NOW = 1_800_000_000.0
VERSIONS = sorted(API_VERSIONS)
WITH_ENDPOINT = ["beta", "v2024"]
WITH_FILTER = ["v1", "v2025", "v2026"]
DEFINITIONS = ["CLOUD_ACCOUNT_AGGREGATION", "CLOUD_GROUP_AGGREGATION", "IDENTITY_REFRESH"]


def task(
    number: int, age: float, status: str | None = "SUCCESS", source: str = "s1", definition: str = DEFINITIONS[0]
) -> Record:
    name = definition.replace("_", " ").title()
    return {
        "id": f"id{number:03}",
        "type": "QUARTZ",
        "uniqueName": f"{name} - {source}",
        "launcher": "System",
        "target": {"id": source, "type": "APPLICATION", "name": source.upper()},
        "created": format_timestamp(NOW - age),
        "completed": None if status is None else format_timestamp(NOW - age + 1),
        "completionStatus": status,
    }


def definition_of(record: Record) -> str:
    return str(record["uniqueName"]).partition(" - ")[0].upper().replace(" ", "_")


class Server:
    """A tenant of one version in place of the client: it filters, sorts and pages, and notes every request."""

    def __init__(self, version: str, records: t.Iterable[Record]) -> None:
        self.api = API_VERSIONS[version]
        self.records = list(records)
        self.requests: list[tuple[str, str, dict[str, str]]] = []
        self.calls: list[dict[str, t.Any]] = []
        self.urls: list[str] = []
        self.warnings: list[str] = []
        self.tells_totals = True
        self.excess = 0
        self.after_request: t.Callable[[], None] = lambda: None
        self._lock = threading.Lock()

    def url(self, service: str, *segments: str, query: t.Mapping[str, object] | None = None) -> str:
        return self.api.url_path(service, *segments) + (f"?{query_string(query)}" if query else "")

    def request(self, method: str, url: str, **facts: t.Any) -> Answer:
        with self._lock:
            path, _mark, pairs = url.partition("?")
            query = {name: unquote(value) for name, value in (pair.split("=") for pair in pairs.split("&") if pairs)}
            self.requests.append((method, path, query))
            self.calls.append(facts)
            self.urls.append(url)
            answer = self._answer(method, path, query, facts)
            self.after_request()
        assert method == "HEAD" or facts["accept"](answer.body)
        return answer

    def _answer(self, method: str, path: str, query: dict[str, str], facts: dict[str, t.Any]) -> Answer:
        below = path[len(self.api.url_path("task-status")) :].lstrip("/")
        if method == "PATCH":
            return Answer(200, {}, {"id": unquote(below), "sent": facts["json_body"]})
        if below == "pending-tasks":
            assert self.api.pending_endpoint
            assert set(query) <= {"offset", "limit", "count"}
            rows = [record for record in self.records if record["completionStatus"] is None]
        elif below:
            rows = [record for record in self.records if record["id"] == unquote(below)]
            if not rows:
                raise RequestFailed("failed with status 404", method=method, url=path, status=404)
            return Answer(200, {}, rows[0])
        else:
            rows = self._listed(query)
        offset, limit = int(query.get("offset", 0)), int(query.get("limit", 250))
        assert 0 <= limit <= 250
        headers = (
            {"X-Total-Count": str(len(rows) + self.excess)}
            if query.get("count") == "true" and self.tells_totals
            else {}
        )
        page = rows[offset : offset + limit]
        nothing = below == "pending-tasks" and not page
        return Answer(204 if nothing else 200, headers, None if nothing else page)

    def now(self) -> float:
        return NOW

    def _listed(self, query: dict[str, str]) -> list[Record]:
        rows = self.records
        if self.api.pending_endpoint:
            rows = [record for record in rows if record["completionStatus"] is not None]
        for condition in read_filter(query["filters"]) if "filters" in query else ():
            if condition.operator == "isnull":
                assert not self.api.pending_endpoint
                rows = [record for record in rows if record[condition.field] is None]
            else:
                rows = [record for record in rows if _value(record, condition.field) in condition.values]
        return sorted(rows, key=lambda record: str(record["created"]), reverse=query.get("sorters") == "-created")


def _value(record: Record, field: str) -> object:
    if field == "sourceId":
        return record["target"]["id"]
    return definition_of(record) if field == "type" else record[field]


def statuses(server: Server) -> TaskStatuses:
    return TaskStatuses(server)  # type: ignore[arg-type]


def ids_of(records: t.Iterable[Record]) -> list[str]:
    return [record["id"] for record in records]


def history(length: int, status: str | None = "SUCCESS") -> list[Record]:
    """Tasks of which each was created a minute before the one before it."""
    return [task(number, 60.0 * number + 30, status) for number in range(length)]


AGES = st.sampled_from([30.0, 90.0, 600.0, 5000.0])
SOURCES = st.none() | st.lists(st.sampled_from(["s1", "s2", "s3"]), min_size=1, max_size=2, unique=True)
TYPES = st.none() | st.lists(st.sampled_from(DEFINITIONS), min_size=1, max_size=2, unique=True)


@st.composite
def tenants(draw: st.DrawFn) -> list[Record]:
    """Up to 30 tasks of different ages, sources and definitions, of which some are pending."""
    ages = draw(st.lists(st.integers(1, 6000), max_size=30, unique=True))
    return [
        task(
            number,
            age,
            draw(st.sampled_from([None, "SUCCESS", "ERROR"])),
            draw(st.sampled_from(["s1", "s2", "s3"])),
            draw(st.sampled_from(DEFINITIONS)),
        )
        for number, age in enumerate(ages)
    ]


@st.composite
def selections(draw: st.DrawFn) -> Selection:
    newer, older = draw(st.none() | AGES), draw(st.none() | AGES)
    return Selection(
        source_ids=draw(SOURCES),
        types=draw(TYPES),
        newer_than=newer,
        older_than=older if older is None or newer is None or older < newer else None,
        sorters=draw(st.sampled_from(["created", "-created"])),
        offset=draw(st.integers(0, 6)),
        limit=draw(st.integers(1, 8)),
        max_results=draw(st.none() | st.integers(1, 10)),
        count=draw(st.booleans()),
    )


def matching(records: t.Iterable[Record], selection: Selection) -> list[Record]:
    """What a selection is to find, in order, without offset and max_results."""
    found = []
    for record in sorted(records, key=lambda record: str(record["created"]), reverse=selection.sorters == "-created"):
        age = NOW - _created(record)
        if selection.newer_than is not None and age >= selection.newer_than:
            continue
        if selection.older_than is not None and age <= selection.older_than:
            continue
        if selection.source_ids is not None and record["target"]["id"] not in selection.source_ids:
            continue
        if selection.types is not None and definition_of(record) not in selection.types:
            continue
        if selection.unique_names is not None and record["uniqueName"] not in selection.unique_names:
            continue
        found.append(record)
    return found


def _created(record: Record) -> float:
    return datetime.strptime(record["created"], "%Y-%m-%dT%H:%M:%S.%fZ").replace(tzinfo=timezone.utc).timestamp()


def paged(found: list[Record], selection: Selection) -> list[Record]:
    end = None if selection.max_results is None else selection.offset + selection.max_results
    return found[selection.offset : end]


@given(tenants(), selections(), st.sampled_from(VERSIONS))
def test_a_listing_finds_what_its_selection_says_and_counts_all_of_it(
    records: list[Record], selection: Selection, version: str
) -> None:
    server = Server(version, records)
    shown = records if version in WITH_FILTER else [record for record in records if record["completionStatus"]]
    expected = matching(shown, selection)
    listing = statuses(server).listing(selection)
    assert list(listing) == paged(expected, selection)
    assert listing.total == (len(expected) if selection.count else None)


@given(tenants(), selections(), st.sampled_from(VERSIONS), st.booleans())
def test_a_selection_that_is_split_finds_the_same_and_reads_no_more_of_a_part_than_can_be_among_its_results(
    records: list[Record], selection: Selection, version: str, pending: bool
) -> None:
    server = Server(version, records)
    shown = [record for record in records if record["completionStatus"] is None] if pending else records
    if not pending and version in WITH_ENDPOINT:
        shown = [record for record in records if record["completionStatus"]]
    selection = dataclasses.replace(selection, ids=ids_of(records) or None if not pending else None)
    expected = matching(shown, selection)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(queries, "LONGEST_URL", 1)  # every value is asked for by itself
        listing = statuses(server).pending(selection) if pending else statuses(server).listing(selection)
        assert list(listing) == paged(expected, selection)
    assert listing.total == (len(expected) if selection.count else None)
    asked: dict[str, int] = {}
    for _method, path, query in server.requests:
        if not path.endswith("pending-tasks"):
            part = query.get("filters", "")
            asked[part] = asked.get(part, 0) + int(query["limit"])
    if selection.max_results is not None and not selection.by_age():
        assert all(rows <= selection.offset + selection.max_results for rows in asked.values())


def test_a_list_that_is_split_is_read_no_further_than_its_reader_goes() -> None:
    sources = ["a" * 4000, "b" * 4000]
    records = [task(number, 10.0 * number, source=sources[number % 2]) for number in range(100)]
    server = Server("v1", records)
    reader = iter(statuses(server).listing(Selection(source_ids=sources, newer_than=800.0, limit=10)))
    assert ids_of(next(reader) for _row in range(19)) == ids_of(records[:19])
    assert len(server.requests) == 2
    assert ids_of(reader) == ids_of(records[19:80])
    assert len(server.requests) == 2 * 5


def test_tasks_without_a_readable_time_stay_where_the_tenant_has_put_them_in_each_part() -> None:
    sources = ["a" * 4000, "b" * 4000]
    times: list[t.Any] = [None, 1_800_000_000_000, "soon", {"no": "time"}]
    odd = [{**task(10 + place, 0, source=sources[0]), "created": created} for place, created in enumerate(times)]
    records = {sources[0]: [task(1, 50, source=sources[0]), *odd], sources[1]: [task(2, 40, source=sources[1])]}
    server = Server("v1", [])
    server._listed = lambda query: records[read_filter(query["filters"])[0].values[0]]  # type: ignore[method-assign]
    found = ids_of(statuses(server).listing(Selection(source_ids=sources)))
    assert found == ["id002", "id001", "id010", "id011", "id012", "id013"]


@given(
    st.lists(
        st.sampled_from([None, "", 7, 7.5, True, ["x"], {"x": 1}, "a", "b"]).flatmap(
            lambda own: st.sampled_from([{"id": own, "name": "x"}, {"id": own, "name": "x", "created": None}])
        )
        | st.just({"name": "no id"}),
        max_size=10,
    ),
    st.booleans(),
    st.sampled_from(VERSIONS),
)
def test_records_with_any_id_or_none_are_listed_once_each_and_nothing_fails(
    rows: list[Record], split: bool, version: str
) -> None:
    server = Server(version, [])
    server._answer = lambda *_facts: Answer(200, {"X-Total-Count": str(len(rows))}, rows)  # type: ignore[method-assign]
    sources = ["a" * 4000, "b" * 4000][: 1 + split]
    found = list(statuses(server).listing(Selection(source_ids=sources)))
    # Those of one id are one task, whatever else they hold; those without are told apart by all they hold.
    assert len(found) == len({repr(_usable(row)) for row in rows})
    assert all(record in rows for record in found)
    looked_up = statuses(server).lookup(["a", "x", "y"])
    assert all(record["id"] == task_id for task_id, record in looked_up.items())
    list(statuses(server).pending(Selection(older_than=5.0, types=["T"], unique_names=["*"])))


def _usable(row: Record) -> t.Any:
    own = row.get("id")
    return own if own and isinstance(own, (str, int)) and own is not True else row


@pytest.mark.parametrize("selection", [{"newer_than": 100.0}, {"older_than": 100.0}])
@pytest.mark.parametrize("pending", [True, False])
@pytest.mark.parametrize("version", VERSIONS)
def test_an_age_is_judged_by_the_time_that_the_first_answer_has_told(
    version: str, pending: bool, selection: dict[str, t.Any]
) -> None:
    server = Server(version, [task(1, 50, None if pending else "SUCCESS"), task(2, 150, None if pending else "ERROR")])
    server.now = lambda: NOW if server.requests else NOW + 7200  # type: ignore[method-assign]
    tasks = statuses(server)
    chosen = Selection(**selection)
    found = ids_of(tasks.pending(chosen) if pending else tasks.listing(chosen))
    assert found == (["id001"] if "newer_than" in selection else ["id002"])


@given(tenants(), selections(), st.none() | st.just(["Cloud Account Aggregation - s1", "Identity Refresh - s2"]))
def test_the_pending_tasks_are_the_same_on_every_version(
    records: list[Record], selection: Selection, names: list[str] | None
) -> None:
    selection = Selection(**{**vars(selection), "unique_names": names})
    expected = matching([record for record in records if record["completionStatus"] is None], selection)
    for version in VERSIONS:
        listing = statuses(Server(version, records)).pending(selection)
        assert list(listing) == paged(expected, selection), version
        assert listing.total == (len(expected) if selection.count else None), version


@pytest.mark.parametrize("version", VERSIONS)
def test_names_are_shell_patterns_in_which_case_matters(version: str) -> None:
    records = [
        task(1, 10, None),
        task(2, 20, None, definition=DEFINITIONS[1]),
        {**task(3, 30, None), "uniqueName": None},
    ]

    def found(*patterns: str) -> list[str]:
        return ids_of(statuses(Server(version, records)).pending(Selection(unique_names=patterns)))

    assert found("Cloud * Aggregation*") == ["id001", "id002"]
    assert found("cloud*") == []
    assert found("*Group*", "nothing") == ["id002"]


@pytest.mark.parametrize("version", VERSIONS)
def test_the_pending_tasks_are_counted_without_being_read(version: str) -> None:
    server = Server(version, [task(1, 10, None), task(2, 20), task(3, 30, None)])
    assert statuses(server).count_pending(Selection()) == 2
    ((method, path, query),) = server.requests
    if version in WITH_ENDPOINT:
        assert (method, path, query) == ("HEAD", f"/{version}/task-status/pending-tasks", {"count": "true"})
    else:
        assert (method, query["limit"], query["count"]) == ("GET", "0", "true")


@pytest.mark.parametrize("version", WITH_FILTER)
def test_pending_tasks_of_sources_and_types_are_counted_where_the_tenant_can(version: str) -> None:
    server = Server(version, [task(1, 10, None, "s1"), task(2, 20, None, "s2"), task(3, 30, "ERROR", "s1")])
    assert statuses(server).count_pending(Selection(source_ids=["s1"], types=[DEFINITIONS[0]])) == 1


@pytest.mark.parametrize("version", WITH_FILTER)
def test_a_count_of_more_sources_than_an_address_holds_is_the_sum_of_several(version: str) -> None:
    sources = [f"s{number:032}" for number in range(400)]
    server = Server(version, [task(number, 10, None, sources[number]) for number in (0, 200, 399)] + [task(9, 1, None)])
    assert statuses(server).count_pending(Selection(source_ids=sources)) == 3
    assert len(server.requests) > 1


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize(
    "restriction",
    [{"source_ids": ["s"]}, {"types": ["T"]}, {"unique_names": ["*"]}, {"newer_than": 5.0}, {"older_than": 5.0}],
)
def test_what_only_this_side_can_judge_cannot_be_counted_without_reading(
    version: str, restriction: dict[str, t.Any]
) -> None:
    server = Server(version, [])
    (name,) = restriction
    if version in WITH_FILTER and name in ("source_ids", "types"):
        assert statuses(server).count_pending(Selection(**restriction)) == 0
        return
    with pytest.raises(IscError, match=f"count_only cannot be combined with {name}.* api_version {version}"):
        statuses(server).count_pending(Selection(**restriction))
    assert server.requests == []


@pytest.mark.parametrize("version", VERSIONS)
def test_a_tenant_that_tells_no_number_is_a_failure_of_counting_alone(version: str) -> None:
    server = Server(version, [])
    server.tells_totals = False
    selection = Selection() if version in WITH_ENDPOINT else Selection(source_ids=["s" * 40] * 90)
    with pytest.raises(IscError, match="has no X-Total-Count header with the number of tasks") as caught:
        statuses(server).count_pending(selection)
    assert len(str(caught.value)) < 300


@pytest.mark.parametrize("value", ["", "-1", "1e3", "many", "٣", "1.0"])
def test_a_total_that_is_no_number_is_none(value: str) -> None:
    server = Server("beta", [task(1, 10)])
    answer = server._answer
    server._answer = lambda *a: Answer(200, {"X-Total-Count": value}, answer(*a).body)  # type: ignore[method-assign]
    listing = statuses(server).listing(Selection(count=True))
    assert ids_of(listing) == ["id001"]
    assert listing.total is None


@pytest.mark.parametrize("version", WITH_FILTER)
def test_a_hundred_ids_are_looked_up_in_one_request(version: str) -> None:
    records = [task(number, number + 1, None if number % 2 else "SUCCESS") for number in range(100)]
    wanted = [f"{number:032x}" for number in range(100)]
    for record, task_id in zip(records, wanted):
        record["id"] = task_id
    server = Server(version, records)
    assert sorted(statuses(server).lookup(wanted)) == wanted
    assert len(server.requests) == 1


@pytest.mark.parametrize("version", WITH_ENDPOINT)
def test_a_hundred_ids_are_looked_up_in_one_request_for_the_pending_and_one_for_the_completed(version: str) -> None:
    records = [task(number, number + 1, None if number % 2 else "SUCCESS") for number in range(100)]
    server = Server(version, [*records, *[task(1000 + number, 5, None) for number in range(50)]])
    assert sorted(statuses(server).lookup(ids_of(records))) == sorted(ids_of(records))
    assert len(server.requests) == 2


@pytest.mark.parametrize("version", WITH_ENDPOINT)
def test_one_or_two_ids_are_looked_up_by_themselves(version: str) -> None:
    server = Server(version, [task(1, 10, None), task(2, 20)])
    assert sorted(statuses(server).lookup(["id001", "id002"])) == ["id001", "id002"]
    assert sorted(path[-5:] for _method, path, _query in server.requests) == ["id001", "id002"]


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("number", [1, 2, 3, 5])
def test_ids_that_do_not_exist_are_left_out_of_a_lookup(version: str, number: int) -> None:
    wanted = ["id001", *[f"missing{place}" for place in range(number - 1)]]
    assert list(statuses(Server(version, [task(1, 10, None)])).lookup(wanted)) == ["id001"]


@pytest.mark.parametrize("version", WITH_ENDPOINT)
def test_a_task_that_completes_during_a_lookup_is_not_missed(version: str) -> None:
    records = [task(number, 10 + number, None) for number in range(3)]
    server = Server(version, records)
    server.after_request = lambda: records[0].update(completionStatus="SUCCESS")
    assert sorted(statuses(server).lookup(ids_of(records))) == ids_of(records)


@given(st.lists(st.text(min_size=1, max_size=80), min_size=1, max_size=150, unique=True), st.booleans())
def test_long_lists_are_split_over_requests_without_losing_or_repeating_a_value(ids: list[str], more: bool) -> None:
    sources = [f"{number:032}" for number in range(120)] if more else None
    server = Server("v1", [])
    list(statuses(server).listing(Selection(ids=ids, source_ids=sources, count=True)))
    asked: list[tuple[str, str | None]] = []
    for url, (_method, _path, query) in zip(server.urls, server.requests):
        assert len(url) <= 6000
        values = {condition.field: condition.values for condition in read_filter(query["filters"])}
        asked += [(task_id, source) for task_id in values["id"] for source in values.get("sourceId", (None,))]
    assert sorted(asked, key=repr) == sorted(
        [(task_id, source) for task_id in ids for source in (sources or (None,))], key=repr
    )


def test_a_value_that_is_too_long_by_itself_is_asked_for_alone() -> None:
    server = Server("v1", [])
    list(statuses(server).listing(Selection(ids=["x" * 7000, "b", "c"])))
    asked = [read_filter(query["filters"])[0].values for _method, _path, query in server.requests]
    assert sorted(value for values in asked for value in values) == ["b", "c", "x" * 7000]


def test_the_results_of_split_requests_are_in_order_once_each_and_counted() -> None:
    records = [task(number, 1 + (number * 37) % 1000) for number in range(1000)]
    ids = ids_of(records)
    selection = Selection(
        ids=[*ids, *[f"{number:064}" for number in range(200)]], offset=10, max_results=500, count=True
    )
    for sorters in ("created", "-created"):
        server = Server("v2026", records)
        listing = statuses(server).listing(Selection(**{**vars(selection), "sorters": sorters}))
        created = [record["created"] for record in listing]
        assert created == sorted((str(record["created"]) for record in records), reverse=sorters != "created")[10:510]
        assert listing.total == 1000
        assert len(server.requests) > 1


@pytest.mark.parametrize(
    ("sorters", "selection"), [("-created", {"newer_than": 600.0}), ("created", {"older_than": 5400.0})]
)
def test_paging_stops_as_soon_as_no_task_of_the_wanted_age_can_follow(
    sorters: str, selection: dict[str, t.Any]
) -> None:
    server = Server("v1", history(100))
    found = ids_of(statuses(server).listing(Selection(sorters=sorters, limit=5, **selection)))
    assert len(found) == 10
    assert len(server.requests) == 3


def test_paging_stops_as_soon_as_enough_tasks_of_the_wanted_age_are_found() -> None:
    server = Server("v1", history(100))
    found = ids_of(statuses(server).listing(Selection(limit=10, older_than=600.0, max_results=15)))
    assert found == [f"id{number:03}" for number in range(10, 25)]
    assert len(server.requests) == 3


def test_a_task_that_does_not_tell_when_it_was_created_is_of_no_age_and_ends_nothing() -> None:
    records = [{**task(1, 10), "created": None}, task(2, 20), {**task(3, 30), "created": "soon"}, task(4, 40)]
    server = Server("v1", records)
    assert sorted(ids_of(statuses(server).listing(Selection(newer_than=100.0, limit=1)))) == ["id002", "id004"]


def test_without_ages_every_page_but_the_last_is_full() -> None:
    for length in (0, 1, 249, 250, 251, 1000):
        server = Server("v1", history(length))
        assert len(list(statuses(server).listing(Selection()))) == length
        assert len(server.requests) == 1 + length // 250


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize(("excess", "number"), [(1, "1 more task than"), (7, "7 more tasks than")])
def test_a_list_that_is_shorter_than_the_tenant_says_is_told(version: str, excess: int, number: str) -> None:
    server = Server(version, history(5, None))
    assert len(list(statuses(server).pending(Selection()))) == 5
    assert server.warnings == []
    server.excess = excess
    assert len(list(statuses(server).pending(Selection()))) == 5
    assert [number in warning for warning in server.warnings] == [True]


def test_own_filters_are_added_to_the_others_and_sorters_are_passed_on() -> None:
    server = Server("v2026", [])
    list(statuses(server).listing(Selection(launchers=["a"], filters='id eq "x"', sorters="created", limit=7)))
    ((method, path, query),) = server.requests
    assert (method, path) == ("GET", "/v2026/task-status")
    assert query == {"filters": 'launcher eq "a" and id eq "x"', "sorters": "created", "limit": "7"}


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("selection", [{}, {"older_than": 5.0}, {"unique_names": ["*"]}])
@pytest.mark.parametrize("number", [1, 3])
def test_while_pending_tasks_complete_none_that_is_still_pending_is_passed_over(
    version: str, selection: dict[str, t.Any], number: int
) -> None:
    server = Server(version, history(40, status=None))
    completing = iter(server.records[:number])

    def one_completes() -> None:
        record = next(completing, None)
        if record is not None:
            record["completionStatus"] = "SUCCESS"

    server.after_request = one_completes
    found = ids_of(statuses(server).pending(Selection(limit=10, **selection)))
    assert set(found) >= set(ids_of(server.records[number:]))
    assert len(found) == len(set(found))


@pytest.mark.parametrize("version", VERSIONS)
def test_one_record_is_read_by_its_id(version: str) -> None:
    server = Server(version, [{**task(1, 10), "id": "a/b"}])
    record = statuses(server).get("a/b")
    assert record is not None
    assert record["id"] == "a/b"
    assert server.requests[0][1].endswith("/a%2Fb")


def test_an_id_that_does_not_exist_is_none_and_any_other_refusal_a_failure() -> None:
    server = Server("beta", [])
    assert statuses(server).get("x") is None

    def refuse(*_facts: t.Any, **_more: t.Any) -> Answer:
        raise RequestFailed("failed with status 403", method="GET", url="u", status=403)

    server.request = refuse  # type: ignore[method-assign]
    with pytest.raises(RequestFailed):
        statuses(server).get("x")


def test_an_update_is_sent_once_as_a_json_patch_and_says_who_may_do_it() -> None:
    server = Server("v2025", [])
    operations = [{"op": "replace", "path": "/completionStatus", "value": "ERROR"}]
    assert statuses(server).update("x", operations) == {"id": "x", "sent": operations}
    ((method, path, _query),) = server.requests
    assert (method, path) == ("PATCH", "/v2025/task-status/x")
    assert server.calls[0]["idempotent"] is False
    assert "personal access token" in server.calls[0]["advice"][403]
