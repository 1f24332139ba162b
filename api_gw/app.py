"""Composition root: settings -> adapters -> routes."""

import json
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from importlib.metadata import version

import click
import uvicorn
from fastapi import FastAPI

from api_gw.adapters.airflow import AirflowRuns, NoDagRuns
from api_gw.adapters.card_search import PostgresCardSearch
from api_gw.adapters.cards import PostgresCards
from api_gw.adapters.cohorts import PostgresCohorts
from api_gw.adapters.database import Database
from api_gw.adapters.divergences import PostgresDivergences
from api_gw.adapters.explanations import PostgresExplanations
from api_gw.adapters.measures import PostgresMeasures
from api_gw.adapters.models import PostgresModels
from api_gw.adapters.prices import PostgresPrices
from api_gw.adapters.quality import PostgresQuality
from api_gw.adapters.receipts import PostgresReceipts
from api_gw.adapters.redis_cache import NoCache, RedisCache
from api_gw.adapters.restatements import PostgresRestatements
from api_gw.adapters.signals import PostgresSignals
from api_gw.adapters.track_record import PostgresTrackRecords
from api_gw.http import (
    admin,
    cards,
    cohorts,
    health,
    metrics,
    models,
    movers,
    quality,
    receipts,
    restatements,
    search,
    track_record,
)
from api_gw.http.deps import Services
from api_gw.http.entity_tags import EntityTags
from api_gw.http.openapi import describing
from api_gw.jobs import jobs
from api_gw.ports import CardSearch, CloseChanges
from api_gw.settings import ApiSettings
from kernel.http import install_problem_documents
from kernel.log import configure_logging

LOOPBACK = "127.0.0.1"
DESCRIPTION = (
    "Cards, their daily prices and their BUY / HOLD / SELL signals. Money is integer US cents,"
    " returns and probabilities are fractions, times are UTC. Not investment advice."
)

ROUTES = (
    *(health, metrics, search, cards, cohorts, receipts, track_record, movers, models),
    *(restatements, quality, admin),
)


def bare_app() -> FastAPI:
    """The routes without anything behind them: enough to describe the API."""
    app = FastAPI(
        title="Pokémon Pricer",
        version=version("pokemon-pricer"),
        description=DESCRIPTION,
        docs_url=None,
        redoc_url=None,
    )
    for routes in ROUTES:
        app.include_router(routes.router)
    app.include_router(models.administered)
    app.add_middleware(EntityTags)
    install_problem_documents(app)
    app.openapi = describing(app)  # type: ignore[method-assign] # FastAPI's documented way
    return app


def build_app(settings: ApiSettings) -> FastAPI:
    """The application on real stores. Nothing is connected before the first question."""
    app = bare_app()
    database = Database(settings.database_url)
    cache = (
        RedisCache(settings.redis_url, clock=time.monotonic) if settings.redis_url else NoCache()
    )
    dag_runs = dag_runs_of(settings)
    app.state.services = Services(
        search=PostgresCardSearch(database),
        cards=PostgresCards(database),
        cohorts=PostgresCohorts(database),
        prices=PostgresPrices(database),
        signals=PostgresSignals(database),
        explanations=PostgresExplanations(database),
        receipts=PostgresReceipts(database),
        track_records=PostgresTrackRecords(database),
        divergences=PostgresDivergences(database),
        restatements=PostgresRestatements(database),
        quality=PostgresQuality(database),
        models=PostgresModels(database),
        measures=PostgresMeasures(database),
        cache=cache,
        database=database,
        clock=lambda: datetime.now(UTC),
        instance_id=settings.instance_id,
        default_horizon=settings.signals.horizon_days,
        dag_runs=dag_runs,
        admin_token=settings.admin_token,
    )

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        yield
        await cache.close()
        await dag_runs.close()
        await database.close()

    app.router.lifespan_context = lifespan
    return app


def dag_runs_of(settings: ApiSettings) -> AirflowRuns | NoDagRuns:
    """Airflow where it is set up; without it nobody starts a run through this API."""
    url, user, password = settings.airflow_url, settings.airflow_user, settings.airflow_password
    if url is None or user is None or password is None:
        return NoDagRuns()
    return AirflowRuns(url, user=user, password=password)


def command_line() -> click.Group:
    """`python -m api_gw serve | openapi`; settings are read when the server starts."""

    @click.group(help="The public REST API.")
    def commands() -> None:
        configure_logging("api_gw")

    @commands.command(help="Serve until stopped.")
    @click.option("--host", default=LOOPBACK, show_default=True, help="address to listen on")
    @click.option("--port", default=18000, show_default=True, help="port to listen on")
    def serve(host: str, port: int) -> None:
        app = build_app(ApiSettings())
        uvicorn.run(app, host=host, port=port, log_level="warning", access_log=False)

    @commands.command(help="Print the OpenAPI document, the same bytes for the same routes.")
    def openapi() -> None:
        click.echo(openapi_text(), nl=False)

    commands.add_command(jobs(indexing), "job")
    return commands


@asynccontextmanager
async def indexing() -> AsyncIterator[tuple[CloseChanges | None, CardSearch]]:
    """The queue of changed closes, where there is one, and the search on a login's own words."""
    settings = ApiSettings()
    url = settings.closes_queue_url
    database = Database(settings.database_url, writes=True)
    try:
        yield (None if url is None else close_changes(url)), PostgresCardSearch(database)
    finally:
        await database.close()


def close_changes(url: str) -> CloseChanges:
    """Imported here: the server has no use for the client of SQS."""
    from api_gw.adapters.close_changes import SqsCloseChanges

    return SqsCloseChanges(url)


def openapi_text() -> str:
    """The OpenAPI document as it is committed."""
    document = bare_app().openapi()
    return json.dumps(document, indent=2, sort_keys=True, ensure_ascii=False) + "\n"
