"""Whether a forecaster has earned a horizon: each condition is a number of the policy."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from signals_svc.domain.arrays import Floats, Ints
from signals_svc.domain.forecast_scores import (
    Interval,
    bought_ic,
    coverage,
    pinball,
    rank_ic,
    skill,
)


@dataclass(frozen=True)
class ForecastPolicy:
    """What a horizon needs. Skill and rank ICs are lower bounds of their 95 % intervals;
    `bought` is measured from the next sale, at which a buyer really buys.
    """

    least_skill: float
    least_rank_ic: float
    least_bought_ic: float
    least_coverage: float
    most_coverage: float


@dataclass(frozen=True)
class HorizonVerdict:
    """A horizon's scores out of fold and whether they suffice."""

    horizon_days: int
    rows: int
    best_baseline: str
    skills: Mapping[str, Interval]  # against each baseline
    rank_ic: Interval
    bought_ic: Interval | None  # None: it cannot be told
    coverage: float
    pinball: float
    passed: bool

    @property
    def words(self) -> str:
        """The verdict with its numbers, for people."""
        best = self.skills[self.best_baseline]
        return (
            f"skill {best.value:+.1%} ({best.low:+.1%} to {best.high:+.1%})"
            f" over {self.best_baseline}, rank IC {self.rank_ic.value:.2f}"
            f" ({self.rank_ic.low:.2f} to {self.rank_ic.high:.2f}), {bought(self.bought_ic)},"
            " band holds"
            f" {self.coverage:.1%}: {'passed' if self.passed else 'failed'}"
        )

    def figures(self) -> dict[str, Any]:
        """The same for files."""
        return asdict(self)


def judge_horizon(
    days: Ints,
    quantiles: Floats,
    outcomes: Floats,
    baselines: Mapping[str, Floats],
    entries: Floats,
    *,
    horizon_days: int,
    policy: ForecastPolicy,
) -> HorizonVerdict:
    """`quantiles` and each of `baselines` [n, 3] of the same rows, whose outcomes are known;
    `entries` are log returns to the next sale.
    """
    ours = pinball(quantiles, outcomes)
    theirs = {name: pinball(told, outcomes) for name, told in baselines.items()}
    best = min(theirs, key=lambda name: float(theirs[name].mean()))
    skills = {
        name: skill(days, ours, loss, horizon_days=horizon_days) for name, loss in theirs.items()
    }
    ranks = rank_ic(days, quantiles[:, 1], outcomes, horizon_days=horizon_days)
    earned = bought_ic(days, quantiles[:, 1], outcomes, entries, horizon_days=horizon_days)
    held = coverage(quantiles, outcomes)
    passed = (
        skills[best].low > policy.least_skill
        and ranks.low > policy.least_rank_ic
        and earned is not None
        and earned.low > policy.least_bought_ic
        and policy.least_coverage <= held <= policy.most_coverage
    )
    return HorizonVerdict(
        horizon_days=horizon_days,
        rows=len(outcomes),
        best_baseline=best,
        skills=skills,
        rank_ic=ranks,
        bought_ic=earned,
        coverage=held,
        pinball=float(np.mean(ours)),
        passed=bool(passed),
    )


def bought(ranks: Interval | None) -> str:
    """The rank IC from the next sale on, in words."""
    if ranks is None:
        return "from the next sale unknown"
    return f"from the next sale {ranks.value:.2f} ({ranks.low:.2f} to {ranks.high:.2f})"
