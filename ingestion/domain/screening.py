"""Turns rows as told into records fit for the store, and into refused rows with their reasons."""

from dataclasses import dataclass

import polars as pl

from ingestion.domain.amounts import price
from ingestion.domain.format import Format
from ingestion.domain.grading import grade
from ingestion.domain.identities import Reference, identify
from ingestion.domain.keys import quarantine_ids, report_ids, told_as, trade_ids
from ingestion.domain.moments import place_in_time
from ingestion.domain.records import RECORDS, REJECTS, Window
from ingestion.domain.titled import learned, with_items, with_titles


@dataclass(frozen=True)
class Screened:
    """`records` as RECORDS, one a natural key; `rejects` as REJECTS; `accepted` are the
    quarantine keys of rows that were taken, should they have been refused before."""

    records: pl.DataFrame
    rejects: pl.DataFrame
    accepted: pl.Series
    duplicates: int
    clamped: int
    learned: pl.DataFrame  # products that titles gave a card

    def reasons(self) -> dict[str, int]:
        """Refused rows by reason, the commonest first."""
        counts = self.rejects.group_by("reason").len().sort(["len", "reason"], descending=True)
        return dict(counts.iter_rows())


def screen(told: pl.DataFrame, mapping: Format, reference: Reference, window: Window) -> Screened:
    """Check every row, whatever the state of the others. `told` as TOLD."""
    told = with_items(told)
    rows = told.with_columns(
        quarantine_id=quarantine_ids(told, mapping.source), told_as=told_as(told)
    )
    rows = with_titles(rows, reference.titles)
    rows = place_in_time(rows, mapping, window)
    rows = identify(rows, mapping, reference)
    rows = grade(rows, mapping, reference)
    rows = price(rows, mapping)
    refused = pl.col("fault").is_not_null()
    rejects = rows.filter(refused).select(
        *(name for name in REJECTS if name not in ("reason", "product")),
        reason="fault",
        product="item",
    )
    fine = rows.filter(~refused)
    records = _keyed(fine, mapping)
    return Screened(
        records=records,
        rejects=rejects.select(list(REJECTS)),
        accepted=fine.get_column("quarantine_id"),
        duplicates=fine.height - records.height,
        clamped=int(fine.get_column("clamped").sum()),
        learned=learned(fine),
    )


def _keyed(fine: pl.DataFrame, mapping: Format) -> pl.DataFrame:
    """Records with their keys, one each: of several versions the one reported last."""
    rows = _with_product(fine) if mapping.item_is == "product" else fine
    kept = (
        pl.when(pl.col("meta") == "{}")
        .then(pl.lit("}"))
        .otherwise(pl.lit(",") + pl.col("meta").str.slice(1))
    )
    rows = rows.with_columns(
        source=pl.lit(mapping.source),
        kind=pl.lit(mapping.kind),
        source_sale_id=pl.col("id"),
        meta=pl.when("clamped").then(pl.lit('{"clamped":true') + kept).otherwise("meta"),
    )
    key = trade_ids(rows) if mapping.kind == "trade" else report_ids(rows)
    rows = rows.with_columns(record_id=key)
    # Within a fetch the order only has to be the same whatever the order of arrival.
    version = ["record_id", "reported_at", "fetch", "known_at", "ts", "price_cents", "card_id"]
    # A figure that was stated at several times stands, falls and may stand again.
    once = ["record_id"] if mapping.kind == "trade" else ["record_id", "reported_at"]
    latest = rows.sort([*version, "grade_code"]).unique(once, keep="last", maintain_order=True)
    return latest.select(list(RECORDS)).sort("ts", "record_id")


def _with_product(rows: pl.DataFrame) -> pl.DataFrame:
    """The product's name goes into `meta`, so that a mended mapping finds its sales."""
    product = pl.struct(product="item").struct.json_encode()
    more = product.str.head(-1) + pl.lit(",") + pl.col("meta").str.slice(1)
    return rows.with_columns(meta=pl.when(pl.col("meta") == "{}").then(product).otherwise(more))
