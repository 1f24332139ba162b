"""What use cases need of schema `market`."""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Protocol

import polars as pl


class Prices(Protocol):
    """The market's read model."""

    def versions(self, *, first: date, last: date, as_of: datetime) -> pl.DataFrame:
        """Every version of the bars of these days that was ever believed by `as_of`; columns as
        kernel.db.market.VERSION_SCHEMA."""
        ...

    def sets(self) -> Mapping[str, str]:
        """The set of every card."""
        ...
