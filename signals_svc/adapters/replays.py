"""Replayed signals, append-only: all their SQL."""

from collections.abc import Set
from datetime import datetime

import polars as pl
import psycopg
from psycopg import sql

from kernel.db.staging import copy_frame

TABLE = sql.Identifier("signals", "replayed")


class Replays:
    """Port ReplayStore."""

    def __init__(self, connection: psycopg.Connection) -> None:
        self._connection = connection

    def nights(self) -> Set[datetime]:
        """As-of times that were replayed already."""
        rows = self._connection.execute("select distinct asof_ts from signals.replayed").fetchall()
        return {moment for (moment,) in rows}

    def add(self, rows: pl.DataFrame) -> int:
        """Append the signals of whole nights; rows added."""
        copy_frame(self._connection, TABLE, rows)
        return len(rows)
