"""The frozen inputs of a night's signals: features as rows to store, and as columns read back."""

import hashlib
import json
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property

import numpy as np
import polars as pl

from kernel.ids import CardId, GradeCode, Instrument
from kernel.series import KINDS, Kind, is_liquid
from signals_svc.domain.arrays import Flags, Floats, Ints, Singles
from signals_svc.domain.classifier_inputs import classifier_inputs
from signals_svc.domain.features import FEATURE_VERSION, Features
from signals_svc.domain.weekly import yardstick

DIGEST_BYTES = 16
COLUMNS = (
    "card_id",
    "grade_code",
    "series",
    "raw",
    "normalized",
    "recency_days",
    "bars_365",
    "close_cents",
    "fingerprint",
)


@dataclass(frozen=True)
class Snapshot:
    """Features of one day as they are stored, one value per instrument in every column."""

    as_of: date
    instruments: tuple[Instrument, ...]
    series: tuple[Kind, ...]
    raw: dict[str, Singles]
    normalised: dict[str, Singles]
    recency_days: Ints
    bars_365: Ints
    close_cents: Ints
    fingerprints: tuple[str, ...]
    _inputs: dict[int, Singles] = field(default_factory=dict, compare=False, repr=False)

    @cached_property
    def spreads(self) -> Floats:
        """[n, STEPS]: the unit of a forecast at each weekly step."""
        return yardstick(self.raw)[1]

    def inputs(self, horizon_days: int) -> Singles:
        """As classifiers and trees read them; worked out once."""
        known = self._inputs.get(horizon_days)
        if known is None:
            known = classifier_inputs(self.raw, self.normalised, horizon_days)
            self._inputs[horizon_days] = known
        return known

    @property
    def liquid(self) -> Flags:
        """Whether an instrument has enough recent bars to be acted upon."""
        columns = zip(self.series, self.bars_365, self.recency_days, strict=True)
        flags = [
            is_liquid(kind, bars=int(bars), recency_days=int(days)) for kind, bars, days in columns
        ]
        return np.array(flags, dtype=np.bool_)


def freeze(features: Features, places: Ints) -> pl.DataFrame:
    """Rows of features_daily for the instruments at these places; columns as COLUMNS.

    `raw` and `normalized` are JSON with null for missing. The fingerprint hashes the bars of the
    window that went in and everything that came out.
    """
    series = features.series
    frame = pl.DataFrame(
        {
            "card_id": [features.instruments[i].card_id for i in places],
            "grade_code": [features.instruments[i].grade_code for i in places],
            "series": [KINDS[kind] for kind in series.kind[places]],
            "raw": _as_json(features.raw, places),
            "normalized": _as_json(features.normalised, places),
            "recency_days": series.recency_days[places],
            "bars_365": series.bars_365[places],
            "close_cents": series.cents[series.last[places]],
        },
        schema_overrides=dict.fromkeys(("card_id", "grade_code", "series"), pl.String),
    )
    digests = [
        _fingerprint(row, _bars_of(features, place))
        for row, place in zip(frame.iter_rows(), places, strict=True)
    ]
    return frame.with_columns(fingerprint=pl.Series(digests, dtype=pl.String)).select(COLUMNS)


def thaw(as_of: date, frame: pl.DataFrame) -> Snapshot:
    """The columns of stored rows (COLUMNS), bit for bit what was computed."""
    return Snapshot(
        as_of=as_of,
        instruments=tuple(
            Instrument(CardId(card), GradeCode(grade))
            for card, grade in frame.select("card_id", "grade_code").iter_rows()
        ),
        series=tuple(frame["series"].to_list()),
        raw=_from_json(frame["raw"]),
        normalised=_from_json(frame["normalized"]),
        recency_days=frame["recency_days"].cast(pl.Int64).to_numpy(),
        bars_365=frame["bars_365"].cast(pl.Int64).to_numpy(),
        close_cents=frame["close_cents"].cast(pl.Int64).to_numpy(),
        fingerprints=tuple(frame["fingerprint"].to_list()),
    )


def _as_json(columns: dict[str, Singles], places: Ints) -> pl.Series:
    frame = pl.DataFrame({name: column[places] for name, column in columns.items()})
    return frame.fill_nan(None).select(pl.struct(pl.all()).struct.json_encode()).to_series()


def _from_json(texts: pl.Series) -> dict[str, Singles]:
    """Names are those of the first row: rows of one feature version all have the same."""
    if not len(texts):
        return {}
    names = sorted(json.loads(texts[0]))
    schema = pl.Struct(dict.fromkeys(names, pl.Float64))
    decoded = texts.str.json_decode(schema).struct.unnest()
    return {name: decoded[name].cast(pl.Float32).fill_null(np.nan).to_numpy() for name in names}


def _bars_of(features: Features, place: int) -> bytes:
    series = features.series
    rows = slice(series.start[place], series.last[place] + 1)
    return b"".join(
        column[rows].tobytes()
        for column in (series.day, series.cents, series.volume, series.known_us)
    )


def _fingerprint(row: tuple[object, ...], bars: bytes) -> str:
    digest = hashlib.blake2b(bars, digest_size=DIGEST_BYTES)
    digest.update("\x1f".join((FEATURE_VERSION, *map(str, row))).encode())
    return digest.hexdigest()
