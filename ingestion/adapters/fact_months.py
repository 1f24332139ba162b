"""SQL of the outside facts as analysts read them: months of population and sentiment."""

from dataclasses import dataclass
from datetime import date, timedelta

import polars as pl
import psycopg
from psycopg import sql

from ingestion.adapters.copying import read_frame
from ingestion.domain.curated import FACTS

SCHEMAS = {table.name: table.columns for table in FACTS}

# Facts are append-only, so a month is another one only if it has more rows or newer ones.
STATES = """
select date_trunc('month', day)::date, count(*) || ' ' || max(known_at)
from {} group by 1 order by 1
"""
MONTH = """
select {} from {} where day >= {} and day < {} order by {}
"""


@dataclass(frozen=True)
class FactMonths:
    """Port FactMonths, of one transaction."""

    connection: psycopg.Connection

    def states(self, table: str) -> dict[str, str]:
        """By month as 2024-05, a text that differs whenever the month's rows do."""
        query = sql.SQL(STATES).format(sql.Identifier("market", _known(table)))
        rows = self.connection.execute(query).fetchall()
        return {f"{month:%Y-%m}": state for month, state in rows}

    def month(self, table: str, month: date) -> pl.DataFrame:
        """The rows of one month, in order of their day, card and knowledge."""
        following = (month.replace(day=1) + timedelta(days=32)).replace(day=1)
        schema = SCHEMAS[_known(table)]
        columns = sql.SQL(", ").join(
            sql.SQL("words::text as words") if name == "words" else sql.Identifier(name)
            for name in schema
        )
        order = ("day", "card_id", "grade_code", "source", "known_at")
        query = sql.SQL(MONTH).format(
            columns,
            sql.Identifier("market", table),
            sql.Literal(month.replace(day=1)),
            sql.Literal(following),
            sql.SQL(", ").join(sql.Identifier(name) for name in order if name in schema),
        )
        return read_frame(self.connection, query, schema)


def _known(table: str) -> str:
    if table not in SCHEMAS:
        raise ValueError(f"no facts {table!r}; there are {', '.join(SCHEMAS)}")
    return table
