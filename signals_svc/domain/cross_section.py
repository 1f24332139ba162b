"""Features that look across instruments alive on the day: set index, grade premium, ranks."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

import numpy as np

from kernel.ids import CardId, Instrument
from kernel.series import STALE_DAYS
from signals_svc.domain.arrays import Flags, Floats, Ints
from signals_svc.domain.price_path import log_close_at
from signals_svc.domain.series import Series

MIN_SET_MEMBERS = 3
NINES = ("psa9", "any9")  # psa9 where it has a price, else a nine of an unnamed company
PREMIUM_STEP_DAYS = 30
PREMIUM_STEPS = 12
MIN_PREMIUMS = 6
PREMIUM_SCALE_FLOOR = 0.05  # a premium that hardly moved is no reason for a huge z


@dataclass(frozen=True)
class CardFacts:
    """What the catalog says of a card that features need."""

    set_id: str
    release_date: date | None


Catalog = Mapping[CardId, CardFacts]


def excess(momentum: Floats, sets: Ints, alive: Flags) -> Floats:
    """Return minus that of the set's index: the median return of its members alive.

    Missing where fewer than MIN_SET_MEMBERS have one. Median, because one mislinked card must
    not move the index of its set.
    """
    out = np.full(len(momentum), np.nan)
    counted = np.flatnonzero(alive & np.isfinite(momentum))
    order = counted[np.argsort(sets[counted], kind="stable")]
    groups = np.split(order, np.flatnonzero(np.diff(sets[order])) + 1)
    index = {
        int(sets[group[0]]): float(np.median(momentum[group]))
        for group in groups
        if len(group) >= MIN_SET_MEMBERS
    }
    for set_number, level in index.items():
        members = sets == set_number
        out[members] = momentum[members] - level
    return out


def rank(values: Floats, alive: Flags) -> Floats:
    """Place among instruments alive, (rank - 0.5) / n in (0, 1), ties share the mean place."""
    out = np.full(len(values), np.nan)
    counted = np.flatnonzero(alive & np.isfinite(values))
    if not len(counted):
        return out
    ordered = np.sort(values[counted])
    low = np.searchsorted(ordered, values[counted], side="left")
    high = np.searchsorted(ordered, values[counted], side="right")
    out[counted] = (low + high) / 2.0 / len(counted)
    return out


@dataclass(frozen=True)
class Premiums:
    """Log price of a PSA 10 over the same card's raw or nine, per instrument of the card.

    `*_z` stands against the card's own premiums of the trailing year, a month apart.
    """

    over_raw: Floats
    over_nine: Floats
    over_raw_z: Floats
    over_nine_z: Floats


def premiums(series: Series, instruments: tuple[Instrument, ...]) -> Premiums:
    """Both premiums and their own z today; every grade of a card gets its card's."""
    numbers = {card: n for n, card in enumerate(dict.fromkeys(i.card_id for i in instruments))}
    card = np.array([numbers[i.card_id] for i in instruments], dtype=np.int64)
    grade = np.array([i.grade_code for i in instruments], dtype=np.str_)
    history = [
        _premiums_at(series, card, grade, series.as_of_day - step * PREMIUM_STEP_DAYS)
        for step in range(PREMIUM_STEPS)
    ]
    over_raw = np.array([at[0] for at in history])
    over_nine = np.array([at[1] for at in history])
    return Premiums(
        over_raw=over_raw[0][card],
        over_nine=over_nine[0][card],
        over_raw_z=_own_z(over_raw)[card],
        over_nine_z=_own_z(over_nine)[card],
    )


def _premiums_at(series: Series, card: Ints, grade: np.ndarray, day: int) -> tuple[Floats, Floats]:
    at = np.full(series.owners, day)
    close = log_close_at(series, at, not_before=at - STALE_DAYS)
    ten, raw, nine, any_nine = (_by_card(close, card, grade == g) for g in ("psa10", "raw", *NINES))
    return ten - raw, ten - np.where(np.isfinite(nine), nine, any_nine)


def _by_card(close: Floats, card: Ints, chosen: Flags) -> Floats:
    out = np.full(int(card.max()) + 1 if len(card) else 0, np.nan)
    out[card[chosen]] = close[chosen]
    return out


def _own_z(history: Floats) -> Floats:
    """z of the newest row against the earlier ones; missing with fewer than MIN_PREMIUMS."""
    past, now = history[1:], history[0]
    seen = np.isfinite(past)
    count = seen.sum(axis=0)
    some = np.maximum(count, 1)
    mean = np.where(seen, past, 0.0).sum(axis=0) / some
    spread = np.sqrt((np.where(seen, past - mean, 0.0) ** 2).sum(axis=0) / some)
    z: Floats = (now - mean) / np.maximum(spread, PREMIUM_SCALE_FLOOR)
    return np.where(count >= MIN_PREMIUMS, z, np.nan)
