"""What the main job came to, read from PostgreSQL as the API's role, printed as tables."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date

import psycopg
from psycopg.sql import SQL
from rich.console import Console
from rich.table import Table

from kernel.days import end_of
from stack.demo.main_job import Told
from stack.demo.plans import Night, Plan

TOP = 10
HORIZON_DAYS = 90

# The newest word on an instrument as of that moment: a promoted model speaks after the forecast.
SPOKEN = SQL("""
with spoken as (
  select distinct on (card_id, grade_code) *
  from signals.signals
  where asof_ts = %(asof)s and horizon_days = %(horizon)s
  order by card_id, grade_code, known_at desc, signal_id desc
)
""")
ACTIONS = SPOKEN + SQL("select action, count(*) from spoken group by action order by action")
HIGHEST = SPOKEN + SQL("""
select c.name, t.name, c.number, s.card_id, s.grade_code, s.price_cents, s.expected_return,
       s.utility, s.action, s.conviction, s.series
from spoken s join market.cards c using (card_id) join market.sets t using (set_id)
where not s.reasons @> '[{"code": "illiquid"}]'
order by s.utility desc, s.card_id, s.grade_code
limit %(top)s
""")
# Heading, task and the key of its summary.
COUNTED = (
    ("read", "validate", "read"),
    ("added", "load_trades", "added"),
    ("unchanged", "load_trades", "unchanged"),
    ("quarantined", "validate", "quarantined"),
    ("outliers", "judge_outliers", "outliers"),
    ("new bars", "build_bars", "bars_added"),
    ("instruments", "load_trades", "instruments"),
)
TOTALS = """
with verdicts as (
  select distinct on (subject, subject_id) verdict
  from market.outlier_verdicts
  order by subject, subject_id, known_at desc, verdict_id desc
)
select (select count(*) from market.cards),
       (select count(*) from market.trades where until is null),
       (select count(*) from market.prices_daily),
       (select count(*) from (select distinct card_id, grade_code from market.prices_daily) i),
       (select count(*) from verdicts where verdict in ('outlier', 'rejected'))
"""

DIVERGENCES = """
select case rule when 'sources' then 'between sources' else 'between grades' end,
  count(distinct (card_id, grade_code))
from market.divergences where closed_at is null group by rule
"""


def dollars(cents: int) -> str:
    """`$1,234.50`."""
    return f"${cents / 100:,.2f}"


def table(title: str, columns: Sequence[tuple[str, bool]], rows: Iterable[Sequence[str]]) -> Table:
    """`columns` are names and whether they hold numbers."""
    made = Table(title=title, title_justify="left", title_style="bold", header_style="bold")
    for name, is_number in columns:
        made.add_column(name, justify="right" if is_number else "left")
    for row in rows:
        made.add_row(*row)
    return made


class Report:
    """Prints the tables of a finished main job."""

    def __init__(self, url: str, plan: Plan, told: Told, console: Console) -> None:
        self._url = url
        self._plan = plan
        self._told = told
        self._console = console

    def print(self) -> None:
        """All tables. Reads only."""
        with psycopg.connect(self._url, connect_timeout=5) as connection:
            self._loads()
            self._totals(connection)
            self._divergences(connection)
            for as_of in dict.fromkeys(night.as_of for night in self._plan.nights):
                self._signals(connection, as_of)
        self._seconds()

    def _results(self, night: Night) -> Mapping[str, Mapping[str, object]]:
        return self._told.results.get(night.stage, {})

    def _loads(self) -> None:
        rows = []
        for night in self._plan.nights:
            done = self._results(night)
            counts = [f"{done.get(task, {}).get(key, 0):,}" for _, task, key in COUNTED]
            rows.append([night.title, *counts])
        headed = [("source", False), *((name, True) for name, *_ in COUNTED)]
        self._console.print(table("Rows of this run", headed, rows))
        for night in self._plan.nights:
            why = reasons(self._results(night).get("validate", {}).get("quarantined_by_reason"))
            if why:
                self._console.print(f"  quarantined, {night.title}: {why}")

    def _totals(self, connection: psycopg.Connection) -> None:
        row = connection.execute(TOTALS).fetchone()
        cards, trades, bars, instruments, outliers = row or (0, 0, 0, 0, 0)
        self._console.print(
            f"In store: {cards:,} cards, {trades:,} trades, {bars:,} daily bars of "
            f"{instruments:,} instruments; {outliers:,} prices left out as outliers.\n"
        )

    def _divergences(self, connection: psycopg.Connection) -> None:
        rules = reasons(dict(connection.execute(DIVERGENCES).fetchall()))
        if rules:
            self._console.print(f"Flagged, not announced, their prices disagree: {rules}.\n")

    def _signals(self, connection: psycopg.Connection, as_of: date) -> None:
        asked = {"asof": end_of(as_of), "horizon": HORIZON_DAYS, "top": TOP}
        titles = ", ".join(night.title for night in self._plan.nights if night.as_of == as_of)
        actions: dict[str, int] = dict(connection.execute(ACTIONS, asked).fetchall())
        counted = ", ".join(f"{action} {count:,}" for action, count in actions.items()) or "none"
        self._console.print(f"[bold]{titles}[/bold], signals as of {as_of}: {counted}")
        rows = [
            [
                f"{name} {number}",
                set_name,
                f"{card_id}:{grade}",
                dollars(price),
                f"{100 * float(expected):+.1f} %",
                f"{float(utility):+.3f}",
                action,
                f"{float(conviction):.2f}",
                series,
            ]
            for (
                name,
                set_name,
                number,
                card_id,
                grade,
                price,
                expected,
                utility,
                action,
                conviction,
                series,
            ) in connection.execute(HIGHEST, asked).fetchall()
        ]
        columns = [
            ("card", False),
            ("set", False),
            ("instrument", False),
            ("price", True),
            (f"return {HORIZON_DAYS} d", True),
            ("utility", True),
            ("action", False),
            ("conviction", True),
            ("series", False),
        ]
        self._console.print(table(f"Highest utility, liquid, as of {as_of}", columns, rows))

    def _seconds(self) -> None:
        rows = [[title, f"{seconds:.1f}"] for title, seconds in self._told.seconds.items()]
        self._console.print(table("Time", [("stage", False), ("s", True)], rows))


def reasons(counted: object) -> str:
    """`unknown_card 17, no_grade 2`, the most frequent first."""
    if not isinstance(counted, Mapping):
        return ""
    ordered = sorted(counted.items(), key=lambda pair: (-pair[1], pair[0]))
    return ", ".join(f"{reason} {count:,}" for reason, count in ordered)
