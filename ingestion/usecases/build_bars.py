"""Rebuilds the daily bars of judged days, and nothing else, in one transaction."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import polars as pl
import structlog

from ingestion.domain.bars import bar_versions
from ingestion.domain.errors import RowsBroken
from ingestion.domain.marks import marked_days, marks_with, work_on
from ingestion.domain.plain_suite import run_plainly
from ingestion.domain.versions import BAR_KEY, BAR_VERSIONS
from ingestion.ports.unit import Unit
from ingestion.usecases.recall import recall
from kernel.ids import CardId, GradeCode, Instrument
from kernel.suite_report import said

log = structlog.get_logger()

INSTRUMENT = ["card_id", "grade_code"]
DAY = [*INSTRUMENT, "day"]


class Built(NamedTuple):
    """What was done, and whose series are other ones now: to be forgotten after the commit."""

    summary: Mapping[str, object]
    changed: Sequence[Instrument]


def build_bars(unit: Unit, only: Instrument | None = None) -> Built:
    """Bars of touched days, of all instruments or of one; marks the days as `curated` work, and
    instruments whose close changed as `signals` work of the run's day. Raises RowsBroken."""
    unit.work.claim("bars")
    pending = work_on(only, unit.work.pending("bars"))
    work = pending.filter(pl.col("generation") == pl.col("judged"))
    unjudged = pending.height - work.height
    if work.is_empty():
        nothing = {"days": 0, "bars_added": 0, "bars_replaced": 0, "bars_removed": 0}
        return Built({**nothing, "unjudged": unjudged}, [])
    recall(unit, work.get_column("day").unique().to_list())
    # Work of a day reads that day: a night costs what it brought, not what the years before did.
    asked = work.select(*INSTRUMENT, first="day", last="through")
    versions = unit.prices.versions(asked)
    told = versions.select(*INSTRUMENT, day=pl.col("ts").dt.date())
    # The day of the mark too: it may have lost its last price.
    days = pl.concat([work.select(DAY), marked_days(told, work)]).unique()
    wanted = _wanted(unit, versions, days)
    stored = unit.bars.of_days(days)
    whole = list(BAR_VERSIONS)
    gone = stored.join(wanted, on=whole, how="anti", nulls_equal=True)
    come = wanted.join(stored, on=whole, how="anti", nulls_equal=True)
    _hold_to_contract(unit, come)
    unit.bars.replace(gone, come)
    changed = _close_changed(stored, wanted)
    unit.work.mark("curated", work)
    marks = marks_with(work, changed).drop("through").with_columns(day=pl.col("as_of"))
    # What is flagged is not announced until it is set free.
    believed = marks.join(unit.divergences.flagged(), on=INSTRUMENT, how="anti")
    signals = unit.work.mark("signals", believed)
    unit.work.mark("search", believed)
    unit.work.clear("bars", work)
    counts = _counts(gone, come)
    log.info("bars.built", days=days.height, signals=signals, **counts)
    summary = {"days": days.height, **counts} | {
        "instruments": days.select(INSTRUMENT).n_unique(),
        "instruments_changed": marks.select(INSTRUMENT).n_unique(),
        "unjudged": unjudged,
    }
    return Built(summary, _instruments(pl.concat([gone, come])))


def _hold_to_contract(unit: Unit, come: pl.DataFrame) -> None:
    """The bars about to be believed against the contract of their table. Raises RowsBroken."""
    contract = unit.contract("prices_daily")
    standing = come.filter(pl.col("superseded_at").is_null())
    failed = [one for one in run_plainly(standing, contract.quality) if not one.success]
    if failed:
        raise RowsBroken(contract.table, [f"{said(one)} {one.examples}" for one in failed])


def _instruments(versions: pl.DataFrame) -> Sequence[Instrument]:
    pairs = versions.select(INSTRUMENT).unique().sort(INSTRUMENT).iter_rows()
    return [Instrument(CardId(card), GradeCode(grade)) for card, grade in pairs]


def _wanted(unit: Unit, versions: pl.DataFrame, days: pl.DataFrame) -> pl.DataFrame:
    touched = versions.with_columns(day=pl.col("ts").dt.date()).join(days, on=DAY, how="semi")
    verdicts = unit.verdicts.standing(days.select(INSTRUMENT).unique())
    return bar_versions(touched.drop("day"), verdicts)


def _close_changed(stored: pl.DataFrame, wanted: pl.DataFrame) -> pl.DataFrame:
    """Instrument-days of which any version's close came, went or moved."""
    told = [*BAR_KEY, "known_at", "superseded_at", "close_cents"]
    old, new = stored.select(told), wanted.select(told)
    moved = pl.concat(
        [
            old.join(new, on=told, how="anti", nulls_equal=True),
            new.join(old, on=told, how="anti", nulls_equal=True),
        ]
    )
    return moved.select(DAY).unique()


def _counts(gone: pl.DataFrame, come: pl.DataFrame) -> dict[str, int]:
    """Of the versions that stand now; past versions are counted together."""
    key = list(BAR_KEY)
    was = gone.filter(pl.col("superseded_at").is_null()).select(key)
    now = come.filter(pl.col("superseded_at").is_null()).select(key)
    return {
        "bars_added": now.join(was, on=key, how="anti").height,
        "bars_replaced": now.join(was, on=key, how="semi").height,
        "bars_removed": was.join(now, on=key, how="anti").height,
        "past_versions": come.filter(pl.col("superseded_at").is_not_null()).height,
    }
