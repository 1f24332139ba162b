"""The forecaster a classifier reads: found to learn from, and heard on a night to speak by.

A classifier names the very version whose out-of-fold forecasts it learned from. Another version's
forecasts are of another accuracy, and forecasts of weeks that were learned from are far too good.
"""

from collections.abc import Callable, Mapping
from datetime import date
from typing import Literal, NamedTuple

import numpy as np

from kernel.days import end_of
from signals_svc.domain.arrays import Floats, Singles
from signals_svc.domain.classifier_inputs import classifier_inputs
from signals_svc.domain.features import FEATURE_VERSION
from signals_svc.domain.forecast_model import spread_at
from signals_svc.domain.past_forecasts import PastForecasts
from signals_svc.domain.stages import SPEAKS
from signals_svc.domain.weekly import Windows, yardstick
from signals_svc.ports.models import ModelInStage, ModelStore, ServingModel
from signals_svc.ports.registry import Loaders

Readable = Literal["tft", "baseline"]  # families a classifier may read
TRAINED_BY: Mapping[Readable, str] = {"tft": "train_forecaster", "baseline": "train_baselines"}


class Read(NamedTuple):
    """A version and what it said of past weeks out of fold."""

    version: str
    past: PastForecasts


def forecasts_to_learn_from(
    models: ModelStore, loaders: Loaders, *, known_until: date, family: Readable, horizon_days: int
) -> Read | str:
    """Of the newest version that learned through that day, or why there is none, in words."""
    moment = end_of(known_until)
    for model in models.speakers(family, trained_by=moment).all:
        if model.trained_through != moment or model.feature_version != FEATURE_VERSION:
            continue
        past = (
            loaders.forecasters.load_forecaster(model).past
            if family == "tft"
            else loaders.baselines.load_baselines(model).past
        )
        if past is not None and past.horizon_days == horizon_days:
            return Read(model.version, past)
    return (
        f"no forecasts out of fold to learn from: no {family} version that may speak"
        f" has learned through {known_until} on features {FEATURE_VERSION};"
        f" run {TRAINED_BY[family]} for that day first"
    )


class Seen(NamedTuple):
    """What a forecaster reads of a night; windows are made when one is asked that wants them."""

    raw: Mapping[str, Singles]
    normalised: Mapping[str, Singles]
    windows: Callable[[], Windows]


def read_forecast(
    version: str, horizon_days: int, models: ModelStore, loaders: Loaders, seen: Seen
) -> Floats | str:
    """[n, 3] of the log return by that version, or why it says nothing, in words.

    A follower in production does not silence it; taking it out does. Raises Rejected or
    Unavailable where its artifact cannot be read.
    """
    model = models.registered(version)
    why = _silent(version, model)
    if model is None or why:
        return why
    return _said(model, horizon_days, loaders, seen)


def _silent(version: str, model: ModelInStage | None) -> str:
    if model is None:
        return f"reads {version}, which is not registered"
    if model.stage not in SPEAKS:
        return f"reads {version}, which is {model.stage}"
    if model.serving.feature_version != FEATURE_VERSION:
        return f"reads {version}, which wants features {model.serving.feature_version}"
    return ""


def untold(version: str, horizon_days: int) -> str:
    """Why a version that speaks says nothing of a horizon, in words."""
    return f"reads {version}, which knows nothing of {horizon_days} days"


def _said(model: ModelInStage, horizon_days: int, loaders: Loaders, seen: Seen) -> Floats | str:
    serving: ServingModel = model.serving
    if model.family == "tft":
        forecaster = loaders.forecasters.load_forecaster(serving)
        return forecaster.hear(seen.windows(), (horizon_days,), looking=False).quantiles[:, 0]
    contest = loaders.baselines.load_baselines(serving)
    if horizon_days not in contest.learned:
        return untold(serving.version, horizon_days)
    raw, normalised = dict(seen.raw), dict(seen.normalised)
    inputs = classifier_inputs(raw, normalised, contest.inputs_horizon_days)
    spread = spread_at(yardstick(raw)[1], (horizon_days,))
    return np.asarray(contest.trees(inputs, horizon_days) * spread)
