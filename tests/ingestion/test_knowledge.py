"""Verdicts and bars over time are functions of what was known, whatever the order of arrival."""

from datetime import UTC, date, datetime, timedelta

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ingestion.domain.bars import bar_versions
from ingestion.domain.near_prices import FEW
from ingestion.domain.verdicts import all_verdicts, missing_verdicts
from ingestion.domain.versions import BAR_VERSIONS, VERDICTS, VERSIONS
from tests.ingestion.plain_verdicts import Sale, find_jumps, find_outliers, plain_verdicts

BEGIN = datetime(2024, 1, 1, tzinfo=UTC)
NOW = datetime(2030, 1, 1, tzinfo=UTC)


def version(
    key: int,
    day: float,
    cents: int,
    *,
    late: float = 0.0,
    kind: str = "trade",
    until: float | None = None,
    card: str = "base1-4",
    seller: str | None = None,
) -> dict[str, object]:
    """A version of a price; `late` and `until` are days after the sale and after BEGIN."""
    ts = BEGIN + timedelta(days=day)
    return {
        "subject": "trade" if kind == "trade" else "report",
        "kind": kind,
        "key": key,
        "card_id": card,
        "grade_code": "psa9",
        "ts": ts,
        "price_cents": cents,
        "high_cents": None,
        "low_cents": None,
        "units": 0 if kind == "quote" else 1,
        "seller": seller,
        "known_at": ts + timedelta(days=late),
        "until": None if until is None else BEGIN + timedelta(days=until),
    }


def frame(rows: list[dict[str, object]]) -> pl.DataFrame:
    return pl.DataFrame(rows, schema=VERSIONS, orient="row")


# Few days and few prices, so that fences, level shifts and equal times happen all the time.
prices = st.sampled_from([9_000, 10_000, 10_500, 20_000, 21_000, 40_000, 900])


@st.composite
def histories(draw: st.DrawFn, kind: str = "trade") -> list[dict[str, object]]:
    rows = []
    for key in range(draw(st.integers(8, 26))):
        day = draw(st.integers(0, 30)) + draw(st.sampled_from([0.0, 0.25, 0.5]))
        late = draw(st.sampled_from([0.0, 0.0, 0.0, 0.0, 0.4, 3.0, 9.0]))
        seller = draw(st.sampled_from([None, "ann", "bob", "cy"]))
        rows.append(version(key, day, draw(prices), late=late, kind=kind, seller=seller))
        if draw(st.integers(0, 9)) == 0:
            # Corrected later: another price or another time from some moment on.
            known = rows[-1]["known_at"]
            assert isinstance(known, datetime)
            turn = (known - BEGIN) / timedelta(days=1) + draw(st.sampled_from([1.0, 6.0]))
            rows[-1]["until"] = BEGIN + timedelta(days=turn)
            moved = min(day + draw(st.sampled_from([0.0, 1.0])), turn)
            rows.append(
                version(key, moved, draw(prices), late=turn - moved, kind=kind, seller=seller)
            )
    return rows


def believed_at(rows: list[dict[str, object]], moment: datetime) -> list[dict[str, object]]:
    known = [
        row
        for row in rows
        if row["known_at"] <= moment and (row["until"] is None or moment < row["until"])  # type: ignore[operator]  # values of a mixed dict
    ]
    return sorted(known, key=lambda row: (row["ts"], row["key"]))


def outliers_of(rows: list[dict[str, object]]) -> set[object]:
    """The plain meaning of the rule: one run over what is believed."""
    order = pl.DataFrame(rows, schema=VERSIONS, orient="row")
    sales = [
        Sale(us, price, seller)
        for us, price, seller in order.select(
            pl.col("ts").to_physical(), pl.col("price_cents").log(), "seller"
        ).iter_rows()
    ]
    rule = find_jumps if rows and rows[0]["kind"] == "quote" else find_outliers
    out: set[object] = set()
    for finding in rule(sales):
        change = out.discard if finding.fence is None else out.add
        change(rows[finding.of]["key"])
    return out


