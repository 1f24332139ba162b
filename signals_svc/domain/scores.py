"""What came of signals: bought at the next sale after they were heard, sold by their last day.

Counted is what a reader could have traded. A signal is heard at the end of a day, or during the
day on which a later word was said; the first sale on a later day is the one he gets, and the last
sale within the days h-15 .. h is the one he leaves by. Both are closes of the series the signal was
of, as they were known at one moment.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from kernel.series import KINDS
from signals_svc.domain.arrays import Flags, Floats, Ints
from signals_svc.domain.bars import Bars, rows
from signals_svc.domain.costs import Costs
from signals_svc.domain.decision import ACTIONS
from signals_svc.domain.labels import LABEL_WINDOW_DAYS, NEXT_SALE_DAYS, NO_LABEL, labels_of
from signals_svc.domain.series import STRIDE

# abstained: too thin, not believed, or withdrawn: it said that nothing can be said. quotes: there
# is no sale to buy at. too_late: it was heard when its horizon was over. no_entry: nobody could
# have bought in time; no_exit: nobody could have sold again. The last two may yet become known.
OUTCOMES = ("scored", "abstained", "quotes", "too_late", "no_entry", "no_exit")
SCORED, ABSTAINED, QUOTES, TOO_LATE, NO_ENTRY, NO_EXIT = range(len(OUTCOMES))

COLLECTED_SHARE = 0.25  # of the days of a horizon: fewer with sales of anybody, and nobody looked
NOWHERE = -1  # slot of an instrument that the bars do not know


@dataclass(frozen=True)
class Claims:
    """One row a signal and number of days after it; `action` numbers ACTIONS, `kind` KINDS.

    `heard_day` is the last day on which nobody could have acted on it yet.
    """

    signal_id: Ints
    after_days: Ints
    slot: Ints
    kind: Ints
    asof_day: Ints
    heard_day: Ints
    action: Ints
    abstains: Flags

    def __len__(self) -> int:
        return len(self.signal_id)

    def of(self, kept: Ints) -> "Claims":
        """Some of the rows, in that order."""
        return Claims(**{name: column[kept] for name, column in self.__dict__.items()})

    @property
    def last_day(self) -> Ints:
        """The last day of the time that is scored."""
        return self.asof_day + self.after_days


@dataclass(frozen=True)
class Scores:
    """A row a claim; days count from 1970, days and cents are 0 where nothing was traded.

    `net_return` is NaN without a trade, `came_true` counts where `outcome` is SCORED.
    """

    outcome: Ints
    entry_day: Ints
    entry_cents: Ints
    exit_day: Ints
    exit_cents: Ints
    net_return: Floats
    came_true: Flags

    def same(self, other: "Scores") -> Flags:
        """Which rows say the same: all else follows from the two sales."""
        names = ("outcome", "entry_day", "entry_cents", "exit_day", "exit_cents")
        pairs = [getattr(self, name) == getattr(other, name) for name in names]
        return np.asarray(np.logical_and.reduce(pairs))


def collected(known: Bars, claims: Claims) -> Flags:
    """Whether the market was looked at since: sales of anybody on a quarter of the days at least.

    A horizon of which nobody has fetched the sales is not over for us.
    """
    days = np.unique(known.day[known.volume > 0])
    seen = np.searchsorted(days, claims.last_day, side="right") - np.searchsorted(
        days, claims.asof_day, side="right"
    )
    return np.asarray(seen >= COLLECTED_SHARE * claims.after_days)


def scores_of(claims: Claims, known: Bars, costs: Costs) -> Scores:
    """From the bars as they were known at one moment; `known` is sorted as Bars are."""
    sold = rows(known, np.flatnonzero(known.volume > 0))
    keys = (sold.slot * len(KINDS) + sold.kind) * STRIDE + sold.day
    base = (claims.slot * len(KINDS) + claims.kind) * STRIDE
    entry = np.searchsorted(keys, base + claims.heard_day, side="right")
    leave = np.searchsorted(keys, base + claims.last_day, side="right") - 1
    latest = np.minimum(claims.heard_day + NEXT_SALE_DAYS, claims.last_day)
    earliest = claims.last_day - np.minimum(LABEL_WINDOW_DAYS, claims.after_days - 1)
    in_time = _within(keys, entry, base, latest) & (claims.slot != NOWHERE)
    again = (leave > entry) & (_day(keys, leave) - base >= earliest)
    outcome = np.select(
        [
            claims.abstains,
            KINDS.index("quote") == claims.kind,
            claims.heard_day >= claims.last_day,
            ~in_time,
            ~again,
        ],
        [ABSTAINED, QUOTES, TOO_LATE, NO_ENTRY, NO_EXIT],
        SCORED,
    )
    return _scored(claims, sold, entry, leave, outcome, costs)


def _within(keys: Ints, row: Ints, base: Ints, latest: Ints) -> Flags:
    return np.asarray((row < len(keys)) & (_day(keys, row) - base <= latest))


def _day(keys: Ints, row: Ints) -> Ints:
    """Key of each row, as far as there is one."""
    if not len(keys):
        return np.zeros(len(row), np.int64)
    return keys[np.clip(row, 0, len(keys) - 1)]


def _scored(
    claims: Claims, sold: Bars, entry: Ints, leave: Ints, outcome: Ints, costs: Costs
) -> Scores:
    done = outcome == SCORED

    def at(column: NDArray[np.int64], row: Ints) -> Ints:
        found = np.zeros(len(row), np.int64)
        found[done] = column[row[done]]
        return found

    entry_cents, exit_cents = at(sold.cents, entry), at(sold.cents, leave)
    ratio = np.full(len(claims), np.nan)
    np.divide(exit_cents, entry_cents, out=ratio, where=done)
    labels = labels_of(np.log(ratio), costs.break_even)
    return Scores(
        outcome=outcome.astype(np.int64),
        entry_day=at(sold.day, entry),
        entry_cents=entry_cents,
        exit_day=at(sold.day, leave),
        exit_cents=exit_cents,
        net_return=_net(claims.action, ratio, costs),
        came_true=np.asarray((labels == claims.action) & (labels != NO_LABEL)),
    )


def _net(action: Ints, ratio: Floats, costs: Costs) -> Floats:
    """Of who bought and sold again, or sold and bought back; nobody trades on HOLD."""
    kept = np.exp(-costs.break_even)  # of a round trip at one price
    traded = np.select(
        [action == ACTIONS.index("BUY"), action == ACTIONS.index("SELL")],
        [ratio * kept - 1, kept / ratio - 1],
        np.nan,
    )
    return np.asarray(traded)
