# Copyright (c) 2026, the sailpoint.isc contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""SailPoint's SDK 1.x finds on the stand-in what it expects of beta, v2024, v2025 and v2026."""

from __future__ import annotations

import importlib
import json
import warnings
from types import ModuleType
from typing import Any

import pytest
from sailpoint.configuration import Configuration, ConfigurationParams

from tests.support.hand import Hand

# That GET and HEAD of pending tasks are deprecated is known.
pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")

GENERATE = {"count": 600, "pending": 0.05, "failed": 0.2, "warned": 0.2}
SOURCE = {"id": "s1", "name": "Workday"}


class Sdk:
    """The parts of the SDK that belong to one API version."""

    def __init__(self, version: str, url: str, client_id: str = "admin") -> None:
        self.version = version
        parameters = ConfigurationParams()
        parameters.base_url = url
        parameters.client_id = client_id
        parameters.client_secret = f"{client_id}-secret"
        configuration = Configuration(parameters)
        configuration.experimental = True
        configuration.suppress_experimental_warnings = True
        self._client = self._module("api_client").ApiClient(configuration)
        self.errors = self._module("exceptions")
        self.api = self._module("api.task_management_api").TaskManagementApi(self._client)

    def sources(self) -> Any:
        return self._module("api.sources_api").SourcesApi(self._client)

    def schedule(self, document: dict[str, Any]) -> Any:
        return self._module("models.schedule1").Schedule1.from_dict(document)

    def tagged_objects(self) -> Any:
        return self._module("api.tagged_objects_api").TaggedObjectsApi(self._client)

    def error(self, error: Any) -> Any:
        """The document of a refusal, as the SDK's own model reads it."""
        return self._module("models.error_response_dto").ErrorResponseDto.from_json(error.value.body)

    def _module(self, name: str) -> ModuleType:
        return importlib.import_module(f"sailpoint.{self.version}.{name}")

    def operations(self, *operations: dict[str, Any]) -> list[Any]:
        model = self._module("models.json_patch_operation").JsonPatchOperation
        return [model.from_dict(operation) for operation in operations]


@pytest.fixture(params=["beta", "v2024", "v2025", "v2026"])
def sdk(request: pytest.FixtureRequest, tenant: Hand) -> Sdk:
    return Sdk(request.param, tenant.url)


with_pending = pytest.mark.parametrize("sdk", ["beta", "v2024", "v2025"], indirect=True)
all_in_one_list = pytest.mark.parametrize("sdk", ["v2025", "v2026"], indirect=True)
with_schedules = pytest.mark.parametrize("sdk", ["v2024", "v2025"], indirect=True)
completed_only = pytest.mark.parametrize("sdk", ["beta", "v2024"], indirect=True)


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


def test_the_models_accept_every_record(tenant: Hand, sdk: Sdk) -> None:
    tenant.scenario(generate=GENERATE)
    served = {record["id"]: record for record in tenant.control("GET", "tasks")["tasks"]}
    found = everything(sdk.api.get_task_status_list)
    if sdk.version in ("beta", "v2024"):
        assert {record.completion_status for record in found} == {
            "SUCCESS",
            "WARNING",
            "ERROR",
            "TERMINATED",
            "TEMPERROR",
        }
        found += everything(sdk.api.get_pending_tasks)
    assert len(served) == 600
    assert sorted(record.id for record in found) == sorted(served)
    assert sum(record.completion_status is None for record in found) == 30
    for record in found:
        raw = served[record.id]
        assert record.to_dict()["uniqueName"] == raw["uniqueName"]
        assert [message.type for message in record.messages] == [message["type"] for message in raw["messages"]]
    single = sdk.api.get_task_status(found[0].id)
    assert single == found[0]


def test_pages_and_the_total(tenant: Hand, sdk: Sdk) -> None:
    tenant.scenario(generate={"count": 25, "pending": 0})
    answers = [
        sdk.api.get_task_status_list_with_http_info(limit=10, offset=offset, count=True) for offset in (0, 10, 20, 30)
    ]
    assert [len(answer.data) for answer in answers] == [10, 10, 5, 0]
    assert {answer.headers["X-Total-Count"] for answer in answers} == {"25"}
    created = [record.created for answer in answers for record in answer.data]
    assert created == sorted(created, reverse=True)
    oldest_first = sdk.api.get_task_status_list(sorters="created")
    assert [record.created for record in oldest_first] == created[::-1]
    assert "X-Total-Count" not in sdk.api.get_task_status_list_with_http_info().headers


