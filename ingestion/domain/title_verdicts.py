"""What all titles so far make of a product that nobody else maps: one card, or none at all.

The outcome depends on the set of cards that sure titles have named, not on their order: one card is
the product's, several contradict each other and the product is none of them.
"""

from datetime import UTC, datetime

import polars as pl

from ingestion.domain.records import UTC_US, Schema

# From here on a title alone may say what a product is; the labelled titles measure it.
SURE = 0.9
MATCHER = "matcher"  # the actor of mappings that titles gave

SAID: Schema = {
    "product": pl.String,
    "card_id": pl.String,  # in a verdict: null where titles contradict each other
    "confidence": pl.Float64,
    "evidence": pl.String,
}
FOREVER = (datetime(1, 1, 1, tzinfo=UTC), datetime(9999, 12, 31, tzinfo=UTC))


def said_by_titles(rows: pl.DataFrame) -> pl.DataFrame:
    """Each card that a sure title names for an item, once, as SAID.

    A row that is refused for its price or time names the card of its product all the same.
    """
    sure = rows.filter(pl.col("item").is_not_null() & (pl.col("title_sure") >= SURE))
    return (
        sure.sort(
            "item", "title_card", "title_sure", "title", descending=[False, False, True, False]
        )
        .unique(["item", "title_card"], keep="first", maintain_order=True)
        .select(
            product="item",
            card_id="title_card",
            confidence="title_sure",
            evidence=pl.format("title {}: {}", "title", "title_says"),
        )
    )


def news(said: pl.DataFrame, products: pl.DataFrame) -> pl.DataFrame:
    """Verdicts that the product map does not hold yet, as SAID. `products` as PRODUCTS."""
    before = _newest_by_titles(products).select(
        "product", there=pl.lit(value=True), old_card="card_id", old_evidence="evidence"
    )
    open_ = said.join(_of_others(products), on="product", how="anti").join(
        before, on="product", how="left", maintain_order="left"
    )
    # What was contradicted once stays without a card.
    new = open_.filter(pl.col("there").is_null() | (pl.col("old_card") != pl.col("card_id")))
    verdicts = new.group_by("product", maintain_order=True).agg(
        several=(pl.len() > 1) | pl.col("old_card").first().is_not_null(),
        card_id=pl.col("card_id").first(),
        confidence=pl.col("confidence").min(),
        told=pl.concat_str(
            pl.col("old_evidence").first(),
            pl.col("evidence").str.join("; "),
            separator="; ",
            ignore_nulls=True,
        ),
    )
    contradiction = pl.format("the titles name several cards: {}", "told")
    return verdicts.select(
        "product",
        pl.when(~pl.col("several")).then("card_id").alias("card_id"),
        "confidence",
        evidence=pl.when("several").then(contradiction).otherwise("told"),
    )


def heard(products: pl.DataFrame, verdicts: pl.DataFrame) -> pl.DataFrame:
    """The product map with these verdicts. Titles are heard only where nobody else has spoken."""
    others = products.filter(~pl.col("by_titles"))
    ours = _newest_by_titles(products).join(_of_others(products), on="product", how="anti")
    since, until = FOREVER
    new = verdicts.select(
        "product",
        "card_id",
        product_grade=pl.lit(None, pl.String),
        valid_from=pl.lit(since, UTC_US),
        valid_to=pl.lit(until, UTC_US),
        known_at=pl.lit(until, UTC_US),
        by_hand=pl.lit(value=False),
        by_titles=pl.lit(value=True),
        evidence="evidence",
        said_at=pl.lit(None, UTC_US),
    )
    kept = ours.join(verdicts, on="product", how="anti")
    return pl.concat([others, kept.select(others.columns), new.select(others.columns)])


def _newest_by_titles(products: pl.DataFrame) -> pl.DataFrame:
    ours = products.filter(pl.col("by_titles"))
    return ours.sort("product", "known_at").unique("product", keep="last", maintain_order=True)


def _of_others(products: pl.DataFrame) -> pl.DataFrame:
    return products.filter(~pl.col("by_titles")).select("product").unique()
