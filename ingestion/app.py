"""Composition root of ingestion: settings, adapters, use cases, the job table."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from functools import cache
from time import monotonic

import click
import psycopg
from pydantic import ValidationError

from ingestion.adapters.archive_repo import ArchiveRepo
from ingestion.adapters.archive_zone import LakeArchive
from ingestion.adapters.backfill_repo import BackfillRepo
from ingestion.adapters.baseline_repo import BaselineRepo
from ingestion.adapters.bookkeeping_repo import (
    LedgerRepo,
    PartitionRepo,
    QuarantineRepo,
    WorkRepo,
)
from ingestion.adapters.catalog_files import CatalogFiles
from ingestion.adapters.catalog_repo import CatalogRepo
from ingestion.adapters.contract_files import contract
from ingestion.adapters.cursor_repo import CursorRepo
from ingestion.adapters.divergence_repo import DivergenceRepo
from ingestion.adapters.fact_months import FactMonths
from ingestion.adapters.fact_repo import FactRepo
from ingestion.adapters.hand_repo import HandRepo
from ingestion.adapters.judgement_repo import BarRepo, VerdictRepo
from ingestion.adapters.lake_zones import LakeCuratedZone, LakeRawZone, LakeTrustedZone
from ingestion.adapters.price_repo import PriceRepo
from ingestion.adapters.product_repo import ProductRepo
from ingestion.adapters.reread_repo import RereadRepo
from ingestion.adapters.sale_keys import SaleKeys
from ingestion.adapters.sources.apis import APIS, Api
from ingestion.adapters.sources.catalog_api import CatalogSource
from ingestion.adapters.sources.credentials import Credentials
from ingestion.adapters.sources.fact_plans import fact_plans
from ingestion.adapters.sources.registry import Registry
from ingestion.adapters.sources.shared_doors import shared_doors
from ingestion.adapters.vacuuming import Vacuum
from ingestion.domain.divergence import DivergenceRule
from ingestion.domain.errors import MaintenanceNotSet
from ingestion.jobs.doors import Doors
from ingestion.jobs.table import jobs
from ingestion.ports.announcing import CloseTopic, SeriesCache
from ingestion.ports.quality import Yardstick
from ingestion.ports.sources import Source
from ingestion.ports.unit import Unit
from ingestion.ports.upkeep import Sweeper
from ingestion.settings import IngestionSettings
from ingestion.usecases.fetch_facts import Plan
from ingestion.usecases.publish_curated import register_curated
from kernel.cli import service_cli
from kernel.db.session import job_transaction
from kernel.errors import Rejected
from kernel.lake import Lake


class SettingsIncomplete(Rejected):
    """A setting that is missing or makes no sense."""

    title = "Settings incomplete"


@cache
def settings() -> IngestionSettings:
    """The settings, read once. Raises SettingsIncomplete, naming what to set."""
    try:
        return IngestionSettings()
    except ValidationError as error:
        faults = (
            f"{'.'.join(str(step) for step in fault['loc'])}: {fault['msg']}"
            for fault in error.errors()
        )
        raise SettingsIncomplete("; ".join(faults)) from error


@cache
def lake() -> Lake:
    """The lake, by one client for all transactions of a job: a backfill has dozens."""
    return Lake(settings().lake_bucket_prefix)


@contextmanager
def open_unit() -> Iterator[Unit]:
    """Everything a job may touch, in one transaction that is committed when the block ends well."""
    with job_transaction(settings().database_url) as connection:
        yield unit_of(connection, lake())


def unit_of(connection: psycopg.Connection, lake: Lake) -> Unit:
    """The adapters over one connection and the lake."""
    return Unit(
        raw=LakeRawZone(lake),
        trusted=LakeTrustedZone(lake),
        curated=LakeCuratedZone(lake),
        facts=FactMonths(connection),
        catalog=CatalogRepo(connection),
        ledger=LedgerRepo(connection),
        cursors=CursorRepo(connection),
        told_facts=FactRepo(connection),
        quarantine=QuarantineRepo(connection),
        rereads=RereadRepo(connection),
        prices=PriceRepo(connection),
        verdicts=VerdictRepo(connection),
        bars=BarRepo(connection),
        work=WorkRepo(connection),
        partitions=PartitionRepo(connection),
        by_hand=HandRepo(connection),
        products=ProductRepo(connection),
        divergences=DivergenceRepo(connection),
        backfills=BackfillRepo(connection),
        archive=ArchiveRepo(connection),
        filters=SaleKeys(connection),
        archived=LakeArchive(lake),
        contract=contract,
    )


def series_cache() -> SeriesCache:
    """Redis where it is set up."""
    # Imported when used: jobs start often, and few of them need it.
    from ingestion.adapters.redis_series import NoSeries, RedisSeries

    url = settings().redis_url
    return NoSeries() if url is None else RedisSeries(url)


def apis(chosen: IngestionSettings) -> dict[str, Api]:
    """Every API that is asked over HTTP, by name, with its address and limit."""
    sources = chosen.etl.sources
    limits = {
        "ebay": sources.ebay,
        "tcgplayer": sources.tcgplayer,
        "catalog": sources.catalog,
        "psa": sources.psa,
        "trends": sources.trends,
        "reddit": sources.reddit,
        "x": sources.x,
    }
    return {
        api.name: replace(
            api,
            url=getattr(chosen, api.setting),
            per_min=limits[api.bucket].rate_limit_per_min,
        )
        for api in APIS
    }


def mapped_products(source: str) -> list[str]:
    """The products a source is asked for: those its product map knows."""
    with open_unit() as unit:
        return unit.catalog.products_of(source)


@cache
def registry() -> Registry:
    """Every source, behind the limits and breakers that all processes share."""
    chosen = settings()
    doors = cache(lambda: shared_doors(chosen.redis_url))
    token = chosen.marketplace_token
    return Registry(
        apis=apis(chosen),
        credentials=Credentials(chosen.secrets_prefix),
        limit=lambda: doors()[0],
        breaker=lambda: doors()[1],
        deadline_s=chosen.source_deadline_s,
        facts_deadline_s=chosen.facts_deadline_s,
        real=chosen.profile != "local",
        mapped=mapped_products,
        overrides={} if token is None else {"ebay": token},
    )


def source_named(name: str) -> Source:
    """A marketplace by name, or files read through a shipped or a user's own mapping."""
    return registry().source(name)


