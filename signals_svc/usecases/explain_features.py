"""Says of an instrument's features of a day what each is, how it is made and from which prices."""

from collections.abc import Collection
from datetime import date, datetime, timedelta
from difflib import get_close_matches

import numpy as np

from kernel.days import end_of
from kernel.errors import NotFound, Rejected
from kernel.ids import CardId, GradeCode, Instrument
from kernel.series import KINDS
from signals_svc.domain.cross_section import RUNGS
from signals_svc.domain.feature_origins import closes_behind
from signals_svc.domain.feature_words import FORMULAS
from signals_svc.domain.features import Features, features_on
from signals_svc.domain.series import LOOKBACK_DAYS
from signals_svc.domain.snapshot import freeze
from signals_svc.domain.told_features import Explained, Told
from signals_svc.ports.stores import Stores


class NoSuchCard(NotFound):
    """The catalog has no such card."""

    def __init__(self, card: str, like: Collection[str]) -> None:
        near = f"; did you mean {', '.join(like)}?" if like else ";"
        super().__init__(
            f"there is no card {card!r}{near} `/search?q=<name>` finds the id of a card"
        )
        self.card = card


class NoSuchGrade(NotFound):
    """There is no such grade."""

    def __init__(self, grade: str, like: Collection[str]) -> None:
        near = ", ".join(like) or "raw, psa10, psa9, cgc9.5"
        super().__init__(f"there is no grade {grade!r}; grades are written {near}")
        self.grade = grade


class NotOver(Rejected):
    """Features are of days that are over."""

    def __init__(self, day: date) -> None:
        super().__init__(
            f"{day} is not over yet, and features are of the end of a day; say one before"
        )
        self.day = day


class NothingKnown(NotFound):
    """There was no price to make features of."""

    def __init__(
        self, one: Instrument, day: date, moment: datetime, others: Collection[str]
    ) -> None:
        had = f"; of this card there were prices of {', '.join(others)}" if others else ""
        super().__init__(
            f"of {one} no price of the {LOOKBACK_DAYS} days to {day} was known at"
            f" {moment:%Y-%m-%d %H:%M} UTC{had}"
        )
        self.instrument, self.day = one, day


def explain_features(
    stores: Stores,
    card: str,
    grade: str,
    day: date,
    *,
    moment: datetime | None,
    now: datetime,
) -> Explained:
    """As known at the moment; at the end of the day where none is said. Raises NoSuchCard,
    NoSuchGrade, NotOver or NothingKnown."""
    catalog = stores.prices.catalog()
    one = _instrument(card, grade, catalog.keys(), stores.origins.grades())
    if end_of(day) > now:
        raise NotOver(day)
    at = moment or end_of(day)
    bars = stores.prices.known(as_of=day, lookback_days=LOOKBACK_DAYS, moment=at)
    facts = stores.prices.facts(first=day, last=day, moment=at)
    features = features_on(bars, catalog, day, facts, known_by=at)
    if one not in features.instruments:
        others = [x.grade_code for x in features.instruments if x.card_id == one.card_id]
        raise NothingKnown(one, day, at, others)
    place = features.instruments.index(one)
    rungs = [Instrument(one.card_id, GradeCode(rung)) for rung in RUNGS]
    first = day - timedelta(days=LOOKBACK_DAYS - 1)
    return Explained(
        instrument=one,
        day=day,
        moment=at,
        series=KINDS[features.series.kind[place]],
        bars_365=int(features.series.bars_365[place]),
        close_cents=int(features.series.cents[features.series.last[place]]),
        set_id=catalog[one.card_id].set_id,
        alive=int(features.series.alive.sum()),
        as_stored=_as_stored(stores, features, place) if moment is None else None,
        features=_told(features, place),
        prices=stores.origins.behind(sorted({one, *rungs}), first=first, last=day, as_of=at),
    )


def _instrument(
    card: str, grade: str, cards: Collection[CardId], grades: Collection[str]
) -> Instrument:
    if card not in cards:
        raise NoSuchCard(card, get_close_matches(card, cards, n=3))
    if grade not in grades:
        raise NoSuchGrade(grade, get_close_matches(grade, grades, n=5))
    return Instrument(CardId(card), GradeCode(grade))


def _told(features: Features, place: int) -> list[Told]:
    def value(columns: dict[str, np.ndarray], name: str) -> float | None:
        found = float(columns[name][place]) if name in columns else np.nan
        return None if np.isnan(found) else found

    return [
        Told(
            name,
            value(features.raw, name),
            value(features.normalised, name),
            formula,
            closes_behind(features, place, name),
        )
        for name, formula in FORMULAS.items()
    ]


def _as_stored(stores: Stores, features: Features, place: int) -> bool | None:
    """Whether the newest row of the day is what comes out now, by its fingerprint."""
    held = stores.features.read([features.instruments[place]], as_of=features.as_of)
    if not held.instruments:
        return None
    made = freeze(features, np.array([place]))
    return bool(held.fingerprints[0] == made["fingerprint"][0])