def held_at(verdicts: pl.DataFrame, moment: datetime) -> set[object]:
    known = verdicts.filter(pl.col("known_at") <= moment)
    last = known.unique("subject_id", keep="last", maintain_order=True)
    return set(last.filter(pl.col("verdict") == "outlier").get_column("subject_id"))


def moments_of(rows: list[dict[str, object]]) -> list[datetime]:
    named = {row["known_at"] for row in rows} | {row["until"] for row in rows}
    return sorted(moment for moment in named if isinstance(moment, datetime))


@settings(max_examples=50, deadline=None)
@given(rows=st.one_of(histories(), histories("quote")))
def test_at_every_moment_the_verdicts_are_those_of_what_was_known(
    rows: list[dict[str, object]],
) -> None:
    verdicts = all_verdicts(frame(rows))
    for moment in moments_of(rows):
        known = believed_at(rows, moment)
        keys = {row["key"] for row in known}
        assert held_at(verdicts, moment) & keys == outliers_of(known)


@st.composite
def long_histories(draw: st.DrawFn, kind: str = "trade") -> list[dict[str, object]]:
    """Two years: thin and busy months, sales known much later, corrected, revoked, reinstated."""
    rows = []
    busy = draw(st.sampled_from([30, 120, 700]))
    for key in range(draw(st.integers(8, 70))):
        day = draw(st.integers(0, busy)) + draw(st.sampled_from([0.0, 0.25, 0.5]))
        seller = draw(st.sampled_from([None, "ann", "bob", "cy"]))
        known = day + draw(st.sampled_from([0.0, 0.0, 0.0, 0.0, 0.0, 0.4, 9.0, 400.0]))
        for _ in range(draw(st.sampled_from([1, 1, 1, 1, 2, 3]))):
            late = known - day
            cents = draw(prices)
            rows.append(version(key, day, cents, late=late, kind=kind, seller=seller))
            known += draw(st.sampled_from([0.25, 5.0, 200.0]))
            rows[-1]["until"] = BEGIN + timedelta(days=known)
            known += draw(st.sampled_from([0.0, 0.0, 7.0]))
            day = min(known, day + draw(st.sampled_from([0.0, 0.0, 1.0, 40.0])))
        if draw(st.booleans()):
            rows[-1]["until"] = None
    return rows


@settings(max_examples=100, deadline=None)
@given(rows=st.one_of(long_histories(), histories(), long_histories("quote")))
def test_judging_only_what_news_can_reach_gives_what_judging_all_gives(
    rows: list[dict[str, object]],
) -> None:
    plain = plain_verdicts(frame(rows)).sort("known_at", "event_at", "subject_id")
    assert all_verdicts(frame(rows)).select(plain.columns).equals(plain)


