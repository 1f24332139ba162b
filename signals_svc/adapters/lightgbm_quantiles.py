"""Boosted trees that answer quantiles, the baseline that reads features. For training only."""

import lightgbm as lgb
import numpy as np

from signals_svc.domain.arrays import Floats, Singles
from signals_svc.domain.forecast_model import QUANTILES
from signals_svc.domain.weekly import LIMIT

TREES = 80
MOST_ROWS = 8_000  # of overlapping weeks; more cost the demo its time
PARAMETERS = {
    "objective": "quantile",
    "learning_rate": 0.05,
    "num_leaves": 15,
    "min_data_in_leaf": 100,
    "lambda_l2": 10.0,
    "feature_fraction": 0.6,
    "bagging_fraction": 0.6,
    "bagging_freq": 1,
    "seed": 20240229,
    "deterministic": True,
    "force_row_wise": True,
    "num_threads": 1,
    "verbosity": -1,
}


class LightGbmQuantiles:
    """Port QuantileTrees."""

    def fit_and_answer(self, inputs: Singles, units: Floats, asked: Singles) -> Floats:
        """One model a quantile; the same rows give the same answers."""
        rows = np.linspace(0, len(units) - 1, min(len(units), MOST_ROWS)).astype(np.int64)
        taught = inputs[rows].astype(np.float64)
        target = np.clip(units[rows], -LIMIT, LIMIT)
        said = [
            lgb.train(
                PARAMETERS | {"alpha": share}, lgb.Dataset(taught, target), num_boost_round=TREES
            ).predict(asked.astype(np.float64), num_threads=1)
            for share in QUANTILES
        ]
        return np.stack(said, axis=1).astype(np.float64)
