"""The card catalog over real HTTP: pages, and only what has changed."""

import json
from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest

from ingestion.adapters.catalog_files import catalog_of
from ingestion.adapters.sources.catalog_api import CatalogSource
from ingestion.domain.errors import CatalogRejected, SourceRefused
from ingestion.usecases.refresh_catalog import refresh_catalog
from stack.ports import PortBook
from tests.ingestion.api import Api, made_api
from tests.ingestion.conftest import World

NOW = datetime(2026, 9, 30, 3, 0, tzinfo=UTC)


def card_set(name: str, updated: str, total: int = 2) -> dict[str, Any]:
    told = {"id": name, "name": name.upper(), "series": "Base", "printedTotal": total}
    return {**told, "total": total, "releaseDate": "2021/08/27", "updatedAt": updated}


def card(of: dict[str, Any], number: int, **other: Any) -> dict[str, Any]:
    told = {"id": f"{of['id']}-{number}", "name": f"Card {number}", "number": str(number)}
    return {**told, "supertype": "Pokémon", "images": {"small": "s.png"}, "set": of, **other}


SETS = [card_set("old1", "2020/01/01 10:00:00"), card_set("new1", "2021/08/27 10:17:00", 300)]


def answer(path: str, params: dict[str, str], body: Any) -> Any:
    if path == "/v2/sets":
        rows = SETS
    else:
        found = next(one for one in SETS if params["q"] == f"set.id:{one['id']}")
        rows = [card(found, number) for number in range(1, found["total"] + 1)]
    begin = (int(params["page"]) - 1) * int(params["pageSize"])
    page = rows[begin : begin + int(params["pageSize"])]
    counts = {"page": int(params["page"]), "pageSize": 250, "count": len(page)}
    return {"data": page, **counts, "totalCount": len(rows)}


@pytest.fixture
def api(port_book: PortBook, first_port: int, monkeypatch: pytest.MonkeyPatch) -> Iterator[Api]:
    with made_api(port_book.take("catalog", first_port)) as made:
        made.answer = answer
        yield made


def refreshed(world: World, api: Api, *, whole: bool = False) -> Any:
    source = CatalogSource(api.edge("catalog"))
    return refresh_catalog(world.unit, source, date(2026, 9, 30), whole=whole, now=NOW)


def test_all_pages_of_all_sets_come_in_and_then_only_changed_sets(world: World, api: Api) -> None:
    told = refreshed(world, api)
    assert (told["since"], told["cards_changed"], told["sets_changed"]) == (None, 302, 2)
    assert len(api.asked) == 4, "the sets, one page of the small set and two of the large"
    assert world.rows("select source, position from market.source_cursors") == [
        ("catalog", "2021/08/27 10:17:00")
    ]
    api.asked.clear()
    again = refreshed(world, api)
    assert (again["cards"], again["cards_changed"]) == (300, 0)
    assert [params.get("q") for _, params, _ in api.asked] == [None, "set.id:new1", "set.id:new1"]


def test_a_set_that_was_updated_is_read_again(
    world: World, api: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    refreshed(world, api)
    monkeypatch.setitem(SETS[0], "updatedAt", "2022/01/01 00:00:00")
    monkeypatch.setitem(SETS[0], "total", 3)
    assert refreshed(world, api)["cards_changed"] == 1
    assert refreshed(world, api)["since"] == "2022/01/01 00:00:00"
    assert refreshed(world, api, whole=True)["cards"] == 303


def test_a_catalog_that_changed_its_shape_changes_nothing(world: World, api: Api) -> None:
    api.answer = lambda path, params, body: {"cards": []}
    with pytest.raises(SourceRefused, match="list `data`"):
        refreshed(world, api)
    rows = [{**SETS[0], "name": None}]
    api.answer = lambda path, params, body: {"data": rows, "totalCount": 1}
    with pytest.raises(CatalogRejected, match="name"):
        refreshed(world, api, whole=True)
    assert world.rows("select * from market.source_cursors") == []
    assert world.rows("select * from market.cards where set_id = 'old1'") == []


def test_the_recorded_reply_reads_like_ours(shared_data: Path) -> None:
    recorded = shared_data / "api_fixtures/pokemontcgio/cards_response_swsh7-211.json"
    sets, cards = catalog_of("recorded", json.loads(recorded.read_text())["data"])
    assert [(one.card_id, one.name, one.card_set.name) for one in cards] == [
        ("swsh7-211", "Sylveon VMAX", "Evolving Skies")
    ]
    assert (sets[0].release_date, sets[0].code) == (date(2021, 8, 27), "EVS")
