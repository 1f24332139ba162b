"""Owns the pokemontcg.io-shaped API: sets and cards of the catalog, page by page."""

import hmac
import re
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse

from stack.simulator.failing import is_endless
from stack.simulator.market import Market
from stack.simulator.universe import catalog_cards

MOST = 250  # a page
UPDATED = "10:17:00"  # the hour at which a set's cards were entered, on the day of its release
SET_QUERY = re.compile(r'set\.id:"?(?P<id>[A-Za-z0-9]+)"?')
KNOWN = frozenset({"q", "page", "pageSize", "orderBy"})

Json = dict[str, Any]


def catalog_routes(market: Market, *, token: str) -> APIRouter:
    """`/v2/sets` and `/v2/cards?q=set.id:...`, for the cards that the market sells."""
    router = APIRouter()
    cards = catalog_cards()[: len(market.universe.products)]
    whole = [{**card, "set": _told_set(card["set"])} for card in cards]
    sets = {card["set"]["id"]: card["set"] for card in whole}
    by_date = sorted(sets.values(), key=lambda one: (one["releaseDate"], one["id"]))

    @router.get("/v2/sets")
    async def all_sets(request: Request) -> JSONResponse:
        return _page(request, by_date, token=token)

    @router.get("/v2/cards")
    async def cards_of_set(request: Request) -> JSONResponse:
        query = request.query_params.get("q")
        if query is None:
            return _page(request, whole, token=token)
        asked = SET_QUERY.fullmatch(query)
        if asked is None:
            return _error(400, "Bad Request. Ask with q=set.id:<set id>.")
        found = [card for card in whole if card["set"]["id"] == asked["id"]]
        return _page(request, sorted(found, key=_number), token=token)

    return router


def _page(request: Request, rows: list[Json], *, token: str) -> JSONResponse:
    """The page that was asked for; past the end it is empty."""
    sent = request.headers.get("X-Api-Key", "")
    if not hmac.compare_digest(sent.encode(), token.encode()):
        return _error(403, "Forbidden. Send the header 'X-Api-Key' with a valid key.")
    if unknown := set(request.query_params) - KNOWN:
        return _error(400, f"Bad Request. '{min(unknown)}' is no parameter.")
    page = _whole(request.query_params.get("page", "1"), 1_000_000)
    size = _whole(request.query_params.get("pageSize", str(MOST)), MOST)
    if page is None or size is None:
        return _error(400, f"Bad Request. Ask for a page from 1 of at most {MOST} rows.")
    endless = is_endless(request)
    start = 0 if endless else (page - 1) * size
    shown = rows[start : start + size]
    return JSONResponse(
        {
            "data": shown,
            "page": page,
            "pageSize": size,
            "count": len(shown),
            "totalCount": (page + 1) * size if endless else len(rows),
        }
    )


def _whole(text: str, most: int) -> int | None:
    return int(text) if text.isdecimal() and 1 <= int(text[:9]) <= most else None


def _told_set(card_set: Json) -> Json:
    return {**card_set, "updatedAt": f"{card_set['releaseDate']} {UPDATED}", "images": {}}


def _number(card: Json) -> tuple[int, str]:
    digits = re.sub(r"\D", "", card["number"])
    return int(digits or 0), card["number"]


def _error(status: int, message: str) -> JSONResponse:
    return JSONResponse({"error": {"message": message, "code": status}}, status)
