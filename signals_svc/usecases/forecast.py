"""What is forecast of a night, by whom, and who is told what: everything said is stored."""

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace

import numpy as np
import structlog

from kernel.days import end_of
from kernel.errors import Rejected
from kernel.ids import Instrument
from signals_svc.domain.arrays import Flags, Floats, Ints
from signals_svc.domain.baselines import TREES, VERSIONS, Baseline
from signals_svc.domain.features import FEATURE_VERSION, features_on
from signals_svc.domain.forecast_model import spread_at
from signals_svc.domain.looked_at import LookedAt
from signals_svc.domain.series import LOOKBACK_DAYS
from signals_svc.domain.signal import DECIMALS, Quantile
from signals_svc.domain.snapshot import Snapshot
from signals_svc.domain.spoken import Spoken, fixed_forecast
from signals_svc.domain.stages import is_canary
from signals_svc.domain.weekly import Windows, windows_of
from signals_svc.ports.forecasters import Baselines, Forecaster, ForecasterLoader, Heard
from signals_svc.ports.models import ModelStore, ServingModel, Speakers
from signals_svc.ports.registry import Loaders
from signals_svc.ports.stores import Stores

log = structlog.get_logger()

DIGEST_BYTES = 16
GONE = -1
BEFORE_ANY_CONTEST: Baseline = "ewma"  # tuned on recorded sales; nothing else to judge by


@dataclass(frozen=True)
class NightForecasts:
    """By horizon who is told what; everything that was said; who had to be silent, and why.

    `by_trees` is what the contest's trees say, whoever is told.

    For explaining it: the contest, and of the sequence forecaster that is told, or else heard, its
    version and what it looked at, by an instrument's place.
    """

    spoken: Mapping[int, Spoken]
    said: list[Quantile]
    heard: int  # instruments that a sequence forecaster spoke of
    silent: tuple[str, ...]
    by_trees: Mapping[int, Floats] = field(default_factory=dict)
    contest: Baselines | None = None
    looked_at: tuple[str, Callable[[int], LookedAt | None]] | None = None


def forecasts_of(
    models: ModelStore,
    snapshot: Snapshot,
    *,
    horizons: tuple[int, ...],
    loaders: Loaders,
    windows: Callable[[], Windows],
    shadow: bool,
) -> NightForecasts:
    """The best baseline speaks unless a sequence forecaster has earned the horizon and is in
    production, or a canary of the card. Raises Rejected where what is told cannot be read.

    `windows` are asked for where a sequence forecaster speaks, one an instrument of the snapshot;
    without `shadow` those whom nobody is told are not heard, nobody is asked what he looked at,
    and nothing is made ready to be stored.
    """
    if not snapshot.instruments:
        return NightForecasts({}, [], 0, ())
    moment = end_of(snapshot.as_of)
    contest = models.speakers("baseline", trained_by=moment).production
    speakers = models.speakers("tft", trained_by=moment)
    speakers = speakers if shadow else speakers._replace(shadow=None)
    silent = [_why(one) for one in (contest, *speakers.all) if one and _foreign(one)]
    held = None
    if contest and not _foreign(contest):
        held = loaders.baselines.load_baselines(contest)
    by_trees = _trees_say(snapshot, held, horizons, unheard=shadow)
    spoken = _told_by_baselines(snapshot, held, horizons, by_trees)
    told = _Sequences(snapshot, horizons, loaders.forecasters, windows, looking=shadow)
    for model in speakers.all:
        if _foreign(model):
            continue
        try:
            told.listen(model)
        except Rejected as error:
            if model != speakers.shadow:
                raise
            # Nobody is told what a shadow says: the night goes on without it.
            log.error("shadow.unusable", model_version=model.version, detail=str(error))
            silent.append(f"{model.version}: {error}")
    spoken = told.over(spoken, speakers)
    heard = told.said if shadow else []
    trees = _by_contest(held, by_trees)
    said = [*_stored(snapshot, trees), *_stored(snapshot, spoken), *heard] if shadow else []
    return NightForecasts(
        spoken=spoken,
        said=_each_once(said),
        heard=len({one.instrument for one in heard}),
        silent=tuple(silent),
        by_trees=by_trees,
        contest=held,
        looked_at=told.looked_at(speakers),
    )


