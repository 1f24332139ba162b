"""What is learned of an archived month brings it back first: nothing is lost or told twice."""

import subprocess
import sys
from collections.abc import Callable
from datetime import UTC, date, datetime
from pathlib import Path
from threading import Thread
from time import monotonic, sleep

import polars as pl
import psycopg
import pytest

from ingestion.domain.backfill import BackfillRequest
from ingestion.domain.errors import MonthLost
from ingestion.ports.by_hand import Turn
from ingestion.usecases.archive import archive_months
from ingestion.usecases.backfill import plan_backfill, run_backfill
from ingestion.usecases.build_bars import build_bars
from ingestion.usecases.by_hand import judge_by_hand, revise_trade
from ingestion.usecases.filter_months import filter_months
from ingestion.usecases.judge_outliers import judge_outliers
from ingestion.usecases.publish_curated import publish_curated
from ingestion.usecases.remap import remap
from kernel.ids import CardId, GradeCode, Instrument
from tests.ingestion.conftest import World, WriteCsv
from tests.ingestion.test_identity import Shop, change, item, mapped, slab

OLD, NEW, TODAY = date(2022, 5, 10), date(2024, 5, 10), date(2024, 6, 15)
NOW = datetime(2024, 6, 16, tzinfo=UTC)
OLD_BAR = "select volume from market.prices_daily where day = '2022-05-10'"
AWAY = "select parent, month::text from market.archived_months where restored_at is null order by 1"


def sale(day: date, number: int, price: int = 100, name: str | None = None) -> str:
    called = name or f"s{day}-{number}"
    return f"base1-4,psa9,{price}.00,{day}T10:00:{number:02}Z,{called}"


def settle(world: World) -> None:
    """Everything built and published, no work left anywhere."""
    world.build()
    with world.unit() as unit:
        publish_curated(unit)
        for stage in ("signals", "search"):
            unit.work.clear(stage, unit.work.pending(stage))


def archive(world: World, today: date = TODAY) -> int:
    return int(str(archive_months(world.unit, today, keep_months=24)["archived"]))


def id_of(world: World, sale_id: str) -> int:
    ((key,),) = world.rows(
        "select trade_id from (select trade_id, source_sale_id from market.trades union all"
        " select trade_id, source_sale_id from market.trades_archived) t"
        f" where source_sale_id = '{sale_id}'"
    )
    return int(key)


@pytest.fixture
def archived_world(world: World, plain_file: WriteCsv) -> World:
    """Twelve sales of May 2022, of which one turned out to be of May 2024; 2022 is archived."""
    old = [sale(OLD, number) for number in range(12)]
    world.ingest("plain_sales", plain_file("a.csv", old), OLD)
    moved = [sale(NEW, 0, name=f"s{OLD}-0"), *(sale(NEW, number) for number in range(1, 3))]
    world.ingest("plain_sales", plain_file("b.csv", moved), NEW)
    settle(world)
    assert world.rows(OLD_BAR) == [(11,)]
    assert archive(world) == 1
    return world


# Revoked while it was thought to be of May 2022, the bars of then change; later they do not.
@pytest.mark.parametrize(
    ("known_at", "away"),
    [(datetime(2022, 6, 1, tzinfo=UTC), []), (NOW, [("trades", "2022-05-01")])],
)
def test_a_revoked_sale_whose_past_is_archived_leaves_the_bars_of_that_past(
    archived_world: World, known_at: datetime, away: list[tuple[str, str]]
) -> None:
    key = id_of(archived_world, f"s{OLD}-0")
    with archived_world.unit() as unit:
        turn = Turn("revoked", known_at)
        revise_trade(unit, key, turn, reason="paid back", actor="ann", now=NOW)
    assert archived_world.rows(AWAY) == away
    settle(archived_world)
    assert archived_world.rows(OLD_BAR) == [(11,)]
    kept = pl.read_parquet(
        archived_world.lake.get("curated", "trades/month=2022-05/part-0.parquet")
    )
    assert kept.height == 11


