"""Jobs of the catalog and of the product map."""

from datetime import UTC, date, datetime
from pathlib import Path

import click

from ingestion.domain.remapping import Remap
from ingestion.jobs.doors import DATE, FROM, SOURCE, Doors
from ingestion.jobs.persons import ACTOR
from ingestion.usecases.load_catalog import load_catalog
from ingestion.usecases.load_product_map import load_product_map
from ingestion.usecases.refresh_catalog import refresh_catalog
from ingestion.usecases.remap import remap
from kernel.cli import Summary, UtcDay, finish
from kernel.days import start_of


@click.command("load_catalog", help="Sets and cards from a file or folder.")
@FROM
@click.pass_obj
def load_catalog_job(doors: Doors, path: Path) -> None:
    def work() -> Summary:
        sets, cards = doors.files.catalog(path)
        return doors.within_unit(lambda unit: load_catalog(unit, sets, cards))

    finish("load_catalog", work)


@click.command("refresh_catalog", help="Sets and cards that changed, from the catalog's API.")
@DATE
@click.option("--whole", is_flag=True, help="ask for all cards, whatever was read before")
@click.pass_obj
def refresh_catalog_job(doors: Doors, day: date, whole: bool) -> None:
    def work() -> Summary:
        now = datetime.now(UTC)
        return refresh_catalog(
            doors.unit, doors.catalog(), day, whole=whole, now=now, check=doors.check_catalog
        )

    finish("refresh_catalog", work)


@click.command("load_product_map", help="Card variants and product map from a CSV or folder.")
@FROM
@click.pass_obj
def load_product_map_job(doors: Doors, path: Path) -> None:
    def work() -> Summary:
        variants, products = doors.files.product_map(path)
        return doors.within_unit(lambda unit: load_product_map(unit, variants, products))

    finish("load_product_map", work)


@click.command(
    "remap", help="Say anew which card a product is; past sales and refused rows follow."
)
@SOURCE
@click.option("--product", required=True, help="as quarantine and meta call it")
@click.option("--card", "card_id", required=True, help="card_id, as base1-4~1st")
@click.option("--grade", "grade_code", default=None, help="of every sale; default: as each states")
@click.option("--from", "since", type=UtcDay(), required=True, help="first UTC day of sale")
@click.option("--evidence", required=True, help="how one knows, in words")
@ACTOR
@click.pass_obj
def remap_job(
    doors: Doors,
    source: str,
    product: str,
    card_id: str,
    grade_code: str | None,
    since: date,
    evidence: str,
    actor: str,
) -> None:
    def work() -> Summary:
        found = doors.source(source)
        change = Remap(
            source=found.mapping.mapped_as,
            product=product,
            card_id=card_id,
            grade_code=grade_code,
            since=start_of(since),
            evidence=evidence,
            actor=actor,
            known_at=datetime.now(UTC),
        )
        return remap(doors.unit, doors.sharing_map(found), change, check=doors.check)

    finish("remap", work)
