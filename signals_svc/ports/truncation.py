"""A copy of the store that holds only what was known at a moment."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import datetime
from typing import Protocol

from signals_svc.ports.stores import Stores


class TruncatedStore(Protocol):
    """Another database of the same schema; what it holds is replaced each time."""

    def hold(self, moment: datetime) -> int:
        """Copy what was known at the moment, and nothing else; rows copied."""
        ...

    def clear(self) -> None:
        """Hold nothing any more."""
        ...

    @property
    def stores(self) -> Callable[[], AbstractContextManager[Stores]]:
        """The same readers on the copy."""
        ...
