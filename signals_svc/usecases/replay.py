"""Walks past decision days forward: what would have been said, by what was known on each of them.

Whoever speaks had learned nothing after the first day: a contest held on what was known then, or
the EWMA forecast where that was too little. Nothing of it enters the signals that were said.
"""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Set
from dataclasses import dataclass
from datetime import date, datetime
from typing import NamedTuple

import numpy as np
import polars as pl

from kernel.days import end_of
from kernel.ids import Instrument
from kernel.series import KINDS
from signals_svc.domain.arrays import Ints
from signals_svc.domain.bars import rows as rows_of_bars
from signals_svc.domain.baselines import VERSIONS
from signals_svc.domain.cut import unhashed
from signals_svc.domain.decision import ACTIONS, Policy
from signals_svc.domain.features import FEATURE_VERSION, Features, features_between
from signals_svc.domain.replay import HOLD, Decided, decide
from signals_svc.domain.signal import DECIMALS
from signals_svc.domain.spoken import Spoken
from signals_svc.ports.forecasters import Baselines
from signals_svc.ports.stores import Stores
from signals_svc.usecases.forecast import told_by_baselines
from signals_svc.usecases.learn import History

Disbelieved = Callable[[datetime], Set[Instrument]]


@dataclass(frozen=True)
class Replay:
    """What a walk needs beside the days: the bars of all times, who speaks, and the rules."""

    history: History
    contest: Baselines | None
    policy: Policy
    horizons: tuple[int, ...]
    disbelieved: Disbelieved  # instruments whose prices were not believed at a moment


class Night(NamedTuple):
    """What would have been said of one day; instruments too thin to act upon are left out."""

    as_of: date
    rows: pl.DataFrame
    actions: Counter[str]


def walk(replay: Replay, days: list[date]) -> Iterator[Night]:
    """Oldest first. A signal stays by the hysteresis of the day before it in the walk."""
    versions = replay.history.versions
    standing = {one: np.full(len(versions.instruments), HOLD) for one in replay.horizons}
    for features in features_between(versions, replay.history.catalog, days):
        day = features.as_of
        spoken = told_by_baselines(unhashed(features), replay.contest, replay.horizons)
        doubted = replay.disbelieved(end_of(day))
        believed = np.array([one not in doubted for one in features.instruments], np.bool_)
        parts = []
        for horizon, said in spoken.items():
            rows = np.flatnonzero(
                features.series.liquid & believed & np.isfinite(said.quantiles).all(axis=1)
            )
            slots = features.series.slots[rows]
            decided = decide(said.quantiles[rows], standing[horizon][slots], replay.policy)
            standing[horizon][:] = HOLD
            standing[horizon][slots] = decided.action
            parts.append(_frame(features, rows, horizon, said, decided))
        told = pl.concat(parts) if parts else pl.DataFrame()
        yield Night(day, told, Counter(told["action"].to_list() if len(told) else []))


class Replayed(NamedTuple):
    """What a walk added, and how often it would have acted how."""

    nights: int
    there_already: int
    actions: Counter[str]


def replay(
    stores: Stores,
    history: History,
    days: list[date],
    contest: Baselines | None,
    *,
    policy: Policy,
    horizons: tuple[int, ...],
) -> Replayed:
    """Every day is walked, for the ones after it; those that are stored already stay as they are.

    `contest` None lets the EWMA forecast speak.
    """
    fixed = {version: name for name, version in VERSIONS.items()}
    stores.models.ensure_fixed({**fixed}, feature_version=FEATURE_VERSION)
    there = stores.replays.nights()
    actions: Counter[str] = Counter()
    added = 0
    past = Replay(history, contest, policy, horizons, stores.prices.disbelieved)
    for night in walk(past, days):
        if end_of(night.as_of) not in there and len(night.rows):
            stores.replays.add(night.rows)
            actions.update(night.actions)
            added += 1
    stores.scores.count()
    return Replayed(added, len(days) - added, actions)


def known_at_the_start(history: History, first: date) -> History:
    """What a model may learn that speaks on the first day: nothing that became known later."""
    limit = int(end_of(first).timestamp()) * 1_000_000
    kept = np.flatnonzero(history.versions.known_us <= limit)
    return History(first, rows_of_bars(history.versions, kept), history.catalog)


def _frame(
    features: Features, rows: Ints, horizon: int, said: Spoken, decided: Decided
) -> pl.DataFrame:
    series = features.series
    named = [features.instruments[row] for row in rows]
    columns: Mapping[str, object] = {
        "card_id": [one.card_id for one in named],
        "grade_code": [one.grade_code for one in named],
        "horizon_days": np.full(len(rows), horizon),
        "model_version": [said.versions[row] for row in rows],
        "action": [ACTIONS[code] for code in decided.action],
        "conviction": np.round(decided.conviction, DECIMALS),
        "expected_return": np.round(decided.expected_return, DECIMALS),
        "utility": np.round(decided.utility, DECIMALS),
        "price_cents": series.cents[series.last[rows]],
        "series": [KINDS[kind] for kind in series.kind[rows]],
        "sold_90": series.sold[90][rows],
    }
    texts = ("card_id", "grade_code", "model_version", "action", "series")
    frame = pl.DataFrame(columns, schema_overrides=dict.fromkeys(texts, pl.String))
    return frame.with_columns(
        asof_ts=pl.lit(end_of(features.as_of)).cast(pl.Datetime("us", "UTC")),
        feature_version=pl.lit(FEATURE_VERSION),
    )
