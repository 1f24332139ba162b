"""The expectations of features that their contract names."""

from importlib import resources

import yaml

from kernel.expectations import Expectation


def features_suite() -> list[Expectation]:
    """What the package ships beside the table."""
    contracts = resources.files("signals_svc").joinpath("contracts")
    contract = yaml.safe_load(contracts.joinpath("features_daily.yaml").read_text("utf-8"))
    return [Expectation(one["expect"], one["with"], one["why"]) for one in contract["quality"]]
