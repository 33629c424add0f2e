# Copyright (c) 2026, the sailpoint.isc contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The `filters` expression of lists: its grammar, what each version supports, and how it matches.

filters=sourceId in ("a","b") and completionStatus eq "ERROR"
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any, Callable

import lark

from .errors import bad_request
from .tasks import DEFINITIONS, Task
from .versions import Version

GRAMMAR = r"""
    start: comparison (AND comparison)*
    comparison: FIELD EQ (STRING | BOOLEAN)             -> eq
              | FIELD SW STRING                         -> sw
              | FIELD CO STRING                         -> co
              | FIELD IN OPEN STRING (COMMA STRING)* CLOSE  -> in
              | FIELD CA OPEN STRING (COMMA STRING)* CLOSE  -> ca
              | FIELD ISNULL                            -> isnull
    FIELD: /[A-Za-z][A-Za-z0-9_.]*/
    STRING: /"(\\["\\]|[^"\\])*"/
    BOOLEAN: "true" | "false"
    EQ: /\s+eq\s+/
    SW: /\s+sw\s+/
    CO: /\s+co\s+/
    CA: /\s+ca\s*/
    IN: /\s+in\s*/
    ISNULL: /\s+isnull/
    AND: /\s+and\s+/
    OPEN: /\(\s*/
    COMMA: /\s*,\s*/
    CLOSE: /\s*\)/
"""

REFUSED_TYPES = frozenset({"CLOUD_ENTITLEMENT_IMPORT"})
"""Definition names that are documented for the filter, and refused all the same."""

BOOLEAN_FIELDS = frozenset({"authoritative"})


@dataclass(frozen=True)
class Comparison:
    """One comparison of an expression: field, operator (eq, in, sw, co, ca, isnull) and its values."""

    field: str
    operator: str
    values: tuple[str, ...] = ()
    boolean: bool = False
    """Whether the value stood there without quotes, as true and false do."""

    def matches(self, task: Task) -> bool:
        return self.holds(_value(task, self.field), _normal if self.field == "completionStatus" else str)

    def holds(self, value: Any, normal: Callable[[str], str] = str) -> bool:
        """Whether a field with this value meets it. normal: the form in which texts are compared."""
        if self.operator == "isnull" or value is None:
            return self.operator == "isnull" and value is None
        wanted = [normal(text) for text in self.values]
        if isinstance(value, list):
            held = {normal(text) for text in value}
            return held.issuperset(wanted)
        text = normal(str(value).lower() if isinstance(value, bool) else str(value))
        if self.operator == "sw":
            return text.startswith(wanted[0])
        if self.operator == "co":
            return wanted[0] in text
        return text in wanted


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
    booleans = tuple(str(token) for token in tokens if token.type == "BOOLEAN")
    return Comparison(str(tokens[0]), str(node.data), values or booleans, bool(booleans))


def read(expression: str | None, fields: Mapping[str, Collection[str]]) -> list[Comparison]:
    """The comparisons of an expression; raises the API's 400 for a field or operator that is not in the table."""
    try:
        comparisons = parse(expression) if expression else []
    except ValueError as error:
        raise bad_request(str(error)) from None
    for comparison in comparisons:
        operators = fields.get(comparison.field)
        if operators is None:
            raise bad_request(f"Filtering by {comparison.field} is not supported")
        if comparison.operator not in operators:
            raise bad_request(f"Operator {comparison.operator} is not supported for {comparison.field}")
        if comparison.boolean and comparison.field not in BOOLEAN_FIELDS:
            raise bad_request(f"{comparison.field} is compared with a text in double quotes")
    return comparisons


def read_for_tasks(expression: str | None, version: Version) -> list[Comparison]:
    """The comparisons of an expression of the task list; raises the API's 400 for what the version refuses."""
    comparisons = read(expression, version.filters)
    for comparison in comparisons:
        if comparison.field == "type":
            for value in comparison.values:
                if value not in DEFINITIONS or value in REFUSED_TYPES:
                    raise bad_request(f"Error converting Enumerated string (type) value ({value})")
    return comparisons


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


def _normal(status: str) -> str:
    return status.upper().replace("_", "")
