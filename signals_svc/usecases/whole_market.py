"""Features of every instrument on a night: a night itself stores those of what changed alone."""

from datetime import date

from signals_svc.domain.features import Features, features_on
from signals_svc.domain.series import LOOKBACK_DAYS
from signals_svc.ports.stores import Stores


def whole_market(stores: Stores, as_of: date) -> Features:
    """As known at the end of the day."""
    bars = stores.prices.known(as_of=as_of, lookback_days=LOOKBACK_DAYS)
    facts = stores.prices.facts(first=as_of, last=as_of)
    return features_on(bars, stores.prices.catalog(), as_of, facts)
