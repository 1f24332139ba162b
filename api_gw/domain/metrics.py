"""Figures of a night in Prometheus' text format."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

MEANING = {
    "band_coverage": "Share of outcomes within the 80 % band, live.",
    "days_without_sale": "Days since the newest sale that is known.",
    "days_without_signals": "Days since the newest night with signals.",
    "expectations_failed": "Expectations of features_daily that do not hold.",
    "feature_missing": "Share of instruments that may be acted upon without a feature.",
    "flip_rate": "Share of signals that changed since the night before.",
    "inference_ms": "Milliseconds an instrument, the night's slowest run of inference.",
    "input_missing_rise": "Share without an input, less that where the version learned.",
    "input_psi": "Population stability index of an input against what the version learned from.",
    "inputs_drifted": "Share of inputs whose stability index is above its bound.",
    "inputs_missing": "The largest rise of the share of instruments that lack an input.",
    "liquid_share": "Of instruments with a recent price those traded enough to act upon.",
    "realised_gap": "Log return realised less expected, mean of a version and horizon, live.",
}

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"


@dataclass(frozen=True)
class Measured:
    """One figure; None is one that too little is known to tell. `is_out`: out of its bounds."""

    measure: str
    subject: str
    model_version: str
    value: float | None
    least: float | None
    most: float | None
    pauses: bool
    is_out: bool


@dataclass(frozen=True)
class MeasuredNight:
    """The figures of one run; `asof_ts` is the end of its night."""

    asof_ts: datetime
    measured_at: datetime
    figures: Sequence[Measured]


def exposition(night: MeasuredNight | None) -> str:
    """The whole text; empty before the first night."""
    if night is None:
        return ""
    return "\n".join(_lines(night)) + "\n"


def _lines(night: MeasuredNight) -> Iterator[str]:
    for name, moment, words in (
        ("pricer_night_timestamp_seconds", night.asof_ts, "End of the night the figures are of"),
        ("pricer_measured_timestamp_seconds", night.measured_at, "When they were taken"),
    ):
        yield from (f"# HELP {name} {words}.", f"# TYPE {name} gauge")
        yield f"{name} {moment.timestamp():.0f}"
    figures = sorted(night.figures, key=lambda one: one.measure)
    for measure in dict.fromkeys(one.measure for one in figures):
        name = f"pricer_{measure}"
        words = MEANING.get(measure, "As docs/models.md says.")
        yield from (f"# HELP {name} {words}", f"# TYPE {name} gauge")
        for one in figures:
            if one.measure == measure and one.value is not None:
                yield f"{name}{_labels(one)} {one.value:.9g}"
    yield from _bounds(figures)


def _bounds(figures: Sequence[Measured]) -> Iterator[str]:
    """Bounds and alarms of what pauses promotions, for rules that need not know the numbers."""
    watched = [one for one in figures if one.pauses and one.value is not None]
    yield from ("# HELP pricer_bound Bound of a watched figure.", "# TYPE pricer_bound gauge")
    for one in watched:
        for side, bound in (("least", one.least), ("most", one.most)):
            if bound is not None:
                yield f"pricer_bound{_labels(one, measure=one.measure, side=side)} {bound:.9g}"
    yield "# HELP pricer_out_of_bounds Whether a watched figure pauses promotions."
    yield "# TYPE pricer_out_of_bounds gauge"
    for one in watched:
        yield f"pricer_out_of_bounds{_labels(one, measure=one.measure)} {int(one.is_out)}"


def _labels(one: Measured, **more: str) -> str:
    told = {**more, "subject": one.subject, "model_version": one.model_version}
    return "{" + ",".join(f'{name}="{_escaped(value)}"' for name, value in told.items()) + "}"


def _escaped(value: str) -> str:
    return value.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
