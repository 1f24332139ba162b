"""Decides which card a row is about: by product map, catalog id, list of ids, or title."""

from dataclasses import dataclass

import polars as pl

from ingestion.domain.format import Format
from ingestion.domain.records import UTC_US, Schema
from ingestion.domain.refusal import refuse
from ingestion.domain.titled import refuse_doubted, refuse_unmapped
from ingestion.domain.titles.index import TitleIndex

PRODUCTS: Schema = {
    "product": pl.String,
    "card_id": pl.String,
    "product_grade": pl.String,
    "valid_from": UTC_US,
    "valid_to": UTC_US,
    "known_at": UTC_US,
    "by_hand": pl.Boolean,
    "by_titles": pl.Boolean,  # the matcher's, from titles alone; its card is null on contradiction
    "evidence": pl.String,
    "said_at": UTC_US,  # since when the map has said so; null: from the start
}
LISTED: Schema = {"item": pl.String, "card": pl.String, "item_set": pl.String}


@dataclass(frozen=True)
class Reference:
    """What rows are checked against: all cards and grades, this source's products and list."""

    cards: pl.Series
    grades: frozenset[str]
    products: pl.DataFrame
    listed: pl.DataFrame
    titles: TitleIndex | None = None  # None: titles are not read


def identify(rows: pl.DataFrame, mapping: Format, reference: Reference) -> pl.DataFrame:
    """Add `card_id`, `product_grade`, `by_hand`, `by_title` and READING but `stated`; rows need
    `item`, `variant`, `ts`, `known_at` and the columns of titled.SAID.

    Nobody knew the card of a sale before the map said it: `known_at` is not before that.
    """
    rows = refuse(rows, pl.col("item").is_null(), "item_missing", pl.lit("the item is empty"))
    rows = _with_variant(rows, mapping)
    if mapping.item_is == "listed":
        rows = _listed(rows, reference.listed)
    else:
        rows = _mapped(rows, reference.products, direct=mapping.item_is == "card_id")
    suffix = pl.when(pl.col("ours") == "").then(pl.lit("")).otherwise(pl.lit("~") + pl.col("ours"))
    by_map = mapping.item_is != "listed"
    rows = rows.with_columns(
        card_id=pl.col("card") + suffix,
        known_at=pl.max_horizontal("known_at", "said_at"),
        printing="ours",
        mapped_as=pl.lit(mapping.mapped_as if by_map else None, pl.String),
        product="item" if by_map else pl.lit(None, pl.String),
    )
    unknown = ~pl.col("card_id").is_in(reference.cards.implode())
    rows = refuse(rows, unknown, "card_unknown", pl.col("card_id") + " is not in the catalog")
    rows = refuse_doubted(rows)
    return _unclaimed_twice(rows) if mapping.item_is == "card_id" else rows


def _with_variant(rows: pl.DataFrame, mapping: Format) -> pl.DataFrame:
    if not mapping.variants:
        return rows.with_columns(ours=pl.lit(""))
    ours = pl.col("variant").replace_strict(
        list(mapping.variants), list(mapping.variants.values()), default=None
    )
    rows = rows.with_columns(ours=ours)
    detail = pl.format("no variant is known as {}", pl.col("variant").fill_null("(empty)"))
    return refuse(rows, pl.col("ours").is_null(), "variant_unknown", detail)


def _mapped(rows: pl.DataFrame, products: pl.DataFrame, *, direct: bool) -> pl.DataFrame:
    """By the product's row that holds at the time and was known last; with `direct`, else the item
    is the id."""
    rows = rows.with_row_index("row")
    valid = (pl.col("valid_from") <= pl.col("ts")) & (pl.col("ts") < pl.col("valid_to"))
    found = (
        rows.select("row", "item", "ts")
        .join(products, left_on="item", right_on="product")
        .filter(valid)
        .sort("row", "known_at", "valid_from")
        .unique("row", keep="last", maintain_order=True)
        .select(
            "row",
            "product_grade",
            "by_hand",
            "said_at",
            by_title="by_titles",
            card="card_id",
            # What titles say in this very run is not in the map yet.
            mapped_at=pl.when(pl.col("known_at") < pl.col("valid_to").max()).then("known_at"),
        )
    )
    rows = rows.join(found, on="row", how="left", maintain_order="left").drop("row")
    rows = rows.with_columns(pl.col("by_title").fill_null(value=False))
    if direct:
        return rows.with_columns(card=pl.coalesce("card", "item"))
    return refuse_unmapped(rows, products)


def _listed(rows: pl.DataFrame, listed: pl.DataFrame) -> pl.DataFrame:
    """By the list; an id that two items claim is given to neither, since one of them is wrong."""
    claimed = listed.drop_nulls("card").select("item", "card").unique()
    claims = claimed.group_by("card").agg(claimants=pl.col("item").sort().str.join(" and "))
    several = claimed.filter(pl.col("card").is_duplicated()).get_column("card").unique()
    known = listed.unique("item", keep="last").join(claims, on="card", how="left")
    known = known.join(_set_claims(listed), on=["item_set", "card"], how="left")
    rows = rows.join(known, on="item", how="left", maintain_order="left")
    rows = rows.with_columns(
        product_grade=pl.lit(None, pl.String),
        by_hand=pl.lit(False),
        by_title=pl.lit(False),
        mapped_at=pl.lit(None, UTC_US),
        said_at=pl.lit(None, UTC_US),
    )
    detail = pl.format("the list gives no catalog id for {}", pl.col("item"))
    rows = refuse(rows, pl.col("card").is_null(), "item_unmapped", detail)
    both = pl.format("{} is claimed by {}", pl.col("card"), pl.col("claimants"))
    rows = refuse(rows, pl.col("card").is_in(several.implode()), "item_ambiguous", both)
    sets = pl.format(
        "the list gives its sets {} to one set of the catalog, so {} cannot be right",
        pl.col("rivals"),
        pl.col("item_set"),
    )
    return refuse(rows, pl.col("rivals").is_not_null(), "item_ambiguous", sets)


def _set_claims(listed: pl.DataFrame) -> pl.DataFrame:
    """Cards of the source's sets that claim a catalog set beside another, with all of the `rivals`.

    A list made by cutting names short (`swsh10_5` to `swsh10`) links each card to the one of that
    number in the wrong set: a confident wrong price. The set named as the catalog's keeps its own.
    """
    claimed = listed.drop_nulls().with_columns(card_set=pl.col("card").str.replace(r"-[^-]*$", ""))
    claims = claimed.group_by("card_set").agg(
        rivals=pl.col("item_set").unique().sort().str.join(" and "),
        sets=pl.col("item_set").n_unique(),
    )
    wrong = claimed.join(claims.filter(pl.col("sets") > 1), on="card_set").filter(
        pl.col("item_set") != pl.col("card_set")
    )
    return wrong.select("item_set", "card", "rivals").unique()


def _unclaimed_twice(rows: pl.DataFrame) -> pl.DataFrame:
    """Two products of one source for one card (a holo and a normal one, say): neither is used."""
    fine = rows.filter(pl.col("fault").is_null())
    product = pl.concat_str("item", pl.col("variant").fill_null(""), separator=" ")
    claims = fine.group_by("card_id").agg(claimants=product.unique().sort())
    several = claims.filter(pl.col("claimants").list.len() > 1)
    twice = several.get_column("card_id")
    detail = pl.format("several products of the source are {}", pl.col("card_id"))
    return refuse(rows, pl.col("card_id").is_in(twice.implode()), "item_ambiguous", detail)
