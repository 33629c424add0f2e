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
from .scenario import DEFAULT_FILE, Tenant, load


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.tenant", description=__doc__)
    parser.add_argument("--host", default="127.0.0.1", help="address to listen on (default: %(default)s)")
    parser.add_argument("--port", type=int, default=0, help="port to listen on (default: a free one)")
    parser.add_argument("--latency", type=float, default=0.0, metavar="SECONDS", help="wait so long before each answer")
    parser.add_argument(
        "--scenario", type=Path, default=DEFAULT_FILE, metavar="FILE", help="YAML or JSON, see README.md"
    )
    parser.add_argument("--tls-cert", type=Path, metavar="FILE", help="serve https with this certificate")
    parser.add_argument("--tls-key", type=Path, metavar="FILE", help="its key")
    return parser.parse_args()


async def serve(options: argparse.Namespace, tenant: Tenant) -> None:
    """Serve until SIGINT or SIGTERM."""
    tls = None
    if options.tls_cert:
        tls = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        tls.load_cert_chain(options.tls_cert, options.tls_key)
    stop = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    # A target that is only too long for the API must reach it: the API has an answer of its own for that.
    runner = web.AppRunner(
        make_app(tenant, options.latency), access_log=None, max_line_size=8 * MAX_TARGET, max_field_size=8 * MAX_TARGET
    )
    await runner.setup()
    site = web.TCPSite(runner, options.host, options.port, ssl_context=tls, shutdown_timeout=0.1)
    await site.start()
    host, port = runner.addresses[0][:2]
    scheme = "https" if tls else "http"
    print(f"tenant: listening on {scheme}://{f'[{host}]' if ':' in host else host}:{port}", flush=True)
    await stop.wait()
    await runner.cleanup()


def main() -> int:
    options = arguments()
    try:
        tenant = Tenant(load(options.scenario), time.time(), options.latency)
    except (OSError, ValueError, KeyError, TypeError, AttributeError, yaml.YAMLError) as error:
        print(f"tenant: {options.scenario}: {type(error).__name__}: {error}", file=sys.stderr)
        return 2
    try:
        asyncio.run(serve(options, tenant))
    except OSError as error:
        print(f"tenant: cannot listen on {options.host}:{options.port}: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
