"""Explains a night by cohorts, of every instrument that may be acted upon: set and liquidity."""

from collections.abc import Iterator
from datetime import date, datetime
from typing import NamedTuple

import numpy as np

from signals_svc.domain.arrays import Floats, Ints, Singles
from signals_svc.domain.baselines import TREES
from signals_svc.domain.classifier_inputs import classifier_inputs, with_forecasts
from signals_svc.domain.cohorts import CohortExplanation, Part, cohorts_of, moved_together
from signals_svc.domain.features import FEATURE_VERSION, Features
from signals_svc.domain.forecast_model import spread_at
from signals_svc.domain.weekly import windows_of, yardstick
from signals_svc.ports.registry import Loaders
from signals_svc.ports.stores import Stores
from signals_svc.usecases.read_forecasts import Seen, read_forecast
from signals_svc.usecases.whole_market import whole_market


class Told(NamedTuple):
    """What a run told: cohorts, and rows that say another thing than the newest of the night."""

    cohorts: int
    added: int


class _Contributions(NamedTuple):
    """Of one model [n, F], a row an instrument."""

    part: Part
    version: str
    by: Floats


def explain_cohorts(
    stores: Stores, *, as_of: date, now: datetime, horizon_days: int, loaders: Loaders
) -> Told:
    """Of the trees where they speak, and of the classifier that is told or else heard. Said again,
    it adds nothing. Raises Rejected where an artifact cannot be read.
    """
    features = whole_market(stores, as_of)
    places = np.flatnonzero(features.series.liquid & np.isfinite(features.raw["sigma_day"]))
    catalog = stores.prices.catalog()
    facts = [catalog.get(features.instruments[place].card_id) for place in places]
    sets = [fact.set_id if fact else None for fact in facts]
    groups = list(cohorts_of(sets, features.series.sold[90][places]))
    if not groups:
        return Told(0, 0)
    said = [
        CohortExplanation(
            set_id,
            tier,
            horizon_days,
            features.moment,
            one.part,
            one.version,
            len(rows),
            moved_together(one.by[rows]),
        )
        for one in _contributions(stores, features, places, horizon_days, loaders)
        for set_id, tier, rows in groups
    ]
    return Told(len(groups), stores.signals.explain_cohorts(said, now=now))


def _contributions(
    stores: Stores, features: Features, places: Ints, horizon_days: int, loaders: Loaders
) -> Iterator[_Contributions]:
    moment = features.moment
    contest = stores.models.speakers("baseline", trained_by=moment).production
    if contest is not None and contest.feature_version == FEATURE_VERSION:
        held = loaders.baselines.load_baselines(contest)
        if held.best(horizon_days) == TREES:
            inputs = _inputs(features, places, held.inputs_horizon_days)
            unit = spread_at(yardstick(features.raw)[1], (horizon_days,))[places]
            yield _Contributions("forecast", held.version, held.moved(inputs, horizon_days) * unit)
    seen = Seen(features.raw, features.normalised, lambda: windows_of(features))
    for model in stores.models.speakers("classifier", trained_by=moment).all:
        if model.feature_version != FEATURE_VERSION:
            continue
        classifier = loaders.classifiers.load(model)
        if classifier.horizon_days != horizon_days:
            continue
        read = read_forecast(classifier.reads, horizon_days, stores.models, loaders, seen)
        if not isinstance(read, str):
            inputs = with_forecasts(_inputs(features, places, horizon_days), read[places])
            moved = classifier.moved(inputs)
            yield _Contributions("classifier", classifier.version, moved)
            return


def _inputs(features: Features, places: Ints, horizon_days: int) -> Singles:
    every = classifier_inputs(features.raw, features.normalised, horizon_days)
    return np.asarray(every[places])
