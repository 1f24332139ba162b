"""What became known of a day later: the report is the difference of two readings, with causes.

Whatever is learned afterwards, a reading as of a past moment stays as it was.
"""

import asyncio
from collections.abc import Callable, Coroutine, Sequence
from datetime import UTC, date, datetime, timedelta
from itertools import count, pairwise
from pathlib import Path
from typing import TypeVar

import polars as pl
import psycopg
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pydantic import SecretStr

from api_gw.adapters.database import Database
from api_gw.adapters.restatement_causes import CAUSES_OF_A_BAR
from api_gw.adapters.restatements import PostgresRestatements
from api_gw.domain.restatements import Asked, Cause, RestatedBar
from ingestion.adapters.bookkeeping_repo import WorkRepo
from ingestion.adapters.copying import read_frame
from ingestion.adapters.price_repo import PriceRepo
from ingestion.adapters.sources.files import FileSource
from ingestion.adapters.sources.format_files import find_format, parse_format
from ingestion.domain.records import RECORDS, UTC_US
from ingestion.ports.by_hand import Turn
from ingestion.usecases.by_hand import judge_by_hand, revise_trade
from kernel.db.market import bars_as_of
from tests.fixtures.postgres import DatabaseUrls
from tests.ingestion.conftest import World, WriteCsv

T = TypeVar("T")
DAY = date(2024, 5, 1)
EVENING = datetime(2024, 5, 2, tzinfo=UTC)
FAR = datetime(2029, 1, 1, tzinfo=UTC)
GUIDE = (
    "source: guide\nkind: quote\nitem_is: card_id\ntime_is: day\n"
    "columns: {item: card_id, grade: grade, price: price, time: sold_at}\n"
)
TOLD = (
    "source: told\nkind: trade\nitem_is: card_id\ntime_is: moment\nknown: column\n"
    "columns: {item: card_id, grade: grade, price: price, time: sold_at, known: told, id: sale_id}"
)
BOTH = [
    "base1-4,psa9,100.00,2024-05-01T10:00:00Z,s1",
    "base1-4,psa9,110.00,2024-05-01T11:00:00Z,s2",
]


def asked(url: str, ask: Callable[[PostgresRestatements], Coroutine[None, None, T]]) -> T:
    """The answer of the port, asked as the login of the API."""

    async def once() -> T:
        database = Database(SecretStr(url))
        try:
            return await ask(PostgresRestatements(database))
        finally:
            await database.close()

    return asyncio.run(once())


def restated(
    database: DatabaseUrls, since: datetime = EVENING, until: datetime = FAR, day: date = DAY
) -> Sequence[RestatedBar]:
    bars, total = asked(
        database.api_gw,
        lambda port: port.bars(Asked(day, since, until, None, None, limit=100)),
    )
    assert total == len(bars)
    return bars


def closes(bar: RestatedBar) -> tuple[int | None, int | None]:
    return (
        bar.before.close_cents if bar.before else None,
        bar.after.close_cents if bar.after else None,
    )


def whats(causes: Sequence[Cause]) -> list[str]:
    return [cause.what for cause in causes]


def tell(
    world: World,
    folder: Path,
    day: date,
    sale: str,
    dollars: int,
    *,
    at: int,
    known: datetime,
    source: str = "told",
) -> None:
    """Bring in one sale of the day, told by its source at a moment."""
    path = folder / f"{sale}-{known:%m%dT%H}.csv"
    path.write_text(
        "card_id,grade,price,sold_at,sale_id,told\n"
        f"base1-4,psa9,{dollars}.00,{day}T{at:02}:00:00Z,{sale},{known.isoformat()}\n"
    )
    named = TOLD.replace("told", source, 1)  # a source of its own: raw files are kept for ever
    told = FileSource(parse_format("told.yaml", named))
    world.ingest(told, path, max(known.date(), day))


def trade_id(world: World, sale: str) -> int:
    [(key,)] = world.rows(f"select trade_id from market.trades where source_sale_id = '{sale}'")
    return int(key)


