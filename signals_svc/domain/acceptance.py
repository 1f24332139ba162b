"""Whether a classifier has earned to be told: each condition is a number of the policy."""

from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from signals_svc.domain.arrays import Floats, Ints
from signals_svc.domain.decision import ACTIONS
from signals_svc.domain.decisions import Interval
from signals_svc.domain.signal_book import Books


@dataclass(frozen=True)
class ClassifierPolicy:
    """`least_gain` is the share of the prior's log-loss saved; `least_rank_ic` the lower bound of a
    95 % interval; the two `over_held` compare the book of its BUYs with holding every card.
    """

    least_gain: float
    least_better_folds: int
    least_rank_ic: float
    least_sharpe_over_held: float
    most_drawdown_over_held: float
    most_reliability_error: float


@dataclass(frozen=True)
class FoldScore:
    """Mean log-losses in nats on the test rows of one fold."""

    rows: int
    model: float
    prior: float

    @property
    def gain(self) -> float:
        """How much less than the prior's, in nats."""
        return self.prior - self.model


@dataclass(frozen=True)
class Condition:
    """One of the conditions: what it is about, with its numbers, and whether it holds."""

    name: str
    holds: bool
    words: str


@dataclass(frozen=True)
class Verdict:
    """The decision with the numbers it rests on."""

    model: float
    prior: float
    folds: tuple[FoldScore, ...]
    conditions: tuple[Condition, ...]
    ranks: Interval | None
    books: Books | None
    reliability_error: float

    @property
    def accepted(self) -> bool:
        """Whether every condition holds."""
        return all(one.holds for one in self.conditions)

    @property
    def words(self) -> str:
        """Every condition with its numbers, for people."""
        return "; ".join(f"{one.words}: {_said(one.holds)}" for one in self.conditions)

    def figures(self) -> dict[str, Any]:
        """Of the conditions, for files."""
        return {
            "conditions": [asdict(one) for one in self.conditions],
            "rank_ic": asdict(self.ranks) if self.ranks else None,
            "books": asdict(self.books) if self.books else None,
            "reliability_error": self.reliability_error,
        }


def _said(holds: bool) -> str:
    return "passed" if holds else "failed"


def prior_of(labels: Ints) -> Floats:
    """Class frequencies with one more of each, so that none is impossible."""
    counts = np.bincount(labels, minlength=len(ACTIONS)) + 1.0
    prior: Floats = counts / counts.sum()
    return prior


def judge_classifier(
    folds: tuple[FoldScore, ...],
    ranks: Interval | None,
    books: Books | None,
    reliability_error: float,
    policy: ClassifierPolicy,
) -> Verdict:
    """All of it out of fold; what cannot be told does not hold."""
    rows = sum(fold.rows for fold in folds)
    model = sum(fold.model * fold.rows for fold in folds) / rows
    prior = sum(fold.prior * fold.rows for fold in folds) / rows
    conditions = (
        _log_loss(folds, model, prior, policy),
        _rank_ic(ranks, policy),
        *_against_held(books, policy),
        Condition(
            "reliability",
            reliability_error < policy.most_reliability_error,
            f"reliability error {reliability_error:.3f}"
            f" (needs less than {policy.most_reliability_error:g})",
        ),
    )
    return Verdict(model, prior, folds, conditions, ranks, books, reliability_error)


def _log_loss(
    folds: tuple[FoldScore, ...], model: float, prior: float, policy: ClassifierPolicy
) -> Condition:
    better = sum(fold.gain > 0 for fold in folds)
    gain = (prior - model) / prior
    return Condition(
        "log-loss",
        bool(gain >= policy.least_gain and better >= policy.least_better_folds),
        f"out-of-fold log-loss {model:.4f} against the prior's {prior:.4f}:"
        f" {100 * gain:+.1f} % (needs {100 * policy.least_gain:+.1f} %),"
        f" better in {better} of {len(folds)} folds (needs {policy.least_better_folds})",
    )


def _rank_ic(ranks: Interval | None, policy: ClassifierPolicy) -> Condition:
    if ranks is None:
        return Condition("rank IC", False, "rank IC from the next sale on unknown")
    return Condition(
        "rank IC",
        ranks.above(policy.least_rank_ic),
        f"rank IC from the next sale on {ranks.told('.2f')} (needs above {policy.least_rank_ic:g})",
    )


def _against_held(books: Books | None, policy: ClassifierPolicy) -> tuple[Condition, ...]:
    """Who never buys has nothing to compare."""
    if books is None or not books.trades:
        return (
            Condition("Sharpe", False, "no BUY to hold against holding every card"),
            Condition("drawdown", False, "no fall to compare"),
        )
    ours, held = books.signals, books.held
    least, most = policy.least_sharpe_over_held, policy.most_drawdown_over_held
    return (
        Condition(
            "Sharpe",
            ours.sharpe - held.sharpe >= least,
            f"Sharpe of {books.trades} BUYs after fees {ours.sharpe:.2f},"
            f" of holding every card {held.sharpe:.2f} (needs {least:+g} of that)",
        ),
        Condition(
            "drawdown",
            ours.drawdown <= most * held.drawdown,
            f"largest fall {ours.drawdown:.1%}, of holding {held.drawdown:.1%}"
            f" (needs at most {most:g} of that)",
        ),
    )
