# Copyright (c) 2026, the sailpoint.isc contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
#
# Private to the collection: it may change in any release.

"""Which tasks are wanted, by server-side and client-side filters."""

from __future__ import annotations

import dataclasses
import fnmatch
import typing as t

from ansible_collections.sailpoint.isc.plugins.module_utils._errors import InvalidOption, IscError
from ansible_collections.sailpoint.isc.plugins.module_utils._http.api import API_VERSIONS, ApiVersion
from ansible_collections.sailpoint.isc.plugins.module_utils._tasks.records import (
    RECORD_TYPES,
    Record,
    age,
    canonical_status,
    definition_names,
    source_of,
)
from ansible_collections.sailpoint.isc.plugins.module_utils._time import duration


@dataclasses.dataclass(frozen=True)
class Selection:
    """Which tasks are wanted. None is no restriction; ages are seconds.

    source_names: further sources; identified() adds their ids to source_ids.
    limit: rows a page.  max_results: the maximum number of records.  count: whether the total is wanted.
    """

    ids: t.Sequence[str] | None = None
    source_ids: t.Sequence[str] | None = None
    source_names: t.Sequence[str] | None = None
    types: t.Sequence[str] | None = None
    completion_statuses: t.Sequence[str] | None = None
    launchers: t.Sequence[str] | None = None
    unique_names: t.Sequence[str] | None = None
    filters: str | None = None
    newer_than: float | None = None
    older_than: float | None = None
    sorters: str = "-created"
    offset: int = 0
    limit: int = 250
    max_results: int | None = None
    count: bool = False

    @classmethod
    def from_options(cls, options: t.Mapping[str, t.Any], api: ApiVersion) -> Selection:
        """The selection that a module's options describe. Raises InvalidOption, or IscError if they contradict."""
        names = [field.name for field in dataclasses.fields(cls)]
        given: dict[str, t.Any] = {name: options[name] for name in names if options.get(name) is not None}
        for name in ("newer_than", "older_than"):
            if name in given:
                given[name] = duration(name, given[name])
        if "newer_than" in given and "older_than" in given and given["newer_than"] <= given["older_than"]:
            raise IscError(
                f"newer_than ({options['newer_than']}) and older_than ({options['older_than']}) exclude all "
                "tasks: newer_than must be the longer of the two."
            )
        for name in ("ids", "source_ids", "source_names", "types", "completion_statuses", "launchers", "unique_names"):
            if name in given:
                given[name] = list(dict.fromkeys(given[name]))
        if "completion_statuses" in given:
            given["completion_statuses"] = [canonical_status(status) for status in given["completion_statuses"]]
        for name in given.get("types", ()):
            if name in RECORD_TYPES:
                raise InvalidOption(
                    "types", name, "give the names of task definitions, such as CLOUD_ACCOUNT_AGGREGATION"
                )
        if "launchers" in given and not api.launcher_filter:
            able = [version.name for version in API_VERSIONS.values() if version.launcher_filter]
            raise InvalidOption(
                "launchers", given["launchers"], f"api_version {api.name} cannot filter on it: use {' or '.join(able)}"
            )
        return cls(**given)

    def identified(
        self, ids_of: t.Callable[[t.Sequence[str]], t.Mapping[str, str]]
    ) -> tuple[Selection, dict[str, str]]:
        """The selection with ids instead of source_names, and the names by id.

        ids_of: returns the ids of the sources with these names, by name.  Raises what that raises.
        """
        if self.source_names is None:
            return self, {}
        ids = ids_of(self.source_names)
        source_ids = list(dict.fromkeys([*(self.source_ids or ()), *ids.values()]))
        return dataclasses.replace(self, source_ids=source_ids, source_names=None), {ids[name]: name for name in ids}

    def sources(self, names: t.Mapping[str, str]) -> list[dict[str, str | None]]:
        """The sources of source_ids as modules return them. names: known names by ids."""
        return [{"id": source_id, "name": names.get(source_id)} for source_id in self.source_ids or ()]

    def wanted(self) -> dict[str, t.Sequence[str]]:
        """The server-side filters apart from filters: fields of a filter expression and their values."""
        fields = {
            "id": self.ids,
            "sourceId": self.source_ids,
            "type": self.types,
            "completionStatus": self.completion_statuses,
            "launcher": self.launchers,
        }
        return {field: values for field, values in fields.items() if values is not None}

    def by_age(self) -> bool:
        """Whether there is a filter on the age, which is client-side."""
        return self.newer_than is not None or self.older_than is not None

    def judged_here(self) -> bool:
        """Whether there is a client-side filter: on age or name."""
        return self.by_age() or self.unique_names is not None

    def may_end_early(self) -> bool:
        """Whether reading can stop before the end of the list."""
        return self.max_results is not None or self.by_age()

    def keeps_by_age(self, record: Record, now: float) -> bool:
        """Whether the record is of the wanted age; one whose age is unknown is not."""
        if not self.by_age():
            return True
        seconds = age(record, now)
        if seconds is None:
            return False
        return (self.newer_than is None or seconds < self.newer_than) and (
            self.older_than is None or seconds > self.older_than
        )

    def beyond_age(self, record: Record, now: float) -> bool:
        """Whether neither this record nor any after it, in the order of sorters, can be of the wanted age."""
        seconds = age(record, now)
        if seconds is None:
            return False
        if self.sorters == "-created":
            return self.newer_than is not None and seconds >= self.newer_than
        return self.older_than is not None and seconds <= self.older_than

    def keeps_by_name(self, record: Record) -> bool:
        """Whether the record's unique name matches one of the shell patterns."""
        if self.unique_names is None:
            return True
        name = record.get("uniqueName")
        return isinstance(name, str) and any(fnmatch.fnmatchcase(name, pattern) for pattern in self.unique_names)

    def keeps_by_source_and_type(self, record: Record) -> bool:
        """Client-side filter, like those of the list on sourceId and type."""
        return (self.source_ids is None or source_of(record)[0] in self.source_ids) and (
            self.types is None or not definition_names(record).isdisjoint(self.types)
        )
