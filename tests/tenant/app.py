# Copyright (c) 2026, the sailpoint.isc contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The API: how a request is let in, what each operation answers, and where faults come between."""

from __future__ import annotations

import asyncio
import hashlib
import json
import time
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Callable, TypeVar
from urllib.parse import unquote

import jsonpatch
from aiohttp import web

from . import faults, filters, schedules, sources
from .clock import format_time, parse_time
from .control import CONTROL, PREFIX, Control, Handler
from .errors import ApiError, bad_request, error_body, forbidden, not_found
from .launches import KINDS, Upload, launch, progress
from .log import summary
from .oauth import Client, named_client
from .scenario import Tenant
from .tasks import STATUSES, Record, Task
from .versions import OPERATIONS, SOURCE_FILTERS, TAG_FILTERS, VERSIONS, Operation, Version

MAX_LIMIT = 250
MAX_TARGET = 8192
"""The longest request target (path and query, in bytes) that gets through."""
MAX_BODY = 1 << 30
_SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})


@dataclass
class Call:
    """One request on its way: where it goes, what it carries, and its entry in the log."""

    tenant: Tenant
    request: web.Request
    name: str | None
    """Name of the operation; None: there is none at that path."""
    version: Version | None
    operation: Operation | None
    query: dict[str, str]
    entry: dict[str, Any]
    body: bytes = b""
    upload: Upload | None = field(default_factory=Upload)
    """None: a multipart body that cannot be read."""
    client: Client | None = None

    @property
    def id(self) -> str:
        return self.request.match_info["id"]

    @property
    def type(self) -> str:
        """Which schedule of a source is meant."""
        return self.request.match_info["type"]


Operate = Callable[[Call], web.Response]
Row = TypeVar("Row")


class Api:
    """Routes of the API on whatever state the control API holds."""

    def __init__(self, control: Control) -> None:
        self._control = control

    def routes(self) -> list[web.RouteDef]:
        table = [web.post("/oauth/token", self._handler(grant_token, "token"))]
        for version in VERSIONS.values():
            for operation in OPERATIONS:
                if version.serves(operation):
                    handler = self._handler(_OPERATE[operation.name], operation.name, version, operation)
                    # Left alone, every GET route would answer HEAD too, and the API does not.
                    options = {"allow_head": False} if operation.method == "GET" else {}
                    table.append(web.route(operation.method, version.path(operation), handler, **options))
        table.append(web.route("*", "/{path:.*}", self._handler(nothing_here)))
        return table

    def _handler(
        self,
        operate: Operate,
        name: str | None = None,
        version: Version | None = None,
        operation: Operation | None = None,
    ) -> Handler:
        async def handle(request: web.Request) -> web.StreamResponse:
            if request.path.startswith(PREFIX):
                return web.json_response(
                    {"error": f"the control API has no {request.method} {request.path}"}, status=404
                )
            call = await _receive(self._control.tenant, request, name, version, operation)
            await asyncio.sleep(call.tenant.latency)
            return await _serve(call, operate)

        return handle


async def _receive(
    tenant: Tenant, request: web.Request, name: str | None, version: Version | None, operation: Operation | None
) -> Call:
    body, logged, upload = b"", None, None
    if request.content_type.startswith("multipart/") and "boundary" in request.headers["Content-Type"]:
        logged, upload = await _read_multipart(request)
    else:
        body = await request.read()
        logged = summary(body, request.content_type)
        upload = None if request.content_type.startswith("multipart/") else Upload()
    query = _parameters(request.rel_url.raw_query_string)
    entry = tenant.log.add(request, query, logged)
    entry["version"] = version.name if version else None
    entry["operation"] = name
    entry["client_id"] = named_client(request.headers.get("Authorization"))
    return Call(tenant, request, name, version, operation, query, entry, body, upload)


