"""Owns what is on sale: the cards of `catalog.json` with price level, liquidity and product id."""

import csv
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

GRADES = ("raw", "psa8", "psa9", "psa10")
# Before 2011 few copies were graded at once, so old cards trade across all grades; today's chase
# cards go straight from the pack to a grader and come back as a 10 or stay raw.
LAST_VINTAGE_YEAR = 2010
VINTAGE_SHARES = (0.46, 0.22, 0.21, 0.11)
MODERN_SHARES = (0.50, 0.06, 0.15, 0.29)
# Rarer than twice a month an instrument could not be judged at all.
MIN_SALES_A_MONTH = 2.2
DAYS_A_MONTH = 30.4

HERE = Path(__file__).parent
CATALOG, LEVELS, PRODUCT_MAP = "catalog.json", "levels.csv", "product_map.csv"

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


class UniverseBroken(Exception):
    """The shipped card files disagree; the message names the card and what to mend."""


@dataclass(frozen=True)
class Product:
    """One card as the marketplace lists it; `epid` is the marketplace's product id."""

    card_id: str
    epid: str
    name: str
    number: str
    printed_total: int
    set_name: str
    rarity: str
    year: int
    suffix: str


@dataclass(frozen=True)
class Universe:
    """Arrays run along `products`; the second axis, where there is one, along GRADES.

    `log_level` is the natural log of USD on the first day, `rate` the mean sales a day.
    """

    products: tuple[Product, ...]
    set_index: Ints
    n_sets: int
    log_level: Floats
    rate: Floats


def load_universe(folder: Path = HERE) -> Universe:
    """Raises UniverseBroken where catalog, levels and product map do not name the same cards."""
    cards = json.loads((folder / CATALOG).read_text(encoding="utf-8"))
    levels = {row["card_id"]: row for row in _rows(folder / LEVELS)}
    epids = {row["card_id"]: row["product"] for row in _rows(folder / PRODUCT_MAP)}
    ids = [str(card["id"]) for card in cards]
    for name, known in ((LEVELS, set(levels)), (PRODUCT_MAP, set(epids))):
        if odd := known.symmetric_difference(ids):
            raise UniverseBroken(f"{name} and {CATALOG} differ on {min(odd)}: give both its row.")
    products = tuple(
        _product(card, epids[card["id"]], levels[card["id"]]["title_suffix"]) for card in cards
    )
    names, set_index = np.unique([card["set"]["id"] for card in cards], return_inverse=True)
    usd = np.array([[float(levels[i][grade]) for grade in GRADES] for i in ids])
    monthly = np.array([float(levels[i]["sales_per_month"]) for i in ids])
    return Universe(
        products=products,
        set_index=set_index.astype(np.int64),
        n_sets=len(names),
        log_level=np.log(usd),
        rate=_daily_rates(products, monthly),
    )


def _product(card: dict[str, Any], epid: str, suffix: str) -> Product:
    return Product(
        card_id=card["id"],
        epid=epid,
        name=card["name"],
        number=card["number"],
        printed_total=card["set"]["printedTotal"],
        set_name=card["set"]["name"],
        rarity=card["rarity"],
        year=int(card["set"]["releaseDate"][:4]),
        suffix=suffix,
    )


def _daily_rates(products: tuple[Product, ...], monthly: Floats) -> Floats:
    shares = np.array(
        [VINTAGE_SHARES if p.year <= LAST_VINTAGE_YEAR else MODERN_SHARES for p in products]
    )
    rates: Floats = np.maximum(monthly[:, None] * shares, MIN_SALES_A_MONTH) / DAYS_A_MONTH
    return rates


def _rows(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as lines:
        return list(csv.DictReader(lines))
