"""Natural keys of sales, reported figures and refused rows, as 64-bit hashes."""

import polars as pl

from kernel.ids import hash64

FIGURES = (
    "source",
    "kind",
    "told_as",
    "ts",
    "price_cents",
    "high_cents",
    "low_cents",
    "units",
)
WORDS = ("item", "variant", "grade", "qualifier")
# The source's words, not the card and grade a mapping makes of them: a mended mapping would give
# the sale another key, and the next fetch would add it again.
EQUALS = ("told_as", "ts", "price_cents", "url")


def _hashes(rows: pl.DataFrame, columns: list[str]) -> pl.Series:
    values = [hash64(*row) for row in rows.select(columns).iter_rows()]
    return pl.Series("record_id", values, dtype=pl.Int64)


def trade_ids(rows: pl.DataFrame) -> pl.Series:
    """The key of each sale: the marketplace's number of it, otherwise what the source says of it.

    Equal sales of one file without a number are told apart by their ordinal: two honest sales at
    the same price in the same second are two trades.
    """
    numbered = rows.get_column("source_sale_id").is_not_null()
    by_number = _hashes(rows, ["source", "source_sale_id"])
    if numbered.all():
        return by_number
    ordinal = pl.int_range(pl.len()).over("part", *EQUALS)
    told = rows.with_columns(ordinal=ordinal, word=pl.lit("without number"))
    by_content = _hashes(told, ["word", "source", *EQUALS, "ordinal"])
    return pl.select(pl.when(numbered).then(by_number).otherwise(by_content)).to_series()


def numbered_ids(rows: pl.DataFrame, source: str) -> pl.Series:
    """The key of the sale each raw row is of, as `trade_ids` gives it; null without a number."""
    numbered = rows.select("id", source=pl.lit(source))
    hashed = _hashes(numbered, ["source", "id"])
    told = rows.get_column("id").is_not_null()
    return pl.select(record_id=pl.when(told).then(hashed)).to_series()


def report_ids(rows: pl.DataFrame) -> pl.Series:
    """The key of each figure, by the words it was told in: a corrected figure is another one."""
    return _hashes(rows, list(FIGURES))


def told_as(rows: pl.DataFrame) -> pl.Series:
    """The source's own words for card and grade, whatever a mapping makes of them."""
    # Few wordings, many rows: each is hashed once.
    words = rows.select(WORDS).unique()
    hashed = words.with_columns(_hashes(words, list(WORDS)).alias("told_as"))
    joined = rows.select(WORDS).join(
        hashed, on=WORDS, how="left", nulls_equal=True, maintain_order="left"
    )
    return joined.get_column("told_as")


def quarantine_ids(rows: pl.DataFrame, source: str) -> pl.Series:
    """The key of each raw row of a source, whether it is refused or not; needs `part`, `raw`."""
    ordinal = pl.int_range(pl.len()).over("part", "raw")
    told = rows.select("raw", source=pl.lit(source), ordinal=ordinal)
    return _hashes(told, ["source", "raw", "ordinal"]).alias("quarantine_id")
