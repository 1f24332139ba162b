"""Forecasts, signals and flips: all their SQL."""

import json
from collections.abc import Collection, Mapping, Sequence
from datetime import date, datetime, timedelta

import psycopg

from kernel.days import utc_day
from kernel.ids import CardId, GradeCode, Instrument
from signals_svc.adapters.staging import stage
from signals_svc.domain.decision import Action
from signals_svc.domain.signal import Flip, Quantile, Signal

INSTRUMENT = (("card_id", "text"), ("grade_code", "text"))

SIGNAL_COLUMNS = (
    ("card_id", "text"),
    ("grade_code", "text"),
    ("horizon_days", "int"),
    ("asof_ts", "timestamptz"),
    ("model_version", "text"),
    ("feature_version", "text"),
    ("action", "text"),
    ("conviction", "numeric"),
    ("expected_return", "numeric"),
    ("risk", "numeric"),
    ("utility", "numeric"),
    ("utility_sell", "numeric"),
    ("p_buy", "numeric"),
    ("p_hold", "numeric"),
    ("p_sell", "numeric"),
    ("price_cents", "int"),
    ("series", "text"),
    ("reasons", "jsonb"),
    ("features", "jsonb"),
    ("fingerprint", "text"),
)

MERGE_SIGNALS = """
insert into signals.signals as s
  (card_id, grade_code, horizon_days, asof_ts, model_version, feature_version, action, conviction,
   expected_return, risk, utility, utility_sell, p_buy, p_hold, p_sell, price_cents, series,
   reasons, features, fingerprint)
select card_id, grade_code, horizon_days, asof_ts, model_version, feature_version, action,
  conviction, expected_return, risk, utility, utility_sell, p_buy, p_hold, p_sell, price_cents,
  series, reasons, features, fingerprint
from signals_new order by card_id, grade_code, horizon_days
on conflict (card_id, grade_code, horizon_days, asof_ts, model_version) do update
set feature_version = excluded.feature_version, action = excluded.action,
  conviction = excluded.conviction, expected_return = excluded.expected_return,
  risk = excluded.risk, utility = excluded.utility, utility_sell = excluded.utility_sell,
  p_buy = excluded.p_buy, p_hold = excluded.p_hold, p_sell = excluded.p_sell,
  price_cents = excluded.price_cents, series = excluded.series, reasons = excluded.reasons,
  features = excluded.features, fingerprint = excluded.fingerprint, known_at = now()
where s.fingerprint <> excluded.fingerprint
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
    ("fingerprint", "text"),
)

MERGE_FORECASTS = """
insert into signals.forecasts as f
  (card_id, grade_code, horizon_days, asof_ts, model_version, q10, q50, q90, fingerprint)
select card_id, grade_code, horizon_days, asof_ts, model_version, q10, q50, q90, fingerprint
from forecasts_new
on conflict (card_id, grade_code, horizon_days, asof_ts, model_version) do update
set q10 = excluded.q10, q50 = excluded.q50, q90 = excluded.q90, fingerprint = excluded.fingerprint
where f.fingerprint <> excluded.fingerprint
"""

FLIP_COLUMNS = (
    ("card_id", "text"),
    ("grade_code", "text"),
    ("horizon_days", "int"),
    ("asof_ts", "timestamptz"),
    ("model_version", "text"),
    ("from_action", "text"),
    ("to_action", "text"),
    ("conviction", "numeric"),
)

# A flip that nobody heard of yet is corrected in place; one that was published is followed by
# another from what was said then.
MERGE_FLIPS = """
insert into signals.flips as f
  (card_id, grade_code, horizon_days, asof_ts, model_version, from_action, to_action, conviction)
select card_id, grade_code, horizon_days, asof_ts, model_version, from_action, to_action,
  conviction
