"""Days are UTC, and a day is over at the next midnight."""

from datetime import UTC, date, datetime, timedelta, timezone

import pytest

from kernel.days import end_of, start_of, utc_day


def test_a_day_ends_where_the_next_begins() -> None:
    day = date(2024, 2, 28)
    assert end_of(day) == start_of(date(2024, 2, 29)) == datetime(2024, 2, 29, tzinfo=UTC)


def test_a_sale_late_in_the_evening_in_america_belongs_to_the_next_utc_day() -> None:
    evening = datetime(2024, 3, 1, 20, tzinfo=timezone(timedelta(hours=-8)))
    assert utc_day(evening) == date(2024, 3, 2)


def test_a_naive_moment_has_no_utc_day() -> None:
    with pytest.raises(ValueError, match="no time zone"):
        utc_day(datetime(2024, 3, 1))  # noqa: DTZ001 (the naive value under test)
