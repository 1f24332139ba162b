"""`features explain` as a person meets it: each feature, its formula, the prices it came from."""

import re
from datetime import UTC, date, datetime, time, timedelta

import psycopg
import pytest
from click.testing import CliRunner, Result

from kernel.days import end_of
from signals_svc.domain.bars import bars_of
from signals_svc.domain.feature_lines import spans
from signals_svc.domain.feature_origins import closes_behind
from signals_svc.domain.feature_words import FORMULAS
from signals_svc.domain.features import features_on
from signals_svc.jobs.table import jobs
from tests.signals_svc.conftest import CARDS, LAST_DAY, Desk
from tests.signals_svc.market_builder import Bar, frame, mark, write_bars

SOLD = (0, 4, 9, 20, 33, 45, 60, 75, 90, 110, 130, 150)  # days before LAST_DAY
LATE, REVOKED, OUTLIER, CORRECTED = 901, 902, 903, 904
TRADE = (
    "insert into market.trades (trade_id, ts, card_id, grade_code, source, price_cents, known_at,"
    " until) values (%s, %s, 'card-2', 'raw', 'marketplace', %s, %s, %s)"
)

OF_GRADE = (
    "insert into market.trades (trade_id, ts, card_id, grade_code, source, price_cents, known_at)"
    " values (%s, %s, %s, %s, 'marketplace', 1000, %s)"
)


def at(day: date) -> datetime:
    return datetime.combine(day, time(15, 30), tzinfo=UTC)


def ago(days: int) -> date:
    return LAST_DAY - timedelta(days=days)


@pytest.fixture
def sold(market: Desk) -> Desk:
    """card-2 raw: twelve sales, one revoked, one an outlier, one corrected, one known later."""
    write_bars(market.urls, [Bar("card-2", "raw", ago(n), 1000 + n) for n in SOLD])
    with psycopg.connect(market.urls.ingestion) as connection:
        days = [ago(n) for n in range(200)]
        connection.execute("select market.ensure_month_partitions('trades', %s)", (days,))
        for n in SOLD:
            known = end_of(ago(n))
            connection.execute(TRADE, (n + 1, at(ago(n)), 1000 + n, known, None))
        gone = end_of(ago(30))
        connection.execute(TRADE, (REVOKED, at(ago(33)), 7700, end_of(ago(33)), gone))
        connection.execute(TRADE, (OUTLIER, at(ago(33)), 99_900, end_of(ago(33)), None))
        connection.execute(TRADE, (LATE, at(ago(4)), 5500, end_of(ago(-3)), None))
        connection.execute(TRADE, (CORRECTED, at(ago(45)), 1045, end_of(ago(5)), None))
        connection.execute(
            "insert into market.outlier_verdicts (subject, subject_id, card_id, grade_code,"
            " event_at, known_at, verdict, rule) values ('trade', %s, 'card-2', 'raw', %s, %s,"
            " 'outlier', 'robust z')",
            (OUTLIER, at(ago(33)), end_of(ago(33))),
        )
        version = (
            "insert into market.trade_versions (trade_id, number, present, ts, card_id, grade_code,"
            " price_cents, known_at, until, began, began_by, began_why, ended, ended_by, ended_why)"
            " values (%s, %s, %s, %s, 'card-2', 'raw', %s, %s, %s, %s, 'marketplace', 'told',"
            " %s, %s, %s)"
        )
        turn = end_of(ago(5))
        first = (1, False, at(ago(45)), 4545, end_of(ago(45)), turn, "told")
        ended = ("corrected", "marketplace", "the price was wrong")
        connection.execute(version, (CORRECTED, *first, *ended))
        second = (2, True, at(ago(45)), 1045, turn, None, "corrected", None, None, None)
        connection.execute(version, (CORRECTED, *second))
    return market


def explain(desk: Desk, *words: str) -> Result:
    return CliRunner().invoke(jobs(lambda: desk.workshop), ["explain_features", *words])


