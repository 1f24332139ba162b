"""The fence and the rule of quotes, on cases worked by hand."""

from datetime import UTC, datetime, timedelta
from math import exp, log

import numpy as np
import polars as pl
import pytest

from ingestion.domain.level_rules import KEPT, ROBUST_Z, TUKEY, agree, fence_of, quantile_of
from ingestion.domain.verdicts import all_verdicts
from ingestion.domain.versions import VERSIONS
from tests.ingestion.plain_verdicts import Sale

BEGIN = datetime(2024, 1, 1, tzinfo=UTC)


def sale(day: float, dollars: float, seller: str | None = None) -> Sale:
    at = BEGIN + timedelta(days=day)
    return Sale(int(at.timestamp() * 1_000_000), log(dollars * 100), seller)


def steady(days: range, dollars: float = 100.0) -> list[Sale]:
    return [sale(day, dollars) for day in days]


def verdicts_on(sales: list[Sale], kind: str = "trade") -> pl.DataFrame:
    """Of prices that were known at once."""
    told = {"subject": "trade", "kind": kind, "card_id": "base1-4", "grade_code": "psa9"}
    rows = [
        told
        | {"key": key, "ts": sale.ts_us, "known_at": sale.ts_us, "seller": sale.seller}
        | {"price_cents": round(exp(sale.log_price)), "units": 1}
        for key, sale in enumerate(sales)
    ]
    moments = {name: kind for name, kind in VERSIONS.items() if kind == pl.Datetime}
    schema = dict(VERSIONS) | dict.fromkeys(moments, pl.Int64)
    told_in_us = pl.DataFrame(rows, schema=schema, orient="row")
    return all_verdicts(told_in_us.with_columns(pl.col(moments).cast(VERSIONS["ts"])))


def flagged(sales: list[Sale], kind: str = "trade") -> set[int]:
    last = verdicts_on(sales, kind).unique("subject_id", keep="last", maintain_order=True)
    return set(last.filter(pl.col("verdict") == "outlier").get_column("subject_id"))


def fence_around(price: float, kept: list[float]) -> tuple[int, float, float]:
    return fence_of(price, np.array(sorted(kept)), len(kept))


def quantile(ordered: list[float], share: float) -> float:
    return quantile_of(np.array(ordered), len(ordered), share)


def is_new_level(sales: list[Sale]) -> bool:
    number = {None: -1, "ann": 1, "bob": 2, "cy": 3}
    ts = np.array([sale.ts_us for sale in sales])
    price = np.array([sale.log_price for sale in sales])
    return agree(ts, price, np.array([number[sale.seller] for sale in sales]), 0, 1, 2)


def test_a_quantile_interpolates_between_order_statistics() -> None:
    assert quantile([1.0, 2.0, 3.0, 5.0], 0.25) == pytest.approx(1.75)
    assert quantile([1.0, 2.0, 3.0, 5.0], 0.5) == pytest.approx(2.5)
    assert quantile([4.0], 0.75) == 4.0


def test_seven_sales_are_too_few_to_judge_the_eighth() -> None:
    assert flagged([*steady(range(7)), sale(7, 900)]) == set()


def test_eight_sales_are_enough() -> None:
    assert flagged([*steady(range(8)), sale(8, 900)]) == {8}


def test_among_equal_prices_the_floor_of_the_spread_sets_the_fence() -> None:
    # IQR 0 counts as 0.10, so the fence is +-0.30 in log: 134.98 is inside, 135.00 outside.
    rule, *bounds = fence_around(log(13_500), [log(10_000)] * 8)
    assert rule == TUKEY
    assert bounds == pytest.approx([log(10_000) - 0.3, log(10_000) + 0.3])
    assert fence_around(log(13_498), [log(10_000)] * 8)[0] == KEPT


def test_a_price_inside_the_quartile_fence_can_still_be_five_deviations_off() -> None:
    # Quartiles of 5 low, 5 high: q1 = 0, q3 = 1, fence -3 .. 4; median 0.5, MAD 0.5: z of 4 is 4.7.
    wide = [0.0] * 5 + [1.0] * 5
    assert fence_around(4.0, wide)[0] == KEPT
    # Three quarters at one level: MAD 0 counts as 0.10, so +-0.5 around it; quartiles reach 3.25.
    mixed = [0.0] * 6 + [1.0, 1.0]
    assert quantile(mixed, 0.75) == 0.25
    rule, *bounds = fence_around(0.9, mixed)
    assert rule == ROBUST_Z
    assert bounds == pytest.approx([-0.5, 0.5])


def test_a_flagged_sale_does_not_widen_the_fence_for_the_next() -> None:
    sales = [*steady(range(8)), sale(8, 900), sale(9, 105), sale(10, 950)]
    assert flagged(sales) == {8, 10}


def test_where_ninety_days_hold_too_few_a_year_is_asked() -> None:
    early = steady(range(8))
    assert flagged([*early, sale(200, 900)]) == {8}
    assert flagged([*early, sale(400, 900)]) == set()


