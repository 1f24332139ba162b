"""Learns a classifier from what was known by the end of a day and judges it out of fold. Pure."""

import hashlib
from dataclasses import asdict, dataclass
from datetime import date
from typing import Any

import numpy as np

from kernel.days import end_of
from kernel.errors import Rejected
from signals_svc.domain.acceptance import ClassifierPolicy, Verdict, judge_classifier
from signals_svc.domain.arrays import Flags, Floats
from signals_svc.domain.artifact import Artifact
from signals_svc.domain.bars import Bars
from signals_svc.domain.calibration import best_temperature
from signals_svc.domain.classifier_inputs import CLASSIFIER_NAMES
from signals_svc.domain.conviction import ConvictionMap
from signals_svc.domain.conviction_fit import fit_conviction
from signals_svc.domain.cross_section import Catalog
from signals_svc.domain.decision import ACTIONS, Action, Policy, Probabilities, action_of
from signals_svc.domain.decisions import Decisions, Interval
from signals_svc.domain.examples import STEP_DAYS, Examples, as_of_days, examples_of
from signals_svc.domain.features import FEATURE_VERSION
from signals_svc.domain.forecast_scores import before_the_outcome, bought_ic
from signals_svc.domain.reliability import error_of, reliability_by_tier, reliability_of
from signals_svc.domain.seen_inputs import Seen, seen_inputs
from signals_svc.domain.series import date_of
from signals_svc.domain.signal_book import Books, Offered, books_of
from signals_svc.domain.walk_forward import MIN_CLASS_ROWS, Fold, folds_of
from signals_svc.ports.models import TrainedModel, Trainer
from signals_svc.usecases.out_of_fold import OutOfFold, out_of_fold
from signals_svc.usecases.read_forecasts import Read

PARITY_ROWS = 1000
PARITY_LIMIT = 1e-5
BUY, SELL = ACTIONS.index("BUY"), ACTIONS.index("SELL")
SHARES_SHOWN = 15  # inputs of a model card's chart


class ParityBroken(Rejected):
    """The export does not say what the trained model says."""

    def __init__(self, difference: float) -> None:
        super().__init__(
            f"the exported model differs from the trained one by {difference:.1e}, more than"
            f" {PARITY_LIMIT:.0e}; nothing was registered, report this with the package versions"
        )
        self.difference = difference


@dataclass(frozen=True)
class TooFewLabels:
    """There is no classifier to judge, and what is missing."""

    missing: str
    rows: int


@dataclass(frozen=True)
class History:
    """What a training may know: every version of the bars by the end of `known_until`."""

    known_until: date
    versions: Bars
    catalog: Catalog


@dataclass(frozen=True)
class Candidate:
    """A classifier nobody has registered yet, how it was judged, and the weeks it learned from."""

    artifact: Artifact
    verdict: Verdict
    rows: int
    days: list[date]
    seen: Seen


@dataclass(frozen=True)
class _Judged:
    """A candidate's verdict, how its convictions are mapped, and how they came true."""

    verdict: Verdict
    conviction: ConvictionMap
    reliability: list[dict[str, Any]]
    tiers: list[dict[str, Any]]


def learn(
    history: History,
    *,
    horizon_days: int,
    policy: Policy,
    gate: ClassifierPolicy,
    trainer: Trainer,
    read: Read,
) -> Candidate | TooFewLabels:
    """On features, and on what the forecaster to be read said out of fold.

    Minutes of computing and no store: nobody waits for a lock or a session meanwhile.
    """
    days = as_of_days(history.versions, history.known_until, horizon_days=horizon_days)
    examples = examples_of(
        history.versions,
        history.catalog,
        days=days,
        known_until=history.known_until,
        horizon_days=horizon_days,
        policy=policy,
        read=read.past,
    )
    folds = folds_of(
        examples.days, examples.labels, examples.label_known_us, horizon_days=horizon_days
    )
    missing = _missing(examples, folds)
    if missing:
        return TooFewLabels(missing, len(examples.labels))
    out = out_of_fold(examples, folds, trainer)
    judged = _judged(examples, out, horizon_days, policy, gate)
    model = trainer.fit(examples.inputs, examples.labels)
    until = history.known_until
    artifact = _artifact(model, examples, out, judged, until, horizon_days, policy, read.version)
    labelled = [date_of(int(day)) for day in np.unique(examples.days)]
    seen = seen_inputs(examples.inputs, horizon_days=horizon_days)
    return Candidate(artifact, judged.verdict, len(examples.labels), labelled, seen)


def _missing(examples: Examples, folds: list[Fold]) -> str:
    """What keeps a classifier from being trained, in words; empty where nothing does."""
    if folds:
        return ""
    weeks = len(np.unique(examples.days))
    counts = np.bincount(examples.labels, minlength=len(ACTIONS))
    labels = ", ".join(f"{n} {action}" for action, n in zip(ACTIONS, counts, strict=True))
    return (
        f"{weeks} as-of weeks with labels are too few for walk-forward folds with an embargo,"
        f" or {labels} are: {MIN_CLASS_ROWS} of each must be known before the first test week;"
        " load a longer history or wait"
    )


