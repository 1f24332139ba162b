"""Measures a night: inputs, freshness, latency, flips, what came of what was told."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

import numpy as np
import polars as pl

from kernel.days import end_of
from kernel.errors import Unavailable
from kernel.expectations import Checked, Expectation
from signals_svc.domain.arrays import Ints, Singles
from signals_svc.domain.came_true import realised_measures
from signals_svc.domain.classifier_inputs import classifier_inputs
from signals_svc.domain.drift import Learned, asks_for_training, drift_of
from signals_svc.domain.features import Features
from signals_svc.domain.measures import Measure, MonitoringPolicy
from signals_svc.domain.missing_features import missing_shares
from signals_svc.domain.monitoring_page import Night, monitoring_page
from signals_svc.domain.series import LOOKBACK_DAYS
from signals_svc.domain.snapshot import Snapshot
from signals_svc.ports.models import ArtifactStore, Family
from signals_svc.ports.monitoring import Alert, MonitoringStore, RunSuite
from signals_svc.ports.outbox import FlipTopic
from signals_svc.ports.stores import Stores
from signals_svc.usecases.whole_market import whole_market

HEARD: tuple[Family, ...] = ("classifier", "tft")
OVER_NIGHTS = 90  # on which words were over that are judged: a quarter
BATCH = 100
TABLE = "features_daily"
TREND_NIGHTS = 60


@dataclass(frozen=True)
class Measured:
    """A night's figures, how the suite of its features came out, and whether models should learn
    anew.
    """

    as_of: date
    measures: tuple[Measure, ...]
    checked: tuple[Checked, ...]
    asks_for_training: bool

    @property
    def alarms(self) -> list[Measure]:
        """Those that pause promotions."""
        return [one for one in self.measures if one.alarms]


def measure(
    stores: Stores,
    *,
    as_of: date,
    now: datetime,
    policy: MonitoringPolicy,
    shown_horizon: int,
    suite: Sequence[Expectation],
    run_suite: RunSuite,
) -> Measured:
    """Figures of the night, stored; an alert for each that is out of bounds. Where nothing came
    at all, that is out of bounds.
    """
    moment = end_of(as_of)
    features = whole_market(stores, as_of)
    # As models learn: of what may be acted upon and has a spread to forecast with.
    rows = np.flatnonzero(features.series.liquid & np.isfinite(features.raw["sigma_day"]))
    learned = _learned(stores, moment)
    told = stores.monitoring.told(nights=OVER_NIGHTS, moment=moment)
    checked = _checked(stores.monitoring.stored_features(as_of=as_of), suite, run_suite)
    measures = (
        *_drifts(features, rows, learned, shown_horizon, policy),
        *missing_shares(features.raw, rows),
        *_freshness(stores.monitoring, features, policy),
        _suite_failures(checked, features, len(suite)),
        _latency(stores.monitoring, as_of, policy),
        _flip_rate(stores.monitoring, as_of, shown_horizon, policy),
        *realised_measures(told, policy),
    )
    stores.monitoring.keep(measures, as_of=as_of, now=now)
    return Measured(as_of, measures, checked, asks_for_training(learned, measures, moment, policy))


def _learned(stores: Stores, moment: datetime) -> list[Learned]:
    """Every version that speaks or is heard on the night."""
    contest = stores.models.speakers("baseline", trained_by=moment).production
    speaking = [contest] if contest else []
    for family in HEARD:
        speaking += stores.models.speakers(family, trained_by=moment).all
    seen = stores.monitoring.seen([one.version for one in speaking])
    return [Learned(one.version, one.trained_through, seen[one.version]) for one in speaking]


def _drifts(
    features: Features,
    rows: Ints,
    learned: Sequence[Learned],
    shown_horizon: int,
    policy: MonitoringPolicy,
) -> Iterator[Measure]:
    """Each version against inputs whose forecasts look as far ahead as those it learned from."""
    for version in learned:
        ahead = version.seen.horizon_days or shown_horizon
        inputs = classifier_inputs(features.raw, features.normalised, ahead)[rows]
        yield from drift_of(version, inputs, policy)


def _freshness(
    store: MonitoringStore, features: Features, policy: MonitoringPolicy
) -> Iterator[Measure]:
    series = features.series
    sold = series.day[series.volume > 0]
    alive = int(series.alive.sum())
    yield Measure(
        measure="days_without_sale",
        subject="",
        words="days since the newest sale that is known, of anybody",
        # Of none that is known the age is that of what is read.
        value=float(series.as_of_day - sold.max() if len(sold) else LOOKBACK_DAYS),
        most=policy.most_days_without_sale,
        pauses=True,
        rows=alive,
    )
    night = store.latest_night(until=features.as_of)
    yield Measure(
        measure="days_without_signals",
        subject="",
        words="days since the newest night that signals were said of",
        value=float((features.as_of - night).days if night else LOOKBACK_DAYS),
        most=policy.most_days_without_signals,
        pauses=True,
        rows=alive,
    )
    yield Measure(
        measure="liquid_share",
        subject="",
        words="of instruments with a recent price those traded enough to act upon",
        value=float(series.liquid.sum() / alive) if alive else None,
        rows=alive,
    )


def _checked(
    snapshot: Snapshot, suite: Sequence[Expectation], run_suite: RunSuite
) -> tuple[Checked, ...]:
    """None where the night stored no features."""
    if not snapshot.instruments:
        return ()
    return tuple(run_suite(TABLE, suite_frame(snapshot), suite))


def suite_frame(snapshot: Snapshot) -> pl.DataFrame:
    """What the suite of features is run on: an instrument's columns and its raw features."""
    return pl.DataFrame(
        {
            "card_id": [one.card_id for one in snapshot.instruments],
            "grade_code": [one.grade_code for one in snapshot.instruments],
            "series": list(snapshot.series),
            "recency_days": snapshot.recency_days,
            "bars_365": snapshot.bars_365,
            "close_cents": snapshot.close_cents,
            **{name: _nulls(column) for name, column in snapshot.raw.items()},
        }
    )


