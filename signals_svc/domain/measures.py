"""A figure of a night with its bounds, and the bounds that pause promotions."""

from dataclasses import dataclass

EVERYBODYS = ""  # model version of what is nobody's own figure


@dataclass(frozen=True)
class MonitoringPolicy:
    """Bounds of what is watched. Shares are fractions, gaps are log returns.

    `least_rows` and `least_nights` are what a figure has to be of, to be judged at all.
    """

    most_psi: float
    most_drifted_share: float
    most_missing_rise: float
    most_days_without_sale: float
    most_days_without_signals: float
    most_ms_an_instrument: float
    most_flip_rate: float
    most_realised_gap: float
    least_coverage: float
    most_coverage: float
    least_rows: int
    least_nights: int
    least_days_between_trainings: int


@dataclass(frozen=True)
class Measure:
    """`value` is None where too little is known to judge; `words` say what it is and of what.

    One that `pauses` raises an alert when it is out of its bounds, and pauses promotions: those of
    its version, or everybody's where it names none.
    """

    measure: str
    subject: str
    words: str
    value: float | None
    least: float | None = None
    most: float | None = None
    model_version: str = EVERYBODYS
    pauses: bool = False
    rows: int = 0

    @property
    def is_out(self) -> bool:
        """Whether it is known and out of its bounds."""
        if self.value is None:
            return False
        below = self.least is not None and self.value < self.least
        return below or (self.most is not None and self.value > self.most)

    @property
    def alarms(self) -> bool:
        """Whether somebody has to look, and promotions wait meanwhile."""
        return self.pauses and self.is_out
