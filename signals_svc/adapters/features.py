"""features_daily, features_latest and the queue between building features and inferring."""

import io
from collections.abc import Collection, Sequence
from datetime import date

import polars as pl
import psycopg
from psycopg import sql

from kernel.days import end_of
from kernel.db.staging import stage_rows
from kernel.ids import Instrument
from signals_svc.domain.features import FEATURE_VERSION
from signals_svc.domain.snapshot import COLUMNS, Snapshot, thaw
from signals_svc.ports.market import Work

PRINTED = ["card_id", "grade_code", "fingerprint"]
COLUMNS_WRITTEN = ("day", "feature_version", *COLUMNS)

# A sign that no name and no JSON has: nothing has to be doubled or looked for.
QUOTE = "\x01"
COPY = """
copy signals.features_daily ({}) from stdin (format csv, delimiter E'\\t', quote E'\\x01')
"""

FINGERPRINTS = """
select distinct on (card_id, grade_code) card_id, grade_code, fingerprint
from signals.features_daily where day = %(day)s and feature_version = %(version)s
order by card_id, grade_code, computed_at desc
"""

# Rows that are newer than the day's stay: of an old day nothing is read.
KEEP_LATEST = """
insert into signals.features_latest as l
  (card_id, grade_code, asof_ts, feature_version, features, recency_days)
select distinct on (f.card_id, f.grade_code) f.card_id, f.grade_code, %(asof_ts)s,
  f.feature_version, jsonb_build_object('raw', f.raw, 'normalized', f.normalized,
    'series', f.series, 'bars_365', f.bars_365, 'close_cents', f.close_cents,
    'fingerprint', f.fingerprint),
  f.recency_days
from unnest(%(cards)s::text[], %(grades)s::text[]) w (card_id, grade_code)
left join signals.features_latest held using (card_id, grade_code)
join signals.features_daily f using (card_id, grade_code)
where f.day = %(day)s and f.feature_version = %(version)s
  and (held.asof_ts is null or held.asof_ts <= %(asof_ts)s)
order by f.card_id, f.grade_code, f.computed_at desc
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

WHOLE = ("recency_days", "bars_365", "close_cents")
FRAME = {name: pl.Int64 if name in WHOLE else pl.String for name in COLUMNS}


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
        told = self._connection.execute(FINGERPRINTS, values).fetchall()
        known = pl.DataFrame(told, schema=dict.fromkeys(PRINTED, pl.String), orient="row")
        new = rows.join(known, on=PRINTED, how="anti", maintain_order="left")
        self._copy(new, as_of)
        names = {"cards": rows["card_id"].to_list(), "grades": rows["grade_code"].to_list()}
        self._connection.execute(KEEP_LATEST, values | names)
        return new.height

    def _copy(self, rows: pl.DataFrame, as_of: date) -> None:
        """Append rows as they are; the database stamps them."""
        stamped = rows.with_columns(day=pl.lit(as_of), feature_version=pl.lit(FEATURE_VERSION))
        body = io.BytesIO()
        stamped.select(COLUMNS_WRITTEN).write_csv(
            body, include_header=False, separator="\t", quote_char=QUOTE
        )
        names = sql.SQL(", ").join(map(sql.Identifier, COLUMNS_WRITTEN))
        with (
            self._connection.cursor() as cursor,
            cursor.copy(sql.SQL(COPY).format(names)) as copy,
        ):
            copy.write(body.getbuffer())

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
