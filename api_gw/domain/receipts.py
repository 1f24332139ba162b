"""The receipt of a signal: what it rests on, and whether that is what was frozen. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from kernel.receipts import PARTS, altered

# A night is said within hours of its end. Said later it is history filled in: nobody heard it then.
HEARD_WITHIN = timedelta(days=1)


@dataclass(frozen=True)
class Receipt:
    """`contents` are the parts as they are stored now, `digests` and `hash` those of when it was
    said; None where none were kept.
    """

    signal_id: int
    horizon_days: int
    asof_ts: datetime
    known_at: datetime
    written_at: datetime
    contents: Mapping[str, Any]
    digests: Mapping[str, str] | None
    hash: str | None

    @property
    def altered(self) -> list[str]:
        """Parts that are not what was frozen; all of them where no receipt was kept."""
        if self.digests is None or self.hash is None:
            return list(PARTS)
        return altered(self.contents, self.digests, self.hash)

    @property
    def heard(self) -> bool:
        """Whether it was said when its night was, and not filled in later."""
        return self.written_at - self.known_at <= HEARD_WITHIN
