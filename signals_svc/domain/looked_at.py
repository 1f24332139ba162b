"""What a sequence forecaster looked at: shares of its attention, which are no causes."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from signals_svc.domain.arrays import Floats
from signals_svc.domain.weekly import AHEAD, FIXED, PAST, WEEKS


@dataclass(frozen=True)
class LookedAt:
    """Shares by input: of the past's, the future's and the fixed ones; each group sums to 1.

    `weeks` are shares of the attention to past weeks, the newest first, of those that were there.
    """

    past: dict[str, float]
    ahead: dict[str, float]
    fixed: dict[str, float]
    weeks: tuple[float, ...]


def looked_at(
    past: Floats, ahead: Floats, fixed: Floats, attention: Floats, *, weeks: int
) -> LookedAt:
    """Of one window; `attention` [WEEKS + STEPS], a mean over the steps, of which the first `weeks`
    were there.
    """
    to_weeks = attention[:weeks]
    total = float(to_weeks.sum())
    newest_first = to_weeks[::-1] / total if total else to_weeks[::-1]
    return LookedAt(
        past=_named(PAST, past),
        ahead=_named(AHEAD, ahead),
        fixed=_named(FIXED, fixed),
        weeks=tuple(float(share) for share in newest_first),
    )


def mean_of(many: Sequence[LookedAt]) -> dict[str, float]:
    """Mean shares by group and name; `week.1` is the newest."""
    found: dict[str, float] = {}
    for group in ("past", "ahead", "fixed"):
        for name in getattr(many[0], group):
            found[f"{group}.{name}"] = float(np.mean([getattr(one, group)[name] for one in many]))
    for week in range(WEEKS):
        shares = [one.weeks[week] if week < len(one.weeks) else 0.0 for one in many]
        found[f"week.{week + 1}"] = float(np.mean(shares))
    return found


def _named(names: Sequence[str], shares: Floats) -> dict[str, float]:
    return {name: float(share) for name, share in zip(names, shares, strict=True)}
