# Copyright (c) 2026, the sailpoint.isc contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
#
# Private to the collection: it may change in any release.

"""Filter expressions of the API (lower-case operators joined by C(and), quoted strings)."""

from __future__ import annotations

import typing as t

from ansible_collections.sailpoint.isc.plugins.module_utils._text import valid_text


def any_of(field: str, values: t.Sequence[str]) -> str:
    """The field has one of these values."""
    quoted = [_quoted(value) for value in values]
    return f"{field} eq {quoted[0]}" if len(quoted) == 1 else f"{field} in ({','.join(quoted)})"


def is_null(field: str) -> str:
    """The field is not set."""
    return f"{field} isnull"


def all_of(expressions: t.Iterable[str]) -> str:
    """Every one of these expressions holds."""
    return " and ".join(expressions)


def _quoted(value: str) -> str:
    escaped = valid_text(value).replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'
