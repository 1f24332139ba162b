"""Scores every signal whose days are over, and again where prices of the past changed since."""

from collections import Counter
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from typing import NamedTuple

import numpy as np
import polars as pl

from kernel.days import end_of
from signals_svc.domain.arrays import Ints
from signals_svc.domain.bars import Bars, known_at
from signals_svc.domain.costs import Costs
from signals_svc.domain.score_frames import claims_of, rows_of, standing_of
from signals_svc.domain.scores import OUTCOMES, Claims, Scores, collected, scores_of
from signals_svc.domain.series import date_of
from signals_svc.ports.stores import Stores

# A night is scored for the first time within a year and its longest horizon, or never.
OLDEST = timedelta(days=480)


class Scored(NamedTuple):
    """What one run said: first scores by outcome, scores said anew, and what waits for sales."""

    outcomes: Counter[str]
    anew: int
    waiting: int  # of which the market was not looked at since


def score(
    stores: Stores, *, as_of: date, after: tuple[int, ...], costs: Costs, changed_days: int
) -> Scored:
    """By what was known at the end of the day. Said again for the same day, it adds nothing.

    The first score is known when its days were over: it uses nothing learned later. One that
    differs from the newest is known at the end of the day. `changed_days` is how far back changed
    prices are looked for.
    """
    moment = end_of(as_of)
    due = stores.scores.due(since=moment - OLDEST, moment=moment, after=after)
    since = moment - timedelta(days=changed_days)
    standing = stores.scores.standing(since=since, moment=moment)
    nights = [frame["asof_ts"].min() for frame in (due, standing) if len(frame)]
    if not nights:
        return Scored(Counter(), 0, 0)
    first = min(night for night in nights if isinstance(night, datetime)).date()
    versions = stores.prices.versions(first=first - timedelta(days=1), last=as_of)
    claims = claims_of(due, versions)
    parts = list(_first_scores(claims, due, versions, moment, costs))
    said = sum(
        (Counter(OUTCOMES[code] for code in part.scores.outcome) for part in parts), Counter()
    )
    for part in parts:
        stores.scores.add(part.rows)
    again = [(part.claims, part.scores) for part in parts if part.known_by < moment]
    again.append((claims_of(standing, versions), standing_of(standing)))
    anew = sum(stores.scores.add(rows) for rows in _said_anew(again, versions, moment, costs))
    stores.scores.count()
    return Scored(said, anew, len(due) - sum(said.values()))


class _Part(NamedTuple):
    """First scores by what was known at one moment."""

    known_by: datetime
    claims: Claims
    scores: Scores
    rows: pl.DataFrame


def _first_scores(
    claims: Claims, frame: pl.DataFrame, versions: Bars, moment: datetime, costs: Costs
) -> Iterator[_Part]:
    """Each as known when its days were over; where the sales of them came later, as known now."""
    said_us = frame["known_at"].dt.epoch("us").to_numpy()
    late = []
    for last_day in np.unique(claims.last_day):
        rows = np.flatnonzero(claims.last_day == last_day)
        due_at = end_of(date_of(int(last_day)))
        known = known_at(versions, due_at)
        looked = collected(known, claims.of(rows))
        late.append(rows[~looked])
        yield _part(claims, rows[looked], known, due_at, said_us, costs)
    if late:
        rows = np.concatenate(late)
        known = known_at(versions, moment)
        looked = collected(known, claims.of(rows))
        yield _part(claims, rows[looked], known, moment, said_us, costs)


def _part(
    claims: Claims, rows: Ints, known: Bars, known_by: datetime, said_us: Ints, costs: Costs
) -> _Part:
    some = claims.of(rows)
    scores = scores_of(some, known, costs)
    known_us = np.maximum(_microseconds(known_by), said_us[rows])
    return _Part(known_by, some, scores, rows_of(some, scores, known_us))


def _said_anew(
    standing: list[tuple[Claims, Scores]], versions: Bars, moment: datetime, costs: Costs
) -> Iterator[pl.DataFrame]:
    """Versions that differ from what stands, known at the moment."""
    known = known_at(versions, moment)
    for claims, scores in standing:
        now = scores_of(claims, known, costs)
        rows = np.flatnonzero(~now.same(scores))
        told = Scores(**{name: column[rows] for name, column in now.__dict__.items()})
        yield rows_of(claims.of(rows), told, np.full(len(rows), _microseconds(moment)))


def _microseconds(moment: datetime) -> int:
    return int(moment.timestamp()) * 1_000_000 + moment.microsecond
