"""What persons say of single prices."""

from datetime import datetime
from typing import NamedTuple, Protocol

import polars as pl


class Price(NamedTuple):
    """One sale (`trade`) or reported figure (`report`), as it is believed now."""

    subject: str
    key: int
    card_id: str
    grade_code: str
    event_at: datetime
    known_at: datetime


class Turn(NamedTuple):
    """That a sale was `revoked` or `reinstated`, and from when this is known."""

    action: str
    known_at: datetime


class ByHand(Protocol):
    """What persons say of single prices, append-only."""

    def source(self, trade_id: int) -> str | None:
        """Who told a sale, wherever it is kept."""

    def price(self, subject: str, key: int) -> Price | None:
        """The sale (`trade`) or figure (`report`) as it is believed now."""

    def last_turn(self, trade_id: int) -> Turn | None:
        """The newest revocation or reinstatement of a sale."""

    def revise(self, price: Price, turn: Turn, *, reason: str, actor: str) -> pl.DataFrame:
        """Append a revocation or reinstatement; card_id, grade_code and day of what it changes."""

    def judge(
        self, price: Price, verdict: str, *, known_at: datetime, reason: str, actor: str
    ) -> bool:
        """Append a verdict; not where the actor's same word stands already. Whether it was."""
