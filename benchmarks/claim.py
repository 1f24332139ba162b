"""What a benchmark says: one measured figure beside its reference, and whether the claim holds."""

import gc
import os
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from statistics import median

SCALE = float(os.environ.get("SCALE", "1"))  # below 1: a trial, whose ratios claim nothing


@dataclass(frozen=True)
class Result:
    """`ours` and `reference` in `unit`. The claim holds when `ratio` reaches `goal`.

    `at_most`: the ratio is a cost, which must not exceed the goal. `aim`: where we want to stand.
    """

    name: str
    ours: float
    reference: float
    goal: float
    unit: str
    against: str
    aim: float | None = None
    at_most: bool = False

    @property
    def ratio(self) -> float:
        """Ours over the reference."""
        return self.ours / self.reference

    @property
    def holds(self) -> bool:
        """Whether the goal is reached."""
        return self.ratio <= self.goal if self.at_most else self.ratio >= self.goal


@dataclass(frozen=True)
class Benchmark:
    """A named measurement that gives one or more results; `large` ones run only when asked for."""

    name: str
    measure: Callable[[], Iterator[Result]]
    large: bool = False


def scaled(rows: int) -> int:
    """So many rows at full size; fewer in a trial."""
    return max(1, int(rows * SCALE))


def seconds(work: Callable[[], object]) -> float:
    """Wall-clock seconds of one call, without a collection of garbage that is not its own."""
    gc.collect()
    begun = time.perf_counter()
    work()
    return time.perf_counter() - begun


def side_by_side(
    ours: Callable[[], object], theirs: Callable[[], object], *, rounds: int = 3
) -> tuple[float, float]:
    """Median seconds of each, taken in turn, so that a busy minute of the machine meets both."""
    pairs = [(seconds(ours), seconds(theirs)) for _ in range(rounds)]
    return median(pair[0] for pair in pairs), median(pair[1] for pair in pairs)
