# Copyright (c) 2026, the sailpoint.isc contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
#
# Private to the collection: it may change in any release.

"""The sources of a tenant: lists, and look-ups by name or id.

Facts: listSources and listTaggedObjects in SailPoint's OpenAPI documents, the same on every version of the API. That
the tenant's comparison of names may ignore upper and lower case was seen on live tenants.
"""

from __future__ import annotations

import difflib
import itertools
import json
import re
import typing as t
import unicodedata

from ansible_collections.sailpoint.isc.plugins.module_utils._errors import IscError, RequestFailed
from ansible_collections.sailpoint.isc.plugins.module_utils._http import filters
from ansible_collections.sailpoint.isc.plugins.module_utils._http.client import Client
from ansible_collections.sailpoint.isc.plugins.module_utils._http.queries import FilteredList, Record, by_id
from ansible_collections.sailpoint.isc.plugins.module_utils._sources.selection import Selection
from ansible_collections.sailpoint.isc.plugins.module_utils._text import listed, shown

_LIST_ADVICE = "listing sources requires the scope idn:sources:read and, for a user, the right to see them"
_LOOK_UP_ADVICE = (
    "looking up sources by name requires the scope idn:sources:read and, for a user, the right "
    "to see them; ids do not require it"
)
_HEALTH_ADVICE = (
    "require_healthy requires the scope idn:sources:read and, for a user, the right to see the source; "
    "nothing was started"
)
_TAGS_ADVICE = "reading tags requires the scope idn:tag:read"
_MOST_SUGGESTED = 3

# The playbooks have the same pattern in vars/sources.yml.
ID_PATTERN = "[0-9a-fA-F]{32}|[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}"


class Sources:
    """Reads the sources that the token has access to."""

    def __init__(self, client: Client) -> None:
        self._client = client

    def by_id(self, ids: t.Sequence[str], *, for_health: bool = False) -> dict[str, Record]:
        """The records of the sources with these ids; unknown ids are left out. Raises RequestFailed.

        for_health: the records are read for their health.
        """
        return by_id(self._look_up("id", ids, _HEALTH_ADVICE if for_health else _LOOK_UP_ADVICE))

    def resolve(self, names: t.Sequence[str]) -> dict[str, Record]:
        """The source with each name. It must match exactly; if none does, apart from white space at the ends of the
        source's name; else the source with this id, if it does not look like an id.

        Raises RequestFailed, and IscError if no source has a name, or more than one.
        """
        named = _named(names, by_id(self._look_up("name", names, _LOOK_UP_ADVICE)))
        missing = [name for name, records in named.items() if not records]
        every = self._every() if missing else {}
        # Options are stripped, names of sources are not, so the filter may not find them.
        named.update(_named(missing, every, str.strip))
        # Unusual ids count as names in options that take both.
        odd = [name for name in missing if not named[name] and not re.fullmatch(ID_PATTERN, name)]
        named.update({name: {name: every[name]} for name in odd if name in every})
        unknown = [name for name, records in named.items() if not records]
        shared = {name: list(records) for name, records in named.items() if len(records) > 1}
        sentences = ([_several(shared)] if shared else []) + ([_none(unknown, every)] if unknown else [])
        if sentences:
            raise IscError(" ".join(sentences))
        return {name: next(iter(records.values())) for name, records in named.items()}

    def ids_of(self, names: t.Sequence[str]) -> dict[str, str]:
        """The id of the one source that has each name. Raises as resolve()."""
        return {name: record["id"] for name, record in self.resolve(names).items()}

    def listing(self, selection: Selection) -> tuple[list[Record], int | None]:
        """The sources of a selection in its order, and their total if wanted. Raises RequestFailed."""
        wanted = selection.wanted()
        if selection.tags is not None:
            tagged = self._tagged(selection.tags)
            wanted["id"] = [source_id for source_id in wanted.get("id", tagged) if source_id in tagged]
            if not wanted["id"]:
                return [], 0 if selection.count else None
        sources = FilteredList(
            self._client,
            "sources",
            "source",
            page_size=selection.limit,
            sorters=selection.sorters,
            advice={403: _LIST_ADVICE},
        )
        expressions = sources.expressions(wanted, selection.filters)
        if len(expressions) == 1 and selection.healthy is None:
            pager = sources.pager(expressions[0], wanted=selection.max_results, count=selection.count, ahead=True)
            return list(sources.whole(pager)), pager.total if selection.count else None
        # A single list can end early; several must be sorted first.
        all_of_it = len(expressions) > 1 or selection.count or selection.max_results is None
        found: t.Iterable[Record] = itertools.chain.from_iterable(
            sources.whole(sources.pager(expression, ahead=all_of_it)) for expression in expressions
        )
        if len(expressions) > 1:
            found = selection.ordered(by_id(found).values())
        kept = list(itertools.islice(filter(selection.keeps, found), None if all_of_it else selection.max_results))
        return kept[: selection.max_results], len(kept) if selection.count else None

    def _look_up(self, field: str, values: t.Sequence[str], advice: str) -> t.Iterator[Record]:
        """The sources whose field has one of these values, as the tenant compares. advice: for status 403."""
        sources = FilteredList(self._client, "sources", "source", advice={403: advice})
        return sources.all({field: list(dict.fromkeys(values))}) if values else iter(())

    def _tagged(self, tags: t.Sequence[str]) -> dict[str, None]:
        """The ids of the sources with any of these tags, each once."""
        tagged = FilteredList(self._client, "tagged-objects", "tagged object", advice={403: _TAGS_ADVICE})
        of_sources = filters.any_of("objectRef.type", ["SOURCE"])
        rows = tagged.all({"tagName": list(dict.fromkeys(tags))}, of_sources)
        references = [row["objectRef"] for row in rows if isinstance(row.get("objectRef"), dict)]
        ids = [reference.get("id") for reference in references if reference.get("type") == "SOURCE"]
        return dict.fromkeys(source_id for source_id in ids if isinstance(source_id, str))

    def _every(self) -> dict[str, Record]:
        """All sources, to suggest names; empty if they may not be read."""
        try:
            return by_id(FilteredList(self._client, "sources", "source").all({}))
        except RequestFailed as error:
            if error.transient:
                raise  # one of them may be meant
            return {}  # suggestions are optional