def revise(world: World, sale: str, action: str, known_at: datetime) -> None:
    with world.unit() as unit:
        turn = Turn(action, known_at)
        revise_trade(unit, trade_id(world, sale), turn, reason="unpaid", actor="ann", now=FAR)


def cancelled(world: World, sale: str, known_at: datetime) -> None:
    """Its source cancels a sale."""
    stated = (
        "select trade_id as record_id, 'trade' as kind, ts, card_id, grade_code, source,"
        " source_sale_id, told_as, price_cents, null::bigint as high_cents,"
        " null::bigint as low_cents, 1 as units, seller, url, known_at, reported_at,"
        f" meta::text as meta from market.trades where source_sale_id = '{sale}'"
    )
    with psycopg.connect(world.url) as connection:
        told = read_frame(connection, stated, RECORDS).with_columns(
            known_at=pl.lit(known_at, UTC_US),
            reported_at=pl.lit(known_at, UTC_US),
            meta=pl.lit('{"status": "CANCELLED"}'),
        )
        days = PriceRepo(connection).merge_trades(told).touched.with_columns(as_of=pl.lit(DAY))
        WorkRepo(connection).mark("bars", days)


def test_nothing_learned_is_nothing_restated(
    world: World, plain_file: WriteCsv, database: DatabaseUrls
) -> None:
    world.ingest("plain_sales", plain_file("a.csv", BOTH), DAY)
    world.build()
    assert restated(database) == []
    [told] = restated(database, since=datetime(2024, 5, 1, 12, tzinfo=UTC))
    assert (told.change, closes(told)) == ("appeared", (None, 11_000))
    assert whats(told.causes) == ["day_over", "day_over"]


def test_a_bar_of_many_causes_tells_the_first_and_how_many_there_are(
    world: World, plain_file: WriteCsv, database: DatabaseUrls
) -> None:
    many = [
        f"base1-4,{grade},100.00,2024-05-01T{n // 60:02}:{n % 60:02}:00Z,{grade}{n}"
        for grade, count in (("psa9", CAUSES_OF_A_BAR + 7), ("raw", 2))
        for n in range(count)
    ]
    world.ingest("plain_sales", plain_file("a.csv", many), DAY)
    world.build()
    told, other = restated(database, since=datetime(2024, 5, 1, 12, tzinfo=UTC))
    assert (len(told.causes), told.causes_total) == (CAUSES_OF_A_BAR, CAUSES_OF_A_BAR + 7)
    assert (len(other.causes), other.causes_total) == (2, 2)


def test_a_revocation_names_the_person_the_reason_and_the_sale(
    world: World, plain_file: WriteCsv, database: DatabaseUrls
) -> None:
    world.ingest("plain_sales", plain_file("a.csv", BOTH), DAY)
    revise(world, "s2", "revoked", datetime(2024, 5, 20, tzinfo=UTC))
    world.build()
    [told] = restated(database)
    assert (told.change, closes(told)) == ("changed", (11_000, 10_000))
    [cause] = told.causes
    assert (cause.what, cause.subject, cause.subject_id) == (
        "revoked",
        "trade",
        trade_id(world, "s2"),
    )
    assert (cause.actor, cause.why) == ("ann", "unpaid")
    assert restated(database, until=datetime(2024, 5, 19, tzinfo=UTC)) == []
    assert restated(database, since=datetime(2024, 5, 20, tzinfo=UTC)) == []


def test_a_sale_its_source_took_back_is_told_with_its_price(
    world: World, plain_file: WriteCsv, database: DatabaseUrls
) -> None:
    world.ingest("plain_sales", plain_file("a.csv", BOTH), DAY)
    cancelled(world, "s2", datetime(2024, 5, 9, tzinfo=UTC))
    world.build()
    [told] = restated(database)
    assert closes(told) == (11_000, 10_000)
    assert [(c.what, c.before_cents, c.actor) for c in told.causes] == [
        ("revoked", 11_000, "plain_sales")
    ]


