"""The quality of the data as lines of text."""

from collections.abc import Iterator
from typing import Any

from cli.asking import dollars

Rows = dict[str, Any]


def quality_lines(report: Rows) -> Iterator[str]:
    """A line for each source and its rejects, then divergences and the least certain prices."""
    yield f"{report['day']}  quality of the data"
    for source in report["sources"]:
        yield from source_lines(source)
    divergences = report["divergences"]
    yield f"divergences  {report['divergences_total']} instruments are not believed"
    for one in divergences:
        instrument = f"{one['card_id']}:{one['grade_code']}"
        yield f"  {instrument}  {one['rule']}  ratio {one['ratio']:.3g}  since {one['opened_at']}"
    yield (
        f"confidence  {report['confidence_total']} instruments, {report['stale_total']} stale,"
        " the least certain first"
    )
    for one in report["confidence"]:
        stale = "  stale" if one["stale"] else ""
        yield (
            f"  {one['card_id']}:{one['grade_code']}  {one['kind']}  {dollars(one['price_cents'])}"
            f"  n {one['bars']}  spread {percent(one['spread'])}  age {one['age_days']} d{stale}"
        )


def source_lines(source: Rows) -> Iterator[str]:
    """Coverage, freshness and volume in one line, refused rows by reason below it."""
    newest = "never loaded"
    if source["newest_day"] is not None:
        newest = f"newest run {source['newest_day']} ({source['age_days']} d ago)"
    usual = "-" if source["rows_usual"] is None else f"{source['rows_usual']:g}"
    yield (
        f"{source['source']}  covered {source['days_covered']} of {source['days_expected']} d"
        f"  {newest}  rows {source['rows_newest']} (usual {usual})"
        f"  refused {percent(source['refused'])}"
    )
    for reject in source["rejects"]:
        yield f"  {reject['reason']}  {reject['waiting']} waiting, {reject['resolved']} resolved"


def percent(share: float | None) -> str:
    """A fraction as percent, or a dash."""
    return "-" if share is None else f"{share:.1%}"
