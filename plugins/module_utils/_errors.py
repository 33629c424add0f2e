# Copyright (c) 2026, the sailpoint.isc contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
#
# Private to the collection: it may change in any release.

"""Exceptions that carry the facts of a failure; the wording of request failures is only here."""

from __future__ import annotations

import dataclasses
import typing as t

from ansible_collections.sailpoint.isc.plugins.module_utils._text import shown


class IscError(Exception):
    """Anything that ends a task. The text of the exception is one sentence for the person who runs it.

    facts: what the failed task returns beside it.
    """

    facts: t.Mapping[str, t.Any] = {}

    def __init__(self, text: str, facts: t.Mapping[str, t.Any] | None = None) -> None:
        super().__init__(text)
        self.facts = facts or {}

    def as_failure(self) -> dict[str, t.Any]:
        """The keys that a failed task returns; those that are null are left out there."""
        return {**self.facts, "msg": str(self)}


class InvalidOption(IscError):
    """An option is invalid; raised before any request is sent."""

    def __init__(self, option: str, value: object, advice: str) -> None:
        super().__init__(f"{option} is {shown(value)}: {advice}.")


@dataclasses.dataclass(eq=False, repr=False)
class RequestFailed(IscError):
    """A request failed.

    transient: a retry may succeed.
    maybe_applied: the tenant may have applied the request although no usable answer was received.
    retry_after: seconds that the server asked to wait; None if it did not ask.
    """

    reason: str
    method: str
    url: str
    advice: str = ""
    status: int | None = None
    request_id: str | None = None
    detail_code: str | None = None
    tracking_id: str | None = None
    transient: bool = False
    maybe_applied: bool = False
    retry_after: float | None = None
    attempts: int = 1

    def as_failure(self) -> dict[str, t.Any]:
        return {
            **super().as_failure(),
            "status": self.status,
            "url": self.url,
            "method": self.method,
            "request_id": self.request_id,
            "detail_code": self.detail_code,
            "tracking_id": self.tracking_id,
            # Not "attempts": Ansible counts the tries of `until` under that name.
            "request_attempts": self.attempts,
        }

    @property
    def address(self) -> str:
        """The URL without its query, which can be very long."""
        return self.url.partition("?")[0]

    def __str__(self) -> str:
        tries = f" in {self.attempts} attempts" if self.attempts > 1 else ""
        advice = f"; {self.advice}" if self.advice else ""
        return f"{self.method} {self.address} {self.reason}{tries}{advice}."
