"""Who hears of changed closes."""

from collections.abc import Mapping, Sequence
from typing import Protocol

from kernel.ids import Instrument


class CloseTopic(Protocol):
    """Who listens for changed closes."""

    def publish(self, message: Mapping[str, object]) -> None:
        """Send one message, at least once. Raises Unavailable."""


class SeriesCache(Protocol):
    """Series that readers keep; outside the transaction, so asked after its commit."""

    def forget(self, instruments: Sequence[Instrument]) -> None:
        """Take out what is kept of these. Never raises for a cache that is away."""
