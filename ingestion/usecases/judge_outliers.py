"""Judges the prices of dirty instruments and appends every change of verdict."""

from collections.abc import Mapping

import polars as pl
import structlog

from ingestion.domain.checkpoints import resumable, sound
from ingestion.domain.marks import marked_days, work_on
from ingestion.domain.verdicts import judged, missing_verdicts, with_earlier
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
        if pending.is_empty():
            return {"instruments": 0, "judged": 0, "verdicts": 0, "outliers": 0}
        versions, resumed = _read(unit, pending)
        told = unit.verdicts.by_rule_since(resumed, _several(versions, resumed))
    wanted, checkpoints = judged(versions, resumed, told)
    with units() as unit:
        unit.work.claim("bars")
        changed = _changed(pending, work_on(only, unit.work.pending("bars")))
        pending, versions, resumed, wanted, checkpoints = (
            frame.join(changed, on=INSTRUMENT, how="anti", maintain_order="left")
            for frame in (pending, versions, resumed, wanted, checkpoints)
        )
        written = _write(unit, pending, resumed, wanted)
        unit.verdicts.check(pending, checkpoints)
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


def _read(unit: Unit, pending: pl.DataFrame) -> tuple[pl.DataFrame, pl.DataFrame]:
    """The versions of all instruments, and the checkpoints that judging some goes on from."""
    resumed = resumable(pending, unit.verdicts.checkpoints(pending))
    recent = unit.prices.versions_since(resumed)
    resumed = sound(resumed, recent)
    recent = recent.join(resumed, on=INSTRUMENT, how="semi")
    whole = pending.select(INSTRUMENT).join(resumed, on=INSTRUMENT, how="anti")
    if whole.is_empty():
        return recent, resumed
    return pl.concat([recent, unit.prices.versions(whole)]), resumed


def _several(versions: pl.DataFrame, resumed: pl.DataFrame) -> pl.DataFrame:
    """Sales of which a version has ended: what was told of them cannot be seen by those left."""
    sales = versions.filter(subject="trade").join(resumed, on=INSTRUMENT, how="semi")
    return sales.filter(pl.col("until").is_not_null()).select(subject_id="key")


def _changed(seen: pl.DataFrame, present: pl.DataFrame) -> pl.DataFrame:
    """Instruments of which any work came, went or was done since it was seen."""
    whole = seen.columns
    either = [seen.join(present, on=whole, how="anti"), present.join(seen, on=whole, how="anti")]
    return pl.concat(either).select(INSTRUMENT).unique()


def _write(
    unit: Unit, pending: pl.DataFrame, resumed: pl.DataFrame, wanted: pl.DataFrame
) -> dict[str, int]:
    instruments = pending.select(INSTRUMENT).unique()
    whole = instruments.join(resumed, on=INSTRUMENT, how="anti")
    recent = unit.verdicts.by_rule_since(resumed, wanted.filter(subject="trade"))
    stored = pl.concat([unit.verdicts.by_rule(whole), recent])
    missing = missing_verdicts(with_earlier(wanted, stored, resumed), stored)
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
