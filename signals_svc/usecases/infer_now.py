"""Says of a few instruments what would be signalled of what is known now. Nothing is stored."""

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import NamedTuple

from kernel.days import utc_day
from kernel.errors import NotFound, Unavailable
from kernel.ids import Instrument
from signals_svc.domain.artifact import ArtifactCorrupt
from signals_svc.domain.cut import cut_out, unhashed
from signals_svc.domain.features import Features
from signals_svc.domain.signal import Signal
from signals_svc.domain.weekly import windows_of
from signals_svc.ports.stores import Stores
from signals_svc.usecases.judge_night import Speech, judge_night
from signals_svc.usecases.whole_market import whole_market


class NothingKnown(NotFound):
    """None of the instruments has a price to go by."""

    def __init__(self, wanted: Collection[Instrument]) -> None:
        named = ", ".join(f"{card}:{grade}" for card, grade in sorted(wanted))
        super().__init__(f"no price of the past 18 months is known of {named}")


class NobodySpeaks(Unavailable):
    """Who is told cannot be read, and nobody else may speak for him."""

    def __init__(self, why: ArtifactCorrupt) -> None:
        super().__init__(f"nothing can be said now: {why}")


class SaidNow(NamedTuple):
    """Signals by horizon and instrument, and the instruments of which no price is known."""

    signals: list[Signal]
    without_price: list[Instrument]


def infer_now(
    stores: Stores, wanted: Collection[Instrument], *, now: datetime, speech: Speech
) -> SaidNow:
    """As of the end of today, by what is known of today so far; the night that follows tells it
    again, by all of the day. A version in the shadow is not heard. Raises NothingKnown or
    NobodySpeaks.
    """
    today = utc_day(now)
    features = whole_market(stores, today)
    return said_of(stores, features, wanted, stores.prices.divergent(as_of=today), speech)


def said_of(
    stores: Stores,
    features: Features,
    wanted: Collection[Instrument],
    divergent: Mapping[Instrument, float],
    speech: Speech,
) -> SaidNow:
    """From the features of the market to what is said; as above."""
    places = features.places(frozenset(wanted))
    if not len(places):
        raise NothingKnown(wanted)
    few = cut_out(features, places)
    try:
        judged = judge_night(
            stores,
            unhashed(few),
            wanted=wanted,
            speech=speech,
            divergent=divergent,
            windows=lambda: windows_of(few),
            shadow=False,
        )
    except ArtifactCorrupt as error:
        raise NobodySpeaks(error) from error
    return SaidNow(judged.signals, sorted(set(wanted).difference(few.instruments)))
