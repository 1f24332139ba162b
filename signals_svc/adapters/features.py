"""features_daily, features_latest and the queue between building features and inferring."""

from collections.abc import Collection, Sequence
from datetime import date

import polars as pl
import psycopg

from kernel.days import end_of
from kernel.db.staging import stage_rows
from kernel.ids import Instrument
from signals_svc.domain.features import FEATURE_VERSION
from signals_svc.domain.snapshot import COLUMNS, Snapshot, thaw
from signals_svc.ports.market import Work

STAGED = (
    ("card_id", "text"),
    ("grade_code", "text"),
    ("series", "text"),
    ("raw", "jsonb"),
    ("normalized", "jsonb"),
    ("recency_days", "int"),
    ("bars_365", "int"),
    ("close_cents", "int"),
    ("fingerprint", "text"),
)

APPEND = """
insert into signals.features_daily
  (card_id, grade_code, day, feature_version, series, raw, normalized, recency_days, bars_365,
   close_cents, fingerprint)
select n.card_id, n.grade_code, %(day)s, %(version)s, n.series, n.raw, n.normalized,
  n.recency_days, n.bars_365, n.close_cents, n.fingerprint
from features_new n
where n.fingerprint is distinct from (
  select f.fingerprint from signals.features_daily f
  where f.card_id = n.card_id and f.grade_code = n.grade_code and f.day = %(day)s
    and f.feature_version = %(version)s
  order by f.computed_at desc limit 1)
"""

KEEP_LATEST = """
insert into signals.features_latest as l
  (card_id, grade_code, asof_ts, feature_version, features, recency_days)
select card_id, grade_code, %(asof_ts)s, %(version)s,
  jsonb_build_object('raw', raw, 'normalized', normalized, 'series', series,
    'bars_365', bars_365, 'close_cents', close_cents, 'fingerprint', fingerprint),
  recency_days
from features_new
on conflict (card_id, grade_code) do update
set asof_ts = excluded.asof_ts, feature_version = excluded.feature_version,
  features = excluded.features, recency_days = excluded.recency_days
where l.asof_ts <= excluded.asof_ts
"""

NEWEST_OF_DAY = """
select distinct on (f.card_id, f.grade_code) f.card_id, f.grade_code, f.series, f.raw::text,
  f.normalized::text, f.recency_days, f.bars_365, f.close_cents, f.fingerprint
from signals.features_daily f join features_wanted using (card_id, grade_code)
where f.day = %(day)s and f.feature_version = %(version)s
order by f.card_id, f.grade_code, f.computed_at desc
"""

FRAME = {name: pl.Int64 if kind == "int" else pl.String for (name, kind) in STAGED}


class Features:
    """Port FeatureStore."""

    def __init__(self, connection: psycopg.Connection) -> None:
        self._connection = connection

    def append(self, rows: pl.DataFrame, *, as_of: date) -> int:
        """Add what differs from the newest row of the instrument and day; rows added."""
        values = {"day": as_of, "version": FEATURE_VERSION, "asof_ts": end_of(as_of)}
        self._connection.execute(
            "select signals.ensure_month_partitions('features_daily', %s, %s)", (as_of, as_of)
        )
        stage_rows(self._connection, "features_new", STAGED, rows.select(COLUMNS).iter_rows())
        added = self._connection.execute(APPEND, values).rowcount
        self._connection.execute(KEEP_LATEST, values)
        return added

    def read(self, instruments: Collection[Instrument], *, as_of: date) -> Snapshot:
        """The newest rows of the day for the instruments that have one."""
        wanted = (("card_id", "text"), ("grade_code", "text"))
        stage_rows(self._connection, "features_wanted", wanted, instruments)
        values = {"day": as_of, "version": FEATURE_VERSION}
        rows = self._connection.execute(NEWEST_OF_DAY, values).fetchall()
        return thaw(as_of, pl.DataFrame(rows, schema=FRAME, orient="row"))


class Queue:
    """Port InferenceQueue."""

    def __init__(self, connection: psycopg.Connection) -> None:
        self._connection = connection

    def put(self, work: Sequence[Work]) -> None:
        """Add; asking again keeps the newer generation."""
        columns = (
            ("card_id", "text"),
            ("grade_code", "text"),
            ("day", "date"),
            ("as_of", "date"),
            ("generation", "int"),
        )
        stage_rows(self._connection, "queue_new", columns, work)
        self._connection.execute(
            "insert into signals.inference_queue as q"
            " (card_id, grade_code, day, as_of, generation)"
            " select card_id, grade_code, day, as_of, max(generation) from queue_new"
            " group by card_id, grade_code, day, as_of"
            " on conflict (as_of, card_id, grade_code, day)"
            " do update set generation = greatest(q.generation, excluded.generation)"
        )

    def days(self) -> list[date]:
        """As-of days with work, oldest first."""
        rows = self._connection.execute(
            "select distinct as_of from signals.inference_queue order by as_of"
        ).fetchall()
        return [day for (day,) in rows]

    def take(self, as_of: date) -> list[Work]:
        """Remove and return the work of one night."""
        rows = self._connection.execute(
            "delete from signals.inference_queue where as_of = %s"
            " returning card_id, grade_code, day, as_of, generation",
            (as_of,),
        ).fetchall()
        return sorted(Work(*row) for row in rows)
