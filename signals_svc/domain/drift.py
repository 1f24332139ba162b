"""How far a night's inputs are from what each model that speaks has learned from."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial

from signals_svc.domain.arrays import Singles
from signals_svc.domain.classifier_inputs import NAMES
from signals_svc.domain.input_words import words_of
from signals_svc.domain.measures import Measure, MonitoringPolicy
from signals_svc.domain.seen_inputs import Seen, missing_rise, stability

DRIFT, MISSING = "inputs_drifted", "inputs_missing"
PAUSING = (DRIFT, MISSING)
NAMED = 3  # inputs that drifted most


@dataclass(frozen=True)
class Learned:
    """A version that speaks or is heard, until when it learned, and from what."""

    version: str
    trained_through: datetime
    seen: Seen


def drift_of(learned: Learned, inputs: Singles, policy: MonitoringPolicy) -> list[Measure]:
    """Of each input both figures, then what they come to: those two pause the version.

    `inputs` are of every instrument that may be acted upon, with forecasts as far ahead as those
    it learned from; too few of them say nothing.
    """
    if len(inputs) < policy.least_rows or not learned.seen.inputs:
        return [_too_few(learned, name, len(inputs)) for name in PAUSING]
    was = learned.seen.inputs
    columns = {name: inputs[:, place] for place, name in enumerate(NAMES) if name in was}
    least = policy.least_rows
    drifts = {name: stability(was[name], one, least) for name, one in columns.items()}
    rises = {name: missing_rise(was[name], column) for name, column in columns.items()}
    rows = len(inputs)
    psi = partial(_input, "input_psi", learned, policy.most_psi, rows)
    rise = partial(_input, "input_missing_rise", learned, policy.most_missing_rise, rows)
    return [
        *(psi(name, value) for name, value in drifts.items()),
        *(rise(name, value) for name, value in rises.items()),
        _drifted(learned, drifts, policy, rows),
        _missing(learned, rises, policy, rows),
    ]


def _input(
    measure: str, learned: Learned, most: float, rows: int, name: str, value: float | None
) -> Measure:
    return Measure(measure, name, words_of(name), value, None, most, learned.version, rows=rows)


def _drifted(
    learned: Learned, drifts: Mapping[str, float | None], policy: MonitoringPolicy, rows: int
) -> Measure:
    known = {name: value for name, value in drifts.items() if value is not None}
    over = [name for name, value in known.items() if value > policy.most_psi]
    first = sorted(over, key=known.__getitem__, reverse=True)[:NAMED]
    named = "; ".join(map(words_of, first))
    words = (
        f"{len(over)} of {len(known)} inputs are distributed otherwise than those it learned from"
        f" (PSI above {policy.most_psi:g})" + (f", most of all {named}" if named else "")
    )
    return Measure(
        measure=DRIFT,
        subject="",
        words=words,
        value=len(over) / len(known) if known else None,
        most=policy.most_drifted_share,
        model_version=learned.version,
        pauses=True,
        rows=rows,
    )


def _missing(
    learned: Learned, rises: Mapping[str, float], policy: MonitoringPolicy, rows: int
) -> Measure:
    worst = max(rises, key=rises.__getitem__)
    return Measure(
        measure=MISSING,
        subject="",
        words=f"share that lacks an input, more than where it learned; most: {words_of(worst)}",
        value=rises[worst],
        most=policy.most_missing_rise,
        model_version=learned.version,
        pauses=True,
        rows=rows,
    )


def _too_few(learned: Learned, measure: str, rows: int) -> Measure:
    why = f"{rows} instruments are too few" if learned.seen.inputs else "it kept no distribution"
    return Measure(measure, "", why, None, model_version=learned.version, pauses=True, rows=rows)


def asks_for_training(
    learned: Sequence[Learned],
    measures: Sequence[Measure],
    moment: datetime,
    policy: MonitoringPolicy,
) -> bool:
    """Whether a version of those that learned last has drifted, and they did not learn just now: a
    market that moves on after every training is not helped by training every night.
    """
    if not learned:
        return False
    last = max(one.trained_through for one in learned)
    newest = {one.version for one in learned if one.trained_through == last}
    alarms = [one for one in measures if one.alarms]
    drifted = {one.model_version for one in alarms if one.measure in PAUSING}
    rested = moment - last >= timedelta(days=policy.least_days_between_trainings)
    return bool(newest & drifted) and rested
