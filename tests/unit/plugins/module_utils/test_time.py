# Copyright (c) 2026, the sailpoint.isc contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from datetime import datetime, timedelta, timezone

import pytest
from ansible_collections.sailpoint.isc.plugins.module_utils._errors import InvalidOption
from ansible_collections.sailpoint.isc.plugins.module_utils._time import (
    duration,
    duration_or_seconds,
    format_timestamp,
    parse_timestamp,
    timestamp,
)
from hypothesis import example, given
from hypothesis import strategies as st

pytestmark = pytest.mark.usefixtures("zone")

SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86400, "w": 7 * 86400}
CENTURY = 100 * 365 * 86400
ZONES = st.integers(-23 * 60 - 59, 23 * 60 + 59)
LOOKS_LIKE_A_TIMESTAMP = st.from_regex(r"\A\d{4}-\d\d-\d\d[Tt ]\d\d:\d\d:\d\d([.,]\d+)?(Z|z|[+-]\d\d:?\d\d)?\Z")


@given(st.integers(0, 5000), st.sampled_from(sorted(SECONDS)))
def test_a_duration_is_its_number_times_its_unit(number: int, unit: str) -> None:
    assert duration("older_than", f"{number}{unit}") == number * SECONDS[unit]


@given(st.integers(0, 10**6), st.integers(0, 999), st.sampled_from(sorted(SECONDS)))
def test_a_duration_may_have_a_fraction_and_blanks_around_it(whole: int, thousandths: int, unit: str) -> None:
    text = f" {whole}.{thousandths:03}{unit} "
    expected = (whole + thousandths / 1000) * SECONDS[unit]
    if expected <= CENTURY:
        assert duration("older_than", text) == pytest.approx(expected)


@pytest.mark.parametrize(
    "value",
    ["", "s", "90", "-5s", "5 s", "5S", "1h30m", "1e3s", ".5s", "5.s", "٣s", "5y", "36501d", "9" * 400 + "s", "5s\nx"],
)
def test_what_is_no_duration_is_refused_with_its_value_and_the_option(value: str) -> None:
    with pytest.raises(InvalidOption) as caught:
        duration("newer_than", value)
    assert str(caught.value).startswith("newer_than is ")
    assert str(caught.value).endswith("give a duration such as 90s, 30m, 12h, 7d or 4w.")


@given(st.floats(0, CENTURY))
def test_a_plain_number_is_taken_as_seconds_where_that_is_allowed(number: float) -> None:
    assert duration_or_seconds("timeout", repr(number)) == number


def test_a_unit_is_understood_where_plain_seconds_are() -> None:
    assert duration_or_seconds("timeout", "2h") == 7200


@pytest.mark.parametrize("value", ["-1", "nan", "inf", "-inf", "1e30", "soon", "", "-0.001"])
def test_what_is_neither_a_length_of_time_nor_a_number_of_seconds_is_refused(value: str) -> None:
    with pytest.raises(InvalidOption, match=r"^timeout is "):
        duration_or_seconds("timeout", value)


@pytest.mark.parametrize("value", ["0", "0s", "0.0", "-0.0"])
def test_zero_is_refused_only_where_it_makes_no_sense(value: str) -> None:
    assert duration_or_seconds("timeout", value) == 0
    with pytest.raises(InvalidOption, match="more than zero"):
        duration_or_seconds("interval", value, positive=True)


@given(st.datetimes(), st.integers(0, 999))
def test_a_timestamp_of_the_api_survives_reading_and_writing(moment: datetime, millis: int) -> None:
    text = moment.replace(microsecond=0).isoformat() + f".{millis:03}Z"
    parsed = parse_timestamp(text)
    assert parsed is not None
    assert format_timestamp(parsed) == text


@given(st.integers(-62135596800000, 253402300799999))
def test_a_point_in_time_survives_writing_and_reading(millis: int) -> None:
    parsed = parse_timestamp(format_timestamp(millis / 1000))
    assert parsed is not None
    assert round(parsed * 1000) == millis


