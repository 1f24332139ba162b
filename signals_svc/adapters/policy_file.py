"""The numbers of acceptance.yaml."""

from importlib import resources
from typing import Any

import yaml

from signals_svc.domain.acceptance import ClassifierPolicy
from signals_svc.domain.forecast_gate import ForecastPolicy
from signals_svc.domain.measures import MonitoringPolicy


def forecast_policy() -> ForecastPolicy:
    """What a horizon needs. Raises TypeError where a number is missing or unknown."""
    return ForecastPolicy(**_numbers("forecaster"))


def classifier_policy() -> ClassifierPolicy:
    """What a classifier needs. Raises TypeError as above."""
    return ClassifierPolicy(**_numbers("classifier"))


def monitoring_policy() -> MonitoringPolicy:
    """The bounds of what is watched. Raises TypeError as above."""
    return MonitoringPolicy(**_numbers("monitoring"))


def _numbers(section: str) -> dict[str, Any]:
    text = resources.files("signals_svc").joinpath("acceptance.yaml").read_text("utf-8")
    numbers: dict[str, Any] = yaml.safe_load(text)[section]
    return numbers
