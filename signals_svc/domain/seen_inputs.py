"""How the inputs that a model learned from were distributed, and how far others are from that."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from signals_svc.domain.arrays import Floats, Singles
from signals_svc.domain.classifier_inputs import NAMES

TENTHS = np.linspace(0.1, 0.9, 9)
HALF_A_ROW = 0.5  # added to every bin, so that an empty one is rare and not impossible


@dataclass(frozen=True)
class SeenInput:
    """Edges between bins of as many rows each, fewer where values repeat; the shares of the bins
    among rows that have the input, and the share of rows that lack it.
    """

    edges: tuple[float, ...]
    shares: tuple[float, ...]
    missing: float


@dataclass(frozen=True)
class Seen:
    """Each input by its name in NAMES, and the days that forecasts among them look ahead; None
    where nobody noted those.
    """

    inputs: Mapping[str, SeenInput]
    horizon_days: int | None = None


NOTHING_SEEN = Seen({})


def seen_inputs(inputs: Singles, *, horizon_days: int) -> Seen:
    """Of each column of NAMES; the forecasts that a classifier reads too are made of those."""
    if not len(inputs):
        return NOTHING_SEEN
    found = {name: _seen(inputs[:, place]) for place, name in enumerate(NAMES)}
    return Seen(found, horizon_days)


def _seen(column: Singles) -> SeenInput:
    told = column[np.isfinite(column)].astype(np.float64)
    edges = np.unique(np.quantile(told, TENTHS)) if len(told) else np.empty(0)
    return SeenInput(
        edges=tuple(float(edge) for edge in edges),
        shares=tuple(float(share) for share in shares_of(told, edges)),
        missing=float(1.0 - len(told) / len(column)),
    )


def shares_of(values: Floats, edges: Floats) -> Floats:
    """Of the values those in each bin; the upper edge belongs to the bin below."""
    counts = np.bincount(np.searchsorted(edges, values, side="left"), minlength=len(edges) + 1)
    smoothed = counts + HALF_A_ROW
    return np.asarray(smoothed / smoothed.sum())


def stability(seen: SeenInput, column: Singles, least_rows: int) -> float | None:
    """Population stability index: 0 for the same distribution, above 0.25 for quite another.

    Rows that lack the input are no part of it. Of fewer rows than that it is chance, so None.
    """
    told = column[np.isfinite(column)].astype(np.float64)
    if len(told) < least_rows:
        return None
    was, now = np.array(seen.shares), shares_of(told, np.array(seen.edges))
    return float(((now - was) * np.log(now / was)).sum())


def missing_rise(seen: SeenInput, column: Singles) -> float:
    """How much larger the share of rows that lack the input is."""
    return float((~np.isfinite(column)).mean() - seen.missing)


def as_stored(seen: Seen) -> dict[str, Any]:
    """For JSON."""
    return asdict(seen) if seen.inputs else {}


def of_stored(stored: Mapping[str, Any]) -> Seen:
    """What `as_stored` made, or the inputs alone, as versions before it kept them."""
    inputs = {
        name: SeenInput(tuple(one["edges"]), tuple(one["shares"]), one["missing"])
        for name, one in stored.get("inputs", stored).items()
    }
    return Seen(inputs, stored.get("horizon_days") if "inputs" in stored else None)
