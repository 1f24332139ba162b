"""The fact `population`: how many copies PSA has graded, by grade, for each mapped spec."""

import gzip
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import polars as pl

from ingestion.adapters.sources.edge import Edge, Visit
from ingestion.adapters.sources.gathering import Group, Now, Row, gather
from ingestion.adapters.sources.marketplace import json_lines
from ingestion.domain.errors import SourceRefused
from ingestion.domain.facts import POPULATION
from ingestion.domain.records import Gathered, Receipt, Window
from kernel.days import utc_day

SOURCE = "psa_population"
PRODUCTS = "psa"  # whose product map names the specs
BY_SPEC = "/publicapi/pop/GetPSASpecPopulation/{spec}"
PART = "population.jsonl.gz"
CERTIFIED = "PSACert"
# `Grade8_5` and `Grade8Q`: the company's half grades, and those with a qualifier it does not name.
GRADES: Mapping[str, str] = {
    "Auth": "psa-authentic",
    **{f"Grade{whole}": f"psa{whole}" for whole in range(1, 11)},
    **{f"Grade{whole}_5": f"psa{whole}.5" for whole in range(1, 10)},
}


@dataclass(frozen=True)
class PopulationSource:
    """Counts of now: a row speaks of the day it was asked on."""

    edge: Edge
    source: str = SOURCE

    def collect(self, specs: Mapping[str, str], window: Window, now: Now) -> Iterator[Gathered]:
        """Each spec's report as received, one JSON line with its card and the moment.

        Raises SourceUnavailable, SourceRefused, CredentialRefused.
        """

        def ask(visit: Visit, group: Group) -> Iterator[Row]:
            return (row for spec in group for row in self._report(visit, spec, specs[spec], now))

        def receipt(rows: list[Row]) -> Receipt:
            return Receipt(SOURCE, window, [json_lines(PART, iter(rows))])

        return gather(self.edge, _by_card(specs), ask, receipt)

    def read(self, receipt: Receipt) -> pl.DataFrame:
        """The counts of what was collected, as POPULATION."""
        lines = [
            json.loads(line)
            for part in receipt.parts
            for line in gzip.decompress(part.body).decode().splitlines()
        ]
        rows = [row for line in lines for row in _rows(line)]
        counts = pl.DataFrame(rows, schema=POPULATION, orient="row")
        # Two specs of one card (a correction of the company's own) count together.
        key = ["card_id", "grade_code", "day"]
        return counts.group_by(key).agg(pl.col("population").sum()).sort(key)

    def _report(self, visit: Visit, spec: str, card_id: str, now: Now) -> Iterator[Row]:
        report = visit.get(BY_SPEC.format(spec=spec))
        if report is None:
            return
        if counts_of(report) is None:
            raise SourceRefused(self.edge.source, "its report has no counts `PSAPop`")
        yield {"card_id": card_id, "asked_at": now().isoformat(), "report": report}


def _by_card(specs: Mapping[str, str]) -> list[list[str]]:
    """The specs of one card stand in one piece: their counts are added up."""
    cards: dict[str, list[str]] = {}
    for spec, card_id in specs.items():
        cards.setdefault(card_id, []).append(spec)
    return list(cards.values())


def counts_of(report: Any) -> dict[str, int] | None:
    """Copies by grade code of a population report; of a certificate, those of its own grade."""
    if not isinstance(report, dict):
        return None
    certificate, counts = report.get(CERTIFIED), report.get("PSAPop")
    if isinstance(certificate, dict):
        grade = str(certificate.get("CardGrade", "")).rpartition(" ")[2]
        return {f"psa{float(grade):g}": int(certificate["TotalPopulation"])} if grade else None
    if not isinstance(counts, dict):
        return None
    return {code: int(counts[name]) for name, code in GRADES.items() if name in counts}


def _rows(line: Mapping[str, Any]) -> Iterator[tuple[str, str, date, int]]:
    day = utc_day(datetime.fromisoformat(line["asked_at"]))
    for code, count in (counts_of(line["report"]) or {}).items():
        yield line["card_id"], code, day, count
