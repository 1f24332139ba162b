"""Holds a run's records against the contracts of their tables, before any table is touched."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime

import polars as pl
import structlog

from ingestion.domain.errors import SuiteFailed
from ingestion.domain.expectations import NO_NIGHTS, OVER_USUAL, suite_for
from ingestion.domain.facts import FACT_SCHEMAS, Fact
from ingestion.domain.records import READING, RECORDS, TABLES_OF_KINDS
from ingestion.ports.quality import Yardstick
from kernel.days import end_of
from kernel.suite_report import Suite, page

log = structlog.get_logger()

INSTRUMENT = ["card_id", "grade_code"]


def guard(
    yardstick: Yardstick, source: str, day: date, records: pl.DataFrame, *, now: datetime
) -> Mapping[str, object]:
    """The suite of each table that the records are for; a readable report each, in the lake.

    Raises SuiteFailed with the reports' keys, after all of them were written.
    """
    suites = [
        suite
        for table in TABLES_OF_KINDS
        if (suite := _suite(yardstick, table, source, day, records, now)) is not None
    ]
    return told_or_refused(yardstick, source, day, suites)


def guard_facts(
    yardstick: Yardstick,
    table: Fact,
    source: str,
    day: date,
    rows: pl.DataFrame,
    *,
    whole: bool = True,
) -> Mapping[str, object]:
    """The suite of a table of facts, as `guard`: what a source used to tell it has to tell.

    A piece of a collection is not `whole`: its volume says nothing. Raises SuiteFailed.
    """
    nights = yardstick.baselines.nights(table, source, day) if whole else NO_NIGHTS
    if rows.is_empty() and not nights.any_rows:
        return {}
    contract = yardstick.contract(table)
    columns = list(FACT_SCHEMAS[table])
    expectations = suite_for(contract, rows, columns=columns, source=source, day=day, nights=nights)
    checked = yardstick.run(table, rows, expectations)
    suite = Suite(table, contract.owner, source, day, rows.height, checked)
    return told_or_refused(yardstick, source, day, [suite])


def told_or_refused(
    yardstick: Yardstick, source: str, day: date, suites: Sequence[Suite]
) -> Mapping[str, object]:
    """Keep every suite's report, then say how they came out. Raises SuiteFailed."""
    for suite in suites:
        yardstick.keep_report(suite.key, page(suite))
        log.info("suite.checked", table=suite.table, source=source, success=suite.success)
    failed = [suite for suite in suites if not suite.success]
    if failed:
        said = [f"{suite.table}: {failure}" for suite in failed for failure in suite.failures]
        raise SuiteFailed(source, day, said, [suite.key for suite in failed])
    return {
        "expectations": sum(len(suite.checked) for suite in suites),
        "reports": [suite.key for suite in suites],
    }


def _suite(
    yardstick: Yardstick,
    table: str,
    source: str,
    day: date,
    records: pl.DataFrame,
    now: datetime,
) -> Suite | None:
    """A table's suite; None of one that the source neither tells now nor has told of late."""
    frame = records.filter(TABLES_OF_KINDS[table]).drop(READING, strict=False)
    nights = yardstick.baselines.nights(table, source, day)
    if frame.is_empty() and not nights.any_rows:
        return None
    contract = yardstick.contract(table)
    measured = _over_usual(yardstick, frame, day)
    expectations = suite_for(
        contract,
        measured,
        columns=[*RECORDS, OVER_USUAL],
        source=source,
        day=day,
        nights=nights,
        day_is_over=now >= end_of(day),
        fresh=records.is_empty() or not frame.is_empty(),
    )
    checked = yardstick.run(table, measured, expectations)
    return Suite(table, contract.owner, source, day, frame.height, checked)


def _over_usual(yardstick: Yardstick, frame: pl.DataFrame, day: date) -> pl.DataFrame:
    usual = yardstick.baselines.usual_prices(frame.select(INSTRUMENT).unique(), day)
    joined = frame.join(usual, on=INSTRUMENT, how="left", maintain_order="left")
    ratio = (pl.col("price_cents") / pl.col("usual_cents")).log()
    return joined.with_columns(ratio.alias(OVER_USUAL)).drop("usual_cents")
