"""Whether a forecaster has earned a horizon: each condition is a number of the policy."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from signals_svc.domain.arrays import Floats
from signals_svc.domain.decisions import Decisions, Interval
from signals_svc.domain.forecast_scores import bought_ic, coverage, pinball, rank_ic, skill


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
            f"skill {best.told('+.1%')} over {self.best_baseline},"
            f" rank IC {self.rank_ic.told('.2f')}, {bought(self.bought_ic)},"
            f" band holds {self.coverage:.1%}: {'passed' if self.passed else 'failed'}"
        )

    def figures(self) -> dict[str, Any]:
        """The same for files."""
        return asdict(self)


def judge_horizon(
    at: Decisions,
    quantiles: Floats,
    outcomes: Floats,
    baselines: Mapping[str, Floats],
    entries: Floats,
    *,
    policy: ForecastPolicy,
) -> HorizonVerdict:
    """`quantiles` and each of `baselines` [n, 3] of the same rows, whose outcomes are known;
    `entries` are log returns to the next sale.
    """
    ours = pinball(quantiles, outcomes)
    theirs = {name: pinball(told, outcomes) for name, told in baselines.items()}
    best = min(theirs, key=lambda name: float(theirs[name].mean()))
    skills = {name: skill(at, ours, loss) for name, loss in theirs.items()}
    ranks = rank_ic(at, quantiles[:, 1], outcomes)
    earned = bought_ic(at, quantiles[:, 1], outcomes, entries)
    held = coverage(quantiles, outcomes)
    passed = (
        skills[best].above(policy.least_skill)
        and ranks.above(policy.least_rank_ic)
        and earned is not None
        and earned.above(policy.least_bought_ic)
        and policy.least_coverage <= held <= policy.most_coverage
    )
    return HorizonVerdict(
        horizon_days=at.horizon_days,
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
    return f"from the next sale {ranks.told('.2f')}"
