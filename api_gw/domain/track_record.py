"""What came of signals, as rates with their 95 % intervals. What was said and what was replayed
are two records, and nothing here takes both.

Signals of one day share a market and neighbouring days share their outcomes, so intervals come
from drawing whole blocks of days, as long as the time that is scored, and are never narrower than
those of as many independent signals. Of fewer than LEAST_SPANS such times there is no interval:
the market did one thing, and nobody knows what else it might have done.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import groupby, pairwise
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

DRAWS = 2_000
SEED = 20240229
LOW, HIGH = 0.025, 0.975
Z = 1.959963984540054  # standard normal quantile of HIGH
LEAST_SPANS = 3
FEWEST_A_DAY = 10  # instruments, below which a day's ranks say nothing


class Cell(NamedTuple):
    """Scored signals of one decision day and group, counted and summed.

    `acted` are BUY and SELL; `net` is the sum of their returns, fees paid. `ic` correlates the
    ranks of what was expected with those of what a buyer at the next sale got, of `ranked` signals.
    """

    day: date
    signals: int
    came_true: int
    conviction: float
    acted: int
    acted_true: int
    net: float
    ranked: int
    ic: float | None


class Group(NamedTuple):
    """Cells of a group: all, or one of a kind (action, bin, model, set, tier); in order of days."""

    kind: str
    name: str
    cells: tuple[Cell, ...]


class Figure(NamedTuple):
    """A value of `n` signals and `days` decision days with its 95 % interval, where it has one."""

    n: int
    days: int
    value: float | None
    low: float | None
    high: float | None


DECIMALS = 6  # sums of the database come in any order


def figure_of(n: int, days: int, value: float, bounds: tuple[float, float] | None) -> Figure:
    """As it is told."""
    low, high = (None, None) if bounds is None else (round(one, DECIMALS) for one in bounds)
    return Figure(n, days, round(value, DECIMALS), low, high)


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
    every = next((one.cells for one in kinds["all"]), ())
    days = [cell.day for cell in every]
    draws = Draws(days, after_days)
    return Record(
        first_day=days[0] if days else None,
        last_day=days[-1] if days else None,
        spans=draws.spans,
        outcomes=outcomes,
        overall=_named("all", every, draws),
        by_action=tuple(_named(one.name, one.cells, draws) for one in kinds["action"]),
        reliability=tuple(_bin(one.cells, draws) for one in kinds["bin"]),
        ic_by_month=tuple(_months(every, after_days)),
        by_model=tuple(_named(one.name, one.cells, draws) for one in kinds["model"]),
        by_set=tuple(_named(one.name, one.cells, draws) for one in kinds["set"]),
        by_tier=tuple(_named(one.name, one.cells, draws) for one in kinds["tier"]),
    )


KINDS = ("all", "action", "bin", "model", "set", "tier")


class Draws:
    """Decision days drawn again and again in blocks; the same draws for all figures."""

    def __init__(self, days: Sequence[date], after_days: int) -> None:
        self._place = {day: place for place, day in enumerate(days)}
        gaps = [(later - earlier).days for earlier, later in pairwise(days)]
        step = int(np.median(gaps)) if gaps else after_days
        block = max(1, -(-after_days // max(step, 1)))
        self.spans = len(days) // block
        self._weights = self._drawn(len(days), block) if self.spans >= LEAST_SPANS else None

    def ratio(
        self, cells: Sequence[Cell], top: Floats, bottom: Floats
    ) -> tuple[float, float] | None:
        """Interval of sum(top) / sum(bottom), an entry a cell; None of too few spans."""
        if self._weights is None:
            return None
        places = [self._place[cell.day] for cell in cells]
        drawn = self._weights[:, places]
        below = drawn @ bottom
        some = below > 0
        if not some.any():
            return None
        low, high = np.quantile((drawn @ top)[some] / below[some], [LOW, HIGH])
        return float(low), float(high)

    @staticmethod
    def _drawn(days: int, block: int) -> Floats:
        """[DRAWS, days]: how often each day is in a draw of blocks that go round."""
        random = np.random.default_rng(SEED)
        starts = random.integers(0, days, (DRAWS, -(-days // block)))
        places = ((starts[:, :, None] + np.arange(block)) % days).reshape(DRAWS, -1)[:, :days]
        weights = np.zeros((DRAWS, days))
        np.add.at(weights, (np.repeat(np.arange(DRAWS), days), places.reshape(-1)), 1.0)
        return weights


def _named(name: str, cells: Sequence[Cell], draws: Draws) -> Named:
    return Named(
        name,
        hit_rate=_rate(cells, draws, [c.acted_true for c in cells], [c.acted for c in cells]),
        came_true=_rate(cells, draws, [c.came_true for c in cells], [c.signals for c in cells]),
        net_return=_mean(cells, draws, [c.net for c in cells], [c.acted for c in cells]),
        ic=_ic(cells, draws),
    )


def _bin(cells: Sequence[Cell], draws: Draws) -> Bin:
    signals = sum(cell.signals for cell in cells)
    came_true = _rate(cells, draws, [c.came_true for c in cells], [c.signals for c in cells])
    conviction = sum(cell.conviction for cell in cells) / signals
    return Bin(round(conviction, DECIMALS), came_true)


def _months(cells: Sequence[Cell], after_days: int) -> Iterable[Month]:
    for month, of_month in groupby(cells, key=lambda cell: f"{cell.day:%Y-%m}"):
        mine = tuple(of_month)
        yield Month(month, _ic(mine, Draws([cell.day for cell in mine], after_days)))


def _rate(cells: Sequence[Cell], draws: Draws, top: list[int], bottom: list[int]) -> Figure:
    figure = _mean(cells, draws, top, bottom)
    if figure.value is None or figure.low is None or figure.high is None:
        return figure
    low, high = wilson(figure.value, figure.n)
    bounds = (min(low, figure.low), max(high, figure.high))
    return figure_of(figure.n, figure.days, figure.value, bounds)


def wilson(share: float, n: int) -> tuple[float, float]:
    """Interval of a share of `n` independent cases."""
    middle = (share + Z**2 / (2 * n)) / (1 + Z**2 / n)
    half = Z / (1 + Z**2 / n) * float(np.sqrt(share * (1 - share) / n + Z**2 / (4 * n**2)))
    return max(0.0, middle - half), min(1.0, middle + half)


def _mean(
    cells: Sequence[Cell], draws: Draws, top: Sequence[float], bottom: Sequence[int]
) -> Figure:
    n, days = sum(bottom), sum(one > 0 for one in bottom)
    if not n:
        return Figure(0, 0, None, None, None)
    bounds = draws.ratio(cells, np.array(top, np.float64), np.array(bottom, np.float64))
    return figure_of(n, days, float(np.sum(top)) / n, bounds)


def _ic(cells: Sequence[Cell], draws: Draws) -> Figure:
    """Mean of the days' correlations; days of too few signals or of one forecast have none."""
    told = [
        (cell, cell.ic) for cell in cells if cell.ic is not None and cell.ranked >= FEWEST_A_DAY
    ]
    if not told:
        return Figure(0, 0, None, None, None)
    each = np.array([ic for _, ic in told])
    bounds = draws.ratio([cell for cell, _ in told], each, np.ones(len(each)))
    signals = sum(cell.ranked for cell, _ in told)
    return figure_of(signals, len(each), float(each.mean()), bounds)
