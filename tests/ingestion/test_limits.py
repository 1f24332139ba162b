"""The limiter at the seed's figures, with a clock of its own, against a real Valkey."""

import random
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise

import pytest
from redis import Redis

from ingestion.adapters.sources.limits import (
    Limit,
    LocalLimit,
    Rate,
    RedisLimit,
)
from ingestion.adapters.sources.shared_doors import shared_doors
from ingestion.domain.errors import SourceUnavailable
from kernel.errors import Unavailable
from kernel.settings import Sources

SEEDED = Sources()
FIGURES = [
    Rate("ebay", SEEDED.ebay.rate_limit_per_min),
    Rate("tcgplayer", SEEDED.tcgplayer.rate_limit_per_min),
]


class FakeClock:
    """Microseconds that pass when a test says so."""

    def __init__(self) -> None:
        self.us = 1_800_000_000_000_000

    def now_us(self) -> int:
        return self.us

    def now_s(self) -> float:
        return self.us / 1_000_000


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


def of_two_processes(valkey: str, clock: FakeClock) -> list[Limit]:
    return [RedisLimit(Redis.from_url(valkey), clock.now_us) for _ in range(2)]


def asked_at(limits: list[Limit], rate: Rate, clock: FakeClock, *, minutes: int) -> list[float]:
    """When requests go out that come as fast as they may, in bursts, from any of the processes."""
    chance, sent = random.Random(7), []
    ends = clock.us + minutes * 60_000_000
    while clock.us < ends:
        wait = chance.choice(limits).turn(rate, patience_s=60)
        clock.us += round(wait * 1_000_000)
        sent.append(clock.now_s())
        if chance.random() < 0.01:
            clock.us += chance.randrange(3_000_000)
    return sent


def busiest_minute(sent: list[float]) -> int:
    return max(sum(begin <= at < begin + 60 for at in sent[i:]) for i, begin in enumerate(sent))


def test_the_seed_gives_these_figures() -> None:
    assert [(rate.source, rate.per_min) for rate in FIGURES] == [("ebay", 120), ("tcgplayer", 60)]


@pytest.mark.parametrize("rate", FIGURES, ids=lambda rate: rate.source)
def test_no_minute_has_more_requests_than_the_source_allows_all_processes_together(
    valkey: str, clock: FakeClock, rate: Rate
) -> None:
    sent = asked_at(of_two_processes(valkey, clock), rate, clock, minutes=4)
    assert busiest_minute(sent) == rate.per_min
    assert len(sent) > 4 * rate.per_min * 0.9


def test_the_limit_of_one_source_is_not_that_of_another(valkey: str, clock: FakeClock) -> None:
    limit = of_two_processes(valkey, clock)[0]
    assert [limit.turn(rate, patience_s=60) for rate in FIGURES] == [0, 0]
    assert [limit.turn(rate, patience_s=60) for rate in FIGURES] == [0.5, 1.0]


def test_a_burst_goes_out_at_once_and_then_the_rate_holds(valkey: str, clock: FakeClock) -> None:
    limit = of_two_processes(valkey, clock)[0]
    rate = Rate("ebay", 120, burst=3)
    assert [limit.turn(rate, patience_s=60) for _ in range(5)] == [0, 0, 0, 0.5, 1.0]


def local(_: str, clock: FakeClock) -> Limit:
    return LocalLimit(clock.now_s)


def shared(valkey: str, clock: FakeClock) -> Limit:
    return of_two_processes(valkey, clock)[0]


@pytest.mark.parametrize("made", [local, shared])
def test_who_would_wait_too_long_takes_no_turn(
    valkey: str, clock: FakeClock, made: Callable[[str, FakeClock], Limit]
) -> None:
    limit, rate = made(valkey, clock), Rate("tcgplayer", 60)
    waits = [limit.turn(rate, patience_s=2.5) for _ in range(3)]
    assert waits == [0, 1, 2]
    for _ in range(5):
        with pytest.raises(SourceUnavailable, match="60 requests a minute") as refused:
            limit.turn(rate, patience_s=2.5)
        assert isinstance(refused.value, Unavailable)
        assert refused.value.retry_after_s == 3
    clock.us += 1_000_000
    assert limit.turn(rate, patience_s=2.5) == 2


def test_a_clock_that_is_set_back_gives_no_extra_turns(valkey: str, clock: FakeClock) -> None:
    limit, rate = shared(valkey, clock), Rate("tcgplayer", 60)
    limit.turn(rate, patience_s=60)
    clock.us -= 5_000_000
    assert limit.turn(rate, patience_s=60) == 6


def test_many_at_once_get_turns_of_their_own_by_the_clock_of_redis(valkey: str) -> None:
    limits = [RedisLimit(Redis.from_url(valkey)) for _ in range(8)]
    rate = Rate("ebay", 6_000)
    with ThreadPoolExecutor(8) as pool:
        waits = sorted(pool.map(lambda i: limits[i % 8].turn(rate, patience_s=60), range(80)))
    assert waits[-1] > 0.4
    assert all(later - earlier >= 0 for earlier, later in pairwise(waits))


def test_without_redis_each_process_keeps_a_bucket_of_its_own(clock: FakeClock) -> None:
    away = Redis(host="127.0.0.1", port=9, socket_connect_timeout=0.2)
    limit = RedisLimit(away, clock.now_us, beside=LocalLimit(clock.now_s))
    assert [limit.turn(Rate("ebay", 120), patience_s=60) for _ in range(3)] == [0, 0.5, 1.0]
    assert isinstance(shared_doors(None)[0], LocalLimit)
