"""A small market whose prices rise, fall and idle, and the jobs' ports on real stores."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

import numpy as np
import psycopg
import pytest
from psycopg.rows import dict_row

from kernel.cli import Summary
from signals_svc.app import workshop
from signals_svc.jobs.table import build_every_night, infer_every_night
from signals_svc.jobs.workshop import Workshop
from signals_svc.settings import SignalsSettings
from tests.fixtures.postgres import DatabaseUrls
from tests.signals_svc.market_builder import FIRST_DAY, Bar, idle, seed_cards, walk, write_bars

DAYS = 400
LAST_DAY = FIRST_DAY + timedelta(days=DAYS - 1)
NOW = datetime(2026, 11, 1, tzinfo=UTC)
CARDS = tuple(f"card-{n}" for n in range(12))


@dataclass(frozen=True)
class Desk:
    """A service on a database of its own."""

    urls: DatabaseUrls
    workshop: Workshop

    def renewed(self) -> "Desk":
        """The same desk with the settings of the environment as it is now."""
        return Desk(self.urls, workshop(SignalsSettings()))

    def night(self, now: datetime = NOW) -> tuple[Summary, Summary]:
        return build_every_night(self.workshop, now=now), infer_every_night(self.workshop, now=now)

    def rows(self, query: str, *values: object) -> list[dict[str, object]]:
        with psycopg.connect(self.urls.superuser, row_factory=dict_row) as connection:
            return connection.execute(query.encode(), values).fetchall()


def small_market() -> list[Bar]:
    """card-0 climbs and card-1 falls without a doubt, the others idle; a bar every third day."""
    rng = np.random.default_rng(7)
    paths = {"card-0": (0.008, 0.006), "card-1": (-0.008, 0.006)}
    bars: list[Bar] = []
    for card in CARDS:
        if card in paths:
            drift, sigma = paths[card]
            bars += walk(card, "psa10", days=DAYS, step=3, drift=drift, sigma=sigma, rng=rng)
        else:
            bars += idle(card, "psa10", days=DAYS, step=3, bounce=0.03, rng=rng)
    return bars


@pytest.fixture
def settings(database: DatabaseUrls, monkeypatch: pytest.MonkeyPatch) -> SignalsSettings:
    monkeypatch.setenv("SIGNALS_SVC_DATABASE_URL", database.signals_svc)
    return SignalsSettings()


@pytest.fixture
def desk(database: DatabaseUrls, settings: SignalsSettings) -> Desk:
    seed_cards(database, CARDS)
    return Desk(database, workshop(settings))


@pytest.fixture
def market(desk: Desk) -> Desk:
    """The small market, nothing marked yet."""
    write_bars(desk.urls, small_market())
    return desk


@pytest.fixture
def last_day() -> date:
    return LAST_DAY
