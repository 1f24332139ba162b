"""The features of as-of days for every instrument with a price: raw, normalised, fingerprinted.

A day is computed from its own window of what was known of it, in one pass over columns, so one day
rebuilt equals the same day of a range, bit for bit.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime
from functools import cached_property

import numpy as np

from kernel.days import end_of
from kernel.ids import Instrument
from signals_svc.domain.arrays import Floats, Ints, Singles
from signals_svc.domain.bars import Bars, microseconds
from signals_svc.domain.cross_section import Catalog, Places, excess, places_of, premiums, rank
from signals_svc.domain.facts import NO_FACTS, Facts, Outside, outside_of
from signals_svc.domain.in_parts import in_turn
from signals_svc.domain.normalisation import robust_z
from signals_svc.domain.outside import outside_features
from signals_svc.domain.own_features import own_features
from signals_svc.domain.own_pass import FEATURES as OF_ITS_OWN
from signals_svc.domain.own_pass import FORECAST_INPUTS
from signals_svc.domain.series import Series, series_in_use

FEATURE_VERSION = "market-2"  # raised with any change that can change a number
SEASON_DAYS = 365.25

# Already between -1 and 1 and the same for everyone: kept as they are when others are normalised.
CALENDAR = ("season_sin", "season_cos")


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

    @cached_property
    def _place_of(self) -> dict[Instrument, int]:
        return {one: place for place, one in enumerate(self.instruments)}

    def places(self, wanted: frozenset[Instrument]) -> Ints:
        """Where the wanted instruments are, in order; those without a price are nowhere."""
        found = (self._place_of.get(one) for one in wanted)
        return np.array(sorted(place for place in found if place is not None), np.int64)


def features_on(
    bars: Bars,
    catalog: Catalog,
    as_of: date,
    facts: Facts = NO_FACTS,
    *,
    known_by: datetime | None = None,
) -> Features:
    """Features of the day from the versions known by its end, or by another aware moment."""
    places, outside = places_of(bars.instruments, catalog), outside_of(facts, bars.instruments)
    return _features(bars, places, outside, as_of, known_by or end_of(as_of))


def features_between(
    bars: Bars, catalog: Catalog, days: Iterable[date], facts: Facts = NO_FACTS
) -> Iterator[Features]:
    """Each day from what was known by its end: the versions of all days are read once."""
    places, outside = places_of(bars.instruments, catalog), outside_of(facts, bars.instruments)
    return in_turn(lambda day: _features(bars, places, outside, day, end_of(day)), days)


def _features(
    bars: Bars, places: Places, outside: Outside, as_of: date, known_by: datetime
) -> Features:
    series = series_in_use(bars, as_of, known_by=known_by)
    own = own_features(series)
    columns = (
        {name: own[name] for name in OF_ITS_OWN}
        | _liquidity(series)
        | _across(series, places, own)
        | outside_features(outside, places.card, series, microseconds(known_by))
        | _calendar(series, as_of)
    )
    raw = np.empty((len(columns), series.owners))
    for row, column in zip(raw, columns.values(), strict=True):
        row[:] = column
    normalised = robust_z(raw, series.alive)
    for place, name in enumerate(columns):
        if name in CALENDAR:
            normalised[place] = raw[place]
    forecast = np.stack([own[name] for name in FORECAST_INPUTS])
    return Features(
        as_of=as_of,
        instruments=tuple(map(bars.instruments.__getitem__, series.slots.tolist())),
        series=series,
        raw=_singles(columns, raw) | _singles(FORECAST_INPUTS, forecast),
        normalised=_singles(columns, normalised),
    )


def _liquidity(series: Series) -> dict[str, Floats]:
    copies = {f"trades_{n}": copies.astype(np.float64) for n, copies in series.sold.items()}
    return copies | {"recency_days": series.recency_days.astype(np.float64)}


def _across(series: Series, places: Places, own: dict[str, Floats]) -> dict[str, Floats]:
    """What the instrument's place among the others alive tells."""
    slots, alive = series.slots, series.alive
    sets, counted = places.set[slots], alive & places.set_known[slots]
    month, quarter = own["momentum_30"], own["momentum_90"]
    return {
        "excess_30": excess(month, sets, counted),
        "excess_90": excess(quarter, sets, counted),
        **premiums(series, places.card[slots], places.rung[slots]),
        "rank_30": rank(month, alive),
        "rank_90": rank(quarter, alive),
        "days_since_release": series.as_of_day - places.released[slots],
    }


def _calendar(series: Series, as_of: date) -> dict[str, Floats]:
    angle = 2 * np.pi * as_of.timetuple().tm_yday / SEASON_DAYS
    return {
        "season_sin": np.full(series.owners, np.sin(angle)),
        "season_cos": np.full(series.owners, np.cos(angle)),
    }


def _singles(names: Iterable[str], block: Floats) -> dict[str, Singles]:
    return dict(zip(names, block.astype(np.float32), strict=True))
