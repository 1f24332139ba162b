"""What is told of an instrument's features of a day."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import NamedTuple

from kernel.ids import Instrument
from kernel.series import Kind
from signals_svc.domain.origin import Origin


class Close(NamedTuple):
    """A close of an instrument's series of one kind."""

    instrument: Instrument
    kind: Kind
    day: date


@dataclass(frozen=True)
class Told:
    """One feature, and the closes it rests on; None is missing."""

    name: str
    raw: float | None
    normalised: float | None
    formula: str
    closes: tuple[Close, ...]


@dataclass(frozen=True)
class Explained:
    """Features of an instrument and day as known at a moment, and the prices behind them.

    `as_stored`: whether features_daily holds the very same, None where it holds none.
    """

    instrument: Instrument
    day: date
    moment: datetime
    series: str
    bars_365: int
    close_cents: int
    set_id: str | None
    alive: int
    as_stored: bool | None
    features: list[Told]
    prices: list[Origin]
