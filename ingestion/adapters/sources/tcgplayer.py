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
from ingestion.adapters.sources.marketplace import json_lines
from ingestion.adapters.sources.paging import Pages
from ingestion.domain.errors import SourceRefused, WrongWindow
from ingestion.domain.format import Format
from ingestion.domain.identities import LISTED
from ingestion.domain.records import TOLD, RawPart, Receipt, Window
from ingestion.ports.sources import Told

SALES = "/v2/product/{product}/latestsales"
PRICES = "/v1.39.0/pricing/product/{products}"
SALES_A_PAGE = 25
PRODUCTS_A_CALL = 250
ENGLISH = "English"
LATEST = timedelta(days=1)  # a night's run speaks of the day that has just ended

SALES_PART, PRICES_PART = "sales.jsonl.gz", "prices.jsonl.gz"

Products = Callable[[], Sequence[str]]  # product ids the product map knows
Row = dict[str, Any]


@dataclass(frozen=True)
class TcgplayerSales:
    """Completed sales, asked for product by product, newest first."""

    mapping: Format
    edge: Edge
    products: Products
    may_be_empty: bool = True

    def collect(self, window: Window, *, path: Path | None, item_map: Path | None) -> Receipt:
        """The window's sales of every mapped product, one JSON line each with its product id.

        Raises SourceUnavailable (worth a retry), SourceRefused, CredentialRefused.
        """
        _no_files(path, item_map)
        with self.edge.visit() as visit:
            part = json_lines(
                SALES_PART,
                ({"productId": product, **sale} for product, sale in self._sales(visit, window)),
            )
        return Receipt(self.mapping.source, window, [part])

    def read(self, receipt: Receipt) -> Told:
        """Rows as told; what cannot be made out is a row with a fault."""
        return _told(receipt, lambda sale: _of_sale(sale))

    def _sales(self, visit: Visit, window: Window) -> Iterator[tuple[str, Row]]:
        for product in self.products():
            for sale in self._newest_first(visit, product):
                sold = _moment(sale.get("orderDate"))
                # An unreadable moment is kept: it will say so in quarantine.
                if sold is not None and sold < window.begins:
                    break
                if sold is None or sold < window.ends:
                    yield product, sale

    def _newest_first(self, visit: Visit, product: str) -> Iterator[Row]:
        pages, offset = Pages(self.mapping.source), 0
        while True:
            question = {"conditions": [], "languages": [], "variants": [], "listingType": "All"}
            place: Row = {"offset": offset, "limit": SALES_A_PAGE}
            page = visit.post(SALES.format(product=product), {**question, **place})
            if page is None:
                return
            sales = _list(self.mapping.source, page, "data")
            if not sales:
                return
            pages.turn_to(hash(json.dumps(sales, sort_keys=True)))
            yield from sales
            offset += len(sales)
            if not page.get("nextPage"):
                return


@dataclass(frozen=True)
class TcgplayerPrices:
    """The market price of now: a quote of the day it was asked on."""

    mapping: Format
    edge: Edge
    products: Products
    may_be_empty: bool = True
    now: Callable[[], datetime] = lambda: datetime.now(UTC)

    def collect(self, window: Window, *, path: Path | None, item_map: Path | None) -> Receipt:
        """Today's figures of every mapped product, one JSON line a product and printing.

        Raises WrongWindow for a day long over: a price of now would be told as one of then.
        Otherwise as the sales do.
        """
        _no_files(path, item_map)
        if self.now() - window.ends > LATEST:
            raise WrongWindow(f"market prices are prices of now; {window.last} is over")
        with self.edge.visit() as visit:
            part = json_lines(PRICES_PART, self._prices(visit))
        return Receipt(self.mapping.source, window, [part])

    def read(self, receipt: Receipt) -> Told:
        """Rows as told, stamped with the run's day; a product without a market price is none."""
        return _told(receipt, lambda price: _of_price(price, str(receipt.window.last)))

    def _prices(self, visit: Visit) -> Iterator[Row]:
        wanted = list(self.products())
        for begin in range(0, len(wanted), PRODUCTS_A_CALL):
            some = ",".join(wanted[begin : begin + PRODUCTS_A_CALL])
            page = visit.get(PRICES.format(products=some))
            if page is not None:
                rows = _list(self.mapping.source, page, "results")
                yield from (row for row in rows if row.get("marketPrice") is not None)


def product_ids(mapped: Sequence[str]) -> list[str]:
    """`451784` of the map's `451784:Holofoil`, each once, in order."""
    return list(dict.fromkeys(product.partition(":")[0] for product in mapped))


def _no_files(path: Path | None, item_map: Path | None) -> None:
    if path is not None or item_map is not None:
        raise WrongWindow("tcgplayer takes neither --path nor --map")


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
