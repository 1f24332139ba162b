"""What is forecast at one horizon and by whom, a row an instrument: the one who is told."""

from dataclasses import dataclass, replace

import numpy as np

from signals_svc.domain.arrays import Flags, Floats, Singles
from signals_svc.domain.baselines import VERSIONS, Baseline, baseline_quantiles


@dataclass(frozen=True)
class Spoken:
    """`quantiles` [n, 3] of the log return, NaN where there is no forecast; who said each row."""

    quantiles: Floats
    versions: tuple[str, ...]

    def told_by(self, version: str, quantiles: Floats, rows: Flags) -> "Spoken":
        """The same with these rows by another, as far as he has something to say of them."""
        rows = rows & np.isfinite(quantiles).all(axis=1)
        by = [version if other else one for one, other in zip(self.versions, rows, strict=True)]
        held = np.where(rows[:, None], quantiles, self.quantiles)
        return replace(self, quantiles=held, versions=tuple(by))


def fixed_forecast(name: Baseline, raw: dict[str, Singles], horizon_days: int) -> Spoken:
    """A forecast that nobody trains, of every instrument."""
    quantiles = baseline_quantiles(name, raw, horizon_days)
    return Spoken(quantiles, (VERSIONS[name],) * len(quantiles))
