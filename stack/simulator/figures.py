"""Owns `python -m stack.simulator.figures`: writes the generated parts of docs/simulator.md."""

import csv
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl

from stack.simulator.history import DEMO_LAST_DAY, begin_history
from stack.simulator.prints import DAY_S, Sales
from stack.simulator.realism import daily_figures, graded_figures, premium_figures
from stack.simulator.settings import Dirt, Faults
from stack.simulator.universe import GRADES, HERE, Universe, load_universe

SEEDS = (7, 8, 9)
TOLERANCE = 0.25  # of the real figure; more is no likeness
REAL = HERE / "real_figures.csv"
PAGE = HERE.parent.parent / "docs" / "simulator.md"


@dataclass(frozen=True)
class Real:
    """One figure of recorded sales: what it is, from which series and of how many."""

    name: str
    value: float
    rows: int
    series: str
    meaning: str


def real_figures() -> tuple[Real, ...]:
    """The committed figures, in the order of the page."""
    with REAL.open(encoding="utf-8", newline="") as lines:
        return tuple(
            Real(
                row["name"],
                float(row["value"]),
                int(row["rows"]),
                row["series"],
                row["meaning"],
            )
            for row in csv.DictReader(lines)
        )


def measured_cards() -> frozenset[str]:
    """The cards whose recorded daily sales the simulator's raw sales are measured against."""
    text = (HERE / "measured_cards.txt").read_text(encoding="utf-8")
    return frozenset(text.split())


def frame_of(sales: Sales, universe: Universe) -> pl.DataFrame:
    """The sales as `realism` reads them, in time order."""
    ids = np.array([product.card_id for product in universe.products])
    return pl.DataFrame(
        {
            "card": ids[sales.card],
            "grade": np.array(GRADES)[sales.grade],
            "day": sales.second // DAY_S,
            "price": sales.cents / 100,
        }
    )


def simulated_figures(universe: Universe, seed: int) -> Mapping[str, float]:
    """Of two years of one seed."""
    sales = frame_of(begin_history(universe, seed=seed, through=DEMO_LAST_DAY).sales, universe)
    raw = pl.col("grade") == "raw"
    measured = pl.col("card").is_in(sorted(measured_cards()))
    return {
        **graded_figures(sales.filter(~raw)),
        **daily_figures(sales.filter(raw & measured)),
        **premium_figures(sales),
    }


def mean_figures(universe: Universe, seeds: Sequence[int] = SEEDS) -> Mapping[str, float]:
    """The mean over the seeds of each figure."""
    each = [simulated_figures(universe, seed) for seed in seeds]
    return {name: float(np.mean([one[name] for one in each])) for name in each[0]}


def figures_table(simulated: Mapping[str, float]) -> str:
    """Both columns as a Markdown table."""
    head = ["figure", "recorded", "simulated", "off by", "of", "recorded series"]
    rows = [
        [
            real.meaning,
            f"{real.value:.3g}",
            f"{simulated[real.name]:.3g}",
            f"{simulated[real.name] / real.value - 1:+.0%}",
            f"{real.rows:,}",
            real.series,
        ]
        for real in real_figures()
    ]
    return _table(head, rows)


def settings_table(kind: type[Dirt] | type[Faults]) -> str:
    """Every setting of dirt or faults as a Markdown table."""
    rows = [
        [
            f"`{name}`",
            f"`PRICER_SIMULATOR_{name.upper()}`",
            f"{field.default:g}",
            field.description or "",
        ]
        for name, field in kind.model_fields.items()
    ]
    return _table(["setting", "environment", "default", "what it is"], rows)


def written(page: str, name: str, body: str) -> str:
    """The page with what stands between the markers of `name` replaced."""
    begin, end = f"<!-- {name}: begin -->", f"<!-- {name}: end -->"
    before, _, rest = page.partition(begin)
    _, _, after = rest.partition(end)
    return f"{before}{begin}\n\n{body}\n\n{end}{after}"


def _table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def filled(page: str, simulated: Mapping[str, float]) -> str:
    """The page with its generated tables written anew."""
    page = written(page, "figures", figures_table(simulated))
    page = written(page, "dirt", settings_table(Dirt))
    return written(page, "faults", settings_table(Faults))


def main() -> int:
    """Measures three seeds and writes the page; exit code 0."""
    simulated = mean_figures(load_universe())
    PAGE.write_text(filled(PAGE.read_text(encoding="utf-8"), simulated), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
