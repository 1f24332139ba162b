"""Days that marks of work speak of: one each, or all of a month from `day` to `through`."""

import polars as pl

from kernel.ids import Instrument

INSTRUMENT = ["card_id", "grade_code"]


def marked_days(days: pl.DataFrame, marks: pl.DataFrame) -> pl.DataFrame:
    """Those of the instruments' days that a mark speaks of; each once, as card, grade, day."""
    return _met(days, marks).select(*INSTRUMENT, "day").unique()


def marks_with(marks: pl.DataFrame, days: pl.DataFrame) -> pl.DataFrame:
    """The marks that speak of any of the days."""
    met = _met(days, marks).select(*INSTRUMENT, "first", "through").unique()
    return marks.join(
        met, left_on=[*INSTRUMENT, "day"], right_on=[*INSTRUMENT, "first"], how="semi"
    )


def work_on(only: Instrument | None, marks: pl.DataFrame) -> pl.DataFrame:
    """The marks of one instrument; all where none is named."""
    if only is None:
        return marks
    return marks.filter(card_id=only.card_id, grade_code=only.grade_code)


def monthly_marks(records: pl.DataFrame) -> pl.DataFrame:
    """Marks of all days of the records, one an instrument and month; `records` has `ts`."""
    day = pl.col("ts").dt.date()
    return (
        records.group_by(*INSTRUMENT, day.dt.month_start().alias("month"))
        .agg(day=day.min(), through=day.max())
        .drop("month")
    )


def _met(days: pl.DataFrame, marks: pl.DataFrame) -> pl.DataFrame:
    # No mark goes beyond its month, so a join on the month finds every pair.
    month = pl.col("day").dt.month_start().alias("month")
    told = marks.select(*INSTRUMENT, month, "through", first="day")
    pairs = days.select(*INSTRUMENT, "day", month).unique().join(told, on=[*INSTRUMENT, "month"])
    return pairs.filter(pl.col("day").is_between("first", "through"))
