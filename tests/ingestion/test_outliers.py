"""The fence and the rule of quotes, on cases worked by hand."""

from datetime import UTC, datetime, timedelta
from math import log

import pytest

from ingestion.domain.outliers import Sale, fence_around, find_outliers, is_new_level, quantile
from ingestion.domain.quote_jumps import find_jumps

BEGIN = datetime(2024, 1, 1, tzinfo=UTC)


def sale(day: float, dollars: float, seller: str | None = None) -> Sale:
    at = BEGIN + timedelta(days=day)
    return Sale(int(at.timestamp() * 1_000_000), log(dollars * 100), seller)


def steady(days: range, dollars: float = 100.0) -> list[Sale]:
    return [sale(day, dollars) for day in days]


def flagged(sales: list[Sale]) -> set[int]:
    out: set[int] = set()
    for finding in find_outliers(sales):
        if finding.fence is None:
            out.discard(finding.of)
        else:
            out.add(finding.of)
    return out


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
    fence = fence_around(log(13_500), [log(10_000)] * 8)
    assert fence is not None
    assert fence.rule == "tukey"
    assert (fence.low, fence.high) == pytest.approx((log(10_000) - 0.3, log(10_000) + 0.3))
    assert fence_around(log(13_498), [log(10_000)] * 8) is None


def test_a_price_inside_the_quartile_fence_can_still_be_five_deviations_off() -> None:
    # Quartiles of 5 low, 5 high: q1 = 0, q3 = 1, fence -3 .. 4; median 0.5, MAD 0.5: z of 4 is 4.7.
    wide = [0.0] * 5 + [1.0] * 5
    assert fence_around(4.0, wide) is None
    # Three quarters at one level: MAD 0 counts as 0.10, so +-0.5 around it; quartiles reach 3.25.
    mixed = [0.0] * 6 + [1.0, 1.0]
    assert quantile(mixed, 0.75) == 0.25
    fence = fence_around(0.9, mixed)
    assert fence is not None
    assert fence.rule == "robust_z"
    assert (fence.low, fence.high) == pytest.approx((-0.5, 0.5))


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
    findings = [finding for finding in find_outliers(sales) if finding.of == 23]
    assert [(finding.at, finding.fence is None) for finding in findings] == [
        (23, False),
        (23, True),
    ]


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


def quotes_flagged(*dollars: float) -> set[int]:
    out: set[int] = set()
    for finding in find_jumps([sale(30 * i, price) for i, price in enumerate(dollars)]):
        if finding.fence is None:
            out.discard(finding.of)
        else:
            out.add(finding.of)
    return out


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
