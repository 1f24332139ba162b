"""`make bench`: prints a table and writes it to results/latest.json. Exit code 1: a claim fails.

ONLY=word[,word] selects by name; LARGE=1 adds what takes long; SCALE=0.1 is a trial.
"""

import json
import os
import sys
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

from benchmarks import featuring, inferring, judging, loading, nightly
from benchmarks.claim import SCALE, Benchmark, Result

RESULTS = Path(__file__).parent / "results" / "latest.json"
BENCHMARKS = (
    Benchmark("load", loading.measure),
    Benchmark("outliers", judging.measure_verdicts),
    Benchmark("bars", judging.measure_bars),
    Benchmark("features", featuring.measure),
    Benchmark("inference", inferring.measure),
    Benchmark("nightly", nightly.measure),
    Benchmark("nightly-large", nightly.measure_large, large=True),
)
LINE = "{:34} {:>14} {:>14} {:>8} {:>9} {:>6}"


def selected(only: str, *, large: bool) -> list[Benchmark]:
    """Those with one of the words in their name; all when no word is given."""
    words = [word.strip() for word in only.split(",") if word.strip()]
    named = [one for one in BENCHMARKS if not words or any(word in one.name for word in words)]
    return [one for one in named if large or not one.large]


def row(result: Result) -> str:
    """One line of the table."""
    sign = "<=" if result.at_most else ">="
    digits = 2 if result.unit in {"s", "ms"} else 0
    figures = (
        f"{result.ours:,.{digits}f}",
        f"{result.reference:,.{digits}f}",
        f"{result.ratio:.2f}",
    )
    holds = "yes" if result.holds else "no"
    return LINE.format(result.name, *figures, f"{sign} {result.goal:g}", holds)


def as_entry(result: Result) -> dict[str, object]:
    """What the file says of it."""
    return {**asdict(result), "ratio": result.ratio, "holds": result.holds, "scale": SCALE}


def main() -> int:
    """Run what is selected, one after another."""
    chosen = selected(os.environ.get("ONLY", ""), large=bool(os.environ.get("LARGE")))
    if not chosen:
        names = ", ".join(one.name for one in BENCHMARKS)
        print(f"Nothing is called so. There are: {names}", file=sys.stderr)
        return 2
    results: list[Result] = []
    for benchmark in chosen:
        print(f"measuring: {benchmark.name}", file=sys.stderr, flush=True)
        results.extend(benchmark.measure())
        show(results)
    return 0 if all(result.holds for result in results) else 1


def show(results: Sequence[Result]) -> None:
    """Print the table and write the list."""
    if SCALE != 1:
        print(f"A trial at {SCALE:g} of the size: the ratios claim nothing.")
    print(LINE.format("name", "ours", "reference", "ratio", "goal", "holds"))
    for result in results:
        print(row(result))
    RESULTS.parent.mkdir(exist_ok=True)
    RESULTS.write_text(json.dumps([as_entry(result) for result in results], indent=2) + "\n")


if __name__ == "__main__":
    sys.exit(main())
