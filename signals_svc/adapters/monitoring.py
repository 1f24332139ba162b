"""Figures of nights, alerts, and what they are taken from: all their SQL."""

from collections.abc import Collection, Mapping, Sequence
from datetime import date, datetime, timedelta

import polars as pl
import psycopg
from psycopg import sql

from kernel.days import end_of
from kernel.db.staging import stage_rows
from signals_svc.adapters.features import FRAME
from signals_svc.domain.came_true import Told
from signals_svc.domain.drift import DRIFT, PAUSING
from signals_svc.domain.features import FEATURE_VERSION
from signals_svc.domain.measures import Measure
from signals_svc.domain.seen_inputs import Seen, of_stored
from signals_svc.domain.snapshot import Snapshot, thaw
from signals_svc.ports.monitoring import Alert, Changed, Took, Trend

STORED = """
select distinct on (card_id, grade_code) card_id, grade_code, series, raw::text,
  normalized::text, recency_days, bars_365, close_cents, fingerprint
from signals.features_daily where day = %(day)s and feature_version = %(version)s
order by card_id, grade_code, computed_at desc
"""

# The last live word on each night whose own days are over, with what came of it as known then.
OVER = sql.SQL("""
with words as (
  select distinct on (card_id, grade_code, horizon_days, asof_ts) signal_id, card_id, grade_code,
    horizon_days, asof_ts, known_at, split_part(model_version, '+', 1) as forecaster,
    expected_return
  from signals.claims
  where not replayed and not abstains and known_at <= %(moment)s
    and asof_ts > %(moment)s - make_interval(days => horizon_days + %(nights)s)
  order by card_id, grade_code, horizon_days, asof_ts, known_at desc, signal_id desc
), came as (
  select distinct on (v.signal_id) w.*, v.outcome, v.entry_cents, v.exit_cents,
    (w.asof_ts at time zone 'UTC')::date - 1 - date '1970-01-01' as day
  from words w join signals.scores v
    on v.signal_id = w.signal_id and v.after_days = w.horizon_days and v.known_at <= %(moment)s
  order by v.signal_id, v.known_at desc
)
""")
GAPS = OVER + sql.SQL("""
select forecaster as model_version, horizon_days, day, count(*) as rows,
  sum(ln(exit_cents::double precision / entry_cents) - ln(1 + expected_return)) as gap
from came where outcome = 'scored' and expected_return > -1
group by forecaster, horizon_days, day order by forecaster, horizon_days, day
""")
# A version that was only heard is held against the same outcomes.
BANDS = OVER + sql.SQL("""
select f.model_version, horizon_days, day, count(*) as rows, count(*) filter (
  where ln(exit_cents::double precision / s.price_cents) between f.q10 and f.q90) as inside
from came join signals.signals s using (signal_id, card_id, grade_code, horizon_days, asof_ts)
cross join lateral (
  select distinct on (f.model_version) f.model_version, f.q10, f.q90 from signals.forecasts f
  where f.card_id = came.card_id and f.grade_code = came.grade_code
    and f.horizon_days = came.horizon_days and f.asof_ts = came.asof_ts and f.q50 is not null
    and f.known_at <= %(moment)s
  order by f.model_version, f.known_at desc) f
where outcome = 'scored'
group by f.model_version, horizon_days, day order by f.model_version, horizon_days, day
""")
CAME = {"model_version": pl.String, "horizon_days": pl.Int64, "day": pl.Int64, "rows": pl.Int64}

CHANGED = """
select
  (select count(distinct (card_id, grade_code)) from signals.signals
    where asof_ts = %(moment)s and horizon_days = %(horizon)s),
  (select count(distinct (card_id, grade_code)) from signals.flips
    where asof_ts = %(moment)s and horizon_days = %(horizon)s)
"""

