"""Sales, figures, verdicts and bars."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Protocol

import polars as pl


@dataclass(frozen=True)
class Merged:
    """What a merge did: rows new, with changed content, with only an earlier knowledge time."""

    touched: pl.DataFrame  # card_id, grade_code, and the days from `day` to `through`
    added: int = 0
    corrected: int = 0
    known_earlier: int = 0
    unchanged: int = 0
    revoked: int = 0  # of all these, sales that their source has cancelled since
    reinstated: int = 0  # cancelled sales that it told again as standing

    @property
    def written(self) -> int:
        """Rows that are new or told something new."""
        return self.added + self.corrected + self.known_earlier


@dataclass(frozen=True)
class Settled:
    """Sales revoked because their raw rows are refused now, and those reinstated."""

    touched: pl.DataFrame  # card_id, grade_code, day, through, and `as_of`, when this was known
    revoked: int
    reinstated: int


class PriceStore(Protocol):
    """Trades and reported prices."""

    def merge_trades(self, records: pl.DataFrame) -> Merged:
        """Set-based: new sales in, of others what was not said of them yet."""

    def settle_refusals(self, source: str, records: pl.DataFrame) -> Settled:
        """Revoke sales whose last word is refused, reinstate those that are taken again: of all
        refusals of the source since the last time, and of these sales (RECORDS)."""

    def merge_reports(self, records: pl.DataFrame) -> Merged:
        """Set-based: figures not seen before in."""

    def versions(self, asked: pl.DataFrame) -> pl.DataFrame:
        """Every version of every sale and reported figure that is asked of, as VERSIONS.

        `asked`: card_id, grade_code and, where not all of its past is, the days `first` to `last`.
        All of its past has archived months in it; days have to be recalled first.
        """

    def versions_since(self, asked: pl.DataFrame) -> pl.DataFrame:
        """Of sales the versions from a moment on, of figures all, archived months included.

        `asked`: card_id, grade_code and `since`.
        """

    def month(self, table: str, month: date) -> pl.DataFrame:
        """One month of `trades`, `prices_daily` or `quotes`, in key order."""


class VerdictStore(Protocol):
    """Outlier verdicts, append-only."""

    def by_rule(self, instruments: pl.DataFrame) -> pl.DataFrame:
        """What the rule has said of the instruments' prices, as VERDICTS."""

    def by_rule_since(self, moments: pl.DataFrame, named: pl.DataFrame) -> pl.DataFrame:
        """Of instruments with a `moment`: what the rule has said of figures, of sales that it spoke
        of from then on, and of those named by `subject_id`; as VERDICTS."""

    def checkpoints(self, instruments: pl.DataFrame) -> pl.DataFrame:
        """Those of the rules as they are now, as CHECKPOINTS."""

    def check(self, instruments: pl.DataFrame, made: pl.DataFrame) -> None:
        """Keep these checkpoints, as CHECKPOINTS, and no other of the instruments."""

    def standing(self, instruments: pl.DataFrame) -> pl.DataFrame:
        """What counts: the rule's verdicts until a person's, as VERDICTS."""

    def append(self, verdicts: pl.DataFrame) -> int:
        """Add changes of verdict, as VERDICTS."""


class BarStore(Protocol):
    """Daily bars and their past versions."""

    def of_days(self, days: pl.DataFrame) -> pl.DataFrame:
        """All versions of the bars of the instrument-days, as BAR_VERSIONS."""

    def replace(self, gone: pl.DataFrame, come: pl.DataFrame) -> None:
        """Remove and add versions of bars, all as BAR_VERSIONS."""


class Divergences(Protocol):
    """Flags on instruments whose prices cannot all be right, each with its knowledge time."""

    def medians(self, as_of: date, days: int) -> pl.DataFrame:
        """What each source told of the days up to and with `as_of`, as MEDIANS."""

    def closes(self, as_of: date, days: int) -> pl.DataFrame:
        """The newest raw and psa10 closes of those days, as CLOSES."""

    def medians_since(self, as_of: date, days: int) -> pl.DataFrame:
        """Of instruments whose sources are flagged: all told since the window that raised it."""

    def closes_since(self, as_of: date, days: int) -> pl.DataFrame:
        """Of sets with a flagged grade ratio: the newest closes since `days` before the flag."""

    def flags(self) -> pl.DataFrame:
        """The flags that are up, as FLAGS."""

    def last_as_of(self) -> date | None:
        """The newest day flags were raised or taken back for."""

    def newest_day(self) -> date | None:
        """The newest day that has a bar."""

    def flagged(self) -> pl.DataFrame:
        """card_id and grade_code of the instruments flagged now."""

    def settle(
        self, found: pl.DataFrame, *, as_of: date, now: datetime
    ) -> tuple[pl.DataFrame, pl.DataFrame]:
        """Raise flags that are not up, take back those not found; the instruments of each."""
