"""The source `marketplace`: an eBay-shaped sold-items search, paged, with deadlines."""

import gzip
import json
import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC
from pathlib import Path
from time import monotonic
from typing import Any, NoReturn

import httpx
import polars as pl
from tenacity import RetryCallState, Retrying, retry_if_exception_type, stop_after_attempt

from ingestion.adapters.sources.pace import Pace
from ingestion.adapters.sources.sold_items import told_rows
from ingestion.domain.errors import SourceRefused, SourceUnavailable, WrongWindow
from ingestion.domain.format import Format
from ingestion.domain.identities import LISTED
from ingestion.domain.records import RawPart, Receipt, Window
from ingestion.ports import Told
from kernel.errors import Forbidden, Rejected

SEARCH = "/buy/marketplace_insights/v1_beta/item_sales/search"
PAGE = 200  # the most the search gives at once
CALL_TIMEOUT_S = 20
ATTEMPTS = 4
FIRST_WAIT_S, LONGEST_WAIT_S = 0.5, 20.0
PART = "items.jsonl.gz"
GZIP_LEVEL = 3  # a third of the time of 9 for 5 % more bytes

RETRYABLE = frozenset({408, 429, 500, 502, 503, 504})


class TokenRefused(Forbidden):
    """The marketplace does not take the token."""

    title = "Token refused"

    def __init__(self, status: int) -> None:
        super().__init__(f"the marketplace answered {status}: set PRICER_MARKETPLACE_TOKEN")
        self.status = status


class MarketplaceNotSet(Rejected):
    """Nobody said where the marketplace is, or with which token to ask."""

    title = "Settings incomplete"

    def __init__(self) -> None:
        super().__init__("set PRICER_MARKETPLACE_URL and PRICER_MARKETPLACE_TOKEN to fetch from it")


@dataclass(frozen=True)
class MarketplaceSource:
    """Sold items by day of sale. `sleep` and `now` are the clock it waits and measures by."""

    mapping: Format
    base_url: str | None
    token: str | None
    deadline_s: float
    sleep: Callable[[float], None]
    now: Callable[[], float] = monotonic
    pace: Pace | None = None  # how fast it may be asked; None: as fast as it answers
    may_be_empty: bool = True

    def collect(self, window: Window, *, path: Path | None, item_map: Path | None) -> Receipt:
        """Every item of the window, one JSON line each, as received.

        Raises SourceUnavailable (worth a retry), SourceRefused, TokenRefused.
        """
        if path is not None or item_map is not None:
            raise WrongWindow("the marketplace takes neither --path nor --map")
        if not self.base_url or not self.token:
            raise MarketplaceNotSet
        ends_at = self.now() + self.deadline_s
        headers = {"Authorization": f"Bearer {self.token}", "Accept": "application/json"}
        with httpx.Client(
            base_url=self.base_url, headers=headers, timeout=CALL_TIMEOUT_S
        ) as client:
            lines = [
                json.dumps(item, separators=(",", ":"), ensure_ascii=False)
                for item in self._items(client, window, ends_at)
            ]
        body = gzip.compress("\n".join(lines).encode(), GZIP_LEVEL, mtime=0)
        return Receipt(self.mapping.source, window, [RawPart(PART, "data", body)])

    def read(self, receipt: Receipt) -> Told:
        """Rows as told; what cannot be made out is a row with a fault."""
        parts = [told_rows(part.name, gzip.decompress(part.body)) for part in receipt.parts]
        return Told(rows=pl.concat(parts), listed=pl.DataFrame(schema=LISTED))

    def _items(
        self, client: httpx.Client, window: Window, ends_at: float
    ) -> Iterator[dict[str, Any]]:
        """Items page by page, until as many came as the marketplace says there are."""
        offset = 0
        while True:
            page = self._page(client, window, offset, ends_at)
            yield from page["itemSales"]
            offset += len(page["itemSales"])
            if offset >= page["total"] or not page["itemSales"]:
                return

    def _page(
        self, client: httpx.Client, window: Window, offset: int, ends_at: float
    ) -> dict[str, Any]:
        attempts = Retrying(
            retry=retry_if_exception_type(SourceUnavailable),
            stop=stop_after_attempt(ATTEMPTS),
            wait=_wait,
            sleep=self.sleep,
            reraise=True,
        )
        return attempts(self._ask, client, window, offset, ends_at)

    def _ask(
        self, client: httpx.Client, window: Window, offset: int, ends_at: float
    ) -> dict[str, Any]:
        if self.pace is not None:
            self.pace.take()
        left = ends_at - self.now()
        if left <= 0:
            self._refuse_deadline(offset)
        begins, ends = (
            moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
            for moment in (window.begins, window.ends)
        )
        query: dict[str, str | int] = {
            "filter": f"lastSoldDate:[{begins}..{ends}]",
            "limit": PAGE,
            "offset": offset,
        }
        try:
            answer = client.get(SEARCH, params=query, timeout=min(CALL_TIMEOUT_S, left))
        except httpx.TransportError as error:
            why = f"{type(error).__name__} at {self.base_url}: {error}"
            raise SourceUnavailable(self.mapping.source, why) from error
        return self._page_of(answer)

    def _refuse_deadline(self, offset: int) -> NoReturn:
        why = f"not done after {self.deadline_s:g} s and {offset} items; ask for fewer days"
        raise SourceUnavailable(self.mapping.source, why)

    def _page_of(self, answer: httpx.Response) -> dict[str, Any]:
        name, status = self.mapping.source, answer.status_code
        if status in RETRYABLE:
            wait = answer.headers.get("Retry-After", "")
            after = float(wait) if wait.isdecimal() else None
            raise SourceUnavailable(name, f"HTTP {status}", after)
        if status in (401, 403):
            raise TokenRefused(status)
        if status != 200:
            raise SourceRefused(name, f"HTTP {status}: {answer.text[:300]}")
        try:
            page = answer.json()
        except ValueError as error:
            raise SourceRefused(name, f"its answer is no JSON ({error})") from error
        whole = (
            isinstance(page, dict)
            and isinstance(page.get("total"), int)
            and isinstance(page.get("itemSales"), list)
            and all(isinstance(item, dict) for item in page["itemSales"])
        )
        if not whole:
            raise SourceRefused(name, "its answer has no `total` and list `itemSales`")
        found: dict[str, Any] = page
        return found


def _wait(state: RetryCallState) -> float:
    """Seconds to the next attempt: what the source asked for, else doubling with full jitter."""
    error = state.outcome.exception() if state.outcome else None
    asked = error.retry_after_s if isinstance(error, SourceUnavailable) else None
    if asked is not None:
        return min(asked, LONGEST_WAIT_S)
    ceiling = min(FIRST_WAIT_S * 2 ** (state.attempt_number - 1), LONGEST_WAIT_S)
    return random.uniform(0, ceiling)
