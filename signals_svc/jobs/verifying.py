"""The job that proves that nobody saw the future, on the store as it is."""

import random
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

import click

from kernel.cli import Summary, finish
from kernel.days import utc_day
from kernel.errors import Conflict, Rejected
from signals_svc.domain.cells import Cell
from signals_svc.domain.examples import WARM_UP_DAYS
from signals_svc.domain.series import date_of
from signals_svc.jobs.workshop import Workshop
from signals_svc.ports.truncation import TruncatedStore
from signals_svc.usecases.learn import History as LearnedFrom
from signals_svc.usecases.learn_forecasts import TooShort
from signals_svc.usecases.rebuild_features import History
from signals_svc.usecases.train import HISTORY_START
from signals_svc.usecases.verify_nights import Compared, verify_night
from signals_svc.usecases.verify_training import Learning, blocks_of, verify_training


class SeesTheFuture(Conflict):
    """Something computed as of a day knows what was learned after it."""

    title = "Lookahead"

    def __init__(self, leak: Cell, seed: int) -> None:
        super().__init__(f"{leak}. The same again: --seed {seed}")
        self.leak, self.seed = leak, seed


class TooYoung(Rejected):
    """The store has no day to ask about."""

    def __init__(self) -> None:
        super().__init__(
            f"the store has no day that is over with {WARM_UP_DAYS} days of prices before it;"
            " load a longer history"
        )


class NoCopy(Rejected):
    """Nowhere to put the truncated copy."""

    def __init__(self) -> None:
        super().__init__(
            "say in SIGNALS_SVC_SCRATCH_DATABASE_URL an empty, migrated database (login:"
            " migrations) for the truncated copy; `pricer verify no-lookahead` beside the local"
            " stack makes one by itself"
        )


@dataclass(frozen=True)
class Asked:
    """How much to verify. No night or fold is begun after `within_s`."""

    nights: int
    folds: int
    within_s: float
    seed: int


def add_proof(group: click.Group, workshop: Callable[[], Workshop]) -> None:
    """Add it to the job table."""

    @group.command("verify_no_lookahead", help="Recompute random days without what came later.")
    @click.option("--nights", type=click.IntRange(1), default=3, show_default=True)
    @click.option("--folds", type=click.IntRange(0), default=1, show_default=True)
    @click.option("--within", type=click.FloatRange(1), default=300, show_default=True, help="s")
    @click.option("--seed", type=int, help="draws the same days again")
    def verify_job(nights: int, folds: int, within: float, seed: int | None) -> None:
        now = datetime.now(UTC)
        drawn = int(now.timestamp()) % 100_000 if seed is None else seed
        asked = Asked(nights, folds, within, drawn)
        finish("verify_no_lookahead", lambda: prove(workshop(), asked, now=now))


def prove(workshop: Workshop, asked: Asked, *, now: datetime) -> Summary:
    """What was compared. Raises SeesTheFuture, NoCopy or TooYoung."""
    copy = workshop.truncated
    if copy is None:
        raise NoCopy
    last = utc_day(now) - timedelta(days=1)
    with workshop.stores() as stores:
        history = History(
            stores.prices.versions(first=HISTORY_START, last=last),
            stores.prices.catalog(),
            stores.prices.facts(first=HISTORY_START, last=last),
        )
    told = Tally(asked, begun=time.monotonic())
    draw = random.Random(asked.seed)
    days = _days(history.versions.day.tolist(), last)
    nights = sorted(draw.sample(days, min(asked.nights, len(days))))
    try:
        for night in filter(told.has_time, nights):
            with workshop.stores() as stores:
                told.count(verify_night(stores, history, copy, night, workshop.speech))
            told.nights.append(night)
        _folds(workshop, copy, history, last, told)
    finally:
        copy.clear()
    return told.summary()


def _folds(
    workshop: Workshop, copy: TruncatedStore, history: History, last: date, told: "Tally"
) -> None:
    """As many as were asked for, each block of weeks once, from one that the seed chooses on."""
    if not told.asked.folds:
        return
    seen = LearnedFrom(last, history.versions, history.catalog)
    learning = Learning(
        workshop.horizons, workshop.shown_horizon, workshop.policy, workshop.trees()
    )
    found = blocks_of(seen, learning)
    if isinstance(found, TooShort):
        told.folds_missing = found.missing
        return
    first = told.asked.seed
    last_pick = first + min(told.asked.folds, len(found.blocks))
    for pick in filter(told.has_time, range(first, last_pick)):
        told.count(verify_training(seen, copy, learning, found, pick=pick))
        told.folds += 1


class Tally:
    """What was compared so far, and whether there is time for more."""

    def __init__(self, asked: Asked, *, begun: float) -> None:
        self.asked, self.begun = asked, begun
        self.nights: list[date] = []
        self.folds = self.left_out = self.instruments = 0
        self.folds_missing = ""
        self.cells: Counter[str] = Counter()

    def has_time(self, _: object) -> bool:
        """Counts what there is no time for."""
        late = time.monotonic() - self.begun > self.asked.within_s
        self.left_out += late
        return not late

    def count(self, one: Compared) -> None:
        """Raises SeesTheFuture."""
        self.cells.update(one.tables)
        self.instruments = max(self.instruments, one.instruments)
        if one.leak is not None:
            raise SeesTheFuture(one.leak, self.asked.seed)

    def summary(self) -> Summary:
        """For the last line of the job."""
        return {
            "outcome": "no cell differs",
            "cells": sum(self.cells.values()),
            "cells_by_table": dict(self.cells),
            "nights": [night.isoformat() for night in self.nights],
            "instruments": self.instruments,
            "folds": self.folds,
            **({"no_folds": self.folds_missing} if self.folds_missing else {}),
            "left_out_for_time": self.left_out,
            "seed": self.asked.seed,
            "seconds": round(time.monotonic() - self.begun, 1),
        }


def _days(bars: list[int], last: date) -> list[date]:
    """Every day that is over, with a year's third of prices before it. Raises TooYoung."""
    if not bars:
        raise TooYoung
    first = date_of(min(bars)) + timedelta(days=WARM_UP_DAYS)
    newest = min(last, date_of(max(bars)))
    if first > newest:
        raise TooYoung
    return [first + timedelta(days=n) for n in range((newest - first).days + 1)]
