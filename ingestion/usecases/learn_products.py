"""What titles say of products that nobody mapped becomes knowledge, and days that it concerns wait
to be read again."""

from datetime import date

import polars as pl
import structlog

from ingestion.domain.format import Format
from ingestion.domain.screening import Screened
from ingestion.domain.title_verdicts import MATCHER, heard, news
from ingestion.domain.titled import OWN_ITEM
from ingestion.ports.unit import Unit

log = structlog.get_logger()

VERDICT = ["product", "card_id"]


def learn_products(unit: Unit, mapping: Format, day: date, outcome: Screened) -> tuple[int, int]:
    """Products that got a card, and products whose titles turned out to contradict each other."""
    if outcome.titled.is_empty():
        return 0, 0
    # Read once more, one run at a time: another one may have learned since this one screened.
    unit.work.claim(f"learn {mapping.mapped_as}")
    products = unit.catalog.products(mapping.mapped_as)
    verdicts = news(outcome.said, products)
    if verdicts.height:
        unit.catalog.upsert_products(_as_told(verdicts, mapping))
    named = outcome.titled.filter(~pl.col("product").str.starts_with(OWN_ITEM))
    unit.rereads.note_titled(mapping.mapped_as, mapping.source, day, named)
    now = heard(products, verdicts)
    stale = named.join(now, on=VERDICT, how="anti", nulls_equal=True)
    concerned = pl.concat([verdicts.select("product"), stale.select("product")]).unique()
    # This run has read the day with all that is known now, unless it read it before that.
    but = None if stale.height else (mapping.source, day)
    unit.rereads.queue(mapping.mapped_as, concerned.to_series().sort().to_list(), but=but)
    contradicted = verdicts.get_column("card_id").null_count()
    if contradicted:
        log.warning("products.contradicted", source=mapping.mapped_as, products=contradicted)
    return verdicts.height - contradicted, contradicted


def _as_told(verdicts: pl.DataFrame, mapping: Format) -> pl.DataFrame:
    return verdicts.with_columns(
        pl.col("confidence").cast(pl.String),
        source=pl.lit(mapping.mapped_as),
        grade_code=pl.lit(None, pl.String),
        valid_from=pl.lit(None, pl.String),
        actor=pl.lit(MATCHER),
    )
