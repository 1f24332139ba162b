"""Bars built in passes are those built by every moment of knowledge."""

from datetime import UTC, datetime, timedelta

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ingestion.domain.bars import bar_versions
from ingestion.domain.kept_spans import kept_spans
from ingestion.domain.timed_bars import MANY, timed_bars
from ingestion.domain.versions import VERDICTS, VERSIONS
from tests.ingestion.plain_versions import versions_by_moment

BEGIN = datetime(2024, 1, 1, tzinfo=UTC)
NONE = pl.DataFrame(schema=VERDICTS)
CARDS = ["base1-4", "base1-2", "swsh12pt5gg-GG70"]  # the last is longer than a view holds

# Few hours, so that equal times, days that are just over and revocations at once happen often.
hours = st.sampled_from([0, 0, 0, 1, 6, 24, 30, 48])


@st.composite
def prices(draw: st.DrawFn, key: int) -> list[tuple[object, ...]]:
    """A price and its corrections, one after another; perhaps nothing is believed in the end."""
    kind = draw(st.sampled_from(["trade", "trade", "trade", "quote", "bar"]))
    subject = "trade" if kind == "trade" else "report"
    card, grade = draw(st.sampled_from(CARDS)), draw(st.sampled_from(["psa9", "raw"]))
    at = BEGIN + timedelta(hours=draw(st.integers(-30, 70)))
    known = at + timedelta(hours=draw(hours))
    rows: list[tuple[object, ...]] = []
    for left in range(draw(st.sampled_from([1, 1, 1, 1, 2, 3])), 0, -1):
        cents = draw(st.integers(1, 4)) * 100
        wide = cents * 2 if kind == "bar" else None
        units = {"trade": draw(st.sampled_from([1, 1, 1, 2])), "quote": 0, "bar": 7}[kind]
        ends = left > 1 or draw(st.integers(0, 5)) == 0
        until = known + timedelta(hours=draw(hours)) if ends else None
        told = (at, cents, wide, cents // 2 if wide else None, units, None, known, until)
        rows.append((subject, kind, key, card, grade, *told))
        if until is not None:
            known = until
        if draw(st.booleans()):
            at = min(known, at + timedelta(hours=draw(hours)))
            card = draw(st.sampled_from(CARDS))
    return rows


@st.composite
def histories(draw: st.DrawFn) -> pl.DataFrame:
    keys = draw(st.lists(st.integers(-(2**62), 2**62), min_size=1, max_size=25, unique=True))
    rows = [row for key in keys for row in draw(prices(key))]
    return pl.DataFrame(rows, schema=VERSIONS, orient="row")


@st.composite
def judged(draw: st.DrawFn, versions: pl.DataFrame) -> pl.DataFrame:
    """Any verdicts on some of the prices: often several, at equal moments too."""
    rows = []
    for about in versions.sample(fraction=0.4, seed=draw(st.integers(0, 99))).to_dicts():
        for _ in range(draw(st.integers(1, 3))):
            known = about["known_at"] + timedelta(hours=draw(hours))
            verdict = draw(st.sampled_from(["outlier", "outlier", "rejected", "kept"]))
            card = draw(st.sampled_from([about["card_id"], about["card_id"], CARDS[0]]))
            told = (about["ts"], known, verdict, "tukey", None, None)
            rows.append((about["subject"], about["key"], card, about["grade_code"], *told))
    return pl.DataFrame(rows, schema=VERDICTS, orient="row").sort("known_at", maintain_order=True)


def in_plain_order(bars: pl.DataFrame) -> pl.DataFrame:
    return bars.sort("card_id", "grade_code", "day", "kind", "known_at")


def assert_same_bars(versions: pl.DataFrame, verdicts: pl.DataFrame) -> None:
    wanted = versions_by_moment(kept_spans(versions, verdicts))
    told = bar_versions(versions, verdicts)
    assert in_plain_order(told).equals(in_plain_order(wanted))


@settings(max_examples=300, deadline=None)
@given(data=st.data(), versions=histories(), in_order=st.booleans())
def test_passes_give_the_bars_of_every_moment(
    data: st.DataObject, versions: pl.DataFrame, in_order: bool
) -> None:
    rows = versions.sort("ts", "key") if in_order else versions
    assert_same_bars(rows, data.draw(judged(rows)) if data.draw(st.booleans()) else NONE)


@settings(max_examples=60, deadline=None)
@given(versions=histories(), in_order=st.booleans())
def test_sales_known_in_time_have_the_bars_of_every_moment(
    versions: pl.DataFrame, in_order: bool
) -> None:
    sales = versions.filter(pl.col("kind") == "trade").with_columns(
        known_at="ts", until=pl.lit(None, VERSIONS["until"]), units=pl.lit(1, pl.Int64)
    )
    rows = sales.unique("key", maintain_order=True)
    assert_same_bars(rows.sort("ts", "key") if in_order else rows, NONE)


@pytest.fixture(scope="module")
def many() -> pl.DataFrame:
    """Sales by time, more than one thread is woken for."""
    minute = pl.col("minute")
    at = pl.lit(BEGIN) + pl.duration(minutes=minute)
    told = {
        "subject": pl.lit("trade"),
        "kind": pl.lit("trade"),
        "key": minute,
        "card_id": (minute % len(CARDS)).replace_strict(dict(enumerate(CARDS))),
        "grade_code": pl.lit("raw"),
        "ts": at,
        "price_cents": minute * 7919 % 1009 + 1,
        "units": pl.lit(1),
        "known_at": at,
    }
    minutes = pl.DataFrame({"minute": pl.int_range(MANY, eager=True)})
    return minutes.select(
        told.get(name, pl.lit(None)).cast(kind).alias(name) for name, kind in VERSIONS.items()
    )


def test_many_sales_by_time_have_the_bars_of_the_same_sales_in_no_order(many: pl.DataFrame) -> None:
    wanted = bar_versions(many.sample(fraction=1, shuffle=True, seed=1), NONE)
    assert timed_bars(many, NONE) is not None
    assert in_plain_order(bar_versions(many, NONE)).equals(in_plain_order(wanted))


@pytest.mark.parametrize("row", range(MANY // 8 - 1, MANY - 1, MANY // 8))
def test_many_sales_of_which_two_come_in_the_other_order_do_not_come_by_time(
    many: pl.DataFrame, row: int
) -> None:
    order = pl.int_range(many.height, eager=True).to_list()
    order[row], order[row + 1] = order[row + 1], order[row]
    assert timed_bars(many[order], NONE) is None


def test_many_sales_by_time_of_which_one_was_judged_or_learned_late_are_not_all_plain(
    many: pl.DataFrame,
) -> None:
    last = many.tail(1)
    verdict = last.select(
        *("subject", "card_id", "grade_code", "known_at"),
        subject_id="key",
        event_at="ts",
        verdict=pl.lit("outlier"),
        rule=pl.lit("tukey"),
        fence_low_cents=pl.lit(1, pl.Int64),
        fence_high_cents=pl.lit(2, pl.Int64),
    ).select(list(VERDICTS))
    assert timed_bars(many, verdict) is None
    late = last.with_columns(pl.col("known_at") + timedelta(days=2))
    assert timed_bars(pl.concat([many.head(-1), late]), NONE) is None


def test_days_too_far_apart_for_buckets_are_built_too() -> None:
    at = [BEGIN, BEGIN.replace(year=1970), BEGIN.replace(year=9000)]
    rows = [
        ("trade", "trade", n, "c", "raw", ts, 100, None, None, 1, None, ts, None)
        for n, ts in enumerate(at)
    ]
    versions = pl.DataFrame(rows, schema=VERSIONS, orient="row")
    for ordered in (versions, versions.sort("ts", "key")):
        assert bar_versions(ordered, NONE).height == 3
        assert_same_bars(ordered, NONE)
