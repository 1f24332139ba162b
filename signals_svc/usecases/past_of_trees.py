"""What the trees of a contest said out of fold of as many past weeks as allow it. Pure."""

from collections.abc import Sequence

import numpy as np

from kernel.ids import Instrument
from signals_svc.domain.arrays import Floats
from signals_svc.domain.forecast_examples import ForecastExamples
from signals_svc.domain.forecast_folds import ForecastFold, earlier_folds
from signals_svc.domain.past_forecasts import PastForecasts, past_forecasts
from signals_svc.ports.forecasters import QuantileTrees
from signals_svc.usecases.forecasts_out_of_fold import trees_of_fold


def past_of_trees(
    examples: ForecastExamples,
    instruments: Sequence[Instrument],
    folds: list[ForecastFold],
    answers: Floats,
    trees: QuantileTrees,
    *,
    horizon_days: int,
) -> PastForecasts:
    """`answers` [n, H, 3] are of the contest's folds; weeks before those are forecast here."""
    at = examples.horizons.index(horizon_days)
    before = earlier_folds(examples.days, examples.known_us, folds[0])
    said = [trees_of_fold(examples, fold, trees, at) for fold in before]
    rows = np.concatenate([fold.test for fold in (*before, *folds)])
    return past_forecasts(
        instruments,
        examples.slots[rows],
        examples.days[rows],
        np.concatenate([*said, answers[:, at]]),
        horizon_days=horizon_days,
    )