def _artifact(
    model: TrainedModel,
    examples: Examples,
    out: OutOfFold,
    judged: _Judged,
    known_until: date,
    horizon_days: int,
    policy: Policy,
    reads: str,
) -> Artifact:
    onnx = model.to_onnx()
    difference = model.parity(onnx, _parity_rows(examples))
    if not difference <= PARITY_LIMIT:
        raise ParityBroken(difference)
    labels = examples.labels[out.rows]
    verdict = judged.verdict
    return Artifact(
        version=f"gbdt-{known_until:%Y%m%d}-{_digest(examples, policy, reads)}",
        feature_version=FEATURE_VERSION,
        reads=reads,
        horizon_days=horizon_days,
        break_even=policy.costs.break_even,
        trained_through=end_of(known_until).isoformat(),
        data_fingerprint=examples.fingerprint,
        inputs=CLASSIFIER_NAMES,
        temperature=best_temperature(out.raw, labels),
        conviction=judged.conviction,
        metrics={
            "accepted": verdict.accepted,
            "verdict": verdict.words,
            "gate": verdict.figures(),
            "log_loss": verdict.model,
            "prior_log_loss": verdict.prior,
            "break_even": policy.costs.break_even,
            "folds": [asdict(score) | {"gain": score.gain} for score in verdict.folds],
            "labels": dict(zip(ACTIONS, np.bincount(labels, minlength=3).tolist(), strict=True)),
            "rows": len(examples.labels),
            "reads": reads,
            "read_share": float(np.isfinite(examples.inputs[:, -1]).mean()),
            "parity": difference,
            "reliability": judged.reliability,
            "tiers": judged.tiers,
            "importance": named_shares(model.importance()),
        },
        onnx=onnx,
        paths=model.paths().to_bytes(),
    )


def _digest(examples: Examples, policy: Policy, reads: str) -> str:
    """Tells apart versions of one day: other examples or features, labels of another meaning."""
    text = f"{examples.fingerprint}|{FEATURE_VERSION}|{policy!r}|{reads}"
    return hashlib.blake2b(text.encode(), digest_size=4).hexdigest()


def _parity_rows(examples: Examples) -> np.ndarray:
    """Rows spread over the history, every fourth with holes, the last wholly missing."""
    step = max(1, len(examples.inputs) // PARITY_ROWS)
    rows = examples.inputs[::step][:PARITY_ROWS].copy()
    rows[::4, ::3] = np.nan
    rows[-1] = np.nan
    return rows


def _judged(
    examples: Examples,
    out: OutOfFold,
    horizon_days: int,
    policy: Policy,
    gate: ClassifierPolicy,
) -> _Judged:
    """The map of convictions learns from the folds before the last; its curve and tiers are of the
    last. Both are of rows with a forecast to read, as every row that will be told has one.
    """
    utilities = [examples.utilities[row] for row in out.rows]
    chances = [Probabilities(*(float(p) for p in row)) for row in out.chances]
    taken: list[Action] = [
        action_of(utility, chance, None, policy)
        for utility, chance in zip(utilities, chances, strict=True)
    ]
    worth = np.array([u.of(action) for u, action in zip(utilities, taken, strict=True)])
    labels = examples.labels[out.rows]
    codes = np.array([ACTIONS.index(action) for action in taken], dtype=np.int64)
    told = examples.told[out.rows]
    past, last = np.flatnonzero(out.taught & told), np.flatnonzero(out.last & told)
    fitted = fit_conviction(codes[past], out.chances[past], worth[past], labels[past])
    convictions = np.array([fitted(taken[i], chances[i], utilities[i]) for i in last])
    came_true = codes[last] == labels[last]
    curve = reliability_of([taken[i] for i in last], convictions, came_true)
    return _Judged(
        verdict=judge_classifier(
            out.scores,
            _ranks(examples, out, horizon_days),
            _books(examples, out, codes == BUY, policy),
            error_of(curve),
            gate,
        ),
        conviction=fitted,
        reliability=curve,
        tiers=reliability_by_tier(examples.sold[out.rows[last]], convictions, came_true),
    )


def _ranks(examples: Examples, out: OutOfFold, horizon_days: int) -> Interval | None:
    """Of P(BUY) - P(SELL) against what a buyer at the next sale earned."""
    rows, leaning = out.rows, out.chances[:, BUY] - out.chances[:, SELL]
    outcomes, entries = examples.outcomes[rows], examples.entries[rows]
    at = Decisions(examples.days[rows], examples.slots[rows], horizon_days)
    return bought_ic(at, leaning, outcomes, entries)


def _books(examples: Examples, out: OutOfFold, buys: Flags, policy: Policy) -> Books | None:
    """BUYs are what people would be told: the forecast it reads is worth it, and it agrees."""
    could = before_the_outcome(examples.outcomes[out.rows], examples.entries[out.rows])
    rows = out.rows[could]
    offered = Offered(examples.days[rows], examples.entries[rows], examples.marks[rows], STEP_DAYS)
    return books_of(offered, buys[could], policy.costs)


def named_shares(shares: Floats) -> dict[str, float]:
    """The largest, by the name of the input."""
    first = np.argsort(-shares, kind="stable")[:SHARES_SHOWN]
    return {CLASSIFIER_NAMES[place]: float(shares[place]) for place in first}
