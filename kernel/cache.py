"""Redis keys of the hot read paths, their form and lifetime; both writer and reader use this.

Who may write what, so that a slow reader never puts an old value over a new one:
- signals: the writer SETs after its commit; a reader that refills sets only what is absent (NX).
- series: the job that builds bars removes the keys of changed instruments after its commit; a
  reader refills (NX), for REFILLED_SERIES_TTL_S, which bounds the race of a refill with such a
  commit, and how long a reader may be behind if Redis did not take the removal.
"""

import json
import zlib
from typing import Any

SIGNAL_TTL_S = 24 * 3600
REFILLED_SERIES_TTL_S = 900  # as long as a page built from it may be kept

# What each signal in the cache has: the column of `signals.signals` of that name.
# Times are ISO 8601 with an offset, fractions are JSON numbers or null.
SIGNAL_FIELDS = (
    "horizon_days",
    "asof_ts",
    "action",
    "conviction",
    "expected_return",
    "risk",
    "utility",
    "price_cents",
    "series",
    "reasons",
    "model_version",
    "feature_version",
)


def signal_key(card_id: str, grade_code: str) -> str:
    """Plain JSON: a list of the instrument's newest signal of each horizon, SIGNAL_FIELDS each."""
    return f"card:signal:{card_id}:{grade_code}"


def series_key(card_id: str, grade_code: str) -> str:
    """All daily bars of an instrument, packed: {kind: [[day, open, high, low, close, volume]]}.

    Days are ISO dates in order, prices integer cents.
    """
    return f"card:price:daily:{card_id}:{grade_code}"


def pack(value: Any) -> bytes:
    """JSON, deflated: a two-year series takes about a tenth of its plain size."""
    return zlib.compress(json.dumps(value, separators=(",", ":"), default=str).encode(), 6)


def unpack(body: bytes) -> Any:
    """What `pack` made. Raises ValueError for anything else, so that a reader can refill."""
    try:
        return json.loads(zlib.decompress(body))
    except zlib.error as error:
        raise ValueError("not a packed value") from error
