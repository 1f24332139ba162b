"""The features of one as-of day for every instrument with a price: raw, normalised, fingerprinted.

A day is computed from its own window of known bars alone, so one day rebuilt equals the same day
of a range, bit for bit.
"""

from dataclasses import dataclass
from datetime import date, datetime

import numpy as np

from kernel.days import end_of
from kernel.ids import Instrument
from signals_svc.domain.arrays import Flags, Floats, Ints, Singles
from signals_svc.domain.bars import Bars, known_at
from signals_svc.domain.cross_section import Catalog, excess, premiums, rank
from signals_svc.domain.drift import drift_of
from signals_svc.domain.normalisation import robust_z
from signals_svc.domain.price_path import drawdown, momentum
from signals_svc.domain.returns import downside, ewma_volatility, impact, returns_of, volatility
from signals_svc.domain.series import Series, day_number, series_in_use

FEATURE_VERSION = "price-1"  # raised with any change that can change a number
SEASON_DAYS = 365.25

# Already between -1 and 1 and the same for everyone: kept as they are when others are normalised.
CALENDAR = ("season_sin", "season_cos")
# What the forecast is made of; kept raw with the features so that a signal has one frozen input.
FORECAST_INPUTS = ("drift_day", "drift_error_day", "sigma_day", "bounce")


@dataclass(frozen=True)
class Features:
    """Features of one day. Every column has one value per instrument; NaN is missing.

    `raw` and `normalised` are single precision: what is stored is what was computed.
    """

    as_of: date
    instruments: tuple[Instrument, ...]
    series: Series
    raw: dict[str, Singles]
    normalised: dict[str, Singles]

    @property
    def moment(self) -> datetime:
        """The as-of time: everything used was known by then."""
        return end_of(self.as_of)

    def places(self, wanted: frozenset[Instrument]) -> Ints:
        """Where the wanted instruments are; those without a price are nowhere."""
        return np.array([i for i, one in enumerate(self.instruments) if one in wanted], np.int64)


def features_on(bars: Bars, catalog: Catalog, as_of: date) -> Features:
    """Features as of the end of the day, from the versions of bars known by then."""
    series = series_in_use(known_at(bars, end_of(as_of)), as_of)
    instruments = tuple(bars.instruments[slot] for slot in series.slots)
    raw = _own(series) | _across(series, instruments, catalog) | _calendar(series, as_of)
    alive = series.alive
    normalised = {
        name: column if name in CALENDAR else robust_z(column, alive)
        for name, column in raw.items()
    }
    return Features(
        as_of=as_of,
        instruments=instruments,
        series=series,
        raw=_singles(raw | _forecast_inputs(series)),
        normalised=_singles(normalised),
    )


def _own(series: Series) -> dict[str, Floats]:
    """What an instrument's own series tells."""
    returns = returns_of(series)
    fall_90, since_90 = drawdown(series, 90)
    fall_365, since_365 = drawdown(series, 365)
    return (
        {f"momentum_{n}": momentum(series, n) for n in (7, 30, 90, 180)}
        | {f"volatility_{n}": volatility(returns, n) for n in (90, 365)}
        | {f"downside_{n}": downside(returns, n) for n in (90, 365)}
        | {"volatility_ewma": ewma_volatility(returns)}
        | {"drawdown_90": fall_90, "days_since_high_90": since_90}
        | {"drawdown_365": fall_365, "days_since_high_365": since_365}
        | {f"trades_{n}": copies.astype(np.float64) for n, copies in series.sold.items()}
        | {"recency_days": series.recency_days.astype(np.float64), "impact_90": impact(returns, 90)}
    )


def _across(
    series: Series, instruments: tuple[Instrument, ...], catalog: Catalog
) -> dict[str, Floats]:
    """What the instrument's place among the others alive tells."""
    facts = [catalog.get(one.card_id) for one in instruments]
    names = [fact.set_id if fact else "" for fact in facts]
    numbers = {name: n for n, name in enumerate(sorted(set(names)))}
    sets = np.array([numbers[name] for name in names], dtype=np.int64)
    alive: Flags = series.alive
    known_set = alive & np.array([fact is not None for fact in facts], dtype=np.bool_)
    released = np.array(
        [day_number(f.release_date) if f and f.release_date else np.nan for f in facts], np.float64
    )
    month, quarter = momentum(series, 30), momentum(series, 90)
    premium = premiums(series, instruments)
    return {
        "excess_30": excess(month, sets, known_set),
        "excess_90": excess(quarter, sets, known_set),
        "premium_raw": premium.over_raw,
        "premium_nine": premium.over_nine,
        "premium_raw_z": premium.over_raw_z,
        "premium_nine_z": premium.over_nine_z,
        "rank_30": rank(month, alive),
        "rank_90": rank(quarter, alive),
        "days_since_release": series.as_of_day - released,
    }


def _calendar(series: Series, as_of: date) -> dict[str, Floats]:
    angle = 2 * np.pi * as_of.timetuple().tm_yday / SEASON_DAYS
    return {
        "season_sin": np.full(series.owners, np.sin(angle)),
        "season_cos": np.full(series.owners, np.cos(angle)),
    }


def _forecast_inputs(series: Series) -> dict[str, Floats]:
    drift = drift_of(series)
    return {name: getattr(drift, name) for name in FORECAST_INPUTS}


def _singles(columns: dict[str, Floats]) -> dict[str, Singles]:
    return {name: column.astype(np.float32) for name, column in columns.items()}
