"""Why the price of an instrument is not believed. Frozen values."""

from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple


class Disagreement(NamedTuple):
    """A rule that speaks up, and how far apart the two prices are that it compares."""

    rule: str
    ratio: float


@dataclass(frozen=True)
class Divergent:
    """An instrument whose prices cannot all be right: since when, and by which rules."""

    since: datetime
    why: tuple[Disagreement, ...]
