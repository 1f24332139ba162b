"""Judges the prices of dirty instruments and appends every change of verdict."""

from collections.abc import Mapping

import polars as pl
import structlog

from ingestion.domain.verdicts import all_verdicts, missing_verdicts
from ingestion.ports import Unit

log = structlog.get_logger()

INSTRUMENT = ["card_id", "grade_code"]


def judge_outliers(unit: Unit) -> Mapping[str, object]:
    """Verdicts of all instruments with work at stage `bars`; days they change become work too."""
    unit.work.claim("bars")
    pending = unit.work.pending("bars")
    if pending.is_empty():
        return {"instruments": 0, "judged": 0, "verdicts": 0, "outliers": 0}
    instruments = pending.select(INSTRUMENT).unique()
    versions = pl.concat(
        [unit.prices.trade_versions(instruments), unit.prices.report_versions(instruments)]
    )
    wanted = all_verdicts(versions)
    missing = missing_verdicts(wanted, unit.verdicts.by_rule(instruments))
    appended = unit.verdicts.append(missing)
    unit.work.judge(pending)
    changed = missing.select(*INSTRUMENT, day=pl.col("event_at").dt.date()).unique()
    as_of = pending.select(*INSTRUMENT, "as_of").unique()
    elsewhere = changed.join(as_of, on=INSTRUMENT).join(
        pending, on=[*INSTRUMENT, "day", "as_of"], how="anti"
    )
    unit.work.mark("bars", elsewhere, judged=True)
    now = wanted.unique(["subject", "subject_id", *INSTRUMENT], keep="last", maintain_order=True)
    outliers = now.filter(pl.col("verdict") == "outlier")
    log.info("outliers.judged", instruments=instruments.height, verdicts=appended)
    by_rule = outliers.group_by("rule").len().sort("rule")
    return {
        "instruments": instruments.height,
        "judged": versions.filter(pl.col("until").is_null()).height,
        "verdicts": appended,
        "outliers": outliers.height,
        "outliers_by_rule": dict(by_rule.iter_rows()),
        "days_marked": elsewhere.height,
    }
