"""Forecasts and signals, append-only: all their SQL."""

import json
from collections.abc import Collection, Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import LiteralString

import psycopg

from kernel.days import utc_day
from kernel.db.staging import stage_rows
from kernel.ids import CardId, GradeCode, Instrument
from signals_svc.adapters.cohorts import write_cohorts
from signals_svc.adapters.explanations import write_explanations
from signals_svc.adapters.flips import write_flips
from signals_svc.adapters.receipts import write_receipts
from signals_svc.domain.cohorts import CohortExplanation
from signals_svc.domain.explanation import Explanation
from signals_svc.domain.judgement import Actions
from signals_svc.domain.signal import Chance, Flip, Quantile, Signal

INSTRUMENT = (("card_id", "text"), ("grade_code", "text"))

SIGNAL_COLUMNS = (
    ("card_id", "text"),
    ("grade_code", "text"),
    ("horizon_days", "int"),
    ("asof_ts", "timestamptz"),
    ("model_version", "text"),
    ("feature_version", "text"),
    ("action", "text"),
    ("conviction", "double precision"),
    ("expected_return", "double precision"),
    ("risk", "double precision"),
    ("utility", "double precision"),
    ("utility_sell", "double precision"),
    ("p_buy", "double precision"),
    ("p_hold", "double precision"),
    ("p_sell", "double precision"),
    ("price_cents", "int"),
    ("series", "text"),
    ("reasons", "text"),
    ("features", "text"),
    ("fingerprint", "text"),
)

# The first word on a night was known at its end; one that differs from the newest, when it is said.
APPEND_SIGNALS = """
insert into signals.signals
  (card_id, grade_code, horizon_days, asof_ts, model_version, feature_version, action, conviction,
   expected_return, risk, utility, utility_sell, p_buy, p_hold, p_sell, price_cents, series,
   reasons, features, fingerprint, known_at)
select n.card_id, n.grade_code, n.horizon_days, n.asof_ts, n.model_version, n.feature_version,
  n.action, n.conviction, n.expected_return, n.risk, n.utility, n.utility_sell, n.p_buy, n.p_hold,
  n.p_sell, n.price_cents, n.series, n.reasons::jsonb, n.features::jsonb, n.fingerprint,
  case when said.known_at is null then n.asof_ts
    else greatest(%(now)s, said.known_at + interval '1 microsecond') end
from signals_new n
left join lateral (
  select s.fingerprint, s.known_at from signals.signals s
  where s.card_id = n.card_id and s.grade_code = n.grade_code
    and s.horizon_days = n.horizon_days and s.asof_ts = n.asof_ts
  order by s.known_at desc, s.signal_id desc limit 1) said on true
where said.fingerprint is distinct from n.fingerprint
order by n.card_id, n.grade_code, n.horizon_days
returning signal_id
"""

FORECAST_COLUMNS = (
    ("card_id", "text"),
    ("grade_code", "text"),
    ("horizon_days", "int"),
    ("asof_ts", "timestamptz"),
    ("model_version", "text"),
    ("q10", "double precision"),
    ("q50", "double precision"),
    ("q90", "double precision"),
    ("p_buy", "double precision"),
    ("p_hold", "double precision"),
    ("p_sell", "double precision"),
    ("fingerprint", "text"),
)

APPEND_FORECASTS = """
insert into signals.forecasts
  (card_id, grade_code, horizon_days, asof_ts, model_version, q10, q50, q90, p_buy, p_hold, p_sell,
   fingerprint, known_at)
select n.card_id, n.grade_code, n.horizon_days, n.asof_ts, n.model_version, n.q10, n.q50, n.q90,
  n.p_buy, n.p_hold, n.p_sell, n.fingerprint,
  case when said.known_at is null then n.asof_ts
    else greatest(%(now)s, said.known_at + interval '1 microsecond') end
from forecasts_new n
left join lateral (
  select f.fingerprint, f.q10, f.q50, f.q90, f.p_buy, f.p_hold, f.p_sell, f.known_at
  from signals.forecasts f
  where f.card_id = n.card_id and f.grade_code = n.grade_code
    and f.horizon_days = n.horizon_days and f.asof_ts = n.asof_ts
    and f.model_version = n.model_version
  order by f.known_at desc limit 1) said on true
where (said.fingerprint, said.q10, said.q50, said.q90, said.p_buy, said.p_hold, said.p_sell)
  is distinct from (n.fingerprint, n.q10, n.q50, n.q90, n.p_buy, n.p_hold, n.p_sell)
order by n.card_id, n.grade_code, n.horizon_days, n.model_version
"""

# Any word on the newest night counts: readers as of then and readers of now may differ.
STANDING = """
select f.card_id, f.grade_code
from signals.features_latest f
where exists (
  select from unnest(%(horizons)s::int[]) as h (horizon_days)
  cross join lateral (
    select s.asof_ts from signals.signals s
    where s.card_id = f.card_id and s.grade_code = f.grade_code
      and s.horizon_days = h.horizon_days and s.asof_ts < %(before)s
    order by s.asof_ts desc limit 1) newest
  join signals.signals said on said.card_id = f.card_id and said.grade_code = f.grade_code
    and said.horizon_days = h.horizon_days and said.asof_ts = newest.asof_ts
  where said.action <> 'HOLD')
order by f.card_id, f.grade_code
"""

