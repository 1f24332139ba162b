"""What came of the replayed weeks, as the API tells it, printed with n and 95 % intervals."""

from collections.abc import Mapping
from typing import Any

import httpx
from rich.console import Console
from rich.table import Table

from stack.errors import StackError

HORIZONS = (7, 30, 90)
DEADLINE_S = 20
ORIGINS = ("live", "replayed")

Told = Mapping[str, Any]


class NoTrackRecord(StackError):
    """The API does not tell what came of the signals."""

    def __init__(self, error: httpx.HTTPError) -> None:
        super().__init__(f"no track record: {error}; see .stack/logs/api_gw.log")


def print_track_record(api_url: str, console: Console) -> None:
    """A table an origin that has scores: live and replayed signals never stand in one."""
    with httpx.Client(base_url=api_url, timeout=DEADLINE_S) as api:
        records = {one: _asked(api, one) for one in HORIZONS}
    for origin in ORIGINS:
        told = {horizon: record[origin] for horizon, record in records.items()}
        if any(one["outcomes"].get("scored") for one in told.values()):
            console.print(_table(origin, told))
            for horizon, record in told.items():
                console.print(_counted(horizon, record))
            console.print("  * over cards, not weeks: these are one market, seen once\n")


def _asked(api: httpx.Client, horizon: int) -> Told:
    try:
        answer = api.get("/signals/track-record", params={"horizon": horizon})
        answer.raise_for_status()
    except httpx.HTTPError as error:
        raise NoTrackRecord(error) from error
    found: Told = answer.json()
    return found


def _table(origin: str, told: Mapping[int, Told]) -> Table:
    title = f"What came of {origin} signals, bought at the next sale, fees paid (95 % interval, n)"
    made = Table(title=title, title_justify="left", title_style="bold", header_style="bold")
    for name in ("horizon", "hits of BUY, SELL", "their return", "came true", "rank IC"):
        made.add_column(name, no_wrap=True)
    for horizon, record in told.items():
        overall = record["overall"]
        made.add_row(
            f"{horizon} d",
            figure(overall["hit_rate"]),
            figure(overall["net_return"], signed=True),
            figure(overall["came_true"]),
            figure(overall["ic"], signed=True, unit=""),
        )
    return made


def _counted(horizon: int, record: Told) -> str:
    """How many were scored of how many, and why others were not."""
    outcomes = record["outcomes"]
    if not outcomes.get("scored"):
        return f"  {horizon} d: none is scored yet"
    others = ", ".join(f"{name} {n:,}" for name, n in outcomes.items() if name != "scored")
    return (
        f"  {horizon} d: {outcomes['scored']:,} of {sum(outcomes.values()):,} scored ({others}),"
        f" decided {record['first_day']} to {record['last_day']},"
        f" {record['spans']} x {horizon} days"
    )


def figure(told: Told, *, signed: bool = False, unit: str = " %") -> str:
    """`57.3 % (no interval, 3,635)`: of fewer than three horizons of decisions none is told."""
    if told["value"] is None:
        return "-"
    form = ("+" if signed else "") + (".1f" if unit else ".3f")
    value, *bounds = (
        None if told[key] is None else format(told[key] * (100 if unit else 1), form)
        for key in ("value", "low", "high")
    )
    interval = " to ".join(one for one in bounds if one is not None) or "no interval"
    interval += "*" if told["over"] == "cards" else ""
    return f"{value}{unit} ({interval}, {told['n']:,})"
