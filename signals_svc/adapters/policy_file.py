"""The numbers of acceptance.yaml."""

from importlib import resources

import yaml

from signals_svc.domain.forecast_gate import ForecastPolicy


def forecast_policy() -> ForecastPolicy:
    """What the package ships. Raises TypeError where a number is missing or unknown."""
    text = resources.files("signals_svc").joinpath("acceptance.yaml").read_text("utf-8")
    return ForecastPolicy(**yaml.safe_load(text))
