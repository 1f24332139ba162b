"""No lookahead, and one day rebuilt equals the same day of a range, bit for bit."""

from datetime import date, datetime, timedelta

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kernel.days import end_of
from kernel.ids import CardId
from signals_svc.domain import in_parts
from signals_svc.domain.bars import Bars, bars_of
from signals_svc.domain.cross_section import CardFacts
from signals_svc.domain.decision import Policy
from signals_svc.domain.facts import MOODS, POPULATION, SEARCHES, Facts
from signals_svc.domain.features import Features, features_between, features_on
from signals_svc.domain.forecast import HORIZONS
from signals_svc.domain.judgement import judge
from signals_svc.domain.signal import Signal
from signals_svc.domain.snapshot import freeze, thaw
from signals_svc.domain.spoken import fixed_forecast
from tests.signals_svc.market_builder import Bar, frame

START = date(2026, 1, 1)
DAYS = 150
CARDS = 12
CATALOG = {CardId(f"c{n}"): CardFacts(f"set{n // 4}", START) for n in range(CARDS)}


def versions(seed: int) -> pl.DataFrame:
    """Bars of two grades and two kinds, many of them late, some replaced by a later version."""
    rng = np.random.default_rng(seed)
    bars, until = [], []
    for card in range(CARDS):
        for grade in ("raw", "psa10"):
            kind = "quote" if rng.random() < 0.3 else "trade"
            for offset in np.flatnonzero(rng.random(DAYS) < 0.3):
                day = START + timedelta(days=int(offset))
                known = end_of(day) + timedelta(days=int(rng.integers(0, 15)))
                replaced = known + timedelta(days=int(rng.integers(1, 30)))
                cents = int(rng.integers(500, 2000))
                changes = rng.random() < 0.2
                bars.append(Bar(f"c{card}", grade, day, cents, kind, 1, known))
                until.append(replaced if changes else None)
                if changes:
                    bars.append(Bar(f"c{card}", grade, day, cents + 100, kind, 1, replaced))
                    until.append(None)
    return frame(bars).with_columns(superseded_at=pl.Series(until, dtype=pl.Datetime("us", "UTC")))


def forget_and_invent(known: pl.DataFrame, moment: datetime, seed: int) -> pl.DataFrame:
    """The same past; everything learned after the moment is noise, missing or different."""
    rng = np.random.default_rng(seed)
    later = known.filter(pl.col("known_at") > moment)
    later = later.with_columns(close_cents=pl.Series(rng.integers(1, 10**6, len(later))))
    kept = later.filter(pl.Series(rng.random(len(later)) < 0.7, dtype=pl.Boolean))
    past = known.filter(pl.col("known_at") <= moment).with_columns(
        superseded_at=pl.when(pl.col("superseded_at") <= moment).then(pl.col("superseded_at"))
    )
    return pl.concat([past, kept])


def signals(features: Features) -> list[Signal]:
    snapshot = thaw(features.as_of, freeze(features, np.arange(len(features.instruments))))
    spoken = {one: fixed_forecast("ewma", snapshot.raw, one) for one in HORIZONS}
    return judge(snapshot, spoken=spoken, voice=None, previous={}, policy=Policy())


def same(a: Features, b: Features) -> bool:
    return (
        a.instruments == b.instruments
        and all(a.raw[name].tobytes() == b.raw[name].tobytes() for name in a.raw)
        and all(
            a.normalised[name].tobytes() == b.normalised[name].tobytes() for name in a.normalised
        )
    )


@settings(max_examples=12, deadline=None)
@given(st.integers(0, 10**6), st.integers(40, DAYS - 5))
def test_noise_for_everything_learned_later_changes_nothing(seed: int, offset: int) -> None:
    today = START + timedelta(days=offset)
    truth = versions(seed)
    other = forget_and_invent(truth, end_of(today), seed + 1)
    seen, alternative = (features_on(bars_of(x), CATALOG, today) for x in (truth, other))
    assert same(seen, alternative)
    assert signals(seen) == signals(alternative)


def only_known(bars: pl.DataFrame, day: date) -> Bars:
    """What a night reads: the one version of each bar that stood at the end of the day."""
    moment = end_of(day)
    stood = (pl.col("superseded_at") > moment).fill_null(True)
    columns = pl.all().exclude("superseded_at")
    return bars_of(bars.filter((pl.col("known_at") <= moment) & stood).select(columns))


