# Copyright (c) 2026, the sailpoint.isc contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Time zones that tests of times run in: west and east of UTC with daylight saving time, and one with minutes.

They are written out as TZ takes them, as a machine without a database of zones takes a name it does not know for UTC.
"""

from __future__ import annotations

ZONES = {
    "new-york": "EST5EDT,M3.2.0,M11.1.0",
    "berlin": "CET-1CEST,M3.5.0,M10.5.0/3",
    "kathmandu": "<+0545>-5:45",
}
