"""Features that look across instruments alive on the day: set index, grade premium, ranks."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

import numpy as np

from kernel.ids import CardId, Instrument
from kernel.series import STALE_DAYS
from signals_svc.domain.arrays import Flags, Floats, Ints
from signals_svc.domain.cross_pass import premium_pass
from signals_svc.domain.in_parts import in_parts
from signals_svc.domain.own_pass import closes_pass
from signals_svc.domain.series import Series, day_number

MIN_SET_MEMBERS = 3
RUNGS = ("raw", "psa10", "psa9", "any9")  # of a premium; any9: a nine of an unnamed company
ANOTHER_RUNG = len(RUNGS)
PREMIUM_STEP_DAYS = 30
PREMIUM_STEPS = 12
PREMIUMS = ("premium_raw", "premium_nine", "premium_raw_z", "premium_nine_z")


@dataclass(frozen=True)
class CardFacts:
    """What the catalog says of a card that features need."""

    set_id: str
    release_date: date | None


Catalog = Mapping[CardId, CardFacts]


@dataclass(frozen=True)
class Places:
    """Where each instrument of the bars stands, by slot: numbers of its card, set and rung.

    `set_known` tells whether the catalog names its set; `released` is a day number or NaN.
    """

    card: Ints
    set: Ints
    set_known: Flags
    rung: Ints
    released: Floats


def places_of(instruments: tuple[Instrument, ...], catalog: Catalog) -> Places:
    """Asked once for all days of a range."""
    facts = [catalog.get(one.card_id) for one in instruments]
    cards = {card: n for n, card in enumerate(dict.fromkeys(one.card_id for one in instruments))}
    sets = {name: n for n, name in enumerate(sorted({fact.set_id for fact in facts if fact}))}
    rungs = {grade: n for n, grade in enumerate(RUNGS)}
    days = [day_number(f.release_date) if f and f.release_date else np.nan for f in facts]
    return Places(
        card=np.array([cards[one.card_id] for one in instruments], np.int64),
        set=np.array([sets[fact.set_id] if fact else len(sets) for fact in facts], np.int64),
        set_known=np.array([fact is not None for fact in facts], np.bool_),
        rung=np.array([rungs.get(one.grade_code, ANOTHER_RUNG) for one in instruments], np.int64),
        released=np.array(days, np.float64),
    )


def excess(momentum: Floats, sets: Ints, counted: Flags) -> Floats:
    """Return minus that of the set's index: the median return of its members that are counted.

    Missing where fewer than MIN_SET_MEMBERS have one. Median, because one mislinked card must
    not move the index of its set.
    """
    index: Floats = np.full(int(sets.max(initial=0)) + 1, np.nan)
    members = _in_order(momentum, counted)
    few = np.int16 if len(index) < np.iinfo(np.int16).max else np.int64  # what sorts by its digits
    members = members[np.argsort(sets[members].astype(few), kind="stable")]
    ordered, many = momentum[members], np.bincount(sets[members], minlength=len(index))
    first = np.cumsum(many) - many
    some = many >= MIN_SET_MEMBERS
    low, high = (first + (many - 1) // 2)[some], (first + many // 2)[some]
    index[some] = (ordered[low] + ordered[high]) / 2.0
    above: Floats = momentum - index[sets]
    return above


def rank(values: Floats, alive: Flags) -> Floats:
    """Place among instruments alive, (rank - 0.5) / n in (0, 1), ties share the mean place."""
    out = np.full(len(values), np.nan)
    counted = _in_order(values, alive)
    ordered = values[counted]
    first = np.flatnonzero(np.append(len(ordered) > 0, ordered[1:] != ordered[:-1]))
    after = np.append(first[1:], len(ordered))[: len(first)]
    out[counted] = np.repeat((first + after) / 2.0, after - first) / max(len(counted), 1)
    return out


def _in_order(values: Floats, counted: Flags) -> Ints:
    """Places of the values that are there and counted, the least first."""
    places = np.flatnonzero(counted & np.isfinite(values))
    return places[np.argsort(values[places])]


def premiums(series: Series, card: Ints, rung: Ints) -> dict[str, Floats]:
    """Log price of a PSA 10 over the same card's raw or nine; every grade gets its card's.

    `*_z` stands against the card's own premiums of the trailing year, a month apart.
    """
    closes = np.empty((series.owners, PREMIUM_STEPS))

    def filled(part: slice) -> None:
        rows = (series.start[part], series.last[part], series.day, series.log_cents)
        closes_pass(*rows, series.as_of_day, PREMIUM_STEP_DAYS, STALE_DAYS, closes[part])

    in_parts(filled, series.owners)
    out = np.empty((series.owners, len(PREMIUMS)))
    premium_pass(closes, card, rung, out)
    return dict(zip(PREMIUMS, out.T, strict=True))
