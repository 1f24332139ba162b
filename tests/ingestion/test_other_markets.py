"""Files of other markets and plain ones: sneakers, skins, price guides, four columns."""

import json
from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from ingestion.adapters.sources.files import FileSource
from ingestion.adapters.sources.format_files import find_format, parse_format
from ingestion.domain.errors import CatalogRejected, FormatRejected, NothingUsable
from ingestion.domain.records import Window
from ingestion.ports.sources import Source
from ingestion.usecases.create_items import create_items
from ingestion.usecases.load_product_map import load_product_map
from tests.ingestion.conftest import World, received

STOCKX_DAY, STEAM_DAY, GUIDE_DAY = date(2019, 2, 13), date(2023, 12, 31), date(2026, 9, 30)
STOCKX = "stockx_2019/stockx_sales.csv.gz"
STEAM = "steam_cs_daily/steam_cs_daily.parquet"


def file_source(name: str) -> Source:
    return FileSource(find_format(name))


def screened(
    world: World, source: Source, path: Path, day: date, game: str | None = None
) -> Mapping[str, Any]:
    """Fetched, with its items made, and validated."""
    world.fetch(source, path, day, None)
    made = create_items(world.unit, source, day, game=game)
    return {**made, **world.validate(source, day)}


def test_every_sale_of_stockx_is_taken_the_equal_ones_too(world: World, shared_data: Path) -> None:
    told = screened(world, file_source("stockx"), shared_data / STOCKX, STOCKX_DAY)
    assert (told["items_created"], told["cards_created"]) == (50, 50)
    assert (told["trusted"], told["duplicates"], told["quarantined"]) == (99_956, 0, 0)
    with world.unit() as unit:
        sales = unit.trusted.read("stockx", STOCKX_DAY)
    assert sales.get_column("record_id").n_unique() == 99_956
    words = ["ts", "card_id", "grade_code", "price_cents", "meta"]
    assert sales.height - sales.select(words).unique().height == 2_840
    kept = sales.select("ts", pl.col("meta").str.json_decode(pl.Struct(META))).unnest("meta")
    released = pl.col("release_date").str.to_date()
    assert kept.filter(pl.col("ts").dt.date() < released).height == 5_601
    assert set(kept.get_column("brand")) == {"Yeezy", "Off-White"}
    assert sales.get_column("grade_code").n_unique() == 26


META = {"brand": pl.String, "release_date": pl.String}


def test_every_bar_of_steam_is_read_and_one_skin_goes_all_the_way(
    world: World, shared_data: Path, tmp_path: Path
) -> None:
    source, window = file_source("steam"), Window(STEAM_DAY, STEAM_DAY)
    every = received(source, window, shared_data / STEAM)
    told = source.read(every).rows
    assert (told.height, told.get_column("fault").null_count()) == (516_336, 516_336)
    assert told.select("item", "variant", "grade").n_unique() == 166
    one = tmp_path / "one.parquet"
    skins = pl.scan_parquet(shared_data / STEAM).filter(pl.col("item") == "AK-47 | Blue Laminate")
    skins.filter(pl.col("date").dt.year() == 2022).collect().write_parquet(one)
    done = screened(world, source, one, STEAM_DAY)
    assert (done["items_created"], done["cards_created"], done["quarantined"]) == (1, 2, 0)
    assert world.load(source, STEAM_DAY)["added"] == done["trusted"] > 300
    found = world.rows(
        "select distinct c.game, c.finish, r.card_id from market.reported_prices r"
        " join market.cards c using (card_id) where r.kind = 'bar' order by 3"
    )
    assert found == [
        ("counter-strike", "default", "steam-ak-47-blue-laminate"),
        ("counter-strike", "stattrak", "steam-ak-47-blue-laminate~stattrak"),
    ]


ROWS = ["item,grade,price,date", "Rolex Submariner,us9,9100.50,2026-09-01"]


def test_a_plain_file_makes_items_of_a_game_that_is_named(world: World, tmp_path: Path) -> None:
    path = tmp_path / "watches.csv"
    path.write_text("\n".join([*ROWS, "base1-4,psa10,420,2026-09-02", ""]))
    source = file_source("plain_items")
    world.fetch(source, path, GUIDE_DAY, None)
    with pytest.raises(CatalogRejected, match="name it with --game"):
        create_items(world.unit, source, GUIDE_DAY, game=None)
    assert world.validate(source, GUIDE_DAY)["quarantined_by_reason"] == {"card_unknown": 1}
    assert create_items(world.unit, source, GUIDE_DAY, game="watches")["items_created"] == 1
    assert world.validate(source, GUIDE_DAY)["resolved"] == 1
    assert create_items(world.unit, source, GUIDE_DAY, game="watches")["items_created"] == 0
    world.load(source, GUIDE_DAY)
    sold = "select c.game, t.card_id, t.price_cents from market.trades t join market.cards c"
    assert world.rows(f"{sold} using (card_id) order by ts") == [
        ("watches", "watches-rolex-submariner", 910_050),
        ("pokemon", "base1-4", 42_000),
    ]