def test_bars_and_curated_months_are_never_made_of_a_month_that_is_away(
    archived_world: World,
) -> None:
    """Work that no program of ours marked: rows of the dirty set written by hand."""
    with psycopg.connect(archived_world.superuser) as connection:
        connection.execute(
            "insert into market.dirty (stage, card_id, grade_code, day, as_of, judged)"
            " select stage, 'base1-4', 'psa9', '2022-05-10', '2024-06-15', 1"
            " from unnest(array['bars', 'curated']) stage"
        )
    with archived_world.unit() as unit:
        build_bars(unit)
    assert archived_world.rows(OLD_BAR) == [(11,)]
    settle(archived_world)
    assert archive(archived_world) == 1
    with archived_world.unit() as unit:
        row = {"card_id": ["base1-4"], "grade_code": ["psa9"], "day": [OLD], "as_of": [TODAY]}
        unit.work.mark("curated", pl.DataFrame(row))
    with archived_world.unit() as unit:
        assert publish_curated(unit)["trades_rows"] == 11


def test_a_time_corrected_out_of_an_archived_month_moves_the_sale(
    archived_world: World, plain_file: WriteCsv
) -> None:
    name = f"s{OLD}-5"
    elsewhere = [sale(date(2024, 6, 1), 0, name=name)]
    told = archived_world.ingest("plain_sales", plain_file("c.csv", elsewhere), TODAY)
    assert (told["added"], told["corrected"]) == (0, 1)
    again = [sale(date(2024, 6, 2), 0, name=name)]
    told = archived_world.ingest("plain_sales", plain_file("d.csv", again), date(2024, 6, 17))
    assert (told["added"], told["corrected"]) == (0, 1)
    settle(archived_world)
    assert archived_world.rows(OLD_BAR) == [(10,)]
    assert archived_world.rows(
        f"select ts::date::text from market.trades where source_sale_id = '{name}'"
    ) == [("2024-06-02",)]


@pytest.mark.parametrize("verdict", ["rejected", "confirmed"])
def test_a_verdict_on_an_archived_sale_is_taken(archived_world: World, verdict: str) -> None:
    key = id_of(archived_world, f"s{OLD}-5")
    with archived_world.unit() as unit:
        done = judge_by_hand(unit, "trade", key, verdict, reason="copy", actor="ann", now=NOW)
    assert done["days_marked"] == 1
    settle(archived_world)
    assert archived_world.rows(OLD_BAR) == [(10 if verdict == "rejected" else 11,)]


def test_the_same_word_of_the_same_person_again_is_one_row(
    world: World, plain_file: WriteCsv
) -> None:
    world.ingest("plain_sales", plain_file("a.csv", [sale(NEW, 1)]), NEW)
    world.build()
    key = id_of(world, f"s{NEW}-1")

    def say(verdict: str, actor: str, day: int) -> int:
        with world.unit() as unit:
            now = datetime(2024, 7, day, tzinfo=UTC)
            done = judge_by_hand(unit, "trade", key, verdict, reason="x", actor=actor, now=now)
        return int(str(done["days_marked"]))

    said = [say("rejected", "ann", 1), say("rejected", "ann", 2), say("rejected", "bob", 3)]
    said += [say("rejected", "ann", 4), say("confirmed", "bob", 5), say("rejected", "ann", 6)]
    assert said == [1, 0, 1, 0, 1, 1]
    assert world.rows(
        "select actor, verdict, extract(day from known_at)::int from market.outlier_verdicts"
        " order by verdict_id"
    ) == [("ann", "rejected", 1), ("bob", "rejected", 3), ("bob", "confirmed", 5),
          ("ann", "rejected", 6)]  # fmt: skip


def test_a_late_sale_is_judged_by_the_archived_year_before_it(
    world: World, plain_file: WriteCsv
) -> None:
    year = [sale(date(2022, month, 10), month) for month in range(1, 13)]
    world.ingest("plain_sales", plain_file("a.csv", year), date(2022, 12, 10))
    world.ingest("plain_sales", plain_file("b.csv", [sale(NEW, 1)]), NEW)
    settle(world)
    assert archive(world, date(2024, 12, 15)) == 11
    late = plain_file("c.csv", [sale(date(2023, 1, 5), 9, price=9_000)])
    world.ingest("plain_sales", late, TODAY)
    world.build()
    assert world.rows("select event_at::date::text, verdict from market.outlier_verdicts") == [
        ("2023-01-05", "outlier")
    ]
    assert len(world.rows(AWAY)) == 11


