"""What readers and other services hear: signals in Redis, flips on the bus."""

import json
from collections.abc import Callable
from datetime import datetime, timedelta

import psycopg
import pytest
import redis

from kernel.cache import SIGNAL_FIELDS, SIGNAL_TTL_S, signal_key
from kernel.days import end_of
from kernel.errors import Unavailable
from signals_svc.jobs.table import publish_changes
from tests.fixtures.aws import FlipsBus
from tests.fixtures.s3 import AwsAccess
from tests.signals_svc.conftest import CARDS, LAST_DAY, Desk
from tests.signals_svc.market_builder import Bar, mark, write_bars

DbNow = Callable[[], datetime]
SILENT = LAST_DAY + timedelta(days=61)


def two_nights(desk: Desk) -> None:
    """The climber's BUY and the faller's SELL end for want of prices: flips at every horizon."""
    mark(desk.urls, [(card, "psa10") for card in CARDS], LAST_DAY)
    desk.night()
    write_bars(desk.urls, [Bar("card-2", "psa10", SILENT, 10_000)])
    mark(desk.urls, [("card-2", "psa10")], SILENT)
    desk.night()


@pytest.fixture
def db_now(market: Desk) -> DbNow:
    """The database's clock, which stamps what it stores."""

    def read() -> datetime:
        (row,) = market.rows("select now() as now")
        assert isinstance(row["now"], datetime)
        return row["now"]

    return read


@pytest.fixture
def published(
    market: Desk, valkey: str, aws: AwsAccess, flips_bus: FlipsBus, monkeypatch: pytest.MonkeyPatch
) -> Desk:
    """Two nights done, nothing published; Redis and the bus are there."""
    two_nights(market)
    for name, value in aws.environment().items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("AWS_ENDPOINT_URL", aws.endpoint_url)
    monkeypatch.setenv("PRICER_REDIS_URL", valkey)
    monkeypatch.setenv("PRICER_SIGNAL_FLIPS_TOPIC_ARN", flips_bus.topic_arn)
    return market.renewed()


def test_flips_reach_the_bus_once_in_order(
    published: Desk, flips_bus: FlipsBus, db_now: DbNow
) -> None:
    waiting = published.rows("select from signals.flips where published_at is null")
    summary = publish_changes(published.workshop, now=db_now())
    assert summary["flips"] == len(waiting) > 0
    messages = [json.loads(body) for body in flips_bus.bodies()]
    climber = [m for m in messages if m["card_id"] == "card-0" and m["horizon_days"] == 90]
    assert climber == [
        {
            "card_id": "card-0",
            "grade_code": "psa10",
            "horizon_days": 90,
            "asof_ts": end_of(SILENT).isoformat(),
            "from": "BUY",
            "to": "HOLD",
            "conviction": climber[0]["conviction"],
            "model_version": "ewma-1",
        }
    ]
    assert publish_changes(published.workshop, now=db_now())["flips"] == 0


def test_redis_gets_the_newest_signal_of_every_horizon(
    published: Desk, valkey: str, db_now: DbNow
) -> None:
    summary = publish_changes(published.workshop, now=db_now())
    assert summary["cached"] == len(CARDS)
    with redis.Redis.from_url(valkey) as client:
        key = signal_key("card-0", "psa10")
        rows = json.loads(client.get(key) or "")
        assert 0 < client.ttl(key) <= SIGNAL_TTL_S
    assert [row["horizon_days"] for row in rows] == [90, 30, 7]
    assert all(tuple(row) == SIGNAL_FIELDS for row in rows)
    assert {row["asof_ts"] for row in rows} == {end_of(SILENT).isoformat()}
    assert rows[0]["action"] == "HOLD"
    assert rows[0]["reasons"][0]["code"] == "illiquid"


def test_without_redis_publishing_warns_and_goes_on(
    published: Desk, monkeypatch: pytest.MonkeyPatch, db_now: DbNow, flips_bus: FlipsBus
) -> None:
    monkeypatch.setenv("PRICER_REDIS_URL", "redis://127.0.0.1:1/0")
    summary = publish_changes(published.renewed().workshop, now=db_now())
    assert summary["cached"] is None
    assert summary["flips"] == len(flips_bus.bodies()) > 0


def test_without_the_bus_the_outbox_is_kept_for_a_retry(
    published: Desk, monkeypatch: pytest.MonkeyPatch, db_now: DbNow
) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:1")
    before = published.rows("select from signals.flips where published_at is null")
    with pytest.raises(Unavailable):
        publish_changes(published.renewed().workshop, now=db_now())
    assert published.rows("select from signals.flips where published_at is null") == before != []


def test_signals_older_than_a_cached_copy_may_live_are_not_written_again(
    published: Desk, db_now: DbNow
) -> None:
    later = db_now() + timedelta(seconds=SIGNAL_TTL_S + 60)
    assert publish_changes(published.workshop, now=later)["cached"] == 0


def test_the_cache_gets_the_latest_word_on_a_night(
    published: Desk, valkey: str, db_now: DbNow
) -> None:
    with psycopg.connect(published.urls.superuser) as connection:
        connection.execute(
            "insert into signals.signals (card_id, grade_code, horizon_days, asof_ts,"
            " model_version, feature_version, action, conviction, price_cents, series, reasons,"
            " features, fingerprint, known_at) select card_id, grade_code,"
            " horizon_days, asof_ts, model_version, feature_version, 'SELL', conviction,"
            " price_cents, series, reasons, features, 'later', known_at + interval '1 hour'"
            " from signals.signals where card_id = 'card-0' and asof_ts = %s",
            (end_of(SILENT),),
        )
    publish_changes(published.workshop, now=db_now())
    with redis.Redis.from_url(valkey) as client:
        rows = json.loads(client.get(signal_key("card-0", "psa10")) or "")
    assert [row["action"] for row in rows] == ["SELL"] * 3


def test_two_publishers_never_send_the_same_flip(published: Desk) -> None:
    with published.workshop.stores() as first, published.workshop.stores() as second:
        held = first.outbox.unpublished(limit=1)
        rest = second.outbox.unpublished(limit=100)
    assert len(held) == 1
    assert rest != []
    assert held[0] not in rest
