"""Labelled examples for training: each weekly as-of day sees what was known then, labels later."""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

import numpy as np

from kernel.days import end_of
from kernel.series import MIN_QUOTES, STALE_DAYS, WINDOW_DAYS
from signals_svc.domain.arrays import Flags, Floats, Ints, Singles
from signals_svc.domain.bars import Bars, known_at
from signals_svc.domain.classifier_inputs import CLASSIFIER_NAMES, classifier_inputs, with_forecasts
from signals_svc.domain.cross_section import Catalog
from signals_svc.domain.decision import Forecast, Policy, Utility, utility_of
from signals_svc.domain.features import Features, features_on
from signals_svc.domain.forecast import ewma_forecast
from signals_svc.domain.labels import NO_LABEL, labels_of, marks_of, next_sale, realised
from signals_svc.domain.past_forecasts import PastForecasts
from signals_svc.domain.series import date_of, day_number

STEP_DAYS = 7
WARM_UP_DAYS = 120  # of bars before the first as-of day, so that most features exist
MAX_ROWS = 120_000  # more weeks are thinned out: labels overlap, so little is lost


@dataclass(frozen=True)
class Examples:
    """One row per liquid instrument and as-of day with a label; `days` counts from 1970-01-01.

    `label_known_us` is when a label could first be said, in microseconds since 1970. Nothing is
    learned from `sold`, copies in 90 days, `outcomes`, log returns to the horizon, `entries`, log
    returns to the next sale: what a buyer really pays, and `marks` (rows, steps), log returns to
    the last sale by each week until the horizon. `slots` number the instruments of the bars;
    `told` are those of which a forecast was read.
    """

    days: Ints
    inputs: Singles
    labels: Ints
    label_known_us: Ints
    utilities: list[Utility]
    sold: Ints
    outcomes: Floats
    entries: Floats
    marks: Floats
    slots: Ints
    told: Flags

    @property
    def fingerprint(self) -> str:
        """Hash of everything a model could learn from."""
        digest = hashlib.blake2b("\x1f".join(CLASSIFIER_NAMES).encode(), digest_size=16)
        for column in (self.days, self.inputs, self.labels, self.label_known_us):
            digest.update(np.ascontiguousarray(column).tobytes())
        return digest.hexdigest()


def steps_of(horizon_days: int) -> Ints:
    """Days after an as-of day at which what was bought is valued, the horizon last."""
    weeks = np.arange(STEP_DAYS, horizon_days + STEP_DAYS, STEP_DAYS)
    return np.minimum(weeks, horizon_days)


def as_of_days(
    versions: Bars, known_until: date, *, horizon_days: int, max_rows: int = MAX_ROWS
) -> list[date]:
    """Weeks whose label is known by the end of `known_until`, oldest first.

    Thinned evenly where their instruments, as many as each week had, make more than `max_rows`.
    """
    if not len(versions.day):
        return []
    first = int(versions.day.min()) + WARM_UP_DAYS
    last = day_number(known_until) - horizon_days
    weeks = np.arange(last, first - 1, -STEP_DAYS)[::-1]
    total = sum(liquid_on(versions, weeks))
    if total > max_rows:
        kept = max(1, len(weeks) * max_rows // total)
        weeks = weeks[np.linspace(len(weeks) - 1, 0, kept).astype(np.int64)[::-1]]
    return [date_of(int(day)) for day in weeks]


def liquid_on(versions: Bars, days: Ints) -> list[int]:
    """At most how many instruments each day may act upon: bars of any kind are counted together."""
    order = np.argsort(versions.day, kind="stable")
    day, slot = versions.day[order], versions.slot[order]
    ends = np.searchsorted(day, days, side="right")
    years = np.searchsorted(day, days - WINDOW_DAYS, side="right")
    fresh = np.searchsorted(day, days - STALE_DAYS, side="left")
    total = len(versions.instruments)
    return [
        int(
            (
                (np.bincount(slot[year:end], minlength=total) >= MIN_QUOTES)
                & (np.bincount(slot[recent:end], minlength=total) > 0)
            ).sum()
        )
        for year, recent, end in zip(years, fresh, ends, strict=True)
    ]


def examples_of(
    versions: Bars,
    catalog: Catalog,
    *,
    days: list[date],
    known_until: date,
    horizon_days: int,
    policy: Policy,
    read: PastForecasts,
) -> Examples:
    """Features per day as known then, what was forecast on it out of fold, and labels as known at
    the end of `known_until`."""
    later = known_at(versions, end_of(known_until))
    parts = list(_parts(versions, later, catalog, days, horizon_days, policy, read))
    if not parts:
        none, nothing = np.empty(0, np.int64), np.empty(0)
        inputs = np.empty((0, len(CLASSIFIER_NAMES)), np.float32)
        marks = np.empty((0, len(steps_of(horizon_days))))
        return Examples(none, inputs, none, none, [], none, nothing, nothing, marks, none, none > 0)
    return Examples(
        days=np.concatenate([part.days for part in parts]),
        inputs=np.concatenate([part.inputs for part in parts]),
        labels=np.concatenate([part.labels for part in parts]),
        label_known_us=np.concatenate([part.label_known_us for part in parts]),
        utilities=[utility for part in parts for utility in part.utilities],
        sold=np.concatenate([part.sold for part in parts]),
        outcomes=np.concatenate([part.outcomes for part in parts]),
        entries=np.concatenate([part.entries for part in parts]),
        marks=np.concatenate([part.marks for part in parts]),
        slots=np.concatenate([part.slots for part in parts]),
        told=np.concatenate([part.told for part in parts]),
    )


def _parts(
    versions: Bars,
    later: Bars,
    catalog: Catalog,
    days: list[date],
    horizon_days: int,
    policy: Policy,
    read: PastForecasts,
) -> Iterator[Examples]:
    for day in days:
        features = features_on(versions, catalog, day)
        outcomes = realised(features.series, later, horizon_days)
        labels = labels_of(outcomes.log_returns, policy.costs.break_even)
        rows = np.flatnonzero((labels != NO_LABEL) & features.series.liquid)
        rows = rows[np.isfinite(features.raw["sigma_day"][rows])]
        inputs = classifier_inputs(features.raw, features.normalised, horizon_days)[rows]
        told = read.said(day_number(day), [features.instruments[row] for row in rows])
        yield Examples(
            days=np.full(len(rows), features.series.as_of_day),
            inputs=with_forecasts(inputs, told),
            labels=labels[rows],
            label_known_us=outcomes.known_us[rows],
            utilities=_utilities(features, rows, told, horizon_days, policy),
            sold=features.series.sold[90][rows],
            outcomes=outcomes.log_returns[rows],
            entries=next_sale(features.series, later)[rows],
            marks=marks_of(features.series, later, steps_of(horizon_days))[rows],
            slots=features.series.slots[rows],
            told=np.isfinite(told[:, 0]),
        )


def _utilities(
    features: Features, rows: Ints, told: Singles, horizon_days: int, policy: Policy
) -> list[Utility]:
    """By the forecast that the classifier reads; where that said nothing, by the shrunk trend."""
    trend = ewma_forecast(features.raw, horizon_days)
    simple = np.stack([trend.q10[rows], trend.q50[rows], trend.q90[rows]], axis=1)
    quantiles = np.where(np.isfinite(told).all(axis=1, keepdims=True), told, simple)
    return [
        utility_of(Forecast(horizon_days, q10, q50, q90), policy)
        for q10, q50, q90 in quantiles.tolist()
    ]
