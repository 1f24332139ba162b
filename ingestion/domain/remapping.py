"""A person's word on which card a source's product is, from a day on."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True)
class Remap:
    """`source` names the product map; it concerns every source that is read by that map.

    Without a grade each sale states its own. `since` bounds the time of sale, not of knowledge.
    """

    source: str
    product: str
    card_id: str
    grade_code: str | None
    since: datetime
    evidence: str
    actor: str
    known_at: datetime
