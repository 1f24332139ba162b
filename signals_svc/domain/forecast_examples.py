"""Windows with what came of them: a weekly as-of day sees what was known then, outcomes later."""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

import numpy as np

from kernel.days import end_of
from signals_svc.domain.arrays import Floats, Ints, Singles
from signals_svc.domain.bars import Bars, known_at
from signals_svc.domain.baselines import BASELINES, baseline_quantiles
from signals_svc.domain.classifier_inputs import classifier_inputs
from signals_svc.domain.cross_section import Catalog
from signals_svc.domain.decisions import Decisions
from signals_svc.domain.features import features_on
from signals_svc.domain.labels import next_sale, realised
from signals_svc.domain.weekly import STEP_DAYS, WEEK_DAYS, Windows, joined, windows_of


@dataclass(frozen=True)
class ForecastExamples:
    """One row a liquid instrument and as-of day; `days` counts from 1970-01-01.

    `targets` [n, STEPS] are log returns to a close of that very week, NaN in weeks without one:
    nothing in between is made up. `outcomes` [n, H] are log returns as labels take them.
    `known_us` is when all of a row could be said; `baselines` [n, B, H, 3] are quantiles of the
    fixed baselines, `inputs` what trees read. `sold` are copies in 90 days, `entries` log returns
    to the next sale: what a buyer really pays. Nothing is learned from either; `slots` number the
    instruments of the bars.
    """

    horizons: tuple[int, ...]
    days: Ints
    windows: Windows
    targets: Floats
    outcomes: Floats
    known_us: Ints
    baselines: Floats
    inputs: Singles
    sold: Ints
    entries: Floats
    slots: Ints

    def __len__(self) -> int:
        return len(self.days)

    def of(self, rows: Ints) -> "ForecastExamples":
        """Some of the rows, in that order."""
        return ForecastExamples(
            self.horizons,
            self.days[rows],
            self.windows.of(rows),
            self.targets[rows],
            self.outcomes[rows],
            self.known_us[rows],
            self.baselines[rows],
            self.inputs[rows],
            self.sold[rows],
            self.entries[rows],
            self.slots[rows],
        )

    def decisions(self, rows: Ints, at: int) -> Decisions:
        """What was decided of these rows, over horizon number `at`."""
        return Decisions(self.days[rows], self.slots[rows], self.horizons[at])

    @property
    def fingerprint(self) -> str:
        """Hash of everything a model could learn from."""
        digest = hashlib.blake2b(digest_size=16)
        windows = self.windows
        for column in (self.days, windows.past, windows.ahead, windows.fixed, self.targets):
            digest.update(np.ascontiguousarray(column).tobytes())
        return digest.hexdigest()


def forecast_examples(
    versions: Bars,
    catalog: Catalog,
    *,
    days: list[date],
    known_until: date,
    horizons: tuple[int, ...],
) -> ForecastExamples:
    """Windows per day as known then, outcomes as known at the end of `known_until`."""
    later = known_at(versions, end_of(known_until))
    parts = list(_parts(versions, later, catalog, days, horizons))
    return ForecastExamples(
        horizons,
        np.concatenate([part.days for part in parts]),
        joined([part.windows for part in parts]),
        np.concatenate([part.targets for part in parts]),
        np.concatenate([part.outcomes for part in parts]),
        np.concatenate([part.known_us for part in parts]),
        np.concatenate([part.baselines for part in parts]),
        np.concatenate([part.inputs for part in parts]),
        np.concatenate([part.sold for part in parts]),
        np.concatenate([part.entries for part in parts]),
        np.concatenate([part.slots for part in parts]),
    )


def _parts(
    versions: Bars, later: Bars, catalog: Catalog, days: list[date], horizons: tuple[int, ...]
) -> Iterator[ForecastExamples]:
    for day in days:
        features = features_on(versions, catalog, day)
        series = features.series
        steps = [
            realised(series, later, int(ahead), window_days=WEEK_DAYS - 1) for ahead in STEP_DAYS
        ]
        ends = [realised(series, later, horizon) for horizon in horizons]
        outcomes = np.stack([end.log_returns for end in ends], axis=1)
        rows = np.flatnonzero(
            series.liquid
            & np.isfinite(features.raw["sigma_day"])
            & np.isfinite(outcomes).any(axis=1)
        )
        told = [*ends, *steps]  # the last step ends a day after the longest horizon
        seen = np.stack([np.isfinite(end.log_returns) for end in told], axis=1)
        known = np.stack([end.known_us for end in told], axis=1)
        yield ForecastExamples(
            horizons,
            np.full(len(rows), series.as_of_day),
            windows_of(features).of(rows),
            np.stack([step.log_returns for step in steps], axis=1)[rows],
            outcomes[rows],
            np.where(seen, known, 0).max(axis=1)[rows],
            np.stack(
                [
                    np.stack([baseline_quantiles(name, features.raw, h) for h in horizons], axis=1)
                    for name in BASELINES
                ],
                axis=1,
            )[rows],
            classifier_inputs(features.raw, features.normalised, max(horizons))[rows],
            series.sold[90][rows],
            next_sale(series, later)[rows],
            series.slots[rows],
        )
