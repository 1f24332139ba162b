"""Reads prices and units; cents are made here, by the platform's one rounding."""

import polars as pl

from ingestion.domain.format import Format
from ingestion.domain.refusal import refuse
from kernel.money import MAX_CENTS, cents_from_price

WHOLE = r"^\d{1,10}(\.0+)?$"


def _cents_of_dollars(text: str) -> int | None:
    try:
        return cents_from_price(text)
    except ValueError:
        return None


def _cents(rows: pl.DataFrame, column: str, mapping: Format) -> pl.Series:
    """Cents of a text column, null where it is no price."""
    if mapping.price_in == "cents":
        whole = _whole(column)
        inside = whole.is_between(1, MAX_CENTS)
        return rows.select(pl.when(inside).then(whole)).to_series()
    distinct = rows.get_column(column).drop_nulls().unique().to_list()
    made = {text: _cents_of_dollars(text) for text in distinct}
    return rows.get_column(column).replace_strict(
        list(made), list(made.values()), default=None, return_dtype=pl.Int64
    )


def _whole(column: str) -> pl.Expr:
    text = pl.when(pl.col(column).str.contains(WHOLE)).then(column)
    return text.cast(pl.Float64).cast(pl.Int64)


def price(rows: pl.DataFrame, mapping: Format) -> pl.DataFrame:
    """Add `price_cents`, `high_cents`, `low_cents`, `units`, and `clamped` where an average lies
    outside its own range; only US dollars are taken."""
    rows = rows.with_columns(
        price_cents=_cents(rows, "price", mapping),
        high_cents=_cents(rows, "high", mapping),
        low_cents=_cents(rows, "low", mapping),
        units=pl.when(pl.col("units").is_null()).then(0).otherwise(_whole("units")),
        told_units=pl.col("units"),
        said_in=pl.col("currency").fill_null(mapping.currency),
    )
    other = pl.format("{} is not converted; only USD is taken", pl.col("said_in"))
    rows = refuse(rows, pl.col("said_in") != "USD", "currency_unsupported", other)
    detail = pl.format("{} is no price", pl.col("price").fill_null("(empty)"))
    rows = refuse(rows, pl.col("price_cents").is_null(), "price_unreadable", detail)
    for side in ("high", "low"):
        wrong = pl.col(side).is_not_null() & pl.col(f"{side}_cents").is_null()
        rows = refuse(rows, wrong, "price_unreadable", pl.format("{} is no price", pl.col(side)))
    detail = pl.format("{} is no number of units", pl.col("told_units"))
    rows = refuse(rows, pl.col("units").is_null(), "units_unreadable", detail)
    return _clamped(rows)


def _clamped(rows: pl.DataFrame) -> pl.DataFrame:
    """Widen a range that leaves its own average out, and say so."""
    outside = (pl.col("price_cents") > pl.col("high_cents")) | (
        pl.col("price_cents") < pl.col("low_cents")
    )
    return rows.with_columns(
        clamped=outside.fill_null(False),
        high_cents=pl.when(pl.col("high_cents").is_not_null()).then(
            pl.max_horizontal("high_cents", "price_cents")
        ),
        low_cents=pl.when(pl.col("low_cents").is_not_null()).then(
            pl.min_horizontal("low_cents", "price_cents")
        ),
    )
