"""Inference by the functions jobs and service call, beside onnxruntime alone on the same rows.

5,000 instruments of two years of sales; a sequence forecaster, quantile trees and a classifier, all
told. Bare is one run of every graph of theirs, on one thread, on inputs that are there already.
"""

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from statistics import median
from typing import Any, cast

import numpy as np
import polars as pl
import psycopg
from psycopg import sql

from benchmarks.claim import Result, scaled, seconds
from benchmarks.featuring import CARDS, catalog_of, closes, newest_days, seed_cards
from benchmarks.speakers import SHOWN, VERSIONS, Graphs, Shelf, graphs_of, serving
from benchmarks.stores import Database, fresh_database, stores
from kernel.days import end_of, start_of
from kernel.db.market import BAR_SCHEMA
from kernel.db.staging import copy_frame
from kernel.lake import Lake
from signals_svc.adapters.onnx_forecaster import CHUNK
from signals_svc.adapters.onnx_session import open_session
from signals_svc.app import stores_on
from signals_svc.domain.classifier_inputs import classifier_inputs, with_forecasts
from signals_svc.domain.cut import cut_out
from signals_svc.domain.decision import Policy
from signals_svc.domain.features import Features
from signals_svc.domain.forecast import HORIZONS
from signals_svc.domain.weekly import Windows, windows_of
from signals_svc.ports.models import Decision, Family, RegisteredModel, ServingModel, Speakers
from signals_svc.ports.stores import Stores
from signals_svc.settings import SignalsSettings
from signals_svc.usecases.build_features import build_features
from signals_svc.usecases.infer import infer
from signals_svc.usecases.infer_now import said_of
from signals_svc.usecases.judge_night import Speech
from signals_svc.usecases.whole_market import whole_market
from stack.environment import of_inference

(NIGHT,) = newest_days(1)
LEARNED_BY = end_of(NIGHT) - timedelta(days=120)
ROUNDS = 3
SINGLES = 300
AT_LEAST, AT_MOST = 0.5, 3.0
IMPORTED_WITHIN_S, MEMORY_MIB = 2.0, 250.0
BATCH = "onnxruntime, one thread: the same graphs on the same rows"
ONE = "onnxruntime, one thread: the same graphs on the same row, p50"
EMPTIED = """
truncate signals.signals, signals.receipts, signals.forecasts, signals.flips, signals.explanations,
  signals.inference_queue cascade;
insert into signals.inference_queue select * from queued
"""
SERVED = """
import json, re, sys, time
from datetime import datetime
from pathlib import Path
begun = time.perf_counter()
import signals_svc.app as app
infer = app.serving_app(app.SignalsSettings()).state.serving.infer
seconds = time.perf_counter() - begun
from kernel.ids import Instrument
for _ in range(3):
    assert infer([Instrument("card-0", "psa10")], datetime.fromisoformat(sys.argv[1])).signals
most = re.search(r"VmHWM:\\s+(\\d+)", Path("/proc/self/status").read_text())
print(json.dumps([seconds, int(most.group(1)) / 1024]))
"""


@dataclass(frozen=True)
class Ready:
    """A night whose features are built: what undoes and what makes it, who speaks, its rows."""

    again: Callable[[], None]
    judge: Callable[[], None]
    graphs: Graphs
    speech: Speech
    night: Features


def sold(database: Database) -> None:
    """Cards, their bars, and the work of the night."""
    cards = scaled(CARDS)
    bars = closes(cards).with_columns(
        pl.col("close_cents").alias(f"{name}_cents") for name in ("open", "high", "low")
    )
    with psycopg.connect(database.superuser) as connection:
        seed_cards(database.superuser, catalog_of(cards))
        days = bars["day"].unique().to_list()
        connection.execute("select market.ensure_month_partitions('prices_daily', %s)", (days,))
        copy_frame(connection, sql.Identifier("market", "prices_daily"), bars.select(*BAR_SCHEMA))
        connection.execute(
            "insert into market.dirty (stage, card_id, grade_code, day, as_of)"
            " select distinct 'signals', card_id, grade_code, %(night)s::date, %(night)s::date"
            " from market.prices_daily",
            {"night": NIGHT},
        )


def register(opened: Stores, graphs: Graphs, lake: Lake) -> None:
    """All in production, trained before the night."""
    for family, body in graphs.by_family().items():
        serves = serving(family, LEARNED_BY, body)
        lake.put("models", serves.artifact_key, body)
        opened.models.register(family, RegisteredModel(serves, {}), now=LEARNED_BY)
        told = Decision("production", "measured")
        opened.models.decide(VERSIONS[family], told, now=LEARNED_BY)


@contextmanager
def night_ready() -> Iterator[Ready]:
    """Stores with a market, and everything up to inference done."""
    with stores() as site, fresh_database(site, "inferring") as database:
        url = site.cluster.url("signals_svc", "inferring")
        os.environ |= of_inference(site) | {"SIGNALS_SVC_DATABASE_URL": url}
        settings = SignalsSettings()
        sold(database)
        with stores_on(settings) as opened:
            build_features(opened, as_of=NIGHT)
            nights = [whole_market(opened, NIGHT - timedelta(days=back)) for back in (14, 7, 0)]
            graphs = graphs_of(nights)
            register(opened, graphs, Lake(settings.lake_bucket_prefix))
        with psycopg.connect(database.superuser) as connection:
            connection.execute("create table queued as table signals.inference_queue")
        speech = Speech(Policy(), HORIZONS, SHOWN, Shelf(graphs).loaders)
        judge = partial(judge_one, settings, speech)
        yield Ready(partial(undo, database), judge, graphs, speech, nights[-1])


