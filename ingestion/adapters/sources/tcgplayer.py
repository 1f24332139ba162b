"""The sources `tcgplayer` (product sales) and `tcgplayer_prices` (market price), by product."""

import gzip
import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import polars as pl

from ingestion.adapters.sources.edge import Edge, Visit
from ingestion.adapters.sources.gathering import Group, Row, gather
from ingestion.adapters.sources.marketplace import json_lines
from ingestion.adapters.sources.paging import Pages
from ingestion.domain.errors import SourceRefused, SourceUnavailable, WrongWindow
from ingestion.domain.format import Format
from ingestion.domain.identities import LISTED
from ingestion.domain.records import TOLD, Gathered, RawPart, Receipt, Window
from ingestion.ports.sources import Told

SALES = "/v2/product/{product}/latestsales"
PRICES = "/v1.39.0/pricing/product/{products}"
SALES_A_PAGE = 25
PRODUCTS_A_CALL = 250
READINGS = 4  # of one product: a sale a second is more than any has
ENGLISH = "English"
LATEST = timedelta(days=1)  # a night's run speaks of the day that has just ended

SALES_PART, PRICES_PART = "sales.jsonl.gz", "prices.jsonl.gz"

Products = Callable[[], Sequence[str]]  # product ids the product map knows


@dataclass(frozen=True)
class TcgplayerSales:
    """Completed sales, asked for product by product, newest first."""

    mapping: Format
    edge: Edge
    products: Products
    may_be_empty: bool = True

    def subjects(self, window: Window) -> Sequence[str]:
        """The products the product map knows."""
        return self.products()

    def collect(
        self, window: Window, subjects: Sequence[str], *, path: Path | None, item_map: Path | None
    ) -> Iterator[Gathered]:
        """The window's sales of these products, one JSON line each with its product id.

        Raises SourceUnavailable (worth a retry), SourceRefused, CredentialRefused.
        """
        _no_files(path, item_map)

        def ask(visit: Visit, group: Group) -> Iterator[Row]:
            return (row for product in group for row in self._sales(visit, product, window))

        def receipt(rows: list[Row]) -> Receipt:
            return Receipt(self.mapping.source, window, [json_lines(SALES_PART, iter(rows))])

        return gather(self.edge, [[product] for product in subjects], ask, receipt)

    def read(self, receipt: Receipt) -> Told:
        """Rows as told; what cannot be made out is a row with a fault."""
        return _told(receipt, lambda sale: _of_sale(sale))

    def _sales(self, visit: Visit, product: str, window: Window) -> Iterator[Row]:
        """A product's sales, read anew where one came in between while its pages were read."""
        for _ in range(READINGS):
            pages = self._pages(visit, product, window.begins)
            if pages is not None:
                return _within(window, product, pages)
        why = f"new sales of product {product} came in whenever its pages were read"
        raise SourceUnavailable(self.edge.source, why)

    def _pages(self, visit: Visit, product: str, begins: datetime) -> list[list[Row]] | None:
        """Pages back to the window's begin, newest first; None where they moved meanwhile.

        A sale that comes in pushes the others back, so that the end of one page is the head of the
        next. Two honest equal sales look the same: then the page before is asked for again, and
        tells whether it has moved.
        """
        seen, pages, offset = Pages(self.mapping.source), list[list[Row]](), 0
        while (page := self._page(visit, product, offset)) is not None and page.sales:
            if pages and _overlap(pages[-1], page.sales):
                before = self._page(visit, product, offset - len(pages[-1]))
                if before is None or before.sales != pages[-1]:
                    return None
            seen.turn_to(hash(json.dumps(page.sales, sort_keys=True)))
            pages.append(page.sales)
            offset += len(page.sales)
            if not page.is_followed or any(_is_before(sale, begins) for sale in page.sales):
                break
        return pages

    def _page(self, visit: Visit, product: str, offset: int) -> "Page | None":
        question = {"conditions": [], "languages": [], "variants": [], "listingType": "All"}
        place: Row = {"offset": offset, "limit": SALES_A_PAGE}
        told = visit.post(SALES.format(product=product), {**question, **place})
        if told is None:
            return None
        return Page(_list(self.mapping.source, told, "data"), bool(told.get("nextPage")))


@dataclass(frozen=True)
class Page:
    """Sales of one page, newest first."""

    sales: list[Row]
    is_followed: bool


