"""How much of what can be known of the simulated market the trees recover, out of fold.

One oracle sees the hidden factor at the end of the day, fashion of card and set; another sees the
base and the premium too. The platform sees prints. All are ranked against what a buyer at the next
sale earns in 90 days.
"""

from datetime import timedelta

import numpy as np
import polars as pl
import pytest

from kernel.db.market import BAR_SCHEMA
from kernel.ids import CardId
from signals_svc.adapters.lightgbm_quantiles import LightGbmQuantiles
from signals_svc.domain.arrays import Floats
from signals_svc.domain.bars import bars_of
from signals_svc.domain.cross_section import CardFacts
from signals_svc.domain.decisions import Decisions
from signals_svc.domain.forecast_scores import bought_ic
from signals_svc.usecases.forecasts_out_of_fold import trees_out_of_fold
from signals_svc.usecases.learn import History
from signals_svc.usecases.learn_forecasts import TooShort, windows_of_history
from stack.simulator import history as simulated
from stack.simulator import process
from stack.simulator.history import DAY_STREAM, DEMO_LAST_DAY, FIRST_DAY, START_STREAM
from stack.simulator.process import BASE_PULL, CARD_FASHION, PREMIUM_PULL, SET_FASHION, MarketState
from stack.simulator.settings import Dirt
from stack.simulator.universe import EPOCH, GRADES, Universe, load_universe

SEED, CARDS = 11, 400  # as many as the demo has: of fewer, trees learn too little
HORIZON = 90
LEAST_SHARE = 0.5  # of an oracle's rank IC


@pytest.fixture(scope="module")
def universe() -> Universe:
    return load_universe(cards=CARDS)


def prints(universe: Universe) -> History:
    """Closes of each day, gross errors left out as outliers are, known at its end."""
    sales = simulated.begin_history(
        universe, seed=SEED, through=DEMO_LAST_DAY, dirt=Dirt.none()
    ).sales
    told = pl.DataFrame(
        {
            "card_id": [universe.products[card].card_id for card in sales.card],
            "grade_code": [GRADES[grade] for grade in sales.grade],
            "day": sales.second // 86_400,
            "second": sales.second,
            "cents": sales.cents,
            "odd": sales.outlier,
        }
    ).filter(~pl.col("odd"))
    bars = (
        told.sort("second")
        .group_by("card_id", "grade_code", "day", maintain_order=True)
        .agg(
            pl.col("cents").first().alias("open_cents"),
            pl.col("cents").max().alias("high_cents"),
            pl.col("cents").min().alias("low_cents"),
            pl.col("cents").last().alias("close_cents"),
            pl.len().alias("volume"),
        )
        .with_columns(day=pl.lit(EPOCH) + pl.duration(days=pl.col("day")), kind=pl.lit("trade"))
        .with_columns(known_at=(pl.col("day") + pl.duration(days=1)).cast(BAR_SCHEMA["known_at"]))
    )
    catalog = {
        CardId(product.card_id): CardFacts(
            product.set_id, EPOCH + timedelta(days=int(universe.release[place]))
        )
        for place, product in enumerate(universe.products)
    }
    return History(DEMO_LAST_DAY, bars_of(bars), catalog)


def oracle(universe: Universe) -> dict[int, tuple[Floats, Floats]]:
    """By day since 1970 the return that fashion lets expect, and all that is hidden,
    [card, grade].

    The state of a day draws before its sales do, so it comes without them.
    """
    state = process.first_state(universe, np.random.default_rng([SEED, START_STREAM]))
    told = {}
    for number in range((FIRST_DAY - EPOCH).days, (DEMO_LAST_DAY - EPOCH).days + 1):
        state = process.step(state, universe, np.random.default_rng([SEED, DAY_STREAM, number]))
        told[number] = expected(state, universe)
    return told


def expected(state: MarketState, universe: Universe) -> tuple[Floats, Floats]:
    keep = np.exp(-HORIZON / process.FASHION_MEMORY_DAYS)
    angle = HORIZON * state.turn
    ahead = keep * (np.cos(angle) * state.swing + np.sin(angle) * state.pace) - state.swing
    own, sets = ahead[:CARDS], ahead[CARDS:]
    fashion = CARD_FASHION * own + SET_FASHION * sets[universe.set_index]
    pulled = 1.0 - (1.0 - BASE_PULL) ** HORIZON
    value = fashion + pulled * (universe.log_level[:, 0] - state.base)
    usual = universe.log_level[:, 1:] - universe.log_level[:, :1]
    premium = (1.0 - (1.0 - PREMIUM_PULL) ** HORIZON) * (usual - state.premium)
    whole = np.concatenate([value[:, None], value[:, None] + premium], axis=1)
    return np.repeat(fashion[:, None], len(GRADES), axis=1), whole


def test_trees_recover_half_of_the_rank_ic_of_an_oracle_that_sees_the_hidden_factor(
    universe: Universe,
) -> None:
    history = prints(universe)
    found = windows_of_history(history, (HORIZON,))
    assert not isinstance(found, TooShort), found
    examples, folds = found
    rows = np.concatenate([fold.test for fold in folds])
    said = trees_out_of_fold(examples, folds, LightGbmQuantiles())[:, 0, 1]
    places = {product.card_id: place for place, product in enumerate(universe.products)}
    hidden = oracle(universe)
    named = [history.versions.instruments[slot] for slot in examples.slots[rows].tolist()]
    instruments = [(places[one.card_id], GRADES.index(one.grade_code)) for one in named]
    by_fashion, by_all = np.array(
        [
            [one[place] for one in hidden[day]]
            for day, place in zip(examples.days[rows].tolist(), instruments, strict=True)
        ]
    ).T
    at = Decisions(examples.days[rows], examples.slots[rows], HORIZON)
    ours, factor, whole = (
        bought_ic(at, one, examples.outcomes[rows, 0], examples.entries[rows])
        for one in (said, by_fashion, by_all)
    )
    assert ours is not None
    assert factor is not None
    assert whole is not None
    told = f"trees {ours.value:.3f}, factor {factor.value:.3f}, all {whole.value:.3f}"
    print(told)
    assert 0.3 < factor.value < whole.value, "there is something to know"
    assert ours.value >= LEAST_SHARE * factor.value, told
    assert ours.value >= LEAST_SHARE * whole.value, told
