"""Builds the features of every instrument over a range of days, each as it was known at its end."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta

import numpy as np

from kernel.days import end_of
from kernel.errors import Rejected
from signals_svc.domain.bars import Bars
from signals_svc.domain.cross_section import Catalog
from signals_svc.domain.facts import Facts
from signals_svc.domain.features import Features, features_between
from signals_svc.domain.series import LOOKBACK_DAYS
from signals_svc.domain.snapshot import freeze
from signals_svc.ports.stores import Stores


class NoSuchRange(Rejected):
    """The days are no range of days that are over."""

    def __init__(self, first: date, last: date) -> None:
        super().__init__(
            f"there is nothing to build from {first} to {last}: say --from no later than --to, and"
            " --to a day that is over"
        )
        self.first, self.last = first, last


@dataclass(frozen=True)
class History:
    """All that features of some days may see: versions of bars, the catalog, facts."""

    versions: Bars
    catalog: Catalog
    facts: Facts


def history_of(stores: Stores, first: date, last: date, *, now: datetime) -> History:
    """Read once for the whole range. Raises NoSuchRange."""
    if first > last or end_of(last) > now:
        raise NoSuchRange(first, last)
    earliest = first - timedelta(days=LOOKBACK_DAYS - 1)
    return History(
        stores.prices.versions(first=earliest, last=last),
        stores.prices.catalog(),
        stores.prices.facts(first=first, last=last),
    )


def features_of(history: History, first: date, last: date) -> Iterator[Features]:
    """Day by day; nothing is read any more. Newest first, so that the latest features of each
    instrument are written once and not with every day."""
    days = (last - timedelta(days=n) for n in range((last - first).days + 1))
    return features_between(history.versions, history.catalog, days, history.facts)


def keep(stores: Stores, features: Features) -> int:
    """Append what differs from the newest rows of the day; rows added."""
    rows = freeze(features, np.arange(len(features.instruments)))
    return stores.features.append(rows, as_of=features.as_of)
