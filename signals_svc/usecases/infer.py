"""Infers the signals of one night from its frozen features, and clears the work it did."""

import math
from collections import Counter
from datetime import date, datetime
from typing import NamedTuple

import structlog

from kernel.days import end_of
from kernel.ids import CardId, GradeCode, Instrument
from signals_svc.domain.classifier_inputs import classifier_inputs
from signals_svc.domain.decision import Policy
from signals_svc.domain.features import FEATURE_VERSION
from signals_svc.domain.forecast import EWMA_VERSION
from signals_svc.domain.judgement import Actions, Voice, judge
from signals_svc.domain.signal import Signal, flip_of
from signals_svc.domain.snapshot import Snapshot
from signals_svc.domain.withdrawal import withdrawal
from signals_svc.ports.forecasters import ForecasterLoader
from signals_svc.ports.models import ClassifierLoader, ModelStore, ServingModel
from signals_svc.ports.night import SignalStore
from signals_svc.ports.stores import Stores
from signals_svc.usecases.build_features import NO_DIRTY_ROW
from signals_svc.usecases.forecast import sequence_forecasts

log = structlog.get_logger()


class Inferred(NamedTuple):
    """What one night's inference did; actions are those of the horizon people see first."""

    instruments: int
    actions: Counter[str]
    flips: int
    cleared: int
    shadow: int  # instruments that the sequence forecaster spoke of
    model_version: str


def infer(
    stores: Stores,
    *,
    as_of: date,
    now: datetime,
    policy: Policy,
    horizons: tuple[int, ...],
    shown_horizon: int,
    loader: ClassifierLoader,
    forecasters: ForecasterLoader,
) -> Inferred:
    """Signals as of the end of the day for everything in the queue of that day."""
    moment = end_of(as_of)
    work = stores.queue.take(as_of)
    wanted = {Instrument(CardId(row.card_id), GradeCode(row.grade_code)) for row in work}
    snapshot = stores.features.read(sorted(wanted), as_of=as_of)
    stores.models.ensure_ewma(EWMA_VERSION, feature_version=FEATURE_VERSION, now=now)
    voice = voice_of(snapshot, stores.models, loader, policy)
    previous = stores.signals.previous(sorted(wanted), before=moment)
    announced = stores.signals.announced(sorted(wanted), until=moment)
    verdicts = judge(
        snapshot,
        horizons=horizons,
        voice=voice,
        previous=previous,
        policy=policy,
        divergent=stores.prices.divergent(as_of=as_of),
    )
    priceless = wanted.difference(snapshot.instruments)
    signals = [*verdicts.signals, *withdrawals(stores.signals, priceless, previous, moment)]
    flips = [
        flip
        for signal in signals
        if (flip := flip_of(signal, announced.get((signal.instrument, signal.horizon_days))))
    ]
    in_shadow = sequence_forecasts(
        stores, snapshot.instruments, as_of=as_of, horizons=horizons, loader=forecasters
    )
    stores.signals.write(signals, [*verdicts.forecasts, *in_shadow], flips, now=now)
    cleared = stores.dirty.clear([row for row in work if row.generation != NO_DIRTY_ROW])
    shown = [signal for signal in signals if signal.horizon_days == shown_horizon]
    return Inferred(
        instruments=len(shown),
        actions=Counter(signal.action for signal in shown),
        flips=len(flips),
        cleared=cleared,
        shadow=len({one.instrument for one in in_shadow}),
        model_version=f"{EWMA_VERSION}+{voice.version}" if voice else EWMA_VERSION,
    )


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


def voice_of(
    snapshot: Snapshot, models: ModelStore, loader: ClassifierLoader, policy: Policy
) -> Voice | None:
    """What the last promoted classifier that has seen no later day says; None where none can.

    A release may compute other features than it knows, and other costs give its classes another
    meaning: then utility alone decides until a new one is promoted.
    """
    model = models.production(trained_by=end_of(snapshot.as_of))
    if model is None or not snapshot.instruments:
        return None
    if model.feature_version != FEATURE_VERSION:
        _warn_silent(model, wants=model.feature_version, offered=FEATURE_VERSION)
        return None
    classifier = loader.load(model)
    if not math.isclose(classifier.break_even, policy.costs.break_even):
        _warn_silent(model, wants=classifier.break_even, offered=policy.costs.break_even)
        return None
    inputs = classifier_inputs(snapshot.raw, snapshot.normalised, classifier.horizon_days)
    return Voice(
        version=classifier.version,
        horizon_days=classifier.horizon_days,
        chances=classifier.chances(inputs),
        conviction=classifier.conviction,
    )


def _warn_silent(model: ServingModel, *, wants: str | float, offered: str | float) -> None:
    log.warning(
        "classifier.silent",
        model_version=model.version,
        wants=wants,
        offered=offered,
        mend="train and promote a classifier on these features and costs",
    )
