"""The simulated market is like the recorded ones, and the page that says so is up to date."""

from collections.abc import Mapping
from pathlib import Path

import pytest

from stack.simulator import figures
from stack.simulator.realism import daily_figures, graded_figures, premium_figures
from stack.simulator.universe import load_universe
from tests.simulator.real_series import graded_sales, monthly_quotes, near_mint_days

REAL = {real.name: real for real in figures.real_figures()}


@pytest.fixture(scope="module")
def simulated() -> Mapping[str, float]:
    """Means of three seeds on all cards."""
    return figures.mean_figures(load_universe())


@pytest.mark.parametrize("name", REAL)
def test_figure_is_within_a_quarter_of_the_recorded_one(
    name: str, simulated: Mapping[str, float]
) -> None:
    assert simulated[name] == pytest.approx(REAL[name].value, rel=figures.TOLERANCE)


def test_every_measured_figure_has_a_recorded_one(simulated: Mapping[str, float]) -> None:
    assert set(simulated) == set(REAL)


def test_the_page_shows_what_is_measured(simulated: Mapping[str, float]) -> None:
    page = figures.PAGE.read_text(encoding="utf-8")
    again = figures.filled(page, simulated)
    assert page == again, "run python -m stack.simulator.figures"


def test_recorded_figures_come_from_the_recorded_series(shared_data: Path) -> None:
    slabs, days, quotes = (
        graded_sales(shared_data),
        near_mint_days(shared_data),
        monthly_quotes(shared_data),
    )
    found = {
        name: (value, frame.height)
        for measure, frame in (
            (graded_figures, slabs),
            (daily_figures, days),
            (premium_figures, quotes),
        )
        for name, value in measure(frame).items()
    }
    assert {name: rows for name, (_, rows) in found.items()} == {
        name: real.rows for name, real in REAL.items()
    }
    for name, (value, _) in found.items():
        assert value == pytest.approx(REAL[name].value, abs=5e-5), name


def test_the_measured_cards_are_on_sale() -> None:
    assert figures.measured_cards() <= {p.card_id for p in load_universe().products}
