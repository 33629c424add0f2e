# Copyright (c) 2026, the sailpoint.isc contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Records in which any key is absent, null, of another type or written otherwise."""

from __future__ import annotations

from typing import Any

Record = dict[str, Any]

RECORD: Record = {
    "id": "t1",
    "type": "QUARTZ",
    "uniqueName": "Cloud Account Aggregation",
    "launcher": "System",
    "target": {"id": "s1", "type": "APPLICATION", "name": "HR"},
    "created": "2026-05-17T19:33:04.120Z",
    "modified": "2026-05-17T19:33:04.120Z",
    "launched": "2026-05-17T19:33:04.350Z",
    "completed": None,
    "completionStatus": None,
    "messages": [{"type": "ERROR", "key": "k", "localizedText": {"locale": "en-US", "message": "Login failed."}}],
    "taskDefinitionSummary": {"id": "d1", "uniqueName": "Cloud Account Aggregation"},
}
OVER = {"completed": "2026-05-17T19:43:04.120Z", "completionStatus": "ERROR"}
ODD = [None, True, 0, -7, 1e300, "", " ", "x", "half \ud83d\x00\x1b[2J", [], [None], [["x"]], {}, {"id": {}, "name": 7}]
MOMENTS = [
    "2026-05-17T19:33:04.123456",
    "2026-05-17T19:33:04.123456789Z",
    "2026-05-17T19:33:04+0000",
    "2026-05-18T01:03:04+05:30",
    "0000-01-01T00:00:00Z",
    "9999-12-31T23:59:59.999999-05:00",
    1779046384120,
    "1779046384120",
    1779046384.12,
    10**20,
]


def odd_records() -> list[Record]:
    """Records of pending and of completed tasks with one odd value each, and one that lacks a key."""
    found: list[Record] = [{}, {"id": None}, RECORD, {**RECORD, **OVER}]
    for state in ({}, OVER):
        for key in RECORD:
            values = [*ODD, *MOMENTS] if key in ("created", "launched", "completed") else ODD
            found += [{**RECORD, "id": f"t{len(found)}", **state, key: value} for value in values]
            found.append({name: value for name, value in {**RECORD, **state}.items() if name != key})
    found += [{**RECORD, "messages": [{"type": value, "localizedText": value, "key": value}]} for value in ODD]
    found += [{**RECORD, "target": {"id": value, "type": value, "name": value}} for value in ODD]
    return found


RECORDS = odd_records()