def test_a_day_rebuilt_from_a_nights_read_equals_that_day_of_a_range() -> None:
    everything = versions(5)
    history = bars_of(everything)
    for offset in range(30, DAYS, 17):
        day = START + timedelta(days=offset)
        in_range = features_on(history, CATALOG, day)
        alone = features_on(only_known(everything, day), CATALOG, day)
        assert same(in_range, alone)
        assert signals(in_range) == signals(alone)


def facts(seed: int) -> Facts:
    """Weekly counts, windows of searches and moods, many of them told late or told anew."""
    rng = np.random.default_rng(seed)
    counted, searched, felt = [], [], []
    for card in range(CARDS):
        for offset in range(0, DAYS, 7):
            day = START + timedelta(days=offset)
            for again, late in enumerate(rng.integers(0, 9, int(rng.integers(1, 3)))):
                known = end_of(day) + timedelta(days=int(late), seconds=again)
                counted.append((f"c{card}", "psa10", day, int(rng.integers(0, 99)), known))
                felt.append((f"c{card}", "x", day, int(rng.integers(1, 9)), rng.random(), known))
                searched += [
                    (
                        f"c{card}",
                        "g",
                        day,
                        day - timedelta(days=n),
                        int(rng.integers(0, 100)),
                        known,
                    )
                    for n in range(56)
                ]
    return Facts(
        pl.DataFrame(counted, schema=POPULATION, orient="row"),
        pl.DataFrame(searched, schema=SEARCHES, orient="row"),
        pl.DataFrame(felt, schema=MOODS, orient="row"),
    )


def told_by(told: Facts, moment: datetime) -> Facts:
    """The same facts without what was learned later."""
    kept = (
        one.filter(pl.col("known_at") <= moment)
        for one in (told.population, told.searches, told.moods)
    )
    return Facts(*kept)


@settings(max_examples=8, deadline=None)
@given(st.integers(0, 10**6), st.integers(20, DAYS - 30), st.integers(1, 25))
def test_any_day_of_a_range_equals_the_day_rebuilt_from_a_nights_read(
    seed: int, first: int, length: int
) -> None:
    everything, told = versions(seed), facts(seed)
    days = [START + timedelta(days=first + n) for n in range(length)]
    for found in features_between(bars_of(everything), CATALOG, days, told):
        night = told_by(told, end_of(found.as_of))
        alone = features_on(only_known(everything, found.as_of), CATALOG, found.as_of, night)
        assert same(found, alone)
        assert np.isfinite(alone.raw["population"]).any()


def test_how_many_cores_share_the_work_changes_no_bit(monkeypatch: pytest.MonkeyPatch) -> None:
    bars, day = bars_of(versions(4)), START + timedelta(days=120)
    alone = features_on(bars, CATALOG, day, facts(4))
    monkeypatch.setattr(in_parts, "LEAST_ROWS", 1)
    monkeypatch.setattr(in_parts, "cores", lambda: 5)
    assert same(alone, features_on(bars, CATALOG, day, facts(4)))


def test_an_instrument_has_the_same_own_features_in_any_company() -> None:
    everything = versions(9)
    day = START + timedelta(days=DAYS - 1)
    crowd = features_on(bars_of(everything), CATALOG, day)
    for card in ("c0", "c7", "c11"):
        alone = features_on(bars_of(everything.filter(pl.col("card_id") == card)), CATALOG, day)
        for place, instrument in enumerate(alone.instruments):
            there = crowd.instruments.index(instrument)
            for name in ("volatility_365", "volatility_ewma", "drift_day", "sigma_day", "bounce"):
                assert alone.raw[name][place].tobytes() == crowd.raw[name][there].tobytes()


def test_what_is_stored_is_what_was_computed() -> None:
    features = features_on(bars_of(versions(3)), CATALOG, START + timedelta(days=100))
    places = np.arange(len(features.instruments))
    snapshot = thaw(features.as_of, freeze(features, places))
    for stored, computed in (
        (snapshot.raw, features.raw),
        (snapshot.normalised, features.normalised),
    ):
        assert all(np.array_equal(stored[n], computed[n], equal_nan=True) for n in computed)


def test_the_fingerprint_tells_a_bar_apart_that_no_feature_shows() -> None:
    bars = [Bar("c0", "raw", START + timedelta(days=n), 1000) for n in range(20)]
    day = START + timedelta(days=20)
    other = [*bars[:-1], Bar("c0", "raw", bars[-1].day, 1000, known_at=end_of(day))]
    prints = []
    for version in (bars, bars, other):
        features = features_on(bars_of(frame(version)), CATALOG, day)
        prints.append(freeze(features, np.array([0]))["fingerprint"][0])
    assert prints[0] == prints[1] != prints[2]
