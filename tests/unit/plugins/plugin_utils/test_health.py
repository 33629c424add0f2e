# Copyright (c) 2026, the sailpoint.isc contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The nearest rank, which task_health takes its percentiles from."""

from __future__ import annotations

from ansible_collections.sailpoint.isc.plugins.plugin_utils._health import nearest_rank
from hypothesis import given
from hypothesis import strategies as st


def test_the_rank_is_rounded_up() -> None:
    assert nearest_rank([15, 20, 35, 40, 50], 30) == 20
    assert nearest_rank([15, 20, 35, 40, 50], 40) == 20
    assert nearest_rank([15, 20, 35, 40, 50], 41) == 35
    assert nearest_rank([15, 20, 35, 40, 50], 100) == 50
    assert nearest_rank([7], 1) == 7
    assert nearest_rank([], 95) is None


@given(st.lists(st.floats(0, 1e6), min_size=1).map(sorted), st.integers(1, 100))
def test_it_is_the_smallest_value_that_so_many_percent_do_not_exceed(ordered: list[float], percent: int) -> None:
    def share(limit: float) -> float:
        return 100 * sum(1 for value in ordered if value <= limit)

    found = nearest_rank(ordered, percent)
    assert found in ordered
    assert share(found) >= percent * len(ordered)
    assert all(share(value) < percent * len(ordered) for value in ordered if value < found)
