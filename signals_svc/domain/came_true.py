"""What came of what was told, by version and horizon: the band, and the return expected."""

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
import polars as pl

from signals_svc.domain.decisions import Decisions
from signals_svc.domain.forecast_scores import mean_of
from signals_svc.domain.measures import Measure, MonitoringPolicy

BY = ("model_version", "horizon_days")


class Told(NamedTuple):
    """Frames of live words whose days are over: columns `day` (since 1970) and BY beside
    `gap` (log return realised from the next sale on, less the one expected), and
    `inside` (whether the last price of the time was within the band).
    """

    gaps: pl.DataFrame
    bands: pl.DataFrame


def realised_measures(told: Told, policy: MonitoringPolicy) -> Iterator[Measure]:
    """A figure a version and horizon; none where nothing is over yet."""
    for (version, horizon), frame in told.gaps.group_by(BY, maintain_order=True):
        yield _gap(str(version), int(str(horizon)), frame, policy)
    for (version, horizon), frame in told.bands.group_by(BY, maintain_order=True):
        yield _band(str(version), int(str(horizon)), frame, policy)


def _gap(version: str, horizon: int, frame: pl.DataFrame, policy: MonitoringPolicy) -> Measure:
    days, gaps = frame["day"].to_numpy(), frame["gap"].to_numpy()
    found = mean_of(Decisions(days, np.zeros(len(days), np.int64), horizon), gaps)
    words = (
        f"realised less expected over {horizon} days, mean {found.told('+.3f')} in log,"
        f" {_of(frame)}"
    )
    return Measure(
        measure="realised_gap",
        subject=f"{horizon} d",
        words=words,
        value=found.value if _enough(frame, policy) else None,
        least=-policy.most_realised_gap,
        most=policy.most_realised_gap,
        model_version=version,
        pauses=True,
        rows=frame.height,
    )


def _band(version: str, horizon: int, frame: pl.DataFrame, policy: MonitoringPolicy) -> Measure:
    held = float(np.mean(frame["inside"].to_numpy()))
    return Measure(
        measure="band_coverage",
        subject=f"{horizon} d",
        words=f"the 80 % band over {horizon} days held {held:.1%}, {_of(frame)}",
        value=held if _enough(frame, policy) else None,
        least=policy.least_coverage,
        most=policy.most_coverage,
        model_version=version,
        pauses=True,
        rows=frame.height,
    )


def _enough(frame: pl.DataFrame, policy: MonitoringPolicy) -> bool:
    nights = frame["day"].n_unique()
    return frame.height >= policy.least_rows and nights >= policy.least_nights


def _of(frame: pl.DataFrame) -> str:
    return f"{frame.height:,} outcomes of {frame['day'].n_unique()} nights"
