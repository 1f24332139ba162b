"""The faults over real HTTP: each way a call can fail, set exactly or drawn by chance."""

import json
import time
from collections.abc import Callable, Iterator

import httpx
import pytest

from stack.simulator.faults import Fault, FaultSwitch
from stack.simulator.settings import Faults

Search = Callable[..., httpx.Response]

DAY, NEXT_DAY = "2025-03-01T00:00:00Z", "2025-03-02T00:00:00Z"
PRICING = "/tcgplayer/v1.39.0/pricing/product/1"


@pytest.fixture(autouse=True)
def _healed(market: httpx.Client) -> Iterator[None]:
    yield
    market.delete("/_faults")


def test_a_truncated_answer_is_half_of_the_json(market: httpx.Client, search: Search) -> None:
    whole = search(DAY, NEXT_DAY)
    market.post("/_faults", json={"kind": "truncated", "times": 1})
    half = search(DAY, NEXT_DAY)
    assert half.status_code == 200
    assert half.headers["Content-Type"] == "application/json"
    assert whole.content.startswith(half.content)
    assert len(half.content) == len(whole.content) // 2
    with pytest.raises(json.JSONDecodeError):
        half.json()
    assert search(DAY, NEXT_DAY).json() == whole.json()


def test_a_timeout_answers_late_and_a_caller_who_left_holds_nothing_up(
    market: httpx.Client, search: Search
) -> None:
    market.post("/_faults", json={"kind": "timeout", "times": 1, "delay_s": 0.3})
    begun = time.monotonic()
    assert search(DAY, NEXT_DAY).status_code == 200
    assert time.monotonic() - begun >= 0.3
    market.post("/_faults", json={"kind": "timeout", "times": 1, "delay_s": 600})
    with pytest.raises(httpx.ReadTimeout):
        market.get("/pokemontcg/v2/sets", timeout=0.2)
    assert search(DAY, NEXT_DAY).status_code == 200


def test_an_endless_list_always_has_another_page(market: httpx.Client, search: Search) -> None:
    market.post("/_faults", json={"kind": "endless", "times": 5})
    total = 0
    for page in range(5):
        body = search(DAY, NEXT_DAY, limit=50, offset=50 * page).json()
        assert body["itemSales"]
        assert body["total"] > 50 * (page + 1)
        assert "next" in body
        total = body["total"]
    assert search(DAY, NEXT_DAY).json()["total"] < total


def test_a_fault_can_keep_to_one_api(market: httpx.Client, search: Search) -> None:
    market.post("/_faults", json={"status": 503, "times": 1, "path": "/tcgplayer"})
    assert search(DAY, NEXT_DAY).status_code == 200
    assert market.get(PRICING).status_code == 503
    assert market.get(PRICING).status_code == 404


@pytest.mark.parametrize(
    "path",
    [
        PRICING,
        "/pokemontcg/v2/sets",
        "/psa/publicapi/pop/GetPSASpecPopulation/1",
        "/trends/trends/api/explore",
        "/reddit/r/PokemonTCG/search",
        "/x/2/tweets/search/recent",
    ],
)
def test_every_api_can_be_asked_to_wait(market: httpx.Client, path: str) -> None:
    market.post("/_faults", json={"status": 429, "times": 1, "retry_after_s": 3})
    hit = market.get(path)
    assert (hit.status_code, hit.headers["Retry-After"]) == (429, "3")


def test_faults_by_chance_come_in_their_share_and_from_the_seed() -> None:
    def kinds(seed: int, calls: int) -> list[tuple[str, int] | None]:
        shares = {"too_many_requests": 0.1, "truncated": 0.2, "endless": 0.05}
        switch = FaultSwitch(Faults.none().model_copy(update=shares), seed=seed)
        drawn = [switch.spend("/") for _ in range(calls)]
        return [(fault.kind, fault.status) if fault else None for fault in drawn]

    drawn = kinds(1, 4_000)
    assert drawn == kinds(1, 4_000) != kinds(2, 4_000)
    assert 0.08 < drawn.count(("status", 429)) / 4_000 < 0.12
    assert 0.17 < drawn.count(("truncated", 500)) / 4_000 < 0.23
    assert 0.03 < drawn.count(("endless", 500)) / 4_000 < 0.07
    assert ("timeout", 500) not in drawn


def test_by_default_only_what_every_client_shrugs_off_happens() -> None:
    faults = Faults()
    assert 0 < faults.too_many_requests + faults.server_errors <= 0.001
    assert faults.timeouts == faults.truncated == faults.endless == 0
    switch = FaultSwitch(Faults.none(), seed=1)
    assert not any(switch.spend("/") for _ in range(1_000))
    switch.set(Fault(times=1))
    assert switch.spend("/") is not None
