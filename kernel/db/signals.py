"""Read model of schema `signals` for other packages: what had been said by a moment."""

from collections.abc import Mapping
from datetime import date, datetime

import polars as pl
import psycopg
from polars.datatypes import DataType, DataTypeClass

from kernel.days import end_of

SIGNAL_SCHEMA: Mapping[str, DataTypeClass | DataType] = {
    "card_id": pl.String,
    "grade_code": pl.String,
    "horizon_days": pl.Int64,
    "action": pl.String,
    "conviction": pl.Float64,
    "expected_return": pl.Float64,
    "risk": pl.Float64,
    "utility": pl.Float64,
    "price_cents": pl.Int64,
    "model_version": pl.String,
    "feature_version": pl.String,
    "fingerprint": pl.String,
    "known_at": pl.Datetime("us", "UTC"),
}

# Migration 0009 says which words had been said; of those on one night the last one counts.
SIGNALS_AS_OF = """
select distinct on (card_id, grade_code, horizon_days) card_id, grade_code, horizon_days, action,
  conviction::float8, expected_return::float8, risk::float8, utility::float8, price_cents,
  model_version, feature_version, fingerprint, known_at
from signals.signals_known(%(as_of)s)
where asof_ts = %(night)s
order by card_id, grade_code, horizon_days, known_at desc, signal_id desc
"""

FEATURE_SCHEMA: Mapping[str, DataTypeClass | DataType] = {
    "card_id": pl.String,
    "grade_code": pl.String,
    "feature_version": pl.String,
    "fingerprint": pl.String,
    "close_cents": pl.Int64,
    "known_at": pl.Datetime("us", "UTC"),
}

FEATURES_AS_OF = """
select distinct on (card_id, grade_code) card_id, grade_code, feature_version, fingerprint,
  close_cents, known_at
from signals.features_known(%(as_of)s)
where day = %(day)s
order by card_id, grade_code, computed_at desc
"""


def signals_as_of(connection: psycopg.Connection, *, as_of: datetime, night: date) -> pl.DataFrame:
    """The word that stood at `as_of` (aware UTC) for each instrument and horizon of one night.

    A night is the UTC day at whose end its signals are. Columns as SIGNAL_SCHEMA, sorted by
    card_id, grade_code, horizon_days. Prices in US cents, returns as fractions.
    """
    values = {"as_of": as_of, "night": end_of(night)}
    rows = connection.execute(SIGNALS_AS_OF, values).fetchall()
    return pl.DataFrame(rows, schema=SIGNAL_SCHEMA, orient="row")


def features_as_of(connection: psycopg.Connection, *, as_of: datetime, day: date) -> pl.DataFrame:
    """The features that stood at `as_of` (aware UTC) for each instrument of one day.

    Columns as FEATURE_SCHEMA, sorted by card_id, grade_code. Prices in US cents.
    """
    rows = connection.execute(FEATURES_AS_OF, {"as_of": as_of, "day": day}).fetchall()
    return pl.DataFrame(rows, schema=FEATURE_SCHEMA, orient="row")
