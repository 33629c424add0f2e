# Copyright (c) 2026, the sailpoint.isc contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
#
# Private to the collection: it may change in any release.

"""Which sources are wanted, in which order, by server-side and client-side filters."""

from __future__ import annotations

import dataclasses
import typing as t

from ansible_collections.sailpoint.isc.plugins.module_utils._http.queries import Record

_LISTS = {
    "ids": "id",
    "names": "name",
    "types": "type",
    "connector_names": "connectorName",
    "statuses": "status",
}


@dataclasses.dataclass(frozen=True)
class Selection:
    """Which sources are wanted. None is no restriction.

    tags: sources with any of them.  filters: an additional filter expression.
    limit: rows a page.  max_results: the maximum number of records.  count: whether the total is wanted.
    """

    ids: t.Sequence[str] | None = None
    names: t.Sequence[str] | None = None
    types: t.Sequence[str] | None = None
    connector_names: t.Sequence[str] | None = None
    statuses: t.Sequence[str] | None = None
    tags: t.Sequence[str] | None = None
    healthy: bool | None = None
    filters: str | None = None
    sorters: str = "name"
    limit: int = 250
    max_results: int | None = None
    count: bool = False

    @classmethod
    def from_options(cls, options: t.Mapping[str, t.Any]) -> Selection:
        """The selection that a module's options describe."""
        return cls(**{field.name: options[field.name] for field in dataclasses.fields(cls)})

    def wanted(self) -> dict[str, list[str]]:
        """The fields that the list filters by, and the values that each may have."""
        lists = {field: getattr(self, name) for name, field in _LISTS.items()}
        return {field: list(dict.fromkeys(values)) for field, values in lists.items() if values is not None}

    def keeps(self, record: Record) -> bool:
        """Whether the record matches healthy; an unknown health counts as unhealthy."""
        return self.healthy is None or (record.get("healthy") is True) == self.healthy

    def ordered(self, records: t.Iterable[Record]) -> list[Record]:
        """The records in the order of sorters such as C(name,-created); those without the field come last."""
        found = list(records)
        for sorter in reversed(self.sorters.split(",")):
            descending, field = sorter.strip().startswith("-"), sorter.strip().lstrip("-")
            told = [record for record in found if _value(record, field) is not None]
            told.sort(key=lambda record: str(_value(record, field)).casefold(), reverse=descending)
            found = told + [record for record in found if _value(record, field) is None]
        return found


def _value(record: t.Any, field: str) -> t.Any:
    """The value of a field such as C(owner.name) in a record."""
    for key in field.split("."):
        record = record.get(key) if isinstance(record, dict) else None
    return record
