"""Two sources, or two grades, that cannot both be right: flagged, not announced, set free again."""

from collections.abc import Mapping
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import polars as pl
import psycopg
import pytest

from ingestion.adapters.sources.files import FileSource
from ingestion.adapters.sources.format_files import find_format
from ingestion.domain.divergence import CLOSES, MEDIANS, DivergenceRule, divergences
from ingestion.ports.by_hand import Turn
from ingestion.usecases.announce_closes import announce_closes
from ingestion.usecases.by_hand import revise_trade
from ingestion.usecases.check_divergences import check_divergences
from kernel.db.market import divergent_on
from tests.ingestion.conftest import Job, World, WriteCsv

RULE = DivergenceRule(window_days=30, min_prices=3, source_factor=2.0, grade_ratio_factor=8.0)
DAY, NEXT = date(2024, 5, 20), date(2024, 5, 21)
SILENT, LATER = date(2024, 7, 10), date(2024, 7, 20)
NOW = datetime(2024, 7, 21, tzinfo=UTC)
FLAGS = (
    "select card_id, grade_code, rule, ratio, as_of, closed_as_of from market.divergences"
    " order by card_id, grade_code, divergence_id"
)
ANNOUNCED = (
    "select stage, card_id, grade_code, as_of from market.dirty"
    " where stage in ('signals', 'search') order by 1, 2, 3, 4"
)


def sales(*cents: int, day: int = 10, name: str = "s", grade: str = "psa9") -> list[str]:
    return [
        f"base1-4,{grade},{price / 100:.2f},2024-05-{day:02}T1{at}:00:00Z,{name}{at}"
        for at, price in enumerate(cents)
    ]


def other() -> FileSource:
    return FileSource(find_format("plain_sales").model_copy(update={"source": "other_sales"}))


def corrected(world: World, plain_file: WriteCsv) -> None:
    """The source that was wrong tells what the other one told two months before."""
    fair = [line.replace("-05-", "-07-") for line in sales(10_100, 10_200, 9_900, day=15, name="n")]
    world.ingest(other(), plain_file("fair.csv", fair), LATER)
    world.build()


def check(world: World, day: date | None = DAY) -> Mapping[str, Any]:
    with world.unit() as unit:
        return check_divergences(unit, day, RULE, now=NOW)


def announced(world: World) -> list[Any]:
    found = world.rows(ANNOUNCED)
    with psycopg.connect(world.url) as connection:
        connection.execute("delete from market.dirty where stage in ('signals', 'search')")
    return found


def revoked(world: World, sale: str) -> None:
    """A person says that a sale never stood."""
    named = f"select trade_id, ts from market.trades where source_sale_id = '{sale}'"
    [(trade_id, sold_at)] = world.rows(named)
    with world.unit() as unit:
        turn, now = Turn("revoked", sold_at), datetime.now(UTC)
        revise_trade(unit, trade_id, turn, reason="paid back", actor="ann", now=now)


def test_two_sources_that_disagree_flag_the_instrument_until_they_agree(
    world: World, plain_file: WriteCsv
) -> None:
    world.ingest("plain_sales", plain_file("a.csv", sales(10_000, 10_500, 9_800)), DAY)
    world.ingest(other(), plain_file("b.csv", sales(45_000, 44_000, 47_000, name="o")), DAY)
    world.build()
    announced(world)
    told = check(world)
    assert (told["opened"], told["flagged"]) == (1, 1)
    assert world.rows(FLAGS) == [("base1-4", "psa9", "sources", 4.5, DAY, None)]
    # Signals hear of the flag once, and nobody of a change of price while it is up.
    assert announced(world) == [("signals", "base1-4", "psa9", DAY)]
    assert (check(world)["opened"], announced(world)) == (0, [])
    world.ingest("plain_sales", plain_file("c.csv", sales(11_000, day=15, name="c")), DAY)
    world.build()
    assert announced(world) == []
    with psycopg.connect(world.url) as connection:
        assert divergent_on(connection, DAY, history_since={}) == {("base1-4", "psa9"): 4.5}
        assert divergent_on(connection, date(2024, 5, 19), history_since={}) == {}

    # Two months on nothing of this is within the window, but nobody has taken anything back.
    assert (check(world, NEXT)["closed"], check(world, SILENT)["closed"]) == (0, 0)
    corrected(world, plain_file)
    announced(world)
    assert check(world, LATER)["closed"] == 1
    assert world.rows(FLAGS) == [("base1-4", "psa9", "sources", 4.5, DAY, LATER)]
    freed = [(stage, "base1-4", "psa9", LATER) for stage in ("search", "signals")]
    assert announced(world) == freed
    with psycopg.connect(world.url) as connection:
        assert divergent_on(connection, LATER, history_since={}) == {}
        assert divergent_on(connection, DAY, history_since={}) != {}
    # A day before one that was judged is left alone.
    assert check(world)["skipped"] is True


