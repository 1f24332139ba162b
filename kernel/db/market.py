"""Read model of schema `market` for other packages: bars as they were known at a moment."""

from collections.abc import Mapping
from datetime import date, datetime

import polars as pl
import psycopg
from polars.datatypes import DataType, DataTypeClass

from kernel.db.frames import frame_of
from kernel.ids import CardId, GradeCode, Instrument

BAR_SCHEMA: Mapping[str, DataTypeClass | DataType] = {
    "card_id": pl.String,
    "grade_code": pl.String,
    "kind": pl.String,
    "day": pl.Date,
    "open_cents": pl.Int64,
    "high_cents": pl.Int64,
    "low_cents": pl.Int64,
    "close_cents": pl.Int64,
    "volume": pl.Int64,
    "known_at": pl.Datetime("us", "UTC"),
}

# Migration 0005 says which version of a bar stood at a moment.
BARS_AS_OF = """
select card_id, grade_code, kind, day, open_cents, high_cents, low_cents, close_cents, volume,
  known_at
from market.bars_known(%(as_of)s)
where day between %(first)s and %(last)s
order by card_id, grade_code, kind, day
"""


def bars_as_of(
    connection: psycopg.Connection, *, as_of: datetime, first: date, last: date
) -> pl.DataFrame:
    """Daily bars of all instruments with first <= day <= last, as known at `as_of` (aware UTC).

    Columns as BAR_SCHEMA, sorted by card_id, grade_code, kind, day. Prices in US cents.
    """
    span = {"as_of": as_of, "first": first, "last": last}
    return frame_of(connection, BARS_AS_OF, span, BAR_SCHEMA)


VERSION_SCHEMA: Mapping[str, DataTypeClass | DataType] = {
    **BAR_SCHEMA,
    "superseded_at": pl.Datetime("us", "UTC"),
}

BAR_VERSIONS = """
select card_id, grade_code, kind, day, open_cents, high_cents, low_cents, close_cents, volume,
  known_at, null::timestamptz as superseded_at
from market.prices_daily
where day between %(first)s and %(last)s and known_at <= %(as_of)s
union all
select card_id, grade_code, kind, day, open_cents, high_cents, low_cents, close_cents, volume,
  known_at, superseded_at
from market.prices_daily_history
where day between %(first)s and %(last)s and known_at <= %(as_of)s
order by card_id, grade_code, kind, day, known_at
"""


def bar_versions(
    connection: psycopg.Connection, *, as_of: datetime, first: date, last: date
) -> pl.DataFrame:
    """Every version of the bars between that was ever believed by `as_of`, for walks over time.

    Columns as VERSION_SCHEMA; the version known at m has known_at <= m and a superseded_at that is
    null or later than m. Sorted by card_id, grade_code, kind, day, known_at.
    """
    span = {"as_of": as_of, "first": first, "last": last}
    return frame_of(connection, BAR_VERSIONS, span, VERSION_SCHEMA)


# By the day they were judged for. Once a day is history for an instrument, only what was known by
# then counts: a flag raised later is not seen, one taken back later still stands.
DIVERGENT_ON = """
select d.card_id, d.grade_code, max(d.ratio) from market.divergences d
left join unnest(%(cards)s::text[], %(grades)s::text[], %(moments)s::timestamptz[])
  as h (card_id, grade_code, moment) using (card_id, grade_code)
where d.as_of <= %(day)s and d.opened_at <= coalesce(h.moment, 'infinity')
  and (d.closed_as_of is null or d.closed_as_of > %(day)s
    or d.closed_at > coalesce(h.moment, 'infinity'))
group by d.card_id, d.grade_code order by d.card_id, d.grade_code
"""


def divergent_on(
    connection: psycopg.Connection, day: date, *, history_since: Mapping[Instrument, datetime]
) -> Mapping[Instrument, float]:
    """Instruments whose prices on a day cannot all be right, and by which factor they disagree.

    `history_since`: of instruments for which the day is history, when it became that (aware UTC);
    of others everything known of the day by now counts.
    """
    asked = {
        "day": day,
        "cards": [instrument.card_id for instrument in history_since],
        "grades": [instrument.grade_code for instrument in history_since],
        "moments": list(history_since.values()),
    }
    rows = connection.execute(DIVERGENT_ON, asked).fetchall()
    return {Instrument(CardId(card), GradeCode(grade)): ratio for card, grade, ratio in rows}
