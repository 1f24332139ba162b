"""Names in a column are numbered without gaps, equal names alike, long ones too."""

import polars as pl
from hypothesis import given, settings
from hypothesis import strategies as st

from ingestion.domain.name_numbers import FEWEST_SLOTS, numbered_names

# About twelve bytes is where a text leaves its view; letters of several bytes come there sooner.
names = st.text(st.sampled_from("ab0é"), max_size=14)


def assert_numbered(column: pl.Series) -> None:
    numbers, named = numbered_names(column)
    assert named.gather(pl.Series(numbers)).to_list() == column.to_list()
    assert sorted(named) == sorted(set(column))


@settings(deadline=None)
@given(st.lists(names, max_size=40), st.integers(0, 5))
def test_every_row_has_the_number_of_its_name(told: list[str], left_out: int) -> None:
    column = pl.Series(told, dtype=pl.String)
    assert_numbered(column[left_out:])
    assert_numbered(column.append(pl.Series(reversed(told), dtype=pl.String)))


def test_more_names_than_the_first_table_has_room_for_are_numbered() -> None:
    count = 10 * FEWEST_SLOTS
    short = pl.Series([f"card{number}" for number in range(count)])
    assert_numbered(short)
    assert_numbered(pl.concat([short, pl.Series(["swsh12pt5gg-GG70"]), short.reverse()]))
