"""Prices and catalog of schema `market`, through the kernel's shared reader."""

from collections.abc import Mapping
from datetime import date, datetime

import polars as pl
import psycopg

from kernel.db.market import bar_versions

SETS = "select card_id, set_id from market.cards order by card_id"


class MarketPrices:
    """Port Prices."""

    def __init__(self, connection: psycopg.Connection) -> None:
        self._connection = connection

    def versions(self, *, first: date, last: date, as_of: datetime) -> pl.DataFrame:
        """Every version of the bars of these days that was ever believed by `as_of`."""
        return bar_versions(self._connection, as_of=as_of, first=first, last=last)

    def sets(self) -> Mapping[str, str]:
        """The set of every card, as the catalog is now."""
        return dict(self._connection.execute(SETS).fetchall())
