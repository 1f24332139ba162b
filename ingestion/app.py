"""Composition root of ingestion: settings, adapters, use cases, the job table."""

from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from time import monotonic, sleep

import click
import psycopg
from pydantic import ValidationError

from ingestion.adapters.bookkeeping_repo import (
    LedgerRepo,
    PartitionRepo,
    QuarantineRepo,
    WorkRepo,
)
from ingestion.adapters.catalog_files import CatalogFiles
from ingestion.adapters.catalog_repo import CatalogRepo
from ingestion.adapters.hand_repo import HandRepo
from ingestion.adapters.judgement_repo import BarRepo, VerdictRepo
from ingestion.adapters.lake_zones import LakeCuratedZone, LakeRawZone, LakeTrustedZone
from ingestion.adapters.price_repo import PriceRepo
from ingestion.adapters.sources.files import FileSource
from ingestion.adapters.sources.format_files import MARKETPLACE, find_format
from ingestion.adapters.sources.marketplace import MarketplaceSource
from ingestion.adapters.sources.pace import Pace
from ingestion.jobs import Doors, jobs
from ingestion.ports import SeriesCache, Source, Unit
from ingestion.settings import IngestionSettings
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


@contextmanager
def open_unit() -> Iterator[Unit]:
    """Everything a job may touch, in one transaction that is committed when the block ends well."""
    lake = Lake(settings().lake_bucket_prefix)
    with job_transaction(settings().database_url) as connection:
        yield unit_of(connection, lake)


def unit_of(connection: psycopg.Connection, lake: Lake) -> Unit:
    """The adapters over one connection and the lake."""
    return Unit(
        raw=LakeRawZone(lake),
        trusted=LakeTrustedZone(lake),
        curated=LakeCuratedZone(lake),
        catalog=CatalogRepo(connection),
        ledger=LedgerRepo(connection),
        quarantine=QuarantineRepo(connection),
        prices=PriceRepo(connection),
        verdicts=VerdictRepo(connection),
        bars=BarRepo(connection),
        work=WorkRepo(connection),
        partitions=PartitionRepo(connection),
        by_hand=HandRepo(connection),
    )


def series_cache() -> SeriesCache:
    """Redis where it is set up."""
    # Imported when used: jobs start often, and few of them need it.
    from ingestion.adapters.redis_series import NoSeries, RedisSeries

    url = settings().redis_url
    return NoSeries() if url is None else RedisSeries(url)


def source_named(name: str) -> Source:
    """The marketplace, or files read through a shipped or a user's own mapping."""
    mapping = find_format(name)
    if name != MARKETPLACE:
        return FileSource(mapping)
    chosen = settings()
    token = chosen.marketplace_token
    per_min = chosen.marketplace_rate_per_min or chosen.etl.sources.ebay.rate_limit_per_min
    return MarketplaceSource(
        mapping=mapping,
        base_url=chosen.marketplace_url,
        token=token.get_secret_value() if token else None,
        deadline_s=chosen.marketplace_deadline_s,
        sleep=sleep,
        pace=Pace(per_min, sleep=sleep, now=monotonic),
    )


def commands() -> click.Group:
    """`python -m ingestion job <name>`."""
    doors = Doors(unit=open_unit, source=source_named, files=CatalogFiles(), series=series_cache)
    group = service_cli("ingestion", jobs)
    group.context_settings = {"obj": doors}
    return group
