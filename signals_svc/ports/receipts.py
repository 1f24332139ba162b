"""Receipts of signals, to be checked."""

from collections.abc import Iterator
from datetime import date
from typing import Protocol

from signals_svc.domain.receipts import Receipt


class ReceiptStore(Protocol):
    """Signals as they are stored now, with the hashes of when they were said."""

    def of_night(self, as_of: date, *, card_id: str | None) -> Iterator[Receipt]:
        """Of every word on the night, of one card if named, in the order they were said."""
        ...
