# Copyright (c) 2026, the sailpoint.isc contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
#
# Private to the collection: it may change in any release.

"""Argument specs that modules share, and the checks for all options."""

from __future__ import annotations

import contextlib
import re
import typing as t

from ansible.module_utils.common.validation import check_type_dict
from ansible_collections.sailpoint.isc.plugins.module_utils._errors import InvalidOption
from ansible_collections.sailpoint.isc.plugins.module_utils._http.api import API_VERSIONS
from ansible_collections.sailpoint.isc.plugins.module_utils._tasks.records import COMPLETION_STATUSES, FAILED_STATUSES

Options = dict[str, t.Any]


# _http.settings.completed adds values from the environment before the checks.
AUTH: Options = {
    "base_url": {"type": "str", "required": True},
    "client_id": {"type": "str"},
    "client_secret": {"type": "str", "no_log": True},
    "access_token": {"type": "str", "no_log": True},
    "api_version": {"type": "str", "default": "beta", "choices": list(API_VERSIONS)},
    "validate_certs": {"type": "bool", "default": True},
    "ca_path": {"type": "path"},
    "request_timeout": {"type": "float", "default": 30},
    "retries": {"type": "int", "default": 5},
    "max_retry_delay": {"type": "float", "default": 60},
}

STRINGS: Options = {"type": "list", "elements": "str"}

FIELDS: Options = {"fields": STRINGS}
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
        "default": list(FAILED_STATUSES),
    },
    "progress_interval": {"type": "str", "default": "60"},
}

_RANGES = {
    "offset": (0, None),
    "limit": (1, 250),
    "max_results": (1, None),
    "settle": (1, None),
    "max_parallel": (1, None),
}


def stripped(options: t.Mapping[str, t.Any], spec: Options) -> Options:
    """The options without leading and trailing white space in strings; options of the type raw are not changed.

    Lists that were given as one string become lists.
    """
    return {name: _stripped(value, spec[name]) if name in spec else value for name, value in options.items()}


def _stripped(value: t.Any, option: Options) -> t.Any:
    kind = option.get("type", "str")
    if kind == "raw":
        return value
    if kind == "list":
        elements = value.split(",") if isinstance(value, str) else value
        element = {**option, "type": option.get("elements", "raw")}
        return [_stripped(each, element) for each in elements] if isinstance(elements, list) else value
    if kind == "dict" and isinstance(value, str):
        # Ansible refuses anything else, with its own message.
        with contextlib.suppress(TypeError):
            value = check_type_dict(value)
    if isinstance(value, dict) and "options" in option:
        return stripped(value, option["options"])
    return value.strip() if isinstance(value, str) else value


def check(options: t.Mapping[str, t.Any], may_be_empty: t.Collection[str] = ()) -> None:
    """Refuses empty values and numbers out of range.

    may_be_empty: lists that may be empty.  Raises InvalidOption.
    """
    for name, value in options.items():
        if value is None:
            continue
        if value in ("", []) and name != "fail_on" and name not in may_be_empty:
            raise InvalidOption(name, value, "it is empty; give a value or omit the option")
        if isinstance(value, list) and "" in value:
            raise InvalidOption(name, value, "it contains an empty string; give a value or omit the option")
        least, most = _RANGES.get(name, (None, None))
        if least is not None and (value < least or (most is not None and value > most)):
            limits = f"from {least} to {most}" if most is not None else f"{least} or more"
            raise InvalidOption(name, value, f"it must be {limits}")
    for name in ("id", "ids", "source_id"):
        value = options.get(name)
        for task_id in value if isinstance(value, list) else [value]:
            if task_id is not None:
                _check_id(name, task_id)


def explained(message: str) -> str:
    """What Ansible says of options; where base_url is missing, with what else sets it."""
    if not message.startswith("missing required arguments: ") or "base_url" not in message:
        return message
    return f"{message}. base_url can also be set by the environment variable SAIL_BASE_URL."


def _check_id(option: str, value: str) -> None:
    """Refuses values that are not ids and would lead to another URL, such as a dot, which is a step in a path."""
    if value in (".", "..", "pending-tasks") or len(value) > 256 or re.search(r"[\x00-\x1f\x7f]", value):
        raise InvalidOption(option, value, "not a valid id")
