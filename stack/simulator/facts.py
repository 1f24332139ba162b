"""Owns the facts-shaped APIs: populations of graded cards, and how often a term is searched."""

import hashlib
import json
from datetime import UTC, date, datetime, timedelta
from typing import Any

import numpy as np
from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse, Response

from stack.simulator.fame import Fame, fame_of, terms_of
from stack.simulator.market import Market
from stack.simulator.prints import DAY_S
from stack.simulator.replies import refused_token
from stack.simulator.routes import has_token
from stack.simulator.universe import EPOCH, GRADES, products_of

# Slabs there are for one sale a month, and how fast the first ones come after a release.
SLABS, SLABS_DAYS, GROWTH_DAYS = 45.0, 500.0, 4_000.0
LOWER = {"Auth": 0.02, "Grade5": 0.08, "Grade6": 0.2, "Grade7": 0.5}  # of the eights
UNSAFE = ")]}'"  # what the trends page puts before its JSON
LONGEST_DAYS = 270  # longer spans are told by week there, and not at all here

Json = dict[str, Any]


def population_routes(market: Market, *, token: str) -> APIRouter:
    """`/publicapi/pop/GetPSASpecPopulation/{SpecID}`."""
    router = APIRouter()
    place = {p.card_id: at for at, p in enumerate(market.universe.products)}
    specs = {int(spec): place[card] for spec, card in products_of("psa").items() if card in place}

    @router.get("/publicapi/pop/GetPSASpecPopulation/{spec}")
    async def population(request: Request, spec: int) -> Response:
        if not has_token(request, token):
            return refused_token()
        if spec not in specs:
            return Response(status_code=204)
        _, until = market.told()
        return JSONResponse(_population(market, spec, specs[spec], int(until) // DAY_S))

    return router


def trend_routes(market: Market) -> APIRouter:
    """The two calls of the trends page: a widget's token, then its points."""
    router, terms = APIRouter(), terms_of(market.universe)

    @router.get("/trends/api/explore")
    async def explore(request: Request) -> Response:
        asked = _asked(request)
        if asked is None:
            return Response("Bad Request", 400)
        wanted = {**asked["comparisonItem"][0]}
        span = wanted.pop("time")
        widget = {"time": span, "resolution": "DAY", "comparisonItem": [wanted]}
        told = {"id": "TIMESERIES", "token": _widget_token(widget), "request": widget}
        return _guarded({"widgets": [told]}, UNSAFE)

    @router.get("/trends/api/widgetdata/multiline")
    async def multiline(request: Request) -> Response:
        widget = _json_of(request)
        if widget is None or request.query_params.get("token") != _widget_token(widget):
            return Response("Unauthorized", 401)
        cards = terms.get(str(widget["comparisonItem"][0].get("keyword")))
        points: list[Json] = []
        if cards is not None:
            history, until = market.told()
            fame = fame_of(cards, market.universe, history)
            points = _points(fame, *_span(widget["time"]), until)
        return _guarded({"default": {"timelineData": points, "averages": []}}, UNSAFE + ",")

    return router


def _population(market: Market, spec: int, card: int, day: int) -> Json:
    universe = market.universe
    product = universe.products[card]
    age = max(day - int(universe.release[card]), 0)
    grown = (1 - np.exp(-age / SLABS_DAYS)) * (1 + age / GROWTH_DAYS)
    by_grade = np.floor(SLABS * 30 * universe.rate[card] * grown).astype(int).tolist()
    eights, nines, tens = by_grade[GRADES.index("psa8") :]
    lower = {name: int(share * eights) for name, share in LOWER.items()}
    counts = {**lower, "Grade8": eights, "Grade9": nines, "Grade10": tens}
    said = f"{product.year} POKEMON {product.set_name} {product.number} {product.name}".upper()
    return {
        "SpecID": spec,
        "Description": said,
        "PSAPop": {"Total": sum(counts.values()), **counts},
    }


def _points(fame: Fame, first: date, last: date, until: float) -> list[Json]:
    """By day, relative to the largest of the span; nothing where nobody searched."""
    days = np.arange((first - EPOCH).days, (last - EPOCH).days + 1)
    here = days[(days >= fame.first) & (days < fame.first + len(fame.interest))]
    here = here[here * DAY_S < until]
    interest = fame.interest[here - fame.first]
    if not len(here) or interest.max() == 0:
        return []
    shown = np.rint(100 * interest / interest.max()).astype(int)
    return [
        _point(day, value, partial=(day + 1) * DAY_S > until)
        for day, value in zip(here.tolist(), shown.tolist(), strict=True)
    ]


def _point(day: int, value: int, *, partial: bool) -> Json:
    moment = datetime.fromtimestamp(day * DAY_S, UTC)
    return {
        "time": str(day * DAY_S),
        "formattedTime": f"{moment:%b} {moment.day}, {moment.year}",
        "value": [value],
        "hasData": [True],
        "formattedValue": [str(value)],
        "isPartial": partial,
    }


def _asked(request: Request) -> Json | None:
    """The explore request; None where it does not name one keyword and a span of days."""
    asked = _json_of(request)
    try:
        item = asked["comparisonItem"][0] if asked else {}
        first, last = _span(item["time"])
    except (KeyError, IndexError, TypeError, ValueError):
        return None
    short = first <= last < first + timedelta(days=LONGEST_DAYS)
    return asked if short and "keyword" in item else None


def _json_of(request: Request) -> Json | None:
    try:
        told = json.loads(request.query_params.get("req", ""))
    except ValueError:
        return None
    return told if isinstance(told, dict) else None


def _span(text: str) -> tuple[date, date]:
    first, _, last = text.partition(" ")
    return date.fromisoformat(first), date.fromisoformat(last)


def _widget_token(widget: Json) -> str:
    words = json.dumps(widget, sort_keys=True).encode()
    return f"APP6_{hashlib.blake2b(words, digest_size=12).hexdigest()}"


def _guarded(body: Json, guard: str) -> Response:
    return Response(f"{guard}\n{json.dumps(body)}", media_type="application/json")
