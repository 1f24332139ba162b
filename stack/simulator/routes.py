"""Owns the simulator's routes. All run on the event loop, one at a time: no locks needed."""

import hmac
from dataclasses import replace
from typing import Any
from urllib.parse import urlencode

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse, Response

from stack.simulator.failing import is_endless
from stack.simulator.faults import Fault, FaultSwitch
from stack.simulator.market import Market
from stack.simulator.replies import refused_query, refused_token, unknown_item
from stack.simulator.search import Query, QueryRefused, parse_query

SEARCH_PATH = "/buy/marketplace_insights/v1_beta/item_sales/search"


def marketplace_routes(market: Market, *, token: str) -> APIRouter:
    """The sold-items search, and the public page of one item."""
    router = APIRouter()

    @router.get(SEARCH_PATH)
    async def search(request: Request) -> Response:
        if not has_token(request, token):
            return refused_token()
        try:
            query = parse_query(request.query_params.multi_items())
        except QueryRefused as refusal:
            return refused_query(refusal)
        items, total = market.search(query, host=_host(request))
        if is_endless(request):
            first = replace(query, offset=0)
            items = items or market.search(first, host=_host(request))[0]
            total = query.offset + 2 * query.limit
        return JSONResponse({**_frame(request, query, total), "itemSales": items})

    @router.get("/itm/{item}")
    async def item_page(request: Request, item: str) -> Response:
        # Item numbers have 12 digits; more than 18 would not fit the column.
        is_number = item.isdecimal() and len(item) <= 18
        found = market.item(int(item), host=_host(request)) if is_number else None
        return unknown_item(item) if found is None else JSONResponse(found)

    return router


def control_routes(switch: FaultSwitch, *, instance_id: str) -> APIRouter:
    """What the stack and tests use and a real marketplace has not: health and the fault switch."""
    router = APIRouter()

    @router.get("/healthz")
    async def healthz() -> dict[str, str]:
        return {"status": "ok", "instance": instance_id}

    @router.post("/_faults", status_code=201)
    async def set_fault(fault: Fault) -> Fault:
        switch.set(fault)
        return fault

    @router.get("/_faults")
    async def pending_fault() -> Fault | None:
        return switch.pending

    @router.delete("/_faults", status_code=204)
    async def heal() -> None:
        switch.set(None)

    return router


def has_token(request: Request, token: str) -> bool:
    """Whether the caller sent the bearer token."""
    sent = request.headers.get("Authorization", "")
    return hmac.compare_digest(sent.encode(), f"Bearer {token}".encode())


def _host(request: Request) -> str:
    return str(request.base_url).rstrip("/")


def _frame(request: Request, query: Query, total: int) -> dict[str, Any]:
    """href, total, limit, offset, and next and prev where there is such a page."""
    frame: dict[str, Any] = {
        "href": _href(request, query, query.offset),
        "total": total,
        "limit": query.limit,
        "offset": query.offset,
    }
    if query.offset + query.limit < total:
        frame["next"] = _href(request, query, query.offset + query.limit)
    if query.offset > 0:
        frame["prev"] = _href(request, query, max(query.offset - query.limit, 0))
    return frame


def _href(request: Request, query: Query, offset: int) -> str:
    asked = [
        (name, value)
        for name, value in request.query_params.multi_items()
        if name not in ("limit", "offset")
    ]
    page = [("limit", str(query.limit)), ("offset", str(offset))]
    return f"{request.url.replace(query='')}?{urlencode(asked + page)}"
