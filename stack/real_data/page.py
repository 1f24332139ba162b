"""Writes the figures of an import as a page of Markdown."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, timedelta

import psycopg

from stack.demo.report import dollars
from stack.real_data import figures
from stack.real_data.importing import Imported

RISEN = ("base1-4~1st", "psa10", date(2017, 1, 1), date(2019, 1, 1))
LAST_QUOTES = date(2024, 12, 1)
SNAPSHOTS = (date(2025, 2, 22), date(2025, 3, 1))
HEAD = """# Real data

Recorded sales, bars and quotes of several markets, imported by the same jobs as every night's.
Written by `make real-data DATA=folder`; the data themselves belong to their markets and are not
part of the project.
"""


def page(connection: psycopg.Connection, imported: Sequence[Imported]) -> str:
    """The whole page."""
    parts = [
        HEAD,
        *_counts(imported),
        *_totals(connection),
        *_outliers(connection),
        *_rise(connection),
        *_agreement(connection),
    ]
    return "\n".join(parts) + "\n"


def table(head: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """A Markdown table; numbers are written by the caller."""
    told = [[str(cell).replace("|", "\\|") for cell in row] for row in (head, *rows)]
    lines = ["| " + " | ".join(row) + " |" for row in told]
    lines.insert(1, "|" + "---|" * len(head))
    return "\n".join(lines) + "\n"


def _counts(imported: Sequence[Imported]) -> list[str]:
    rows = []
    for one in imported:
        screened, loaded = one.told["validate"], one.told["load_trades"]
        rows.append(
            [
                one.source.title,
                one.source.last_day,
                f"{screened['read']:,}",
                f"{loaded['added']:,}",
                f"{screened.get('quarantined', 0):,}",
                f"{one.told['judge_outliers'].get('outliers', 0):,}",
                f"{one.told['build_bars'].get('bars_added', 0):,}",
                f"{loaded['instruments']:,}",
                f"{one.seconds:.0f}",
            ]
        )
    head = ["source", "known until", "read", "loaded", "quarantined", "outliers", "new bars"]
    return ["## Counts\n", table([*head, "instruments", "s"], rows), *_reasons(imported)]


def _reasons(imported: Sequence[Imported]) -> list[str]:
    rows = []
    for one in imported:
        reasons: Mapping[str, int] = one.told["validate"].get("quarantined_by_reason", {})
        rows += [[one.source.title, reason, f"{count:,}"] for reason, count in reasons.items()]
    return ["Why rows wait in quarantine:\n", table(["source", "reason", "rows"], rows)]


def _totals(connection: psycopg.Connection) -> list[str]:
    held = figures.totals(connection)
    said = ", ".join(f"{count:,} {name}" for name, count in held.items())
    return [f"In store afterwards: {said}.\n"]


def _outliers(connection: psycopg.Connection) -> list[str]:
    rows = [
        [source, name, f"`{card}:{grade}`", day, dollars(price), rule, dollars(low), dollars(high)]
        for source, name, card, grade, day, price, rule, low, high, _ in figures.worst_outliers(
            connection
        )
    ]
    head = ["source", "item", "instrument", "day", "price", "rule", "fence from", "to"]
    return ["## The farthest outliers of each source\n", table(head, rows)]


def _rise(connection: psycopg.Connection) -> list[str]:
    rows = [
        [f"{month:%Y-%m}", sales, left_out, dollars(median), dollars(highest)]
        for month, sales, left_out, median, highest in figures.rise(connection, *RISEN)
    ]
    return [
        "## The rise of the first-edition Charizard, PSA 10\n",
        "A new level is first flagged, and stands once sales of it agree.\n",
        table(["month", "sales", "left out", "median", "highest"], rows),
    ]


def _agreement(connection: psycopg.Connection) -> list[str]:
    rows = []
    for day in SNAPSHOTS:
        found = figures.agreement(connection, LAST_QUOTES, day)
        rows.append(
            [
                day,
                f"{found.cards:,}",
                f"{found.correlation:.3f}",
                f"{found.median_ratio:.2f}",
                f"{100 * found.within_a_quarter:.0f} %",
            ]
        )
    end = (LAST_QUOTES + timedelta(days=32)).replace(day=1) - timedelta(days=1)
    return [
        "## Two sources on the same cards\n",
        f"Monthly quotes of ungraded cards, known {end}, against each snapshot's market prices.\n",
        table(["snapshot", "cards", "correlation of logs", "median ratio", "within 25 %"], rows),
    ]
