"""Owns whether collectors find first what they mean, on the whole catalog and on the demo's."""

import asyncio
import csv
import gzip
import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import psycopg
import pytest
from pydantic import SecretStr

from api_gw.adapters.card_search import PostgresCardSearch
from api_gw.adapters.database import Database
from api_gw.domain.cards import Found
from api_gw.domain.folding import fold
from api_gw.domain.query import parse
from stack.bootstrap.databases import Cluster
from tests.api_gw.conftest import Api, Serving, private_database
from tests.api_gw.judged import LIST
from tests.fixtures.postgres import DatabaseUrls

FIRST_EDITION = """
insert into market.cards (card_id, game, set_id, name, number, rarity, supertype, edition)
select card_id || '~1st', game, set_id, name, number, rarity, supertype, '1st'
from market.cards where card_id = 'base1-4'
"""
CARD_COLUMNS = "card_id, game, set_id, name, number, rarity, supertype, subtypes, artist"

Row = tuple[object, ...]


def load(database: DatabaseUrls, sets: Iterable[dict[str, Any]], cards: Iterable[Row]) -> None:
    with psycopg.connect(database.ingestion) as connection, connection.cursor() as cursor:
        cursor.executemany(
            "insert into market.sets values (%s, 'pokemon', %s, %s, %s, %s, %s, %s)",
            [
                (
                    *(one["id"], one["name"], one["series"], day_of(one["releaseDate"])),
                    *(one["printedTotal"], one["total"], one.get("ptcgoCode")),
                )
                for one in sets
            ],
        )
        with cursor.copy(f"copy market.cards ({CARD_COLUMNS}) from stdin") as copy:
            for card in cards:
                copy.write_row(card)
        cursor.execute(FIRST_EDITION)
        cursor.execute("select market.refresh_card_search()")


def day_of(text: str) -> str | None:
    return text.replace("/", "-") if text[0].isdigit() else None


@pytest.fixture(scope="session")
def whole_catalog(postgres: Cluster, shared_data: Path) -> DatabaseUrls:
    """Every real card, one printing of each number."""
    folder = shared_data / "pokemon_catalog"
    with gzip.open(folder / "cards_en.csv.gz", "rt") as file:
        rows = {(row["set_id"], row["number"]): row for row in csv.DictReader(file)}
    database = private_database(postgres, "api_whole_catalog").urls
    load(
        database,
        json.loads((folder / "sets_en.json").read_text()),
        (
            (
                *(row["id"], "pokemon", row["set_id"], row["name"], row["number"]),
                *(row["rarity"] or None, row["supertype"], row["subtypes"].split("|")),
                row["artist"] or None,
            )
            for row in rows.values()
        ),
    )
    return database


@pytest.fixture(scope="session")
def few_cards(postgres: Cluster, repository: Path) -> DatabaseUrls:
    """The simulator's cards."""
    cards = json.loads((repository / "stack" / "simulator" / "catalog.json").read_text())
    database = private_database(postgres, "api_few_cards").urls
    load(
        database,
        {card["set"]["id"]: card["set"] for card in cards}.values(),
        (
            (
                *(card["id"], "pokemon", card["set"]["id"], card["name"], card["number"]),
                *(card["rarity"], card["supertype"], card["subtypes"], card.get("artist")),
            )
            for card in cards
        ),
    )
    return database


def first_hits(database: DatabaseUrls, typed: Iterable[str]) -> dict[str, str]:
    async def ask() -> dict[str, Found]:
        connected = Database(SecretStr(database.api_gw))
        search = PostgresCardSearch(connected)
        found = {
            text: await search.find(parse(text), set_id=None, offset=0, limit=3) for text in typed
        }
        await connected.close()
        return found

    return {
        text: found.cards[0].card_id if found.cards else "nothing"
        for text, found in asyncio.run(ask()).items()
    }


def test_every_judged_search_on_the_whole_catalog(whole_catalog: DatabaseUrls) -> None:
    expected = {judged.typed: judged.whole for judged in LIST}
    assert first_hits(whole_catalog, expected) == expected