def test_items_are_made_only_when_somebody_asks(world: World, tmp_path: Path) -> None:
    path = tmp_path / "watches.csv"
    path.write_text("\n".join([*ROWS, ""]))
    world.fetch(file_source("plain_items"), path, GUIDE_DAY, None)
    with pytest.raises(NothingUsable, match="card_unknown 1"):
        world.validate(file_source("plain_items"), GUIDE_DAY)


def test_two_names_that_would_be_one_card_make_none(world: World, tmp_path: Path) -> None:
    path = tmp_path / "watches.csv"
    path.write_text("\n".join([*ROWS, "rolex-submariner,us9,9100.50,2026-09-01", ""]))
    source = file_source("plain_items")
    world.fetch(source, path, GUIDE_DAY, None)
    with pytest.raises(CatalogRejected, match="would both be watches-rolex-submariner"):
        create_items(world.unit, source, GUIDE_DAY, game="watches")
    assert world.rows("select * from market.games where game = 'watches'") == []


def map_product(world: World, source: str, product: str, card_id: str) -> None:
    row = {
        "source": source,
        "product": product,
        "card_id": card_id,
        "grade_code": None,
        "valid_from": None,
        "confidence": "1.0",
        "evidence": "test",
        "actor": "test",
    }
    products = pl.DataFrame([row], schema=dict.fromkeys(row, pl.String))
    with world.unit() as unit:
        load_product_map(unit, [], products)


def guide(*rows: dict[str, Any]) -> str:
    return json.dumps({"success": True, "errors": [], "results": list(rows)})


def row(product: int, printing: str, market: float | None) -> dict[str, Any]:
    bounds = {"lowPrice": 0.1, "midPrice": 0.51, "highPrice": 25.51, "directLowPrice": None}
    return {"productId": product, **bounds, "marketPrice": market, "subTypeName": printing}


def test_a_price_file_of_tcgcsv_gives_quotes_of_the_runs_day(world: World, tmp_path: Path) -> None:
    map_product(world, "tcgplayer", "451784:Holofoil", "base1-4")
    map_product(world, "tcgplayer", "451784:Reverse Holofoil", "base1-4~reverse")
    path = tmp_path / "prices.json"
    path.write_text(
        guide(
            row(451784, "Holofoil", 0.53),
            row(451784, "Reverse Holofoil", 0.74),
            row(451785, "Normal", None),
            row(451786, "Normal", 3.5),
        )
    )
    told = world.ingest("tcgcsv", path, GUIDE_DAY)
    assert told["quarantined_by_reason"] == {"item_unmapped": 1}
    assert world.rows(
        "select card_id, grade_code, kind, price_cents, day, known_at::date, meta ->> 'midPrice'"
        " from market.reported_prices order by card_id"
    ) == [
        ("base1-4", "raw", "quote", 53, GUIDE_DAY, date(2026, 10, 1), "0.51"),
        ("base1-4~reverse", "raw", "quote", 74, GUIDE_DAY, date(2026, 10, 1), "0.51"),
    ]


def test_the_recorded_price_file_reads_like_ours(world: World, shared_data: Path) -> None:
    source = file_source("tcgcsv")
    path = shared_data / "api_fixtures/tcgcsv/prices_official_doc_example.json"
    receipt = received(source, Window(GUIDE_DAY, GUIDE_DAY), path)
    told = source.read(receipt).rows.select("item", "price", "time").rows()
    assert told == [
        ("451784:Holofoil", "0.53", "2026-09-30"),
        ("451784:Reverse Holofoil", "0.74", "2026-09-30"),
    ]


def test_a_mapping_says_where_the_time_comes_from() -> None:
    text = "source: s\nkind: quote\nitem_is: card_id\ngrade: raw\ncolumns: {item: a, price: b}\n"
    with pytest.raises(FormatRejected, match="time_is: run_day"):
        parse_format("s", text)
    assert parse_format("s", text + "time_is: run_day\n").columns.time is None
