"""Refusing rows: the first fault found is the reason a row stays out; later ones are ignored."""

import polars as pl


def refuse(rows: pl.DataFrame, when: pl.Expr, reason: str, detail: pl.Expr) -> pl.DataFrame:
    """Give rows where `when` holds the reason, unless they already have one."""
    hit = pl.col("fault").is_null() & when.fill_null(False)
    return rows.with_columns(
        fault=pl.when(hit).then(pl.lit(reason)).otherwise("fault"),
        detail=pl.when(hit).then(detail).otherwise("detail"),
    )
