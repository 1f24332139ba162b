"""Loading sales against the floor: a bare COPY of the same rows into a table without a key.

Starts the stores of a fresh stack, brings 300,000 sales in by the jobs as Airflow would run them
(a process each, imports included), and copies the same rows once more as the floor.
"""

import csv
import os
import subprocess
import sys
import tempfile
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import psycopg

from stack import catalogue, front
from stack.environment import of_jobs
from stack.front import Stack
from stack.state import REPOSITORY, State
from stack.world import Worlds

SALES = 300_000
LAST_DAY = datetime(2026, 9, 30, tzinfo=UTC)
DAYS = 730
GRADES = ("raw", "psa8", "psa9", "psa10")
ROWS = (
    "select trade_id, ts, card_id, grade_code, source, source_sale_id, price_cents, known_at"
    " from market.trades"
)
NOT_STORES = tuple(part.name for part in catalogue.PARTS if not part.store)


def write_sales(path: Path, cards: list[str]) -> None:
    """A file of the format plain_sales, the same at every run."""
    random = np.random.default_rng(1)
    seconds = random.integers(0, DAYS * 86_400, SALES)
    cents = random.integers(500, 500_000, SALES)
    card, grade = random.integers(0, len(cards), SALES), random.integers(0, len(GRADES), SALES)
    with path.open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["card_id", "grade", "price", "sold_at", "sale_id"])
        for row in range(SALES):
            moment = LAST_DAY - timedelta(seconds=int(seconds[row]))
            price = f"{cents[row] / 100:.2f}"
            sold_at = moment.strftime("%Y-%m-%dT%H:%M:%SZ")
            writer.writerow([cards[card[row]], GRADES[grade[row]], price, sold_at, f"sale-{row}"])


def job(stack: Stack, *words: str) -> float:
    """Seconds of one job as a process of its own."""
    begun = time.monotonic()
    subprocess.run(
        [sys.executable, "-m", "ingestion", "job", *words],
        env={**os.environ, **of_jobs(stack.site)},
        cwd=REPOSITORY,
        check=True,
        capture_output=True,
    )
    return time.monotonic() - begun


def floor(stack: Stack) -> float:
    """Seconds of a bare COPY of the loaded rows, text to text, into a table without a key."""
    with psycopg.connect(stack.site.database_url("ingestion")) as connection:
        with connection.cursor().copy(f"copy ({ROWS}) to stdout") as out:
            body = b"".join(bytes(block) for block in out)
        connection.execute(f"create temp table bare as {ROWS} with no data")
        begun = time.monotonic()
        with connection.cursor().copy("copy bare from stdin") as into:
            into.write(body)
        return time.monotonic() - begun


def main() -> None:
    """Print each step's rate and how many times the floor it takes."""
    with tempfile.TemporaryDirectory(prefix="loading ") as home:
        state, sales = State(Path(home) / "state"), Path(home) / "sales.csv"
        parts = catalogue.without(NOT_STORES)
        with front.running(state, world=Worlds.SIMULATED.value, parts=parts) as stack:
            job(stack, "load_catalog", "--from", str(REPOSITORY / "stack/simulator/catalog.json"))
            with psycopg.connect(stack.site.database_url("ingestion")) as connection:
                rows = connection.execute("select card_id from market.cards order by 1").fetchall()
            write_sales(sales, [card for (card,) in rows])
            run = ("--source", "plain_sales", "--date", LAST_DAY.date().isoformat())
            steps = {
                "fetch": job(stack, "fetch", *run, "--path", str(sales)),
                "validate": job(stack, "validate", *run),
                "load_trades": job(stack, "load_trades", *run),
                "load_trades again": job(stack, "load_trades", *run),
            }
            bare = floor(stack)
        state.delete()
    print(f"{'bare COPY, the floor':24} {SALES / bare:10,.0f} rows/s")
    for name, seconds in steps.items():
        print(f"{name:24} {SALES / seconds:10,.0f} rows/s = {seconds / bare:5.1f} times the floor")


if __name__ == "__main__":
    main()
