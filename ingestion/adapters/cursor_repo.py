"""SQL of the source cursors: how far each source was read."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

import psycopg

POSITION = "select position from market.source_cursors where source = %s and stream = %s"
MOVE = """
insert into market.source_cursors (source, stream, position) values (%s, %s, %s)
on conflict (source, stream) do update
set (position, moved_at) = (excluded.position, clock_timestamp())
"""
POSITIONS = """
select stream, position from market.source_cursors
where source = %s and starts_with(stream, %s) order by stream
"""
MOVE_ALL = """
insert into market.source_cursors (source, stream, position)
select %s, stream, %s from unnest(%s::text[]) as stream order by stream
on conflict (source, stream) do update
set (position, moved_at) = (excluded.position, clock_timestamp())
"""
FIRST_ASKED = """
select min(coalesce(first_day, day)) from market.loads where source = %s and job = 'fetch'
"""


@dataclass(frozen=True)
class CursorRepo:
    """market.source_cursors of one transaction."""

    connection: psycopg.Connection

    def position(self, source: str, stream: str = "") -> str | None:
        """Where the source was read to, as it counts; None before the first time."""
        row = self.connection.execute(POSITION, (source, stream)).fetchone()
        return str(row[0]) if row else None

    def positions(self, source: str, prefix: str) -> dict[str, str]:
        """The position of each stream whose name begins so."""
        return dict(self.connection.execute(POSITIONS, (source, prefix)).fetchall())

    def first_asked(self, source: str) -> date | None:
        """The first day that any fetch of the source asked for."""
        row = self.connection.execute(FIRST_ASKED, (source,)).fetchone()
        return row[0] if row else None

    def move(self, source: str, position: str, stream: str = "") -> None:
        """Note where it was read to, in this transaction."""
        self.connection.execute(MOVE, (source, stream, position))

    def move_all(self, source: str, position: str, streams: Sequence[str]) -> None:
        """Note one position for several streams, in this transaction."""
        self.connection.execute(MOVE_ALL, (source, position, list(streams)))
