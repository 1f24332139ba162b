"""The source `marketplace`: an eBay-shaped sold-items search, paged by offset."""

import gzip
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import polars as pl

from ingestion.adapters.sources.edge import Edge, Visit
from ingestion.adapters.sources.gathering import Group, Row, gather
from ingestion.adapters.sources.paging import Pages
from ingestion.adapters.sources.sold_items import told_rows
from ingestion.domain.errors import SourceRefused, WrongWindow
from ingestion.domain.format import Format
from ingestion.domain.identities import LISTED
from ingestion.domain.records import Gathered, RawPart, Receipt, Window
from ingestion.ports.sources import Told
from kernel.days import end_of

SEARCH = "/buy/marketplace_insights/v1_beta/item_sales/search"
PAGE = 200  # the most the search gives at once
PART = "items.jsonl.gz"
GZIP_LEVEL = 3  # a third of the time of 9 for 5 % more bytes


@dataclass(frozen=True)
class MarketplaceSource:
    """Sold items by day of sale."""

    mapping: Format
    edge: Edge
    may_be_empty: bool = True
    products: Sequence[str] = ()  # none: all that was sold

    def subjects(self, window: Window) -> Sequence[str]:
        """The products it is to be asked for, else the window's days."""
        return self.products or [str(day) for day in window.days()]

    def collect(
        self, window: Window, subjects: Sequence[str], *, path: Path | None, item_map: Path | None
    ) -> Iterator[Gathered]:
        """Every item of these days, or products, one JSON line each, as received.

        Raises SourceUnavailable (worth a retry), SourceRefused, CredentialRefused.
        """
        if path is not None or item_map is not None:
            raise WrongWindow("the marketplace takes neither --path nor --map")

        def ask(visit: Visit, group: Group) -> Iterator[Row]:
            for subject in group:
                if self.products:
                    yield from self._items(visit, window, subject)
                else:
                    day = date.fromisoformat(subject)
                    yield from self._items_of_day(visit, day, window)

        def receipt(rows: list[Row]) -> Receipt:
            return Receipt(self.mapping.source, window, [json_lines(PART, iter(rows))])

        return gather(self.edge, [[subject] for subject in subjects], ask, receipt)

    def read(self, receipt: Receipt) -> Told:
        """Rows as told; what cannot be made out is a row with a fault."""
        parts = [told_rows(part.name, gzip.decompress(part.body)) for part in receipt.parts]
        return Told(rows=pl.concat(parts), listed=pl.DataFrame(schema=LISTED))

    def _items_of_day(self, visit: Visit, day: date, window: Window) -> Iterator[Row]:
        """The search takes both ends of a window in: a sale at midnight is the next day's."""
        midnight = end_of(day)
        for item in self._items(visit, Window(day, day), None):
            if day == window.last or _sold_at(item) != midnight:
                yield item

    def _items(self, visit: Visit, window: Window, product: str | None) -> Iterator[Row]:
        """Items page by page, until as many came as the marketplace says there are."""
        pages = Pages(self.mapping.source)
        offset = 0
        while True:
            page = self._page(visit, window, offset, product)
            items: list[Row] = page["itemSales"]
            if not items:
                return
            # Sales that come in while we read shift the pages by some, never to a whole old page.
            ends = [items[0], items[-1], len(items)]
            pages.turn_to(hash(json.dumps(ends, sort_keys=True)))
            yield from items
            offset += len(items)
            if offset >= page["total"]:
                return

    def _page(
        self, visit: Visit, window: Window, offset: int, product: str | None
    ) -> dict[str, Any]:
        begins, ends = (
            moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
            for moment in (window.begins, window.ends)
        )
        asked: dict[str, str | int] = {
            "filter": f"lastSoldDate:[{begins}..{ends}]",
            "limit": PAGE,
            "offset": offset,
        }
        page = visit.get(SEARCH, asked if product is None else {**asked, "epid": product})
        whole = (
            isinstance(page, dict)
            and isinstance(page.get("total"), int)
            and isinstance(page.get("itemSales"), list)
            and all(isinstance(item, dict) for item in page["itemSales"])
        )
        if not whole:
            why = "its answer has no `total` and list `itemSales`"
            raise SourceRefused(self.mapping.source, why)
        found: dict[str, Any] = page
        return found


def _sold_at(item: Row) -> datetime | None:
    try:
        return datetime.fromisoformat(str(item.get("lastSoldDate")))
    except ValueError:
        return None


def json_lines(name: str, rows: Iterator[dict[str, Any]]) -> RawPart:
    """Rows as gzipped JSON lines, the same bytes for the same rows."""
    lines = [json.dumps(row, separators=(",", ":"), ensure_ascii=False) for row in rows]
    body = gzip.compress("\n".join(lines).encode(), GZIP_LEVEL, mtime=0)
    return RawPart(name, "data", body)
