"""Judges the prices of dirty instruments and appends every change of verdict."""

from collections.abc import Mapping

import polars as pl
import structlog

from ingestion.domain.marks import marked_days, work_on
from ingestion.domain.verdicts import all_verdicts, missing_verdicts
from ingestion.ports.unit import Unit, Units
from ingestion.usecases.recall import mark
from kernel.ids import Instrument

log = structlog.get_logger()

INSTRUMENT = ["card_id", "grade_code"]


def judge_outliers(units: Units, only: Instrument | None = None) -> Mapping[str, object]:
    """Verdicts of all instruments with work at stage `bars`, or of one of them; days they change
    become work too.

    Judging takes minutes where much is new, so it lies between two transactions. An instrument
    whose work changed meanwhile is left to the next run.
    """
    with units() as unit:
        unit.archive.hold()
        pending = work_on(only, unit.work.pending("bars"))
        versions = unit.prices.versions(pending.select(INSTRUMENT))
    if pending.is_empty():
        return {"instruments": 0, "judged": 0, "verdicts": 0, "outliers": 0}
    wanted = all_verdicts(versions)
    with units() as unit:
        unit.work.claim("bars")
        changed = _changed(pending, work_on(only, unit.work.pending("bars")))
        pending, versions, wanted = (
            frame.join(changed, on=INSTRUMENT, how="anti", maintain_order="left")
            for frame in (pending, versions, wanted)
        )
        written = _write(unit, pending, wanted)
    now = wanted.unique(["subject", "subject_id", *INSTRUMENT], keep="last", maintain_order=True)
    outliers = now.filter(pl.col("verdict") == "outlier")
    by_rule = outliers.group_by("rule").len().sort("rule")
    instruments = pending.select(INSTRUMENT).n_unique()
    log.info("outliers.judged", instruments=instruments, **written)
    return {
        "instruments": instruments,
        "judged": versions.filter(pl.col("until").is_null()).height,
        **written,
        "outliers": outliers.height,
        "outliers_by_rule": dict(by_rule.iter_rows()),
        "left": changed.height,
    }


def _changed(seen: pl.DataFrame, present: pl.DataFrame) -> pl.DataFrame:
    """Instruments of which any work came, went or was done since it was seen."""
    whole = seen.columns
    either = [seen.join(present, on=whole, how="anti"), present.join(seen, on=whole, how="anti")]
    return pl.concat(either).select(INSTRUMENT).unique()


def _write(unit: Unit, pending: pl.DataFrame, wanted: pl.DataFrame) -> dict[str, int]:
    instruments = pending.select(INSTRUMENT).unique()
    missing = missing_verdicts(wanted, unit.verdicts.by_rule(instruments))
    appended = unit.verdicts.append(missing)
    unit.work.judge(pending)
    changed = missing.select(*INSTRUMENT, day=pl.col("event_at").dt.date()).unique()
    as_of = pending.select(*INSTRUMENT, "as_of").unique()
    elsewhere = _elsewhere(changed.join(as_of, on=INSTRUMENT), pending)
    mark(unit, elsewhere, judged=True)
    return {"verdicts": appended, "days_marked": elsewhere.height}


def _elsewhere(days: pl.DataFrame, pending: pl.DataFrame) -> pl.DataFrame:
    """Days, each of a run's day `as_of`, that no work of that run is on."""
    either = [
        days.filter(pl.col("as_of") == as_of).join(
            marked_days(days, pending.filter(pl.col("as_of") == as_of)),
            on=[*INSTRUMENT, "day"],
            how="anti",
        )
        for as_of in days.get_column("as_of").unique().sort()
    ]
    return pl.concat([days.clear(), *either])