def lines_of(desk: Desk, *more: str) -> list[str]:
    told = explain(desk, "card-2", "raw", LAST_DAY.isoformat(), *more)
    assert told.exit_code == 0, told.output
    return told.output.splitlines()


def price_lines(lines: list[str], price_id: int) -> list[str]:
    return [line for line in lines if f" trade {price_id} " in line]


def test_every_feature_is_told_with_its_formula_and_every_formula_is_a_feature(sold: Desk) -> None:
    computed = features_on(bars_of(frame([Bar("a", "raw", LAST_DAY, 1)])), {}, LAST_DAY)
    assert set(FORMULAS) == set(computed.raw)
    text = "\n".join(lines_of(sold))
    for name, words in FORMULAS.items():
        assert re.search(rf"^{name} +\S+.*\n +{re.escape(words)}$", text, re.M), name


def test_a_momentum_points_to_the_sales_of_its_two_closes(sold: Desk) -> None:
    lines = lines_of(sold)
    place = next(n for n, line in enumerate(lines) if line.startswith("momentum_30 "))
    newest, base = (price_lines(lines, n + 1)[0].split()[0] for n in (0, 33))
    assert lines[place + 2].strip() == f"from {base}, {newest}"


def test_a_premium_points_to_the_last_close_of_each_of_its_grades(sold: Desk) -> None:
    with psycopg.connect(sold.urls.ingestion) as connection:
        for number, days in ((801, 0), (802, 3)):
            connection.execute(OF_GRADE, (number, at(ago(days)), "card-2", "psa10", end_of(ago(3))))
    lines = lines_of(sold)
    place = next(n for n, line in enumerate(lines) if line.startswith("premium_raw "))
    ten, raw = (price_lines(lines, one)[0].split()[0] for one in (801, 1))
    assert lines[place + 2].strip() == f"closes of the card's grades, from {ten}, {raw}"


def test_a_premiums_z_rests_on_closes_a_month_apart_and_on_any_nine_where_there_is_no_psa_9() -> (
    None
):
    bars = [
        Bar("a", grade, ago(n), price)
        for grade, price in (("psa10", 900), ("any9", 300))
        for n in range(0, 390, 10)
    ]
    bars += [Bar("a", "psa9", ago(n), 400) for n in range(0, 100, 10)]
    features = features_on(bars_of(frame(bars)), {}, LAST_DAY)
    (today,) = {one.day for one in closes_behind(features, 0, "premium_nine")}
    assert today == LAST_DAY
    behind = closes_behind(features, 0, "premium_nine_z")
    by_grade = {
        grade: [one.day for one in behind if one.instrument.grade_code == grade]
        for grade in ("psa10", "psa9", "any9", "raw")
    }
    assert by_grade["psa10"] == [ago(30 * step) for step in range(11, -1, -1)]
    assert by_grade["psa9"] == [ago(90), ago(60), ago(30), LAST_DAY]
    assert by_grade["any9"] == [ago(30 * step) for step in range(11, 3, -1)]
    assert by_grade["raw"] == []


def test_copies_sold_point_to_the_sales_where_the_price_is_of_quotes(market: Desk) -> None:
    quotes = [Bar("card-3", "raw", ago(30 * n), 1000, kind="quote", volume=0) for n in range(12)]
    write_bars(market.urls, [*quotes, Bar("card-3", "raw", ago(5), 1100)])
    with psycopg.connect(market.urls.ingestion) as connection:
        days = [ago(5)]
        connection.execute("select market.ensure_month_partitions('trades', %s)", (days,))
        connection.execute(OF_GRADE, (803, at(ago(5)), "card-3", "raw", end_of(ago(5))))
    told = explain(market, "card-3", "raw", LAST_DAY.isoformat()).output.splitlines()
    assert "series in use: guide prices" in told[1]
    place = next(n for n, line in enumerate(told) if line.startswith("trades_7 "))
    assert "1" in told[place].split()
    assert told[place + 2].strip() == f"from {price_lines(told, 803)[0].split()[0]}"