def _nulls(column: Singles) -> pl.Series:
    return pl.Series(column).fill_nan(None)


def _suite_failures(checked: tuple[Checked, ...], features: Features, expected: int) -> Measure:
    """A night on which something was sold has features: without any, nothing that is expected of
    them holds.
    """
    failed = [one.expectation.why for one in checked if not one.success]
    told = f": {'; '.join(failed)}" if failed else ""
    if not checked and (features.series.day == features.series.as_of_day).any():
        words = f"of {expected} expectations of {TABLE}: it has prices of the day and no features"
        return _failures(words, expected, float(expected))
    words = f"of {len(checked)} expectations of {TABLE}, broken{told}"
    if not checked:
        words = "the night has no prices of the day and stored no features"
    return _failures(words, len(checked), float(len(failed)) if checked else None)


def _failures(words: str, expected: int, value: float | None) -> Measure:
    return Measure(
        measure="expectations_failed",
        subject="",
        words=words,
        value=value,
        most=0.0,
        pauses=True,
        rows=expected,
    )


def _latency(store: MonitoringStore, as_of: date, policy: MonitoringPolicy) -> Measure:
    most = policy.most_ms_an_instrument
    took = store.took(until=as_of, least=policy.least_rows)
    if took is None:
        words = "no run of inference is on record"
        return Measure("inference_ms", "", words, None, most=most, pauses=True)
    enough = took.instruments >= policy.least_rows
    return Measure(
        measure="inference_ms",
        subject="",
        words=f"milliseconds an instrument, night of {took.as_of}, {took.seconds:.1f} s in all",
        value=1000.0 * took.seconds / took.instruments if enough else None,
        most=most,
        pauses=True,
        rows=took.instruments,
    )


def _flip_rate(
    store: MonitoringStore, as_of: date, horizon_days: int, policy: MonitoringPolicy
) -> Measure:
    changed = store.changed(as_of=as_of, horizon_days=horizon_days)
    enough = changed.signals >= policy.least_rows
    return Measure(
        measure="flip_rate",
        subject=f"{horizon_days} d",
        words=f"{changed.flips} of {changed.signals} signals changed",
        value=changed.flips / changed.signals if enough else None,
        most=policy.most_flip_rate,
        pauses=True,
        rows=changed.signals,
    )


def keep_report(store: MonitoringStore, artifacts: ArtifactStore, night: Measured) -> str:
    """Write the night's page beside the models; its key."""
    page = Night(
        as_of=night.as_of,
        measures=night.measures,
        checked=night.checked,
        trends=store.trends(until=night.as_of, nights=TREND_NIGHTS),
    )
    key = f"monitoring/{night.as_of}.html"
    artifacts.put(key, monitoring_page(page).encode())
    return key


def send_alerts(
    store: MonitoringStore, topic: FlipTopic, *, now: datetime
) -> tuple[int, Unavailable | None]:
    """Send one batch, oldest first, and mark what the bus took; what it did not take stays."""
    taken: list[Alert] = []
    stopped = None
    for alert in store.unpublished(limit=BATCH):
        try:
            topic.publish(message_of(alert))
        except Unavailable as error:
            stopped = error
            break
        taken.append(alert)
    store.published(taken, now=now)
    return len(taken), stopped


def message_of(alert: Alert) -> Mapping[str, object]:
    """What subscribers read of an alert; flips have no `alert`."""
    return {"alert": alert.measure, **alert._asdict(), "as_of": alert.as_of.isoformat()}