@dataclass(frozen=True)
class TcgplayerPrices:
    """The market price of now: a quote of the day it was asked on."""

    mapping: Format
    edge: Edge
    products: Products
    may_be_empty: bool = True
    now: Callable[[], datetime] = lambda: datetime.now(UTC)

    def subjects(self, window: Window) -> Sequence[str]:
        """The products the product map knows."""
        return self.products()

    def collect(
        self, window: Window, subjects: Sequence[str], *, path: Path | None, item_map: Path | None
    ) -> Iterator[Gathered]:
        """Today's figures of these products, one JSON line a product and printing.

        Raises WrongWindow for a day long over: a price of now would be told as one of then.
        Otherwise as the sales do.
        """
        _no_files(path, item_map)
        if self.now() - window.ends > LATEST:
            raise WrongWindow(f"market prices are prices of now; {window.last} is over")
        some = range(0, len(subjects), PRODUCTS_A_CALL)
        groups = [subjects[begin : begin + PRODUCTS_A_CALL] for begin in some]

        def receipt(rows: list[Row]) -> Receipt:
            return Receipt(self.mapping.source, window, [json_lines(PRICES_PART, iter(rows))])

        return gather(self.edge, groups, self._prices, receipt)

    def read(self, receipt: Receipt) -> Told:
        """Rows as told, stamped with the run's day; a product without a market price is none."""
        return _told(receipt, lambda price: _of_price(price, str(receipt.window.last)))

    def _prices(self, visit: Visit, group: Group) -> Iterator[Row]:
        page = visit.get(PRICES.format(products=",".join(group)))
        if page is not None:
            rows = _list(self.mapping.source, page, "results")
            yield from (row for row in rows if row.get("marketPrice") is not None)


def product_ids(mapped: Sequence[str]) -> list[str]:
    """`451784` of the map's `451784:Holofoil`, each once, in order."""
    return list(dict.fromkeys(product.partition(":")[0] for product in mapped))


def _no_files(path: Path | None, item_map: Path | None) -> None:
    if path is not None or item_map is not None:
        raise WrongWindow("tcgplayer takes neither --path nor --map")


def _within(window: Window, product: str, pages: list[list[Row]]) -> Iterator[Row]:
    """The window's sales, with their product; one whose moment is unreadable will say so itself."""
    for sale in (sale for page in pages for sale in page):
        sold = _moment(sale.get("orderDate"))
        if sold is None or window.begins <= sold < window.ends:
            yield {"productId": product, **sale}


def _overlap(before: list[Row], page: list[Row]) -> bool:
    """Whether the page begins as the one before it ends."""
    most = min(len(before), len(page))
    return any(before[-length:] == page[:length] for length in range(1, most + 1))


def _is_before(sale: Row, begins: datetime) -> bool:
    sold = _moment(sale.get("orderDate"))
    return sold is not None and sold < begins


def _list(source: str, page: Any, name: str) -> list[Row]:
    rows = page.get(name) if isinstance(page, dict) else None
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        raise SourceRefused(source, f"its answer has no list `{name}` of objects")
    return rows


def _moment(said: object) -> datetime | None:
    try:
        moment = datetime.fromisoformat(str(said))
    except ValueError:
        return None
    return moment if moment.tzinfo is not None else moment.replace(tzinfo=UTC)


def _told(receipt: Receipt, meaning: Callable[[Row], Row]) -> Told:
    rows = [row for part in receipt.parts for row in _part_rows(part, meaning)]
    return Told(rows=pl.DataFrame(rows, schema=TOLD), listed=pl.DataFrame(schema=LISTED))


def _part_rows(part: RawPart, meaning: Callable[[Row], Row]) -> Iterator[Row]:
    for number, line in enumerate(gzip.decompress(part.body).decode().splitlines(), start=1):
        if not line:
            continue
        try:
            # Prices stay as they are written: a float would be rounded before its time.
            made = meaning(json.loads(line, parse_float=str))
        except (ValueError, KeyError, TypeError) as error:
            made = {"fault": "malformed_row", "detail": f"{type(error).__name__}: {error}"}
        yield {"part": part.name, "line": number, "raw": line, **made}


def _of_sale(sale: Row) -> Row:
    sold = _moment(sale["orderDate"])
    told: Row = {
        "item": _product(sale["productId"], sale["variant"], sale.get("language")),
        "grade": str(sale["condition"]),
        "price": str(sale["purchasePrice"]),
        "time": sale["orderDate"] if sold is None else sold.astimezone(UTC).isoformat(),
        "meta": json.dumps(
            {"listing": sale.get("listingType"), "title": sale.get("title") or None}
        ),
    }
    units = sale.get("quantity", 1)
    if units != 1:
        told |= {"fault": "lot", "detail": f"{units} sold at one price"}
    return told


def _of_price(price: Row, day: str) -> Row:
    bounds = {name: price.get(name) for name in ("lowPrice", "midPrice", "highPrice")}
    return {
        "item": _product(price["productId"], price["subTypeName"], None),
        "price": str(price["marketPrice"]),
        "time": day,
        "meta": json.dumps(bounds),
    }


def _product(number: object, printing: object, language: object) -> str:
    """`451784:Holofoil`, with the language behind it where it is not English."""
    tail = f":{language}" if language and language != ENGLISH else ""
    return f"{number}:{printing}{tail}"