def _named(
    names: t.Sequence[str], records: t.Mapping[str, Record], plain: t.Callable[[str], str] = str
) -> dict[str, dict[str, Record]]:
    """The sources that have each name, by their ids. plain: normalizes names for the comparison."""
    named: dict[str, dict[str, Record]] = {name: {} for name in names}
    wanted: dict[str, list[str]] = {}
    for name in named:
        wanted.setdefault(plain(name), []).append(name)
    for source_id, record in records.items():
        own = record.get("name")
        for name in wanted.get(plain(own), ()) if isinstance(own, str) else ():
            named[name][source_id] = record
    return named


def _none(names: t.Sequence[str], every: t.Mapping[str, Record]) -> str:
    return (
        f"No source is named {listed([_suggested(name, every) for name in names])}: a name must match exactly, "
        "including upper and lower case, and the token must have access to the source."
    )


def _several(shared: t.Mapping[str, t.Sequence[str]]) -> str:
    said = [f"{shown(name)} ({listed(ids, ', ')})" for name, ids in shared.items()]
    return f"More than one source is named {listed(said)}: give the id instead."


def _suggested(name: str, every: t.Mapping[str, Record]) -> str:
    """The name, with suggestions."""
    if name in every:
        return f"{shown(name)} (this is the id of {shown(every[name].get('name'))}: give it as an id)"
    close = closest(name, [record["name"] for record in every.values() if isinstance(record.get("name"), str)])
    # Two that look the same, such as both forms of an accented letter, are told apart by their codes.
    say = json.dumps if any(_look(other) == _look(name) for other in close) else shown
    return say(name) + (f" (did you mean {' or '.join(map(say, close))}?)" if close else "")


def closest(name: str, known: t.Iterable[str]) -> list[str]:
    """The most similar names, at most three, regardless of upper and lower case."""
    folded: dict[str, list[str]] = {}
    for other in dict.fromkeys(known):
        folded.setdefault(_folded(other), []).append(other)
    wanted = _folded(name)
    alike = difflib.get_close_matches(wanted, folded, n=_MOST_SUGGESTED)
    holding = [other for other in folded if wanted and wanted in other and other not in alike]
    return [other for key in alike + holding for other in folded[key]][:_MOST_SUGGESTED]


def _look(name: str) -> str:
    """The name without what nobody sees: other forms of a character, of a blank, and marks without a width."""
    return "".join(char for char in unicodedata.normalize("NFKC", name) if unicodedata.category(char) != "Cf")


def _folded(name: str) -> str:
    return " ".join(name.casefold().split())
