# Copyright (c) 2026, the sailpoint.isc contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The options that modules share, as they stand in an argument spec, and the checks that all options go through."""

from __future__ import annotations

import dataclasses
import re
import typing as t

from ansible.module_utils.basic import env_fallback
from ansible_collections.sailpoint.isc.plugins.module_utils._durations import duration, duration_or_seconds
from ansible_collections.sailpoint.isc.plugins.module_utils._errors import InvalidOption, IscError
from ansible_collections.sailpoint.isc.plugins.module_utils._records import (
    COMPLETION_STATUSES,
    RECORD_TYPES,
    canonical_status,
)
from ansible_collections.sailpoint.isc.plugins.module_utils._versions import API_VERSIONS, ApiVersion

if t.TYPE_CHECKING:
    from ansible_collections.sailpoint.isc.plugins.module_utils._task_status import Selection
    from ansible_collections.sailpoint.isc.plugins.module_utils._waiter import Waiter

Options = dict[str, t.Any]


def _from_environment(name: str, **spec: t.Any) -> Options:
    return {**spec, "fallback": (env_fallback, [name])}


AUTH: Options = {
    "base_url": _from_environment("SAIL_BASE_URL", type="str", required=True),
    "client_id": _from_environment("SAIL_CLIENT_ID", type="str"),
    "client_secret": _from_environment("SAIL_CLIENT_SECRET", type="str", no_log=True),
    "access_token": _from_environment("SAIL_ACCESS_TOKEN", type="str", no_log=True),
    "api_version": _from_environment("SAIL_API_VERSION", type="str", default="beta", choices=list(API_VERSIONS)),
    "validate_certs": _from_environment("SAIL_VALIDATE_CERTS", type="bool", default=True),
    "ca_path": _from_environment("SAIL_CA_PATH", type="path"),
    "request_timeout": {"type": "float", "default": 30},
    "retries": {"type": "int", "default": 5},
    "max_retry_delay": {"type": "float", "default": 60},
}

_STRINGS: Options = {"type": "list", "elements": "str"}

FIELDS: Options = {"fields": _STRINGS}
PAGING: Options = {
    "offset": {"type": "int", "default": 0},
    "limit": {"type": "int", "default": 250},
    "max_results": {"type": "int"},
    "count": {"type": "bool", "default": False},
    "newer_than": {"type": "str"},
    "older_than": {"type": "str"},
    **FIELDS,
}
WAITING: Options = {
    "timeout": {"type": "str", "default": "1h"},
    "interval": {"type": "str", "default": "2"},
    "max_interval": {"type": "str", "default": "30"},
    "fail_on": {
        "type": "list",
        "elements": "str",
        "choices": list(COMPLETION_STATUSES),
        "default": ["ERROR", "TERMINATED", "TEMPERROR"],
    },
}

_RANGES = {
    "offset": (0, None),
    "limit": (1, 250),
    "max_results": (1, None),
    "settle": (1, None),
    "max_parallel": (1, None),
}
_MAY_BE_EMPTY = ("fail_on", *AUTH)


def check(options: t.Mapping[str, t.Any]) -> None:
    """Refuses what no option may hold: nothing where something is given, and numbers out of their range.

    Raises InvalidOption.
    """
    for name, value in options.items():
        if name in _MAY_BE_EMPTY or value is None:
            continue
        if isinstance(value, (str, list)) and not value:
            raise InvalidOption(name, value, "it is empty; give a value or leave the option out")
        for element in value if isinstance(value, list) else [value]:
            if isinstance(element, str) and not element.strip():
                raise InvalidOption(name, value, "it holds an empty text; give a value or leave the option out")
        least, most = _RANGES.get(name, (None, None))
        if least is not None and (value < least or (most is not None and value > most)):
            limits = f"from {least} to {most}" if most is not None else f"{least} or more"
            raise InvalidOption(name, value, f"it must be {limits}")
    for name in ("id", "ids", "source_id"):
        value = options.get(name)
        for task_id in value if isinstance(value, list) else [value]:
            if task_id is not None:
                _check_id(name, task_id)


def _check_id(option: str, value: str) -> None:
    """Refuses what cannot be the id of a task, and would be taken for another address: a dot is a step in a path."""
    if value in (".", "..", "pending-tasks") or len(value) > 256 or re.search(r"[\x00-\x1f\x7f]", value):
        raise InvalidOption(option, value, "no id looks like this")


def selection(options: t.Mapping[str, t.Any], api: ApiVersion) -> Selection:
    """The selection that a module's options describe. Raises InvalidOption."""
    # Loaded by those who have one; a record is read by its id without it.
    from ansible_collections.sailpoint.isc.plugins.module_utils._task_status import Selection

    names = [field.name for field in dataclasses.fields(Selection)]
    given: dict[str, t.Any] = {name: options[name] for name in names if options.get(name) is not None}
    for name in ("newer_than", "older_than"):
        if name in given:
            given[name] = duration(name, given[name])
    if "newer_than" in given and "older_than" in given and given["newer_than"] <= given["older_than"]:
        raise IscError(
            f"newer_than ({options['newer_than']}) and older_than ({options['older_than']}) leave nothing: "
            "newer_than must be the longer of the two."
        )
    for name in ("ids", "source_ids", "types", "completion_statuses", "launchers", "unique_names"):
        if name in given:
            given[name] = list(dict.fromkeys(given[name]))
    if "completion_statuses" in given:
        given["completion_statuses"] = [canonical_status(status) for status in given["completion_statuses"]]
    for name in given.get("types", ()):
        if name in RECORD_TYPES:
            raise InvalidOption(
                "types", name, "the API filters on the names of task definitions, such as CLOUD_ACCOUNT_AGGREGATION"
            )
    if "launchers" in given and not api.launcher_filter:
        able = [version.name for version in API_VERSIONS.values() if version.launcher_filter]
        raise InvalidOption(
            "launchers", given["launchers"], f"api_version {api.name} cannot filter on it; use {' or '.join(able)}"
        )
    return Selection(**given)


def waiter(options: t.Mapping[str, t.Any]) -> Waiter:
    """How long and how often to look, as timeout, interval and max_interval say. Raises InvalidOption."""
    from ansible_collections.sailpoint.isc.plugins.module_utils._waiter import Waiter, doubling

    interval = duration_or_seconds("interval", options["interval"], positive=True)
    longest = duration_or_seconds("max_interval", options["max_interval"], positive=True)
    if interval > longest:
        raise InvalidOption(
            "interval", options["interval"], f"it is more than max_interval ({options['max_interval']})"
        )
    return Waiter(duration_or_seconds("timeout", options["timeout"]), doubling(interval, longest))
