# Copyright (c) 2026, the sailpoint.isc contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What each API version serves: one table of operations, one of versions."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

READERS = frozenset({"ORG_ADMIN", "SOURCE_ADMIN", "SOURCE_SUBADMIN", "REPORT_ADMIN", "ROLE_ADMIN", "HELPDESK"})
EDITORS = frozenset({"ORG_ADMIN"})
SOURCE_ADMINS = frozenset({"ORG_ADMIN", "SOURCE_ADMIN", "SOURCE_SUBADMIN"})
SOURCE_READERS = SOURCE_ADMINS | {"ROLE_SUBADMIN"}


@dataclass(frozen=True)
class Operation:
    """One operation: where it lies below its service, and who may call it."""

    name: str
    method: str
    service: str
    path: str
    scopes: frozenset[str]
    authorities: frozenset[str] | None
    """User levels that may call it; None: all."""
    user_context: bool = False


_READ = frozenset({"idn:task-management:read", "idn:task-management:write"})
_WRITE = frozenset({"idn:task-management:write"})
_SOURCES = frozenset({"idn:sources:manage"})
_READ_SOURCES = frozenset({"idn:sources:read", "idn:sources:manage"})
_TAGS = frozenset({"idn:tag:read"})
_ENTITLEMENTS = frozenset({"idn:entitlement:manage"})

OPERATIONS = (
    Operation("list", "GET", "task-status", "", _READ, READERS),
    Operation("pending", "GET", "task-status", "/pending-tasks", _READ, READERS),
    Operation("pending", "HEAD", "task-status", "/pending-tasks", _READ, READERS),
    Operation("get", "GET", "task-status", "/{id}", _READ, READERS),
    Operation("patch", "PATCH", "task-status", "/{id}", _WRITE, EDITORS, user_context=True),
    Operation("list_sources", "GET", "sources", "", _READ_SOURCES, SOURCE_READERS),
    Operation("get_source", "GET", "sources", "/{id}", _READ_SOURCES, SOURCE_READERS),
    Operation("list_schedules", "GET", "sources", "/{id}/schedules", _READ_SOURCES, SOURCE_ADMINS),
    Operation("create_schedule", "POST", "sources", "/{id}/schedules", _SOURCES, SOURCE_ADMINS),
    Operation("get_schedule", "GET", "sources", "/{id}/schedules/{type}", _READ_SOURCES, SOURCE_ADMINS),
    Operation("patch_schedule", "PATCH", "sources", "/{id}/schedules/{type}", _SOURCES, SOURCE_ADMINS),
    Operation("delete_schedule", "DELETE", "sources", "/{id}/schedules/{type}", _SOURCES, SOURCE_ADMINS),
    Operation("tagged_objects", "GET", "tagged-objects", "", _TAGS, None),
    Operation("load_accounts", "POST", "sources", "/{id}/load-accounts", _SOURCES, SOURCE_ADMINS),
    Operation("load_entitlements", "POST", "sources", "/{id}/load-entitlements", _ENTITLEMENTS, SOURCE_ADMINS, True),
    Operation("load_uncorrelated", "POST", "sources", "/{id}/load-uncorrelated-accounts", _SOURCES, SOURCE_ADMINS),
    Operation("progress", "GET", "account-aggregations", "/{id}/status", _SOURCES, SOURCE_ADMINS, True),
)

_BASIC = {"id": {"eq", "in"}, "sourceId": {"eq", "in"}, "completionStatus": {"eq", "in"}, "type": {"eq", "in"}}
_ISNULL = {**_BASIC, "completionStatus": {"eq", "in", "isnull"}}
_LAUNCHER = {**_ISNULL, "launcher": {"eq", "in"}}

SOURCE_FILTERS = {
    **{key: {"eq", "in", "sw", "co"} for key in ("id", "name", "category")},
    **{key: {"eq", "in", "sw"} for key in ("type", "status", "connectorName", "connectionType")},
    **{key: {"eq"} for key in ("owner.id", "authoritative")},
    "features": {"ca", "co"},
    "healthy": {"isnull"},
}
"""What the list of sources filters by, on every version."""
TAG_FILTERS = {key: {"eq", "in"} for key in ("objectRef.type", "objectRef.id", "tagName")}


@dataclass(frozen=True)
class Version:
    """One API version and what it can do."""

    name: str
    filters: Mapping[str, set[str]]
    """Filter fields of the task list and the operators each takes."""
    list_covers_pending: bool
    """Whether the list shows all tasks, or completed ones only."""
    pending_endpoint: bool
    schedules: bool = True
    """Whether sources have schedules."""
    experimental: bool = False
    """Whether the version once asked for the header X-SailPoint-Experimental."""
    service_first: bool = False
    """Whether the version stands behind the service in the path (/task-status/v1) or before it (/beta/task-status)."""

    def serves(self, operation: Operation) -> bool:
        if operation.path.startswith("/{id}/schedules"):
            return self.schedules
        return self.pending_endpoint or operation.name != "pending"

    def path(self, operation: Operation) -> str:
        if self.service_first:
            return f"/{operation.service}/{self.name}{operation.path}"
        return f"/{self.name}/{operation.service}{operation.path}"


VERSIONS = {
    version.name: version
    for version in (
        Version("beta", _BASIC, list_covers_pending=False, pending_endpoint=True, schedules=False),
        Version("v2024", _BASIC, list_covers_pending=False, pending_endpoint=True, experimental=True),
        Version("v2025", _ISNULL, list_covers_pending=True, pending_endpoint=True, experimental=True),
        Version("v2026", _LAUNCHER, list_covers_pending=True, pending_endpoint=False, experimental=True),
        Version("v1", _LAUNCHER, list_covers_pending=True, pending_endpoint=False, service_first=True),
    )
}

DEPRECATED = frozenset({"beta/pending", "v2024/pending", "v2025/pending"})
"""Operations that answer with a deprecation header unless a scenario says otherwise."""
