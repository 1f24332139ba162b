"""Boosted trees that answer quantiles, the baseline that reads features. For training only."""

import lightgbm as lgb
import numpy as np
import onnxmltools
from onnxmltools.convert.common.data_types import FloatTensorType

from signals_svc.adapters.lightgbm_paths import paths_of_booster
from signals_svc.adapters.lightgbm_settings import SETTINGS
from signals_svc.adapters.lightgbm_trainer import OPSET, gain_of, with_single_thresholds
from signals_svc.adapters.onnx_quantile_trees import run_trees
from signals_svc.adapters.onnx_session import open_session
from signals_svc.domain.arrays import Floats, Singles
from signals_svc.domain.forecast_model import QUANTILES
from signals_svc.domain.tree_paths import TreePaths
from signals_svc.domain.weekly import LIMIT

TREES = 80
MOST_ROWS = 8_000  # of overlapping weeks; more cost the demo its time
PARAMETERS = {
    "objective": "quantile",
    "num_leaves": 15,
    **SETTINGS,
}


class LightGbmTrees:
    """Port TrainedTrees."""

    def __init__(self, boosters: tuple[lgb.Booster, ...]) -> None:
        self.boosters = boosters

    def answers(self, inputs: Singles) -> Floats:
        """[n, 3]: quantiles in spreads, which may cross."""
        wide = inputs.astype(np.float64)
        said = [booster.predict(wide, num_threads=1) for booster in self.boosters]
        return np.stack(said, axis=1).astype(np.float64)

    def to_onnx(self) -> tuple[bytes, ...]:
        """The same trees for onnxruntime; a fixed name keeps the bytes the same."""
        return tuple(map(_exported, self.boosters))

    def parity(self, onnx: tuple[bytes, ...], inputs: Singles) -> float:
        """Largest difference of an answer between these trees and their export."""
        exported = run_trees([open_session(graph) for graph in onnx], inputs)
        return float(np.abs(exported - self.answers(inputs)).max())

    def importance(self) -> Floats:
        """Share of all that the splits gained, an entry an input."""
        return gain_of(self.boosters)

    def middle_paths(self) -> TreePaths:
        """Leaves of the middle quantile."""
        return paths_of_booster(self.boosters[QUANTILES.index(0.5)])


class LightGbmQuantiles:
    """Port QuantileTrees."""

    def fit(self, inputs: Singles, units: Floats) -> LightGbmTrees:
        """One model a quantile; the same rows give the same answers."""
        rows = np.linspace(0, len(units) - 1, min(len(units), MOST_ROWS)).astype(np.int64)
        taught = inputs[rows].astype(np.float64)
        target = np.clip(units[rows], -LIMIT, LIMIT)
        return LightGbmTrees(tuple(_trained(taught, target, share) for share in QUANTILES))


def _trained(taught: Floats, target: Floats, share: float) -> lgb.Booster:
    data = lgb.Dataset(taught, target)
    booster = lgb.train(PARAMETERS | {"alpha": share}, data, num_boost_round=TREES)
    return lgb.Booster(model_str=with_single_thresholds(booster))


def _exported(booster: lgb.Booster) -> bytes:
    proto = onnxmltools.convert_lightgbm(
        booster,
        name="quantile_trees",
        initial_types=[("x", FloatTensorType([None, booster.num_feature()]))],
        target_opset=OPSET,
    )
    size = proto.graph.output[0].type.tensor_type.shape.dim[0]
    size.ClearField("dim_value")
    size.dim_param = "N"
    body: bytes = proto.SerializeToString()
    return body