# A night goes on from what was known at its end, so that it comes out the same whenever it is run.
PREVIOUS = """
select w.card_id, w.grade_code, h.horizon_days, newest.action
from actions_wanted w
cross join unnest(%(horizons)s::int[]) as h (horizon_days)
cross join lateral (
  select s.action from signals.signals s
  where s.card_id = w.card_id and s.grade_code = w.grade_code
    and s.horizon_days = h.horizon_days and s.asof_ts < %(moment)s and s.known_at <= %(moment)s
  order by s.asof_ts desc, s.known_at desc, s.signal_id desc limit 1) newest
"""

ANNOUNCED = """
select w.card_id, w.grade_code, h.horizon_days, newest.action
from actions_wanted w
cross join unnest(%(horizons)s::int[]) as h (horizon_days)
cross join lateral (
  select s.action from signals.signals s
  where s.card_id = w.card_id and s.grade_code = w.grade_code
    and s.horizon_days = h.horizon_days and s.asof_ts <= %(moment)s
  order by s.asof_ts desc, s.known_at desc, s.signal_id desc limit 1) newest
"""

LAST_PRICES = """
select w.card_id, w.grade_code, newest.price_cents, newest.series
from prices_wanted w
cross join lateral (
  select s.price_cents, s.series from signals.signals s
  where s.card_id = w.card_id and s.grade_code = w.grade_code
    and s.asof_ts < %(before)s and s.known_at <= %(before)s
  order by s.asof_ts desc, s.known_at desc, s.signal_id desc limit 1) newest
"""


class Signals:
    """Port SignalStore."""

    def __init__(self, connection: psycopg.Connection, *, horizons: Sequence[int]) -> None:
        self._connection = connection
        self._horizons = list(horizons)

    def standing(self, *, before: datetime) -> set[Instrument]:
        """Instruments with a BUY or SELL said on their last night before the moment."""
        values = {"horizons": self._horizons, "before": before}
        rows = self._connection.execute(STANDING, values).fetchall()
        return {Instrument(CardId(card), GradeCode(grade)) for card, grade in rows}

    def previous(self, instruments: Collection[Instrument], *, before: datetime) -> Actions:
        """The action of the last night before the moment, as it was known at the moment."""
        return self._actions(PREVIOUS, instruments, before)

    def announced(self, instruments: Collection[Instrument], *, until: datetime) -> Actions:
        """The newest word on the last night up to and with the moment, whenever it was said."""
        return self._actions(ANNOUNCED, instruments, until)

    def _actions(
        self, query: LiteralString, instruments: Collection[Instrument], moment: datetime
    ) -> Actions:
        stage_rows(self._connection, "actions_wanted", INSTRUMENT, instruments)
        values = {"horizons": self._horizons, "moment": moment}
        rows = self._connection.execute(query, values).fetchall()
        return {
            (Instrument(CardId(card), GradeCode(grade)), horizon): action
            for card, grade, horizon, action in rows
        }

    def last_prices(
        self, instruments: Collection[Instrument], *, before: datetime
    ) -> Mapping[Instrument, tuple[int, str]]:
        """Price in cents and series of the last signal before the moment, as known at it."""
        stage_rows(self._connection, "prices_wanted", INSTRUMENT, instruments)
        rows = self._connection.execute(LAST_PRICES, {"before": before}).fetchall()
        return {
            Instrument(CardId(card), GradeCode(grade)): (cents, series)
            for card, grade, cents, series in rows
        }

    def latest_night(self) -> date | None:
        """The newest day signals are as of."""
        row = self._connection.execute("select max(asof_ts) from signals.signals").fetchone()
        return None if row is None or row[0] is None else utc_day(row[0]) - timedelta(days=1)

    def write(
        self,
        signals: Sequence[Signal],
        forecasts: Sequence[Quantile | Chance],
        flips: Sequence[Flip],
        *,
        now: datetime,
    ) -> None:
        """Append every word that differs from the newest on its night, with its receipt."""
        stage_rows(
            self._connection,
            "forecasts_new",
            FORECAST_COLUMNS,
            map(_forecast_row, forecasts),
        )
        self._connection.execute(APPEND_FORECASTS, {"now": now})
        stage_rows(self._connection, "signals_new", SIGNAL_COLUMNS, map(_row, signals))
        added = self._connection.execute(APPEND_SIGNALS, {"now": now}).fetchall()
        write_receipts(self._connection, [signal_id for (signal_id,) in added])
        write_flips(self._connection, flips)

    def explain_cohorts(self, told: Sequence[CohortExplanation], *, now: datetime) -> int:
        """Append every explanation of a cohort that differs from the newest of its night."""
        return write_cohorts(self._connection, told, now=now)

    def explain(self, explanations: Sequence[Explanation], *, now: datetime) -> None:
        """Append every explanation that differs from the newest of its night."""
        write_explanations(self._connection, explanations, now=now)


def _forecast_row(said: Quantile | Chance) -> tuple[object, ...]:
    key = (*said.instrument, said.horizon_days, said.asof_ts, said.model_version)
    if isinstance(said, Quantile):
        return (*key, said.q10, said.q50, said.q90, None, None, None, said.fingerprint)
    return (*key, None, None, None, said.p_buy, said.p_hold, said.p_sell, said.fingerprint)


def _row(signal: Signal) -> tuple[object, ...]:
    return (
        *signal.instrument,
        signal.horizon_days,
        signal.asof_ts,
        signal.model_version,
        signal.feature_version,
        signal.action,
        signal.conviction,
        signal.expected_return,
        signal.risk,
        signal.utility,
        signal.utility_sell,
        signal.p_buy,
        signal.p_hold,
        signal.p_sell,
        signal.price_cents,
        signal.series,
        json.dumps([reason._asdict() for reason in signal.reasons]),
        json.dumps(signal.inputs),
        signal.fingerprint,
    )
