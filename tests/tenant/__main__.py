# Copyright (c) 2026, the sailpoint.isc contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Start the stand-in tenant: python -m tests.tenant [--port 0] [--scenario FILE] (run from the checkout root)."""

from __future__ import annotations

import argparse
import asyncio
import signal
import ssl
import sys
import time
from pathlib import Path

import yaml
from aiohttp import web

from .app import MAX_TARGET, make_app
from .control import CONTROL
from .scenario import DEFAULT_FILE, Tenant, load

# Sources whose ids are shown
_MOST_NAMED = 10


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.tenant", description=__doc__)
    parser.add_argument("--host", default="127.0.0.1", help="address to listen on (default: %(default)s)")
    parser.add_argument("--port", type=int, default=0, help="port to listen on (default: a free one)")
    parser.add_argument("--latency", type=float, default=0.0, metavar="SECONDS", help="wait so long before each answer")
    parser.add_argument(
        "--scenario", type=Path, default=DEFAULT_FILE, metavar="FILE", help="YAML or JSON, see README.md"
    )
    parser.add_argument("--tenants", type=int, default=1, metavar="N", help="so many, each on its own port")
    parser.add_argument("--tls-cert", type=Path, metavar="FILE", help="serve https with this certificate")
    parser.add_argument("--tls-key", type=Path, metavar="FILE", help="its key")
    return parser.parse_args()


class Door:
    """Where one tenant is to be found. It can be shut for a while, as a server is that starts again."""

    def __init__(self, tenant: Tenant, options: argparse.Namespace, tls: ssl.SSLContext | None) -> None:
        app = make_app(tenant, options.latency)
        app[CONTROL].shut = self.shut
        # A target that is only too long for the API must reach it: the API has an answer of its own for that.
        size = 8 * MAX_TARGET
        self._runner = web.AppRunner(
            app, access_log=None, max_line_size=size, max_field_size=size, shutdown_timeout=0.1
        )
        self._host, self._port, self._tls = options.host, options.port, tls
        self._site: web.TCPSite | None = None

    async def open(self) -> str:
        """Listen; returns the URL."""
        if self._runner.server is None:
            await self._runner.setup()
        self._site = web.TCPSite(self._runner, self._host, self._port, ssl_context=self._tls)
        await self._site.start()
        host, self._port = self._runner.addresses[0][:2]
        self.url = f"{'https' if self._tls else 'http'}://{f'[{host}]' if ':' in host else host}:{self._port}"
        return self.url

    async def shut(self, seconds: float) -> None:
        """Break every connection and refuse new ones for so long. What the tenant knows, it knows again afterwards."""
        assert self._site is not None
        assert self._runner.server is not None
        await self._site.stop()
        for connection in self._runner.server.connections:
            if connection.transport is not None:
                connection.transport.abort()
        await asyncio.sleep(seconds)
        await self.open()

    async def close(self) -> None:
        await self._runner.cleanup()


async def serve(options: argparse.Namespace, tenants: list[Tenant]) -> None:
    """Serve until SIGINT or SIGTERM."""
    tls = None
    if options.tls_cert:
        tls = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        tls.load_cert_chain(options.tls_cert, options.tls_key)
    stop = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    doors = [Door(tenant, options, tls) for tenant in tenants]
    try:
        for door in doors:
            print(f"tenant: listening on {await door.open()}", flush=True)
        print(_advice(tenants[0], doors[0].url), flush=True)
        await stop.wait()
    finally:
        for door in doors:
            await door.close()


def _advice(tenant: Tenant, url: str) -> str:
    """What whoever has started it by hand sets and tries: address, credentials, ids of sources, a command."""
    client = next(iter(tenant.tokens.clients.values()))
    lines = [
        f"export SAIL_BASE_URL={url} SAIL_CLIENT_ID={client.client_id} SAIL_CLIENT_SECRET={client.client_secret}",
        *(f"# source {source.id}: {source.name}" for source in list(tenant.sources.values())[:_MOST_NAMED]),
        "ansible-playbook sailpoint.isc.clear_stuck_tasks -e older_than=1h --check",
    ]
    return "\n".join(lines)


def main() -> int:
    options = arguments()
    if options.tenants > 1 and options.port:
        print(f"tenant: {options.tenants} tenants cannot share port {options.port}; leave --port out", file=sys.stderr)
        return 2
    try:
        scenario = load(options.scenario)
        tenants = [Tenant(scenario, time.time(), options.latency) for _number in range(options.tenants)]
    except (OSError, ValueError, KeyError, TypeError, AttributeError, yaml.YAMLError) as error:
        print(f"tenant: {options.scenario}: {type(error).__name__}: {error}", file=sys.stderr)
        return 2
    try:
        asyncio.run(serve(options, tenants))
    except OSError as error:
        print(f"tenant: cannot listen on {options.host}:{options.port}: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
