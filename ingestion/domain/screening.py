"""Turns rows as told into records fit for the store, and into refused rows with their reasons."""

from dataclasses import dataclass, replace
from datetime import datetime

import polars as pl

from ingestion.domain.amounts import price
from ingestion.domain.format import Format
from ingestion.domain.grading import grade
from ingestion.domain.identities import Reference, identify
from ingestion.domain.keys import numbered_ids, quarantine_ids, report_ids, told_as, trade_ids
from ingestion.domain.moments import place_in_time
from ingestion.domain.records import REJECTS, TRUSTED, Window
from ingestion.domain.title_verdicts import heard, news, said_by_titles
from ingestion.domain.titled import with_items, with_titles


@dataclass(frozen=True)
class Screened:
    """`records` as TRUSTED, each version of a sale; `rejects` as REJECTS; `accepted` are the
    quarantine keys of rows that were taken, should they have been refused before."""

    records: pl.DataFrame
    rejects: pl.DataFrame
    accepted: pl.Series
    duplicates: int
    clamped: int
    said: pl.DataFrame  # cards that titles name for products, as title_verdicts.SAID
    titled: pl.DataFrame  # products that only titles map, and the card they had here

    def reasons(self) -> dict[str, int]:
        """Refused rows by reason, the commonest first."""
        counts = self.rejects.group_by("reason").len().sort(["len", "reason"], descending=True)
        return dict(counts.iter_rows())


def screen(
    told: pl.DataFrame,
    mapping: Format,
    reference: Reference,
    window: Window,
    *,
    asked_at: datetime | None = None,
) -> Screened:
    """Check every row, whatever the state of the others. `told` as TOLD; `asked_at`: when the
    source was, where that is known."""
    told = with_items(told)
    rows = told.with_columns(
        quarantine_id=quarantine_ids(told, mapping.source), told_as=told_as(told)
    )
    rows = with_titles(rows, reference.titles)
    said = said_by_titles(rows if mapping.item_is == "product" else rows.clear())
    products = heard(reference.products, news(said, reference.products))
    rows = place_in_time(rows, mapping, window, asked_at)
    rows = identify(rows, mapping, replace(reference, products=products))
    rows = grade(rows, mapping, reference)
    rows = price(rows, mapping)
    refused = pl.col("fault").is_not_null()
    fine = rows.filter(~refused)
    records = _keyed(fine, mapping)
    return Screened(
        records=records,
        rejects=_rejects(rows.filter(refused), mapping),
        accepted=fine.get_column("quarantine_id"),
        duplicates=fine.height - records.height,
        clamped=int(fine.get_column("clamped").sum()),
        said=said,
        titled=_titled(rows, products),
    )


def _rejects(rows: pl.DataFrame, mapping: Format) -> pl.DataFrame:
    """As REJECTS. What lies outside the run says nothing of the sale yet: it names none."""
    speaks = (pl.col("fault") != "time_outside") & pl.col("reported_at").is_not_null()
    sale = pl.when(speaks & (pl.lit(mapping.kind) == "trade")).then("record_id")
    return (
        rows.with_columns(numbered_ids(rows, mapping.source))
        .with_columns(record_id=sale, reason="fault", product="item")
        .select(list(REJECTS))
    )


def _titled(rows: pl.DataFrame, products: pl.DataFrame) -> pl.DataFrame:
    """Product and card of items that only titles map."""
    ours = products.filter(pl.col("by_titles")).select("product", "card_id")
    items = rows.select(product="item").unique()
    return ours.join(items, on="product", how="semi").sort("product")


def _keyed(fine: pl.DataFrame, mapping: Format) -> pl.DataFrame:
    """Records with their keys, one each and version: of those reported at one time the last."""
    rows = fine if mapping.item_is == "listed" else _with_product(fine)
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
    once = ["record_id", "reported_at"]
    latest = rows.sort([*version, "grade_code"]).unique(once, keep="last", maintain_order=True)
    return latest.select(list(TRUSTED)).sort("ts", "record_id", "reported_at")


def _with_product(rows: pl.DataFrame) -> pl.DataFrame:
    """What a mended mapping needs goes into `meta`: the product, the printing beside its card, and
    the grade the row states where the map says another."""
    told = pl.struct(product="item").struct.json_encode().str.head(-1)
    if rows.get_column("printing").ne("").any():
        told += _named("printing", pl.col("printing") != "")
    if not rows.get_column("product_grade").is_null().all():
        told += _named("stated", pl.col("product_grade") != pl.col("stated"))
    more = pl.lit(",") + pl.col("meta").str.slice(1)
    rest = pl.when(pl.col("meta") == "{}").then(pl.lit("}")).otherwise(more)
    return rows.with_columns(meta=told + rest)


def _named(name: str, where: pl.Expr) -> pl.Expr:
    """One more member of a JSON object, where it says something."""
    member = pl.lit(",") + pl.struct(name).struct.json_encode().str.slice(1).str.head(-1)
    return pl.when(where.fill_null(False)).then(member).otherwise(pl.lit(""))
