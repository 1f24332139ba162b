"""Population, search trends and posts over real HTTP, into their append-only tables."""

import json
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from fastapi.responses import JSONResponse, Response

from ingestion.adapters.sources.fact_plans import fact_plans
from ingestion.adapters.sources.population import counts_of
from ingestion.domain.errors import SourceRefused, SourceUnavailable
from ingestion.domain.facts import Watched, terms_of
from ingestion.usecases.fetch_facts import fetch_facts
from stack.ports import PortBook
from tests.ingestion.api import Api, made_api
from tests.ingestion.conftest import World, WriteCsv
from tests.ingestion.test_other_markets import map_product

NOW = datetime(2026, 9, 30, 3, 0, tzinfo=UTC)
DAY = date(2026, 9, 30)


@pytest.fixture
def api(port_book: PortBook, first_port: int) -> Iterator[Api]:
    with made_api(port_book.take("facts", first_port)) as made:
        yield made


@pytest.fixture
def sold(world: World, plain_file: WriteCsv) -> World:
    """A world in which two cards of one name and set were sold, and a variant of one."""
    lines = ["base1-4", "base1-4", "base1-2", "base1-4~1st"]
    days = [f"{card},raw,10.00,2026-09-0{n}T10:00:00Z,{n}" for n, card in enumerate(lines, 1)]
    world.ingest("plain_sales", plain_file("a.csv", days), DAY)
    return world


def fetched(world: World, api: Api, fact: str, now: datetime = NOW) -> Any:
    plans = fact_plans(fact, api.edge, subreddit="PokemonTCG", most=10)
    return fetch_facts(world.unit, plans, now.date(), now=lambda: now)["sources"]


def report(spec: int, **grades: int) -> dict[str, Any]:
    return {"SpecID": spec, "Description": "1999", "PSAPop": {"Total": 99, "Auth": 1, **grades}}


def test_population_is_kept_by_grade_and_only_what_changes_is_added(world: World, api: Api) -> None:
    map_product(world, "psa", "4808918", "base1-4")
    map_product(world, "psa", "4808919", "base1-2")
    counts = {"Grade8_5": 3, "Grade9": 7, "Grade9Q": 2, "Grade10": 121}

    def answer(path: str, params: dict[str, str], body: Any) -> Any:
        return report(4808918, **counts) if path.endswith("/4808918") else None

    api.answer = answer
    assert fetched(world, api, "population") == [
        {
            "source": "psa_population",
            "asked": 2,
            "told": 1,
            "left": 0,
            "read": 4,
            "rows": 4,
            "added": 4,
        }
    ]
    assert api.paths()[0] == "/publicapi/pop/GetPSASpecPopulation/4808918"
    assert fetched(world, api, "population", NOW + timedelta(hours=1))[0]["added"] == 0
    counts["Grade10"] = 125
    assert fetched(world, api, "population", NOW + timedelta(hours=2))[0]["added"] == 1
    tens = "select grade_code, day, population, known_at from market.population"
    assert world.rows(f"{tens} where grade_code = 'psa10' order by known_at") == [
        ("psa10", DAY, 121, NOW),
        ("psa10", DAY, 125, NOW + timedelta(hours=2)),
    ]
    position = world.rows("select position from market.source_cursors where stream = ''")
    assert position == [((NOW + timedelta(hours=2)).isoformat(),)]


def test_a_recorded_certificate_tells_the_population_of_its_grade(shared_data: Path) -> None:
    recorded = shared_data / "api_fixtures/psa/cert_94597302.json"
    assert counts_of(json.loads(recorded.read_text())) == {"psa1": 2}


def test_a_report_of_another_shape_stores_nothing(world: World, api: Api) -> None:
    map_product(world, "psa", "4808918", "base1-4")
    api.answer = lambda path, params, body: {"SpecID": 4808918, "Populations": []}
    with pytest.raises(SourceRefused, match="PSAPop"):
        fetched(world, api, "population")
    assert not [key for key in world.lake.keys("raw", "") if "psa_population" in key]
    assert world.rows("select * from market.loads") == []


def guarded(told: Any) -> Response:
    return Response(")]}',\n" + json.dumps(told), media_type="application/json")


def point(day: date, value: int, **other: Any) -> dict[str, Any]:
    at = int(datetime(day.year, day.month, day.day, tzinfo=UTC).timestamp())
    return {"time": str(at), "value": [value], "hasData": [True], **other}


