"""Starts the simulator's app on a real port, with a clock that a test can move."""

import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime

import httpx
import pytest
import uvicorn

from stack.ports import LOOPBACK, PortBook
from stack.simulator.app import create_app
from stack.simulator.history import DEMO_LAST_DAY, History, begin_history
from stack.simulator.routes import SEARCH_PATH
from stack.simulator.settings import Dirt
from stack.simulator.universe import Universe, load_universe

TOKEN = "let-me-in"
SEED = 7
CARDS = 60


@dataclass
class MovableClock:
    now: datetime

    def __call__(self) -> datetime:
        return self.now


@pytest.fixture(scope="session")
def universe() -> Universe:
    """The first cards, which are enough for most tests."""
    return load_universe(cards=CARDS)


@pytest.fixture(scope="session")
def two_years(universe: Universe) -> History:
    return begin_history(universe, seed=SEED, through=DEMO_LAST_DAY, dirt=Dirt.none())


@pytest.fixture(scope="session")
def _serving(port_book: PortBook, first_port: int) -> Iterator[tuple[httpx.Client, MovableClock]]:
    clock = MovableClock(datetime(2026, 10, 2, 12, tzinfo=UTC))
    app = create_app(token=TOKEN, instance_id="i-1", seed=SEED, clock=clock, cards=CARDS)
    port = port_book.take("simulator", first_port)
    server = uvicorn.Server(uvicorn.Config(app, host=LOOPBACK, port=port, log_level="error"))
    thread = threading.Thread(target=server.run)
    thread.start()
    while not server.started and thread.is_alive():
        time.sleep(0.01)
    headers = {"Authorization": f"Bearer {TOKEN}"}
    with httpx.Client(base_url=f"http://{LOOPBACK}:{port}", headers=headers) as client:
        yield client, clock
    server.should_exit = True
    thread.join()


@pytest.fixture(scope="session")
def market(_serving: tuple[httpx.Client, MovableClock]) -> httpx.Client:
    """A client that sends the token."""
    return _serving[0]


@pytest.fixture
def clock(_serving: tuple[httpx.Client, MovableClock]) -> Iterator[MovableClock]:
    clock = _serving[1]
    before = clock.now
    yield clock
    clock.now = before


@pytest.fixture(scope="session")
def search(market: httpx.Client) -> Callable[..., httpx.Response]:
    """Asks for the sales of a half-open window, with further query parameters by name."""

    def ask(start: str, end: str, **more: str | int) -> httpx.Response:
        window = f"lastSoldDate:[{start}..{end}]"
        return market.get(SEARCH_PATH, params={"filter": window, **more})

    return ask