def test_verdicts_on_what_followed_an_archived_year_stand_as_they_were(
    world: World, plain_file: WriteCsv
) -> None:
    first, second = date(2022, 4, 10), date(2022, 6, 10)
    world.ingest("plain_sales", plain_file("a.csv", [sale(first, n) for n in range(9)]), first)
    world.ingest("plain_sales", plain_file("b.csv", [sale(second, 1, price=9000)]), second)
    settle(world)
    outlier = world.rows("select verdict from market.outlier_verdicts")
    assert outlier == [("outlier",)]
    assert archive(world, date(2024, 5, 1)) == 1
    world.ingest("plain_sales", plain_file("c.csv", [sale(date(2022, 6, 11), 2)]), TODAY)
    world.build()
    assert world.rows("select verdict from market.outlier_verdicts") == outlier


def test_archived_sales_follow_a_remap(world: World) -> None:
    shop = Shop()
    mapped(world, "base1-4")
    graded = slab("PSA", "9")
    shop.items = [item(1, "nice", conditionDescriptors=graded, lastSoldDate=f"{OLD}T10:00:00Z")]
    world.ingest(shop, None, OLD)
    settle(world)
    assert archive(world) == 1
    since = datetime(2022, 1, 1, tzinfo=UTC)
    done = remap(world.unit, [shop], change("base1-2", since=since))
    assert done["sales_corrected"] == 1
    assert world.rows("select card_id from market.trades") == [("base1-2",)]
    settle(world)
    assert world.rows("select card_id, volume from market.prices_daily") == [("base1-2", 1)]
    assert archive(world) == 1
    assert remap(world.unit, [shop], change("base1-2", since=since))["sales_corrected"] == 0
    assert len(world.rows(AWAY)) == 1


def test_a_backfill_counts_archived_sales_and_builds_their_bars(archived_world: World) -> None:
    one = Instrument(CardId("base1-4"), GradeCode("psa9"))
    asked = BackfillRequest((), (one,), date(2022, 5, 1), date(2022, 5, 31), "all")
    with archived_world.unit() as unit:
        planned = plan_backfill(unit, "b1", asked, dry_run=False)
    assert (planned["instrument_days"], len(archived_world.rows(AWAY))) == (1, 1)

    def no_source(name: str) -> Shop:
        raise AssertionError(name)

    with psycopg.connect(archived_world.superuser) as connection:
        connection.execute("delete from market.prices_daily where day = '2022-05-10'")
    run_backfill(archived_world.unit, "b1", no_source, check=lambda *_: {}, now=NOW)
    settle(archived_world)
    assert archived_world.rows(OLD_BAR) == [(11,)]


def test_a_word_said_while_archiving_waits_for_its_lock_keeps_the_month(
    archived_world: World,
) -> None:
    """0008 looked for work first and waited for the lock then: the mark came in between."""
    key = id_of(archived_world, f"s{OLD}-5")
    with archived_world.unit() as unit:
        judge_by_hand(unit, "trade", key, "confirmed", reason="x", actor="ann", now=NOW)
    settle(archived_world)
    outcome: list[object] = []
    holder = psycopg.connect(archived_world.superuser)
    # Whoever reads the month in its own way, holding no lock of ours.
    holder.execute("lock table market.trades_2022_05 in row exclusive mode")
    archiving = Thread(target=lambda: outcome.append(archive_months(
        archived_world.unit, TODAY, keep_months=24)))  # fmt: skip
    archiving.start()
    wait_until(lambda: bool(archived_world.rows(
        "select from pg_locks where relation = 'market.trades_2022_05'::regclass and not granted"
    )))  # fmt: skip
    holder.execute(
        "insert into market.dirty (stage, card_id, grade_code, day, as_of)"
        " values ('bars', 'base1-4', 'psa9', '2022-05-10', '2024-06-15')"
    )
    holder.commit()
    holder.close()
    archiving.join()
    assert [done["busy"] for done in outcome if isinstance(done, dict)] == [1]
    assert archived_world.rows(AWAY) == []