class Listener:
    """A topic that remembers what it was told."""

    def __init__(self) -> None:
        self.heard: list[Any] = []

    def publish(self, message: Mapping[str, Any]) -> None:
        self.heard += message["instruments"]


def announce(world: World) -> tuple[list[Any], Mapping[str, object]]:
    topic = Listener()
    with world.unit() as unit:
        summary, _ = announce_closes(unit, topic)
    return topic.heard, summary


def test_the_change_that_raised_the_flag_is_not_announced_until_it_is_taken_back(
    world: World, plain_file: WriteCsv
) -> None:
    """As a night runs: bars, flags, and only then what the search is told."""
    world.ingest("plain_sales", plain_file("a.csv", sales(10_000, 10_500, 9_800)), DAY)
    world.build()
    check(world)
    assert announce(world)[0] == [["base1-4", "psa9"]]

    fair = [line.replace("base1-4", "base1-2") for line in sales(3_000, name="f")]
    wrong = sales(45_000, 44_000, 47_000, day=11, name="o")
    world.ingest(other(), plain_file("b.csv", wrong), DAY)
    world.ingest("plain_sales", plain_file("c.csv", fair), DAY)
    world.build()
    assert check(world)["opened"] == 1
    heard, summary = announce(world)
    assert (heard, summary["withheld"]) == ([["base1-2", "psa9"]], 1)
    assert announce(world)[0] == []

    corrected(world, plain_file)
    check(world, LATER)
    assert announce(world)[0] == [["base1-4", "psa9"]]


def test_a_source_that_goes_on_alone_frees_nobody_while_it_says_what_it_said(
    world: World, plain_file: WriteCsv
) -> None:
    world.ingest("plain_sales", plain_file("a.csv", sales(10_000, 10_500, 9_800)), DAY)
    world.ingest(other(), plain_file("b.csv", sales(45_000, 44_000, 47_000, name="o")), DAY)
    world.build()
    check(world)
    again = [line.replace("-05-", "-07-") for line in sales(45_500, 46_000, 44_500, name="p")]
    world.ingest(other(), plain_file("c.csv", again), LATER)
    world.build()
    assert (check(world, LATER)["closed"], check(world, LATER)["flagged"]) == (0, 1)


def test_taking_the_wrong_prices_back_frees_an_instrument_of_silent_sources(
    world: World, plain_file: WriteCsv
) -> None:
    world.ingest("plain_sales", plain_file("a.csv", sales(10_000, 10_500, 9_800)), DAY)
    world.ingest(other(), plain_file("b.csv", sales(45_000, 44_000, 47_000, name="o")), DAY)
    world.build()
    check(world)
    revoked(world, "o0")
    assert check(world, LATER)["closed"] == 1


def test_a_flag_is_never_taken_back_for_a_day_before_its_own(
    world: World, plain_file: WriteCsv
) -> None:
    world.ingest("plain_sales", plain_file("a.csv", sales(10_000, 10_500, 9_800)), DAY)
    world.ingest(other(), plain_file("b.csv", sales(45_000, 44_000, 47_000, name="o")), DAY)
    world.build()
    check(world)
    with (
        psycopg.connect(world.url) as connection,
        pytest.raises(psycopg.errors.CheckViolation, match="closed_after"),
    ):
        connection.execute(
            "update market.divergences set closed_at = now(), closed_as_of = as_of - 1"
        )


def test_a_source_with_too_few_prices_flags_nothing(world: World, plain_file: WriteCsv) -> None:
    world.ingest("plain_sales", plain_file("a.csv", sales(10_000, 10_500, 9_800)), DAY)
    world.ingest(other(), plain_file("b.csv", sales(45_000, 44_000, name="o")), DAY)
    world.build()
    assert check(world, None)["as_of"] == "2024-05-10"
    assert world.rows(FLAGS) == []


def test_revoked_sales_do_not_speak(world: World, plain_file: WriteCsv) -> None:
    world.ingest("plain_sales", plain_file("a.csv", sales(10_000, 10_500, 9_800)), DAY)
    world.ingest(other(), plain_file("b.csv", sales(45_000, 44_000, 47_000, name="o")), DAY)
    revoked(world, "o0")
    world.build()
    assert check(world)["opened"] == 0


