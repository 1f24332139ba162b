"""The quality of the data as lines of text."""

from collections.abc import Iterator, Sequence
from typing import Any

from cli.asking import dollars
from cli.columns import in_columns

Rows = dict[str, Any]

SOURCES = ("source", "days covered", "newest run", "age", "rows", "usual", "refused")
CONFIDENCE = ("instrument", "kind", "price", "bars", "spread", "age", "")


def quality_lines(report: Rows) -> Iterator[str]:
    """Sources and their rejects, then divergences and the least certain prices, as tables."""
    yield f"{report['day']}  quality of the data"
    sources = report["sources"]
    if sources:
        yield ""
        yield from in_columns([SOURCES, *map(source_row, sources)], right=" r rrrr")
    rejects = [reject_row(source, one) for source in sources for one in source["rejects"]]
    if rejects:
        yield "\nrefused rows"
        yield from _indented(rejects, right="  r r")
    yield f"\ndivergences: {report['divergences_total']:,} instruments are not believed"
    yield from _indented([divergence_row(one) for one in report["divergences"]], right="  r")
    counts = f"{report['confidence_total']:,} instruments, {report['stale_total']:,} stale"
    yield f"\nconfidence: {counts}, the least certain first"
    if report["confidence"]:
        yield from _indented([CONFIDENCE, *map(confidence_row, report["confidence"])], "  rrrr")


def _indented(rows: Sequence[Sequence[str]], right: str) -> Iterator[str]:
    return (f"  {line}" for line in in_columns(rows, right=right))


def source_row(source: Rows) -> Sequence[str]:
    """Coverage, freshness and volume of a source."""
    usual, age = source["rows_usual"], source["age_days"]
    return (
        source["source"],
        f"{source['days_covered']} of {source['days_expected']}",
        source["newest_day"] or "never",
        "-" if age is None else f"{age} d",
        f"{source['rows_newest']:,}",
        "-" if usual is None else f"{usual:,.0f}",
        percent(source["refused"]),
    )


def reject_row(source: Rows, reject: Rows) -> Sequence[str]:
    """How many rows of a source wait for a reason, and how many no longer do."""
    counts = (f"{reject['waiting']:,}", "waiting", f"{reject['resolved']:,}", "resolved")
    return (source["source"], reject["reason"], *counts)


def divergence_row(one: Rows) -> Sequence[str]:
    """An instrument whose prices disagree, by how much and since when."""
    instrument = f"{one['card_id']}:{one['grade_code']}"
    return (instrument, one["rule"], f"ratio {one['ratio']:.3g}", f"since {one['opened_at']}")


def confidence_row(one: Rows) -> Sequence[str]:
    """How far a price can be trusted."""
    return (
        f"{one['card_id']}:{one['grade_code']}",
        one["kind"],
        dollars(one["price_cents"]),
        str(one["bars"]),
        percent(one["spread"]),
        f"{one['age_days']} d",
        "stale" if one["stale"] else "",
    )


def percent(share: float | None) -> str:
    """A fraction as percent, or a dash."""
    return "-" if share is None else f"{share:.1%}"
