# Copyright (c) 2026, the sailpoint.isc contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The `filters` expression of the task list: its grammar, what each version supports, and how it matches.

filters=sourceId in ("a","b") and completionStatus eq "ERROR"
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import lark

from .errors import bad_request
from .tasks import DEFINITIONS, Task
from .versions import Version

GRAMMAR = r"""
    start: comparison (AND comparison)*
    comparison: FIELD EQ STRING                         -> eq
              | FIELD IN OPEN STRING (COMMA STRING)* CLOSE  -> in
              | FIELD ISNULL                            -> isnull
    FIELD: /[A-Za-z][A-Za-z0-9_.]*/
    STRING: /"(\\["\\]|[^"\\])*"/
    EQ: /\s+eq\s+/
    IN: /\s+in\s*/
    ISNULL: /\s+isnull/
    AND: /\s+and\s+/
    OPEN: /\(\s*/
    COMMA: /\s*,\s*/
    CLOSE: /\s*\)/
"""

REFUSED_TYPES = frozenset({"CLOUD_ENTITLEMENT_IMPORT"})
"""Definition names that are documented for the filter, and refused all the same."""


@dataclass(frozen=True)
class Comparison:
    """One comparison of an expression: field, operator (eq, in, isnull) and its values."""

    field: str
    operator: str
    values: tuple[str, ...] = ()

    def matches(self, task: Task) -> bool:
        value = _value(task, self.field)
        if self.operator == "isnull":
            return value is None
        if self.field == "completionStatus":
            return value is not None and _normal(value) in {_normal(wanted) for wanted in self.values}
        return value in self.values


_PARSER = lark.Lark(GRAMMAR, parser="lalr")


def parse(expression: str) -> list[Comparison]:
    """The comparisons of an expression, which are joined by `and`; raises ValueError for anything else."""
    try:
        tree = _PARSER.parse(expression)
    except lark.exceptions.LarkError:
        raise ValueError(f"Illegal filter expression: {expression}") from None
    return [_comparison(node) for node in tree.children if isinstance(node, lark.Tree)]


def _comparison(node: lark.Tree[lark.Token]) -> Comparison:
    tokens = [token for token in node.children if isinstance(token, lark.Token)]
    values = tuple(_unquote(token) for token in tokens if token.type == "STRING")
    return Comparison(str(tokens[0]), str(node.data), values)


def check(comparisons: list[Comparison], version: Version) -> None:
    """Raises the API's 400 for a field, operator or `type` that the version refuses."""
    for comparison in comparisons:
        operators = version.filters.get(comparison.field)
        if operators is None:
            raise bad_request(f"Filtering by {comparison.field} is not supported")
        if comparison.operator not in operators:
            raise bad_request(f"Operator {comparison.operator} is not supported for {comparison.field}")
        if comparison.field == "type":
            for value in comparison.values:
                if value not in DEFINITIONS or value in REFUSED_TYPES:
                    raise bad_request(f"Error converting Enumerated string (type) value ({value})")


def _unquote(token: str) -> str:
    # An escape stands for the character after the backslash; the grammar admits only two.
    text, position, characters = token[1:-1], 0, []
    while position < len(text):
        if text[position] == "\\":
            position += 1
        characters.append(text[position])
        position += 1
    return "".join(characters)


def _value(task: Task, field: str) -> Any:
    if field == "sourceId":
        return task.source_id
    if field == "type":
        # Not the record's `type`: the name of the definition, which no record shows.
        return task.definition
    return task.record.get(field)


def _normal(status: Any) -> str:
    return str(status).upper().replace("_", "")
