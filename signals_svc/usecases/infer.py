"""Infers the signals of one night from its frozen features, and clears the work it did."""

from collections import Counter
from datetime import date, datetime
from typing import NamedTuple

from kernel.days import end_of
from kernel.ids import CardId, GradeCode, Instrument
from signals_svc.domain.baselines import VERSIONS
from signals_svc.domain.decision import Policy
from signals_svc.domain.features import FEATURE_VERSION
from signals_svc.domain.judgement import Actions
from signals_svc.domain.signal import Flip, Signal, flip_of
from signals_svc.domain.withdrawal import withdrawal
from signals_svc.ports.night import SignalStore
from signals_svc.ports.registry import Loaders
from signals_svc.ports.stores import Stores
from signals_svc.usecases.build_features import NO_DIRTY_ROW
from signals_svc.usecases.explain import explanations_of
from signals_svc.usecases.judge_night import Speech, judge_night


class Inferred(NamedTuple):
    """What one night's inference did; actions are those of the horizon people see first."""

    instruments: int
    actions: Counter[str]
    flips: int
    cleared: int
    heard: int  # instruments that a sequence forecaster spoke of, told or not
    model_version: str  # who spoke at that horizon, the most frequent first
    silent: tuple[str, ...]  # versions that had to be silent, and why


def infer(
    stores: Stores,
    *,
    as_of: date,
    now: datetime,
    policy: Policy,
    horizons: tuple[int, ...],
    shown_horizon: int,
    loaders: Loaders,
) -> Inferred:
    """Signals as of the end of the day for everything in the queue of that day."""
    moment = end_of(as_of)
    work = stores.queue.take(as_of)
    wanted = {Instrument(CardId(row.card_id), GradeCode(row.grade_code)) for row in work}
    snapshot = stores.features.read(sorted(wanted), as_of=as_of)
    fixed = {version: name for name, version in VERSIONS.items()}
    stores.models.ensure_fixed({**fixed}, feature_version=FEATURE_VERSION)
    announced = stores.signals.announced(sorted(wanted), until=moment)
    judged = judge_night(
        stores,
        snapshot,
        wanted=wanted,
        speech=Speech(policy, horizons, shown_horizon, loaders),
        divergent=stores.prices.divergent(as_of=as_of),
    )
    forecasts, classes = judged.forecasts, judged.classes
    priceless = wanted.difference(snapshot.instruments)
    signals = [
        *judged.signals,
        *withdrawals(stores.signals, priceless, judged.previous, moment),
    ]
    flips = flips_of(signals, announced)
    stores.signals.write(signals, [*forecasts.said, *classes.said], flips, now=now)
    why = explanations_of(snapshot, forecasts, classes, judged.moved)
    stores.signals.explain(why, now=now)
    cleared = stores.dirty.clear([row for row in work if row.generation != NO_DIRTY_ROW])
    shown = [signal for signal in signals if signal.horizon_days == shown_horizon]
    return Inferred(
        instruments=len(shown),
        actions=Counter(signal.action for signal in shown),
        flips=len(flips),
        cleared=cleared,
        heard=forecasts.heard,
        model_version=who_spoke(shown),
        silent=(*forecasts.silent, *classes.silent),
    )


def flips_of(signals: list[Signal], announced: Actions) -> list[Flip]:
    """Of the signals those against what was last announced of their instrument and horizon."""
    against = (flip_of(one, announced.get((one.instrument, one.horizon_days))) for one in signals)
    return [flip for flip in against if flip is not None]


def who_spoke(signals: list[Signal]) -> str:
    """The versions behind these signals, the most frequent first."""
    counted = Counter(signal.model_version for signal in signals)
    return ", ".join(version for version, _ in counted.most_common())


def withdrawals(
    store: SignalStore, priceless: set[Instrument], previous: Actions, moment: datetime
) -> list[Signal]:
    """HOLD for every standing BUY or SELL that no price supports any more."""
    prices = store.last_prices(sorted(priceless), before=moment)
    return [
        withdrawal(
            instrument,
            horizon,
            asof_ts=moment,
            previous=action,
            last_price_cents=prices[instrument][0],
            series=prices[instrument][1],
        )
        for (instrument, horizon), action in sorted(previous.items())
        if instrument in priceless and action != "HOLD"
    ]
