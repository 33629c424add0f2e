# Copyright (c) 2026, the sailpoint.isc contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""SailPoint's SDK 2.x finds on the stand-in what it expects of v1."""

from __future__ import annotations

import json
import warnings
from typing import Any

import pytest
from sailpoint.configuration import Configuration, ConfigurationParams
from sailpoint.sources import exceptions as sources_exceptions
from sailpoint.sources.api.sources_api import SourcesApi
from sailpoint.sources.api_client import ApiClient as SourcesClient
from sailpoint.sources.models.json_patch_operation import JsonPatchOperation as SourcesPatch
from sailpoint.sources.models.schedule3 import Schedule3 as Schedule
from sailpoint.tagged_objects.api.tagged_objects_api import TaggedObjectsApi
from sailpoint.tagged_objects.api_client import ApiClient as TagsClient
from sailpoint.task_management import exceptions
from sailpoint.task_management.api.task_management_api import TaskManagementApi
from sailpoint.task_management.api_client import ApiClient
from sailpoint.task_management.models.error_response_dto import ErrorResponseDto
from sailpoint.task_management.models.json_patch_operation import JsonPatchOperation

from tests.support.hand import Hand


def configured(url: str, client_id: str = "admin") -> Configuration:
    parameters = ConfigurationParams()
    parameters.base_url = url
    parameters.client_id = client_id
    parameters.client_secret = f"{client_id}-secret"
    configuration = Configuration(parameters)
    configuration.experimental = True
    configuration.suppress_experimental_warnings = True
    return configuration


def connect(url: str, client_id: str = "admin") -> TaskManagementApi:
    return TaskManagementApi(ApiClient(configured(url, client_id)))


def connect_sources(url: str, client_id: str = "admin") -> SourcesApi:
    return SourcesApi(SourcesClient(configured(url, client_id)))


def everything(call: Any, **query: Any) -> list[Any]:
    """All pages of a list; a value that the models do not know is an error."""
    found: list[Any] = []
    with warnings.catch_warnings():
        warnings.simplefilter("error", UserWarning)
        while True:
            page = call(limit=250, offset=len(found), **query)
            found += page
            if len(page) < 250:
                return found


def test_the_models_accept_every_record(tenant: Hand) -> None:
    tenant.scenario(generate={"count": 600, "pending": 0.05, "failed": 0.2, "warned": 0.2})
    served = {record["id"]: record for record in tenant.control("GET", "tasks")["tasks"]}
    api = connect(tenant.url)
    found = everything(api.get_task_status_list_v1)
    assert len(served) == 600
    assert sorted(record.id for record in found) == sorted(served)
    for record in found:
        raw = served[record.id]
        assert record.to_dict()["uniqueName"] == raw["uniqueName"]
        assert [message.type for message in record.messages] == [message["type"] for message in raw["messages"]]
    assert {record.completion_status for record in found} == {
        None,
        "SUCCESS",
        "WARNING",
        "ERROR",
        "TERMINATED",
        "TEMPERROR",
    }
    assert api.get_task_status_v1(found[0].id) == found[0]


def test_pages_the_total_and_pending_tasks_by_filter(tenant: Hand) -> None:
    tenant.scenario(generate={"count": 25, "pending": 0.2})
    api = connect(tenant.url)
    answers = [
        api.get_task_status_list_v1_with_http_info(limit=10, offset=offset, count=True) for offset in (0, 10, 20, 30)
    ]
    assert [len(answer.data) for answer in answers] == [10, 10, 5, 0]
    assert {answer.headers["X-Total-Count"] for answer in answers} == {"25"}
    created = [record.created for answer in answers for record in answer.data]
    assert created == sorted(created, reverse=True)
    assert [record.created for record in api.get_task_status_list_v1(sorters="created")] == created[::-1]
    pending = api.get_task_status_list_v1_with_http_info(filters="completionStatus isnull", count=True, limit=0)
    assert pending.data == []
    assert pending.headers["X-Total-Count"] == "5"


def test_filters_arrive_as_they_were_meant(tenant: Hand) -> None:
    odd = 'a "quoted" \\ b+c %41'
    tenant.scenario(tasks=[{"id": odd, "launcher": "ada"}, {"id": "other", "launcher": "ada"}, {"id": "fine"}])
    quoted = odd.replace("\\", "\\\\").replace('"', '\\"')
    api = connect(tenant.url)
    found = api.get_task_status_list_v1(filters=f'id in ("{quoted}","fine") and launcher eq "ada"')
    assert [record.id for record in found] == [odd]
    assert api.get_task_status_v1(odd).id == odd


def test_a_patch_clears_a_pending_task(tenant: Hand) -> None:
    tenant.scenario(tasks=[{"id": "stuck", "age": "3h"}])
    api = connect(tenant.url)
    operations = [
        {"op": "replace", "path": "/completionStatus", "value": "ERROR"},
        {"op": "replace", "path": "/completed", "value": "2024-05-17T19:33:16.470Z"},
    ]
    patched = api.update_task_status_v1("stuck", [JsonPatchOperation.from_dict(entry) for entry in operations])
    assert patched.completion_status == "ERROR"
    assert f"{patched.completed:%Y-%m-%dT%H:%M:%S.%f}" == "2024-05-17T19:33:16.470000"
    assert api.get_task_status_v1("stuck") == patched
    assert tenant.log()[-2]["effect"] == "patched"


