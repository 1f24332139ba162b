"""Which of the simple forecasts is the best at a horizon: the least pinball loss out of fold."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from signals_svc.domain.arrays import Floats
from signals_svc.domain.forecast_scores import coverage, pinball


@dataclass(frozen=True)
class HorizonContest:
    """Each forecast's loss and the share of outcomes in its band, on the same rows."""

    horizon_days: int
    rows: int
    best: str
    pinball: Mapping[str, float]
    coverage: Mapping[str, float]

    @property
    def words(self) -> str:
        """The outcome with its numbers, for people."""
        ordered = sorted(self.pinball, key=lambda name: self.pinball[name])
        losses = ", ".join(f"{name} {self.pinball[name]:.4f}" for name in ordered)
        return f"{self.best} (pinball {losses}, its band holds {self.coverage[self.best]:.1%})"

    def figures(self) -> dict[str, Any]:
        """The same for files."""
        return asdict(self)


def hold_contest(
    said: Mapping[str, Floats], outcomes: Floats, *, horizon_days: int
) -> HorizonContest:
    """`said`: quantiles [n, 3] by name; rows whose outcome is not known do not count."""
    some = np.isfinite(outcomes)
    losses = {
        name: float(pinball(told[some], outcomes[some]).mean()) for name, told in said.items()
    }
    return HorizonContest(
        horizon_days=horizon_days,
        rows=int(some.sum()),
        best=min(losses, key=lambda name: losses[name]),
        pinball=losses,
        coverage={name: coverage(told[some], outcomes[some]) for name, told in said.items()},
    )
