"""The shipped card files agree with each other and with the real catalog."""

import csv
import gzip
import json
import shutil
from pathlib import Path

import numpy as np
import pytest

from stack.simulator.universe import (
    CATALOG,
    HERE,
    LEVELS,
    PRODUCT_MAP,
    UniverseBroken,
    catalog_cards,
    load_universe,
    products_of,
)


def test_four_hundred_cards_are_on_sale_and_fewer_if_so_asked() -> None:
    every = load_universe()
    assert len({p.card_id for p in every.products}) == 400
    assert len({p.epid for p in every.products}) == 400
    assert every.n_sets >= 30
    few = load_universe(cards=60)
    assert few.products == every.products[:60]
    assert few.n_sets == 6


def test_every_card_is_the_real_one(shared_data: Path) -> None:
    with gzip.open(shared_data / "pokemon_catalog" / "cards_en.csv.gz", "rt") as lines:
        real = {row["id"]: row for row in csv.DictReader(lines)}
    for card in json.loads((HERE / CATALOG).read_text()):
        row = real[card["id"]]
        for fact in ("name", "number", "rarity", "supertype"):
            assert card[fact] == row[fact], card["id"]
        assert card["subtypes"] == row["subtypes"].split("|"), card["id"]
        assert card["set"]["id"] == row["set_id"]


def test_every_set_is_the_real_one(shared_data: Path) -> None:
    sets = json.loads((shared_data / "pokemon_catalog" / "sets_en.json").read_text())
    real = {a_set["id"]: a_set for a_set in sets}
    for card in json.loads((HERE / CATALOG).read_text()):
        for fact, value in card["set"].items():
            assert value == real[card["set"]["id"]][fact], card["id"]


def test_product_map_leaves_the_grade_to_the_sale() -> None:
    with (HERE / PRODUCT_MAP).open(newline="") as lines:
        rows = list(csv.DictReader(lines))
    assert {row["source"] for row in rows} == {"marketplace", "tcgplayer", "psa"}
    assert {row["grade_code"] for row in rows} == {""}
    assert all(row["evidence"] and row["valid_from"] <= "2024-10-01" for row in rows)


def test_every_source_has_a_product_for_every_card() -> None:
    cards = {card["id"] for card in catalog_cards()}
    for source in ("marketplace", "tcgplayer", "psa"):
        products = products_of(source)
        assert set(products.values()) == cards
        assert len(products) == len(cards)


def test_higher_grades_are_worth_more() -> None:
    assert (np.diff(load_universe().log_level, axis=1) > 0).all()


def test_a_card_without_a_level_is_refused_by_name(tmp_path: Path) -> None:
    for name in (CATALOG, LEVELS, PRODUCT_MAP):
        shutil.copy(HERE / name, tmp_path)
    kept = [line for line in (HERE / LEVELS).read_text().splitlines() if "swsh7-215" not in line]
    (tmp_path / LEVELS).write_text("\n".join(kept))
    with pytest.raises(UniverseBroken, match=r"levels\.csv.*swsh7-215"):
        load_universe(tmp_path)
