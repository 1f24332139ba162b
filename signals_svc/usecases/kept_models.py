"""Keeps opened artifacts, so that a process opens a version once: one session of each graph.

The registry is still asked each time who speaks: a version that is retired is silent from the next
question on. What was opened of a version stays right, since versions never change.
"""

from collections import OrderedDict
from collections.abc import Callable
from threading import Lock
from typing import Any, TypeVar

from signals_svc.ports.forecasters import Baselines, Forecaster
from signals_svc.ports.models import Classifier, ServingModel
from signals_svc.ports.registry import Loaders

MOST = 8  # versions: three families have two each that are told, and then their followers

Opened = TypeVar("Opened")


def kept(loaders: Loaders) -> Loaders:
    """The same loaders, each version opened once."""
    models = KeptModels(loaders)
    return Loaders(classifiers=models, forecasters=models, baselines=models)


class KeptModels:
    """Ports ClassifierLoader, ForecasterLoader and BaselinesLoader over others."""

    def __init__(self, loaders: Loaders) -> None:
        self._loaders = loaders
        self._kept: OrderedDict[tuple[str, str], Any] = OrderedDict()
        self._lock = Lock()  # requests come on several threads, and one opens for all

    def load(self, model: ServingModel) -> Classifier:
        """As the loader behind it."""
        return self._once(model, self._loaders.classifiers.load)

    def load_forecaster(self, model: ServingModel) -> Forecaster:
        """As the loader behind it."""
        return self._once(model, self._loaders.forecasters.load_forecaster)

    def load_baselines(self, model: ServingModel) -> Baselines:
        """As the loader behind it."""
        return self._once(model, self._loaders.baselines.load_baselines)

    def _once(self, model: ServingModel, opening: Callable[[ServingModel], Opened]) -> Opened:
        key = model.version, model.sha256
        with self._lock:
            if key not in self._kept:
                self._kept[key] = opening(model)
            self._kept.move_to_end(key)
            while len(self._kept) > MOST:
                self._kept.popitem(last=False)
            found: Opened = self._kept[key]
            return found
