"""Which runs of a source a backfill repeats, and which days it asks for. Pure."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Literal

from ingestion.domain.errors import BackfillRejected
from kernel.ids import CardId, GradeCode, Instrument, is_card_id

Mode = Literal["missing", "failed", "all"]
Action = Literal["fetch", "replay"]

MOST_DAYS = 3660  # ten years: what is asked for further back is likely a slip of the pen
MOST_INSTRUMENTS = 5000


@dataclass(frozen=True)
class BackfillRequest:
    """What is asked for: sources from day to day, and instruments whose bars are built again.

    Without sources nobody outside is asked: bars follow from what is stored.
    """

    sources: tuple[str, ...]
    instruments: tuple[Instrument, ...]
    first: date
    last: date
    mode: Mode
    refetch: bool = False  # ask the source again for what raw/ already holds

    def __post_init__(self) -> None:
        if not self.sources and not self.instruments:
            raise BackfillRejected("name a source (--sources), instruments, or both")
        if self.first > self.last:
            raise BackfillRejected(f"--from {self.first} is after --to {self.last}")
        if (self.last - self.first).days >= MOST_DAYS:
            raise BackfillRejected(f"at most {MOST_DAYS} days at a time; ask for fewer")
        if len(self.instruments) > MOST_INSTRUMENTS:
            raise BackfillRejected(f"at most {MOST_INSTRUMENTS} instruments at a time")

    def days(self) -> Iterator[date]:
        """Every calendar day asked for, in order."""
        for ahead in range((self.last - self.first).days + 1):
            yield self.first + timedelta(days=ahead)


@dataclass(frozen=True)
class Run:
    """A run of a source, as the ledger tells it: it asked for `first` to `day`.

    `loaded` says that the load was done after the newest fetch; `failed` that an earlier backfill
    could not do it.
    """

    source: str
    first: date
    day: date
    fetched: bool
    loaded: bool
    failed: bool = False


@dataclass(frozen=True, order=True)
class Step:
    """One run to be done: of the day alone, asked for afresh or from what raw/ holds."""

    day: date
    source: str
    action: Action


def steps(request: BackfillRequest, runs: Sequence[Run]) -> list[Step]:
    """What is to be done, in order of days.

    A day inside the window of a loaded run is not missing. What raw/ holds is replayed as the run
    it came with, unless the source shall be asked again.
    """
    return sorted(
        {step for source in request.sources for step in _of_source(request, source, runs)}
    )


def _of_source(request: BackfillRequest, source: str, runs: Sequence[Run]) -> Iterator[Step]:
    own = [run for run in runs if run.source == source]
    fetched = {run.day for run in own if run.fetched}
    if request.mode == "failed":
        for run in own:
            stopped = run.failed or (run.fetched and not run.loaded)
            if stopped and request.first <= run.day <= request.last:
                yield _again(run.day, source, fetched, refetch=request.refetch)
        return
    covering = [run for run in own if run.loaded]
    for day in request.days():
        of_day = [run for run in covering if run.first <= day <= run.day]
        if request.mode == "missing":
            if not of_day:
                yield _again(day, source, fetched, refetch=request.refetch)
        elif request.refetch or not of_day:
            yield _again(day, source, fetched, refetch=request.refetch)
        else:
            for run in of_day:
                yield Step(run.day, source, "replay")


def _again(day: date, source: str, fetched: set[date], *, refetch: bool) -> Step:
    return Step(day, source, "fetch" if refetch or day not in fetched else "replay")


@dataclass(frozen=True)
class Missing:
    """Days to be done of which nothing is stored yet, and the rows they likely have.

    `rows` is days times the median night of each source; `unknown_days` are of sources that have
    no night to go by, and are not in `rows`.
    """

    days: int
    rows: int
    unknown_days: int


def missing(planned: Sequence[Step], runs: Sequence[Run], nights: Mapping[str, float]) -> Missing:
    """What the planned steps would add; `nights` is the median night of each source, in rows."""
    loaded = [run for run in runs if run.loaded]
    days = Counter(
        step.source
        for step in planned
        if not any(run.source == step.source and run.first <= step.day <= run.day for run in loaded)
    )
    return Missing(
        days=days.total(),
        rows=round(sum(count * nights.get(source, 0) for source, count in days.items())),
        unknown_days=sum(count for source, count in days.items() if source not in nights),
    )


def instruments_in(said: str) -> tuple[Instrument, ...]:
    """`base1-4:psa9,base1-2:raw` as instruments. Raises BackfillRejected, naming the wrong one."""
    found = []
    for one in filter(None, (word.strip() for word in said.split(","))):
        card, _, grade = one.partition(":")
        if not is_card_id(card) or not grade:
            raise BackfillRejected(f"{one!r} is no instrument; write card:grade, as base1-4:psa9")
        found.append(Instrument(CardId(card), GradeCode(grade)))
    return tuple(dict.fromkeys(found))
