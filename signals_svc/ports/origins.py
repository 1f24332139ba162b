"""The single prices behind bars."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Protocol

from kernel.ids import Instrument
from signals_svc.domain.origin import Origin


class Origins(Protocol):
    """Sales and figures, with what was held of them."""

    def behind(
        self, instruments: Sequence[Instrument], *, first: date, last: date, as_of: datetime
    ) -> list[Origin]:
        """Prices of the days between known at a moment, by instrument and time."""
        ...

    def grades(self) -> list[str]:
        """Every grade code there is."""
        ...