def test_errors_are_read_as_the_sdk_expects_them(tenant: Hand) -> None:
    tenant.scenario(tasks=[{"id": "stuck"}])
    api = connect(tenant.url)
    with pytest.raises(exceptions.NotFoundException) as missing:
        api.get_task_status_v1("no-such-task")
    document = ErrorResponseDto.from_json(missing.value.body)
    assert document.detail_code == "404 Not found"
    assert "no-such-task" in document.messages[0].text
    with pytest.raises(exceptions.BadRequestException) as refused:
        api.get_task_status_list_v1(filters='type eq "QUARTZ"')
    assert "QUARTZ" in ErrorResponseDto.from_json(refused.value.body).messages[0].text
    operation = JsonPatchOperation.from_dict({"op": "replace", "path": "/completionStatus", "value": "ERROR"})
    with pytest.raises(exceptions.ForbiddenException):
        connect(tenant.url, "reader").update_task_status_v1("stuck", [operation])
    tenant.faults({"operation": "get", "fault": "unauthorized"})
    with pytest.raises(exceptions.UnauthorizedException) as expired:
        api.get_task_status_v1("stuck")
    assert json.loads(expired.value.body) == {"error": "JWT validation failed: JWT is expired"}


def test_there_is_no_endpoint_for_pending_tasks(tenant: Hand) -> None:
    tenant.scenario(tasks=[{"id": "running"}])
    with pytest.raises(exceptions.NotFoundException):
        connect(tenant.url).get_task_status_v1("pending-tasks")


SOURCE = {"id": "s1", "name": "Workday"}


def test_the_models_accept_every_source(tenant: Hand) -> None:
    declared = [SOURCE, {"id": "s2", "name": "Badges", "delimited": True, "status": "SOURCE_STATE_ERROR_VA"}]
    tenant.scenario(sources=declared, generate={"count": 0, "sources": 300})
    served = {source["id"]: source for source in tenant.control("GET", "sources")["sources"]}
    api = connect_sources(tenant.url)
    found = everything(api.list_sources_v1)
    assert len(served) == 302
    assert sorted(source.id for source in found) == sorted(served)
    for source in found:
        raw = served[source.id]
        assert (source.name, source.healthy, source.status) == (raw["name"], raw["healthy"], raw["status"])
        assert (source.since, source.connector_attributes) == (raw["since"], raw["connectorAttributes"])
    assert api.get_source_v1("s2") == next(source for source in found if source.id == "s2")


def test_sources_are_filtered_sorted_and_counted(tenant: Hand) -> None:
    odd = 'a "quoted" \\ b+c %41'
    tenant.scenario(sources=[SOURCE, {"id": "s2", "name": odd}, {"id": "s3", "name": "Badges"}])
    quoted = odd.replace("\\", "\\\\").replace('"', '\\"')
    api = connect_sources(tenant.url)
    answer = api.list_sources_v1_with_http_info(
        filters=f'name in ("{quoted}","Badges")', sorters="-name", count=True, limit=1
    )
    assert [source.id for source in answer.data] == ["s3"]
    assert answer.headers["X-Total-Count"] == "2"
    with pytest.raises(sources_exceptions.BadRequestException):
        api.list_sources_v1(filters="healthy eq true")
    with pytest.raises(sources_exceptions.NotFoundException):
        api.get_source_v1("typo")
    with pytest.raises(sources_exceptions.ForbiddenException):
        connect_sources(tenant.url, "helpdesk").list_sources_v1()


def test_tagged_objects_are_read_as_the_sdk_expects_them(tenant: Hand) -> None:
    tenant.scenario(sources=[{**SOURCE, "tags": ["PCI", "HR"]}, {"id": "s2"}])
    api = TaggedObjectsApi(TagsClient(configured(tenant.url)))
    [tagged] = api.list_tagged_objects_v1(filters='objectRef.type eq "SOURCE" and tagName eq "PCI"')
    assert (tagged.object_ref.id, tagged.object_ref.type, tagged.tags) == ("s1", "SOURCE", ["PCI", "HR"])


def test_schedules_are_created_read_changed_and_deleted(tenant: Hand) -> None:
    tenant.scenario(sources=[SOURCE])
    api = connect_sources(tenant.url)
    wanted = Schedule.from_dict({"type": "ACCOUNT_AGGREGATION", "cronExpression": "0 0 5,13,21 * * ?"})
    assert api.get_source_schedules_v1("s1") == []
    assert api.create_source_schedule_v1("s1", wanted) == wanted
    assert api.get_source_schedule_v1("s1", "ACCOUNT_AGGREGATION") == wanted
    assert api.get_source_schedules_v1("s1") == [wanted]
    operation = {"op": "replace", "path": "/cronExpression", "value": "0 0 6 ? * MON"}
    changed = api.update_source_schedule_v1("s1", "ACCOUNT_AGGREGATION", [SourcesPatch.from_dict(operation)])
    assert changed.cron_expression == "0 0 6 ? * MON"
    with pytest.raises(sources_exceptions.BadRequestException):
        api.create_source_schedule_v1("s1", wanted)
    assert api.delete_source_schedule_v1("s1", "ACCOUNT_AGGREGATION") is None
    with pytest.raises(sources_exceptions.NotFoundException):
        api.get_source_schedule_v1("s1", "ACCOUNT_AGGREGATION")
