# Copyright (c) 2026, the sailpoint.isc contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the modules cost, beside what users do today and the floor, in one run.

Ratios count; seconds are those of this machine. Each way to do a piece of work is run in turn, for several rounds, and
the median taken.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import shlex
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.metadata import version
from pathlib import Path
from typing import Any

import trustme

from tests.bench import goals, growth, page
from tests.bench.stage import Stage, Tenant
from tests.support import workspace
from tests.support.tenant import running_tenant, running_tenants

MANY_TENANTS = 20
PARTS = ("lists", "single", "memory", "report", "long", "growth", "waits", "tenants")
ALWAYS = ("lists", "single", "memory", "report", "long")


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="make bench", description=__doc__)
    parser.add_argument("--rounds", type=int, default=2, help="how often each way is run, in turn")
    parser.add_argument("--slow-rounds", type=int, default=1, help="how often the uri loop and the SDK are run")
    parser.add_argument("--full", action="store_true", help="also how cost grows")
    parser.add_argument("--only", choices=PARTS, action="append", help="this part; may be given several times")
    parser.add_argument("--write", action="store_true", help="write what was measured to docs/benchmarks.*")
    return parser.parse_args()


@contextmanager
def tls_tenant(directory: Path) -> Iterator[Tenant]:
    """A tenant behind https, with a certificate of an authority of its own."""
    authority = trustme.CA()
    certificate = authority.issue_cert("127.0.0.1")
    ca, cert, key = (directory / name for name in ("ca.pem", "cert.pem", "key.pem"))
    authority.cert_pem.write_to_path(ca)
    certificate.cert_chain_pems[0].write_to_path(cert)
    certificate.private_key_pem.write_to_path(key)
    with running_tenant("--tls-cert", str(cert), "--tls-key", str(key)) as url:
        yield Tenant(url, ca)


def measure(options: argparse.Namespace, stage: Stage) -> dict[str, Any]:
    """All figures by part; `goals` holds the rows of the table."""
    parts = options.only or (PARTS if options.full else ALWAYS)
    rounds = options.rounds
    found: dict[str, Any] = {"goals": [], "about": about(options)}

    def keep(part: str, facts: Any, rows: list[goals.Goal]) -> None:
        found[part] = facts
        found["goals"] += rows
        for row in rows:
            print(page.line(row), flush=True)
        if not rows:
            print(json.dumps({part: facts}, indent=2), flush=True)

    history = {"count": goals.RECORDS, "sources": 20, "pending": 0}
    with running_tenant() as url:
        tenant = Tenant(url)
        tenant.start_over(generate=history)
        if "single" in parts:
            keep("single", *goals.single_tasks(stage, tenant, max(rounds, 3)))
        if "memory" in parts:
            keep("memory", *goals.memory(stage, tenant))
        if "lists" in parts:
            found["lists"] = {}
            with tls_tenant(stage.directory) as secure:
                secure.start_over(generate=history)
                for setting, where, latency in (
                    (goals.WITHOUT_LATENCY, tenant, 0.0),
                    ("50 ms", tenant, growth.LATENCY),
                    ("50 ms, TLS", secure, growth.LATENCY),
                ):
                    where.latency(latency)
                    seconds = goals.list_everything(stage, where, rounds, options.slow_rounds)
                    found["lists"][setting] = seconds
                    print(f"{setting}: " + "; ".join(f"{name} {taken:.2f} s" for name, taken in seconds.items()))
                    rows = goals.list_goals(seconds, setting)
                    keep("lists", found["lists"], rows)
        if "report" in parts:
            keep("report", *goals.report(stage, tenant, rounds))
        if "growth" in parts:
            keep("growth", growth.with_tasks(stage, tenant, rounds), [])
    if "long" in parts:
        with running_tenants(2 + len(goals.VERSIONS)) as urls:
            keep("long", *goals.long_ones(stage, [Tenant(url) for url in urls], options.full))
    if "waits" in parts:
        with running_tenants(len(growth.WAITED)) as urls:
            keep("waits", growth.with_waits(stage, [Tenant(url) for url in urls]), [])
    if "tenants" in parts:
        with running_tenants(MANY_TENANTS) as urls:
            keep("tenants", growth.with_tenants(stage, [Tenant(url) for url in urls], rounds), [])
    return found


def about(options: argparse.Namespace) -> dict[str, Any]:
    """What the figures depend on."""
    given = [f"--rounds {options.rounds}", f"--slow-rounds {options.slow_rounds}", *["--full"] * options.full]
    given += [f"--only {part}" for part in options.only or []]
    return {
        "command": f"make bench ARGS={shlex.quote(' '.join([*given, '--write']))}",
        "rounds": options.rounds,
        "slow_rounds": options.slow_rounds,
        "python": platform.python_version(),
        "cores": os.cpu_count(),
        "load": round(os.getloadavg()[0], 1),
        "versions": {name: version(name) for name in ("ansible-core", "requests", "sailpoint")},
    }


def main() -> int:
    options = arguments()
    directory = workspace.LOGS / "bench"
    directory.mkdir(parents=True, exist_ok=True)
    for old in directory.iterdir():
        old.unlink()
    found = measure(options, Stage(directory))
    results = directory / "results.json"
    results.write_text(json.dumps(found, indent=2))
    if options.write:
        page.write(json.loads(results.read_text()))
    print(f"All figures are in {results.relative_to(workspace.ROOT)}.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
