"""Trains a fold twice, from the whole store and from a copy that ends where its test begins.

Compared are what the fold learned from (inputs, windows' targets, outcomes) and what it then said
of the weeks it is tested on, which is what classifiers read. A fold that knew more than the copy
says something else.
"""

from dataclasses import dataclass

import numpy as np
import polars as pl

from kernel.days import end_of
from kernel.ids import Instrument
from signals_svc.domain.arrays import Floats, Ints, Singles
from signals_svc.domain.cells import Table
from signals_svc.domain.classifier_inputs import NAMES, READ
from signals_svc.domain.decision import Policy
from signals_svc.domain.examples import Examples, examples_of
from signals_svc.domain.forecast_examples import ForecastExamples, forecast_examples
from signals_svc.domain.forecast_folds import ForecastFold, earlier_folds
from signals_svc.domain.forecast_model import spread_at
from signals_svc.domain.past_forecasts import past_forecasts
from signals_svc.domain.series import date_of
from signals_svc.domain.weekly import STEPS
from signals_svc.ports.forecasters import QuantileTrees
from signals_svc.ports.truncation import TruncatedStore
from signals_svc.usecases.forecasts_out_of_fold import known_units, trees_out_of_fold
from signals_svc.usecases.learn import History
from signals_svc.usecases.learn_forecasts import TooShort, windows_of_history
from signals_svc.usecases.past_of_trees import past_of_trees
from signals_svc.usecases.train import HISTORY_START
from signals_svc.usecases.verify_nights import Compared, compared


@dataclass(frozen=True)
class Learning:
    """How trainings go: the same for both readings. Classifiers speak of `classes_at` days."""

    horizons: tuple[int, ...]
    classes_at: int
    policy: Policy
    trees: QuantileTrees


@dataclass(frozen=True)
class Blocks:
    """What there is to verify: blocks of weeks, of the contest's folds and of the weeks before them
    that classifiers learn from.
    """

    examples: ForecastExamples
    folds: list[ForecastFold]
    blocks: list[ForecastFold]


def blocks_of(history: History, learning: Learning) -> Blocks | TooShort:
    """Each of them once."""
    found = windows_of_history(history, learning.horizons)
    if isinstance(found, TooShort):
        return found
    examples, folds = found
    earlier = earlier_folds(examples.days, examples.known_us, folds[0])
    return Blocks(examples, folds, [*folds, *earlier])


def verify_training(
    history: History, copy: TruncatedStore, learning: Learning, found: Blocks, *, pick: int
) -> Compared:
    """Block number `pick`, counted round. The copy then holds what was known before its first
    day.
    """
    examples, folds = found.examples, found.folds
    block = found.blocks[pick % len(found.blocks)]
    names, trees = history.versions.instruments, learning.trees
    known = _known_before(examples, block, copy, learning.horizons)
    rows = _same_rows(examples, block.train, names, known)
    again = _trained_again(examples, block, known.examples, rows, trees)
    given = _given(history, examples, folds, block, learning)
    ours = [
        _learned(examples, block.train, names),
        _said(examples, block.test, names, trees_out_of_fold(examples, [block], trees)),
        _read(given, names, given.inputs[:, -len(READ) :]),
    ]
    theirs = [
        _learned(known.examples, rows, known.names),
        _said(examples, block.test, names, again),
        _read(given, names, _told_again(examples, block, names, given, again, learning)),
    ]
    return compared(ours, theirs, instruments=len(np.unique(examples.slots[block.test])))


def _given(
    history: History,
    examples: ForecastExamples,
    folds: list[ForecastFold],
    block: ForecastFold,
    learning: Learning,
) -> Examples:
    """What a classifier would be given to learn from of the weeks of the block."""
    names, trees = history.versions.instruments, learning.trees
    answers = trees_out_of_fold(examples, folds, trees)
    past = past_of_trees(examples, names, folds, answers, trees, horizon_days=learning.classes_at)
    return examples_of(
        history.versions,
        history.catalog,
        days=[date_of(int(day)) for day in np.unique(examples.days[block.test])],
        known_until=history.known_until,
        horizon_days=learning.classes_at,
        policy=learning.policy,
        read=past,
    )


