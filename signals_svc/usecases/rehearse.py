"""Takes two invented cards through all of a night that is compiled at its first use.

The first night would wait ten seconds for the compiler, which keeps its work on disk. These are the
functions that jobs call, with columns as jobs have them: the compiler goes by the arguments.
"""

from collections.abc import Iterator, Mapping
from datetime import UTC, date, datetime, timedelta
from itertools import product

import numpy as np
import polars as pl

from kernel.ids import CardId
from signals_svc.domain.bars import bars_of
from signals_svc.domain.cross_section import CardFacts, Catalog
from signals_svc.domain.facts import MOODS, POPULATION, SEARCHES, Facts
from signals_svc.domain.features import features_on
from signals_svc.domain.tree_paths import UNUSED, TreePaths, contributions

FIRST = date(2026, 1, 1)
LAST = FIRST + timedelta(days=60)
CARDS = ("rehearsed-1", "rehearsed-2")
GRADES = ("raw", "psa10")


def rehearse() -> Mapping[str, object]:
    """Touches no store. The summary counts what came of the invented cards."""
    bars = bars_of(pl.DataFrame(list(_bars())))
    catalog: Catalog = {CardId(card): CardFacts("rehearsal", FIRST) for card in CARDS}
    features = features_on(bars, catalog, LAST, _facts())
    moved, _ = contributions(_split(), np.zeros((1, 2), np.float32))
    return {
        "bars": len(bars.day),
        "instruments": features.series.owners,
        "inputs_moved": int(np.count_nonzero(moved)),
    }


def _bars() -> Iterator[Mapping[str, object]]:
    """Every other day of two months, in each grade of each card."""
    for number, (card, grade) in enumerate(product(CARDS, GRADES)):
        for day in range(0, 60, 2):
            yield {
                "card_id": card,
                "grade_code": grade,
                "kind": "trade",
                "day": FIRST + timedelta(days=day),
                "close_cents": 1000 + 100 * number + day % 7,
                "volume": 1,
                "known_at": _morning_after(day),
            }


def _facts() -> Facts:
    """Of the first card, one row of each."""
    about = {"card_id": CARDS[0], "day": FIRST + timedelta(days=50), "known_at": _morning_after(50)}
    rows = (
        {"grade_code": GRADES[0], "population": 10},
        {"source": "trends", "window_last": about["day"], "interest": 5},
        {"source": "reddit", "posts": 3, "score": 0.5},
    )
    schemas = (POPULATION, SEARCHES, MOODS)
    told = zip(rows, schemas, strict=True)
    return Facts(
        *(pl.DataFrame([about | row], schema=schema, orient="row") for row, schema in told)
    )


def _split() -> TreePaths:
    """One tree that asks one input once."""
    return TreePaths(
        inputs=np.array([[0, UNUSED], [0, UNUSED]], np.int64),
        low=np.array([[-np.inf, -np.inf], [0.5, -np.inf]], np.float32),
        high=np.array([[0.5, np.inf], [np.inf, np.inf]], np.float32),
        missing=np.ones((2, 2), np.bool_),
        share=np.array([[0.5, 1.0], [0.5, 1.0]]),
        value=np.array([-1.0, 1.0]),
    )


def _morning_after(day: int) -> datetime:
    return datetime.combine(FIRST, datetime.min.time(), UTC) + timedelta(days=day + 1)
