"""What a forecaster said of past weeks out of fold, each by a model that had learned nothing later.

A classifier learns from these, so that the forecasts it reads at night are no better than those.
"""

import io
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from kernel.ids import CardId, GradeCode, Instrument
from signals_svc.domain.arrays import Ints, Singles

PAST_FILE = "past.npy"  # within an artifact
QUANTILES = 3
COLUMNS = ("cards", "grades", "owners", "days", "quantiles")


@dataclass(frozen=True)
class PastForecasts:
    """A row a week and instrument (number `owners` of `cards` and `grades`); `days` since 1970.

    `quantiles` [n, 3] of the log return over `horizon_days`.
    """

    horizon_days: int
    cards: NDArray[np.str_]
    grades: NDArray[np.str_]
    owners: Ints
    days: Ints
    quantiles: Singles

    def said(self, day: int, instruments: Sequence[Instrument]) -> Singles:
        """[n, 3] of the day, by instrument; NaN where nothing was said."""
        rows = np.array([self._rows.get((day, one), -1) for one in instruments], np.int64)
        told = np.full((len(rows), QUANTILES), np.nan, np.float32)
        told[rows >= 0] = self.quantiles[rows[rows >= 0]]
        return told

    @cached_property
    def _rows(self) -> dict[tuple[int, Instrument], int]:
        names = [
            Instrument(CardId(card), GradeCode(grade))
            for card, grade in zip(self.cards.tolist(), self.grades.tolist(), strict=True)
        ]
        keys = zip(self.days.tolist(), self.owners.tolist(), strict=True)
        return {(day, names[owner]): row for row, (day, owner) in enumerate(keys)}

    def to_bytes(self) -> bytes:
        """The same forecasts always give the same bytes."""
        body = io.BytesIO()
        np.save(body, np.array([self.horizon_days]), allow_pickle=False)
        for name in COLUMNS:
            np.save(body, getattr(self, name), allow_pickle=False)
        return body.getvalue()


def past_forecasts_of(body: bytes) -> PastForecasts:
    """What `to_bytes` made. Raises ValueError."""
    stream = io.BytesIO(body)
    horizon = int(np.load(stream, allow_pickle=False)[0])
    columns = {name: np.load(stream, allow_pickle=False) for name in COLUMNS}
    return PastForecasts(horizon, **columns)


def past_forecasts(
    instruments: Sequence[Instrument],
    slots: Ints,
    days: Ints,
    quantiles: NDArray[np.floating],
    *,
    horizon_days: int,
) -> PastForecasts:
    """Rows of the instruments that `slots` number; only those that are named are kept."""
    used, owners = np.unique(slots, return_inverse=True)
    named = [instruments[slot] for slot in used.tolist()]
    return PastForecasts(
        horizon_days,
        np.array([one.card_id for one in named], np.str_),
        np.array([one.grade_code for one in named], np.str_),
        owners.astype(np.int64),
        days.astype(np.int64),
        quantiles.astype(np.float32),
    )