def told_by_baselines(
    snapshot: Snapshot, contest: Baselines | None, horizons: tuple[int, ...]
) -> dict[int, Spoken]:
    """By horizon what the best baseline says; before any contest that is the EWMA forecast."""
    by_trees = _trees_say(snapshot, contest, horizons, unheard=False)
    return _told_by_baselines(snapshot, contest, horizons, by_trees)


def _trees_say(
    snapshot: Snapshot, contest: Baselines | None, horizons: tuple[int, ...], *, unheard: bool
) -> Mapping[int, Floats]:
    """[n, 3] of the log return, at each horizon the contest's trees won, or have learned."""
    if contest is None:
        return {}
    inputs = snapshot.inputs(contest.inputs_horizon_days)
    spread = spread_at(snapshot.spreads, horizons)
    return {
        horizon: contest.trees(inputs, horizon) * spread[:, at, None]
        for at, horizon in enumerate(horizons)
        if (horizon in contest.learned if unheard else contest.best(horizon) == TREES)
    }


def _by_contest(contest: Baselines | None, by_trees: Mapping[int, Floats]) -> Mapping[int, Spoken]:
    """What the trees say is stored, whoever is told."""
    if contest is None:
        return {}
    return {one: Spoken(said, (contest.version,) * len(said)) for one, said in by_trees.items()}


def _foreign(model: ServingModel) -> bool:
    """Whether it was trained on other features than are computed now."""
    return model.feature_version != FEATURE_VERSION


def _why(model: ServingModel) -> str:
    log.warning(
        "forecaster.silent",
        model_version=model.version,
        wants=model.feature_version,
        offered=FEATURE_VERSION,
        mend="train on these features",
    )
    return f"{model.version}: wants features {model.feature_version}, these are {FEATURE_VERSION}"


def _told_by_baselines(
    snapshot: Snapshot,
    contest: Baselines | None,
    horizons: tuple[int, ...],
    by_trees: Mapping[int, Floats],
) -> dict[int, Spoken]:
    best = {}
    for horizon in horizons:
        name = (contest.best(horizon) if contest else None) or BEFORE_ANY_CONTEST
        fixed = next((one for one in VERSIONS if one == name), BEFORE_ANY_CONTEST)
        told = fixed_forecast(fixed, snapshot.raw, horizon)
        if contest is not None and name == TREES:
            every = np.ones(len(snapshot.instruments), np.bool_)
            told = told.told_by(contest.version, by_trees[horizon], every)
        best[horizon] = told
    return best