def test_trends_are_asked_for_once_a_term_and_kept_with_their_window(sold: World, api: Api) -> None:
    first = DAY - timedelta(days=89)
    days = [point(first, 40), point(DAY - timedelta(days=1), 100), point(first, 0, hasData=[False])]

    def answer(path: str, params: dict[str, str], body: Any) -> Any:
        request = json.loads(params["req"])
        if path.endswith("explore"):
            widget = {"id": "TIMESERIES", "token": "T1", "request": request | {"resolution": "DAY"}}
            return guarded({"widgets": [{"id": "GEO_MAP"}, widget]})
        assert (params["token"], request["resolution"]) == ("T1", "DAY")
        return guarded({"default": {"timelineData": [*days, point(DAY, 7, isPartial=True)]}})

    api.answer = answer
    assert fetched(sold, api, "search_trends")[0]["added"] == 4
    questions = [json.loads(params["req"])["comparisonItem"][0] for _, params, _ in api.asked]
    assert [q["keyword"] for q in questions[::2]] == ["Charizard Base", "Blastoise Base"]
    assert questions[0]["time"] == f"{first} {DAY}"
    kept = sold.rows(
        "select day, interest, term, window_first, window_last, known_at"
        " from market.search_trends where card_id = 'base1-4' order by day"
    )
    rest = ("Charizard Base", first, DAY, NOW)
    assert kept == [(first, 40, *rest), (DAY - timedelta(days=1), 100, *rest)]
    assert fetched(sold, api, "search_trends", NOW + timedelta(minutes=1))[0]["added"] == 0


def test_cards_of_one_name_and_set_share_a_question() -> None:
    cards = [
        Watched("a-1", "Pikachu Jungle"),
        Watched("a-2", "Mew"),
        Watched("a-3", "Pikachu Jungle"),
    ]
    assert terms_of(cards) == {"Pikachu Jungle": ["a-1", "a-3"], "Mew": ["a-2"]}


def reddit_post(number: int, at: datetime, title: str) -> dict[str, Any]:
    told = {"id": f"p{number}", "title": title, "selftext": "", "created_utc": at.timestamp()}
    return {"kind": "t3", "data": told}


def reddit_page(params: dict[str, str]) -> Any:
    yesterday = NOW - timedelta(days=1)
    pages = {
        None: ([(1, yesterday, "I LOVE this card!!"), (2, yesterday, "What is it?")], "t3_p2"),
        "t3_p2": (
            [
                (2, yesterday, "What is it?"),
                (3, yesterday - timedelta(days=1), "Not worth it, overpriced"),
                (4, NOW - timedelta(days=20), "To the moon"),
            ],
            "t3_p4",
        ),
    }
    posts, after = pages[params.get("after")]
    children = [reddit_post(*post) for post in posts]
    return {"kind": "Listing", "data": {"after": after, "children": children}}


def x_page(params: dict[str, str]) -> Any:
    assert params["start_time"] == "2026-09-24T00:00:00Z"
    assert params["end_time"] == "2026-09-30T00:00:00Z"
    told = {"id": "17", "text": "huge dip, regret buying", "created_at": "2026-09-29T10:00:00.000Z"}
    if "next_token" in params:
        return {"meta": {"result_count": 0}}
    return {"data": [told], "meta": {"result_count": 1, "next_token": "b26"}}


def answer_posts(path: str, params: dict[str, str], body: Any) -> Any:
    if path == "/r/PokemonTCG/search":
        if params["q"] != '"Charizard Base"':
            return {"kind": "Listing", "data": {"after": None, "children": []}}
        return reddit_page(params)
    return x_page(params) if "Charizard" in params["query"] else {"meta": {"result_count": 0}}


def test_posts_become_a_days_mood_with_the_words_that_made_it(sold: World, api: Api) -> None:
    api.answer = answer_posts
    told = fetched(sold, api, "sentiment")
    assert [(one["source"], one["read"], one["added"]) for one in told] == [
        ("reddit", 3, 2),
        ("x", 1, 1),
    ]
    moods = sold.rows(
        "select source, day, posts, positive, negative, score > 0, words"
        " from market.sentiment_daily order by source, day desc"
    )
    assert moods == [
        ("reddit", date(2026, 9, 29), 2, 1, 0, True, {"LOVE!!": 3.75}),
        (
            "reddit",
            date(2026, 9, 28),
            1,
            0,
            1,
            False,
            {"overpriced": -2.5, "not .. worth it": -1.5},
        ),
        ("x", date(2026, 9, 29), 1, 0, 1, False, {"regret buying": -2.5, "huge dip": -2.0}),
    ]
    assert [one["added"] for one in fetched(sold, api, "sentiment", NOW)] == [0, 0]


def test_a_service_that_is_down_does_not_stop_the_other(sold: World, api: Api) -> None:
    def answer(path: str, params: dict[str, str], body: Any) -> Any:
        if path.startswith("/r/"):
            return JSONResponse({}, status_code=503)
        return answer_posts(path, params, body)

    api.answer = answer
    with pytest.raises(SourceUnavailable, match="503"):
        fetched(sold, api, "sentiment")
    assert sold.rows("select source, count(*) from market.sentiment_daily group by 1") == [("x", 1)]
    api.answer = answer_posts
    assert [one["added"] for one in fetched(sold, api, "sentiment")] == [2, 0]


def test_facts_cannot_be_changed_by_the_login_that_adds_them(world: World) -> None:
    for table in ("population", "search_trends", "sentiment_daily"):
        for right in ("update", "delete"):
            held = world.rows(f"select has_table_privilege('market.{table}', '{right}')")
            assert held == [(False,)], (table, right)
