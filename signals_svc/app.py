"""Composition root: settings -> adapters -> use cases -> the job table."""

from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import click
import polars as pl

from kernel.bus import Topic
from kernel.cli import service_cli
from kernel.db.session import job_transaction
from kernel.expectations import Checked, Expectation
from kernel.ids import Instrument
from kernel.lake import Lake
from signals_svc.adapters.contract_file import features_suite
from signals_svc.adapters.features import Features, Queue
from signals_svc.adapters.lake_models import LakeModels
from signals_svc.adapters.market import MarketDirtySet, MarketPrices
from signals_svc.adapters.models import Models
from signals_svc.adapters.monitoring import Monitoring
from signals_svc.adapters.origins import MarketOrigins
from signals_svc.adapters.outbox import SignalOutbox
from signals_svc.adapters.policy_file import classifier_policy, forecast_policy, monitoring_policy
from signals_svc.adapters.receipts import Receipts
from signals_svc.adapters.redis_signals import RedisSignals
from signals_svc.adapters.replays import Replays
from signals_svc.adapters.scores import ScoresStored
from signals_svc.adapters.signals import Signals
from signals_svc.adapters.truncated_copy import TruncatedCopy
from signals_svc.domain.costs import Costs
from signals_svc.domain.decision import Policy
from signals_svc.domain.forecast import HORIZONS
from signals_svc.jobs.table import jobs
from signals_svc.jobs.workshop import Workshop
from signals_svc.ports.forecasters import ForecastTrainer, QuantileTrees
from signals_svc.ports.models import Trainer
from signals_svc.ports.registry import Loaders
from signals_svc.ports.stores import Stores
from signals_svc.settings import SignalsSettings
from signals_svc.usecases.build_features import clock_time
from signals_svc.usecases.infer_now import SaidNow, infer_now
from signals_svc.usecases.kept_models import kept

if TYPE_CHECKING:
    from fastapi import FastAPI

LOOPBACK = "127.0.0.1"
STATEMENT_S = 10  # of a question to the server; the whole market is read within one
AT_ONCE = 1  # questions computed: each holds the market's features
TURN_S = 10.0


def horizons_of(settings: SignalsSettings) -> tuple[int, ...]:
    """What is forecast every night: the fixed horizons and the one people see first."""
    return tuple(sorted({*HORIZONS, settings.signals.horizon_days}))


@contextmanager
def stores_on(settings: SignalsSettings, *, statement_s: int | None = None) -> Iterator[Stores]:
    """All stores on one transaction, committed when the block ends well."""
    with job_transaction(settings.database_url, statement_s=statement_s) as connection:
        yield Stores(
            prices=MarketPrices(connection),
            dirty=MarketDirtySet(connection),
            queue=Queue(connection),
            features=Features(connection),
            signals=Signals(connection, horizons=horizons_of(settings)),
            models=Models(connection),
            outbox=SignalOutbox(connection),
            receipts=Receipts(connection),
            scores=ScoresStored(connection),
            replays=Replays(connection),
            origins=MarketOrigins(connection),
            monitoring=Monitoring(connection),
        )


def truncated_copy(settings: SignalsSettings) -> TruncatedCopy | None:
    """Another database for proofs; None where none is told."""
    scratch = settings.scratch_database_url
    if scratch is None:
        return None
    return TruncatedCopy(
        store=lambda: job_transaction(settings.database_url),
        copy=lambda: job_transaction(scratch),
        stores=lambda: stores_on(settings.model_copy(update={"database_url": scratch})),
    )


def lightgbm_trainer() -> Trainer:
    """Imported here: what trains is not installed where signals are served."""
    from signals_svc.adapters.lightgbm_trainer import LightGbmTrainer

    return LightGbmTrainer()


def sequence_trainer() -> ForecastTrainer:
    """Imported here, as above."""
    from signals_svc.adapters.tft_trainer import TftTrainer

    return TftTrainer()


def quantile_trees() -> QuantileTrees:
    """Imported here, as above."""
    from signals_svc.adapters.lightgbm_quantiles import LightGbmQuantiles

    return LightGbmQuantiles()


def great_suite(
    name: str, frame: pl.DataFrame, expectations: Sequence[Expectation]
) -> list[Checked]:
    """Imported here: its library takes seconds, and no night waits for it."""
    from kernel.great_suites import run_suite

    return run_suite(name, frame, expectations)


def workshop(settings: SignalsSettings) -> Workshop:
    """The jobs' ports on real stores."""
    topic = settings.signal_flips_topic_arn
    fees = settings.backtests.default_fees
    models = LakeModels(lambda: Lake(settings.lake_bucket_prefix))
    return Workshop(
        stores=lambda: stores_on(settings),
        loaders=Loaders(classifiers=models, forecasters=models, baselines=models),
        cache=RedisSignals(settings.redis_url) if settings.redis_url else None,
        topic=(lambda: Topic(topic)) if topic else None,
        artifacts=lambda: models,
        trainer=lightgbm_trainer,
        forecast_trainer=sequence_trainer,
        trees=quantile_trees,
        forecast_policy=forecast_policy,
        classifier_policy=classifier_policy,
        monitoring_policy=monitoring_policy,
        suite=features_suite,
        run_suite=great_suite,
        policy=Policy(
            risk_aversion=settings.signals.lambda_risk_aversion,
            hysteresis=settings.signals.hysteresis,
            costs=Costs(buy=fees.buy_pct, sell=fees.sell_pct, slippage=fees.slippage_pct),
        ),
        horizons=horizons_of(settings),
        shown_horizon=settings.signals.horizon_days,
        signals_not_before=clock_time(settings.signals.refresh.nightly_utc),
        truncated=truncated_copy(settings),
    )


def serving_app(settings: SignalsSettings) -> "FastAPI":
    """The internal application on real stores. Nothing is connected before the first question.

    What serves is imported here: jobs start without it.
    """
    from fastapi import FastAPI

    from kernel.http import install_problem_documents
    from signals_svc.http import routes
    from signals_svc.http.deps import Serving
    from signals_svc.http.turns import Turns

    found = workshop(settings)
    speech = replace(found.speech, loaders=kept(found.loaders))

    def infer(wanted: Collection[Instrument], now: datetime) -> SaidNow:
        with stores_on(settings, statement_s=STATEMENT_S) as stores:
            return infer_now(stores, wanted, now=now, speech=speech)

    app = FastAPI(title="signals_svc, internal", docs_url=None, redoc_url=None, openapi_url=None)
    app.include_router(routes.router)
    install_problem_documents(app)
    app.state.serving = Serving(
        infer=infer,
        clock=lambda: datetime.now(UTC),
        turns=Turns(AT_ONCE, wait_s=TURN_S),
        instance_id=settings.instance_id,
        admin_token=settings.admin_token,
    )
    return app


@click.command(help="Serve /internal/infer until stopped.")
@click.option("--host", default=LOOPBACK, show_default=True, help="address to listen on")
@click.option("--port", default=18020, show_default=True, help="port to listen on")
def serve(host: str, port: int) -> None:
    """Not public: it belongs behind nothing that strangers reach."""
    import uvicorn

    app = serving_app(SignalsSettings())
    uvicorn.run(app, host=host, port=port, log_level="warning", access_log=False)


def command_line() -> click.Group:
    """`python -m signals_svc job <name>`; settings are read when a job starts."""
    return service_cli("signals_svc", jobs(lambda: workshop(SignalsSettings())), serve)