def test_prices_carry_their_number_day_source_and_when_they_were_known(sold: Desk) -> None:
    (line,) = price_lines(lines_of(sold), 1)
    assert f"{LAST_DAY} 15:30" in line
    assert "$10.00" in line
    assert line.endswith(f"marketplace  known {LAST_DAY + timedelta(days=1)}")


def test_what_was_left_out_says_why(sold: Desk) -> None:
    lines = lines_of(sold)
    (revoked,), (outlier,) = price_lines(lines, REVOKED), price_lines(lines, OUTLIER)
    assert revoked.endswith("LEFT OUT: revoked")
    assert outlier.endswith("LEFT OUT: outlier: robust z, by rule")
    before, after = price_lines(lines, CORRECTED)
    assert "$45.45" in before
    assert before.endswith("LEFT OUT: corrected: the price was wrong")
    assert "$10.45" in after
    assert "LEFT OUT" not in after


def test_as_of_an_earlier_moment_nothing_that_came_later_is_told(sold: Desk) -> None:
    assert price_lines(lines_of(sold), LATE) == []
    (late,) = price_lines(lines_of(sold, "--as-of", end_of(ago(-3)).isoformat()), LATE)
    assert "days late" in late
    earlier = lines_of(sold, "--as-of", end_of(ago(31)).isoformat())
    (told,) = price_lines(earlier, REVOKED)
    assert "LEFT OUT" not in told
    (first,) = price_lines(earlier, CORRECTED)
    assert "$45.45" in first
    assert price_lines(earlier, 1) == []


def test_it_says_whether_the_stored_features_are_the_same(sold: Desk) -> None:
    assert "no stored features to compare with" in lines_of(sold)[2]
    mark(sold.urls, [("card-2", "raw")], LAST_DAY)
    sold.night()
    assert "the stored features of the night are the very same" in lines_of(sold)[2]
    with psycopg.connect(sold.urls.ingestion) as connection:
        connection.execute(
            "update market.prices_daily set high_cents = 9999, close_cents = 9999"
            " where card_id = 'card-2' and grade_code = 'raw' and day = %s",
            (LAST_DAY,),
        )
    assert "differ" in lines_of(sold)[2]


def test_a_card_with_three_sales_has_missing_features_and_no_made_up_number(market: Desk) -> None:
    write_bars(market.urls, [Bar("card-3", "raw", ago(n), 1000) for n in (1, 8, 20)])
    told = explain(market, "card-3", "raw", LAST_DAY.isoformat())
    assert re.search(r"^volatility_90 +missing  too little is known for it$", told.output, re.M)
    assert re.search(r"^momentum_90 +missing", told.output, re.M)
    mark(market.urls, [("card-3", "raw")], LAST_DAY)
    market.night()
    said = market.rows(
        "select distinct action, conviction::float8 as conviction, expected_return,"
        " reasons->0->>'code' as code from signals.signals where grade_code = 'raw'"
    )
    assert said == [
        {"action": "HOLD", "conviction": 0.0, "expected_return": None, "code": "illiquid"}
    ]


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("crad-2", "raw", "2025-01-01"), r"no card 'crad-2'; did you mean card-2"),
        (("card-2", "psa100", "2025-01-01"), r"no grade 'psa100'; grades are written psa10"),
        (("card-2", "raw", "2999-01-01"), r"2999-01-01 is not over yet"),
        (("card-2", "cgc10", "2025-01-01"), r"of card-2:cgc10 no price of the 545 days"),
    ],
)
def test_what_does_not_exist_is_told_in_words(
    sold: Desk, words: tuple[str, ...], message: str
) -> None:
    told = explain(sold, *words)
    assert told.exit_code == 1
    assert re.search(message, told.output)


def test_a_day_that_is_none_is_a_usage_error(market: Desk) -> None:
    told = explain(market, CARDS[0], "raw", "yesterday")
    assert told.exit_code == 2
    assert "write it as 2026-09-30" in told.output


def test_numbers_in_a_row_are_told_as_spans() -> None:
    assert spans([3, 4, 5, 9, 11, 12]) == "3-5, 9, 11-12"
