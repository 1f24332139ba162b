"""Which of the simple forecasts is told at a horizon: the least pinball loss out of fold."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from signals_svc.domain.arrays import Floats
from signals_svc.domain.baselines import TREES
from signals_svc.domain.decisions import Decisions, Interval
from signals_svc.domain.forecast_gate import bought
from signals_svc.domain.forecast_scores import bought_ic, coverage, pinball


@dataclass(frozen=True)
class HorizonContest:
    """Each forecast's loss and the share of outcomes in its band, on the same rows.

    `bought_ic` is the trees' rank IC from the next sale on; what they know beside that is that odd
    prints come back, which nobody can buy.
    """

    horizon_days: int
    rows: int
    best: str
    pinball: Mapping[str, float]
    coverage: Mapping[str, float]
    bought_ic: Interval | None

    @property
    def words(self) -> str:
        """The outcome with its numbers, for people."""
        ordered = sorted(self.pinball, key=lambda name: self.pinball[name])
        losses = ", ".join(f"{name} {self.pinball[name]:.4f}" for name in ordered)
        barred = "" if ordered[0] == self.best else f"{ordered[0]} may not speak, "
        return (
            f"{self.best} ({barred}pinball {losses}, {TREES} {bought(self.bought_ic)},"
            f" its band holds {self.coverage[self.best]:.1%})"
        )

    def figures(self) -> dict[str, Any]:
        """The same for files."""
        return asdict(self)


def hold_contest(
    at: Decisions,
    said: Mapping[str, Floats],
    outcomes: Floats,
    entries: Floats,
    *,
    least_bought_ic: float,
) -> HorizonContest:
    """`said`: quantiles [n, 3] by name; rows whose outcome is not known do not count.

    What was learned may win only if it ranks what a buyer at the next sale earns.
    """
    some = np.isfinite(outcomes)
    losses = {
        name: float(pinball(told[some], outcomes[some]).mean()) for name, told in said.items()
    }
    middle = said[TREES][some, 1]
    earned = bought_ic(at.of(some), middle, outcomes[some], entries[some])
    barred = set() if earned is not None and earned.above(least_bought_ic) else {TREES}
    return HorizonContest(
        horizon_days=at.horizon_days,
        rows=int(some.sum()),
        best=min(losses.keys() - barred, key=lambda name: losses[name]),
        pinball=losses,
        coverage={name: coverage(told[some], outcomes[some]) for name, told in said.items()},
        bought_ic=earned,
    )