def test_a_month_stays_while_any_work_on_prices_is_under_way(archived_world: World) -> None:
    key = id_of(archived_world, f"s{OLD}-5")
    with archived_world.unit() as unit:
        judge_by_hand(unit, "trade", key, "confirmed", reason="x", actor="ann", now=NOW)
    settle(archived_world)
    with archived_world.unit() as unit:
        unit.archive.attach("trades", [])
        assert archive(archived_world) == 0
    assert archive(archived_world) == 1


def wait_until(holds: Callable[[], bool]) -> None:
    ends = monotonic() + 20
    while not holds():
        assert monotonic() < ends
        sleep(0.05)


def test_a_month_that_somebody_dropped_stops_what_needs_it_and_says_so(
    archived_world: World, plain_file: WriteCsv
) -> None:
    with psycopg.connect(archived_world.superuser) as connection:
        connection.execute("drop table market.trades_2022_05")
    late = plain_file("c.csv", [sale(date(2024, 6, 1), 0, name=f"s{OLD}-5")])
    with pytest.raises(MonthLost, match=r"trades_2022_05.*table is gone"):
        archived_world.ingest("plain_sales", late, TODAY)
    archived_world.ingest("plain_sales", plain_file("d.csv", [sale(NEW, 20)]), date(2024, 6, 20))
    with pytest.raises(MonthLost, match="trades_2022_05"):
        judge_outliers(archived_world.unit)
    assert archived_world.rows(OLD_BAR) == [(11,)]


KILLED = """
import os, signal, sys
from contextlib import contextmanager
from datetime import date
from ingestion import app
from ingestion.usecases.archive import archive_months

when, opened = sys.argv[1], 0

@contextmanager
def units():
    global opened
    opened += 1
    detaching = opened == 3
    with app.open_unit() as unit:
        yield unit
        if detaching and when == "before the commit":
            os.kill(os.getpid(), signal.SIGKILL)
    if detaching:
        os.kill(os.getpid(), signal.SIGKILL)

archive_months(units, date(2024, 6, 15), keep_months=24)
"""


@pytest.mark.parametrize("when", ["before the commit", "after it"])
def test_a_run_killed_around_the_detaching_is_repeated_without_loss(
    archived_world: World, environment: dict[str, str], repository: Path, when: str
) -> None:
    key = id_of(archived_world, f"s{OLD}-5")
    with archived_world.unit() as unit:
        judge_by_hand(unit, "trade", key, "confirmed", reason="x", actor="ann", now=NOW)
    settle(archived_world)
    before = archived_world.digest()["trades"]
    killed = subprocess.run(
        [sys.executable, "-c", KILLED, when], env=environment, cwd=repository, timeout=120
    )
    assert killed.returncode == -9
    assert len(archived_world.rows(AWAY)) == (1 if when == "after it" else 0)
    wait_until(lambda: archived_world.rows(
        "select from pg_stat_activity where application_name = 'psycopg' and state <> 'idle'"
        " and pid <> pg_backend_pid() and datname = current_database()"
    ) == [])  # fmt: skip
    assert archive(archived_world) == (0 if when == "after it" else 1)
    with archived_world.unit() as unit:
        assert unit.archive.attach("trades", [OLD]) == 1
    assert archived_world.digest()["trades"] == before


def test_a_month_stays_while_months_are_filtered(archived_world: World) -> None:
    key = id_of(archived_world, f"s{OLD}-5")
    with archived_world.unit() as unit:
        judge_by_hand(unit, "trade", key, "confirmed", reason="x", actor="ann", now=NOW)
    settle(archived_world)
    with archived_world.unit() as unit:
        assert filter_months(unit)["months"] == 2
        assert archive(archived_world) == 0
    assert archive(archived_world) == 1
