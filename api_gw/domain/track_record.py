"""What came of signals, as rates with their 95 % intervals. What was said and what was replayed
are two records, and nothing here takes both.

Signals of one day share a market and neighbouring days share their outcomes, so intervals come
from drawing whole blocks of days, as long as the time that is scored, and are never narrower than
those of as many independent signals. Of fewer than LEAST_SPANS such times that says nothing: the
market did one thing. Then cards are drawn instead, and the interval says so: it tells how it might
have been with other cards in these weeks, and nothing of other weeks.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import groupby, pairwise
from typing import Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

DRAWS = 2_000
SEED = 20240229
LOW, HIGH = 0.025, 0.975
Z = 1.959963984540054  # standard normal quantile of HIGH
LEAST_SPANS = 3
LEAST_CARDS = 10  # buckets of cards, below which nothing is drawn
FEWEST_A_DAY = 10  # instruments, below which a day's ranks say nothing


Over = Literal["days", "cards"]  # what was drawn for an interval


class Cell(NamedTuple):
    """Scored signals of a group and one decision day, or one bucket of cards, counted and summed.

    `acted` are BUY and SELL; `net` is the sum of their returns, fees paid. `ic` correlates the
    ranks of what was expected with those of what a buyer at the next sale got, of `ranked` signals.
    """

    unit: date | int
    signals: int
    came_true: int
    conviction: float
    acted: int
    acted_true: int
    net: float
    ranked: int
    ic: float | None


class Group(NamedTuple):
    """Cells of a group: all, or one of a kind (action, bin, model, set, tier)."""

    kind: str
    name: str
    days: tuple[Cell, ...]  # in their order
    cards: tuple[Cell, ...]  # in their order; ranks are of days alone


class Figure(NamedTuple):
    """A value of `n` signals and `days` decision days with its 95 % interval, where it has one."""

    n: int
    days: int
    value: float | None = None
    low: float | None = None
    high: float | None = None
    over: Over | None = None


DECIMALS = 6  # sums of the database come in any order


class Bounds(NamedTuple):
    """An interval and what was drawn for it."""

    low: float
    high: float
    over: Over


def figure_of(n: int, days: int, value: float, bounds: Bounds | None) -> Figure:
    """As it is told."""
    if bounds is None:
        return Figure(n, days, round(value, DECIMALS))
    low, high = round(bounds.low, DECIMALS), round(bounds.high, DECIMALS)
    return Figure(n, days, round(value, DECIMALS), low, high, bounds.over)


class Bin(NamedTuple):
    """Signals of like conviction: its mean, and how often they came true."""

    conviction: float
    came_true: Figure


class Month(NamedTuple):
    """Rank correlation of one month's decision days."""

    month: str
    ic: Figure


class Named(NamedTuple):
    """The figures of one group."""

    name: str
    hit_rate: Figure
    came_true: Figure
    net_return: Figure
    ic: Figure


@dataclass(frozen=True)
class Record:
    """All that is told of signals of one origin; `outcomes` counts also what has no score."""

    first_day: date | None
    last_day: date | None
    spans: int
    outcomes: dict[str, int]
    overall: Named
    by_action: tuple[Named, ...]
    reliability: tuple[Bin, ...]
    ic_by_month: tuple[Month, ...]
    by_model: tuple[Named, ...]
    by_set: tuple[Named, ...]
    by_tier: tuple[Named, ...]


def record_of(groups: Sequence[Group], outcomes: dict[str, int], *, after_days: int) -> Record:
    """The record of one origin, from its groups."""
    kinds = {kind: [one for one in groups if one.kind == kind] for kind in KINDS}
    every = next(iter(kinds["all"]), Group("all", "", (), ()))
    days = [cell.unit for cell in every.days if isinstance(cell.unit, date)]
    draws = Draws(days, [cell.unit for cell in every.cards], after_days)
    return Record(
        first_day=days[0] if days else None,
        last_day=days[-1] if days else None,
        spans=draws.spans,
        outcomes=outcomes,
        overall=_named("all", every, draws),
        by_action=tuple(_named(one.name, one, draws) for one in kinds["action"]),
        reliability=tuple(_bin(one, draws) for one in kinds["bin"]),
        ic_by_month=tuple(_months(every, after_days)),
        by_model=tuple(_named(one.name, one, draws) for one in kinds["model"]),
        by_set=tuple(_named(one.name, one, draws) for one in kinds["set"]),
        by_tier=tuple(_named(one.name, one, draws) for one in kinds["tier"]),
    )


KINDS = ("all", "action", "bin", "model", "set", "tier")
Parts = Callable[[Cell], float]


