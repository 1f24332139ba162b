"""Writes the figures of an import as a page of Markdown."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, timedelta

import psycopg

from stack.demo.report import dollars
from stack.real_data import figures
from stack.real_data.agreement import Agreement, agreement, named
from stack.real_data.importing import Imported

RISEN = ("base1-4~1st", "psa10", date(2017, 1, 1), date(2019, 1, 1))
LAST_QUOTES = date(2024, 12, 1)
SNAPSHOTS = (date(2025, 2, 22), date(2025, 3, 1))
APART = 5  # examples of prices that cannot be of one card
WHY = {
    "item_unmapped": "nobody has said which card the item is",
    "item_ambiguous": "several items are said to be one card, so none of them is believed",
    "card_unknown": "the catalog has no such card",
    "grade_unknown": "a grade that no table of grades has",
}
HEAD = """# Real data

Recorded sales, daily averages and price-guide quotes of several markets, imported by the same jobs
that run every night. Every number below comes from one run of `make real-data DATA=folder`. The
data themselves belong to their markets and are not part of the project.
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
    head = ["source", "data until", "rows read", "loaded", "in quarantine", "outliers", "new bars"]
    return [
        "## Counts\n",
        "Rows read fall into those loaded, those in quarantine, and repeats of one of them. An"
        " outlier is loaded too, but stays out of the daily bars.\n",
        table([*head, "instruments", "seconds"], rows),
        *_reasons(imported),
    ]


def _reasons(imported: Sequence[Imported]) -> list[str]:
    rows = []
    for one in imported:
        reasons: Mapping[str, int] = one.told["validate"].get("quarantined_by_reason", {})
        rows += [
            [one.source.title, f"`{reason}`", WHY.get(reason, ""), f"{count:,}"]
            for reason, count in reasons.items()
        ]
    head = ["source", "reason", "which means", "rows"]
    return ["Why rows wait in quarantine, until somebody knows better:\n", table(head, rows)]


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
    return [
        "## The farthest outliers of each source\n",
        "A price outside of its fence, which the instrument's own prices before it draw. The fence"
        " may be the wrong one of the two: whoever finds that confirms the price by hand.\n",
        table(head, rows),
    ]


def _rise(connection: psycopg.Connection) -> list[str]:
    months = [
        [f"{month:%Y-%m}", sales, left_out, dollars(median), dollars(highest)]
        for month, sales, left_out, median, highest in figures.rise(connection, *RISEN)
    ]
    flagged = figures.flagged(connection, *RISEN)
    rows = [
        [day, dollars(price), rule, dollars(low), dollars(high), on, since or "still left out"]
        for day, price, rule, low, high, on, since in flagged
    ]
    free = sum(row[-1] is not None for row in flagged)
    head = ["sold", "price", "rule", "fence from", "to", "flagged", "stands again since"]
    return [
        "## The rise of the first-edition Charizard, PSA 10\n",
        "A sale at a new level is flagged when it comes, and stands once other sales agree with it."
        f" Of the {len(flagged)} sales flagged in these months {free} stand again.\n",
        table(["month", "sales", "left out", "median", "highest"], months),
        "The flagged ones:\n",
        table(head, rows),
    ]


def _agreement(connection: psycopg.Connection) -> list[str]:
    found = [agreement(connection, LAST_QUOTES, day, examples=APART) for day in SNAPSHOTS]
    rows = [
        [
            one.day,
            f"{one.cards:,}",
            f"{one.correlation:.3f}",
            f"{one.median_ratio:.2f}",
            f"{100 * one.within_a_quarter:.0f} %",
            one.tenfold,
        ]
        for one in found
    ]
    end = (LAST_QUOTES + timedelta(days=32)).replace(day=1) - timedelta(days=1)
    head = ["snapshot", "cards", "correlation of logs", "median ratio", "within 25 %", "over 10 x"]
    return [
        "## Two sources on the same cards\n",
        f"Monthly quotes of ungraded cards, known {end}, over the market prices of each snapshot,"
        " for the same printing. A card for which a source tells two prices a day is left out.\n",
        table(head, rows),
        *_apart(connection, found[-1]),
    ]


def _apart(connection: psycopg.Connection, found: Agreement) -> list[str]:
    names = named(connection, [pair.card_id for pair in found.farthest])
    rows = [
        [names[card], f"`{card}`", dollars(quoted), dollars(listed)]
        for card, quoted, listed in found.farthest
    ]
    return [
        f"Farthest apart on {found.day}. Ungraded copies of one printing do not differ tenfold"
        " within weeks: where two sources do, one of them most likely means another card.\n",
        table(["card", "catalog id", "monthly quote", "snapshot"], rows),
    ]
