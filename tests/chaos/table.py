# Copyright (c) 2026, the sailpoint.isc contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The table that says what was tried and what came of it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field


@dataclass
class Row:
    """A line of the table. wrong: what was neither survived nor a clear failure, in words."""

    name: str
    tried: int = 0
    survived: int = 0
    failed: int = 0
    wrong: list[str] = field(default_factory=list)
    requests: int = 0
    remark: str = ""

    def add(self, survived: bool, requests: int, complaints: list[str]) -> None:
        """Count one case."""
        self.tried += 1
        self.requests = max(self.requests, requests)
        if complaints:
            self.wrong.append("; ".join(complaints))
        elif survived:
            self.survived += 1
        else:
            self.failed += 1

    def check(self, right: bool, complaint: str, requests: int = 0) -> None:
        """Count one case that is survived or wrong."""
        self.add(True, requests, [] if right else [complaint])


def show(title: str, rows: Iterable[Row]) -> list[str]:
    """Print a table; returns what was wrong."""
    rows = list(rows)
    total = Row("all")
    for row in rows:
        total.tried += row.tried
        total.survived += row.survived
        total.failed += row.failed
        total.wrong += row.wrong
        total.requests = max(total.requests, row.requests)
    width = max(len(title), *(len(row.name) for row in rows))
    print(f"\n{title:<{width}}  tried  survived  failed clearly  wrong  most requests")
    for row in [*rows, total]:
        line = f"{row.name:<{width}}  {row.tried:>5}  {row.survived:>8}  {row.failed:>14}  {len(row.wrong):>5}"
        print(f"{line}  {row.requests or '':>13}  {row.remark}".rstrip())
    for complaint in total.wrong:
        print(f"  wrong: {complaint}")
    return total.wrong
