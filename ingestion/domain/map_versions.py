"""Since when the product map has said of a product what it says now. No I/O."""

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

import polars as pl

from ingestion.domain.records import UTC_US


class Version(NamedTuple):
    """A row of the product map. `waited`: rows of the product were refused for want of it."""

    product: str
    card_id: str
    product_grade: str | None
    valid_from: datetime
    valid_to: datetime
    known_at: datetime
    by_hand: bool
    waited: bool


VERSION = list(Version._fields)


def said_since(versions: pl.DataFrame) -> pl.DataFrame:
    """Add `said_at` to rows with the columns of Version: null where it counts as known from the
    start, which is the first that anybody but a person says of a product nobody waited for.

    A row that is told again, with an end say, has said so since the first time.
    """
    several = pl.col("product").is_duplicated()
    news = pl.col("by_hand") | pl.col("waited")
    alone = versions.filter(~several).with_columns(said_at=pl.when(news).then("known_at"))
    rows: list[Version] = []
    said: list[datetime | None] = []
    ordered = versions.filter(several).sort("product", "known_at", "valid_from")
    for version in map(Version._make, ordered.select(VERSION).iter_rows()):
        before = _before(version, rows)
        if before is None:
            at = version.known_at if version.by_hand or version.waited else None
        else:
            at = said[before] if _continues(version, rows[before]) else version.known_at
        rows.append(version)
        said.append(at)
    told = ordered.with_columns(pl.Series("said_at", said, dtype=UTC_US))
    return pl.concat([alone, told])


def _before(version: Version, rows: Sequence[Version]) -> int | None:
    """The last row that spoke of a part of the same time."""
    for at in range(len(rows) - 1, -1, -1):
        other = rows[at]
        if other.product != version.product:
            return None
        if other.valid_from < version.valid_to and version.valid_from < other.valid_to:
            return at
    return None


def _continues(version: Version, before: Version) -> bool:
    same = (version.card_id, version.product_grade) == (before.card_id, before.product_grade)
    return same and before.valid_from <= version.valid_from and version.valid_to <= before.valid_to