def undo(database: Database) -> None:
    """The night as if it had not been inferred."""
    with psycopg.connect(database.superuser) as connection:
        connection.execute(EMPTIED)


def judge_one(settings: SignalsSettings, speech: Speech) -> None:
    """As the job does a night: from the queue to committed rows."""
    with stores_on(settings) as opened:
        infer(
            opened,
            as_of=NIGHT,
            now=datetime.now(UTC),
            policy=speech.policy,
            horizons=speech.horizons,
            shown_horizon=speech.shown_horizon,
            loaders=speech.loaders,
        )


def bare(graphs: Graphs, night: Features) -> Callable[[], None]:
    """Every graph once, on all rows; the network in the chunks of the job."""
    inputs = classifier_inputs(night.raw, night.normalised, SHOWN)
    windows = windows_of(night)
    parts = [
        named(windows.of(np.arange(begin, min(begin + CHUNK, len(windows)))))
        for begin in range(0, len(windows), CHUNK)
    ]
    trees = [open_session(one) for each in graphs.contest.trees.values() for one in each]
    classifier = open_session(graphs.classifier.onnx)
    read = with_forecasts(inputs, np.zeros((len(inputs), 3)))
    network = open_session(graphs.forecaster.onnx)

    def run() -> None:
        for part in parts:
            network.run(["answers"], part)
        for one in trees:
            one.run(None, {"x": inputs})
        classifier.run(None, {"x": read})

    return run


def named(windows: Windows) -> dict[str, Any]:
    """As the network takes them."""
    return {name: getattr(windows, name) for name in ("past", "ahead", "fixed", "lengths")}


class Registry:
    """Port ModelStore, as far as inference asks it; nothing was said before."""

    def __init__(self, graphs: Graphs) -> None:
        self._serving = {
            family: serving(family, LEARNED_BY, body) for family, body in graphs.by_family().items()
        }

    def speakers(self, family: Family, *, trained_by: datetime | None = None) -> Speakers:
        """One of each family, in production."""
        found: ServingModel = self._serving[family]
        return Speakers(production=found)

    def previous(self, instruments: object, *, before: datetime) -> dict[Any, Any]:
        """No action."""
        return {}


def single(ready: Ready) -> tuple[Callable[[], object], Callable[[], None]]:
    """One card from the market's features to what is said of it, and its graphs alone."""
    registry = cast("Any", Registry(ready.graphs))
    nothing: dict[str, Any] = dict.fromkeys(Stores._fields)
    held = Stores(**nothing | {"models": registry, "signals": registry})
    sure = np.flatnonzero(ready.night.series.liquid & np.isfinite(ready.night.raw["sigma_day"]))
    places = sure[:1]
    wanted = [ready.night.instruments[place] for place in places]
    ours = partial(said_of, held, ready.night, wanted, {}, ready.speech)
    return ours, bare(ready.graphs, cut_out(ready.night, places))


def measure() -> Iterator[Result]:
    """A night to committed rows (signals, forecasts, receipts, explanations), a card in process,
    and what a serving process costs."""
    with night_ready() as ready:
        run = bare(ready.graphs, ready.night)
        for warm in (ready.again, ready.judge, run):  # the first call compiles
            warm()
        pairs = []
        for _ in range(ROUNDS):
            ready.again()
            pairs.append((seconds(ready.judge), seconds(run)))
        ours, theirs = (median(column) for column in zip(*pairs, strict=True))
        rows = len(ready.night.instruments)
        yield Result("inference, a night", rows / ours, rows / theirs, AT_LEAST, "rows/s", BATCH)
        one, alone = single(ready)
        one()
        ours, theirs = p50_ms(one, alone)
        yield Result("inference, one card", ours, theirs, AT_MOST, "ms", ONE, at_most=True)
        yield from served()


def p50_ms(ours: Callable[[], object], theirs: Callable[[], object]) -> tuple[float, float]:
    """Median milliseconds of each, taken in turn, as calls follow each other in a server."""
    pairs = []
    for _ in range(SINGLES):
        begun = time.perf_counter()
        ours()
        between = time.perf_counter()
        theirs()
        pairs.append((between - begun, time.perf_counter() - between))
    first, second = (1000 * median(column) for column in zip(*pairs, strict=True))
    return first, second


def served() -> Iterator[Result]:
    """A process of its own, after three questions."""
    words = [sys.executable, "-c", SERVED, start_of(NIGHT).replace(hour=12).isoformat()]
    told = subprocess.run(words, capture_output=True, text=True, check=True)
    took, mib = json.loads(told.stdout.splitlines()[-1])
    limit = "the limit that was asked for"
    yield Result("serving, imported", took, IMPORTED_WITHIN_S, 1.0, "s", limit, at_most=True)
    yield Result("serving, memory", mib, MEMORY_MIB, 1.0, "MiB", limit, at_most=True)