def test_the_judged_searches_that_make_sense_on_the_demos_cards(few_cards: DatabaseUrls) -> None:
    expected = {judged.typed: judged.few for judged in LIST if judged.few}
    assert len(expected) >= 25
    assert first_hits(few_cards, expected) == expected


def test_the_database_folds_names_as_the_service_does(whole_catalog: DatabaseUrls) -> None:
    with psycopg.connect(whole_catalog.superuser) as connection:
        names = connection.execute(
            "select distinct name, market.fold(name) from market.cards"
            " union select distinct name, market.fold(name) from market.sets"
        ).fetchall()
    assert len(names) > 4000
    assert {name: fold(name) for name, _ in names} == dict(names)


def test_refreshing_again_changes_nothing(few_cards: DatabaseUrls) -> None:
    with psycopg.connect(few_cards.ingestion) as connection:
        assert connection.execute("select market.refresh_card_search()").fetchone() == (0,)


def test_every_search_uses_the_index(whole_catalog: DatabaseUrls) -> None:
    with psycopg.connect(whole_catalog.superuser) as connection:
        plan = connection.execute(
            "explain select card_id from market.card_search"
            " where document @@ '''charizard'':* & ''#4'''::tsquery"
        ).fetchall()
    assert any("card_search_document" in line for (line,) in plan)


@pytest.fixture
def few(few_cards: DatabaseUrls, serving: Serving) -> Api:
    return serving(few_cards.api_gw)


def test_pages_together_hold_every_card_once(few: Api) -> None:
    pages = [few(f"/search?limit=100&page={page}").json() for page in range(1, 7)]
    ids = [card["card_id"] for page in pages for card in page["cards"]]
    assert {page["total"] for page in pages} == {401}
    assert (len(ids), len(set(ids))) == (401, 401)
    assert pages[5]["cards"] == []


def test_a_page_beyond_the_last_still_says_the_total(few: Api) -> None:
    page = few("/search?q=charizard&page=400").json()
    assert (page["cards"], page["total"]) == ([], few("/search?q=charizard").json()["total"])


@pytest.mark.parametrize("said", ["swsh7", "Evolving%20Skies", "evolving-skies"])
def test_a_set_is_named_by_id_or_name(said: str, few: Api) -> None:
    page = few(f"/search?q=umbreon&set={said}").json()
    assert {card["set_id"] for card in page["cards"]} == {"swsh7"}


def test_a_correction_is_said(few: Api) -> None:
    page = few("/search?q=mewtow%20gx").json()
    assert (page["corrected"], page["matched_all"]) == ("mewtwo gx", True)
    assert few("/search?q=mewtwo%20gx").json()["corrected"] is None


def test_a_grade_in_the_query_is_handed_back(few: Api) -> None:
    page = few("/search?q=charizard%20psa%2010").json()
    assert (page["grade"], page["cards"][0]["card_id"]) == ("psa10", "base1-4")


def test_when_no_card_has_everything_those_with_some_of_it_come(few: Api) -> None:
    page = few("/search?q=umbreon%20base").json()
    assert page["matched_all"] is False
    assert page["cards"][0]["name"].startswith("Umbreon")


def test_what_nothing_is_like_finds_nothing(few: Api) -> None:
    for typed in ("xyzzyq", "%F0%9F%99%82", "%27", "--", "%00"):
        assert few(f"/search?q={typed}").json()["cards"] == []


@pytest.mark.parametrize(
    "typed",
    [
        "'; drop table market.cards; --",
        "charizard' or '1'='1",
        "a & b | !c <-> (d:*A)",
        "charizard:*",
        "\\' \\\\ %' _",
        "$1 {0} %s",
        "<script>alert(1)</script>",
        "ﬀ ℌ １５１ ٤",
        "ZA̡͊͠͝LGO",
        "((((((((((((((((((((",
        "x" * 120,
        " ".join("abcdefghijklmnopqrstuvwxyz") * 2,
    ],
)
def test_no_query_is_an_error(typed: str, few: Api) -> None:
    answer = few(f"/search?{urlencode({'q': typed[:120]})}")
    assert answer.status_code == 200, answer.text
    assert few("/search?q=charizard").json()["total"] > 0
