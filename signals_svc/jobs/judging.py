"""The job that reports what forecasts are worth on one data set."""

from collections.abc import Callable
from dataclasses import asdict
from datetime import date

import click

from kernel.cli import Summary, UtcDay, finish
from kernel.series import KINDS
from signals_svc.jobs.workshop import Workshop, day_or_latest
from signals_svc.usecases.judge_data import judge_data, only
from signals_svc.usecases.learn_forecasts import TooShort
from signals_svc.usecases.train import read_history


def add_judging(group: click.Group, workshop: Callable[[], Workshop]) -> None:
    """Add it to the job table."""

    @group.command(
        "judge_data", help="Judge forecasts on the bars of a kind and set; keep nothing."
    )
    @click.option("--date", "day", type=UtcDay(), help="default: the latest night with signals")
    @click.option("--kind", type=click.Choice(KINDS), help="default: the series in use")
    @click.option("--set", "set_id", help="default: all sets")
    def judge_data_job(day: date | None, kind: str | None, set_id: str | None) -> None:
        finish("judge_data", lambda: judged(workshop(), day, kind=kind, set_id=set_id))


def judged(
    workshop: Workshop, day: date | None, *, kind: str | None = None, set_id: str | None = None
) -> Summary:
    """By horizon losses, skill, coverage, rank IC and return, as DataJudged has them."""
    with workshop.stores() as stores:
        history = read_history(stores, known_until=day_or_latest(stores, day))
    found = judge_data(
        only(history, kind=None if kind is None else KINDS.index(kind), set_id=set_id),
        horizons=workshop.horizons,
        policy=workshop.forecast_policy(),
        costs=workshop.policy.costs,
        trees=workshop.trees(),
    )
    told = {"as_of": history.known_until.isoformat(), "kind": kind, "set": set_id}
    if isinstance(found, TooShort):
        return {**told, "outcome": f"cannot be judged: {found.missing}", "rows": found.rows}
    return {**told, "outcome": "judged", **{f"{one.horizon_days}_d": asdict(one) for one in found}}
