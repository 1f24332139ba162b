"""What "as of" means: the moment to read at, and the day up to which a year of bars is counted."""

from datetime import UTC, date, datetime, timedelta

from api_gw.ports import Cache, Prices
from kernel.days import utc_day

EVERYTHING = datetime.max.replace(tzinfo=UTC)

NEWEST_DAY_KEY = "market:newest-day"
NEWEST_DAY_KEPT_S = 300  # it moves once a night


def known_by(as_of: datetime | None) -> datetime:
    """The moment to read at; the far end of time without one."""
    return EVERYTHING if as_of is None else as_of


async def counted_to(as_of: datetime | None, *, prices: Prices, cache: Cache) -> date:
    """The last day that was over by the moment, as a signal of that day counts.

    Without a moment the newest day of the whole market: a series that fell silent has fewer bars.
    """
    if as_of is not None:
        return utc_day(as_of) - timedelta(days=1)
    [body] = await cache.get([NEWEST_DAY_KEY])
    if body is not None:
        try:
            return date.fromisoformat(body.decode())
        except ValueError:
            await cache.forget(NEWEST_DAY_KEY)
    newest = await prices.newest_day(as_of=EVERYTHING)
    if newest is None:
        return EVERYTHING.date()  # an empty market: there is nothing to count
    await cache.put_absent(NEWEST_DAY_KEY, newest.isoformat().encode(), ttl_s=NEWEST_DAY_KEPT_S)
    return newest