def test_filters_arrive_as_they_were_meant(tenant: Hand, sdk: Sdk) -> None:
    odd = 'a "quoted" \\ b+c %41'
    tenant.scenario(
        tasks=[{"id": odd, "ends": "ERROR"}, {"id": "other", "ends": "ERROR"}, {"id": "fine", "ends": "SUCCESS"}]
    )
    quoted = odd.replace("\\", "\\\\").replace('"', '\\"')
    found = sdk.api.get_task_status_list(filters=f'id in ("{quoted}","fine") and completionStatus eq "ERROR"')
    assert [record.id for record in found] == [odd]
    assert sdk.api.get_task_status(odd).id == odd


@completed_only
def test_the_list_shows_completed_tasks_only(tenant: Hand, sdk: Sdk) -> None:
    tenant.scenario(tasks=[{"id": "running"}, {"id": "done", "ends": "SUCCESS"}])
    assert [record.id for record in sdk.api.get_task_status_list()] == ["done"]
    assert [record.id for record in sdk.api.get_pending_tasks()] == ["running"]
    with pytest.raises(sdk.errors.BadRequestException):
        sdk.api.get_task_status_list(filters="completionStatus isnull")


@all_in_one_list
def test_the_list_shows_all_tasks(tenant: Hand, sdk: Sdk) -> None:
    tenant.scenario(tasks=[{"id": "running"}, {"id": "done", "age": "1h", "ends": "SUCCESS"}])
    assert [record.id for record in sdk.api.get_task_status_list()] == ["running", "done"]
    assert [record.id for record in sdk.api.get_task_status_list(filters="completionStatus isnull")] == ["running"]


@with_pending
def test_pending_tasks_and_their_head(tenant: Hand, sdk: Sdk) -> None:
    tenant.scenario(generate={"count": 40, "pending": 0.5})
    answer = sdk.api.get_pending_tasks_with_http_info(limit=15, offset=10, count=True)
    assert len(answer.data) == 10
    assert all(record.completion_status is None for record in answer.data)
    head = sdk.api.get_pending_task_headers_with_http_info(count=True)
    assert head.status_code == 200
    assert head.headers["X-Total-Count"] == answer.headers["X-Total-Count"] == "20"
    assert head.headers["X-Deprecated"] == answer.headers["X-Deprecated"] == "true"
    assert not head.raw_data


@pytest.mark.parametrize("sdk", ["v2026"], indirect=True)
def test_v2026_has_no_endpoint_for_pending_tasks(tenant: Hand, sdk: Sdk) -> None:
    tenant.scenario(tasks=[{"id": "running"}])
    with pytest.raises(sdk.errors.NotFoundException):
        sdk.api.get_pending_tasks()
    with pytest.raises(sdk.errors.NotFoundException):
        sdk.api.get_pending_task_headers()


def test_a_patch_clears_a_pending_task(tenant: Hand, sdk: Sdk) -> None:
    tenant.scenario(tasks=[{"id": "stuck", "age": "3h"}])
    patched = sdk.api.update_task_status(
        "stuck",
        sdk.operations(
            {"op": "replace", "path": "/completionStatus", "value": "ERROR"},
            {"op": "replace", "path": "/completed", "value": "2024-05-17T19:33:16.470Z"},
        ),
    )
    assert patched.completion_status == "ERROR"
    assert f"{patched.completed:%Y-%m-%dT%H:%M:%S.%f}" == "2024-05-17T19:33:16.470000"
    assert sdk.api.get_task_status("stuck") == patched
    assert tenant.log()[-2]["effect"] == "patched"


def test_errors_are_read_as_the_sdk_expects_them(tenant: Hand, sdk: Sdk) -> None:
    tenant.scenario(tasks=[{"id": "stuck"}])
    with pytest.raises(sdk.errors.NotFoundException) as missing:
        sdk.api.get_task_status("no-such-task")
    assert sdk.error(missing).detail_code == "404 Not found"
    assert sdk.error(missing).tracking_id
    assert "no-such-task" in sdk.error(missing).messages[0].text
    with pytest.raises(sdk.errors.BadRequestException) as refused:
        sdk.api.get_task_status_list(filters='type eq "QUARTZ"')
    assert "QUARTZ" in sdk.error(refused).messages[0].text
    with pytest.raises(sdk.errors.ForbiddenException):
        Sdk(sdk.version, tenant.url, "reader").api.update_task_status(
            "stuck", sdk.operations({"op": "replace", "path": "/completionStatus", "value": "ERROR"})
        )
    tenant.faults({"operation": "get", "fault": "unauthorized"}, {"operation": "get", "fault": "status", "code": 429})
    with pytest.raises(sdk.errors.UnauthorizedException) as expired:
        sdk.api.get_task_status("stuck")
    assert json.loads(expired.value.body) == {"error": "JWT validation failed: JWT is expired"}
    with pytest.raises(sdk.errors.ApiException) as limited:
        sdk.api.get_task_status("stuck")
    assert limited.value.status == 429
    assert json.loads(limited.value.body) == {"message": " Rate Limit Exceeded "}


# This SDK has no sources for v2026.
with_sources = with_pending


