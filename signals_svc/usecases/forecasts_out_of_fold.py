"""Forecasts of each test block by models that had not seen it, and what the trees say beside it."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from signals_svc.domain.arrays import Floats, Ints
from signals_svc.domain.baselines import BASELINES, TREES
from signals_svc.domain.conformal import Margins, margins_that_help, widened
from signals_svc.domain.costs import Costs
from signals_svc.domain.forecast_detail import detail_of
from signals_svc.domain.forecast_examples import ForecastExamples
from signals_svc.domain.forecast_folds import ForecastFold, split_for_check
from signals_svc.domain.forecast_gate import ForecastPolicy, HorizonVerdict, judge_horizon
from signals_svc.domain.forecast_model import at_horizons, spread_at
from signals_svc.ports.forecasters import ForecastTrainer, QuantileTrees


@dataclass(frozen=True)
class OutOfFold:
    """Rows of `examples` in test order; `quantiles` and `trees` are [n, H, 3]."""

    examples: ForecastExamples
    folds: tuple[ForecastFold, ...]
    rows: Ints
    quantiles: Floats
    trees: Floats

    @property
    def unit(self) -> Floats:
        """[n, H]: the spread of each row's log return."""
        return spread_at(self.examples.windows.spread[self.rows], self.examples.horizons)


def forecasts_out_of_fold(
    examples: ForecastExamples,
    folds: list[ForecastFold],
    *,
    trainer: ForecastTrainer,
    trees: QuantileTrees,
) -> OutOfFold:
    """One training a fold."""
    quantiles = []
    for fold in folds:
        train, check = split_for_check(examples.days, fold.train)
        model = trainer.fit(examples.windows, examples.targets, train=train, check=check)
        windows = examples.windows.of(fold.test)
        quantiles.append(at_horizons(model.answers(windows), windows.spread, examples.horizons))
    return OutOfFold(
        examples,
        tuple(folds),
        np.concatenate([fold.test for fold in folds]),
        np.concatenate(quantiles),
        trees_out_of_fold(examples, folds, trees),
    )


def trees_out_of_fold(
    examples: ForecastExamples, folds: list[ForecastFold], trees: QuantileTrees
) -> Floats:
    """[n, H, 3] of the log return, rows in test order."""
    return np.concatenate(
        [
            np.stack(
                [trees_of_fold(examples, fold, trees, at) for at in range(len(examples.horizons))],
                axis=1,
            )
            for fold in folds
        ]
    )


def trees_of_fold(
    examples: ForecastExamples, fold: ForecastFold, trees: QuantileTrees, at: int
) -> Floats:
    """[n, 3] of the log return at horizon number `at`, of the fold's test rows."""
    known, units = known_units(examples, fold.train, at)
    said = trees.fit(examples.inputs[known], units).answers(examples.inputs[fold.test])
    spread = spread_at(examples.windows.spread[fold.test], examples.horizons)[:, at, None]
    return np.asarray(np.sort(said, axis=1) * spread)


def judged(
    out: OutOfFold, at: int, policy: ForecastPolicy, costs: Costs
) -> tuple[HorizonVerdict, dict[str, Any]]:
    """Horizon number `at`, of what would have been served, and the details for its model card."""
    examples = out.examples
    outcomes = examples.outcomes[out.rows, at]
    some = np.isfinite(outcomes)
    served = served_at(out, at)
    said = baselines_say(examples, out.rows, out.trees, at)
    verdict = judge_horizon(
        examples.decisions(out.rows[some], at),
        served[some],
        outcomes[some],
        {name: told[some] for name, told in said.items()},
        examples.entries[out.rows[some]],
        policy=policy,
    )
    return verdict, details(examples, out.rows, at, served, said[verdict.best_baseline], costs)


def served_at(out: OutOfFold, at: int) -> Floats:
    """Each fold's band is moved by what was known when it began."""
    unit = out.unit[:, at]
    served = out.quantiles[:, at].copy()
    for fold in out.folds[1:]:
        mine = np.isin(out.rows, fold.test)
        margins = margins_of(out, at, known_by_us=fold.start_us)
        if margins is not None:
            served[mine] = widened(served[mine], unit[mine], margins)
    return served


def details(
    examples: ForecastExamples,
    rows: Ints,
    at: int,
    quantiles: Floats,
    reference: Floats,
    costs: Costs,
) -> dict[str, Any]:
    """For a model card, of these rows at horizon number `at`, as far as their outcome is known."""
    some = np.isfinite(examples.outcomes[rows, at])
    kept = rows[some]
    return detail_of(
        examples.decisions(kept, at),
        quantiles[some],
        examples.outcomes[kept, at],
        reference[some],
        sold=examples.sold[kept],
        entries=examples.entries[kept],
        costs=costs,
    )


def margins_of(out: OutOfFold, at: int, *, known_by_us: int | None = None) -> Margins | None:
    """Of the forecasts whose outcome was known by then; of all where no moment is given."""
    outcomes = out.examples.outcomes[out.rows, at]
    rows = np.isfinite(outcomes)
    if known_by_us is not None:
        rows &= out.examples.known_us[out.rows] <= known_by_us
    unit = out.unit[:, at]
    days = out.examples.days[out.rows]
    return margins_that_help(days[rows], out.quantiles[rows, at], outcomes[rows], unit[rows])


def baselines_say(
    examples: ForecastExamples, rows: Ints, trees: Floats, at: int
) -> dict[str, Floats]:
    """By name what each baseline said of these rows at horizon number `at`."""
    said: dict[str, Floats] = {TREES: trees[:, at]}
    for place, name in enumerate(BASELINES):
        said[name] = examples.baselines[rows, place, at]
    return said


def known_units(examples: ForecastExamples, rows: Ints, at: int) -> tuple[Ints, Floats]:
    """Of the rows those with an outcome, and the outcomes in spreads."""
    unit = spread_at(examples.windows.spread, examples.horizons)[:, at]
    known = rows[np.isfinite(examples.outcomes[rows, at])]
    return known, examples.outcomes[known, at] / unit[known]
