"""Does compiled work on several cores: parts of a day's rows, or days of a range. No bit changes.

Whoever is called on one of the cores does all of its own work there.
"""

import os
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from functools import cache
from itertools import pairwise
from threading import current_thread
from typing import TypeVar

T = TypeVar("T")
R = TypeVar("R")

MOST_CORES = 8
LEAST_ROWS = 512  # below, handing a part to another core costs more than doing it
CREW = "compiled-pass"


def cores() -> int:
    """How many may work at once here."""
    return 1 if current_thread().name.startswith(CREW) else min(MOST_CORES, os.cpu_count() or 1)


@cache
def _crew() -> ThreadPoolExecutor:
    return ThreadPoolExecutor(MOST_CORES, thread_name_prefix=CREW)


def in_parts(work: Callable[[slice], None], rows: int, *, least: int | None = None) -> None:
    """Call `work` for slices that together are all rows. It must let go of the interpreter."""
    parts = min(cores(), max(1, rows // (least or LEAST_ROWS)))
    if parts == 1:
        return work(slice(0, rows))
    edges = [rows * part // parts for part in range(parts + 1)]
    slices = [slice(*pair) for pair in pairwise(edges)]
    for done in [_crew().submit(work, one) for one in slices]:
        done.result()
    return None


def in_turn(work: Callable[[T], R], items: Iterable[T]) -> Iterator[R]:
    """The results in the order of the items; no more are begun ahead than cores can do."""
    ahead: deque[Future[R]] = deque()
    most = cores() + 1
    for item in items:
        if len(ahead) == most:
            yield ahead.popleft().result()
        ahead.append(_crew().submit(work, item))
    while ahead:
        yield ahead.popleft().result()
