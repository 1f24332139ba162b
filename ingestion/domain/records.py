"""The two frames of ingestion: rows as a source tells them, and records fit for the store."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

import polars as pl
from polars.datatypes import DataType, DataTypeClass

from kernel.days import end_of, start_of

Schema = Mapping[str, DataTypeClass | DataType]

UTC_US = pl.Datetime("us", "UTC")

# What a source says, still as text. `fetch` numbers the fetches of the day. `fault` is set by a
# reader that could not make out the row.
TOLD: Schema = {
    "fetch": pl.Int64,
    "part": pl.String,
    "line": pl.Int64,
    "raw": pl.String,
    "fault": pl.String,
    "detail": pl.String,
    "item": pl.String,
    "title": pl.String,
    "variant": pl.String,
    "grade": pl.String,
    "qualifier": pl.String,
    "price": pl.String,
    "currency": pl.String,
    "time": pl.String,
    "known": pl.String,
    "id": pl.String,
    "seller": pl.String,
    "url": pl.String,
    "units": pl.String,
    "high": pl.String,
    "low": pl.String,
    "meta": pl.String,
}

# One price fit for the store; meta is JSON.
RECORDS: Schema = {
    "record_id": pl.Int64,
    "kind": pl.String,
    "ts": UTC_US,
    "card_id": pl.String,
    "grade_code": pl.String,
    "source": pl.String,
    "source_sale_id": pl.String,
    "told_as": pl.Int64,  # the source's words for card and grade, hashed
    "price_cents": pl.Int64,
    "high_cents": pl.Int64,
    "low_cents": pl.Int64,
    "units": pl.Int64,
    "seller": pl.String,
    "url": pl.String,
    "known_at": UTC_US,
    "reported_at": UTC_US,
    "meta": pl.String,
}

# Which table records of a kind are for.
TABLES_OF_KINDS: Mapping[str, pl.Expr] = {
    "trades": pl.col("kind") == "trade",
    "reported_prices": pl.col("kind") != "trade",
}

# How the words of a record were read: with them a load reads them again where the map has learned.
READING: Schema = {
    "mapped_as": pl.String,  # whose product map; null: none is asked
    "product": pl.String,
    "printing": pl.String,  # of the card a mapping names, as the source's variant says; "" as it is
    "stated": pl.String,  # the grade the row itself says, whatever the map does
    "mapped_at": UTC_US,  # when the row of the map was known that said so; null: none did
}
TRUSTED: Schema = {**RECORDS, **READING}

# A refused row; `record_id` and `reported_at` are of the sale it is a version of, where it tells.
REJECTS: Schema = {
    "quarantine_id": pl.Int64,
    "record_id": pl.Int64,
    "reported_at": UTC_US,
    "product": pl.String,
    "part": pl.String,
    "line": pl.Int64,
    "reason": pl.String,
    "detail": pl.String,
    "raw": pl.String,
}


@dataclass(frozen=True)
class Window:
    """The UTC days a run asks for; `last` is also the day as of which it is run."""

    first: date
    last: date

    @property
    def begins(self) -> datetime:
        """Midnight at which the first day begins."""
        return start_of(self.first)

    @property
    def ends(self) -> datetime:
        """Midnight at which the last day is over."""
        return end_of(self.last)

    def days(self) -> Iterator[date]:
        """Each of its days, in order."""
        for ahead in range((self.last - self.first).days + 1):
            yield self.first + timedelta(days=ahead)


@dataclass(frozen=True)
class RawPart:
    """One object as received. `role` map: a file that joins item names to catalog ids.

    The raw zone gives it back under a name no other part of the day has.
    """

    name: str
    role: str
    body: bytes


@dataclass(frozen=True)
class Receipt:
    """What one run received from a source, before anything was made of it."""

    source: str
    window: Window
    parts: Sequence[RawPart]
    fetched_at: datetime | None = None  # known of what the raw zone gives back


@dataclass(frozen=True)
class Gathered:
    """A piece of a collection: what was received, and the subjects that are done with it."""

    receipt: Receipt
    subjects: Sequence[str] = ()
