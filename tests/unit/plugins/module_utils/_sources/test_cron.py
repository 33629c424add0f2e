# Copyright (c) 2026, the sailpoint.isc contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Cron expressions: which are of Quartz's form, what is said of others, and which are the same."""

from __future__ import annotations

import re

import pytest
from ansible_collections.sailpoint.isc.plugins.module_utils._sources.cron import problem, same

# Of the documentation of Quartz and of SailPoint, and what their users write
VALID = [
    "0 0 5,13,21 * * ?",
    "0 0 12 * * ?",
    "0 15 10 ? * *",
    "0 15 10 * * ? 2027",
    "0 15 10 * * ? 2027-2030",
    "0 15 10 * * ? 2027/2",
    "0 * 14 * * ?",
    "0 0/5 14,18 * * ?",
    "0 0-5 14 * * ?",
    "0 10,44 14 ? 3 WED",
    "0 15 10 ? * mon-fri",
    "0 15 10 15 * ?",
    "0 15 10 L * ?",
    "0 15 10 L-2 * ?",
    "0 15 10 LW * ?",
    "0 15 10 15W * ?",
    "0 15 10 ? * 6L",
    "0 15 10 ? * FRIL",
    "0 15 10 ? * 6#3",
    "0 15 10 ? * MON#2",
    "0 0 12 1/5 * ?",
    "0 0 22-2 * * ?",
    "0 0 0 ? JAN-MAR,12 L",
    "*/10 * * ? * SUN,7",
    "0  30\t6 ? * MON",
    "0 0 /4 * * ?",
]
WRONG = {
    "": "0 fields",
    "daily": "1 field, but Quartz requires six or seven",
    "0 5 * * *": "5 fields, but Quartz requires six or seven: second, minute",
    "0 0 5 * * ? 2027 x": "8 fields",
    "60 0 5 * * ?": '"60" is not a valid second: use 0 to 59',
    "0 60 5 * * ?": '"60" is not a valid minute',
    "0 0 24 * * ?": '"24" is not a valid hour: use 0 to 23',
    "0 0 5,25 * * ?": '"25" in "5,25" is not a valid hour',
    "0 0 5 0 * ?": '"0" is not a valid day of the month: use 1 to 31',
    "0 0 5 32 * ?": '"32" is not a valid day of the month',
    "0 0 5 * 13 ?": '"13" is not a valid month: use 1 to 12, or JAN to DEC',
    "0 0 5 ? * 0": r'"0" is not a valid day of the week: use 1 \(Sunday\) to 7 \(Saturday\), or SUN to SAT',
    "0 0 5 ? * 8": "day of the week",
    "0 0 5 ? * MON#6": "day of the week",
    "0 0 5 ? * Monday": '"MONDAY" is not a valid day of the week',
    "0 0 5 * * ? 27": '"27" is not a valid year: use 1970 to 2199',
    "0 ? 5 * * ?": r'"\?" is not a valid minute',
    "0 0 5 L-31 * ?": "day of the month",
    "0 0/0 5 * * ?": "minute",
    "0 0/60 5 * * ?": "minute",
    "0 1-2-3 5 * * ?": "minute",
    "0 5, 5 * * ?": "minute",
    "0 -5 5 * * ?": "minute",
    "0 0 5 * * *": "cannot both be set: use . for one of them",
    "0 0 5 ? * ?": "are both .: set one of them",
    "0 0 \uff15 * * ?": "hour",
    "@daily 0 0 0 0 0": "second",
}


@pytest.mark.parametrize("cron", VALID)
def test_takes_what_quartz_takes(cron: str) -> None:
    assert problem(cron) is None


@pytest.mark.parametrize("cron", WRONG)
def test_says_what_is_wrong(cron: str) -> None:
    assert re.search(WRONG[cron], str(problem(cron)))


def test_tells_what_is_the_same() -> None:
    assert same("0 0 5 ? * mon", " 0 0  5 ? * MON")
    assert same(None, None)
    assert not same(None, "0 0 5 * * ?")
    assert not same("0 0 5 * * ?", "0 0 6 * * ?")
