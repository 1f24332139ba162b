"""Every source is asked to its end at the limits of pricer.yaml, in the stated number of runs.

The clock passes only while somebody waits for a turn, so hours of a run take seconds here.
"""

import json
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import polars as pl
import pytest
from fastapi.responses import JSONResponse

from ingestion.adapters.sources.catalog_api import CatalogSource
from ingestion.adapters.sources.edge import GRACE_S, Clock, Edge
from ingestion.adapters.sources.format_files import find_format
from ingestion.adapters.sources.limits import LocalLimit, Rate
from ingestion.adapters.sources.population import PopulationSource
from ingestion.adapters.sources.posts import PostSource, Reddit, X, whole_days
from ingestion.adapters.sources.tcgplayer import TcgplayerSales
from ingestion.adapters.sources.trends import TrendsSource
from ingestion.domain.errors import BudgetSpent, DayOutOfReach, SourceRefused, SourceSilent
from ingestion.domain.facts import Fact
from ingestion.domain.records import Gathered, Window
from ingestion.settings import IngestionSettings
from ingestion.usecases.fetch import fetch, window_of
from ingestion.usecases.fetch_facts import FactSource, Plan, fetch_facts
from kernel.settings import Sources
from stack.ports import PortBook
from tests.ingestion.api import Api, made_api
from tests.ingestion.conftest import World

SUNDAY = datetime(2026, 10, 4, 3, 0, tzinfo=UTC)
DAY = date(2026, 10, 3)  # the run of Sunday speaks of the day that has ended
LIMITS = Sources()
WATCHED = IngestionSettings.model_fields["facts_cards_max"].default
FACTS_S = IngestionSettings.model_fields["facts_deadline_s"].default
PRICES_S = IngestionSettings.model_fields["source_deadline_s"].default
PRODUCTS = 400  # of the simulated market, and PSA's specs of its cards
TERMS = {f"Card {n}": ["base1-4"] for n in range(WATCHED)}


def specs(count: int) -> dict[str, str]:
    """Each of a card of its own: those of one card are asked for together."""
    return {str(n): f"base1-{n}" for n in range(count)}


@dataclass
class Passing:
    """Time that passes only while somebody sleeps."""

    at: float = 0.0

    def sleep(self, seconds: float) -> None:
        self.at += seconds

    def wall(self) -> datetime:
        return SUNDAY + timedelta(seconds=self.at)


@dataclass
class Doors:
    """Doors at the real limits, with one limit for all runs, as Redis has."""

    api: Api
    passing: Passing = field(default_factory=Passing)
    limit: LocalLimit = field(init=False)

    def __post_init__(self) -> None:
        self.limit = LocalLimit(lambda: self.passing.at, self.passing.wall)

    def edge(self, name: str, deadline_s: float) -> Edge:
        rate = Rate(name, getattr(LIMITS, name).rate_limit_per_min)
        clock = Clock(self.passing.sleep, lambda: self.passing.at, self.passing.wall)
        made = replace(self.api.edge(name), rate=rate, deadline_s=deadline_s)
        return replace(made, limit=self.limit, clock=clock)


@pytest.fixture
def doors(port_book: PortBook, first_port: int) -> Iterator[Doors]:
    with made_api(port_book.take("rates", first_port)) as api:
        api.answer = answer
        yield Doors(api)


def answer(path: str, params: dict[str, str], body: Any) -> Any:
    """Each API's shape, with as little in it as may be."""
    yesterday = SUNDAY - timedelta(days=1)
    if path.endswith("explore"):
        request = json.loads(params["req"])
        return {"widgets": [{"id": "TIMESERIES", "token": "T", "request": request}]}
    if path.endswith("multiline"):
        point = {"time": str(int(yesterday.timestamp())), "value": [7], "hasData": [True]}
        return {"default": {"timelineData": [point]}}
    if path.startswith("/r/"):
        post = {"id": params["q"], "title": "love it", "created_utc": yesterday.timestamp()}
        return {"data": {"after": None, "children": [{"kind": "t3", "data": post}]}}
    if path.startswith("/2/tweets"):
        post = {"id": params["query"], "text": "love it", "created_at": yesterday.isoformat()}
        return {"data": [post], "meta": {}}
    return {"SpecID": path.rpartition("/")[2], "PSAPop": {"Grade10": 3}}


