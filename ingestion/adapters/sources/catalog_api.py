"""The source `catalog`: sets and cards of the pokemontcg.io API, only those of changed sets."""

import gzip
import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from ingestion.adapters.catalog_files import catalog_of
from ingestion.adapters.sources.edge import Edge, Visit
from ingestion.adapters.sources.marketplace import json_lines
from ingestion.adapters.sources.paging import Pages
from ingestion.domain.catalog import Card, CardSet
from ingestion.domain.errors import SourceRefused
from ingestion.domain.records import RawPart, Receipt, Window

SOURCE = "catalog"
SETS, CARDS = "/v2/sets", "/v2/cards"
PAGE = 250  # the most the API gives at once
SETS_PART, CARDS_PART = "sets.jsonl.gz", "cards.jsonl.gz"

Row = dict[str, Any]


@dataclass(frozen=True)
class CatalogSource:
    """The card catalog over HTTP."""

    edge: Edge
    source: str = SOURCE

    def collect(self, window: Window, since: str | None) -> Receipt:
        """All sets, and the cards of those updated at or after `since`, as received.

        The set that was updated last is read once more each time: it may have been changed again
        in the very second. Raises SourceUnavailable, SourceRefused, CredentialRefused.
        """
        with self.edge.visit() as visit:
            sets = list(self._pages(visit, SETS, {"orderBy": "releaseDate"}))
            changed = _changed(sets, since)
            cards = json_lines(CARDS_PART, self._cards(visit, changed))
        return Receipt(SOURCE, window, [json_lines(SETS_PART, iter(sets)), cards])

    def read(self, receipt: Receipt) -> tuple[list[CardSet], list[Card]]:
        """Sets and cards of what was received. Raises CatalogRejected."""
        rows = [row for part in receipt.parts for row in _rows(part)]
        return catalog_of(SOURCE, rows)

    def asked(self, receipt: Receipt, since: str | None) -> list[str]:
        """The sets whose cards `collect` asked for."""
        return [str(row["id"]) for row in _changed(_sets(receipt), since)]

    def position(self, receipt: Receipt) -> str | None:
        """The newest `updatedAt` of any set; None without sets."""
        return max((_updated(row) for row in _sets(receipt)), default=None)

    def _cards(self, visit: Visit, sets: list[Row]) -> Iterator[Row]:
        for card_set in sets:
            question = {"q": f"set.id:{card_set['id']}", "orderBy": "number"}
            yield from self._pages(visit, CARDS, question)

    def _pages(self, visit: Visit, path: str, question: dict[str, str]) -> Iterator[Row]:
        pages, number, read = Pages(SOURCE), 1, 0
        while True:
            page = visit.get(path, {**question, "page": number, "pageSize": PAGE})
            rows = page.get("data") if isinstance(page, dict) else None
            if not isinstance(rows, list) or not isinstance(page.get("totalCount"), int):
                why = f"its answer at {path} has no list `data` and `totalCount`"
                raise SourceRefused(SOURCE, why)
            if not rows:
                return
            pages.turn_to(hash(json.dumps(rows, sort_keys=True)))
            yield from rows
            read += len(rows)
            if read >= page["totalCount"]:
                return
            number += 1


def _rows(part: RawPart) -> list[Row]:
    return [json.loads(line) for line in gzip.decompress(part.body).decode().splitlines()]


def _sets(receipt: Receipt) -> list[Row]:
    parts = [part for part in receipt.parts if part.name.endswith(SETS_PART)]
    return [row for part in parts for row in _rows(part)]


def _changed(sets: list[Row], since: str | None) -> list[Row]:
    return [row for row in sets if since is None or _updated(row) >= since]


def _updated(row: Row) -> str:
    """`2021/08/27 10:17:00`, UTC: the order of the texts is that of the moments."""
    said = row.get("updatedAt")
    if not isinstance(said, str):
        raise SourceRefused(SOURCE, f"the set {row.get('id')!r} does not say when it was updated")
    return said