from flips_new
on conflict (card_id, grade_code, horizon_days, asof_ts, model_version) do update
set to_action = excluded.to_action, conviction = excluded.conviction, published_at = null,
  from_action = case when f.published_at is null then f.from_action else f.to_action end
where f.to_action <> excluded.to_action
"""

STANDING = """
select f.card_id, f.grade_code
from signals.features_latest f
where exists (
  select from unnest(%(horizons)s::int[]) as h (horizon_days)
  cross join lateral (
    select s.action from signals.signals s
    where s.card_id = f.card_id and s.grade_code = f.grade_code
      and s.horizon_days = h.horizon_days and s.asof_ts < %(before)s
    order by s.asof_ts desc, s.signal_id desc limit 1) newest
  where newest.action <> 'HOLD')
order by f.card_id, f.grade_code
"""

ACTIONS_UNTIL = """
select w.card_id, w.grade_code, h.horizon_days, newest.action
from actions_wanted w
cross join unnest(%(horizons)s::int[]) as h (horizon_days)
cross join lateral (
  select s.action from signals.signals s
  where s.card_id = w.card_id and s.grade_code = w.grade_code
    and s.horizon_days = h.horizon_days
    and (s.asof_ts < %(until)s or (%(inclusive)s and s.asof_ts = %(until)s))
  order by s.asof_ts desc, s.signal_id desc limit 1) newest
"""

LAST_PRICES = """
select w.card_id, w.grade_code, newest.price_cents, newest.series
from prices_wanted w
cross join lateral (
  select s.price_cents, s.series from signals.signals s
  where s.card_id = w.card_id and s.grade_code = w.grade_code and s.asof_ts < %(before)s
  order by s.asof_ts desc, s.signal_id desc limit 1) newest
"""


class Signals:
    """Port SignalStore."""

    def __init__(self, connection: psycopg.Connection, *, horizons: Sequence[int]) -> None:
        self._connection = connection
        self._horizons = list(horizons)

    def standing(self, *, before: datetime) -> set[Instrument]:
        """Instruments whose newest signal before the moment, at any horizon, is BUY or SELL."""
        values = {"horizons": self._horizons, "before": before}
        rows = self._connection.execute(STANDING, values).fetchall()
        return {Instrument(CardId(card), GradeCode(grade)) for card, grade in rows}

    def actions(
        self, instruments: Collection[Instrument], *, until: datetime, inclusive: bool
    ) -> Mapping[tuple[Instrument, int], Action]:
        """The newest action by instrument and horizon before the moment, or at it as well."""
        stage(self._connection, "actions_wanted", INSTRUMENT, instruments)
        values = {"horizons": self._horizons, "until": until, "inclusive": inclusive}
        rows = self._connection.execute(ACTIONS_UNTIL, values).fetchall()
        return {
            (Instrument(CardId(card), GradeCode(grade)), horizon): action
            for card, grade, horizon, action in rows
        }

    def last_prices(
        self, instruments: Collection[Instrument], *, before: datetime
    ) -> Mapping[Instrument, tuple[int, str]]:
        """Price in cents and series of the newest signal before the moment."""
        stage(self._connection, "prices_wanted", INSTRUMENT, instruments)
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
        self, signals: Sequence[Signal], forecasts: Sequence[Quantile], flips: Sequence[Flip]
    ) -> None:
        """Upsert by natural key; a row that would not change is left alone."""
        stage(
            self._connection,
            "forecasts_new",
            FORECAST_COLUMNS,
            ((*row.instrument, *row[1:]) for row in forecasts),
        )
        self._connection.execute(MERGE_FORECASTS)
        stage(self._connection, "signals_new", SIGNAL_COLUMNS, map(_row, signals))
        self._connection.execute(MERGE_SIGNALS)
        stage(self._connection, "flips_new", FLIP_COLUMNS, flips)
        self._connection.execute(MERGE_FLIPS)
        self._connection.execute(
            "delete from signals.flips where from_action = to_action and published_at is null"
        )


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
