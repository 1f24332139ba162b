"""Stops asking a source that keeps failing, and lets one request through later to see. No I/O."""

from collections.abc import Callable
from dataclasses import dataclass, field
from threading import Lock

from ingestion.domain.errors import SourceUnavailable

FAILURES = 8  # twice the attempts of one request: two requests in a row that got no answer
REST_S = 30.0


@dataclass
class Breaker:
    """State of one source in this process. `now` counts seconds.

    Closed: asks. Open, after `failures` in a row: refuses until `rest_s` are over. Half open: lets
    one request through, whose outcome closes or opens it again; others are refused meanwhile.
    """

    source: str
    now: Callable[[], float]
    failures: int = FAILURES
    rest_s: float = REST_S
    _failed: int = field(default=0, init=False)
    _opened_at: float | None = field(default=None, init=False)
    _probing: bool = field(default=False, init=False)
    _lock: Lock = field(default_factory=Lock, init=False)

    def admit(self) -> None:
        """Let a request through, or raise SourceUnavailable with the seconds to rest."""
        with self._lock:
            if self._opened_at is None:
                return
            left = self._opened_at + self.rest_s - self.now()
            if left > 0 or self._probing:
                rest = max(left, 1.0)
                why = f"it failed {self._failed} times in a row; it is left alone for {rest:.0f} s"
                raise SourceUnavailable(self.source, why, rest)
            self._probing = True

    def worked(self) -> None:
        """The source answered, whatever it said."""
        with self._lock:
            self._failed, self._opened_at, self._probing = 0, None, False

    def failed(self) -> None:
        """The source did not answer, or not like a healthy one."""
        with self._lock:
            self._failed += 1
            if self._probing or self._failed >= self.failures:
                self._opened_at = self.now()
            self._probing = False