def test_three_flagged_sales_on_three_days_that_agree_make_a_new_level() -> None:
    sales = [*steady(range(8)), sale(8, 200), sale(9, 210), sale(10, 220)]
    assert flagged(sales[:10]) == {8, 9}
    assert flagged(sales) == set()


def test_after_a_new_level_the_next_sale_at_it_stands_at_once() -> None:
    sales = [*steady(range(20)), *(sale(20 + day, 200) for day in range(4))]
    # Known and confirmed in one moment: nothing was ever held against it.
    assert 23 not in verdicts_on(sales).get_column("subject_id")


def test_prices_a_fifth_apart_agree_and_more_do_not() -> None:
    assert is_new_level([sale(0, 100), sale(1, 120), sale(2, 110)])
    assert not is_new_level([sale(0, 100), sale(1, 121), sale(2, 110)])


def test_three_sales_of_one_seller_confirm_nothing() -> None:
    assert not is_new_level([sale(day, 200, "ann") for day in range(3)])
    assert is_new_level([sale(0, 200, "ann"), sale(0, 200, "bob"), sale(0, 200, "cy")])


def test_sales_of_unknown_sellers_on_two_days_confirm_nothing() -> None:
    assert not is_new_level([sale(0, 200), sale(0.5, 200), sale(1, 200)])


def test_a_kept_sale_in_between_breaks_the_run() -> None:
    sales = [*steady(range(8)), sale(8, 200), sale(9, 210), sale(10, 100), sale(11, 220)]
    assert flagged(sales) == {8, 9, 11}


def test_two_flagged_sales_and_a_kept_one_that_agrees_with_both_make_a_new_level() -> None:
    # The fence ends at 134.98: 133 is inside of it, and near enough to 140 and 150.
    level = [*steady(range(8)), sale(8, 140), sale(9, 150)]
    assert flagged([*level, sale(10, 100)]) == {8, 9}
    assert flagged([*level, sale(10, 10), sale(11, 100), sale(12, 133)]) == {10}


def test_a_kept_sale_confirms_nothing_far_from_it_nor_on_the_other_side() -> None:
    far = [*steady(range(8)), sale(8, 200), sale(9, 200), sale(10, 133)]
    assert flagged(far) == {8, 9}
    # 50 is below the fence, 140 above: they do not agree with each other.
    assert flagged([*steady(range(8)), sale(8, 140), sale(9, 50), sale(10, 133)]) == {8, 9}


def test_a_kept_sale_confirms_no_flagged_ones_of_its_own_seller_or_of_its_day() -> None:
    before = [*steady(range(8))]
    mine = [sale(8, 140, "ann"), sale(9, 150, "bob"), sale(10, 133, "ann")]
    assert flagged([*before, *mine]) == {8, 9}
    assert flagged([*before, sale(8, 140), sale(8.2, 150), sale(10, 133)]) == {8, 9}


def test_a_kept_sale_confirms_nothing_older_than_ninety_days() -> None:
    begin = [*steady(range(8)), sale(8, 140), sale(9, 150)]
    between = steady(range(20, 100, 5))
    assert flagged([*begin, *between, sale(98.5, 133)]) == {8, 9}
    assert flagged([*begin, *between[:-1], sale(97.5, 133)]) == set()


def test_all_flagged_sales_of_the_confirmed_level_are_readmitted() -> None:
    apart = [sale(8, 140), sale(9, 100), sale(10, 145), sale(11, 100), sale(12, 150)]
    assert flagged([*steady(range(8)), *apart]) == {8, 10, 12}
    assert flagged([*steady(range(8)), *apart, sale(13, 133)]) == set()


def test_after_a_new_level_a_year_of_the_old_one_is_no_measure() -> None:
    # Nine sales of a thin year at 100, a new level at 140, then 190: far from the old level only.
    old = [sale(30 * month, 100) for month in range(9)]
    level = [sale(270, 140), sale(275, 150), sale(280, 145)]
    assert flagged([*old, *level, sale(330, 190)]) == set()
    assert flagged([*old, sale(330, 190)]) == {9}


def quotes_flagged(*dollars: float) -> set[int]:
    return flagged([sale(30 * i, price) for i, price in enumerate(dollars)], "quote")


def test_a_quote_that_moves_more_than_threefold_waits() -> None:
    assert quotes_flagged(10, 31) == {1}
    assert quotes_flagged(10, 30) == set()


def test_a_waiting_quote_stands_when_the_next_agrees() -> None:
    assert quotes_flagged(10, 420, 400, 390) == set()


def test_a_jump_that_comes_back_stays_flagged() -> None:
    assert quotes_flagged(10, 420, 11, 12) == {1}


def test_two_different_jumps_are_both_measured_against_what_stood_before() -> None:
    assert quotes_flagged(10, 420, 100, 11) == {1, 2}


def test_a_fall_counts_like_a_rise() -> None:
    assert quotes_flagged(100, 30, 95) == {1}
