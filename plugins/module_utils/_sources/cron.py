# Copyright (c) 2026, the sailpoint.isc contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
#
# Private to the collection: it may change in any release.

"""Cron expressions of Quartz: validates and compares them.

Facts: the documentation of Quartz's CronExpression, to which SailPoint's documents refer. The form is checked here;
the tenant checks the rest.
"""

from __future__ import annotations

import re
import typing as t

from ansible_collections.sailpoint.isc.plugins.module_utils._text import shown

_MONTHS = ("JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC")
_DAYS = ("SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT")


class _Field(t.NamedTuple):
    """A field. also: a pattern of what Quartz allows there besides numbers, names, ranges and steps."""

    name: str
    least: int
    most: int
    names: tuple[str, ...] = ()
    also: str = ""
    words: str = ""

    def problem(self, text: str) -> str | None:
        """The error in the field; None if it is valid."""
        wrong = next((part for part in text.split(",") if not self._takes(part)), None)
        if wrong is None:
            return None
        which = shown(text) if wrong == text else f"{shown(wrong)} in {shown(text)}"
        return f"{which} is not a valid {self.name}: use {self.words or f'{self.least} to {self.most}'}"

    def _takes(self, part: str) -> bool:
        if self.also and re.fullmatch(self.also, part):
            return True
        base, slash, step = part.partition("/")
        if slash and not (_is_number(step) and 1 <= int(step) <= self.most):
            return False
        if base == "*" or (slash and not base):
            return True
        ends = base.split("-")
        return len(ends) <= 2 and all(self._is_value(end) for end in ends)

    def _is_value(self, text: str) -> bool:
        return text in self.names or (_is_number(text) and self.least <= int(text) <= self.most)


_DAY_OF_MONTH, _DAY_OF_WEEK = 3, 5
_ONE_OF_DAYS = f"(?:[1-7]|{'|'.join(_DAYS)})"
_FIELDS = (
    _Field("second", 0, 59),
    _Field("minute", 0, 59),
    _Field("hour", 0, 23),
    _Field("day of the month", 1, 31, also=r"\?|L|LW|L-(?:[12]?\d|30)W?|(?:0?[1-9]|[12]\d|3[01])W"),
    _Field("month", 1, 12, _MONTHS, words="1 to 12, or JAN to DEC"),
    _Field(
        "day of the week",
        1,
        7,
        _DAYS,
        also=rf"\?|L|{_ONE_OF_DAYS}(?:L|#[1-5])",
        words="1 (Sunday) to 7 (Saturday), or SUN to SAT",
    ),
    _Field("year", 1970, 2199),
)


def problem(cron: str) -> str | None:
    """The error in the form of a cron expression; None if it is valid."""
    fields = cron.upper().split()
    if len(fields) not in (6, 7):
        number = f"{len(fields)} field{'' if len(fields) == 1 else 's'}"
        return (
            f"it has {number}, but Quartz requires six or seven: second, minute, hour, day of the month, month, day of "
            "the week, year, such as 0 0 5 * * ? for 5 o'clock every day"
        )
    for field, text in zip(_FIELDS, fields):
        wrong = field.problem(text)
        if wrong is not None:
            return wrong
    unused = [fields[number] == "?" for number in (_DAY_OF_MONTH, _DAY_OF_WEEK)]
    if unused == [True, True]:
        return "day of the month and day of the week are both ?: set one of them"
    if unused == [False, False]:
        return "day of the month and day of the week cannot both be set: use ? for one of them"
    return None


def same(one: str | None, other: str | None) -> bool:
    """Whether two are equal, apart from white space and upper and lower case."""
    return _normal(one) == _normal(other)


def _normal(cron: str | None) -> str | None:
    return None if cron is None else " ".join(cron.upper().split())


def _is_number(text: str) -> bool:
    return bool(re.fullmatch(r"[0-9]{1,4}", text))
