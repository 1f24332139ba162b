"""A person's word on which card a source's product is, from a day on."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True)
class Remap:
    """`source` names the product map, `sold_by` the source whose sales it concerns.

    Without a grade each sale states its own. `since` bounds the time of sale, not of knowledge.
    """

    source: str
    sold_by: str
    product: str
    card_id: str
    grade_code: str | None
    since: datetime
    evidence: str
    actor: str
    known_at: datetime