class _Sequences:
    """Sequence forecasters heard on one night."""

    def __init__(
        self,
        snapshot: Snapshot,
        horizons: tuple[int, ...],
        loader: ForecasterLoader,
        windows: Callable[[], Windows],
        *,
        looking: bool,
    ) -> None:
        self._snapshot, self._horizons = snapshot, horizons
        self._loader, self._asked, self._looking = loader, windows, looking
        self._windows: Windows | None = None
        self._heard: dict[str, tuple[Forecaster, Heard]] = {}

    def listen(self, model: ServingModel) -> None:
        """Let a version speak of every instrument. Raises Rejected or Unavailable."""
        forecaster = self._loader.load_forecaster(model)
        if self._windows is None:
            self._windows = self._asked()
        heard = forecaster.hear(self._windows, self._horizons, looking=self._looking)
        self._heard[model.version] = forecaster, heard

    def over(self, spoken: Mapping[int, Spoken], speakers: Speakers) -> dict[int, Spoken]:
        """The same, with the horizons that a version in production or a canary has earned."""
        cards = [one.card_id for one in self._snapshot.instruments]
        every = np.ones(len(cards), np.bool_)
        some = np.array([is_canary(card, speakers.canary_percent) for card in cards], np.bool_)
        told = dict(spoken)
        for model, rows in ((speakers.production, every), (speakers.canary, some)):
            if model is not None and model.version in self._heard:
                told = self._told(told, model.version, rows)
        return told

    def _told(self, spoken: dict[int, Spoken], version: str, rows: Flags) -> dict[int, Spoken]:
        forecaster, heard = self._heard[version]
        return {
            horizon: one.told_by(version, heard.quantiles[:, at], rows)
            if horizon in forecaster.passed
            else one
            for at, (horizon, one) in enumerate(spoken.items())
        }

    def looked_at(self, speakers: Speakers) -> tuple[str, Callable[[int], LookedAt | None]] | None:
        """Of the first that was heard: who is told to all, to some, to nobody yet."""
        for model in speakers.all:
            if model.version in self._heard:
                return model.version, self._heard[model.version][1].looked_at
        return None

    @property
    def said(self) -> list[Quantile]:
        """A row a version, instrument and horizon, with the hash of the window that went in."""
        if self._windows is None:
            return []
        prints = [_fingerprint(self._windows, row) for row in range(len(self._windows))]
        return [
            _row(self._snapshot, place, horizon, version, told.quantiles[place, at], prints[place])
            for version, (_, told) in self._heard.items()
            for place in range(len(prints))
            for at, horizon in enumerate(self._horizons)
            if np.isfinite(told.quantiles[place, at]).all()
        ]


def windows_then(stores: Stores, snapshot: Snapshot) -> Windows:
    """A window an instrument of the snapshot, in its order, from the bars as they were known at its
    end; without a price left, no spread.
    """
    bars = stores.prices.known(as_of=snapshot.as_of, lookback_days=LOOKBACK_DAYS)
    features = features_on(bars, stores.prices.catalog(), snapshot.as_of)
    places = {one: place for place, one in enumerate(features.instruments)}
    rows: Ints = np.array([places.get(one, GONE) for one in snapshot.instruments], np.int64)
    windows = windows_of(features).of(np.maximum(rows, 0))
    return replace(windows, spread=np.where(rows[:, None] == GONE, np.nan, windows.spread))


def _stored(snapshot: Snapshot, spoken: Mapping[int, Spoken]) -> list[Quantile]:
    """A row an instrument and horizon, by who is told, with the hash of its features."""
    return [
        _row(snapshot, place, horizon, version, one.quantiles[place], snapshot.fingerprints[place])
        for horizon, one in spoken.items()
        for place, version in enumerate(one.versions)
        if np.isfinite(one.quantiles[place]).all()
    ]


def _each_once(said: list[Quantile]) -> list[Quantile]:
    """A sequence forecaster that is told is there twice; its own row, hashed with its window, is
    the later one."""
    keyed = {(one.instrument, one.horizon_days, one.model_version): one for one in said}
    return list(keyed.values())


def _row(
    snapshot: Snapshot, place: int, horizon: int, version: str, quantiles: Floats, print_: str
) -> Quantile:
    q10, q50, q90 = (round(float(quantile), DECIMALS) for quantile in quantiles)
    instrument: Instrument = snapshot.instruments[place]
    return Quantile(instrument, horizon, end_of(snapshot.as_of), version, q10, q50, q90, print_)


def _fingerprint(windows: Windows, row: int) -> str:
    """Hash of the window that went in."""
    digest = hashlib.blake2b(digest_size=DIGEST_BYTES)
    columns = (windows.past, windows.ahead, windows.fixed, windows.lengths, windows.spread)
    for column in columns:
        digest.update(np.ascontiguousarray(column[row]).tobytes())
    return digest.hexdigest()