async def _read_multipart(request: web.Request) -> tuple[Record, Upload | None]:
    try:
        form = await request.post()
    except (ValueError, AssertionError) as error:
        return {"multipart": None, "error": str(error)}, None
    parts: list[Record] = []
    for name, value in form.items():
        if isinstance(value, web.FileField):
            content = value.file.read()
            parts.append(
                {
                    "name": name,
                    "filename": value.filename,
                    "content_type": value.content_type,
                    "size": len(content),
                    "sha256": hashlib.sha256(content).hexdigest(),
                }
            )
        else:
            parts.append({"name": name, "value": str(value)})
    values = {part["name"]: part.get("value", "") for part in parts}
    return {"multipart": parts}, Upload(
        has_file=any(part["name"] == "file" and part.get("size") for part in parts),
        disable_optimization=values.get("disableOptimization", "").lower() == "true",
    )


async def _serve(call: Call, operate: Operate) -> web.StreamResponse:
    tenant, request, entry = call.tenant, call.request, call.entry
    fault = None
    if tenant.safe_mode and request.method not in _SAFE_METHODS and call.name != "token":
        tenant.log.unsafe_refused += 1
        response = _response(forbidden("Safe mode: this stand-in refuses every method that changes something."))
    else:
        version = call.version.name if call.version else None
        fault = faults.pick(tenant.faults, request.method, request.path, call.name, version)
        entry["fault"] = fault.name if fault else None
        response = _answer(call, operate) if fault is None else await _faulty_answer(call, operate, fault)
    response.headers["SLPT-Request-ID"] = uuid.uuid4().hex
    if call.version and f"{call.version.name}/{call.name}" in tenant.deprecated:
        response.headers[tenant.deprecation_header] = "true"
    if fault is None or fault.name not in ("reset_before", "reset_after"):
        entry["status"] = response.status
    if fault is not None and fault.name in faults.CUTTING:
        await faults.cut(fault, request, response)
    return response


async def _faulty_answer(call: Call, operate: Operate, fault: faults.Fault) -> web.Response:
    if fault.name == "expire_token" and call.name == "token":
        response = _answer(call, operate)
        if response.status == 200 and isinstance(response.body, bytes):
            call.tenant.tokens.expire("Bearer " + json.loads(response.body)["access_token"])
        return response
    if fault.name == "expire_token":
        call.tenant.tokens.expire(call.request.headers.get("Authorization"))
    if fault.name == "repeat_page":
        step = int(call.query.get("limit") or MAX_LIMIT)
        call.query["offset"] = str(max(0, int(call.query.get("offset") or 0) - step))
    response = _answer(call, operate) if fault.processed else web.json_response({})
    if fault.name in faults.REPLACING and fault.name not in faults.CUTTING:
        return faults.replacement(fault)
    return await faults.spoil(fault, response)


def _answer(call: Call, operate: Operate) -> web.Response:
    try:
        _admit(call)
        return operate(call)
    except ApiError as error:
        return _response(error)


def _admit(call: Call) -> None:
    """Raises the API's refusal unless this request may go on to its operation."""
    request, tenant = call.request, call.tenant
    if request.headers.get("User-Agent", "").startswith("Python-urllib"):
        raise ApiError(403, "error code: 1010")
    if len(request.raw_path) > MAX_TARGET:
        raise ApiError(414, error_body(414, "The request target is too long."))
    if call.operation is None or call.version is None:
        return
    call.client = tenant.tokens.check(request.headers.get("Authorization"))
    if tenant.rate_limit is not None:
        tenant.rate_limit.take(call.client.client_id, call.version.name, time.monotonic())
    wants_header = tenant.experimental_header_required and call.version.experimental
    if wants_header and request.headers.get("X-SailPoint-Experimental", "").lower() != "true":
        raise bad_request("This API is experimental: set the header X-SailPoint-Experimental to true.")
    call.client.require(call.operation)


def nothing_here(call: Call) -> web.Response:
    raise not_found(f"There is no {call.request.method} {call.request.path}.")


def grant_token(call: Call) -> web.Response:
    form = _parameters(call.body.decode("utf-8", "replace").replace("+", " "))
    call.entry["client_id"] = form.get("client_id")
    return web.json_response(call.tenant.tokens.grant(call.request.content_type, form, call.query, time.time()))


def list_tasks(call: Call) -> web.Response:
    assert call.version is not None
    newest_first = _newest_first(call.query.get("sorters"))
    comparisons = filters.read_for_tasks(call.query.get("filters"), call.version)
    conditions: list[Callable[[Task], bool]] = [comparison.matches for comparison in comparisons]
    if not call.version.list_covers_pending:
        conditions.append(lambda task: task.finished)
    found = call.tenant.store.select(time.time(), *conditions)
    return _page(call, found if newest_first else found[::-1], Task.json)


