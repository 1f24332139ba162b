"""Redis keys of the hot read paths, their form and lifetime; both writer and reader use this."""

import json
import zlib
from typing import Any

SIGNAL_TTL_S = 24 * 3600
SERIES_TTL_S = 24 * 3600


def signal_key(card_id: str, grade_code: str) -> str:
    """JSON of the latest signals of an instrument, by horizon."""
    return f"card:signal:{card_id}:{grade_code}"


def series_key(card_id: str, grade_code: str) -> str:
    """Compressed daily series of an instrument."""
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
