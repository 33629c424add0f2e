# Copyright (c) 2026, the sailpoint.isc contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
#
# Private to the collection: it may change in any release.

"""Sources given by id or by name, and their health."""

from __future__ import annotations

import re
import typing as t

from ansible_collections.sailpoint.isc.plugins.module_utils._errors import IscError
from ansible_collections.sailpoint.isc.plugins.module_utils._http.queries import Record, by_id
from ansible_collections.sailpoint.isc.plugins.module_utils._sources.sources import ID_PATTERN, Sources
from ansible_collections.sailpoint.isc.plugins.module_utils._text import one_line, shown

_LONGEST_NAME = 100
_LONGEST_STATUS = 60


def from_text(text: str) -> dict[str, str]:
    """The options of a source that is given as a string: an id if it looks like one, else a name."""
    return {"id" if re.fullmatch(ID_PATTERN, text) else "name": text}


class Reference:
    """A source that is given by id, by name, or by both; then the id is used and the name is shown."""

    def __init__(self, source_id: str | None, name: str | None) -> None:
        self.id = source_id or ""  # set by identify() if given by name
        self.name = name


class KnownSources:
    """Cache of the sources of a run, with their health."""

    def __init__(self, sources: Sources) -> None:
        self._sources = sources
        self._fresh: dict[str, Record] = {}

    def identify(self, references: t.Sequence[Reference]) -> None:
        """Sets the ids of references that have only a name. Raises RequestFailed, and IscError as Sources.resolve()."""
        named = [reference for reference in references if not reference.id]
        if not named:
            return
        found = self._sources.resolve([str(reference.name) for reference in named])
        for reference in named:
            reference.id = found[str(reference.name)]["id"]
        self._fresh = by_id(found.values())

    def check_health(self, reference: Reference) -> None:
        """Raises RequestFailed, and IscError if there is no such source, or it is not healthy."""
        fresh = self._fresh
        record = fresh.get(reference.id) or self._sources.by_id([reference.id], for_health=True).get(reference.id)
        if record is None:
            raise IscError(
                f"No source has the id {shown(reference.id)}, or the token has no access to it, so its health is "
                "unknown and nothing was started: correct the id, or set require_healthy to false."
            )
        if record.get("healthy") is not True:
            raise _unhealthy(reference, record)

    def outdate(self) -> None:
        """Clears the cache, because something was started or waited for and the health may have changed."""
        self._fresh = {}


def _unhealthy(source: Reference, record: Record) -> IscError:
    told = {key: record[key] for key in ("status", "since") if isinstance(record.get(key), str) and record[key]}
    status, since = (one_line(told.get(key, ""), _LONGEST_STATUS) for key in ("status", "since"))
    name = one_line(str(source.name or record.get("name") or source.id), _LONGEST_NAME)
    found = " and ".join(filter(None, [status and f"status {status}", since and f"last checked at {since}"]))
    what = (
        f"{name} is not healthy"
        if record.get("healthy") is False
        else f"The tenant does not report whether {name} is healthy, which counts as unhealthy"
    )
    return IscError(
        f"{what}{f' ({found})' if found else ''}, so nothing was started: check the source, or set "
        "require_healthy to false.",
        {f"source_{key}": told.get(key) for key in ("status", "since")},
    )
