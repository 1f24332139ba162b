"""What has to be told and to whom: the cache of signals, the bus of flips."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple, Protocol

from kernel.ids import Instrument
from signals_svc.domain.signal import Flip


class ServedSignals(NamedTuple):
    """An instrument and its newest signal of each horizon, longest first, as kernel.cache says."""

    instrument: Instrument
    signals: list[dict[str, Any]]


class Outbox(Protocol):
    """What readers and other services have to hear of."""

    def served(self, *, since: datetime) -> list[ServedSignals]:
        """Instruments with a signal written since the moment, and their newest signals."""
        ...

    def unpublished(self, *, limit: int) -> list[Flip]:
        """Flips the bus has not taken and nobody else is sending, oldest first."""
        ...

    def published(self, flips: Sequence[Flip], *, now: datetime) -> None:
        """Mark flips as taken."""
        ...


class SignalCache(Protocol):
    """The hot read path's store."""

    def put(self, served: Sequence[ServedSignals]) -> None:
        """Write the signals of these instruments. Raises Unavailable."""
        ...


class FlipTopic(Protocol):
    """The bus that tells other services of flips."""

    def publish(self, message: Mapping[str, object]) -> None:
        """Send one message, at least once. Raises Unavailable."""
        ...
