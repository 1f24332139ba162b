"""Takes a few invented prices through all that is compiled at its first use.

The first judging would wait half a minute for the compiler, which keeps its work on disk. These are
the functions that jobs call, with frames as jobs have them: the compiler goes by the arguments.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta

import polars as pl

from ingestion.domain.bars import bar_versions
from ingestion.domain.verdicts import NOTHING_TOLD, RESUME_NONE, judged
from ingestion.domain.versions import VERSIONS
from kernel.expectations import Checked, Expectation

RunSuite = Callable[[str, pl.DataFrame, Sequence[Expectation]], Sequence[Checked]]

FIRST = datetime(2026, 1, 1, 12, tzinfo=UTC)
CORRECTED = FIRST + timedelta(days=40)
PRICED = Expectation("expect_column_values_to_not_be_null", {"column": "price_cents"}, "rehearsed")


def rehearse(run_suite: RunSuite) -> Mapping[str, object]:
    """Touches no store. The summary counts what came of the invented prices."""
    versions = pl.DataFrame(list(_prices()), schema=VERSIONS, orient="row")
    verdicts = judged(versions, RESUME_NONE, NOTHING_TOLD).rows
    bars = bar_versions(versions, verdicts)
    run_suite("rehearsal", versions, [PRICED])
    return {"prices": versions.height, "verdicts": verdicts.height, "bars": bars.height}


def _prices() -> Iterator[Mapping[str, object]]:
    """Sales of a month, one of them corrected later and one far off, and two quotes."""
    for day in range(30):
        yield _price(day, day, 1000 + day, until=CORRECTED if day == 5 else None)
    yield _price(5, 5, 1010, known_at=CORRECTED)
    yield _price(30, 20, 90_000)
    for day in (0, 31):
        yield {**_price(40 + day, day, 1000), "subject": "report", "kind": "quote"}


def _price(
    key: int,
    day: int,
    cents: int,
    *,
    known_at: datetime | None = None,
    until: datetime | None = None,
) -> Mapping[str, object]:
    ts = FIRST + timedelta(days=day)
    return {
        **dict.fromkeys(VERSIONS),
        "subject": "trade",
        "kind": "trade",
        "key": key,
        "card_id": "rehearsed",
        "grade_code": "raw",
        "ts": ts,
        "price_cents": cents,
        "units": 1,
        "seller": f"seller {key}",
        "known_at": known_at or ts,
        "until": until,
    }
