"""Owns the fault switch: how the next searches fail, so that a sick source can be exercised."""

from pydantic import BaseModel, ConfigDict, Field


class Fault(BaseModel):
    """The next `times` searches answer `status` instead of sales."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    status: int = Field(ge=400, le=599, description="HTTP status to answer")
    times: int = Field(ge=1, le=1_000_000, description="how many searches fail")
    retry_after_s: int | None = Field(default=None, ge=0, description="Retry-After, seconds")


class FaultSwitch:
    """Holds at most one fault and counts it down."""

    def __init__(self) -> None:
        self._fault: Fault | None = None

    def set(self, fault: Fault | None) -> None:
        """Replaces whatever was left of the fault before; None heals."""
        self._fault = fault

    @property
    def pending(self) -> Fault | None:
        return self._fault

    def spend(self) -> Fault | None:
        """The fault that hits this search, if any."""
        hit = self._fault
        if hit is not None:
            left = hit.times - 1
            self._fault = hit.model_copy(update={"times": left}) if left else None
        return hit
