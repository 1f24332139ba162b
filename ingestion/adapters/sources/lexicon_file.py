"""Reads the committed list of words by which posts are scored."""

from functools import cache
from importlib.resources import files

import polars as pl

from ingestion.domain.errors import FormatRejected
from ingestion.domain.sentiment import Lexicon

FILE = "sentiment.csv"
KINDS = ("points", "emphasis", "negation")


@cache
def shipped_lexicon() -> Lexicon:
    """The shipped list. Raises FormatRejected for an odd line or a word named twice."""
    text = (files("ingestion") / "lexicon" / FILE).read_text("utf-8")
    schema = {"kind": pl.String, "words": pl.String, "value": pl.Float64}
    rows = pl.read_csv(text.encode(), schema=schema)
    odd = rows.filter(~pl.col("kind").is_in(KINDS) | pl.col("words").is_duplicated())
    if not odd.is_empty():
        raise FormatRejected(FILE, f"{odd.row(0)} is of no known kind, or named twice")
    by_kind = {
        kind: dict(rows.filter(kind=kind).select("words", "value").iter_rows()) for kind in KINDS
    }
    return Lexicon(by_kind["points"], by_kind["emphasis"], frozenset(by_kind["negation"]))
