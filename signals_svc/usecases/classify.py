"""What classifiers say of a night, and who of them is told: everything said is stored."""

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import structlog

from kernel.days import end_of
from kernel.errors import Rejected
from signals_svc.domain.arrays import Floats, Singles
from signals_svc.domain.classifier_inputs import with_forecasts
from signals_svc.domain.decision import Policy, Probabilities
from signals_svc.domain.features import FEATURE_VERSION
from signals_svc.domain.judgement import Said, Voice
from signals_svc.domain.signal import DECIMALS, Chance
from signals_svc.domain.snapshot import Snapshot
from signals_svc.domain.stages import is_canary
from signals_svc.ports.models import Classifier, ClassifierLoader, ModelStore, ServingModel

log = structlog.get_logger()


# By version and horizon what it forecasts of the night [n, 3], or why it says nothing.
ReadForecast = Callable[[str, int], Floats | str]


class Heard(NamedTuple):
    """A classifier that was heard, what it said, and of what."""

    classifier: Classifier
    chances: Floats
    inputs: Singles


@dataclass(frozen=True)
class Classified:
    """Whom signals listen to; everything that was said; who had to be silent, and why.

    `first` is the classifier that is told, or else heard, for explaining it; `inputs` are its own.
    """

    voice: Voice | None
    said: list[Chance]
    silent: tuple[str, ...]
    first: Classifier | None = None
    inputs: Singles | None = None


def classified(
    snapshot: Snapshot,
    models: ModelStore,
    loader: ClassifierLoader,
    policy: Policy,
    read: ReadForecast,
    *,
    shadow: bool,
) -> Classified:
    """Versions in production, canary and shadow that have seen no later day.

    A release may compute other features than they know, other costs give their classes another
    meaning, and the forecaster they read may be silent: then they are too. Without `shadow` the one
    whom nobody is told is not heard. Raises Rejected where what is told cannot be read.
    """
    if not snapshot.instruments:
        return Classified(None, [], ())
    speakers = models.speakers("classifier", trained_by=end_of(snapshot.as_of))
    speakers = speakers if shadow else speakers._replace(shadow=None)
    heard: dict[str, Heard] = {}
    silent = []
    for model in speakers.all:
        if model.feature_version != FEATURE_VERSION:
            silent.append(_silenced(model, model.feature_version, FEATURE_VERSION))
            continue
        try:
            classifier = loader.load(model)
            forecast = read(classifier.reads, classifier.horizon_days)
        except Rejected as error:
            if model != speakers.shadow:
                raise
            # Nobody is told what a shadow says: the night goes on without it.
            log.error("shadow.unusable", model_version=model.version, detail=str(error))
            silent.append(f"{model.version}: {error}")
            continue
        if not math.isclose(classifier.break_even, policy.costs.break_even):
            silent.append(_silenced(model, classifier.break_even, policy.costs.break_even))
            continue
        if isinstance(forecast, str):
            silent.append(_unread(model, forecast))
            continue
        inputs = with_forecasts(snapshot.inputs(classifier.horizon_days), forecast)
        heard[model.version] = Heard(classifier, classifier.chances(inputs), inputs)
    voice = _voice(
        snapshot,
        heard.get(speakers.production.version) if speakers.production else None,
        heard.get(speakers.canary.version) if speakers.canary else None,
        percent=speakers.canary_percent,
    )
    said = [row for one in heard.values() for row in _rows(snapshot, one.classifier, one.chances)]
    first = next(iter(heard.values()), None)
    if first is None:
        return Classified(voice, said, tuple(silent))
    return Classified(voice, said, tuple(silent), first.classifier, first.inputs)


def _voice(
    snapshot: Snapshot, production: Heard | None, canary: Heard | None, *, percent: int
) -> Voice | None:
    """The canary's word on its cards, the other's on the rest; one horizon, that of either."""
    horizon = next((one.classifier.horizon_days for one in (production, canary) if one), None)
    if horizon is None:
        return None
    said = []
    for place, instrument in enumerate(snapshot.instruments):
        ours = canary if canary and is_canary(instrument.card_id, percent) else production
        speaks = ours is not None and ours.classifier.horizon_days == horizon
        said.append(_said(ours, place) if ours and speaks else None)
    return Voice(horizon, tuple(said))


def _said(heard: Heard, place: int) -> Said:
    classifier = heard.classifier
    buy, hold, sell = (float(chance) for chance in heard.chances[place])
    return Said(classifier.version, Probabilities(buy, hold, sell), classifier.conviction)


def _rows(snapshot: Snapshot, classifier: Classifier, chances: Floats) -> list[Chance]:
    """As stored: each instrument with the hash of its features."""
    moment = end_of(snapshot.as_of)
    held = np.round(chances, DECIMALS).tolist()
    return [
        Chance(
            instrument, classifier.horizon_days, moment, classifier.version, buy, hold, sell, print_
        )
        for instrument, (buy, hold, sell), print_ in zip(
            snapshot.instruments, held, snapshot.fingerprints, strict=True
        )
    ]


def _silenced(model: ServingModel, wants: str | float, offered: str | float) -> str:
    log.warning(
        "classifier.silent",
        model_version=model.version,
        wants=wants,
        offered=offered,
        mend="train and promote a classifier on these features and costs",
    )
    return f"{model.version}: wants {wants}, this is {offered}"


def _unread(model: ServingModel, why: str) -> str:
    mend = "promote a classifier that reads one that speaks, or train one"
    log.warning("classifier.silent", model_version=model.version, why=why, mend=mend)
    return f"{model.version}: {why}"
