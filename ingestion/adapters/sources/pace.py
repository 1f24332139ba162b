"""Spaces requests of one process by a source's limit: a bucket that holds one token."""

from collections.abc import Callable
from dataclasses import dataclass, field


@dataclass
class Pace:
    """Lets one request through every 60 / per_min seconds. `sleep` and `now` count seconds."""

    per_min: int
    sleep: Callable[[float], None]
    now: Callable[[], float]
    _free_at: float | None = field(default=None, init=False)

    def take(self) -> None:
        """Wait until the next request is allowed."""
        at = self.now()
        wait = 0.0 if self._free_at is None else max(self._free_at - at, 0.0)
        if wait:
            self.sleep(wait)
        self._free_at = at + wait + 60 / self.per_min
