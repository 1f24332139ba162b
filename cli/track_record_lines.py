"""What came of the signals as lines of text: every figure with its n and its 95 % interval."""

from collections.abc import Iterator
from typing import Any

from cli.columns import in_columns

Rows = dict[str, Any]

ORIGINS = (
    ("live", "live: said when their night was"),
    ("replayed", "replayed: nobody heard them; a past walked through again, or filled in later"),
)
GROUPS = (("by_action", "action"), ("by_model", "model"), ("by_tier", "sold in 90 days"))


def track_record_lines(found: Rows) -> Iterator[str]:
    """Each record by itself; they are never added up."""
    yield (
        f"signals over {found['horizon_days']} days, {found['after_days']} days on, bought at the"
        f" next sale, fees paid; as of {found['as_of']}"
    )
    for name, title in ORIGINS:
        yield ""
        yield title
        yield from (f"  {line}" for line in _record(found[name]))


def _record(record: Rows) -> Iterator[str]:
    counted = ", ".join(f"{name} {count:,}" for name, count in record["outcomes"].items())
    yield f"signals: {counted or 'none yet'}"
    if not record["outcomes"].get("scored"):
        return
    first, last = record["first_day"], record["last_day"]
    yield f"decided {first} to {last}: {record['spans']} times the days that are scored"
    if record["overall"]["came_true"]["over"] == "cards":
        yield "intervals over cards tell nothing of other weeks: these are one market, seen once"
    header = ("", "hit rate of BUY, SELL", "came true", "return of BUY, SELL", "rank IC")
    rows = [header, _row("all", record["overall"])]
    for key, title in GROUPS:
        rows += [_row(f"{title} {one['name']}", one) for one in record[key]]
    yield from in_columns(rows)
    yield "conviction told, and how often it came true"
    for one in record["reliability"]:
        yield f"  {one['conviction']:.2f}  {figure(one['came_true'])}"
    yield "rank IC by month"
    for one in record["ic_by_month"]:
        yield f"  {one['month']}  {figure(one['ic'], percent=False)}"


def _row(name: str, figures: Rows) -> tuple[str, ...]:
    percents = (figure(figures[key]) for key in ("hit_rate", "came_true", "net_return"))
    return (name, *percents, figure(figures["ic"], percent=False))


def figure(told: Rows, *, percent: bool = True) -> str:
    """`53.1 % (49.0 to 57.2), n 120`; without an interval it says so."""
    if told["value"] is None:
        return "-"
    value, low, high = (
        None if told[key] is None else f"{100 * told[key]:.1f}" if percent else f"{told[key]:+.3f}"
        for key in ("value", "low", "high")
    )
    unit = " %" if percent else ""
    over = " over cards" if told["over"] == "cards" else ""
    interval = "(no interval)" if low is None else f"({low} to {high}{over})"
    return f"{value}{unit} {interval}, n {told['n']:,}"
