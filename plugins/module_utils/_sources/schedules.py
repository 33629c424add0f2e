# Copyright (c) 2026, the sailpoint.isc contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
#
# Private to the collection: it may change in any release.

"""The schedules of sources: when their accounts and their entitlements are aggregated, and how to change it.

Facts: the schedules of the Sources API in SailPoint's OpenAPI documents (v2024 to v2026, v1). A schedule is a type and
a cron expression; it can only be switched off by deleting it, and writes have no conditions.
"""

from __future__ import annotations

import typing as t

from ansible_collections.sailpoint.isc.plugins.module_utils._errors import InvalidOption, IscError, RequestFailed
from ansible_collections.sailpoint.isc.plugins.module_utils._http.api import API_VERSIONS
from ansible_collections.sailpoint.isc.plugins.module_utils._http.client import Client, is_record, is_record_list
from ansible_collections.sailpoint.isc.plugins.module_utils._http.queries import by_id
from ansible_collections.sailpoint.isc.plugins.module_utils._sources import cron as crons
from ansible_collections.sailpoint.isc.plugins.module_utils._sources.selection import Selection
from ansible_collections.sailpoint.isc.plugins.module_utils._sources.sources import Sources
from ansible_collections.sailpoint.isc.plugins.module_utils._text import listed, one_line, shown

# What is scheduled, in the words of the options and of the API
TYPES = {"accounts": "ACCOUNT_AGGREGATION", "entitlements": "GROUP_AGGREGATION"}

_LEVELS = "and, for a user, the level ORG_ADMIN, SOURCE_ADMIN or SOURCE_SUBADMIN"
_READ_ADVICE = {
    403: f"reading schedules requires the scope idn:sources:read {_LEVELS}",
    404: "check that the source still exists, and that the token has access to it",
}
_WRITE_ADVICE = {403: f"changing schedules requires the scope idn:sources:manage {_LEVELS}"}
_MAY_BE_CHANGED = "the schedule may have been changed: run this again to find out"
_LONGEST_NAME = 100


class Slot(t.NamedTuple):
    """The key of a schedule: source and aggregation."""

    source_id: str
    source_name: str | None
    aggregation: str

    def schedule(self, cron: str) -> dict[str, str | None]:
        """The schedule with this cron expression, as modules return it."""
        return {**self._asdict(), "cron": cron}

    def __str__(self) -> str:
        return f"{one_line(self.source_name or self.source_id, _LONGEST_NAME)}, {self.aggregation}"


class ChangedElsewhere(IscError):
    """Somebody else has changed a schedule after it was read. cron: the current one; None if it was removed.

    maybe_applied: our own change may have been applied before.
    """

    def __init__(self, slot: Slot, before: str | None, now: str | None, maybe_applied: bool) -> None:
        super().__init__(
            f"The schedule of {slot} was changed by somebody else after it was read, from {_words(before)} to "
            f"{_words(now)}, and is kept as it is: check it and run this again."
        )
        self.cron = now
        self.maybe_applied = maybe_applied


