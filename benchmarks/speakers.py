"""One model of each family, as trainings make them, all in production; trained on drawn outcomes.

What they say is worth nothing. They are as large as trained ones: trees are grown on the market's
own inputs until they are full, and a network's time does not depend on its weights.
"""

import hashlib
from dataclasses import dataclass
from datetime import datetime

import numpy as np

from signals_svc.adapters.lightgbm_quantiles import LightGbmQuantiles
from signals_svc.adapters.lightgbm_trainer import LightGbmTrainer
from signals_svc.adapters.onnx_classifier import OnnxClassifier
from signals_svc.adapters.onnx_forecaster import OnnxForecaster
from signals_svc.adapters.onnx_quantile_trees import OnnxBaselines
from signals_svc.adapters.tft_export import to_onnx
from signals_svc.adapters.tft_network import network
from signals_svc.domain.analogues import Library, spread_over, traits_of
from signals_svc.domain.arrays import Singles
from signals_svc.domain.artifact import Artifact
from signals_svc.domain.baseline_artifact import BaselineArtifact
from signals_svc.domain.baselines import TREES
from signals_svc.domain.classifier_inputs import (
    CLASSIFIER_NAMES,
    NAMES,
    classifier_inputs,
    with_forecasts,
)
from signals_svc.domain.conviction import ConvictionMap
from signals_svc.domain.costs import Costs
from signals_svc.domain.features import FEATURE_VERSION, Features
from signals_svc.domain.forecaster_artifact import ForecasterArtifact
from signals_svc.domain.weekly import windows_of
from signals_svc.ports.models import Family, ServingModel
from signals_svc.ports.registry import Loaders

SHOWN = 90
TREES_SPEAK = ("30", "90")
EARNED = (30,)  # by the sequence forecaster
VERSIONS: dict[Family, str] = {"baseline": "trees-1", "tft": "tft-1", "classifier": "gbdt-1"}


@dataclass(frozen=True)
class Graphs:
    """What the families' artifacts hold."""

    contest: BaselineArtifact
    forecaster: ForecasterArtifact
    classifier: Artifact

    def by_family(self) -> dict[Family, bytes]:
        """Artifacts as the lake holds them."""
        return {
            "baseline": self.contest.to_bytes(),
            "tft": self.forecaster.to_bytes(),
            "classifier": self.classifier.to_bytes(),
        }


class Shelf:
    """Ports ClassifierLoader, ForecasterLoader and BaselinesLoader: opened once, as jobs do."""

    def __init__(self, graphs: Graphs) -> None:
        self.contest = OnnxBaselines(graphs.contest)
        self.forecaster = OnnxForecaster(graphs.forecaster)
        self.classifier = OnnxClassifier(graphs.classifier)

    def load(self, model: ServingModel) -> OnnxClassifier:
        """The classifier."""
        return self.classifier

    def load_forecaster(self, model: ServingModel) -> OnnxForecaster:
        """The sequence forecaster."""
        return self.forecaster

    def load_baselines(self, model: ServingModel) -> OnnxBaselines:
        """The contest."""
        return self.contest

    @property
    def loaders(self) -> Loaders:
        """By family."""
        return Loaders(classifiers=self, forecasters=self, baselines=self)


def serving(family: Family, trained_through: datetime, body: bytes) -> ServingModel:
    """A registered version; its artifact lies in the lake under the key."""
    version = VERSIONS[family]
    digest = hashlib.sha256(body).hexdigest()
    return ServingModel(version, trained_through, FEATURE_VERSION, f"{version}.zip", digest)


def graphs_of(nights: list[Features]) -> Graphs:
    """Trees of the size and depth of trained ones, from these nights' inputs."""
    inputs = np.concatenate([classifier_inputs(n.raw, n.normalised, SHOWN) for n in nights])
    random = np.random.default_rng(3)
    told = np.nan_to_num(inputs[:, :12]) @ random.standard_normal(12) / 4
    units = np.clip(told + random.standard_normal(len(inputs)), -4.0, 4.0)
    return Graphs(
        _contest(inputs, units, nights), _forecaster(nights[-1]), _classifier(inputs, units)
    )


def _contest(inputs: Singles, units: np.ndarray, nights: list[Features]) -> BaselineArtifact:
    trees = LightGbmQuantiles().fit(inputs, units)
    exported, paths = trees.to_onnx(), trees.middle_paths().to_bytes()
    rows = spread_over(np.arange(len(inputs)))
    named = [one for night in nights for one in night.instruments]
    library = Library(
        cards=np.array([named[row].card_id for row in rows]),
        grades=np.array([named[row].grade_code for row in rows]),
        days=np.full(len(rows), 20_000),
        traits=traits_of(inputs[rows]),
        outcomes=units[rows],
    )
    return BaselineArtifact(
        version=VERSIONS["baseline"],
        feature_version=FEATURE_VERSION,
        best={"7": "naive", **dict.fromkeys(TREES_SPEAK, TREES)},
        inputs=NAMES,
        inputs_horizon_days=SHOWN,
        trained_through="",
        data_fingerprint="",
        metrics={},
        trees=dict.fromkeys(TREES_SPEAK, exported),
        paths=dict.fromkeys(TREES_SPEAK, paths),
        analogues=library.to_bytes(),
    )


def _forecaster(night: Features) -> ForecasterArtifact:
    windows = windows_of(night)
    sound = windows.of(np.flatnonzero(np.isfinite(windows.spread).all(axis=1))[:32])
    return ForecasterArtifact(
        version=VERSIONS["tft"],
        feature_version=FEATURE_VERSION,
        margins={},
        trained_through="",
        data_fingerprint="",
        metrics={"passed": list(EARNED)},
        onnx=to_onnx(network(), sound),
    )


def _classifier(inputs: Singles, units: np.ndarray) -> Artifact:
    read = np.column_stack([units - 1.0, units, units + 1.0])
    model = LightGbmTrainer().fit(
        with_forecasts(inputs, read), np.digitize(-units, [-0.5, 0.5]).astype(np.int64)
    )
    return Artifact(
        version=VERSIONS["classifier"],
        feature_version=FEATURE_VERSION,
        reads=VERSIONS["baseline"],
        horizon_days=SHOWN,
        break_even=Costs().break_even,
        trained_through="",
        data_fingerprint="",
        inputs=CLASSIFIER_NAMES,
        temperature=1.2,
        conviction=ConvictionMap(),
        metrics={},
        onnx=model.to_onnx(),
        paths=model.paths().to_bytes(),
    )
