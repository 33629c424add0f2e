# Copyright (c) 2026, the sailpoint.isc contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Event source sailpoint.isc.tasks: what happens to the tasks of a tenant, as events."""

from __future__ import annotations

import importlib
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import asyncio
    from types import ModuleType

DOCUMENTATION = r"""
module: tasks
short_description: Events about the tasks of a SailPoint Identity Security Cloud tenant
version_added: 0.3.0
description:
  - Polls a tenant and sends an event when a task starts, completes, or has been pending for too long. Tasks are
    aggregations of accounts and entitlements, identity refreshes and all other background work of the tenant.
  - A poll sends two requests if nothing has changed, on every O(api_version), and one more for every 250 tasks that are
    new, pending or have just completed.
  - No event is lost if a task runs for a long time, if it starts and completes between two polls, or if clocks differ.
    All times are those of the tenant's clock. No event is sent twice in one run. After a restart, an event may be
    repeated with the same C(meta.uuid).
  - The events of a poll are sent in the order of time.
  - Invalid arguments or credentials end the event source, with one message in the log. Later failures do not end it. It
    then polls less often, at most every five minutes, and logs one line when polls fail and one when they succeed
    again.
author: sailpoint.isc contributors (@sailpoint-isc)
requirements:
  - requests >= 2.25.1
options:
  base_url:
    description:
      - Address of the tenant's API, such as V(https://acme.api.identitynow.com).
      - If not set, the value of the environment variable E(SAIL_BASE_URL) is used.
      - If this or a credential is an argument, the environment is not used for credentials.
    type: str
    required: true
  client_id:
    description:
      - Id of a personal access token or of an API client, which needs the scope C(idn:task-management:read).
      - If not set, the value of the environment variable E(SAIL_CLIENT_ID) is used.
    type: str
  client_secret:
    description:
      - Secret that belongs to O(client_id).
      - If not set, the value of the environment variable E(SAIL_CLIENT_SECRET) is used.
    type: str
  access_token:
    description:
      - A token to use as it is. It cannot be renewed without O(client_id) and O(client_secret).
      - If not set, the value of the environment variable E(SAIL_ACCESS_TOKEN) is used.
    type: str
  api_version:
    description:
      - Version of the API to use.
      - If not set, the value of the environment variable E(SAIL_API_VERSION) is used.
    type: str
    choices: [beta, v2024, v2025, v2026, v1]
    default: beta
  validate_certs:
    description:
      - Whether to verify the server's certificate.
      - If not set, the value of the environment variable E(SAIL_VALIDATE_CERTS) is used.
    type: bool
    default: true
  ca_path:
    description:
      - Bundle of CA certificates (PEM) to trust instead of the default ones.
      - If not set, the value of the environment variable E(SAIL_CA_PATH) is used.
    type: path
  request_timeout:
    description:
      - The time limit, in seconds, for connecting and for the first part of the answer together.
    type: float
    default: 30
  retries:
    description:
      - How often a request is retried after a transient failure, before the poll counts as failed.
    type: int
    default: 5
  max_retry_delay:
    description:
      - The longest pause before a retry, in seconds.
    type: float
    default: 60
  source_ids:
    description:
      - Only the tasks of the sources with these ids.
    type: list
    elements: str
  source_names:
    description:
      - Only the tasks of the sources with these names, together with those of O(source_ids). They are looked up once,
        when the event source starts, which needs the scope C(idn:sources:read).
    type: list
    elements: str
  types:
    description:
      - Only the tasks of these task definitions, such as V(CLOUD_ACCOUNT_AGGREGATION) or V(CLOUD_GROUP_AGGREGATION)
        (entitlements).
    type: list
    elements: str
  unique_names:
    description:
      - Only the tasks whose C(uniqueName) matches one of these shell patterns.
    type: list
    elements: str
  events:
    description:
      - Which events are wanted.
      - V(started) means that the tenant has created the task; V(completed), that it ended with any completion status;
        V(failed), with V(ERROR), V(TERMINATED) or V(TEMPERROR); V(warned), with V(WARNING); V(stuck), that it has been
        pending for O(stuck_after), once for each task.
    type: list
    elements: str
    choices: [started, completed, failed, warned, stuck]
    default: [failed, stuck]
  stuck_after:
    description:
      - The age from which a pending task is stuck, as a duration such as V(24h). It is required if O(events) contains
        V(stuck).
      - Tasks that are already stuck when the event source starts are included, regardless of O(since).
    type: str
  interval:
    description:
      - The time between two polls, in seconds or as a duration such as V(2m); at least 5 seconds.
    type: str
    default: '30'
  since:
    description:
      - Also send the events since then, a duration such as V(12h) or a time with a zone such as
        V(2026-05-17T19:33:16Z), at most 90 days ago. The default is the time of the first poll that the tenant answers.
      - With a value, the first poll reads the whole list of tasks, because a task that has just completed may have been
        created a long time ago.
    type: str
  fields:
    description:
      - Only these top-level keys of every record are in C(event.isc.task). C(event.isc.outcome) is still made from the
        whole record.
    type: list
    elements: str
  state_file:
    description:
      - A file for the state, so that the event source continues from there after a restart. It is replaced atomically.
        If the file contains a state, O(since) is ignored.
      - Each tenant and each rulebook needs its own file.
    type: path
  feedback:
    description:
      - Wait until the rulebook has processed an event before the next one is sent. With O(state_file), an event counts
        as sent only then. This requires the option C(--persistence-id) of ansible-rulebook.
    type: bool
    default: false
"""

EXAMPLES = r"""
- name: Events for failed tasks and for tasks that have been pending for a day
  sailpoint.isc.tasks:
    stuck_after: 24h

- name: Events for completed aggregations of two sources, including those during a downtime of the rulebook
  sailpoint.isc.tasks:
    source_names: [HR System, Active Directory]
    types: [CLOUD_ACCOUNT_AGGREGATION, CLOUD_GROUP_AGGREGATION]
    events: [completed]
    interval: 60
    since: 1d
    state_file: /var/lib/rulebooks/aggregations.json
"""


async def main(queue: asyncio.Queue[Any], args: dict[str, Any]) -> None:
    """Put events into the queue of ansible-rulebook until it is cancelled.

    An event is ``{"isc": {"event", "tenant", "outcome", "task"}, "meta": {"uuid", "message_id"}}``:
    what happened, the first part of base_url's host, what the filter sailpoint.isc.task_outcomes
    makes of the task, the task's record, and the task's id as message_id.
    """
    await _source().run(queue, args)


def _source() -> ModuleType:
    """Load the code from the collection that this file is a part of."""
    # ansible-rulebook does not make collections findable.
    for directory in Path(__file__).absolute().parents:
        if directory.name == "ansible_collections" and str(directory.parent) not in sys.path:
            sys.path.insert(0, str(directory.parent))
    utils = "ansible_collections.sailpoint.isc.plugins.plugin_utils"
    return importlib.import_module(f"{utils}._event_source")
