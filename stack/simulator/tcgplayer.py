"""Owns the TCGplayer-shaped API: a product's latest sales, and prices of many products."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Annotated, Any

import numpy as np
from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse
from pydantic import BaseModel, ConfigDict, Field

from stack.simulator import release
from stack.simulator.failing import is_endless
from stack.simulator.flaws import VARIANT_FACTORS
from stack.simulator.history import History
from stack.simulator.market import Market
from stack.simulator.routes import has_token
from stack.simulator.second_market import CONDITIONS, take_shop
from stack.simulator.settings import MarketSettings
from stack.simulator.universe import Ints, products_of

SOURCE = "tcgplayer"
LINK_STREAM = 6
MOST_SALES, MOST_PRODUCTS = 25, 250
DEARER, JAPANESE = VARIANT_FACTORS[1], VARIANT_FACTORS[3]
# Around the market price, as the shop's own figures lie around each other.
LOW, MIDDLE, HIGH = 0.82, 1.06, 2.4


class SalesAsked(BaseModel):
    """The body of a call for sales; the filters are taken and not used."""

    model_config = ConfigDict(extra="forbid")

    conditions: Sequence[int] = ()
    languages: Sequence[int] = ()
    variants: Sequence[int] = ()
    listingType: str = "All"  # noqa: N815 (the API's own word)
    offset: Annotated[int, Field(ge=0)] = 0
    limit: Annotated[int, Field(ge=1, le=MOST_SALES)] = MOST_SALES


class Shop:
    """What the products are, and what they sold for."""

    def __init__(self, market: Market, settings: MarketSettings) -> None:
        self._market = market
        self._foreign = settings.dirt.wrong_variants
        place = {p.card_id: at for at, p in enumerate(market.universe.products)}
        named = [(product.split(":"), card) for product, card in products_of(SOURCE).items()]
        self._products = {int(n): (place[c], v) for (n, v), c in named if c in place}
        rng = np.random.default_rng([settings.seed, LINK_STREAM])
        wrong = rng.random(len(self._products)) < settings.dirt.wrong_links
        self.wrong_links = {n for n, odd in zip(self._products, wrong, strict=True) if odd}

    def sales(self, product: int, asked: SalesAsked) -> tuple[list[dict[str, Any]], int] | None:
        """One page, the newest first, and how many there are; None of an unknown product."""
        if product not in self._products:
            return None
        history, until = self._market.told()
        card, variant = self._products[product]
        shop = history.shop
        rows = np.flatnonzero((shop.card == card) & (shop.second < until))[::-1]
        page = rows[asked.offset : asked.offset + asked.limit]
        factor = DEARER if product in self.wrong_links else 1.0
        return self._told(history, page, variant, float(factor)), len(rows)

    def first_page(self, product: int) -> list[dict[str, Any]]:
        """The newest sales of a product."""
        found = self.sales(product, SalesAsked())
        return found[0] if found else []

    def prices(self, products: Sequence[int]) -> list[dict[str, Any]]:
        """Today's figures of those products that exist."""
        history, until = self._market.told()
        day = int(until - 1) // 86_400
        dear = release.dearer(self._market.universe, day)
        known = [(n, *self._products[n]) for n in products if n in self._products]
        return [
            _price(n, variant, float(np.exp(history.values[-1, card] + dear[card])) * self._odd(n))
            for n, card, variant in known
        ]

    def _odd(self, product: int) -> float:
        return float(DEARER) if product in self.wrong_links else 1.0

    def _told(
        self, history: History, rows: Ints, variant: str, factor: float
    ) -> list[dict[str, Any]]:
        page = take_shop(history.shop, rows)
        # Any fixed mixing of the columns will do: the same sale is always the same copy.
        odd = (page.second * 2_654_435_761 + page.cents) % 10_000 < self._foreign * 10_000
        cents = np.rint(page.cents * factor * np.where(odd, JAPANESE, 1.0)).astype(np.int64)
        columns = zip(
            page.second.tolist(),
            np.maximum(cents, 1).tolist(),
            page.condition.tolist(),
            page.quantity.tolist(),
            odd.tolist(),
            strict=True,
        )
        return [_sale(variant, *column) for column in columns]


def shop_routes(market: Market, settings: MarketSettings, *, token: str) -> APIRouter:
    """`latestsales` of one product and `pricing` of up to 250."""
    router, shop = APIRouter(), Shop(market, settings)

    @router.post("/v2/product/{product}/latestsales")
    async def latest_sales(request: Request, product: int, asked: SalesAsked) -> JSONResponse:
        if not has_token(request, token):
            return _refused()
        found = shop.sales(product, asked)
        if found is None:
            message = f"Product {product} was not found."
            return JSONResponse({"errors": [{"code": "NotFound", "message": message}]}, 404)
        page, total = found
        more = asked.offset + len(page) < total
        if is_endless(request):
            more = True
            page = page or shop.first_page(product)
        return JSONResponse(
            {
                "previousPage": "Yes" if asked.offset else "",
                "nextPage": "Yes" if more else "",
                "resultCount": len(page),
                "totalResults": total,
                "data": page,
            }
        )

    @router.get("/v1.39.0/pricing/product/{products}")
    async def pricing(request: Request, products: str) -> JSONResponse:
        if not has_token(request, token):
            return _refused()
        numbers = [int(text) for text in products.split(",") if text.isdecimal()]
        if len(numbers) > MOST_PRODUCTS:
            return _no_prices(400, f"Ask for at most {MOST_PRODUCTS} products at once.")
        results = shop.prices(numbers)
        if not results:
            return _no_prices(404, "No products were found.")
        return JSONResponse({"success": True, "errors": [], "results": results})

    return router


def _sale(
    variant: str, second: int, cents: int, condition: int, quantity: int, odd: bool
) -> dict[str, Any]:
    moment = datetime.fromtimestamp(second, UTC).strftime("%Y-%m-%dT%H:%M:%S")
    return {
        "condition": CONDITIONS[condition],
        "variant": variant,
        "language": "Japanese" if odd else "English",
        "quantity": quantity,
        "title": "",
        "listingType": "ListingWithoutPhotos",
        "customListingId": "0",
        "purchasePrice": cents / 100,
        "shippingPrice": 0.0,
        "orderDate": f"{moment}.{second % 997:03d}+00:00",
    }


def _price(product: int, variant: str, usd: float) -> dict[str, Any]:
    return {
        "productId": product,
        "lowPrice": round(usd * LOW, 2),
        "midPrice": round(usd * MIDDLE, 2),
        "highPrice": round(usd * HIGH, 2),
        "marketPrice": round(usd, 2),
        "directLowPrice": None,
        "subTypeName": variant,
    }


def _refused() -> JSONResponse:
    return _no_prices(401, "Send the header 'Authorization: Bearer <token>' with a valid token.")


def _no_prices(status: int, error: str) -> JSONResponse:
    return JSONResponse({"success": False, "errors": [error], "results": []}, status)
