"""Cards, variants and the product map: natural keys, shared numbers."""

import json
from pathlib import Path

import pytest

from ingestion.adapters.catalog_files import CatalogFiles
from ingestion.domain.errors import CatalogRejected, ColumnMissing, FileUnreadable
from ingestion.usecases.load_catalog import load_catalog
from ingestion.usecases.load_product_map import load_product_map
from tests.ingestion.conftest import World

EVOLVING = {
    "id": "swsh7",
    "name": "Evolving Skies",
    "series": "Sword & Shield",
    "printedTotal": 203,
    "total": 237,
    "ptcgoCode": "EVS",
    "releaseDate": "2021/08/27",
}
UMBREON = {
    "id": "swsh7-215",
    "name": "Umbreon VMAX",
    "number": "215",
    "supertype": "Pokémon",
    "subtypes": ["VMAX", "Single Strike"],
    "rarity": "Rare Rainbow",
    "images": {"small": "https://images.example/215.png", "large": "https://images.example/l.png"},
}


def test_cards_come_from_json_with_their_set_or_with_a_set_file(tmp_path: Path) -> None:
    own = tmp_path / "own.json"
    own.write_text(json.dumps([UMBREON | {"set": EVOLVING}]))
    beside = tmp_path / "beside"
    beside.mkdir()
    (beside / "cards.json").write_text(json.dumps([UMBREON]))
    (beside / "sets_en.json").write_text(json.dumps([EVOLVING]))
    files = CatalogFiles()
    told = [files.catalog(path) for path in (own, beside, beside / "cards.json")]
    assert told[0] == told[1] == told[2]
    (card,) = told[0][1]
    assert (card.card_set.code, card.image_small) == ("EVS", "https://images.example/215.png")


def test_a_card_whose_set_nobody_names_is_rejected(tmp_path: Path) -> None:
    path = tmp_path / "cards.json"
    path.write_text(json.dumps([UMBREON]))
    with pytest.raises(CatalogRejected, match=r"swsh7-215.*no set file names its set"):
        CatalogFiles().catalog(path)


@pytest.mark.parametrize(
    ("body", "error", "says"),
    [
        ("{broken", FileUnreadable, "it is no JSON"),
        ('{"id": 1}', CatalogRejected, "no JSON list"),
        ('[{"number": "1", "name": "x"}]', CatalogRejected, "id: Field required"),
        ("[]", CatalogRejected, "neither cards nor sets"),
    ],
)
def test_a_wrong_catalog_file_is_named(
    tmp_path: Path, body: str, error: type[Exception], says: str
) -> None:
    path = tmp_path / "cards.json"
    path.write_text(body)
    with pytest.raises(error, match=says):
        CatalogFiles().catalog(path)


def test_loading_the_same_catalog_again_changes_nothing(world: World, tmp_path: Path) -> None:
    path = tmp_path / "cards.json"
    path.write_text(json.dumps([UMBREON | {"set": EVOLVING}]))
    sets, cards = CatalogFiles().catalog(path)
    with world.unit() as unit:
        assert load_catalog(unit, sets, cards)["cards_changed"] == 1
    with world.unit() as unit:
        again = load_catalog(unit, sets, cards)
        assert (again["sets_changed"], again["cards_changed"]) == (0, 0)


def test_an_image_stays_when_a_leaner_source_is_loaded_later(world: World, tmp_path: Path) -> None:
    (tmp_path / "cards.json").write_text(json.dumps([UMBREON | {"set": EVOLVING}]))
    with world.unit() as unit:
        load_catalog(unit, *CatalogFiles().catalog(tmp_path / "cards.json"))
    lean = {key: value for key, value in UMBREON.items() if key != "images"}
    (tmp_path / "cards.json").write_text(json.dumps([lean | {"set": EVOLVING, "rarity": "Rare"}]))
    with world.unit() as unit:
        load_catalog(unit, *CatalogFiles().catalog(tmp_path / "cards.json"))
    told = world.rows("select rarity, image_small from market.cards where set_id = 'swsh7'")
    assert told == [("Rare", "https://images.example/215.png")]


def test_two_cards_of_one_number_are_both_kept(world: World, tmp_path: Path) -> None:
    classic = [
        UMBREON | {"id": f"swsh7-15_A{n}", "number": "15", "name": name, "set": EVOLVING}
        for n, name in ((1, "Venusaur"), (2, "Claydol"))
    ]
    (tmp_path / "cards.json").write_text(json.dumps(classic))
    with world.unit() as unit:
        load_catalog(unit, *CatalogFiles().catalog(tmp_path / "cards.json"))
    told = world.rows("select name, finish from market.cards where set_id = 'swsh7' order by name")
    assert told == [("Claydol", "default-15_A2"), ("Venusaur", "default-15_A1")]


VARIANTS = "catalog_id,variant,edition,finish,evidence\nbase1-2,1st,1st,default,stamp\n"
PRODUCTS = "source,product,card_id,grade_code,valid_from,confidence,evidence,actor\n"


def test_a_variant_is_a_card_made_from_another_and_can_be_a_product(
    world: World, tmp_path: Path
) -> None:
    (tmp_path / "variants.csv").write_text(VARIANTS)
    (tmp_path / "map.csv").write_text(PRODUCTS + "shop,slug,base1-2~1st,,,0.9,seen,test\n")
    variants, products = CatalogFiles().product_map(tmp_path)
    for changed in (1, 0):
        with world.unit() as unit:
            told = load_product_map(unit, variants, products)
        assert (told["variants_changed"], told["products_changed"]) == (changed, changed)
    made = world.rows(
        "select name, number, edition, rarity from market.cards where card_id = 'base1-2~1st'"
    )
    assert made == [("Blastoise", "2", "1st", "Rare Holo")]


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ("shop,slug,base1-2,,,2,seen,test", "confidence 2 is not between 0 and 1"),
        ("shop,slug,base1-2,,,0.9,,test", "leaves one of"),
        ("shop,slug,base1-2,,,0.9,a,test\nshop,slug,base1-4,,,0.9,a,test", "slug is named twice"),
        ("shop,slug", "line 2: 2 cells"),
    ],
)
def test_a_wrong_product_map_is_rejected_whole(tmp_path: Path, line: str, says: str) -> None:
    (tmp_path / "map.csv").write_text(PRODUCTS + line + "\n")
    with pytest.raises(CatalogRejected, match=says):
        CatalogFiles().product_map(tmp_path / "map.csv")


def test_a_product_of_a_card_nobody_knows_says_what_to_load_first(
    world: World, tmp_path: Path
) -> None:
    (tmp_path / "map.csv").write_text(PRODUCTS + "shop,slug,base9-9,,,0.9,seen,test\n")
    variants, products = CatalogFiles().product_map(tmp_path / "map.csv")
    with pytest.raises(CatalogRejected, match="Load the catalog"), world.unit() as unit:
        load_product_map(unit, variants, products)


def test_a_csv_of_something_else_is_no_product_map(tmp_path: Path) -> None:
    (tmp_path / "map.csv").write_text("a,b\n1,2\n")
    with pytest.raises(ColumnMissing, match="it has a, b"):
        CatalogFiles().product_map(tmp_path / "map.csv")
