"""Rows a test needs, written as the services that own them."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

import psycopg

from tests.fixtures.postgres import DatabaseUrls

INSERT_CARD = """
insert into market.cards (card_id, game, set_id, name, number, rarity, supertype, subtypes,
  edition, artist, image_small)
values (%s, 'pokemon', %s, %s, %s, %s, %s, %s, %s, %s, %s)
"""
INSERT_SIGNAL = """
insert into signals.signals (card_id, grade_code, horizon_days, asof_ts, model_version,
  feature_version, action, conviction, expected_return, risk, utility, price_cents, series,
  reasons, features, fingerprint, known_at)
values (%s, %s, %s, %s, %s, 'price-1', %s, %s, 0.1, 0.4, 0.05, 12345, 'trade', %s, '{}', %s, %s)
"""


@dataclass(frozen=True)
class Arrangement:
    """Writes to one database; every call commits."""

    urls: DatabaseUrls

    def set(self, set_id: str, name: str, *, released: date = date(1999, 1, 9)) -> None:
        with psycopg.connect(self.urls.ingestion) as connection:
            connection.execute(
                "insert into market.sets values (%s, 'pokemon', %s, 'Base', %s, 102, 102)",
                (set_id, name, released),
            )

    def card(
        self,
        card_id: str,
        name: str,
        *,
        number: str = "4",
        set_id: str = "base1",
        rarity: str | None = "Rare Holo",
        edition: str = "unlimited",
    ) -> None:
        with psycopg.connect(self.urls.ingestion) as connection:
            connection.execute(
                INSERT_CARD,
                (
                    *(card_id, set_id, name, number, rarity, "Pokémon", ["Stage 2"], edition),
                    *("Mitsuhiro Arita", f"https://example.org/{card_id}.png"),
                ),
            )
            connection.execute("select market.refresh_card_search()")

    def bars(
        self,
        card_id: str,
        grade_code: str,
        closes: Sequence[tuple[date, int]],
        *,
        kind: str = "trade",
        known_at: datetime | None = None,
    ) -> None:
        """A flat bar a day, known at the end of its day unless told otherwise."""
        with psycopg.connect(self.urls.ingestion) as connection:
            connection.execute(
                "select market.ensure_month_partitions('prices_daily', %s)",
                ([day for day, _ in closes],),
            )
            with connection.cursor() as cursor:
                cursor.executemany(
                    "insert into market.prices_daily values (%s,%s,%s,%s,%s,%s,%s,%s,%s,%s)",
                    [
                        (
                            *(card_id, grade_code, day, kind, cents, cents, cents, cents),
                            *(0 if kind == "quote" else 1, known_at or evening(day)),
                        )
                        for day, cents in closes
                    ],
                )

    def replaced_bar(
        self, card_id: str, grade_code: str, day: date, cents: int, *, until: datetime
    ) -> None:
        """An older version of a bar, which stood from the end of its day until a moment."""
        with psycopg.connect(self.urls.ingestion) as connection:
            connection.execute(
                "insert into market.prices_daily_history"
                " values (%s, %s, %s, 'trade', %s, %s, %s, %s, %s, %s, 1, 'corrected')",
                (card_id, grade_code, day, evening(day), until, cents, cents, cents, cents),
            )

    def flag(
        self,
        card_id: str,
        grade_code: str,
        *,
        opened: datetime,
        closed: datetime | None = None,
        rule: str = "sources",
        ratio: float = 3.0,
    ) -> None:
        """A divergence, known from one moment until another, or until now."""
        with psycopg.connect(self.urls.ingestion) as connection:
            connection.execute(
                "insert into market.divergences (card_id, grade_code, rule, as_of, ratio, fence,"
                " detail, opened_at, closed_at, closed_as_of)"
                " values (%s, %s, %s, %s, %s, 2, '{}', %s, %s, %s)",
                (
                    *(card_id, grade_code, rule, opened.date(), ratio),
                    *(opened, closed, closed.date() if closed else None),
                ),
            )

    def signal(
        self,
        card_id: str,
        grade_code: str,
        action: str,
        *,
        asof: datetime,
        horizon: int = 90,
        conviction: float = 0.7,
        known_at: datetime | None = None,
        model: str = "ewma-1",
        print_: str = "f",
    ) -> None:
        """Known at its as-of time unless told otherwise."""
        reasons = [{"code": "utility", "value": 0.05, "words": "+10 % expected in 90 days"}]
        with psycopg.connect(self.urls.signals_svc) as connection:
            connection.execute(
                INSERT_SIGNAL,
                (
                    *(card_id, grade_code, horizon, asof, model, action, conviction),
                    *(json.dumps(reasons), print_, known_at or asof),
                ),
            )


def evening(day: date) -> datetime:
    """When a day is over."""
    return datetime(day.year, day.month, day.day, tzinfo=UTC) + timedelta(days=1)


def every(days: int, *, last: date, cents: Sequence[int]) -> list[tuple[date, int]]:
    """Closes at equal distances, the last of them on `last`."""
    first = last - timedelta(days=days * (len(cents) - 1))
    return [(first + timedelta(days=days * place), price) for place, price in enumerate(cents)]
