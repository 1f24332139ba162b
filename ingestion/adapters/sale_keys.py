"""SQL of `market.sale_keys`: in which months a sale may lie, known without asking every month.

Sales are found by the hash of what their source calls them, and lie in the month of their time,
which may have been corrected. Asked of sixty months, a night's new sales are three million looks.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date

import numpy as np
import polars as pl
import psycopg

from ingestion.domain.key_filter import Keys, filter_of, may_hold
from ingestion.domain.records import UTC_US, Schema
from kernel.db.staging import stage_frame

EVER = date(9999, 12, 1)
MONTHS = "select market.old_months('trades', %s)"
HELD = "select coalesce(sum(sales), 0) from market.sale_keys"
LEAST = 100  # a look at a month costs as much as reading the filter of so many sales

ALL = "select month, whole, body from market.sale_keys order by keys_id"
ADD = "insert into market.sale_keys (month, whole, sales, body) values (%s, %s, %s, %b)"

# Months without a filter, and those that sales came to since.
TO_RENEW = """
select month from market.old_months('trades', %s) as attached (month)
left join market.sale_keys k using (month)
group by month having count(*) filter (where k.whole) = 0 or bool_or(not k.whole) order by month
"""
ROWS_OF = "select keys_id from market.sale_keys where month = %s"
IDS_OF = """
select trade_id from market.trades where ts >= %(month)s::date::timestamp at time zone 'UTC'
  and ts < (%(month)s::date + interval '1 month') at time zone 'UTC'
"""
FORGET = "delete from market.sale_keys where keys_id = any(%s)"

# Where a sale may lie, if it is there at all: from `since` to before `before`.
MAY_LIE: Schema = {"trade_id": pl.Int64, "since": UTC_US, "before": UTC_US}


@dataclass
class Told:
    """What is known of a month's sales; no filter: nothing is denied."""

    filter: bytes | None = None
    later: list[Keys] = field(default_factory=list)

    def among(self, keys: Keys) -> Keys:
        """Those of the keys that may lie there."""
        if self.filter is None:
            return keys
        held = may_hold(self.filter, keys)
        if self.later:
            held |= np.isin(keys, np.concatenate(self.later))
        return keys[held]


@dataclass(frozen=True)
class SaleKeys:
    """The months of one transaction."""

    connection: psycopg.Connection

    def look(self, keys: pl.Series) -> None:
        """Stage `may_lie`, as MAY_LIE: every attached month in which one of the sales may lie."""
        months = [month for (month,) in self.connection.execute(MONTHS, (EVER,)).fetchall()]
        asked = keys.unique().sort().to_numpy()
        told = self._told(months) if self._is_worth(asked.size * len(months)) else {}
        found = [_within(month, told.get(month, Told()).among(asked)) for month in months]
        stage_frame(self.connection, "may_lie", pl.concat([pl.DataFrame(schema=MAY_LIE), *found]))

    def note(self, sales: pl.DataFrame) -> None:
        """These sales were added: trade_id, ts."""
        for (day,), of_month in _by_month(sales):
            keys = of_month.get_column("trade_id").unique().to_numpy()
            self._add(day, keys, keys.tobytes(), whole=False)

    def note_month(self, month: date, sales: pl.Series) -> None:
        """The month is new: it has these sales and no others, whatever an older one had."""
        noted = self._noted(month)
        self._filter(month, sales, instead_of=noted)

    def renew(self) -> int:
        """Filter anew the months that sales came to; how many."""
        months = self.connection.execute(TO_RENEW, (EVER,)).fetchall()
        for (month,) in months:
            # First what was noted, then the sales: whatever is noted meanwhile stays.
            noted = self._noted(month)
            with self.connection.cursor(binary=True) as cursor:
                rows = cursor.execute(IDS_OF, {"month": month}).fetchall()
            sales = pl.Series([key for (key,) in rows], dtype=pl.Int64)
            self._filter(month, sales, instead_of=noted)
        return len(months)

    def _noted(self, month: date) -> list[int]:
        return [row for (row,) in self.connection.execute(ROWS_OF, (month,)).fetchall()]

    def _filter(self, month: date, sales: pl.Series, *, instead_of: list[int]) -> None:
        self.connection.execute(FORGET, (instead_of,))
        keys = sales.to_numpy()
        self._add(month, keys, filter_of(keys), whole=True)

    def _is_worth(self, looks: int) -> bool:
        row = self.connection.execute(HELD).fetchone()
        return row is not None and looks * LEAST > row[0]

    def _told(self, months: Sequence[date]) -> Mapping[date, Told]:
        told = {month: Told() for month in months}
        with self.connection.cursor(binary=True) as cursor:
            for month, whole, body in cursor.execute(ALL):
                if month not in told:
                    continue
                if whole:
                    told[month].filter = body
                else:
                    told[month].later.append(np.frombuffer(body, np.int64))
        return told

    def _add(self, month: date, keys: Keys, body: bytes, *, whole: bool) -> None:
        self.connection.execute(ADD, (month, whole, keys.size, body))


def _by_month(sales: pl.DataFrame) -> pl.dataframe.group_by.GroupBy:
    return sales.group_by(pl.col("ts").dt.date().dt.month_start(), maintain_order=True)


def _within(month: date, keys: Keys) -> pl.DataFrame:
    begin = pl.lit(month).cast(UTC_US)
    found = pl.DataFrame({"trade_id": keys}, schema={"trade_id": pl.Int64})
    return found.with_columns(since=begin, before=begin.dt.offset_by("1mo"))
