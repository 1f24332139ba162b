"""The price history of an instrument: one series, a window of it, and lines drawn over it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from api_gw.domain.bars import Bar, BarsByKind, counted, first_shown
from api_gw.domain.cached import series_from_cache, series_to_cache
from api_gw.domain.divergence import Divergent
from api_gw.domain.errors import NoPrice
from api_gw.domain.overlays import OVERLAYS, Line
from api_gw.ports import Cache, Cards, Divergences, Prices
from api_gw.usecases.absence import why_absent
from api_gw.usecases.divergent import divergent_grades
from api_gw.usecases.moments import counted_to, known_by
from kernel.cache import REFILLED_SERIES_TTL_S, series_key
from kernel.series import Kind, series_in_use


@dataclass(frozen=True)
class History:
    """Bars of the series in use and, for each overlay, a value a bar; the flag on it, if any."""

    series: Kind
    bars_365: int
    bars: Sequence[Bar]
    overlays: dict[str, Line]
    divergent: Divergent | None


async def history(
    card_id: str,
    grade_code: str,
    *,
    window_days: int | None,
    overlays: Sequence[str],
    as_of: datetime | None,
    prices: Prices,
    divergences: Divergences,
    cache: Cache,
    cards: Cards,
) -> History:
    """The window up to the newest bar known at `as_of`; everything without a window.

    Overlays look back beyond the window. Raises a NotFound that says what is missing.
    """
    bars = await known_bars(card_id, grade_code, as_of=as_of, prices=prices, cache=cache)
    counts = counted(bars, await counted_to(as_of, prices=prices, cache=cache)) if bars else {}
    kind = series_in_use(counts)
    if kind is None:
        absent = await why_absent(card_id, grade_code, as_of=as_of, cards=cards, prices=prices)
        raise absent or NoPrice(card_id, grade_code, [], as_of)
    used = bars[kind]
    flags = await divergent_grades(card_id, as_of=as_of, divergences=divergences, cache=cache)
    first = first_shown(used, window_days)
    return History(
        series=kind,
        bars_365=counts[kind],
        bars=used[first:],
        overlays={name: OVERLAYS[name](used)[first:] for name in overlays},
        divergent=flags.get(grade_code),
    )


async def known_bars(
    card_id: str, grade_code: str, *, as_of: datetime | None, prices: Prices, cache: Cache
) -> BarsByKind:
    """All bars of the instrument: from the cache, else from the store, which refills it.

    The cache knows only the newest versions, so a question about an earlier moment passes it by.
    """
    if as_of is not None:
        return await prices.bars(card_id, grade_code, as_of=as_of)
    key = series_key(card_id, grade_code)
    [body] = await cache.get([key])
    if body is not None:
        try:
            return series_from_cache(body)
        except ValueError:
            await cache.forget(key)
    bars = await prices.bars(card_id, grade_code, as_of=known_by(None))
    if bars:
        await cache.put_absent(key, series_to_cache(bars), ttl_s=REFILLED_SERIES_TTL_S)
    return bars