def list_pending(call: Call) -> web.Response:
    found = call.tenant.store.select(time.time(), lambda task: task.pending)
    page = _page(call, found, Task.json)
    if not found and call.tenant.pending_empty_204:
        return web.Response(status=204, headers=page.headers)
    return page


def get_task(call: Call) -> web.Response:
    return _json(_find(call).json())


def patch_task(call: Call) -> web.Response:
    task = _find(call)
    record = _patched_task(task.record, _patched(call, task.record))
    if record.get("modified") == task.record.get("modified"):
        record["modified"] = format_time(time.time())
    task.record = record
    call.tenant.store.touch(task)
    call.entry["effect"] = "patched"
    return _json(task.json())


def _patched(call: Call, record: Record) -> Any:
    """What a record becomes by the JSON Patch of a call: by all of its operations, or a 400 and none."""
    test_op = call.tenant.patch_test_op
    operations = _json_body(call, "application/json-patch+json")
    if not isinstance(operations, list) or not all(isinstance(operation, dict) for operation in operations):
        raise bad_request("The body is not a JSON Patch: a list of operations.")
    if test_op == "refused" and any(operation.get("op") == "test" for operation in operations):
        raise bad_request("The operation test is not supported.")
    if test_op == "ignored":
        operations = [operation for operation in operations if operation.get("op") != "test"]
    try:
        return jsonpatch.JsonPatch(operations).apply(record)
    except Exception as error:  # whatever makes the library stumble is a fault of the patch
        raise bad_request("The patch cannot be applied.", [f"{type(error).__name__}: {error}"]) from None


def _json_body(call: Call, content_type: str) -> Any:
    if call.request.content_type != content_type:
        raise ApiError(415, error_body(415, f"The content type must be {content_type}."))
    try:
        return json.loads(call.body)
    except ValueError:
        raise bad_request("The body is not JSON.") from None


def _patched_task(record: Record, patched: Any) -> Record:
    """The record of a task as it was patched; raises the API's refusal of what cannot be changed so."""
    if not isinstance(patched, dict) or patched.get("id") != record["id"]:
        raise bad_request("The id of a task cannot be changed.")
    status, completed = patched.get("completionStatus"), patched.get("completed")
    known = status is None or (isinstance(status, str) and status in STATUSES)
    if status != record.get("completionStatus") and not known:
        raise bad_request(f"Error converting Enumerated string (completionStatus) value ({status})")
    if completed != record.get("completed") and completed is not None:
        try:
            parse_time(completed)
        except ValueError:
            raise bad_request(f"completed is not a date-time: {completed}") from None
    return patched


def list_sources(call: Call) -> web.Response:
    comparisons = filters.read(call.query.get("filters"), SOURCE_FILTERS)
    found = sources.in_order(call.tenant.sources.values(), call.query.get("sorters"))
    found = [source for source in found if all(sources.meets(source, comparison) for comparison in comparisons)]
    return _page(call, found, lambda source: json.dumps(source.record))


def get_source(call: Call) -> web.Response:
    return _json(json.dumps(sources.find(call.tenant.sources, call.id).record))


def tagged_objects(call: Call) -> web.Response:
    comparisons = filters.read(call.query.get("filters"), TAG_FILTERS)
    tagged = [source for source in call.tenant.sources.values() if source.tags]
    found = [source for source in tagged if all(sources.is_tagged(source, comparison) for comparison in comparisons)]
    return _page(call, found, lambda source: json.dumps(source.tagged_object()))


def list_schedules(call: Call) -> web.Response:
    source = sources.find(call.tenant.sources, call.id)
    return _json(json.dumps([schedules.document(source.schedules, kind) for kind in source.schedules]))


def create_schedule(call: Call) -> web.Response:
    source = sources.find(call.tenant.sources, call.id)
    created = schedules.create(source.schedules, _json_body(call, "application/json"))
    call.entry["effect"] = "created"
    return web.json_response(created, status=201)