@with_sources
def test_launches_are_read_as_the_sdk_expects_them(tenant: Hand, sdk: Sdk) -> None:
    tenant.scenario(sources=[SOURCE])
    sources = sdk.sources()
    # Methods of v2024 and v2025 have names of their own.
    load_accounts = getattr(sources, "load_accounts", None) or sources.import_accounts
    load_entitlements = getattr(sources, "load_entitlements", None) or sources.import_entitlements
    accounts = load_accounts("s1", disable_optimization="true")
    assert accounts.success is True
    assert accounts.task.attributes.optimized_aggregation == "disabled"
    assert sdk.api.get_task_status(accounts.task.id).completion_status is None
    refused = load_accounts("s1")
    assert "currently running aggregation" in refused.task.messages[0].localized_text
    entitlements = load_entitlements("s1")
    assert sdk.api.get_task_status(entitlements.id).unique_name == "Cloud Group Aggregation - Workday"


@with_sources
def test_the_models_accept_every_source(tenant: Hand, sdk: Sdk) -> None:
    declared = [SOURCE, {"id": "s2", "name": "Badges", "delimited": True, "status": "SOURCE_STATE_ERROR_VA"}]
    tenant.scenario(sources=declared, generate={"count": 0, "sources": 300})
    served = {source["id"]: source for source in tenant.control("GET", "sources")["sources"]}
    found = everything(sdk.sources().list_sources)
    assert len(served) == 302
    assert sorted(source.id for source in found) == sorted(served)
    for source in found:
        raw = served[source.id]
        assert (source.name, source.healthy, source.status) == (raw["name"], raw["healthy"], raw["status"])
        assert (source.since, source.connector_attributes) == (raw["since"], raw["connectorAttributes"])
    assert sdk.sources().get_source("s2") == next(source for source in found if source.id == "s2")


@with_sources
def test_sources_are_filtered_sorted_and_counted(tenant: Hand, sdk: Sdk) -> None:
    odd = 'a "quoted" \\ b+c %41'
    tenant.scenario(sources=[SOURCE, {"id": "s2", "name": odd}, {"id": "s3", "name": "Badges"}])
    quoted = odd.replace("\\", "\\\\").replace('"', '\\"')
    answer = sdk.sources().list_sources_with_http_info(
        filters=f'name in ("{quoted}","Badges")', sorters="-name", count=True, limit=1
    )
    assert [source.id for source in answer.data] == ["s3"]
    assert answer.headers["X-Total-Count"] == "2"
    with pytest.raises(sdk.errors.BadRequestException) as refused:
        sdk.sources().list_sources(filters="healthy eq true")
    assert "healthy" in sdk.error(refused).messages[0].text
    with pytest.raises(sdk.errors.NotFoundException):
        sdk.sources().get_source("typo")
    with pytest.raises(sdk.errors.ForbiddenException):
        Sdk(sdk.version, tenant.url, "helpdesk").sources().list_sources()


@with_sources
def test_tagged_objects_are_read_as_the_sdk_expects_them(tenant: Hand, sdk: Sdk) -> None:
    tenant.scenario(sources=[{**SOURCE, "tags": ["PCI", "HR"]}, {"id": "s2"}])
    [tagged] = sdk.tagged_objects().list_tagged_objects(filters='objectRef.type eq "SOURCE" and tagName eq "PCI"')
    assert (tagged.object_ref.id, tagged.object_ref.type, tagged.tags) == ("s1", "SOURCE", ["PCI", "HR"])


@with_schedules
def test_schedules_are_created_read_changed_and_deleted(tenant: Hand, sdk: Sdk) -> None:
    tenant.scenario(sources=[SOURCE])
    api = sdk.sources()
    wanted = sdk.schedule({"type": "ACCOUNT_AGGREGATION", "cronExpression": "0 0 5,13,21 * * ?"})
    assert api.get_source_schedules("s1") == []
    assert api.create_source_schedule("s1", wanted) == wanted
    assert api.get_source_schedule("s1", "ACCOUNT_AGGREGATION") == wanted
    assert api.get_source_schedules("s1") == [wanted]
    [operation] = sdk.operations({"op": "replace", "path": "/cronExpression", "value": "0 0 6 ? * MON"})
    changed = api.update_source_schedule("s1", "ACCOUNT_AGGREGATION", [operation])
    assert changed.cron_expression == "0 0 6 ? * MON"
    with pytest.raises(sdk.errors.BadRequestException) as refused:
        api.create_source_schedule("s1", wanted)
    assert "already exists" in sdk.error(refused).messages[0].text
    assert api.delete_source_schedule("s1", "ACCOUNT_AGGREGATION") is None
    with pytest.raises(sdk.errors.NotFoundException):
        api.get_source_schedule("s1", "ACCOUNT_AGGREGATION")