@given(st.datetimes(datetime(2, 1, 1), datetime(9998, 1, 1)), ZONES, st.booleans())
def test_a_zone_is_taken_into_account(moment: datetime, minutes: int, colon: bool) -> None:
    moment = moment.replace(microsecond=0, tzinfo=timezone(timedelta(minutes=minutes)))
    hours, rest = divmod(abs(minutes), 60)
    zone = f"{'-' if minutes < 0 else '+'}{hours:02}{':' if colon else ''}{rest:02}"
    text = moment.replace(tzinfo=None).isoformat() + zone
    assert timestamp("completed", text) == moment.timestamp() == parse_timestamp(text)


@pytest.mark.parametrize(
    ("value", "millis"),
    [
        ("2020-07-11T21:23:15.000Z", 1594502595000),
        ("2020-07-11T21:23:15Z", 1594502595000),
        ("2020-07-11 21:23:15.5z", 1594502595500),
        ("2020-07-11T21:23:15,123456789Z", 1594502595123),
        ("2020-07-11T21:23:15", 1594502595000),
        (1714574212775, 1714574212775),
        (1714574212775.0, 1714574212775),
        ("1714574212775", 1714574212775),
        (1714574212.775, 1714574212775),
        (1714574212, 1714574212000),
        ("2020-07-11T21:23:15.123456Z", 1594502595123),
        ("2020-07-11T21:23:15.000+0000", 1594502595000),
        ("2020-07-12T02:53:15+05:30", 1594502595000),
        ("2020-07-11T17:23:15-04", 1594502595000),
        (" 2020-07-11T21:23:15Z\n", 1594502595000),
    ],
)
def test_points_in_time_are_read_as_servers_write_them(value: object, millis: int) -> None:
    parsed = parse_timestamp(value)
    assert parsed is not None
    assert int(parsed * 1000) == millis


@pytest.mark.parametrize(
    "value",
    [
        None,
        "",
        "now",
        True,
        False,
        [],
        {},
        "2020-13-01T00:00:00Z",
        "2020-02-30T00:00:00Z",
        "2020-01-01T24:00:00Z",
        "0000-01-01T00:00:00Z",
        "2020-01-01T00:00:00+24:00",
        "2020-01-01",
        "٢٠٢٠-01-01T00:00:00Z",
        float("nan"),
        float("inf"),
        "1714574212",
        "-1714574212775",
        "1714574212775Z",
        1e300,
        -1e300,
        "9999-12-31T23:59:59-00:01",
        "0001-01-01T00:00:00+00:01",
    ],
)
def test_what_states_no_point_in_time_is_none(value: object) -> None:
    assert parse_timestamp(value) is None


@given(st.one_of(st.text(), LOOKS_LIKE_A_TIMESTAMP, st.integers(), st.floats(), st.lists(st.integers())))
@example(10**400)
def test_reading_a_point_in_time_never_fails(value: object) -> None:
    parsed = parse_timestamp(value)
    assert parsed is None or isinstance(parsed, float)
    # What can be read can be written.
    assert parsed is None or parse_timestamp(format_timestamp(parsed)) == pytest.approx(parsed, abs=0.001)


@given(LOOKS_LIKE_A_TIMESTAMP)
@example("0001-01-01T00:00:00+05:00")
@example("9999-12-31T23:59:59-05:00")
@example("9999-12-31T23:59:59.9999Z")
@example("0999-12-31T23:59:59Z")
@example("2020-01-01T00:00:00")
def test_a_timestamp_option_is_either_refused_or_can_be_written_for_the_api(text: str) -> None:
    try:
        moment = timestamp("completed", text)
    except InvalidOption:
        return
    written = format_timestamp(moment)
    assert datetime.strptime(written, "%Y-%m-%dT%H:%M:%S.%fZ")
    assert parse_timestamp(written) == pytest.approx(moment, abs=0.001)


@pytest.mark.parametrize("value", ["2026-05-17T19:33:16", "today", "2026-05-17", "2026-05-17T19:33:16 UTC", ""])
def test_a_timestamp_option_without_a_zone_is_refused(value: str) -> None:
    with pytest.raises(InvalidOption, match="ISO 8601 timestamp with a zone") as caught:
        timestamp("completed", value)
    assert f'completed is "{value}"' in str(caught.value)


def test_blanks_around_a_timestamp_option_do_not_matter() -> None:
    assert timestamp("completed", " 1970-01-01T00:00:01Z ") == 1