class Schedules:
    """Reads and changes schedules. Raises InvalidOption if the version of the API has none.

    dry: nothing is changed; the results are those of a normal run.
    """

    def __init__(self, client: Client, dry: bool = False) -> None:
        if not client.api.schedules:
            having = ", ".join(name for name, version in API_VERSIONS.items() if version.schedules)
            raise InvalidOption("api_version", client.api.name, f"it has no schedules of sources: use one of {having}")
        self._client = client
        self._dry = dry

    def of(self, source_id: str) -> dict[str, str]:
        """The cron expressions of a source by what they schedule, in the order of TYPES. Raises RequestFailed."""
        rows = self._client.request(
            "GET",
            self._url(source_id),
            accept=_is_schedule_list,
            wanted="a list of schedules",
            advice=_READ_ADVICE,
        ).body
        found = {row["type"]: row["cronExpression"] for row in rows}
        return {aggregation: found[kind] for aggregation, kind in TYPES.items() if kind in found}

    def change(self, slot: Slot, before: str | None, wanted: str | None) -> bool:
        """Sets or removes (None) a schedule; true if it has changed by this.

        before: the schedule when the change was planned. It is read again right before each write, because writes have
        no conditions, and a change by somebody else is not overwritten. If an answer is lost, it is read again too,
        and the write is only repeated if it had no effect.
        Raises ChangedElsewhere, and RequestFailed, which is maybe_applied if any of the writes was.
        """
        retry, in_doubt = 0, False
        failure: RequestFailed | None = None
        while True:
            try:
                now = self.of(slot.source_id).get(slot.aggregation)
            except RequestFailed as error:
                raise _in_doubt(failure or error, in_doubt) from None
            if crons.same(now, wanted):
                return in_doubt
            if not crons.same(now, before):
                raise ChangedElsewhere(slot, before, now, in_doubt)
            if self._dry:
                return True
            if failure is not None:
                if not self._client.transport.wait_before_retry(failure, retry):
                    raise _in_doubt(failure, in_doubt)
                retry += 1
                failure = None  # read again, because the pause may have been long
                continue
            try:
                self._write(slot, now, wanted)
                return True
            except RequestFailed as error:
                failure = error
                failure.attempts += retry
                in_doubt = in_doubt or failure.maybe_applied

    def _write(self, slot: Slot, now: str | None, wanted: str | None) -> None:
        """Sends the request that changes now to wanted, once."""
        kind = TYPES[slot.aggregation]
        facts: dict[str, t.Any] = {"once": True, "advice": _WRITE_ADVICE, "accept": is_record, "wanted": "a schedule"}
        if wanted is None:
            nothing = {"accept": lambda body: body is None, "wanted": "204 without a body"}
            self._client.request("DELETE", self._url(slot.source_id, kind), **{**facts, **nothing})
            return
        if now is None:
            schedule = {"type": kind, "cronExpression": wanted}
            answer = self._client.request("POST", self._url(slot.source_id), json_body=schedule, **facts)
        else:
            answer = self._client.request(
                "PATCH",
                self._url(slot.source_id, kind),
                json_body=[{"op": "replace", "path": "/cronExpression", "value": wanted}],
                **facts,
            )
        made = answer.body.get("cronExpression", wanted)
        if not isinstance(made, str) or not crons.same(made, wanted):
            self._client.warnings.append(f"The tenant changed the schedule of {slot} to {shown(made)}.")

    def _url(self, source_id: str, *kind: str) -> str:
        return self._client.url("sources", source_id, "schedules", *kind)


def named(client: Client, ids: t.Sequence[str], names: t.Sequence[str] = ()) -> dict[str, str]:
    """The names of sources by their ids: of those with these ids, then of those with these names, each once.

    Raises RequestFailed, and IscError if there is no such source, or more than one of a name.
    """
    sources = Sources(client)
    known = by_id(sources.listing(Selection(ids=ids))[0]) if ids else {}
    unknown = [source_id for source_id in ids if source_id not in known]
    if unknown:
        raise IscError(
            f"No source has the id {listed(list(map(shown, unknown)), ', ')}: check the id, and that the token has "
            "access to the source."
        )
    return names_of([*(known[source_id] for source_id in ids), *sources.resolve(names).values()])


def names_of(sources: t.Iterable[t.Mapping[str, t.Any]]) -> dict[str, str]:
    """The names of source records by their ids; the id if there is no name."""
    return {source["id"]: str(source.get("name") or source["id"]) for source in sources}


def _in_doubt(failure: RequestFailed, doubt: bool) -> RequestFailed:
    """The failure, with advice if a write may have been applied."""
    failure.maybe_applied = doubt
    if doubt:
        failure.advice = "; ".join(filter(None, [failure.advice, _MAY_BE_CHANGED]))
    return failure


def _words(cron: str | None) -> str:
    return "none" if cron is None else shown(cron)


def _is_schedule_list(body: t.Any) -> bool:
    """Whether an answer is a list of schedules that all have a type and a cron expression."""
    return is_record_list(body) and all(
        isinstance(row.get(key), str) for row in body for key in ("type", "cronExpression")
    )