def _told_again(
    examples: ForecastExamples,
    block: ForecastFold,
    names: tuple[Instrument, ...],
    given: Examples,
    again: Floats,
    learning: Learning,
) -> Singles:
    """[n, 3], rows as given: what trees say of them that learned from the copy's rows alone."""
    at = learning.horizons.index(learning.classes_at)
    rows = block.test
    days, slots = examples.days[rows], examples.slots[rows]
    past = past_forecasts(names, slots, days, again[:, at], horizon_days=learning.classes_at)
    return np.concatenate(
        [
            past.said(int(day), [names[slot] for slot in given.slots[given.days == day].tolist()])
            for day in np.unique(given.days)
        ]
    )


@dataclass(frozen=True)
class KnownBefore:
    """What could be learned from the copy; `names` are the instruments of its slots."""

    examples: ForecastExamples
    names: tuple[Instrument, ...]


def _known_before(
    examples: ForecastExamples,
    fold: ForecastFold,
    copy: TruncatedStore,
    horizons: tuple[int, ...],
) -> KnownBefore:
    """Of the weeks that the fold learns from, as far as the copy knows them."""
    until = date_of(int(examples.days[fold.test].min()) - 1)
    copy.hold(end_of(until))
    with copy.stores() as stores:
        versions = stores.prices.versions(first=HISTORY_START, last=until)
        catalog = stores.prices.catalog()
    weeks = np.unique(examples.days[fold.train])
    days = [date_of(int(day)) for day in weeks if date_of(int(day)) <= until]
    found = forecast_examples(versions, catalog, days=days, known_until=until, horizons=horizons)
    return KnownBefore(found, versions.instruments)


def _same_rows(
    examples: ForecastExamples, rows: Ints, names: tuple[Instrument, ...], known: KnownBefore
) -> Ints:
    """Where the copy has them, in their order; those it does not have are left out."""
    pairs = zip(known.examples.days.tolist(), known.examples.slots.tolist(), strict=True)
    places = {(day, known.names[slot]): place for place, (day, slot) in enumerate(pairs)}
    wanted = zip(examples.days[rows].tolist(), examples.slots[rows].tolist(), strict=True)
    found = [places.get((day, names[slot])) for day, slot in wanted]
    return np.array([place for place in found if place is not None], np.int64)


def _trained_again(
    examples: ForecastExamples,
    fold: ForecastFold,
    known: ForecastExamples,
    rows: Ints,
    trees: QuantileTrees,
) -> Floats:
    """[n, H, 3] of the fold's test rows, by trees that learned from the copy's rows alone."""
    spread = spread_at(examples.windows.spread[fold.test], examples.horizons)
    each = []
    for at in range(len(examples.horizons)):
        learned, units = known_units(known, rows, at)
        said = trees.fit(known.inputs[learned], units).answers(examples.inputs[fold.test])
        each.append(np.sort(said, axis=1) * spread[:, at, None])
    return np.stack(each, axis=1)


def _keyed(slots: Ints, days: Ints, names: tuple[Instrument, ...]) -> dict[str, pl.Series]:
    told = [names[slot] for slot in slots.tolist()]
    return {
        "card_id": pl.Series([one.card_id for one in told], dtype=pl.String),
        "grade_code": pl.Series([one.grade_code for one in told], dtype=pl.String),
        "day": pl.Series([date_of(day) for day in days.tolist()], dtype=pl.Date),
    }


def _learned(examples: ForecastExamples, rows: Ints, names: tuple[Instrument, ...]) -> Table:
    """Outcomes first: whoever learns from a week that the copy does not know has one too many."""
    outcomes, targets = examples.outcomes[rows], examples.targets[rows]
    columns = {
        **_keyed(examples.slots[rows], examples.days[rows], names),
        **{f"outcome.{days}": outcomes[:, at] for at, days in enumerate(examples.horizons)},
        **{f"target.{step}": targets[:, step] for step in range(STEPS)},
        **{f"input.{name}": examples.inputs[rows, at] for at, name in enumerate(NAMES)},
    }
    return Table("labels", pl.DataFrame(columns))


def _said(
    examples: ForecastExamples, rows: Ints, names: tuple[Instrument, ...], said: Floats
) -> Table:
    columns = {
        **_keyed(examples.slots[rows], examples.days[rows], names),
        **{
            f"{quantile}.{days}": said[:, at, place]
            for at, days in enumerate(examples.horizons)
            for place, quantile in enumerate(("q10", "q50", "q90"))
        },
    }
    return Table("out of fold", pl.DataFrame(columns))


def _read(given: Examples, names: tuple[Instrument, ...], told: Singles) -> Table:
    columns = {
        **_keyed(given.slots, given.days, names),
        **{name: told[:, place] for place, name in enumerate(READ)},
    }
    return Table("read by classifiers", pl.DataFrame(columns))