class Draws:
    """Decision days, or else cards, drawn again and again; the same draws for all figures."""

    def __init__(self, days: Sequence[date], cards: Sequence[date | int], after_days: int) -> None:
        gaps = [(later - earlier).days for earlier, later in pairwise(days)]
        step = int(np.median(gaps)) if gaps else after_days
        block = max(1, -(-after_days // max(step, 1)))
        self.spans = len(days) // block
        self.over: Over | None = None
        if self.spans >= LEAST_SPANS:
            self.over = "days"
        elif len(cards) >= LEAST_CARDS:
            self.over = "cards"
        units = days if self.over == "days" else cards
        self._place = {unit: place for place, unit in enumerate(units)}
        self._weights = _drawn(len(units), block if self.over == "days" else 1)

    def of(self, group: Group) -> tuple[Cell, ...]:
        """The cells of the group that are drawn."""
        return group.days if self.over == "days" else group.cards

    def ratio(self, cells: Sequence[Cell], top: Parts, bottom: Parts) -> Bounds | None:
        """Interval of sum(top) / sum(bottom) over the cells; None where nothing may be drawn."""
        if self.over is None or not cells:
            return None
        drawn = self._weights[:, [self._place[cell.unit] for cell in cells]]
        above, below = (drawn @ np.array([part(cell) for cell in cells]) for part in (top, bottom))
        some = below > 0
        if not some.any():
            return None
        low, high = np.quantile(above[some] / below[some], [LOW, HIGH])
        return Bounds(float(low), float(high), self.over)


def _drawn(units: int, block: int) -> Floats:
    """[DRAWS, units]: how often each unit is in a draw of blocks of neighbours that go round."""
    weights = np.zeros((DRAWS, units))
    if units:
        random = np.random.default_rng(SEED)
        starts = random.integers(0, units, (DRAWS, -(-units // block)))
        places = ((starts[:, :, None] + np.arange(block)) % units).reshape(DRAWS, -1)[:, :units]
        np.add.at(weights, (np.repeat(np.arange(DRAWS), units), places.reshape(-1)), 1.0)
    return weights


def _named(name: str, group: Group, draws: Draws) -> Named:
    return Named(
        name,
        hit_rate=_rate(group, draws, lambda c: c.acted_true, lambda c: c.acted),
        came_true=_rate(group, draws, lambda c: c.came_true, lambda c: c.signals),
        net_return=_mean(group, draws, lambda c: c.net, lambda c: c.acted),
        ic=_ic(group, draws),
    )


def _bin(group: Group, draws: Draws) -> Bin:
    signals = sum(cell.signals for cell in group.days)
    conviction = sum(cell.conviction for cell in group.days) / signals
    came_true = _rate(group, draws, lambda c: c.came_true, lambda c: c.signals)
    return Bin(round(conviction, DECIMALS), came_true)


def _months(group: Group, after_days: int) -> Iterable[Month]:
    for month, of_month in groupby(group.days, key=lambda cell: f"{cell.unit:%Y-%m}"):
        mine = Group("month", month, tuple(of_month), ())
        days = [cell.unit for cell in mine.days if isinstance(cell.unit, date)]
        yield Month(month, _ic(mine, Draws(days, (), after_days)))


def _rate(group: Group, draws: Draws, top: Parts, bottom: Parts) -> Figure:
    figure = _mean(group, draws, top, bottom)
    if figure.value is None or figure.low is None or figure.high is None or figure.over is None:
        return figure
    low, high = wilson(figure.value, figure.n)
    bounds = Bounds(min(low, figure.low), max(high, figure.high), figure.over)
    return figure_of(figure.n, figure.days, figure.value, bounds)


def wilson(share: float, n: int) -> tuple[float, float]:
    """Interval of a share of `n` independent cases."""
    middle = (share + Z**2 / (2 * n)) / (1 + Z**2 / n)
    half = Z / (1 + Z**2 / n) * float(np.sqrt(share * (1 - share) / n + Z**2 / (4 * n**2)))
    return max(0.0, middle - half), min(1.0, middle + half)


def _mean(group: Group, draws: Draws, top: Parts, bottom: Parts) -> Figure:
    n = int(sum(bottom(cell) for cell in group.days))
    days = sum(bottom(cell) > 0 for cell in group.days)
    if not n:
        return Figure(0, 0)
    value = sum(top(cell) for cell in group.days) / n
    return figure_of(n, days, value, draws.ratio(draws.of(group), top, bottom))


def _ic(group: Group, draws: Draws) -> Figure:
    """Mean of the days' correlations; days of too few signals or of one forecast have none."""
    told = [cell for cell in group.days if cell.ic is not None and cell.ranked >= FEWEST_A_DAY]
    if not told:
        return Figure(0, 0)
    bounds = None
    if draws.over == "days":
        bounds = draws.ratio(told, lambda c: c.ic or 0.0, lambda _: 1.0)
    value = sum(cell.ic or 0.0 for cell in told) / len(told)
    return figure_of(sum(cell.ranked for cell in told), len(told), value, bounds)
