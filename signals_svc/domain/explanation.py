"""An explanation of a signal as it is stored: plain words, signed numbers, no cause claimed."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import Any

import numpy as np

from kernel.ids import Instrument
from signals_svc.domain.analogues import Alike
from signals_svc.domain.arrays import Floats, Singles
from signals_svc.domain.classifier_inputs import CLASSIFIER_NAMES
from signals_svc.domain.input_words import looked_at_words, value_words, words_of
from signals_svc.domain.looked_at import LookedAt

SHOWN = 5  # inputs that moved most; the rest is one sum, so that all adds up
WEEKS_SHOWN = 13
DECIMALS = 5
DIGEST_BYTES = 16


@dataclass(frozen=True)
class Explanation:
    """One stored explanation; `body` as the API tells it."""

    instrument: Instrument
    horizon_days: int
    asof_ts: datetime
    model_version: str
    body: Mapping[str, Any]

    @cached_property
    def text(self) -> str:
        """The body as JSON, the same bytes for the same body."""
        return json.dumps(self.body, sort_keys=True, default=str)

    @property
    def fingerprint(self) -> str:
        """Hash of the body."""
        return hashlib.blake2b(self.text.encode(), digest_size=DIGEST_BYTES).hexdigest()


def moved(by: Floats, inputs: Singles) -> dict[str, Any]:
    """What each input of one instrument moved, the largest first, and all others together."""
    order = np.argsort(-np.abs(by), kind="stable")
    first = [int(place) for place in order[:SHOWN] if by[place] != 0.0]
    return {
        "inputs": [
            {
                "input": CLASSIFIER_NAMES[place],
                "words": words_of(CLASSIFIER_NAMES[place]),
                "value": value_words(CLASSIFIER_NAMES[place], float(inputs[place])),
                "by": round(float(by[place]), DECIMALS),
            }
            for place in first
        ],
        "others": round(float(by.sum() - by[first].sum()), DECIMALS),
    }


def looked(shares: LookedAt) -> dict[str, Any]:
    """Inputs within their group and past weeks, as shares of attention."""
    named = [
        (group, name, share)
        for group in ("past", "ahead", "fixed")
        for name, share in getattr(shares, group).items()
    ]
    first = sorted(named, key=lambda one: (-one[2], one[1]))[:SHOWN]
    return {
        "inputs": [
            {
                "group": group,
                "input": name,
                "words": looked_at_words(name),
                "share": round(share, DECIMALS),
            }
            for group, name, share in first
        ],
        "weeks": [round(share, DECIMALS) for share in shares.weeks[:WEEKS_SHOWN]],
    }


def lookalikes(found: Alike) -> dict[str, Any]:
    """The cases with what happened next, and the figures of the nearest."""
    cases = [
        {
            **vars(case),
            "day": case.day.isoformat(),
            "apart": round(case.apart, 4),
            "outcome": round(case.outcome, 4),
        }
        for case in found.cases
    ]
    return {**vars(found), "cases": cases, "median": round(found.median, 4)}
