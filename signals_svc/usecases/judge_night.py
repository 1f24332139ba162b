"""What is forecast and said of a night's frozen features. Reads, and writes nothing."""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from functools import cache, partial
from typing import NamedTuple

from kernel.days import end_of
from kernel.ids import Instrument
from signals_svc.domain.arrays import Floats
from signals_svc.domain.decision import Policy
from signals_svc.domain.judgement import Actions, judge
from signals_svc.domain.signal import Signal
from signals_svc.domain.snapshot import Snapshot
from signals_svc.domain.weekly import Windows
from signals_svc.ports.models import ModelStore
from signals_svc.ports.registry import Loaders
from signals_svc.ports.stores import Stores
from signals_svc.usecases.classify import Classified, ReadForecast, classified
from signals_svc.usecases.explain import ForecastMoved, forecast_moved
from signals_svc.usecases.forecast import NightForecasts, forecasts_of, windows_then
from signals_svc.usecases.read_forecasts import Seen, read_forecast


@dataclass(frozen=True)
class Speech:
    """Who may speak, of which horizons, and by which rules an action comes of it."""

    policy: Policy
    horizons: tuple[int, ...]
    shown_horizon: int
    loaders: Loaders


class NightJudged(NamedTuple):
    """Who forecast what, what was said, and what moved it."""

    forecasts: NightForecasts
    classes: Classified
    signals: list[Signal]
    moved: ForecastMoved
    previous: Actions


def judge_night(
    stores: Stores,
    snapshot: Snapshot,
    *,
    wanted: Collection[Instrument],
    speech: Speech,
    divergent: Mapping[Instrument, float],
    windows: Callable[[], Windows] | None = None,
    shadow: bool = True,
) -> NightJudged:
    """Of the snapshot's instruments; the actions before are of all that are wanted.

    `windows` are those of the snapshot where somebody has them already; without `shadow` nobody is
    heard whom nobody is told.
    """
    windows = windows or partial(windows_then, stores, snapshot)
    forecasts = forecasts_of(
        stores.models,
        snapshot,
        horizons=speech.horizons,
        loaders=speech.loaders,
        windows=windows,
        shadow=shadow,
    )
    seen = Seen(snapshot.raw, snapshot.normalised, windows)
    read = _reading(stores.models, forecasts, speech.loaders, seen)
    classes = classified(
        snapshot, stores.models, speech.loaders.classifiers, speech.policy, read, shadow=shadow
    )
    moved = forecast_moved(snapshot, forecasts, speech.shown_horizon)
    previous = stores.signals.previous(sorted(wanted), before=end_of(snapshot.as_of))
    signals = judge(
        snapshot,
        spoken=forecasts.spoken,
        voice=classes.voice,
        previous=previous,
        policy=speech.policy,
        divergent=divergent,
        moved=moved.inputs_told(snapshot),
    )
    return NightJudged(forecasts, classes, signals, moved, previous)


def _reading(
    models: ModelStore, forecasts: NightForecasts, loaders: Loaders, seen: Seen
) -> ReadForecast:
    """What a classifier reads, once a version and horizon: mostly trees that were just heard."""
    contest = forecasts.contest

    @cache
    def read(version: str, horizon_days: int) -> Floats | str:
        if (
            contest is not None
            and version == contest.version
            and horizon_days in forecasts.by_trees
        ):
            return forecasts.by_trees[horizon_days]
        return read_forecast(version, horizon_days, models, loaders, seen)

    return read
