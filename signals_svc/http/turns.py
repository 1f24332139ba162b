"""Lets few questions be computed at once; one that waited for too long is told to come again."""

from collections.abc import Iterator
from contextlib import contextmanager
from threading import BoundedSemaphore

from kernel.errors import Unavailable


class AllBusy(Unavailable):
    """Others are being answered."""

    def __init__(self, wait_s: float) -> None:
        super().__init__(f"others were being answered for {wait_s:g} s; ask again in a while")
        self.retry_after_s = wait_s


class Turns:
    """So many at once; the others wait, each for `wait_s` at most."""

    def __init__(self, at_once: int, *, wait_s: float) -> None:
        self._free = BoundedSemaphore(at_once)
        self._wait_s = wait_s

    @contextmanager
    def one(self) -> Iterator[None]:
        """Raises AllBusy."""
        if not self._free.acquire(timeout=self._wait_s):
            raise AllBusy(self._wait_s)
        try:
            yield
        finally:
            self._free.release()