def busy_history(seed: int) -> list[dict[str, object]]:
    """So many sales that their prices lie in bins: drifting, spread unevenly, some far off, few
    told late or corrected."""
    random = np.random.default_rng(seed)
    rows = []
    for key in range(FEW + 100):
        day = float(random.integers(0, 4 * 300)) / 4
        spread = random.choice([0.03, 0.03, 0.3, 1.5], p=[0.5, 0.35, 0.14, 0.01])
        dear = 0.3 if random.random() < 0.3 else 0.0  # the quartiles are further apart than most
        cents = int(10_000 * np.exp(day / 1_000 + dear + random.normal(0, spread)))
        late = float(random.choice([0.0, 2.0, 40.0, 150.0], p=[0.99, 0.006, 0.002, 0.002]))
        seller = str(random.integers(0, 9))
        rows.append(version(key, day, cents, late=late, seller=seller))
        if random.random() < 0.004:
            ends = day + late + 3.0
            rows[-1]["until"] = BEGIN + timedelta(days=ends)
            rows.append(version(key, day, cents // 2, late=ends - day, seller=seller))
    return rows


@pytest.mark.parametrize("seed", range(2))
def test_a_busy_instrument_is_judged_as_judging_all_does(seed: int) -> None:
    rows = busy_history(seed)
    plain = plain_verdicts(frame(rows)).sort("known_at", "event_at", "subject_id")
    assert plain.get_column("rule").unique().sort().to_list() == ["confirmed", "robust_z", "tukey"]
    assert all_verdicts(frame(rows)).select(plain.columns).equals(plain)


@settings(max_examples=30, deadline=None)
@given(rows=histories(), data=st.data())
def test_verdicts_do_not_depend_on_order_or_on_how_arrivals_are_split(
    rows: list[dict[str, object]], data: st.DataObject
) -> None:
    shuffled = data.draw(st.permutations(rows))
    whole = all_verdicts(frame(rows))
    assert all_verdicts(frame(shuffled)).equals(whole)
    stored = pl.DataFrame(schema=VERDICTS)
    cuts = sorted(data.draw(st.lists(st.integers(0, len(rows)), max_size=3)))
    for cut in [*cuts, len(rows)]:
        wanted = all_verdicts(frame(shuffled[:cut]))
        missing = missing_verdicts(wanted, stored)
        # As the store returns them: by knowledge, of one moment in the order of insertion.
        stored = pl.concat([stored, missing]).sort("subject_id", "known_at", maintain_order=True)
    for moment in [*moments_of(rows), NOW]:
        assert held_at(stored.sort("known_at", maintain_order=True), moment) == held_at(
            whole.sort("known_at", maintain_order=True), moment
        )
    assert missing_verdicts(whole, stored).is_empty()


def bars_of(rows: list[dict[str, object]], moment: datetime) -> set[tuple[object, ...]]:
    """Bars built from only the prices known then, days that are over."""
    known = believed_at(rows, moment)
    kept = [row for row in known if row["key"] not in outliers_of(known)]
    by_day: dict[date, list[int]] = {}
    for row in kept:
        ts, cents = row["ts"], row["price_cents"]
        assert isinstance(ts, datetime)
        assert isinstance(cents, int)
        if row["kind"] == "quote" or ts.date() < moment.date():
            by_day.setdefault(ts.date(), []).append(cents)
    volume = 0 if rows[0]["kind"] == "quote" else 1
    return {
        (day, cents[0], max(cents), min(cents), cents[-1], volume * len(cents))
        for day, cents in by_day.items()
    }


@settings(max_examples=50, deadline=None)
@given(rows=st.one_of(histories(), histories("quote")))
def test_bars_as_of_a_moment_are_built_from_what_was_known_then(
    rows: list[dict[str, object]],
) -> None:
    versions = frame(rows)
    bars = bar_versions(versions, all_verdicts(versions))
    midnights = [BEGIN + timedelta(days=day) for day in range(0, 45, 4)]
    for moment in [*moments_of(rows), *midnights, NOW]:
        known = (pl.col("known_at") <= moment) & (
            pl.col("superseded_at").is_null() | (pl.col("superseded_at") > moment)
        )
        told = bars.filter(known).select(
            "day", "open_cents", "high_cents", "low_cents", "close_cents", "volume"
        )
        assert set(told.iter_rows()) == bars_of(rows, moment), moment


def test_a_late_sale_leaves_the_bar_that_was_known_before() -> None:
    rows = [version(1, 0.5, 10_000), version(2, 0.75, 12_000, late=5.0)]
    bars = bar_versions(frame(rows), pl.DataFrame(schema=VERDICTS))
    told = bars.select("close_cents", "volume", "known_at", "superseded_at").rows()
    first_known, corrected = BEGIN + timedelta(days=1), BEGIN + timedelta(days=5.75)
    assert told == [(10_000, 1, first_known, corrected), (12_000, 2, corrected, None)]


def test_a_source_s_own_bar_opens_and_closes_at_its_average_within_its_range() -> None:
    row = version(1, 3, 5_000, kind="bar", late=1.0) | {
        "high_cents": 6_000,
        "low_cents": 4_100,
        "units": 7,
    }
    bars = bar_versions(frame([row]), pl.DataFrame(schema=VERDICTS))
    assert bars.select("open_cents", "high_cents", "low_cents", "close_cents", "volume").rows() == [
        (5_000, 6_000, 4_100, 5_000, 7)
    ]


def test_days_without_prices_have_no_bar() -> None:
    none = bar_versions(frame([]), pl.DataFrame(schema=VERDICTS))
    assert none.equals(pl.DataFrame(schema=BAR_VERSIONS))
