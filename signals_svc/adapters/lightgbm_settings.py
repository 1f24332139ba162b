"""What every LightGBM model here is grown with: cautious trees, the same bytes on every run."""

from collections.abc import Mapping

SETTINGS: Mapping[str, float | int | bool] = {
    "learning_rate": 0.05,
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
