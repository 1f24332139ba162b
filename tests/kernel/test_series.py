"""One rule chooses the series and says when it is too thin."""

from collections.abc import Mapping

import pytest

from kernel.series import Kind, is_liquid, series_in_use


@pytest.mark.parametrize(
    ("counts", "used"),
    [
        ({"trade": 12, "bar": 99, "quote": 99}, "trade"),
        ({"trade": 11, "bar": 12, "quote": 99}, "bar"),
        ({"trade": 11, "bar": 11, "quote": 1}, "quote"),
        ({"trade": 11, "quote": 0}, "trade"),
        ({"trade": 0, "bar": 11, "quote": 0}, "trade"),
        ({"bar": 1, "quote": 0}, "bar"),
        ({"quote": 0}, "quote"),
        ({}, None),
    ],
)
def test_enough_sales_then_source_bars_then_quotes_then_whatever_there_is(
    counts: Mapping[Kind, int], used: Kind | None
) -> None:
    assert series_in_use(counts) == used


@pytest.mark.parametrize(
    ("kind", "bars", "recency_days", "liquid"),
    [
        ("trade", 12, 60, True),
        ("trade", 11, 0, False),
        ("bar", 12, 61, False),
        ("quote", 9, 60, True),
        ("quote", 8, 0, False),
    ],
)
def test_a_series_is_liquid_with_enough_bars_of_its_kind_and_a_fresh_one(
    kind: Kind, bars: int, recency_days: int, liquid: bool
) -> None:
    assert is_liquid(kind, bars=bars, recency_days=recency_days) is liquid
