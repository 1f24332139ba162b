"""Stores of a small market, and the commands as a person gives them."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner, Result

from backtest_svc.app import command_line
from tests.fixtures.postgres import DatabaseUrls
from tests.signals_svc.market_builder import Bar, seed_cards, walk, write_bars

RULE = """UNIVERSE grade = raw
IF momentum(20) > 2% THEN BUY 20% OF EQUITY
IF momentum(20) < -2% OR holding_days > 40 THEN SELL ALL
RANK BY momentum(20)
"""
Run = Callable[..., Result]


def bars(seed: int = 1) -> list[Bar]:
    rng = np.random.default_rng(seed)
    return [
        bar
        for n in range(6)
        for grade in ("raw", "psa10")
        for bar in walk(f"card{n}", grade, days=600, step=3, drift=0.0, sigma=0.03, rng=rng)
    ]


@pytest.fixture
def market(database: DatabaseUrls, monkeypatch: pytest.MonkeyPatch) -> DatabaseUrls:
    """Six cards in two grades, a sale every three days for 600 days from 2024-01-01."""
    seed_cards(database, [f"card{n}" for n in range(6)], cards_a_set=3)
    write_bars(database, bars())
    monkeypatch.setenv("BACKTEST_SVC_DATABASE_URL", database.backtest_svc)
    return database


@pytest.fixture
def run(tmp_path: Path) -> Run:
    """A command on the rule, with the days of the year 2025."""
    rule_file = tmp_path / "rule.txt"
    rule_file.write_text(RULE)

    def given(command: str, *options: str, rule: str = RULE) -> Result:
        rule_file.write_text(rule)
        days = ["--from", "2025-03-01", "--to", "2025-08-15"]
        arguments = ["job", command, str(rule_file), *days, *options]
        return CliRunner().invoke(command_line(), arguments)

    return given
