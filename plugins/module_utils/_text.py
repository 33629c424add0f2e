# Copyright (c) 2026, the sailpoint.isc contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
#
# Private to the collection: it may change in any release.

"""Formats texts and values of a tenant for people: short and on one line."""

from __future__ import annotations

import json
import re
import typing as t

_LONGEST_VALUE = 200
_LONGEST_REASON = 300
_MOST_LISTED = 10

_ESCAPE_SEQUENCE = re.compile(
    r"(?:\x1b\[|\x9b)[0-?]*[ -/]*[@-~]"  # CSI: moves the cursor, colours
    r"|(?:\x1b[\]PX^_]|[\x90\x98\x9d-\x9f])[^\x07\x1b\x9c]*(?:\x07|\x1b\\|\x9c)?"  # OSC and its like: titles, links
    r"|\x1b[ -/]*[0-~]?"
)
# Direction marks, which would change the order in which the following text is shown.
_DIRECTION_MARK = re.compile("[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]")
# Characters that JSON does not escape but a terminal interprets: C1 controls, line ends, direction marks
_UNSAFE_IN_JSON = re.compile("[\x80-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]")
_SURROGATE = re.compile("[\ud800-\udfff]")
_STACK_FRAME = re.compile(r"\s+(?:at [\w.$<>/]+\([^()]*\)|\.\.\. \d+ (?:more|common frames omitted))")
_CAUSE = re.compile(r"\bCaused by: ")


def shown(value: object) -> str:
    """A value for an error message: quoted as JSON, cut if it is long."""
    text = valid_text(json.dumps(value, ensure_ascii=False, default=str))
    text = _UNSAFE_IN_JSON.sub(lambda found: f"\\u{ord(found[0]):04x}", text)
    return text if len(text) <= _LONGEST_VALUE else text[:_LONGEST_VALUE] + "..."


def valid_text(text: str) -> str:
    """The text with every lone surrogate, which no encoding can write, as U+FFFD."""
    return text if text.isascii() else _SURROGATE.sub("\ufffd", text)


def one_line(text: str, longest: int | None = None) -> str:
    """The text on one line without control sequences; cut after so many characters."""
    line = " ".join(text.split())
    if not (line.isascii() and line.isprintable()):  # rarely needed, and slow
        plain = _DIRECTION_MARK.sub("", _ESCAPE_SEQUENCE.sub("", valid_text(text)))
        line = " ".join("".join(char if char.isprintable() or char == "\u200d" else " " for char in plain).split())
    return line if longest is None or len(line) <= longest else line[:longest].rstrip() + "..."


def reason(texts: t.Sequence[str], longest: int = _LONGEST_REASON) -> str:
    """Messages of a task on one line of so many characters; of a stack trace, its head and last cause."""
    return one_line(" ".join(_without_stack(text, longest) for text in texts), longest)


def _without_stack(text: str, longest: int) -> str:
    parts = _STACK_FRAME.split(text) if _STACK_FRAME.search(text) else [text]
    if len(parts) == 1:
        return text
    head, *causes = (one_line(part) for part in _CAUSE.split(" ".join(filter(str.strip, parts))))
    if not causes:
        return head
    # Both halves get room.
    half = longest // 2 - 15
    cause = one_line(causes[-1], max(half, longest - len(head) - 20))
    return f"{one_line(head, max(half, longest - len(cause) - 20))} Caused by: {cause}"


def listed(parts: t.Sequence[str], separator: str = "; ") -> str:
    """The first ten parts, and the number of the others."""
    more = len(parts) - _MOST_LISTED
    return separator.join(parts[:_MOST_LISTED]) + (f"{separator}and {more} more" if more > 0 else "")


def length(seconds: float, *, whole: bool = False) -> str:
    """A length of time in words: 4.2 s (4 s if whole), 1 min 12 s, 30 h 5 min, 3 d 4 h."""
    if seconds < (59.5 if whole else 59.95):
        return f"{seconds:.{0 if whole else 1}f} s"
    minutes, left = divmod(round(seconds), 60)
    if minutes < 60:
        return f"{minutes} min {left} s"
    hours, minutes = divmod(minutes, 60)
    if hours < 48:
        return f"{hours} h {minutes} min"
    days, hours = divmod(hours, 24)
    return f"{days} d {hours} h"