def plan(doors: Doors, name: str, deadline_s: float, subjects: Any) -> Plan:
    edge = doors.edge(name, deadline_s)
    made: dict[str, tuple[FactSource, Fact]] = {
        "psa": (PopulationSource(edge), "population"),
        "trends": (TrendsSource(edge), "search_trends"),
        "reddit": (PostSource(Reddit(edge, "PokemonTCG")), "sentiment_daily"),
        "x": (PostSource(X(edge)), "sentiment_daily"),
    }
    source, table = made[name]
    return Plan(source, table, lambda unit, day: subjects, lambda rows: shaped(name, rows))


def shaped(name: str, rows: pl.DataFrame) -> pl.DataFrame:
    """Posts are not scored here, one row stands for those of a piece; one card for all specs'."""
    if name == "psa":
        return rows.with_columns(card_id=pl.lit("base1-4")).unique()
    if name not in ("reddit", "x"):
        return rows
    one = {"card_id": "base1-4", "day": DAY, "posts": rows.height, "positive": 0, "negative": 0}
    return pl.DataFrame([{**one, "score": 0.0, "words": "{}"}])


def question(asked: tuple[str, dict[str, str], Any]) -> str:
    """What was asked, without what the clock puts in."""
    path, params, body = asked
    kept = {key: told for key, told in params.items() if key not in ("start_time", "end_time")}
    return f"{path} {json.dumps(kept)} {json.dumps(body)}"


def runs_until_done(world: World, doors: Doors, made: Plan, most: int) -> int:
    for run in range(1, most + 1):
        told: Any = fetch_facts(world.unit, [made], DAY, now=doors.passing.wall)["sources"]
        if not told[0]["left"]:
            return run
    raise AssertionError(f"not done after {most} runs: {told}")


@pytest.mark.parametrize(
    ("name", "subjects", "questions", "deadline_s", "runs"),
    [
        ("trends", TERMS, 2 * WATCHED, FACTS_S, 1),
        ("trends", TERMS, 2 * WATCHED, 600, 10),
        ("x", TERMS, WATCHED, FACTS_S, 1),
        ("x", TERMS, WATCHED, 600, 13),
        ("reddit", TERMS, WATCHED, FACTS_S, 1),
        ("psa", specs(PRODUCTS), PRODUCTS, FACTS_S, 1),
        ("psa", specs(PRODUCTS), PRODUCTS, 600, 2),
    ],
)
def test_facts_of_all_subjects_are_told_and_nothing_is_asked_twice(
    world: World,
    doors: Doors,
    name: str,
    subjects: Any,
    questions: int,
    deadline_s: float,
    runs: int,
) -> None:
    made = plan(doors, name, deadline_s, subjects)
    assert runs_until_done(world, doors, made, 20) == runs
    asked = Counter(question(one) for one in doors.api.asked)
    assert (len(asked), max(asked.values())) == (questions, 1)
    assert doors.passing.at / runs <= deadline_s + GRACE_S
    per_min = getattr(LIMITS, name).rate_limit_per_min
    assert doors.passing.at >= (questions - 1) * 60 / per_min


def selling(pages: int) -> Any:
    """Sales of any product, newest first, on so many pages."""
    noon = datetime(2026, 10, 3, 12, tzinfo=UTC)

    def told(path: str, params: dict[str, str], body: Any) -> Any:
        begin = body["offset"]
        sales = [
            {
                "condition": "Near Mint",
                "variant": "Holofoil",
                "language": "English",
                "quantity": 1,
                "purchasePrice": 26.12,
                "orderDate": (noon - timedelta(seconds=begin + n)).isoformat(),
            }
            for n in range(25)
        ]
        return {"nextPage": "Yes" if begin < 25 * (pages - 1) else "", "data": sales}

    return told