# A run of few instruments takes seconds for each; it counts where the night has no other.
SLOWEST = """
select as_of, instruments, seconds from signals.inferences
where as_of = (select max(as_of) from signals.inferences where as_of <= %(until)s)
order by instruments >= %(least)s desc, seconds / instruments desc limit 1
"""

MEASURE_COLUMNS = (
    ("measure", "text"),
    ("subject", "text"),
    ("model_version", "text"),
    ("value", "double precision"),
    ("least", "double precision"),
    ("most", "double precision"),
    ("pauses", "boolean"),
    ("rows", "int"),
    ("words", "text"),
)
KEEP = """
insert into signals.measures
  (as_of, measure, subject, model_version, value, least, most, pauses, rows, words, measured_at)
select %(as_of)s, measure, subject, model_version, value, least, most, pauses, rows, words, %(now)s
from measures_new
"""
RAISE = """
insert into signals.alerts (as_of, measure, subject, model_version, value, words, raised_at)
select %(as_of)s, measure, subject, model_version, value, words, %(now)s
from signals.measures
where as_of = %(as_of)s and measured_at = %(now)s and pauses and is_out
on conflict (as_of, measure, subject, model_version) do nothing
"""

TRENDS = """
select distinct on (measure, subject, model_version, as_of)
  measure, subject, model_version, as_of, value
from signals.measures
where pauses and value is not null and as_of between %(first)s and %(until)s
order by measure, subject, model_version, as_of, measured_at desc
"""

NEWEST_RUN = sql.SQL("""(as_of, measured_at) = (
    select as_of, measured_at from signals.measures order by as_of desc, measured_at desc limit 1)
""")
OF_VERSION = sql.SQL("""
select as_of from signals.measures
where {} and measure = %(measure)s and model_version = %(version)s
""").format(NEWEST_RUN)
STANDING = sql.SQL("""
select measure, words, value, least, most, as_of from signals.measures
where {} and pauses and is_out
  and (model_version = '' or model_version = %(version)s)
order by measure, subject
""").format(NEWEST_RUN)
DRIFTED = sql.SQL("""
select model_version, words from signals.measures
where {} and measure = any(%(measures)s) and is_out
order by model_version, measure
""").format(NEWEST_RUN)

# Held until the commit that marks them: two senders never send the same alert.
UNPUBLISHED = """
select as_of, measure, subject, model_version, value, words from signals.alerts
where published_at is null order by as_of, measure, subject, model_version limit %(limit)s
for update skip locked
"""
ALERT_KEY = (
    ("as_of", "date"),
    ("measure", "text"),
    ("subject", "text"),
    ("model_version", "text"),
)
MARK_PUBLISHED = """
update signals.alerts a set published_at = %(now)s from alerts_done d
where (a.as_of, a.measure, a.subject, a.model_version)
  = (d.as_of, d.measure, d.subject, d.model_version)
"""


def _bounds(least: float | None, most: float | None) -> str:
    return " to ".join(f"{one:g}" for one in (least, most) if one is not None)


