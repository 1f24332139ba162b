"""Explains the signals of a night at the horizon people see first: numbers of the very models."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from kernel.days import end_of
from signals_svc.domain.analogues import Alike, alike, traits_of
from signals_svc.domain.arrays import Floats, Ints, Singles
from signals_svc.domain.baselines import TREES
from signals_svc.domain.explanation import Explanation, lookalikes, looked, moved
from signals_svc.domain.forecast_model import spread_at
from signals_svc.domain.judgement import Moved
from signals_svc.domain.snapshot import Snapshot
from signals_svc.ports.forecasters import Baselines
from signals_svc.usecases.classify import Classified
from signals_svc.usecases.forecast import NightForecasts

Parts = list[dict[str, Any] | None]  # an entry an instrument


@dataclass(frozen=True)
class ForecastMoved:
    """What moved the forecasts that may be acted upon: their places in the snapshot, by whom each
    was told, what moved the middle of the trees' forecast.
    """

    horizon_days: int
    places: Ints
    told: tuple[str, ...]
    parts: Parts

    def inputs_told(self, snapshot: Snapshot) -> Moved:
        """The inputs that moved the forecasts that are told."""
        return {
            (snapshot.instruments[place], self.horizon_days): part["inputs"]
            for place, part in zip(self.places, self.parts, strict=True)
            if part and part["told"]
        }


def forecast_moved(
    snapshot: Snapshot, forecasts: NightForecasts, horizon_days: int
) -> ForecastMoved:
    """Of every instrument that has a forecast and is traded enough to act upon."""
    spoken = forecasts.spoken.get(horizon_days)
    if spoken is None:
        return ForecastMoved(horizon_days, np.empty(0, np.int64), (), [])
    places = np.flatnonzero(snapshot.liquid & np.isfinite(spoken.quantiles).all(axis=1))
    told = tuple(spoken.versions[place] for place in places)
    parts = _forecast(snapshot, places, forecasts.contest, told, horizon_days)
    return ForecastMoved(horizon_days, places, told, parts)


def explanations_of(
    snapshot: Snapshot, forecasts: NightForecasts, classes: Classified, moved: ForecastMoved
) -> list[Explanation]:
    """Of the same instruments, with all there is to say."""
    places, told = moved.places, moved.told
    parts: Mapping[str, Parts] = {
        "forecast": moved.parts,
        "classifier": _classifier(places, classes, moved.horizon_days),
        "looked_at": _looked_at(places, forecasts, told),
        "alike": _alike(snapshot, places, forecasts.contest),
    }
    moment = end_of(snapshot.as_of)
    return [
        Explanation(
            snapshot.instruments[place],
            moved.horizon_days,
            moment,
            told[row],
            {name: part[row] for name, part in parts.items()},
        )
        for row, place in enumerate(places)
    ]


def _forecast(
    snapshot: Snapshot,
    places: Ints,
    contest: Baselines | None,
    told: Sequence[str],
    horizon_days: int,
) -> Parts:
    """What moved the middle of the trees' forecast, in log return, whoever is told."""
    if contest is None or contest.best(horizon_days) != TREES:
        return [None] * len(places)
    inputs = _inputs(snapshot, places, contest.inputs_horizon_days)
    unit = spread_at(snapshot.spreads, (horizon_days,))[places]
    by = contest.moved(inputs, horizon_days) * unit
    return [
        {
            "model_version": contest.version,
            "told": version == contest.version,
            **moved(by[row], inputs[row]),
        }
        for row, version in enumerate(told)
    ]


def _classifier(places: Ints, classes: Classified, horizon_days: int) -> Parts:
    """What moved the log odds of BUY over SELL, of the classifier that is told or else heard."""
    heard = classes.first
    if heard is None or classes.inputs is None or heard.horizon_days != horizon_days:
        return [None] * len(places)
    inputs = classes.inputs[places]
    by, chances = heard.moved(inputs), heard.chances(inputs)
    return [
        {
            "model_version": heard.version,
            "told": _is_told(classes, int(place), heard.version),
            "chances": _chances(chances[row]),
            **moved(by[row], inputs[row]),
        }
        for row, place in enumerate(places)
    ]


def _chances(row: Floats) -> dict[str, float]:
    return {
        name: round(float(one), 4) for name, one in zip(("buy", "hold", "sell"), row, strict=True)
    }


def _is_told(classes: Classified, place: int, version: str) -> bool:
    said = classes.voice.said[place] if classes.voice else None
    return said is not None and said.version == version


def _looked_at(places: Ints, forecasts: NightForecasts, told: Sequence[str]) -> Parts:
    if forecasts.looked_at is None:
        return [None] * len(places)
    version, shares_of = forecasts.looked_at
    found: Parts = []
    for row, place in enumerate(places):
        one = shares_of(int(place))
        told_here = {"model_version": version, "told": told[row] == version}
        found.append({**told_here, **looked(one)} if one else None)
    return found


def _alike(snapshot: Snapshot, places: Ints, contest: Baselines | None) -> Parts:
    if contest is None:
        return [None] * len(places)
    traits = traits_of(_inputs(snapshot, places, contest.inputs_horizon_days))
    cards = [str(snapshot.instruments[place].card_id) for place in places]
    found: list[Alike | None] = alike(contest.library, traits, cards)
    days = contest.inputs_horizon_days
    return [{"horizon_days": days, **lookalikes(one)} if one else None for one in found]


def _inputs(snapshot: Snapshot, places: Ints, horizon_days: int) -> Singles:
    return snapshot.inputs(horizon_days)[places]