def closes(raw: int, ten: int, neighbours: int = 12) -> pl.DataFrame:
    """A card of these closes in cents among neighbours at five to nine times their raw price."""
    others = [(f"set-{at}", 1_000, 500 * (10 + at % 9)) for at in range(neighbours)]
    rows = [
        (card, "set", "quote", grade, cents)
        for card, low, high in [("set-odd", raw, ten), *others]
        for grade, cents in (("raw", low), ("psa10", high))
    ]
    return pl.DataFrame(rows, schema=CLOSES, orient="row")


@pytest.mark.parametrize(
    ("raw", "ten", "flagged"), [(414, 38_469, True), (414, 3_000, False), (10_000, 5_000, True)]
)
def test_a_grade_ratio_absurd_in_its_set_flags_both_grades(
    raw: int, ten: int, flagged: bool
) -> None:
    found = divergences(pl.DataFrame(schema=MEDIANS), closes(raw, ten), RULE)
    named = [("set-odd", "psa10"), ("set-odd", "raw")] if flagged else []
    assert list(found.select("card_id", "grade_code").iter_rows()) == named


def test_too_few_neighbours_have_no_distribution() -> None:
    few = closes(414, 38_469, neighbours=6)
    assert divergences(pl.DataFrame(schema=MEDIANS), few, RULE).is_empty()
    only_raw = few.filter(pl.col("grade_code") == "raw")
    assert divergences(pl.DataFrame(schema=MEDIANS), only_raw, RULE).is_empty()


def test_the_set_of_a_flagged_ratio_is_heard_since_the_window_that_raised_the_flag(
    world: World, plain_file: WriteCsv
) -> None:
    priced = [
        line
        for grade, cents in (("raw", 414), ("psa10", 38_469))
        for line in sales(cents, grade=grade, name=grade)
    ]
    world.ingest("plain_sales", plain_file("a.csv", priced), DAY)
    world.build()
    with world.unit() as unit:
        assert unit.divergences.closes_since(LATER, 45).is_empty()
    with psycopg.connect(world.url) as connection:
        connection.execute(
            "insert into market.divergences"
            " (card_id, grade_code, rule, as_of, ratio, fence, detail, opened_at)"
            " values ('base1-4', 'raw', 'grade_ratio', %s, 9, 8, '{}', %s)",
            (DAY, NOW),
        )
    with world.unit() as unit:
        heard = unit.divergences.closes_since(LATER, 45)
        assert unit.divergences.closes(LATER, 45).is_empty()
    assert set(heard.select("card_id", "grade_code", "close_cents").iter_rows()) == {
        ("base1-4", "raw", 414),
        ("base1-4", "psa10", 38_469),
    }


def test_of_the_real_guide_one_card_of_the_last_month_is_flagged(shared_data: Path) -> None:
    """Tarountula at $4.14 raw and $384.69 as PSA 10, with 27.6 the next largest ratio."""
    folder = shared_data / "pokemon_graded_monthly"
    ids = pl.read_csv(folder / "card_id_map.csv").drop_nulls("pokemontcg_id")
    once = ids.filter(~pl.col("pokemontcg_id").is_duplicated())
    told = pl.read_parquet(folder / "card_market_history.parquet").join(
        once.select("card_id", "pokemontcg_id"), on="card_id"
    )
    grades = {"RAW": "raw", "PSA_10": "psa10"}
    rows = told.filter(pl.col("grade_id").is_in(list(grades))).select(
        "month",
        card_id="pokemontcg_id",
        set_id=pl.col("pokemontcg_id").str.split("-").list.first(),
        kind=pl.lit("quote"),
        grade_code=pl.col("grade_id").replace_strict(grades),
        close_cents=(pl.col("market_price") * 100).round().cast(pl.Int64),
    )
    nothing = pl.DataFrame(schema=MEDIANS)
    months = {
        month: set(divergences(nothing, part.drop("month"), RULE).get_column("card_id"))
        for (month,), part in rows.group_by("month")
    }
    cards = sum(map(len, months.values()))
    pairs = rows.filter(pl.col("grade_code") == "psa10").height
    print(f"flagged {cards} of {pairs} card-months in {len(months)} months")
    assert months[max(months)] == {"sv1-199"}
    assert cards < pairs / 500


def test_the_job_takes_its_factors_from_the_settings(world: World, job: Job) -> None:
    done = job("check_divergences", "--date", str(DAY))
    assert (done.code, done.summary["flagged"]) == (0, 0)
    wrong = job("check_divergences", PRICER_ETL__DIVERGENCE__SOURCE_FACTOR="0.5")
    assert wrong.code == 1
    assert "source_factor" in wrong.said