class Monitoring:
    """Port MonitoringStore."""

    def __init__(self, connection: psycopg.Connection) -> None:
        self._connection = connection

    def latest_night(self, *, until: date) -> date | None:
        """The newest day up to `until` that signals are as of."""
        row = self._connection.execute(
            "select (max(asof_ts) at time zone 'UTC')::date - 1 from signals.signals"
            " where asof_ts <= %s",
            (end_of(until),),
        ).fetchone()
        return row[0] if row else None

    def stored_features(self, *, as_of: date) -> Snapshot:
        """The newest row of every instrument that has features of the day."""
        values = {"day": as_of, "version": FEATURE_VERSION}
        rows = self._connection.execute(STORED, values).fetchall()
        return thaw(as_of, pl.DataFrame(rows, schema=FRAME, orient="row"))

    def seen(self, versions: Collection[str]) -> Mapping[str, Seen]:
        """From what each version learned."""
        rows = self._connection.execute(
            "select model_version, seen from signals.models where model_version = any(%s)",
            (list(versions),),
        ).fetchall()
        return {version: of_stored(seen) for version, seen in rows}

    def told(self, *, nights: int, moment: datetime) -> Told:
        """Live words that were over on the last nights, with what came of them as known then."""
        asked = {"moment": moment, "nights": nights}
        gaps = self._connection.execute(GAPS, asked).fetchall()
        bands = self._connection.execute(BANDS, asked).fetchall()
        return Told(
            pl.DataFrame(gaps, schema={**CAME, "gap": pl.Float64}, orient="row"),
            pl.DataFrame(bands, schema={**CAME, "inside": pl.Int64}, orient="row"),
        )

    def changed(self, *, as_of: date, horizon_days: int) -> Changed:
        """Flips of a night."""
        asked = {"moment": end_of(as_of), "horizon": horizon_days}
        return Changed(*(self._connection.execute(CHANGED, asked).fetchone() or (0, 0)))

    def took(self, *, until: date, least: int) -> Took | None:
        """The slowest run, by instrument, of the newest night."""
        values = {"until": until, "least": least}
        row = self._connection.execute(SLOWEST, values).fetchone()
        return Took(*row) if row else None

    def note_inference(self, took: Took, *, now: datetime) -> None:
        """Append how long a run took."""
        self._connection.execute(
            "insert into signals.inferences (as_of, instruments, seconds, finished_at)"
            " values (%s, %s, %s, %s)",
            (*took, now),
        )

    def keep(self, measures: Sequence[Measure], *, as_of: date, now: datetime) -> None:
        """Append a run's figures, and an alert for each that alarms, once a night."""
        names = [name for name, _ in MEASURE_COLUMNS]
        rows = ([getattr(one, name) for name in names] for one in measures)
        stage_rows(self._connection, "measures_new", MEASURE_COLUMNS, rows)
        for statement in (KEEP, RAISE):
            self._connection.execute(statement, {"as_of": as_of, "now": now})

    def trends(self, *, until: date, nights: int) -> Mapping[tuple[str, str, str], Trend]:
        """Values of pausing figures on the nights up to `until`, oldest first."""
        values = {"until": until, "first": until - timedelta(days=nights - 1)}
        found: dict[tuple[str, str, str], list[tuple[date, float]]] = {}
        for *key, night, value in self._connection.execute(TRENDS, values).fetchall():
            measure, subject, version = key
            found.setdefault((measure, subject, version), []).append((night, value))
        return found

    def measured(self, version: str) -> date | None:
        """The newest night measured, if what the version reads was measured then."""
        values = {"measure": DRIFT, "version": version}
        row = self._connection.execute(OF_VERSION, values).fetchone()
        return row[0] if row else None

    def standing(self, version: str) -> list[str]:
        """In words what is out of its bounds on the newest night measured."""
        rows = self._connection.execute(STANDING, {"version": version}).fetchall()
        return [
            f"{measure} {value:.3g}, bounds {_bounds(least, most)}, on {night} ({words})"
            for measure, words, value, least, most, night in rows
        ]

    def drifted(self) -> list[str]:
        """In words which versions read other inputs than they learned from, newest night."""
        rows = self._connection.execute(DRIFTED, {"measures": list(PAUSING)}).fetchall()
        return [f"{version}: {words}" for version, words in rows]

    def unpublished(self, *, limit: int) -> list[Alert]:
        """Alerts the bus has not taken and nobody else is sending, oldest first."""
        rows = self._connection.execute(UNPUBLISHED, {"limit": limit}).fetchall()
        return [Alert(*row) for row in rows]

    def published(self, alerts: Sequence[Alert], *, now: datetime) -> None:
        """Mark alerts as taken."""
        keys = (alert[: len(ALERT_KEY)] for alert in alerts)
        stage_rows(self._connection, "alerts_done", ALERT_KEY, keys)
        self._connection.execute(MARK_PUBLISHED, {"now": now})
