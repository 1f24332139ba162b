"""Builds the features of one night for what changed and for every standing BUY or SELL."""

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import NamedTuple

from kernel.days import end_of
from kernel.ids import CardId, GradeCode, Instrument
from signals_svc.domain.features import features_on
from signals_svc.domain.series import LOOKBACK_DAYS
from signals_svc.domain.snapshot import freeze
from signals_svc.ports.market import DirtySet, Work
from signals_svc.ports.stores import Stores

NO_DIRTY_ROW = 0


class Built(NamedTuple):
    """What one night's pass did."""

    alive: int
    wanted: int
    without_price: int
    rows: int


def nights(dirty: DirtySet, *, now: datetime, not_before: timedelta) -> tuple[list[date], int]:
    """As-of days that are due, oldest first, and the number of rows whose night is to come.

    The signals of a day are due `not_before` after midnight of the next one: its last sales come
    in during the night.
    """
    work = dirty.pending()
    due = {row.as_of for row in work if end_of(row.as_of) + not_before <= now}
    return sorted(due), sum(row.as_of not in due for row in work)


def build_features(stores: Stores, *, as_of: date) -> Built:
    """One pass: features as of the end of the day, handed on to inference.

    Standing BUY and SELL signals are judged again every night, so that none outlives the prices it
    rested on. The cross-section always holds every instrument alive that day.
    """
    work = [row for row in stores.dirty.pending() if row.as_of == as_of]
    standing = stores.signals.standing(before=end_of(as_of))
    work += _renewals(standing, work, as_of)
    wanted = frozenset(Instrument(CardId(row.card_id), GradeCode(row.grade_code)) for row in work)
    bars = stores.prices.known(as_of=as_of, lookback_days=LOOKBACK_DAYS)
    facts = stores.prices.facts(first=as_of, last=as_of)
    features = features_on(bars, stores.prices.catalog(), as_of, facts)
    places = features.places(wanted)
    rows = stores.features.append(freeze(features, places), as_of=as_of)
    stores.queue.put(work)
    alive = int(features.series.alive.sum())
    return Built(alive, len(wanted), len(wanted) - len(places), rows)


def _renewals(standing: set[Instrument], work: Sequence[Work], as_of: date) -> list[Work]:
    marked = {(row.card_id, row.grade_code) for row in work}
    return [Work(*one, as_of, as_of, NO_DIRTY_ROW) for one in sorted(standing) if one not in marked]


def clock_time(text: str) -> timedelta:
    """How long after midnight `HH:MM` is."""
    hours, minutes = text.split(":")
    return timedelta(hours=int(hours), minutes=int(minutes))
