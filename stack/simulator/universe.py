"""Owns what is on sale: the cards of `catalog.json` with price level, liquidity and product id."""

import csv
import json
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

GRADES = ("raw", "psa8", "psa9", "psa10")
DAYS_A_MONTH = 30.4
EPOCH = date(1970, 1, 1)

HERE = Path(__file__).parent
CATALOG, LEVELS, PRODUCT_MAP = "catalog.json", "levels.csv", "product_map.csv"
LISTED_ON = "marketplace"  # the source whose products are the epids

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Flags = NDArray[np.bool_]


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
    set_id: str
    set_name: str
    rarity: str
    year: int
    suffix: str


@dataclass(frozen=True)
class Universe:
    """Arrays run along `products`; the second axis, where there is one, along GRADES.

    `log_level` is the natural log of USD on the first day, `rate` the mean sales a day, `release`
    the day the card's set came out (days since 1970-01-01).
    """

    products: tuple[Product, ...]
    set_index: Ints
    n_sets: int
    log_level: Floats
    rate: Floats
    release: Ints


def load_universe(folder: Path = HERE, *, cards: int | None = None) -> Universe:
    """The first `cards` of the catalog, all without a number.

    Raises UniverseBroken where catalog, levels and product map do not name the same cards.
    """
    every = json.loads((folder / CATALOG).read_text(encoding="utf-8"))
    levels = {row["card_id"]: row for row in _rows(folder / LEVELS)}
    epids = {
        row["card_id"]: row["product"]
        for row in _rows(folder / PRODUCT_MAP)
        if row["source"] == LISTED_ON
    }
    ids = [str(card["id"]) for card in every]
    for name, known in ((LEVELS, set(levels)), (PRODUCT_MAP, set(epids))):
        if odd := known.symmetric_difference(ids):
            raise UniverseBroken(f"{name} and {CATALOG} differ on {min(odd)}: give both its row.")
    return _universe(every[:cards], levels, epids)


def catalog_cards(folder: Path = HERE) -> list[dict[str, Any]]:
    """The cards of the catalog file, each with its set, in the shape of pokemontcg-data."""
    cards: list[dict[str, Any]] = json.loads((folder / CATALOG).read_text(encoding="utf-8"))
    return cards


def products_of(source: str, folder: Path = HERE) -> dict[str, str]:
    """A source's products by name, each with the card it is."""
    rows = _rows(folder / PRODUCT_MAP)
    return {row["product"]: row["card_id"] for row in rows if row["source"] == source}


def _universe(
    cards: list[dict[str, Any]], levels: dict[str, dict[str, str]], epids: dict[str, str]
) -> Universe:
    told = [levels[card["id"]] for card in cards]
    products = tuple(
        _product(card, epids[card["id"]], level["title_suffix"])
        for card, level in zip(cards, told, strict=True)
    )
    names, set_index = np.unique([card["set"]["id"] for card in cards], return_inverse=True)
    usd = np.array([[float(level[grade]) for grade in GRADES] for level in told])
    monthly = np.array([[float(level[f"{grade}_a_month"]) for grade in GRADES] for level in told])
    release = [_day_number(card["set"]["releaseDate"]) for card in cards]
    return Universe(
        products=products,
        set_index=set_index.astype(np.int64),
        n_sets=len(names),
        log_level=np.log(usd),
        rate=monthly / DAYS_A_MONTH,
        release=np.array(release, np.int64),
    )


def _day_number(written: str) -> int:
    """Of a day written 2021/08/27."""
    return (date.fromisoformat(written.replace("/", "-")) - EPOCH).days


def _product(card: dict[str, Any], epid: str, suffix: str) -> Product:
    return Product(
        card_id=card["id"],
        epid=epid,
        name=card["name"],
        number=card["number"],
        printed_total=card["set"]["printedTotal"],
        set_id=card["set"]["id"],
        set_name=card["set"]["name"],
        rarity=card["rarity"],
        year=int(card["set"]["releaseDate"][:4]),
        suffix=suffix,
    )


def _rows(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as lines:
        return list(csv.DictReader(lines))
