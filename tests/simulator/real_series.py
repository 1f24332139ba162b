"""Reads the recorded series the simulator is measured against, as the frames of `realism`."""

from pathlib import Path

import polars as pl

# The last two years recorded, as long as the simulator's: a longer window knows longer gaps.
GRADED_FROM = "2017-12-24"
# From this day the source tells conditions apart; before, all were pooled in one.
CONDITIONS_FROM = "2024-05-23"


def graded_sales(shared_data: Path) -> pl.DataFrame:
    """Single auction and offer sales of Pokémon slabs in the grades that are simulated."""
    sales = pl.read_csv(
        shared_data / "psa_auction_sales" / "psa_sales.csv.gz", infer_schema_length=None
    )
    return (
        sales.filter(
            (pl.col("game") == "pokemon")
            & pl.col("qualifier").is_null()
            & pl.col("grade").is_in([8.0, 9.0, 10.0])
            & (pl.col("date") >= GRADED_FROM)
        )
        .sort("date", "lot_id")
        .select(
            card="card_slug",
            grade=pl.format("psa{}", pl.col("grade").cast(pl.Int64)),
            day=_day("date"),
            price="price",
        )
    )


def near_mint_days(shared_data: Path) -> pl.DataFrame:
    """Daily averages of near mint copies, the printing that is no reverse holo."""
    days = pl.read_csv(
        shared_data / "tcgdex_daily_sales" / "daily_sales.csv.gz", infer_schema_length=None
    )
    near_mint = pl.col("finish_condition").is_in(["holo-nearmint", "normal-nearmint"])
    return days.filter(near_mint & (pl.col("day") >= CONDITIONS_FROM)).select(
        card="card_id",
        grade=pl.lit("raw"),
        day=_day("day"),
        price=pl.col("avg_cents") / 100,
    )


def monthly_quotes(shared_data: Path) -> pl.DataFrame:
    """Guide prices by month of cards that have all three; the 9 names no company."""
    quotes = pl.read_parquet(
        shared_data / "pokemon_graded_monthly" / "card_market_history.parquet"
    ).filter(pl.col("market_price") > 0)
    grades = {"RAW": "raw", "GRADE_9": "psa9", "PSA_10": "psa10"}
    return quotes.filter(
        pl.col("grade_id").n_unique().over("card_id", "month") == len(grades)
    ).select(
        card="card_id",
        grade=pl.col("grade_id").replace_strict(grades),
        day=_day(pl.col("month").dt.strftime("%Y-%m-%d")),
        price="market_price",
    )


def _day(column: str | pl.Expr) -> pl.Expr:
    text = pl.col(column) if isinstance(column, str) else column
    return text.str.to_date().cast(pl.Int32).cast(pl.Int64)