def get_schedule(call: Call) -> web.Response:
    source = sources.find(call.tenant.sources, call.id)
    return _json(json.dumps(schedules.document(source.schedules, call.type)))


def patch_schedule(call: Call) -> web.Response:
    source = sources.find(call.tenant.sources, call.id)
    patched = _patched(call, schedules.document(source.schedules, call.type))
    changed = schedules.replace(source.schedules, call.type, patched)
    call.entry["effect"] = "patched"
    return _json(json.dumps(changed))


def delete_schedule(call: Call) -> web.Response:
    source = sources.find(call.tenant.sources, call.id)
    schedules.document(source.schedules, call.type)
    del source.schedules[call.type]
    call.entry["effect"] = "deleted"
    return web.Response(status=204)


def launch_aggregation(call: Call) -> web.Response:
    assert call.client is not None
    assert call.name is not None
    if call.upload is None:
        raise ApiError(500, error_body(500, "An internal fault occurred."))
    source = sources.find(call.tenant.sources, call.id)
    launcher = call.client.user_name or "System"
    answer, started = launch(call.name, source, call.upload, launcher, call.tenant.store, time.time())
    call.entry["effect"] = "launched" if started else None
    return web.json_response(answer, status=202)


def aggregation_progress(call: Call) -> web.Response:
    now = time.time()
    return web.json_response(progress(call.tenant.store.get(call.id, now), now))


_OPERATE: Mapping[str, Operate] = {
    "list": list_tasks,
    "pending": list_pending,
    "get": get_task,
    "patch": patch_task,
    "progress": aggregation_progress,
    "list_sources": list_sources,
    "get_source": get_source,
    "tagged_objects": tagged_objects,
    "list_schedules": list_schedules,
    "create_schedule": create_schedule,
    "get_schedule": get_schedule,
    "patch_schedule": patch_schedule,
    "delete_schedule": delete_schedule,
    **dict.fromkeys(KINDS, launch_aggregation),
}


def _find(call: Call) -> Task:
    task = call.tenant.store.get(call.id, time.time())
    if task is None:
        raise not_found(f"Task status {call.id} was not found.")
    return task


def _page(call: Call, found: list[Row], write: Callable[[Row], str]) -> web.Response:
    limit = _whole_number(call.query, "limit", MAX_LIMIT)
    offset = _whole_number(call.query, "offset", 0)
    if limit > MAX_LIMIT:
        raise bad_request(f"limit must not be above {MAX_LIMIT}, but is {limit}")
    count = call.query.get("count", "false").lower()
    if count not in ("true", "false"):
        raise bad_request(f"count must be true or false, but is {count}")
    response = _json("[" + ",".join(write(row) for row in found[offset : offset + limit]) + "]")
    if count == "true":
        response.headers["X-Total-Count"] = str(len(found))
    return response


def _whole_number(query: Mapping[str, str], name: str, default: int) -> int:
    text = query.get(name, str(default))
    if not (text.isascii() and text.isdigit()):
        raise bad_request(f"{name} must be a whole number from 0, but is {text}")
    return int(text)


def _newest_first(sorters: str | None) -> bool:
    if sorters not in (None, "", "created", "-created"):
        raise bad_request(f"Sorting by {sorters} is not supported")
    return sorters != "created"


def _parameters(text: str) -> dict[str, str]:
    """Decoded once, by percent signs only: a plus sign is a plus sign, as the API has it."""
    pairs = (part.partition("=") for part in text.split("&") if part)
    return {unquote(name): unquote(value) for name, _equals, value in pairs}


def _json(text: str) -> web.Response:
    return web.Response(body=text.encode(), content_type="application/json")


def _response(error: ApiError) -> web.Response:
    if isinstance(error.body, str):
        return web.Response(status=error.status, text=error.body, headers=error.headers)
    return web.json_response(error.body, status=error.status, headers=error.headers)


def make_app(tenant: Tenant, default_latency: float = 0.0) -> web.Application:
    """The whole server: control API first, then the API."""
    control = Control(tenant, default_latency)
    app = web.Application(client_max_size=MAX_BODY)
    app[CONTROL] = control
    app.add_routes(control.routes())
    app.add_routes(Api(control).routes())
    return app
