"""The fact `search_trends`: how often people look for a card's words, by day, 0 to 100."""

import gzip
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any

import polars as pl

from ingestion.adapters.sources.edge import Edge, Visit
from ingestion.adapters.sources.gathering import Group, Now, Row, gather
from ingestion.adapters.sources.marketplace import json_lines
from ingestion.domain.errors import SourceRefused
from ingestion.domain.facts import SEARCH_TRENDS
from ingestion.domain.records import Gathered, Receipt, Window

SOURCE = "search_trends"
EXPLORE, SERIES = "/trends/api/explore", "/trends/api/widgetdata/multiline"
LANGUAGE: Mapping[str, str | int] = {"hl": "en-US", "tz": 0}
# The site tells days up to 269 days back; a quarter holds the 28-day change and its base.
DAYS = timedelta(days=90)
PART = "trends.jsonl.gz"

Terms = Mapping[str, list[str]]  # the cards of each term


@dataclass(frozen=True)
class TrendsSource:
    """Interest over time. 100 is the busiest day of its own question: each is kept as a whole."""

    edge: Edge
    source: str = SOURCE

    def collect(self, terms: Terms, window: Window, now: Now) -> Iterator[Gathered]:
        """The last 90 days of each term as received, one JSON line with its cards.

        Raises SourceUnavailable, SourceRefused.
        """
        asked = Window(window.last - DAYS + timedelta(days=1), window.last)

        def ask(visit: Visit, group: Group) -> Iterator[Row]:
            return (self._term(visit, term, terms[term], asked) for term in group)

        def receipt(rows: list[Row]) -> Receipt:
            return Receipt(SOURCE, window, [json_lines(PART, iter(rows))])

        return gather(self.edge, [[term] for term in terms], ask, receipt)

    def read(self, receipt: Receipt) -> pl.DataFrame:
        """The days of what was collected, as SEARCH_TRENDS."""
        lines = [
            json.loads(line)
            for part in receipt.parts
            for line in gzip.decompress(part.body).decode().splitlines()
        ]
        rows = [row for line in lines for row in _rows(line)]
        key = ["card_id", "window_last", "day"]
        return pl.DataFrame(rows, schema=SEARCH_TRENDS, orient="row").unique(key).sort(key)

    def _term(self, visit: Visit, term: str, cards: list[str], asked: Window) -> Row:
        item = {"keyword": term, "geo": "", "time": f"{asked.first} {asked.last}"}
        question = {"comparisonItem": [item], "category": 0, "property": ""}
        told = visit.get(EXPLORE, {**LANGUAGE, "req": json.dumps(question)})
        token, request = self._ticket(told)
        series = visit.get(SERIES, {**LANGUAGE, "req": json.dumps(request), "token": token})
        try:
            points = series["default"]["timelineData"]
        except (KeyError, TypeError) as error:
            raise SourceRefused(self.edge.source, "its answer has no `timelineData`") from error
        window = {"window_first": str(asked.first), "window_last": str(asked.last)}
        return {"term": term, "cards": cards, **window, "timelineData": points}

    def _ticket(self, told: Any) -> tuple[str, Any]:
        """What the second question must repeat, of the widget that shows the series."""
        widgets = told.get("widgets") if isinstance(told, dict) else None
        for widget in widgets if isinstance(widgets, list) else []:
            if widget.get("id") == "TIMESERIES" and "token" in widget and "request" in widget:
                return str(widget["token"]), widget["request"]
        raise SourceRefused(self.edge.source, "its answer has no widget TIMESERIES with a token")


def _rows(line: Mapping[str, Any]) -> Iterator[tuple[str, date, str, int, date, date]]:
    first, last = (date.fromisoformat(line[f"window_{end}"]) for end in ("first", "last"))
    for point in line["timelineData"]:
        day = datetime.fromtimestamp(int(point["time"]), UTC).date()
        # The running day is not over, and what has no data is not the same as nobody.
        if point.get("isPartial") or not point.get("hasData", [True])[0]:
            continue
        if first <= day <= last:
            for card_id in line["cards"]:
                yield card_id, day, line["term"], int(point["value"][0]), first, last
