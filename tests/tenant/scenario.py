# Copyright (c) 2026, the sailpoint.isc contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A scenario: what the tenant starts with. This file reads one and turns it into the tenant's whole state."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

from . import history
from .faults import Fault
from .limits import RateLimit
from .log import Log
from .oauth import DEFAULT_CLIENTS, Client, Tokens
from .sources import Source
from .tasks import Task, TaskStore, task_from
from .versions import DEPRECATED

DEFAULT_FILE = Path(__file__).parent / "scenarios" / "default.yml"

KEYS = frozenset(
    {
        "tenant",
        "rate_limit",
        "latency",
        "deprecated",
        "deprecation_header",
        "pending_empty_204",
        "patch_test_op",
        "experimental_header_required",
        "clients",
        "sources",
        "tasks",
        "generate",
        "faults",
    }
)
_PATCH_TEST_OP = ("honoured", "ignored", "refused")


def load(path: Path) -> dict[str, Any]:
    """A scenario file, YAML or JSON (which is YAML too)."""
    data = yaml.safe_load(path.read_text(encoding="utf-8")) or {}
    # Unquoted dates of YAML would otherwise arrive as something that JSON does not know.
    return dict(json.loads(json.dumps(data, default=str)))


class Tenant:
    """The whole state of the stand-in: made from a scenario, replaced by the next one."""

    def __init__(self, scenario: Mapping[str, Any], now: float, latency: float = 0.0) -> None:
        """Raises ValueError (or KeyError) with what is wrong about the scenario."""
        unknown = set(scenario) - KEYS
        if unknown:
            raise ValueError(f"unknown keys: {', '.join(sorted(unknown))}; there are {', '.join(sorted(KEYS))}")
        self.name = str(scenario.get("tenant") or "acme")
        self.latency = float(scenario.get("latency", latency))
        limit = scenario.get("rate_limit", {})
        self.rate_limit = None if limit is None else RateLimit(**limit)
        deprecated = scenario.get("deprecated", "default")
        self.deprecated = DEPRECATED if deprecated == "default" else frozenset(deprecated or ())
        self.deprecation_header = str(scenario.get("deprecation_header") or "X-Deprecated")
        self.pending_empty_204 = bool(scenario.get("pending_empty_204", False))
        self.experimental_header_required = bool(scenario.get("experimental_header_required", False))
        self.patch_test_op = scenario.get("patch_test_op", "honoured")
        if self.patch_test_op not in _PATCH_TEST_OP:
            raise ValueError(f"patch_test_op: {self.patch_test_op!r} is none of {', '.join(_PATCH_TEST_OP)}")
        clients = [Client.from_spec(spec) for spec in scenario.get("clients") or ()] or DEFAULT_CLIENTS
        self.tokens = Tokens(self.name, {client.client_id: client for client in clients})
        self.faults = [Fault.from_spec(spec) for spec in scenario.get("faults") or ()]
        self.log = Log()
        self.safe_mode = False
        self.sources: dict[str, Source] = {}
        self.deleted: set[str] = set()
        """Ids of sources that are no more, though there may be tasks of them."""
        self.store = TaskStore()
        self.add_sources(scenario.get("sources") or (), now)
        if scenario.get("generate"):
            generated = history.sources(scenario["generate"], now)
            for task in history.tasks(scenario["generate"], [*self.sources.values(), *generated], now):
                self.store.add(task)
            self.sources.update({source.id: source for source in generated})
        self.add_tasks(scenario.get("tasks") or (), now)

    def add_sources(self, specs: Any, now: float) -> list[str]:
        """Add sources in the form of a scenario; returns their ids. One that is `deleted: true` is no more."""
        for spec in specs:
            source = Source.from_spec({key: value for key, value in spec.items() if key != "deleted"}, now)
            if spec.get("deleted"):
                self.deleted.add(source.id)
                self.sources.pop(source.id, None)
            else:
                self.sources[source.id] = source
                self.deleted.discard(source.id)
        return [str(spec["id"]) for spec in specs]

    def add_tasks(self, specs: Any, now: float) -> list[str]:
        """Add tasks in the form of a scenario; returns their ids. Their sources exist."""
        names = {source.id: source.name for source in self.sources.values()}
        tasks = [task_from(spec, names, now) for spec in specs]
        for task in tasks:
            self.store.add(task)
            self.know_source_of(task, now)
        return [task.id for task in tasks]

    def know_source_of(self, task: Task, now: float) -> None:
        """Let the source of a task exist, unless it is known to be there or to be no more."""
        source_id = task.source_id
        if source_id is None or source_id in self.sources or source_id in self.deleted:
            return
        target = task.record.get("target") or {}
        name = target.get("name") if target.get("id") == source_id else None
        self.sources[source_id] = Source.from_spec({"id": source_id, "name": name or source_id}, now)
