# Copyright (c) 2026, the sailpoint.isc contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The control API below /_tenant/: a test's hand on the tenant. No authentication, loopback only, never logged."""

from __future__ import annotations

import asyncio
import ipaddress
import time
from collections.abc import Awaitable
from typing import Any, Callable

from aiohttp import web

from .faults import Fault
from .scenario import Tenant
from .tasks import merge

PREFIX = "/_tenant/"

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


class Control:
    """Handlers of the control API.

    tenant: the state that is served now.  shut: makes the server unreachable for so many seconds, where it can.
    """

    def __init__(self, tenant: Tenant, default_latency: float) -> None:
        self.tenant = tenant
        self.shut: Callable[[float], Awaitable[None]] | None = None
        self._default_latency = default_latency
        self._shutting: asyncio.Task[None] | None = None

    def routes(self) -> list[web.RouteDef]:
        table: list[tuple[str, str, Handler]] = [
            ("PUT", "scenario", self.put_scenario),
            ("GET", "log", self.get_log),
            ("DELETE", "log", self.delete_log),
            ("GET", "tasks", self.get_tasks),
            ("POST", "tasks", self.post_tasks),
            ("PATCH", "tasks/{id}", self.patch_task),
            ("GET", "sources", self.get_sources),
            ("POST", "sources", self.post_sources),
            ("PATCH", "sources/{id}", self.patch_source),
            ("POST", "faults", self.post_faults),
            ("DELETE", "faults", self.delete_faults),
            ("PUT", "safe-mode", self.put_safe_mode),
            ("PUT", "latency", self.put_latency),
            ("PUT", "down", self.put_down),
        ]
        return [web.route(method, PREFIX + path, guarded(handler)) for method, path, handler in table]

    async def put_scenario(self, request: web.Request) -> web.StreamResponse:
        self.tenant = Tenant(await request.json(), time.time(), self._default_latency)
        return web.json_response({"tasks": len(self.tenant.store.all()), "sources": len(self.tenant.sources)})

    async def get_log(self, request: web.Request) -> web.StreamResponse:
        log = self.tenant.log
        return web.json_response(
            {
                "requests": list(log.entries),
                "tokens": self.tenant.tokens.given,
                "unsafe_refused": log.unsafe_refused,
            }
        )

    async def delete_log(self, request: web.Request) -> web.StreamResponse:
        self.tenant.log = type(self.tenant.log)()
        self.tenant.tokens.given = 0
        return web.json_response({})

    async def get_tasks(self, request: web.Request) -> web.StreamResponse:
        now = time.time()
        self.tenant.store.advance(now)
        return web.json_response({"tasks": [task.raw(now) for task in self.tenant.store.all()]})

    async def post_tasks(self, request: web.Request) -> web.StreamResponse:
        specs = _listed(await request.json(), "tasks")
        return web.json_response({"ids": self.tenant.add_tasks(specs, time.time())}, status=201)

    async def patch_task(self, request: web.Request) -> web.StreamResponse:
        now = time.time()
        self.tenant.store.advance(now)
        task = self.tenant.store.any(request.match_info["id"])
        if task is None:
            return web.json_response({"error": f"no task {request.match_info['id']}"}, status=404)
        merge(task, await request.json(), now)
        self.tenant.store.touch(task)
        self.tenant.know_source_of(task, now)
        self.tenant.store.advance(now)
        return web.json_response(task.raw(now))

    async def get_sources(self, request: web.Request) -> web.StreamResponse:
        return web.json_response({"sources": [source.raw() for source in self.tenant.sources.values()]})

    async def post_sources(self, request: web.Request) -> web.StreamResponse:
        specs = _listed(await request.json(), "sources")
        return web.json_response({"ids": self.tenant.add_sources(specs, time.time())}, status=201)

    async def patch_source(self, request: web.Request) -> web.StreamResponse:
        source = self.tenant.sources.get(request.match_info["id"])
        if source is None:
            return web.json_response({"error": f"no source {request.match_info['id']}"}, status=404)
        changes = dict(await request.json())
        deleted = bool(changes.pop("deleted", False))
        changed = source.changed(changes, time.time())
        self.tenant.sources[source.id] = changed
        if deleted:
            self.tenant.deleted.add(source.id)
            del self.tenant.sources[source.id]
        return web.json_response(changed.raw())

    async def post_faults(self, request: web.Request) -> web.StreamResponse:
        faults = [Fault.from_spec(spec) for spec in _listed(await request.json(), "faults")]
        self.tenant.faults.extend(faults)
        return web.json_response({"faults": len(self.tenant.faults)}, status=201)

    async def delete_faults(self, request: web.Request) -> web.StreamResponse:
        self.tenant.faults.clear()
        return web.json_response({})

    async def put_safe_mode(self, request: web.Request) -> web.StreamResponse:
        self.tenant.safe_mode = bool((await request.json())["on"])
        return web.json_response({"on": self.tenant.safe_mode})

    async def put_latency(self, request: web.Request) -> web.StreamResponse:
        self.tenant.latency = float((await request.json())["seconds"])
        return web.json_response({"seconds": self.tenant.latency})

    async def put_down(self, request: web.Request) -> web.StreamResponse:
        seconds = float((await request.json())["seconds"])
        self._shutting = asyncio.create_task(self._shut_soon(seconds))
        return web.json_response({"seconds": seconds})

    async def _shut_soon(self, seconds: float) -> None:
        await asyncio.sleep(0.1)  # for this answer to get out
        if self.shut is not None:
            await self.shut(seconds)


CONTROL = web.AppKey("control", Control)


def guarded(handler: Handler) -> Handler:
    """Loopback only, and an answer that says what is wrong with a body instead of a traceback."""

    async def handle(request: web.Request) -> web.StreamResponse:
        if not ipaddress.ip_address(request.remote or "0.0.0.0").is_loopback:
            return web.json_response({"error": "the control API answers on loopback only"}, status=403)
        try:
            return await handler(request)
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            return web.json_response({"error": f"{type(error).__name__}: {error}"}, status=400)

    return handle


def _listed(document: Any, key: str) -> list[Any]:
    """A list, an object that holds one under `key`, or a single object."""
    if isinstance(document, dict):
        document = document[key] if isinstance(document.get(key), list) else [document]
    return list(document)
