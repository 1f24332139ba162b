"""What is forecast and said of a night's frozen features. Reads, and writes nothing."""

from collections.abc import Collection, Mapping
from typing import NamedTuple

from kernel.days import end_of
from kernel.ids import Instrument
from signals_svc.domain.decision import Policy
from signals_svc.domain.explanation import Explanation
from signals_svc.domain.judgement import Actions, judge
from signals_svc.domain.signal import Signal
from signals_svc.domain.snapshot import Snapshot
from signals_svc.ports.registry import Loaders
from signals_svc.ports.stores import Stores
from signals_svc.usecases.classify import Classified, classified
from signals_svc.usecases.explain import explanations_of, told_inputs
from signals_svc.usecases.forecast import NightForecasts, forecasts_of


class NightJudged(NamedTuple):
    """Who forecast what, what was said, and why."""

    forecasts: NightForecasts
    classes: Classified
    signals: list[Signal]
    why: list[Explanation]
    previous: Actions


def judge_night(
    stores: Stores,
    snapshot: Snapshot,
    *,
    wanted: Collection[Instrument],
    policy: Policy,
    horizons: tuple[int, ...],
    shown_horizon: int,
    loaders: Loaders,
    divergent: Mapping[Instrument, float],
) -> NightJudged:
    """Of the snapshot's instruments; the actions before are of all that are wanted."""
    forecasts = forecasts_of(
        stores,
        snapshot,
        horizons=horizons,
        baselines=loaders.baselines,
        forecasters=loaders.forecasters,
    )
    classes = classified(snapshot, stores.models, loaders.classifiers, policy)
    why = explanations_of(snapshot, forecasts, classes, horizon_days=shown_horizon)
    previous = stores.signals.previous(sorted(wanted), before=end_of(snapshot.as_of))
    signals = judge(
        snapshot,
        spoken=forecasts.spoken,
        voice=classes.voice,
        previous=previous,
        policy=policy,
        divergent=divergent,
        moved=told_inputs(why),
    )
    return NightJudged(forecasts, classes, signals, why, previous)
