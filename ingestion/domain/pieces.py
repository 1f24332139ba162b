"""Instruments taken a few at a time, so that what is read of them fits into memory."""

from collections.abc import Callable
from typing import Protocol, TypeVar

import polars as pl

INSTRUMENT = ["card_id", "grade_code"]

ROWS = 250_000  # to be read at a time
FIRST = 64  # instruments, before anything is known of how much is told of each
GROWTH = 8  # at most so many times as many as before


class Done(Protocol):
    """What came of a piece."""

    @property
    def read(self) -> int:
        """Rows."""


AnyDone = TypeVar("AnyDone", bound=Done)


def in_pieces(instruments: pl.DataFrame, work: Callable[[pl.DataFrame], AnyDone]) -> list[AnyDone]:
    """Do the work on each instrument once; `work` takes some of them, as card_id, grade_code.

    A piece is as large as what was read of the one before allows. Cards of one set are traded
    alike, so they are taken in no order: one piece tells of the next.
    """
    told = instruments.select(INSTRUMENT).unique()
    scattered = told.sort(pl.struct(INSTRUMENT).hash(0), *INSTRUMENT)
    done: list[AnyDone] = []
    begin, size = 0, FIRST
    while begin < scattered.height:
        piece = scattered.slice(begin, size)
        done.append(work(piece))
        begin += piece.height
        size = max(1, min(GROWTH * size, ROWS * piece.height // max(1, done[-1].read)))
    return done