def shop(doors: Doors, deadline_s: float, products: Sequence[str]) -> TcgplayerSales:
    edge = doors.edge("tcgplayer", deadline_s)
    return TcgplayerSales(find_format("tcgplayer"), edge, lambda: products)


@pytest.mark.parametrize(("deadline_s", "runs"), [(PRICES_S, 1), (600, 2)])
def test_sales_of_all_products_are_stored_and_nothing_is_asked_twice(
    world: World, doors: Doors, deadline_s: float, runs: int
) -> None:
    doors.api.answer = selling(pages=3)
    window = Window(DAY, DAY)
    source = shop(doors, deadline_s, [str(n) for n in range(PRODUCTS)])
    told: Any = {"complete": False}
    done = 0
    while not told["complete"]:
        told = fetch(world.unit, source, window, path=None, item_map=None, now=doors.passing.wall)
        done += 1
    assert done == runs
    asked = Counter(question(one) for one in doors.api.asked)
    assert (len(asked), max(asked.values())) == (3 * PRODUCTS, 1)
    sales = [("tcgplayer", DAY, PRODUCTS * 75)]
    assert world.rows("select source, day, rows_read from market.loads") == sales
    assert world.validate(source, DAY)["read"] == PRODUCTS * 75


def test_what_a_night_could_not_ask_is_asked_first_the_next_night(
    world: World, doors: Doors
) -> None:
    doors.api.answer = selling(pages=1)
    source = shop(doors, 60, [str(n) for n in range(100)])
    clock = doors.passing.wall
    first: Any = fetch(world.unit, source, Window(DAY, DAY), path=None, item_map=None, now=clock)
    assert (first["complete"], first["left"]) == (False, 39)
    doors.api.asked.clear()
    with world.unit() as unit:
        window = window_of(unit, "tcgplayer", since=None, day=DAY + timedelta(days=3))
    assert window.first == DAY, "no day of it counts as read"
    fetch(world.unit, source, window, path=None, item_map=None, now=clock)
    paths = [path.split("/")[3] for path, _, _ in doors.api.asked]
    assert paths[:40] == [*(str(n) for n in range(61, 100)), "0"]


@pytest.mark.parametrize(("per_min", "most"), [(30, 25), (1_500, 25), (6_000, 100)])
def test_a_piece_is_what_a_source_may_be_asked_for_in_a_second_and_25_subjects_at_least(
    doors: Doors, per_min: int, most: int
) -> None:
    edge = replace(doors.edge("psa", FACTS_S), rate=Rate("psa", per_min))
    pieces = PopulationSource(edge).collect(specs(120), Window(DAY, DAY), doors.passing.wall)
    sizes = [len(piece.subjects) for piece in pieces]
    assert (max(sizes), sum(sizes)) == (most, 120)


def test_the_whole_catalog_is_read_within_one_run(doors: Doors) -> None:
    sets = [{"id": f"s{n}", "updatedAt": "2021/08/27 10:17:00"} for n in range(250)]

    def told(path: str, params: dict[str, str], body: Any) -> Any:
        if path == "/v2/sets":
            return {"data": sets, "totalCount": len(sets)}
        return {"data": [{"id": f"{params['q']}-{params['page']}"}] * 250, "totalCount": 500} | (
            {"data": [{"id": f"{params['q']}-{params['page']}"}] * 250}
        )

    doors.api.answer = told
    CatalogSource(doors.edge("catalog", PRICES_S)).collect(Window(DAY, DAY), None)
    assert len(doors.api.asked) == 501, "250 sets of two pages each, more than there are"


