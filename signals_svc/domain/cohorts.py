"""What moved the forecasts of a group of cards: means over a set's instruments of one tier."""

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

import numpy as np

from signals_svc.domain.arrays import Floats, Ints
from signals_svc.domain.classifier_inputs import CLASSIFIER_NAMES
from signals_svc.domain.input_words import words_of
from signals_svc.domain.tiers import by_tier

Part = Literal["forecast", "classifier"]

FEWEST = 5  # instruments; of fewer their own explanations say more than a mean
SHOWN = 5
DECIMALS = 5
DIGEST_BYTES = 16


@dataclass(frozen=True)
class CohortExplanation:
    """One stored explanation of a cohort; `body` as the API tells it."""

    set_id: str
    tier: str
    horizon_days: int
    asof_ts: datetime
    part: Part
    model_version: str
    instruments: int
    body: Mapping[str, Any]

    @property
    def text(self) -> str:
        """The body as JSON, the same bytes for the same body."""
        return json.dumps(self.body, sort_keys=True)

    @property
    def fingerprint(self) -> str:
        """Hash of who said it, of how many, and the body."""
        said = f"{self.model_version}|{self.instruments}|{self.text}"
        return hashlib.blake2b(said.encode(), digest_size=DIGEST_BYTES).hexdigest()


def cohorts_of(sets: Sequence[str | None], sold: Ints) -> Iterator[tuple[str, str, Ints]]:
    """Set, tier and places of the instruments; none of a set that the catalog does not name."""
    tiers = by_tier(sold)
    for set_id in sorted({one for one in sets if one is not None}):
        mine = np.array([one == set_id for one in sets], np.bool_)
        for tier, rows in tiers.items():
            places = np.flatnonzero(mine & rows)
            if len(places) >= FEWEST:
                yield set_id, tier, places


def moved_together(by: Floats) -> dict[str, Any]:
    """Of contributions [n, F] the inputs that moved most in either direction, and the mean of all.

    `by` is the mean with its sign, `size` the mean of the sizes: where cards were moved apart, the
    first is small and the second is not.
    """
    mean, size = by.mean(axis=0), np.abs(by).mean(axis=0)
    first = [int(place) for place in np.argsort(-size, kind="stable")[:SHOWN] if size[place] > 0.0]
    return {
        "inputs": [
            {
                "input": CLASSIFIER_NAMES[place],
                "words": words_of(CLASSIFIER_NAMES[place]),
                "by": round(float(mean[place]), DECIMALS),
                "size": round(float(size[place]), DECIMALS),
            }
            for place in first
        ],
        "others": round(float(mean.sum() - mean[first].sum()), DECIMALS),
        "together": round(float(mean.sum()), DECIMALS),
    }
