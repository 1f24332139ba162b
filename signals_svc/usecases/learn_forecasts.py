"""Learns a sequence forecaster from what was known by a day and judges it out of fold. Pure."""

import hashlib
from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy as np

from kernel.days import end_of
from signals_svc.domain.costs import Costs
from signals_svc.domain.examples import as_of_days
from signals_svc.domain.features import FEATURE_VERSION
from signals_svc.domain.forecast_examples import ForecastExamples, forecast_examples
from signals_svc.domain.forecast_folds import ForecastFold, forecast_folds, split_for_check
from signals_svc.domain.forecast_gate import ForecastPolicy, HorizonVerdict
from signals_svc.domain.forecaster_artifact import ForecasterArtifact
from signals_svc.domain.past_forecasts import PastForecasts, past_forecasts
from signals_svc.domain.seen_inputs import Seen, seen_inputs
from signals_svc.domain.weekly import WEEKS, Windows, shortened
from signals_svc.ports.forecasters import ForecastTrainer, QuantileTrees, TrainedForecaster
from signals_svc.usecases.forecasts_out_of_fold import (
    OutOfFold,
    forecasts_out_of_fold,
    judged,
    margins_of,
    served_at,
)
from signals_svc.usecases.learn import PARITY_LIMIT, PARITY_ROWS, History, ParityBroken


@dataclass(frozen=True)
class TooShort:
    """There is no forecaster to judge, and what is missing."""

    missing: str
    rows: int


@dataclass(frozen=True)
class ForecastCandidate:
    """A forecaster nobody has registered yet, and how each horizon was judged."""

    artifact: ForecasterArtifact
    verdicts: tuple[HorizonVerdict, ...]
    rows: int
    weeks: int
    seen: Seen  # what trees would read of the weeks it learned from


def learn_forecasts(
    history: History,
    *,
    horizons: tuple[int, ...],
    policy: ForecastPolicy,
    costs: Costs,
    trainer: ForecastTrainer,
    trees: QuantileTrees,
    read_at: int,
) -> ForecastCandidate | TooShort:
    """What it says out of fold at the horizon `read_at` is kept, for classifiers to learn from.

    Minutes of computing and no store: nobody waits for a lock or a session meanwhile.
    """
    found = windows_of_history(history, horizons)
    if isinstance(found, TooShort):
        return found
    examples, folds = found
    out = forecasts_out_of_fold(examples, folds, trainer=trainer, trees=trees)
    judgements = [judged(out, at, policy, costs) for at in range(len(horizons))]
    verdicts = tuple(verdict for verdict, _ in judgements)
    train, check = split_for_check(examples.days, np.arange(len(examples)))
    model = trainer.fit(examples.windows, examples.targets, train=train, check=check)
    details = [detail for _, detail in judgements]
    past = _past(out, history, read_at)
    artifact = _artifact(model, out, verdicts, details, past, history.known_until)
    return ForecastCandidate(
        artifact,
        verdicts,
        len(examples),
        len(np.unique(examples.days)),
        seen_inputs(examples.inputs, horizon_days=max(horizons)),
    )


def windows_of_history(
    history: History, horizons: tuple[int, ...]
) -> tuple[ForecastExamples, list[ForecastFold]] | TooShort:
    """A window a week and instrument, and what is tested on what; or what is missing for that."""
    days = as_of_days(history.versions, history.known_until, horizon_days=max(horizons))
    if not days:
        return TooShort("no week has bars before it and an outcome after it", 0)
    examples = forecast_examples(
        history.versions,
        history.catalog,
        days=days,
        known_until=history.known_until,
        horizons=horizons,
    )
    folds = forecast_folds(examples.days, examples.known_us)
    if not folds:
        missing = _missing(len(examples), len(np.unique(examples.days)))
        return TooShort(missing, len(examples))
    return examples, folds


def _missing(rows: int, weeks: int) -> str:
    return (
        f"{rows} windows of {weeks} weeks are too few to learn from some and test on others whose"
        " outcomes came later; load a longer history or wait"
    )


def _artifact(
    model: TrainedForecaster,
    out: OutOfFold,
    verdicts: tuple[HorizonVerdict, ...],
    details: list[dict[str, Any]],
    past: PastForecasts,
    known_until: date,
) -> ForecasterArtifact:
    """Raises ParityBroken."""
    examples = out.examples
    onnx = model.to_onnx(examples.windows)
    difference = model.parity(onnx, _parity_windows(examples))
    if not difference <= PARITY_LIMIT:
        raise ParityBroken(difference)
    margins = {one: margins_of(out, at) for at, one in enumerate(examples.horizons)}
    return ForecasterArtifact(
        version=f"tft-{known_until:%Y%m%d}-{digest_of(examples)}",
        feature_version=FEATURE_VERSION,
        margins={str(one): pair for one, pair in margins.items() if pair is not None},
        trained_through=end_of(known_until).isoformat(),
        data_fingerprint=examples.fingerprint,
        metrics={
            "passed": [one.horizon_days for one in verdicts if one.passed],
            "verdict": "; ".join(f"{one.horizon_days} d: {one.words}" for one in verdicts),
            "horizons": {
                str(one.horizon_days): one.figures() | detail
                for one, detail in zip(verdicts, details, strict=True)
            },
            "looked_at": model.looked_at(onnx, _parity_windows(examples)),
            "rows": len(examples),
            "parity": difference,
        },
        onnx=onnx,
        past=past.to_bytes(),
    )


def digest_of(examples: ForecastExamples) -> str:
    """Tells apart versions of one day: other windows, or features of another release."""
    text = f"{examples.fingerprint}|{FEATURE_VERSION}"
    return hashlib.blake2b(text.encode(), digest_size=4).hexdigest()


def _past(out: OutOfFold, history: History, horizon_days: int) -> PastForecasts:
    """As it would have been served."""
    at = out.examples.horizons.index(horizon_days)
    return past_forecasts(
        history.versions.instruments,
        out.examples.slots[out.rows],
        out.examples.days[out.rows],
        served_at(out, at),
        horizon_days=horizon_days,
    )


def _parity_windows(examples: ForecastExamples) -> Windows:
    """Rows spread over the history, every second one cut to each possible length in turn."""
    step = max(1, len(examples) // PARITY_ROWS)
    windows = examples.windows.of(np.arange(0, len(examples), step)[:PARITY_ROWS])
    place = np.arange(len(windows))
    return shortened(windows, np.where(place % 2 == 0, WEEKS, 1 + place // 2 % WEEKS))
