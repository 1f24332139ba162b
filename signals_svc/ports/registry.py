"""What reads and writes artifacts, of every family."""

from typing import NamedTuple

from signals_svc.ports.forecasters import BaselinesLoader, ForecasterLoader
from signals_svc.ports.models import ClassifierLoader


class Loaders(NamedTuple):
    """Artifacts by family; nothing that was loaded is kept, so a decision counts at once."""

    classifiers: ClassifierLoader
    forecasters: ForecasterLoader
    baselines: BaselinesLoader