def test_a_correction_tells_both_prices_and_a_late_sale_its_own(
    world: World, tmp_path: Path, database: DatabaseUrls
) -> None:
    later = datetime(2024, 5, 3, 9, tzinfo=UTC)
    tell(world, tmp_path, DAY, "s1", 100, at=10, known=datetime(2024, 5, 1, 11, tzinfo=UTC))
    tell(world, tmp_path, DAY, "s1", 95, at=10, known=later)
    tell(world, tmp_path, DAY, "s2", 120, at=12, known=later + timedelta(days=1))
    world.build()
    [told] = restated(database)
    assert closes(told) == (10_000, 12_000)
    assert [(c.what, c.before_cents, c.after_cents) for c in told.causes] == [
        ("corrected", 10_000, 9_500),
        ("late_arrival", None, 12_000),
    ]
    [halfway] = restated(database, until=later)
    assert whats(halfway.causes) == ["corrected"]


def test_a_mended_mapping_restates_both_instruments(
    world: World, plain_file: WriteCsv, database: DatabaseUrls
) -> None:
    path = plain_file("a.csv", BOTH)
    world.ingest("plain_sales", path, DAY)
    world.build()
    wiser = FileSource(find_format("plain_sales").model_copy(update={"grades": {"psa9": "any9"}}))
    world.ingest(wiser, path, DAY)
    world.build()
    told = {bar.grade_code: bar for bar in restated(database)}
    assert {grade: bar.change for grade, bar in told.items()} == {
        "any9": "appeared",
        "psa9": "vanished",
    }
    assert [whats(told[grade].causes) for grade in ("any9", "psa9")] == [["remapped"] * 2] * 2


def test_figures_that_a_mended_mapping_moved_restate_both_instruments(
    world: World, plain_file: WriteCsv, database: DatabaseUrls
) -> None:
    path = plain_file("a.csv", ["base1-4,psa9,100.00,2024-05-01,"])
    plain = parse_format("guide.yaml", GUIDE)
    world.ingest(FileSource(plain), path, DAY)
    world.build()
    wiser = FileSource(plain.model_copy(update={"grades": {"psa9": "any9"}}))
    assert world.ingest(wiser, path, DAY)["corrected"] == 1
    assert world.ingest(wiser, path, DAY)["unchanged"] == 1
    world.build()
    told = {bar.grade_code: bar for bar in restated(database)}
    assert {grade: closes(bar) for grade, bar in told.items()} == {
        "any9": (None, 10_000),
        "psa9": (10_000, None),
    }
    assert [whats(told[grade].causes) for grade in ("any9", "psa9")] == [["remapped"]] * 2


def test_a_person_s_decision_and_the_rule_s_verdict_are_told_apart(
    world: World, plain_file: WriteCsv, database: DatabaseUrls
) -> None:
    lines = [f"base1-4,psa9,100.00,2024-04-{day:02}T10:00:00Z,n{day}" for day in range(1, 11)]
    lines.append("base1-4,psa9,900.00,2024-05-01T10:00:00Z,dear")
    world.ingest("plain_sales", plain_file("a.csv", lines), DAY)
    world.build()
    with world.unit() as unit:
        now = datetime(2024, 5, 5, tzinfo=UTC)
        dear = trade_id(world, "dear")
        judge_by_hand(unit, "trade", dear, "confirmed", reason="seen", actor="ann", now=now)
    world.build()
    [told] = restated(database)
    assert (told.change, closes(told)) == ("appeared", (None, 90_000))
    assert [(cause.what, cause.actor) for cause in told.causes] == [("person_decision", "ann")]


def test_a_level_shift_is_restated_by_the_verdict_that_confirms_it(
    world: World, plain_file: WriteCsv, database: DatabaseUrls
) -> None:
    lines = [f"base1-4,psa9,100.00,2024-04-{day:02}T10:00:00Z,n{day}" for day in range(1, 11)]
    lines += [f"base1-4,psa9,300.00,2024-05-0{day}T10:00:00Z,d{day}" for day in (1, 2, 3)]
    world.ingest("plain_sales", plain_file("a.csv", lines), date(2024, 5, 3))
    world.build()
    [told] = restated(database)
    assert closes(told) == (None, 30_000)
    [cause] = told.causes
    assert (cause.what, cause.actor, cause.known_at.date()) == (
        "outlier_verdict",
        "rule",
        date(2024, 5, 3),
    )