def test_a_run_out_of_time_before_its_first_answer_fails(world: World, doors: Doors) -> None:
    source = shop(doors, 0, ["1"])
    with pytest.raises(BudgetSpent, match="0 answers; the next run goes on"):
        fetch(
            world.unit, source, Window(DAY, DAY), path=None, item_map=None, now=doors.passing.wall
        )


def test_one_odd_subject_does_not_keep_the_others_from_being_asked(
    world: World, doors: Doors
) -> None:
    def told(path: str, params: dict[str, str], body: Any) -> Any:
        if path.endswith("/0"):
            return JSONResponse({}, status_code=500)
        return {"odd": 1} if path.endswith("/3") else answer(path, params, body)

    doors.api.answer = told
    made = plan(doors, "psa", FACTS_S, specs(10))
    with pytest.raises(SourceRefused, match="PSAPop"):
        fetch_facts(world.unit, [made], DAY, now=doors.passing.wall)
    assert len({path for path, _, _ in doors.api.asked}) == 10
    assert world.rows("select count(*) from market.loads") == [(0,)]
    doors.api.answer = answer
    doors.api.asked.clear()
    fetch_facts(world.unit, [made], DAY, now=doors.passing.wall)
    assert [path.rpartition("/")[2] for path in doors.api.paths()] == ["0", "3"]


def test_a_source_that_has_nothing_to_tell_of_anyone_is_a_failure(
    world: World, doors: Doors
) -> None:
    doors.api.answer = lambda path, params, body: None
    made = plan(doors, "psa", FACTS_S, specs(200))
    with pytest.raises(SourceSilent, match="nothing about any of 200 subjects"):
        fetch_facts(world.unit, [made], DAY, now=doors.passing.wall)
    assert world.rows("select * from market.loads") == []
    doors.api.answer = answer
    told: Any = fetch_facts(world.unit, [made], DAY, now=doors.passing.wall)["sources"]
    assert (told[0]["asked"], told[0]["told"]) == (200, 200), "all of them are asked again"


@pytest.mark.parametrize(
    ("now", "last", "days"),
    [
        (SUNDAY, DAY, ("2026-09-28", "2026-10-03")),  # X no longer tells last Sunday's first hours
        (SUNDAY + timedelta(days=3), date(2026, 10, 6), ("2026-10-01", "2026-10-06")),
        (SUNDAY, date(2026, 10, 4), ("2026-09-28", "2026-10-03")),  # Sunday is not over
    ],
)
def test_x_tells_whole_days_alone(now: datetime, last: date, days: tuple[str, str]) -> None:
    begins, ends = whole_days(last, now, reach=timedelta(days=7))
    assert (begins.time(), ends.time()) == (datetime.min.time(), datetime.min.time())
    assert (str(begins.date()), str((ends - timedelta(days=1)).date())) == days
    assert begins > now - timedelta(days=7)


def test_a_week_that_reddit_no_longer_tells_of_is_refused_unasked(doors: Doors) -> None:
    doors.api.answer = lambda path, params, body: {"data": {"children": [], "after": None}}
    source = PostSource(Reddit(doors.edge("reddit", FACTS_S), "PokemonTCG"))

    def ask(last: date) -> list[Gathered]:
        return list(source.collect({"Mew": ["base1-4"]}, Window(last, last), lambda: SUNDAY))

    with pytest.raises(DayOutOfReach, match="2026-09-07 to 2026-10-03, not about the week"):
        ask(date(2026, 9, 6))
    assert doors.api.asked == []
    assert len(ask(date(2026, 9, 7))) == len(doors.api.asked) == 1


def test_reddit_reaches_the_whole_week_that_ended(doors: Doors) -> None:
    reach = Reddit(doors.edge("reddit", 1), "PokemonTCG").reach
    begins, ends = whole_days(DAY, SUNDAY, reach=reach)
    assert (ends - begins, begins.date()) == (timedelta(days=7), date(2026, 9, 27))
