"""Owns the faults: how the next calls fail, and which share of all calls fails by chance."""

from typing import Literal

import numpy as np
from pydantic import BaseModel, ConfigDict, Field

from stack.simulator.settings import Faults

FAULT_STREAM = 5
Kind = Literal["status", "timeout", "truncated", "endless"]


class Fault(BaseModel):
    """The next `times` calls fail in one way: an HTTP `status` instead of the answer, a wait of
    `delay_s` before it, half of its JSON, or a page after every page.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    kind: Kind = "status"
    status: int = Field(default=500, ge=400, le=599, description="HTTP status to answer")
    times: int = Field(ge=1, le=1_000_000, description="how many calls fail")
    retry_after_s: int | None = Field(default=None, ge=0, description="Retry-After, seconds")
    delay_s: float = Field(default=60, gt=0, le=600, description="of a timeout, seconds")
    path: str = Field(default="/", description="only calls whose path begins so")


class FaultSwitch:
    """Holds at most one fault that was set and counts it down; draws the others by chance."""

    def __init__(self, faults: Faults, *, seed: int) -> None:
        self._fault: Fault | None = None
        self._rng = np.random.default_rng([seed, FAULT_STREAM])
        self._chances = np.cumsum([share for _, share in _by_chance(faults)])
        self._kinds = [fault for fault, _ in _by_chance(faults)]

    def set(self, fault: Fault | None) -> None:
        """Replaces whatever was left of the fault before; None heals."""
        self._fault = fault

    @property
    def pending(self) -> Fault | None:
        return self._fault

    def spend(self, path: str) -> Fault | None:
        """The fault that hits this call, if any."""
        hit = self._fault
        if hit is not None and path.startswith(hit.path):
            left = hit.times - 1
            self._fault = hit.model_copy(update={"times": left}) if left else None
            return hit
        place = int(np.searchsorted(self._chances, self._rng.random(), side="right"))
        return self._kinds[place] if place < len(self._kinds) else None


def _by_chance(faults: Faults) -> list[tuple[Fault, float]]:
    wait = faults.retry_after_s
    return [
        (Fault(status=429, times=1, retry_after_s=wait), faults.too_many_requests),
        (Fault(status=500, times=1), faults.server_errors),
        (Fault(kind="timeout", times=1, delay_s=faults.delay_s), faults.timeouts),
        (Fault(kind="truncated", times=1), faults.truncated),
        (Fault(kind="endless", times=1), faults.endless),
    ]
