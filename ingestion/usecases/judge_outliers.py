"""Judges the prices of dirty instruments and appends every change of verdict."""

from collections import Counter
from collections.abc import Mapping
from functools import partial
from typing import NamedTuple

import polars as pl
import structlog

from ingestion.domain.checkpoints import resumable, sound
from ingestion.domain.marks import marked_days, work_on
from ingestion.domain.pieces import in_pieces
from ingestion.domain.verdicts import judged, missing_verdicts, with_earlier
from ingestion.ports.unit import Unit, Units
from ingestion.usecases.recall import mark
from kernel.ids import Instrument

log = structlog.get_logger()

INSTRUMENT = ["card_id", "grade_code"]


class Piece(NamedTuple):
    """What came of judging some instruments; `left`: how many to the next run."""

    read: int
    instruments: int
    judged: int
    verdicts: int
    days_marked: int
    outliers: Counter[str]
    left: int


def judge_outliers(units: Units, only: Instrument | None = None) -> Mapping[str, object]:
    """Verdicts of all instruments with work at stage `bars` that is not judged, or of one of them;
    days they change become work too.

    Some instruments at a time, and each such piece is kept: what a run that ends early has judged
    is not judged again.
    """
    with units() as unit:
        pending = work_on(only, unit.work.pending("bars"))
    unjudged = pending.filter(pl.col("generation") != pl.col("judged"))
    pieces = in_pieces(unjudged, partial(_judge, units))
    sums = {
        name: sum(getattr(piece, name) for piece in pieces)
        for name in ("instruments", "judged", "verdicts", "days_marked", "left")
    }
    log.info("outliers.judged", pieces=len(pieces), **sums)
    by_rule = sum((piece.outliers for piece in pieces), Counter[str]())
    return {
        **sums,
        "outliers": by_rule.total(),
        "outliers_by_rule": dict(sorted(by_rule.items())),
    }


def _judge(units: Units, instruments: pl.DataFrame) -> Piece:
    """Judging takes minutes where much is new, so it lies between two transactions. An instrument
    whose work changed meanwhile is left to the next run."""
    with units() as unit:
        unit.archive.hold()
        pending = unit.work.pending("bars", of=instruments)
        versions, resumed = _read(unit, pending)
        told = unit.verdicts.by_rule_since(resumed, _several(versions, resumed))
    wanted, checkpoints = judged(versions, resumed, told)
    read = versions.height
    with units() as unit:
        unit.work.claim("bars")
        changed = _changed(pending, unit.work.pending("bars", of=instruments))
        pending, versions, resumed, wanted, checkpoints = (
            frame.join(changed, on=INSTRUMENT, how="anti", maintain_order="left")
            for frame in (pending, versions, resumed, wanted, checkpoints)
        )
        appended, marked = _write(unit, pending, resumed, wanted)
        unit.verdicts.check(pending, checkpoints)
    now = wanted.unique(["subject", "subject_id", *INSTRUMENT], keep="last", maintain_order=True)
    return Piece(
        read=read,
        instruments=pending.select(INSTRUMENT).n_unique(),
        judged=versions.filter(pl.col("until").is_null()).height,
        verdicts=appended,
        days_marked=marked,
        outliers=Counter(now.filter(pl.col("verdict") == "outlier").get_column("rule").to_list()),
        left=changed.height,
    )


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
) -> tuple[int, int]:
    """The rows appended, and the days marked beside those that were work."""
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
    return appended, elsewhere.height


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