def test_a_corrected_figure_of_a_guide_is_told_with_both_prices(
    world: World, plain_file: WriteCsv, database: DatabaseUrls
) -> None:
    guide = FileSource(parse_format("guide.yaml", GUIDE))
    for day, price in ((DAY, "10.00"), (date(2024, 5, 3), "12.00")):
        line = f"base1-4,psa9,{price},2024-05-01,"
        world.ingest(guide, plain_file(f"{day}.csv", [line]), day)
        world.build()
    [told] = restated(database)
    assert (told.kind, closes(told)) == ("quote", (1_000, 1_200))
    [cause] = told.causes
    assert (cause.what, cause.before_cents, cause.after_cents) == ("corrected", 1_000, 1_200)


numbers = count(1)

# One step of knowledge: days after the sale, which sale, and what is told of it then.
steps = st.lists(
    st.tuples(
        st.integers(1, 12),
        st.sampled_from(["s1", "s2", "s3"]),
        st.sampled_from(["90", "100", "110", "revoked", "reinstated", "a day later"]),
    ),
    min_size=1,
    max_size=6,
)


def learn(world: World, tmp_path: Path, source: str, step: tuple[int, str, str]) -> None:
    """A sale told, or said to be revoked or to stand again, at noon of a day."""
    offset, sale, said = step
    noon = EVENING + timedelta(days=offset - 1, hours=12)
    if said in ("revoked", "reinstated"):
        there = world.rows(f"select 1 from market.trades where source_sale_id = '{sale}'")
        turns = world.rows(
            "select r.action, r.known_at from market.trade_statements r"
            " join market.trades using (trade_id)"
            f" where source_sale_id = '{sale}' and action <> 'told' order by r.known_at desc"
        )
        stands = not turns or turns[0][0] == "reinstated"
        if there and stands == (said == "revoked") and (not turns or turns[0][1] < noon):
            revise(world, sale, said, noon)
    elif said == "a day later":
        tell(
            world,
            tmp_path,
            DAY + timedelta(days=1),
            sale,
            105,
            at=int(sale[1]),
            known=noon,
            source=source,
        )
    else:
        tell(world, tmp_path, DAY, sale, int(said), at=10 + int(sale[1]), known=noon, source=source)


def reading(world: World, moment: datetime, day: date) -> dict[str, tuple[int, ...]]:
    """The bars of the day as known at the moment, by kind."""
    with psycopg.connect(world.url) as connection:
        frame = bars_as_of(connection, as_of=moment, first=day, last=day)
    figures = ("open_cents", "high_cents", "low_cents", "close_cents", "volume")
    return {row[0]: tuple(row[1:]) for row in frame.select("kind", *figures).iter_rows()}


@settings(
    max_examples=4,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(told=steps)
def test_the_report_is_the_difference_of_two_readings_and_the_past_stays(
    world: World, tmp_path: Path, database: DatabaseUrls, told: list[tuple[int, str, str]]
) -> None:
    world.forget()
    source = f"told_{next(numbers)}"
    moments = [EVENING + timedelta(days=day) for day in range(0, 13, 4)]
    days = (DAY, DAY + timedelta(days=1))
    for sale in ("s1", "s2"):
        tell(world, tmp_path, DAY, sale, 100, at=10 + int(sale[1]), known=EVENING, source=source)
    world.build()
    for step in sorted(told, key=lambda step: step[0]):
        past = [moment for moment in moments if moment < EVENING + timedelta(days=step[0] - 1)]
        before = [reading(world, moment, day) for moment in past for day in days]
        learn(world, tmp_path, source, step)
        world.build()
        assert [reading(world, moment, day) for moment in past for day in days] == before
    for early, late in pairwise(moments):
        for day in days:
            a, b = reading(world, early, day), reading(world, late, day)
            bars = restated(database, early, late, day)
            assert {
                bar.kind: (bar.before and tuple(bar.before), bar.after and tuple(bar.after))
                for bar in bars
            } == {k: (a.get(k), b.get(k)) for k in a.keys() | b.keys() if a.get(k) != b.get(k)}
            assert all(bar.causes for bar in bars), bars
