"""Single prices behind bars, through the kernel's shared reader."""

from collections.abc import Sequence
from datetime import date, datetime

import psycopg

from kernel.db.origins import origins
from kernel.ids import Instrument
from signals_svc.domain.origin import Origin


class MarketOrigins:
    """Port Origins."""

    def __init__(self, connection: psycopg.Connection) -> None:
        self._connection = connection

    def behind(
        self, instruments: Sequence[Instrument], *, first: date, last: date, as_of: datetime
    ) -> list[Origin]:
        """Prices of the days between known at a moment, by instrument and time."""
        found = origins(self._connection, instruments, first=first, last=last, as_of=as_of)
        return [Origin(*row) for row in found.iter_rows()]

    def grades(self) -> list[str]:
        """Every grade code there is."""
        rows = self._connection.execute(
            "select grade_code from market.grades order by grade_code"
        ).fetchall()
        return [grade for (grade,) in rows]
