"""Trains the classifier with LightGBM and exports it to ONNX. Only the job `train` imports this."""

import re

import lightgbm as lgb
import numpy as np
import onnxmltools
from onnxmltools.convert.common.data_types import FloatTensorType

from signals_svc.adapters.lightgbm_paths import paths_of_booster
from signals_svc.adapters.lightgbm_settings import SETTINGS
from signals_svc.adapters.onnx_classifier import run_session
from signals_svc.adapters.onnx_session import open_session
from signals_svc.domain.arrays import Floats, Ints, Singles
from signals_svc.domain.decision import ACTIONS
from signals_svc.domain.tree_paths import TreePaths, joined

TREES = 100
PARAMETERS = {
    "objective": "multiclass",
    "num_class": len(ACTIONS),
    "num_leaves": 7,
    **SETTINGS,
}
OPSET = 15  # the newest that the converter writes trees for


class LightGbmModel:
    """Port TrainedModel."""

    def __init__(self, booster: lgb.Booster) -> None:
        self.booster = booster

    def chances(self, inputs: Singles) -> Floats:
        """Uncalibrated class probabilities."""
        chances: Floats = np.asarray(self.booster.predict(inputs, num_threads=1), dtype=np.float64)
        return chances

    def to_onnx(self) -> bytes:
        """The same model for onnxruntime; a fixed name keeps the bytes the same."""
        features = self.booster.num_feature()
        proto = onnxmltools.convert_lightgbm(
            self.booster,
            name="signal_classifier",
            initial_types=[("x", FloatTensorType([None, features]))],
            zipmap=False,
            target_opset=OPSET,
        )
        size = proto.graph.output[0].type.tensor_type.shape.dim[0]
        size.ClearField("dim_value")
        size.dim_param = "N"
        body: bytes = proto.SerializeToString()
        return body

    def parity(self, onnx: bytes, inputs: Singles) -> float:
        """Largest difference of a probability between this model and its export."""
        exported = run_session(open_session(onnx), inputs)
        return float(np.abs(exported - self.chances(inputs)).max())

    def importance(self) -> Floats:
        """Share of all that the splits gained, an entry an input."""
        return gain_of((self.booster,))

    def paths(self) -> TreePaths:
        """Leaves of the log odds of BUY over SELL."""
        buy, _, sell = (paths_of_booster(self.booster, of_class=place) for place in range(3))
        return joined([buy, sell.negated()])


class LightGbmTrainer:
    """Port Trainer. The same rows give the same model."""

    def fit(self, inputs: Singles, labels: Ints) -> LightGbmModel:
        """A model whose thresholds are single precision, as its inputs are."""
        data = lgb.Dataset(inputs.astype(np.float64), labels, free_raw_data=True)
        booster = lgb.train(PARAMETERS, data, num_boost_round=TREES)
        return LightGbmModel(lgb.Booster(model_str=with_single_thresholds(booster)))


def gain_of(boosters: tuple[lgb.Booster, ...]) -> Floats:
    """Share of all that the splits gained, an entry an input."""
    gain = np.sum([one.feature_importance("gain") for one in boosters], axis=0, dtype=np.float64)
    return np.asarray(gain / max(float(gain.sum()), 1e-12))


def with_single_thresholds(booster: lgb.Booster) -> str:
    """The model's text with thresholds at the next single-precision number below.

    For single-precision x, x <= t and x <= floor32(t) are the same; ONNX rounds t instead, which
    would send one row in thousands down another branch.
    """
    text = re.sub(r"^tree_sizes=.*\n", "", booster.model_to_string(), flags=re.MULTILINE)
    return re.sub(r"^threshold=(.*)$", _floored, text, flags=re.MULTILINE)


def _floored(match: re.Match[str]) -> str:
    wide = np.array(match.group(1).split(), dtype=np.float64)
    narrow = wide.astype(np.float32)
    above = narrow.astype(np.float64) > wide
    narrow[above] = np.nextafter(narrow[above], np.float32(-np.inf))
    return "threshold=" + " ".join(repr(float(value)) for value in narrow)
