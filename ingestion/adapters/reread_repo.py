"""SQL of run days that wait to be read again, and of days with products that titles map."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

import polars as pl
import psycopg

from ingestion.ports.bookkeeping import Reread
from kernel.db.staging import stage_frame

NOTE = """
insert into market.titled_days (mapped_as, product, source, day)
select %(mapped_as)s, product, %(source)s, %(day)s from staged_titled on conflict do nothing
"""
# A refused row's object lies in the folder of its run day.
QUEUE = r"""
insert into market.rereads as r (source, day)
select source, day from (
  select q.source, substring(q.raw_key from '/date=(\d{4}-\d\d-\d\d)/')::date as day
  from market.quarantine q
  where coalesce(q.mapped_as, q.source) = %(mapped_as)s and q.product = any(%(products)s)
    and q.resolved_at is null
  union
  select source, day from market.titled_days
  where mapped_as = %(mapped_as)s and product = any(%(products)s)
) concerned
where day is not null and (source, day) is distinct from (%(but_source)s::text, %(but_day)s::date)
order by source, day
on conflict (source, day) do update set (queued_at, tries, failure) = (clock_timestamp(), 0, '')
"""
WAITING = """
select source, day, queued_at from market.rereads
where tries < %s order by tries, queued_at, source, day limit %s
"""
DONE = "delete from market.rereads where (source, day, queued_at) = (%s, %s, %s)"
FAILED = """
update market.rereads set (tries, failure) = (tries + 1, %s)
where (source, day, queued_at) = (%s, %s, %s)
"""


@dataclass(frozen=True)
class RereadRepo:
    """Port Rereads, of one transaction."""

    connection: psycopg.Connection

    def note_titled(self, mapped_as: str, source: str, day: date, products: pl.DataFrame) -> None:
        """Remember that the day has rows of these products, which only titles map."""
        if products.is_empty():
            return
        stage_frame(self.connection, "staged_titled", products.select("product"))
        self.connection.execute(NOTE, {"mapped_as": mapped_as, "source": source, "day": day})

    def queue(
        self, mapped_as: str, products: Sequence[str], *, but: tuple[str, date] | None = None
    ) -> int:
        """Queue the days that have refused rows of the products, or rows that titles mapped."""
        if not products:
            return 0
        source, day = but or (None, None)
        told = {
            "mapped_as": mapped_as,
            "products": list(products),
            "but_source": source,
            "but_day": day,
        }
        return self.connection.execute(QUEUE, told).rowcount

    def waiting(self, *, most: int, tries: int) -> list[Reread]:
        """Days that wait and were tried less often than that, the longest waiting first."""
        rows = self.connection.execute(WAITING, (tries, most)).fetchall()
        return [Reread(*row) for row in rows]

    def done(self, reread: Reread) -> None:
        """Take it out, unless it was queued again meanwhile."""
        self.connection.execute(DONE, reread)

    def failed(self, reread: Reread, why: str) -> None:
        """Let it wait behind the others, with the reason."""
        self.connection.execute(FAILED, (why, *reread))

    def left(self) -> int:
        """How many days wait, those that are not tried any more included."""
        row = self.connection.execute("select count(*) from market.rereads").fetchone()
        return row[0] if row else 0
