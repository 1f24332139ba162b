"""One price behind a bar: a sale, or a figure that a source stated."""

from datetime import datetime
from typing import NamedTuple

from kernel.ids import CardId, GradeCode, Instrument


class Origin(NamedTuple):
    """`left_out` says in words why it counts for no bar; None where it does."""

    kind: str
    price_id: int
    card_id: str
    grade_code: str
    at: datetime
    price_cents: int
    units: int
    source: str
    known_at: datetime
    left_out: str | None

    @property
    def instrument(self) -> Instrument:
        """What was priced."""
        return Instrument(CardId(self.card_id), GradeCode(self.grade_code))
