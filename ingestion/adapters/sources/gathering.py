"""Asks a source about one subject after another, and hands on what came piece by piece.

A piece is what is lost at most when a run is killed: it is kept as soon as it is handed on.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import datetime
from typing import Any

from ingestion.adapters.sources.edge import GRACE_S, Edge, Visit
from ingestion.domain.errors import SourceRefused, SourceUnavailable
from ingestion.domain.records import Gathered, Receipt
from kernel.errors import DomainError

# A piece has at least so many, and as many as its source may be asked for within a second: to keep
# one costs as much as to ask the fastest for a dozen.
LEAST_SUBJECTS = 25
PIECE_S = 60.0  # the slowest source may be asked four times a minute
MISSED_IN_A_ROW = 3  # one or two subjects may be odd; three in a row are the source

Row = dict[str, Any]
Now = Callable[[], datetime]
Group = Sequence[str]  # subjects that one question asks for
Ask = Callable[[Visit, Group], Iterable[Row]]


def gather(
    edge: Edge, groups: Iterable[Group], ask: Ask, receipt: Callable[[list[Row]], Receipt]
) -> Iterator[Gathered]:
    """Pieces of the groups that were asked to their end; at least one, if only an empty one.

    No subject is begun after the edge's deadline: BudgetSpent. A subject the source fails at, or
    refuses, is passed over for the others' sake, and its error raised at the end.
    """
    clock, enough = edge.clock, max(LEAST_SUBJECTS, edge.rate.per_min // 60)
    rows, done, begun = list[Row](), list[str](), clock.now()
    missed, stopped, handed_on = 0, None, False
    with edge.visit(grace_s=GRACE_S) as visit:
        for group in groups:
            try:
                visit.begin()
                told = list(ask(visit, group))
            except DomainError as error:
                missed, stopped = missed + 1, error
                if missed == MISSED_IN_A_ROW or not _of_one_subject(error):
                    break
                continue
            missed, rows, done = 0, [*rows, *told], [*done, *group]
            if len(done) >= enough or clock.now() - begun >= PIECE_S:
                yield Gathered(receipt(rows), done)
                rows, done, begun, handed_on = [], [], clock.now(), True
        if done or not (handed_on or stopped):
            yield Gathered(receipt(rows), done)
    if stopped is not None:
        raise stopped


def _of_one_subject(error: DomainError) -> bool:
    """Whether others may fare better: not where the time is over, or the door is closed to all."""
    return type(error) in (SourceUnavailable, SourceRefused)
