"""Claims and scores as frames: what the store gives and takes, and the arrays between."""

from collections.abc import Mapping

import numpy as np
import polars as pl
from polars.datatypes import DataType, DataTypeClass

from kernel.ids import CardId, GradeCode, Instrument
from kernel.series import KINDS
from signals_svc.domain.arrays import Floats, Ints
from signals_svc.domain.bars import Bars
from signals_svc.domain.decision import ACTIONS
from signals_svc.domain.scores import NOWHERE, OUTCOMES, SCORED, Claims, Scores

Schema = Mapping[str, DataTypeClass | DataType]

CLAIMS: Schema = {
    "signal_id": pl.Int64,
    "after_days": pl.Int64,
    "card_id": pl.String,
    "grade_code": pl.String,
    "series": pl.String,
    "asof_ts": pl.Datetime("us", "UTC"),
    "known_at": pl.Datetime("us", "UTC"),
    "action": pl.String,
    "abstains": pl.Boolean,
}
STANDING: Schema = {
    "outcome": pl.String,
    "entry_day": pl.Date,
    "entry_cents": pl.Int64,
    "exit_day": pl.Date,
    "exit_cents": pl.Int64,
}
ROWS: Schema = {
    "signal_id": pl.Int64,
    "after_days": pl.Int64,
    "known_at": pl.Datetime("us", "UTC"),
    **STANDING,
    "net_return": pl.Float64,
    "came_true": pl.Boolean,
}
MICROSECONDS_A_DAY = 86_400_000_000


def claims_of(frame: pl.DataFrame, bars: Bars) -> Claims:
    """Rows of the frame in its order; instruments by their slot in the bars."""
    slots = {one: slot for slot, one in enumerate(bars.instruments)}
    names = frame.select("card_id", "grade_code").iter_rows()
    asof_us = frame["asof_ts"].dt.epoch("us").to_numpy()
    known_us = frame["known_at"].dt.epoch("us").to_numpy()
    asof_day = asof_us // MICROSECONDS_A_DAY - 1
    return Claims(
        signal_id=frame["signal_id"].to_numpy(),
        after_days=frame["after_days"].to_numpy(),
        slot=np.array(
            [
                slots.get(Instrument(CardId(card), GradeCode(grade)), NOWHERE)
                for card, grade in names
            ],
            np.int64,
        ),
        kind=_number(frame["series"], KINDS),
        asof_day=asof_day,
        # Known at midnight it was heard by the end of the day before.
        heard_day=np.maximum(asof_day, (known_us - 1) // MICROSECONDS_A_DAY),
        action=_number(frame["action"], ACTIONS),
        abstains=frame["abstains"].to_numpy(),
    )


def standing_of(frame: pl.DataFrame) -> Scores:
    """The sales that were said to be traded; nothing else of a score is compared."""
    days = [frame[name].dt.epoch("d").cast(pl.Int64).fill_null(0) for name in _DAYS]
    cents = [frame[name].fill_null(0).to_numpy() for name in ("entry_cents", "exit_cents")]
    return Scores(
        outcome=_number(frame["outcome"], OUTCOMES),
        entry_day=days[0].to_numpy(),
        entry_cents=cents[0],
        exit_day=days[1].to_numpy(),
        exit_cents=cents[1],
        net_return=np.full(len(frame), np.nan),
        came_true=np.zeros(len(frame), np.bool_),
    )


def rows_of(claims: Claims, scores: Scores, known_us: Ints) -> pl.DataFrame:
    """A version a claim, known at these moments; columns ROWS."""
    traded = scores.outcome == SCORED
    frame = pl.DataFrame(
        {
            "signal_id": claims.signal_id,
            "after_days": claims.after_days,
            "known_at": known_us,
            "outcome": [OUTCOMES[code] for code in scores.outcome],
            "entry_day": scores.entry_day,
            "entry_cents": scores.entry_cents,
            "exit_day": scores.exit_day,
            "exit_cents": scores.exit_cents,
            "net_return": _shown(scores.net_return),
            "came_true": scores.came_true,
        },
        schema_overrides={"outcome": pl.String},
    )
    sold = pl.lit(pl.Series(traded))
    return frame.with_columns(
        pl.col("known_at").cast(pl.Datetime("us")).dt.replace_time_zone("UTC"),
        *(pl.when(sold).then(pl.col(name).cast(pl.Int32).cast(pl.Date)) for name in _DAYS),
        *(pl.when(sold).then(pl.col(name)) for name in ("entry_cents", "exit_cents", "came_true")),
        pl.col("net_return").fill_nan(None),
    ).select(list(ROWS))


_DAYS = ("entry_day", "exit_day")
DECIMALS = 6


def _shown(returns: Floats) -> Floats:
    return np.round(returns, DECIMALS) + 0.0


def _number(names: pl.Series, among: tuple[str, ...]) -> Ints:
    """Place of each name; the names are all among them."""
    places = dict(zip(among, range(len(among)), strict=True))
    numbers: Ints = names.replace_strict(places, return_dtype=pl.Int64).to_numpy()
    return numbers
