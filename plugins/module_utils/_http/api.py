# Copyright (c) 2026, the sailpoint.isc contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
#
# Private to the collection: it may change in any release.

"""Where each operation lives in each version of the API, and what it can do there. No other file asks for a version.

Facts: the OpenAPI documents of SailPoint's developer site (beta, v2024, v2025, v2026, and the per-service v1).
"""

from __future__ import annotations

import typing as t
from urllib.parse import quote


class ApiVersion(t.NamedTuple):
    """One version of the API.

    path: how a service's path is built from the service's name.
    experimental: requests carry X-SailPoint-Experimental.
    pending_endpoint: pending tasks come from /task-status/pending-tasks, as the list shows completed tasks only;
        where it is false the list covers every task and can filter on a completion status that is not set.
    launcher_filter: the list can filter on the launcher.
    schedules: sources have schedules.
    successor: the version to move to when an endpoint is marked deprecated.
    """

    name: str
    path: str
    experimental: bool
    pending_endpoint: bool
    launcher_filter: bool
    schedules: bool = True
    successor: str = "v1"

    def url_path(self, service: str, *segments: str) -> str:
        """The path of a service, and of what lies below it; every segment is encoded as one."""
        below = "".join("/" + quote(segment, safe="", errors="replace") for segment in segments)
        return self.path.format(service=service) + below


API_VERSIONS = {
    version.name: version
    for version in (
        ApiVersion("beta", "/beta/{service}", False, pending_endpoint=True, launcher_filter=False, schedules=False),
        ApiVersion("v2024", "/v2024/{service}", True, pending_endpoint=True, launcher_filter=False),
        ApiVersion("v2025", "/v2025/{service}", True, pending_endpoint=False, launcher_filter=False),
        ApiVersion("v2026", "/v2026/{service}", True, pending_endpoint=False, launcher_filter=True),
        ApiVersion("v1", "/{service}/v1", False, pending_endpoint=False, launcher_filter=True, successor=""),
    )
}
