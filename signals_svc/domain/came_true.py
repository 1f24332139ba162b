"""What came of what was told, by version and horizon: the band, and the return expected."""

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
import polars as pl

from signals_svc.domain.decisions import Decisions
from signals_svc.domain.measures import Measure, MonitoringPolicy

BY = ("model_version", "horizon_days")


class Told(NamedTuple):
    """Frames of live words whose days are over, a row a night: columns `day` (since 1970), BY and
    `rows` beside `gap` (sum of log returns realised from the next sale on, less those expected),
    and `inside` (how many last prices of the time were within the band).
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
    days, rows = frame["day"].to_numpy(), frame["rows"].to_numpy().astype(np.float64)
    nights = Decisions(days, np.zeros(len(days), np.int64), horizon)
    found = nights.ratio(frame["gap"].to_numpy(), rows)
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
        rows=_rows(frame),
    )


def _band(version: str, horizon: int, frame: pl.DataFrame, policy: MonitoringPolicy) -> Measure:
    held = int(frame["inside"].sum()) / _rows(frame)
    return Measure(
        measure="band_coverage",
        subject=f"{horizon} d",
        words=f"the 80 % band over {horizon} days held {held:.1%}, {_of(frame)}",
        value=held if _enough(frame, policy) else None,
        least=policy.least_coverage,
        most=policy.most_coverage,
        model_version=version,
        pauses=True,
        rows=_rows(frame),
    )


def _enough(frame: pl.DataFrame, policy: MonitoringPolicy) -> bool:
    return _rows(frame) >= policy.least_rows and frame.height >= policy.least_nights


def _of(frame: pl.DataFrame) -> str:
    return f"{_rows(frame):,} outcomes of {frame.height} nights"


def _rows(frame: pl.DataFrame) -> int:
    return int(frame["rows"].sum())
