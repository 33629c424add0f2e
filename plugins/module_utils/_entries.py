# Copyright (c) 2026, the sailpoint.isc contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
#
# Private to the collection: it may change in any release.

"""Adds the entry to errors within an option that is a list of dictionaries."""

from __future__ import annotations

import contextlib
import typing as t

from ansible.module_utils.common.arg_spec import ArgumentSpecValidator
from ansible.module_utils.common.validation import check_type_dict
from ansible_collections.sailpoint.isc.plugins.module_utils._errors import InvalidOption
from ansible_collections.sailpoint.isc.plugins.module_utils._text import one_line

_LONGEST_NAME = 100


@contextlib.contextmanager
def entry_named(option: str, position: int, entry: t.Mapping[str, t.Any]) -> t.Iterator[None]:
    """Adds the entry to an InvalidOption that is raised within."""
    try:
        yield
    except InvalidOption as error:
        error.args = (f"{_words(option, position, entry)}: {error}",)
        raise


def invalid_entry(spec: t.Mapping[str, t.Any], options: t.Mapping[str, t.Any]) -> str | None:
    """The error for the first entry that an argument spec refuses; None if it accepts all."""
    for option, facts in spec.items():
        entries = options.get(option)
        if "options" not in facts or not isinstance(entries, list):
            continue
        validator = ArgumentSpecValidator(facts["options"], required_one_of=facts.get("required_one_of"))
        for position, entry in enumerate(entries):
            if not isinstance(entry, dict):
                continue
            # Without the defaults that Ansible has added.
            given = {
                name: value
                for name, value in entry.items()
                if value is not None or facts["options"].get(name, {}).get("default") is not None
            }
            refused = validator.validate(given)
            if refused.error_messages:
                kind = f"Unsupported parameters for {option}: " if refused.unsupported_parameters else ""
                return f"{_words(option, position, entry)}: {kind}{refused.error_messages[0].rstrip('.')}."
    return None


def written_out(value: t.Any, entry: t.Callable[[str], dict[str, str]]) -> t.Any:
    """A list of dictionaries, in which an entry may be a string. entry: converts such a string to a dictionary.

    A string instead of the list is split at commas. A string that contains a JSON dictionary is that dictionary.
    """
    entries = value
    if isinstance(value, str):
        entries = [value] if _is_dictionary(value) else value.split(",")
    if not isinstance(entries, list):
        return value
    return [entry(each.strip()) if isinstance(each, str) and not _is_dictionary(each) else each for each in entries]


def _is_dictionary(text: str) -> bool:
    """Whether Ansible would read it as a dictionary; key=value is more likely a name."""
    if not text.strip().startswith("{"):
        return False
    with contextlib.suppress(TypeError):
        check_type_dict(text.strip())
        return True
    return False


def _words(option: str, position: int, entry: t.Mapping[str, t.Any]) -> str:
    """The entry in an error message: its position in the list, and its name or id if it has one."""
    name = next((one_line(str(entry[key]), _LONGEST_NAME) for key in ("name", "id") if entry.get(key)), "")
    return f"{option}[{position}]" + (f" ({name})" if name else "")
