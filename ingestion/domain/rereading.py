"""Reads the words of records again where the product map knows better since. No I/O."""

import polars as pl


def read_again(records: pl.DataFrame, newer: pl.DataFrame) -> pl.DataFrame:
    """`records` (TRUSTED) with the card and grade that the map gives them now, known with it.

    `newer`: rows of the map as identities.PRODUCTS. Where a record was read with an older row, or
    with none, the one known last counts; all others stay as they are.
    """
    rows = records.with_row_index("row")
    found = (
        rows.select("row", "product", "ts", "mapped_at")
        .join(newer.rename({"card_id": "card", "known_at": "learned_at"}), on="product")
        .filter(
            (pl.col("valid_from") <= pl.col("ts"))
            & (pl.col("ts") < pl.col("valid_to"))
            & ((pl.col("learned_at") > pl.col("mapped_at")) | pl.col("mapped_at").is_null())
        )
        .sort("row", "learned_at", "valid_from")
        .unique("row", keep="last", maintain_order=True)
        .select("row", "card", "product_grade", "learned_at")
    )
    if found.is_empty():
        return records
    rows = rows.join(found, on="row", how="left", maintain_order="left")
    suffix = pl.when(pl.col("printing") == "").then(pl.lit("")).otherwise("~" + pl.col("printing"))
    card, grade = pl.col("card") + suffix, pl.coalesce("product_grade", "stated")
    grade = pl.coalesce(grade, "grade_code")
    # The same said again is no news: the record is as old as it was.
    other = (card != pl.col("card_id")) | (grade != pl.col("grade_code"))
    news = pl.col("card").is_not_null() & other
    return rows.with_columns(
        card_id=pl.when(news).then(card).otherwise("card_id"),
        grade_code=pl.when(news).then(grade).otherwise("grade_code"),
        known_at=pl.when(news)
        .then(pl.max_horizontal("known_at", "learned_at"))
        .otherwise("known_at"),
    ).select(records.columns)
