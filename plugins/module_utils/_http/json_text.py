# Copyright (c) 2026, the sailpoint.isc contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
#
# Private to the collection: it may change in any release.

"""JSON of a tenant, read so that Ansible can return whatever it contains."""

from __future__ import annotations

import json
import math
import re
import typing as t

# An escape sequence: a pair of surrogates, one alone, or any other.
_HEX = "[0-9A-Fa-f]{2}"
_ESCAPE = re.compile(
    rf"\\(?:u[Dd][89ABab]{_HEX}\\u[Dd][C-Fc-f]{_HEX}|(u[Dd][89A-Fa-f]{_HEX})|.)",
    re.DOTALL,
)
_SURROGATE = re.compile(r"\\u[Dd][89A-Fa-f]")
# Most digits of a number that Python writes.
_LONGEST_NUMBER = 4000
# Levels, of which ansible-core 2.16 can return three times as many.
_DEEPEST = 100


def read_json(content: bytes) -> t.Any:
    """The value of the JSON, without anything that cannot be written again. Raises ValueError and RecursionError.

    Text that is no valid Unicode becomes U+FFFD where it is not, C(NaN), C(Infinity) and numbers of thousands of digits
    become null, and what is nested more deeply than 100 levels is emptied.
    """
    text = content.decode(json.detect_encoding(content), "replace")
    if _SURROGATE.search(text):
        text = _ESCAPE.sub(lambda escape: r"\ufffd" if escape[1] else escape[0], text)
    body = json.loads(text, parse_constant=lambda name: None, parse_int=_integer, parse_float=_float)
    _empty_the_deepest(body)
    return body


def _integer(digits: str) -> int | None:
    return int(digits) if len(digits) <= _LONGEST_NUMBER else None


def _float(digits: str) -> float | None:
    value = float(digits)
    return value if math.isfinite(value) else None


def _empty_the_deepest(body: t.Any) -> None:
    """Level by level, as a function that calls itself has a limit of its own."""
    level = [body] if isinstance(body, (dict, list)) else []
    for _depth in range(_DEEPEST):
        level = [
            inner
            for outer in level
            for inner in (outer.values() if isinstance(outer, dict) else outer)
            if isinstance(inner, (dict, list))
        ]
    for container in level:
        container.clear()