def facts_named(fact: str) -> list[Plan]:
    """The sources of a fact."""
    chosen = settings()
    return fact_plans(
        fact, registry().fact_edge, subreddit=chosen.subreddit, most=chosen.facts_cards_max
    )


def catalog_api() -> CatalogSource:
    """The card catalog over HTTP."""
    return CatalogSource(registry().edge("catalog"))


def closes_topic() -> CloseTopic | None:
    """Where changed closes are announced; None where nobody listens."""
    # Imported when used: its client takes half a second, and one job needs it.
    from kernel.bus import Topic

    arn = settings().closes_topic_arn
    return None if arn is None else Topic(arn)


def sweeper() -> Sweeper:
    """PostgreSQL as the login that may vacuum. Raises MaintenanceNotSet."""
    url = settings().maintenance_database_url
    if url is None:
        raise MaintenanceNotSet
    return Vacuum(url, now=monotonic)


def yardstick() -> Yardstick:
    """The shipped contracts, the tables as they are, and great-expectations."""
    # Imported when used: jobs start often, and one of them needs it.
    from kernel.great_suites import run_suite

    return Yardstick(
        baselines=BaselineRepo(lambda: job_transaction(settings().database_url)),
        contract=contract,
        run=run_suite,
        keep_report=lambda key, html: lake().put("trusted", key, html.encode()),
    )


def register() -> Mapping[str, object]:
    """Bring the Glue catalog in line with the curated zone."""
    # Imported when used: awswrangler takes more than a second.
    from ingestion.adapters.glue_catalog import GlueCatalog, database_of

    name = database_of(settings().lake_bucket_prefix)
    catalog = GlueCatalog(database=name, bucket=lake().bucket("curated"))
    return {"database": name, **register_curated(LakeCuratedZone(lake()), catalog, contract)}


def divergence_rule() -> DivergenceRule:
    """When prices are too far apart, from the settings."""
    divergence = settings().etl.divergence
    return DivergenceRule(
        window_days=divergence.window_days,
        min_prices=divergence.min_prices,
        source_factor=divergence.source_factor,
        grade_ratio_factor=divergence.grade_ratio_factor,
    )


def commands() -> click.Group:
    """`python -m ingestion job <name>`."""
    doors = Doors(
        unit=open_unit,
        source=source_named,
        sharing_map=lambda source: registry().sharing_map(source),
        files=CatalogFiles(),
        series=series_cache,
        yardstick=yardstick,
        register=register,
        sweeper=sweeper,
        of_products=lambda name, products: registry().of_products(name, products),
        closes=closes_topic,
        facts=facts_named,
        catalog=catalog_api,
        keep_months=lambda: settings().etl.archive.keep_months,
        divergence=divergence_rule,
    )
    group = service_cli("ingestion", jobs)
    group.context_settings = {"obj": doors}
    return group
