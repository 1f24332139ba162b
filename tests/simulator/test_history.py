"""The history is a pure function of the seed, and later days never touch earlier ones."""

import hashlib
from dataclasses import fields
from datetime import UTC, date, datetime, timedelta

import numpy as np

from stack.simulator.flaws import Flaws
from stack.simulator.history import DEMO_LAST_DAY, History, begin_history, extend, horizon
from stack.simulator.prints import Sales, take
from stack.simulator.second_market import ShopSales
from stack.simulator.settings import Dirt
from stack.simulator.universe import Universe

SOME_WEEKS_IN = date(2024, 11, 15)


def digest(table: Sales | Flaws | ShopSales) -> str:
    columns = hashlib.sha256()
    for field in fields(table):
        columns.update(np.ascontiguousarray(getattr(table, field.name)).tobytes())
    return columns.hexdigest()


def test_same_seed_same_bytes(universe: Universe) -> None:
    first, again = (begin_history(universe, seed=3, through=SOME_WEEKS_IN) for _ in range(2))
    for columns in ("sales", "flaws", "shop"):
        assert digest(getattr(again, columns)) == digest(getattr(first, columns))


def test_dirt_changes_what_is_told_and_no_sale_but_the_shills(universe: Universe) -> None:
    shills = Dirt().model_copy(update={"shills": 0.005})
    dirty, clean = (
        begin_history(universe, seed=3, through=SOME_WEEKS_IN, dirt=dirt)
        for dirt in (shills, Dirt.none())
    )
    honest = np.flatnonzero(~dirty.sales.shill)
    assert 0 < len(dirty.sales.item) - len(honest) < 0.05 * len(honest)
    assert digest(take(dirty.sales, honest)) == digest(clean.sales)
    assert digest(dirty.flaws) != digest(clean.flaws)


def test_another_seed_another_history(universe: Universe) -> None:
    first, second = (begin_history(universe, seed=s, through=SOME_WEEKS_IN) for s in (1, 2))
    assert digest(first.sales) != digest(second.sales)


def test_a_longer_history_keeps_the_shorter_one(universe: Universe, two_years: History) -> None:
    short = begin_history(universe, seed=two_years.seed, through=SOME_WEEKS_IN, dirt=two_years.dirt)
    prefix = take(two_years.sales, np.arange(len(short.sales.item)))
    assert digest(prefix) == digest(short.sales)


def test_extending_day_by_day_equals_drawing_at_once(universe: Universe) -> None:
    at_once = begin_history(universe, seed=3, through=SOME_WEEKS_IN)
    grown = begin_history(universe, seed=3, through=SOME_WEEKS_IN - timedelta(days=5))
    for days_left in (4, 3, 2, 1, 0):
        grown = extend(grown, universe, through=SOME_WEEKS_IN - timedelta(days=days_left))
    for columns in ("sales", "flaws", "shop"):
        assert digest(getattr(grown, columns)) == digest(getattr(at_once, columns))
    assert (grown.values == at_once.values).all()


def test_extending_to_the_past_changes_nothing(universe: Universe) -> None:
    history = begin_history(universe, seed=3, through=SOME_WEEKS_IN)
    assert extend(history, universe, through=date(2024, 10, 3)) is history


def test_horizon_is_today_but_never_before_the_end_of_the_demo() -> None:
    assert horizon(datetime(2025, 1, 1, tzinfo=UTC)) == DEMO_LAST_DAY
    assert horizon(datetime(2027, 1, 1, 23, 59, tzinfo=UTC)) == date(2027, 1, 1)


def test_sales_are_sorted_numbered_once_and_cover_every_instrument(two_years: History) -> None:
    sales = two_years.sales
    assert (np.lexsort((sales.item, sales.second)) == np.arange(len(sales.item))).all()
    assert len(np.unique(sales.item)) == len(sales.item)
    instruments = sales.card.astype(np.int64) * 4 + sales.grade
    assert (np.bincount(instruments, minlength=240) >= 30).all()


def test_volume_is_worth_ingesting_and_quick(two_years: History) -> None:
    assert 50_000 <= len(two_years.sales.item) <= 90_000
