"""Brings what titles say to the rows that have one: the item they stand for, or a doubt."""

import polars as pl

from ingestion.domain.records import Schema
from ingestion.domain.refusal import refuse
from ingestion.domain.titles.index import TitleIndex
from ingestion.domain.titles.matcher import Abstention, match_title
from ingestion.domain.titles.words import plain

OWN_ITEM = "title:"  # of a row that names no product: its title is what it is called by

SAID: Schema = {
    "title": pl.String,
    "title_card": pl.String,
    "title_grade": pl.String,
    "title_sure": pl.Float64,
    "title_says": pl.String,  # the evidence, or why there is none
    "title_doubt": pl.String,
}
# These say that a sale is not the card of its product, whichever that is.
NOT_THE_CARD = ("proxy", "language", "not_a_card", "lot", "printing_unknown")
# These say that it is graded in a way nobody told.
NOT_RAW = ("grader_unknown", "grade_unclear")


def with_items(told: pl.DataFrame) -> pl.DataFrame:
    """Rows without an item are called by their title, which a person can map like a product."""
    nameless = told.filter(pl.col("item").is_null()).get_column("title").drop_nulls().unique()
    if nameless.is_empty():
        return told
    names = [f"{OWN_ITEM}{plain(title)}" for title in nameless]
    by_title = pl.col("title").replace_strict(nameless, names, default=None)
    return told.with_columns(item=pl.coalesce("item", by_title))


def with_titles(rows: pl.DataFrame, index: TitleIndex | None) -> pl.DataFrame:
    """Add the columns of SAID; all of them are null where there is no index or no title."""
    titles = rows.get_column("title").drop_nulls().unique()
    said = [] if index is None else [_said(title, index) for title in titles]
    frame = pl.DataFrame(said, schema=SAID, orient="row")
    return rows.join(frame, on="title", how="left", maintain_order="left")


def _said(title: str, index: TitleIndex) -> tuple[object, ...]:
    found = match_title(title, index)
    if isinstance(found, Abstention):
        return (title, None, None, None, found.detail, found.reason)
    return (title, found.card_id, found.grade_code, found.confidence, found.evidence, None)


def refuse_unmapped(rows: pl.DataFrame, products: pl.DataFrame) -> pl.DataFrame:
    """Rows without a card, for what their title says or because nothing says it."""
    missing = pl.col("card").is_null()
    spoken = products.filter(~pl.col("by_titles")).get_column("product")
    mapped = pl.col("item").is_in(spoken.implode())
    nowhere = pl.format("no product {} in the product map", pl.col("item"))
    for doubt in rows.filter(missing).get_column("title_doubt").drop_nulls().unique().sort():
        hit = missing & ~mapped & (pl.col("title_doubt") == doubt)
        detail = nowhere + pl.lit("; its title: ") + pl.col("title_says")
        rows = refuse(rows, hit, f"title_{doubt}", detail)
    several = missing & ~mapped & (pl.col("title_card").is_not_null() | pl.col("by_title"))
    detail = nowhere + pl.lit("; its titles name several cards")
    rows = refuse(rows, several, "title_conflict", detail)
    return refuse(rows, missing, "item_unmapped", nowhere + pl.lit(" at that time"))


def refuse_doubted(rows: pl.DataFrame) -> pl.DataFrame:
    """Rows of mapped products whose title says that this sale is something else.

    A person's word on a product outweighs the card a title names, not that it is a lot or a fake.
    """
    doubt = pl.col("title_doubt")
    for reason in NOT_THE_CARD:
        rows = refuse(rows, doubt == reason, f"title_{reason}", pl.col("title_says"))
    # A title that names a card but not its printing may speak of any: only another card counts.
    other = (pl.col("title_card") != pl.col("card_id")) & ~pl.col("by_hand").fill_null(False)
    detail = pl.format("the product is {}, its title says {}", "card_id", "title_says")
    return refuse(rows, other, "title_conflict", detail)


def refuse_other_grades(rows: pl.DataFrame) -> pl.DataFrame:
    """Rows whose title states another grade than the sale itself, or one that nobody knows."""
    ungraded = pl.col("grade_code").str.starts_with("raw")
    detail = pl.format("the sale says {}, its title {}", "grade_code", "title_says")
    for reason in NOT_RAW:
        hit = ungraded & (pl.col("title_doubt") == reason)
        rows = refuse(rows, hit, f"title_{reason}", detail)
    firm = ~pl.col("title_grade").str.starts_with("raw")
    return refuse(
        rows, firm & (pl.col("title_grade") != pl.col("grade_code")), "grade_conflict", detail
    )
