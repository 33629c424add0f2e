# Copyright (c) 2026, the sailpoint.isc contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
#
# Private to the collection: it may change in any release.

"""Errors within an option that is a list of dictionaries name the entry that is wrong."""

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
    """Lets an InvalidOption that is raised within name the entry as well."""
    try:
        yield
    except InvalidOption as error:
        error.args = (f"{_words(option, position, entry)}: {error}",)
        raise


def invalid_entry(spec: t.Mapping[str, t.Any], options: t.Mapping[str, t.Any]) -> str | None:
    """What is wrong with the first entry that an argument spec refuses, in words; None where it refuses none."""
    for option, facts in spec.items():
        entries = options.get(option)
        if "options" not in facts or not isinstance(entries, list):
            continue
        validator = ArgumentSpecValidator(facts["options"], required_one_of=facts.get("required_one_of"))
        for position, entry in enumerate(entries):
            if not isinstance(entry, dict):
                continue
            # Without what was not given, which Ansible has filled in.
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
    """A list of dictionaries in which a text may stand for one; entry: gives that one.

    A text in place of the list is one of texts with commas. A text that is a dictionary as JSON is that dictionary.
    """
    entries = value
    if isinstance(value, str):
        entries = [value] if _is_dictionary(value) else value.split(",")
    if not isinstance(entries, list):
        return value
    return [entry(each.strip()) if isinstance(each, str) and not _is_dictionary(each) else each for each in entries]


def _is_dictionary(text: str) -> bool:
    """Whether Ansible reads a dictionary in it; key=value is more likely a name."""
    if not text.strip().startswith("{"):
        return False
    with contextlib.suppress(TypeError):
        check_type_dict(text.strip())
        return True
    return False


def _words(option: str, position: int, entry: t.Mapping[str, t.Any]) -> str:
    """An entry as it is called in a sentence: by its place in the list, and by its name or id where it has one."""
    name = next((one_line(str(entry[key]), _LONGEST_NAME) for key in ("name", "id") if entry.get(key)), "")
    return f"{option}[{position}]" + (f" ({name})" if name else "")
