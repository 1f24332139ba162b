"""Composition root: settings -> adapters -> use cases -> the job table."""

from collections.abc import Iterator
from contextlib import contextmanager

import click
from pydantic import SecretStr

from kernel.cli import service_cli
from kernel.db.session import job_transaction
from kernel.lake import Lake
from signals_svc.adapters.features import Features, Queue
from signals_svc.adapters.market import MarketDirtySet, MarketPrices
from signals_svc.adapters.models import Models
from signals_svc.adapters.onnx_classifier import LakeClassifiers
from signals_svc.adapters.signals import Signals
from signals_svc.domain.decision import Policy
from signals_svc.domain.forecast import HORIZONS
from signals_svc.jobs import Workshop, jobs
from signals_svc.ports import Stores
from signals_svc.settings import SignalsSettings
from signals_svc.usecases.build_features import clock_time


@contextmanager
def stores_on(url: SecretStr) -> Iterator[Stores]:
    """All stores on one transaction, committed when the block ends well."""
    with job_transaction(url) as connection:
        yield Stores(
            prices=MarketPrices(connection),
            dirty=MarketDirtySet(connection),
            queue=Queue(connection),
            features=Features(connection),
            signals=Signals(connection, horizons=HORIZONS),
            models=Models(connection),
        )


def workshop(settings: SignalsSettings) -> Workshop:
    """The jobs' ports on real stores."""
    return Workshop(
        stores=lambda: stores_on(settings.database_url),
        loader=LakeClassifiers(lambda: Lake(settings.lake_bucket_prefix)),
        policy=Policy(
            risk_aversion=settings.signals.lambda_risk_aversion,
            hysteresis=settings.signals.hysteresis,
        ),
        shown_horizon=settings.signals.horizon_days,
        signals_not_before=clock_time(settings.signals.refresh.nightly_utc),
    )


def command_line() -> click.Group:
    """`python -m signals_svc job <name>`; settings are read when a job starts."""
    return service_cli("signals_svc", jobs(lambda: workshop(SignalsSettings())))
