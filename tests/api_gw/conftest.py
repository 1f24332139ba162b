"""Owns the running application for tests, and the small market most of them ask about."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import UTC, date, datetime
from typing import Protocol

import anyio.from_thread
import httpx
import pytest

from api_gw.app import build_app
from api_gw.settings import ApiSettings
from stack.bootstrap.databases import MIGRATOR, SERVICES, Cluster, create_database
from tests.api_gw.arrange import Arrangement, every
from tests.fixtures.postgres import TEMPLATE, DatabaseUrls, urls

LAST_DAY = date(2026, 9, 30)
NIGHT = datetime(2026, 10, 1, tzinfo=UTC)


class Api(Protocol):
    """Asks the application a question."""

    def __call__(self, path: str, **headers: str) -> httpx.Response: ...


Serving = Callable[..., Api]


@pytest.fixture
def serving() -> Iterator[Serving]:
    """Starts applications on an event loop of their own; they end with the test."""
    with ExitStack() as stack:
        portal = stack.enter_context(anyio.from_thread.start_blocking_portal())

        def serve(database_url: str, redis_url: str | None = None) -> Api:
            settings = ApiSettings.model_validate(
                {
                    "API_GW_DATABASE_URL": database_url,
                    "redis_url": redis_url,
                    "instance_id": "test-instance",
                }
            )
            app = build_app(settings)
            stack.enter_context(portal.wrap_async_context_manager(app.router.lifespan_context(app)))
            transport = httpx.ASGITransport(app=app, raise_app_exceptions=False)
            client = httpx.AsyncClient(transport=transport, base_url="http://api.test")

            def ask(path: str, **headers: str) -> httpx.Response:
                named = {name.replace("_", "-"): value for name, value in headers.items()}
                return portal.call(lambda: client.get(path, headers=named))

            return ask

        yield serve


def private_database(postgres: Cluster, name: str) -> Arrangement:
    """A migrated database that several tests read and none writes to."""
    create_database(postgres, name, owner=MIGRATOR, users=SERVICES, template=TEMPLATE)
    return Arrangement(urls(postgres, name))


def fill(arrange: Arrangement) -> Arrangement:
    """Base with Charizard: psa10 sold every ten days for $100 more each time, raw only quoted."""
    arrange.set("base1", "Base")
    arrange.card("base1-4", "Charizard")
    arrange.card("base1-2", "Blastoise", number="2")
    closes = [10000 + 10000 * n for n in range(40)]
    arrange.bars("base1-4", "psa10", every(10, last=LAST_DAY, cents=closes))
    quotes = every(30, last=LAST_DAY, cents=[5000] * 11 + [4000])
    arrange.bars("base1-4", "raw", quotes, kind="quote")
    for horizon, action in ((7, "HOLD"), (30, "HOLD"), (90, "BUY")):
        arrange.signal("base1-4", "psa10", action, asof=NIGHT, horizon=horizon)
    arrange.signal("base1-4", "raw", "SELL", asof=NIGHT)
    return arrange


@pytest.fixture(scope="session")
def standing_market(postgres: Cluster) -> Arrangement:
    """The small market for those who only read it."""
    return fill(private_database(postgres, "api_market"))


@pytest.fixture
def api(standing_market: Arrangement, serving: Serving) -> Api:
    """The application on the standing market, without a cache."""
    return serving(standing_market.urls.api_gw)


@pytest.fixture
def arrange(database: DatabaseUrls) -> Arrangement:
    return Arrangement(database)


@pytest.fixture
def market(arrange: Arrangement) -> Arrangement:
    """The small market in a database of the test's own, to be changed."""
    return fill(arrange)


@pytest.fixture
def own_api(market: Arrangement, serving: Serving) -> Api:
    """The application on the test's own market, without a cache."""
    return serving(market.urls.api_gw)
