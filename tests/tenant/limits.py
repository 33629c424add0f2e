# Copyright (c) 2026, the sailpoint.isc contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The rate limit: so many requests in so many seconds, per client id and API version."""

from __future__ import annotations

import math
from collections import defaultdict, deque
from dataclasses import dataclass, field

from .errors import RATE_LIMITED, ApiError


@dataclass
class RateLimit:
    """A sliding window: in any stretch of `seconds`, at most `requests` are let through."""

    requests: int = 100
    seconds: float = 10.0
    _seen: dict[tuple[str, str], deque[float]] = field(default_factory=lambda: defaultdict(deque))

    def take(self, client_id: str, version: str, now: float) -> None:
        """Count one request; raises the API's 429 with Retry-After (whole seconds) when there were too many."""
        seen = self._seen[client_id, version]
        while seen and now - seen[0] >= self.seconds:
            seen.popleft()
        if len(seen) >= self.requests:
            wait = math.ceil(seen[0] + self.seconds - now) if seen else math.ceil(self.seconds)
            raise ApiError(429, RATE_LIMITED, {"Retry-After": str(max(1, wait))})
        seen.append(now)
