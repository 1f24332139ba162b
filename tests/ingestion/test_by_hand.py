"""What a person says of one price: bars follow from when it was said, and not before."""

from datetime import UTC, date, datetime

import psycopg
import pytest

from ingestion.domain.errors import ActorReserved, OutOfTurn, PriceUnknown
from ingestion.ports.by_hand import Turn
from ingestion.usecases.by_hand import judge_by_hand, revise_trade
from ingestion.usecases.publish_curated import publish_curated
from kernel.db.market import bars_as_of
from kernel.errors import NotFound
from tests.ingestion.conftest import Job, World, WriteCsv

DAY = date(2024, 5, 1)
NOW = datetime(2024, 7, 1, tzinfo=UTC)
SALE = "base1-4,psa9,100.00,2024-05-01T10:00:00Z,s1"


def closes_at(world: World, *moments: datetime) -> list[list[int]]:
    with psycopg.connect(world.url) as connection:
        return [
            bars_as_of(connection, as_of=moment, first=DAY, last=DAY)
            .get_column("close_cents")
            .to_list()
            for moment in moments
        ]


def revise(world: World, action: str, known_at: datetime) -> None:
    ((trade_id,),) = world.rows("select trade_id from market.trades where source_sale_id = 's1'")
    with world.unit() as unit:
        turn = Turn(action, known_at)
        revise_trade(unit, trade_id, turn, reason="paid back", actor="ann", now=NOW)


def test_a_revoked_sale_counts_only_before_it_was_known_to_be_revoked(
    world: World, plain_file: WriteCsv
) -> None:
    world.ingest("plain_sales", plain_file("a.csv", [SALE]), DAY)
    world.build()
    revise(world, "revoked", datetime(2024, 5, 20, tzinfo=UTC))
    world.build()
    moments = [datetime(2024, 5, day, tzinfo=UTC) for day in (2, 19, 20, 30)]
    assert closes_at(world, *moments) == [[10_000], [10_000], [], []]
    assert world.rows("select as_of from market.dirty where stage = 'signals' order by 1") == [
        (DAY,),
        (date(2024, 5, 20),),
    ]
    with world.unit() as unit:
        assert publish_curated(unit)["trades_rows"] == 0
    with pytest.raises(NotFound):
        world.lake.get("curated", "trades/month=2024-05/part-0.parquet")

    # The source tells it again: that is no news, it stays revoked until somebody says otherwise.
    world.ingest("plain_sales", plain_file("a.csv", [SALE]), DAY)
    revise(world, "reinstated", datetime(2024, 5, 25, tzinfo=UTC))
    world.build()
    assert closes_at(world, *moments) == [[10_000], [10_000], [], [10_000]]


def test_a_correction_of_a_revoked_sale_leaves_it_revoked(
    world: World, plain_file: WriteCsv
) -> None:
    world.ingest("plain_sales", plain_file("a.csv", [SALE]), DAY)
    revise(world, "revoked", datetime(2024, 5, 10, tzinfo=UTC))
    other = plain_file("b.csv", [SALE.replace("100.00", "90.00")])
    assert world.ingest("plain_sales", other, date(2024, 5, 14))["corrected"] == 1
    revise(world, "reinstated", datetime(2024, 5, 20, tzinfo=UTC))
    world.build()
    moments = [datetime(2024, 5, day, tzinfo=UTC) for day in (9, 12, 16, 21)]
    assert closes_at(world, *moments) == [[10_000], [], [], [9_000]]


@pytest.mark.parametrize(
    ("action", "known_at", "why"),
    [
        ("reinstated", datetime(2024, 6, 1, tzinfo=UTC), "it stands"),
        ("revoked", datetime(2025, 1, 1, tzinfo=UTC), "is yet to come"),
    ],
)
def test_a_revision_out_of_turn_is_refused(
    world: World, plain_file: WriteCsv, action: str, known_at: datetime, why: str
) -> None:
    world.ingest("plain_sales", plain_file("a.csv", [SALE]), DAY)
    with pytest.raises(OutOfTurn, match=why):
        revise(world, action, known_at)


def test_a_reinstatement_cannot_be_known_before_its_revocation(
    world: World, plain_file: WriteCsv
) -> None:
    world.ingest("plain_sales", plain_file("a.csv", [SALE]), DAY)
    revise(world, "revoked", datetime(2024, 5, 20, tzinfo=UTC))
    with pytest.raises(OutOfTurn, match="revoked already"):
        revise(world, "revoked", datetime(2024, 5, 21, tzinfo=UTC))
    with pytest.raises(OutOfTurn, match="give a later --known-at"):
        revise(world, "reinstated", datetime(2024, 5, 19, tzinfo=UTC))


def test_a_sale_nobody_loaded_cannot_be_judged_and_nobody_signs_as_the_rule(world: World) -> None:
    with world.unit() as unit:
        with pytest.raises(PriceUnknown, match="no trade has the id 7"):
            judge_by_hand(unit, "trade", 7, "rejected", reason="x", actor="ann", now=NOW)
        with pytest.raises(ActorReserved):
            judge_by_hand(unit, "trade", 7, "rejected", reason="x", actor="rule", now=NOW)


def test_jobs_let_a_person_reject_and_revoke_a_sale(
    world: World, plain_file: WriteCsv, job: Job
) -> None:
    other = SALE.replace("100.00", "110.00").replace("T10", "T11").replace("s1", "s2")
    world.ingest("plain_sales", plain_file("a.csv", [SALE, other]), DAY)
    world.build()
    first, second = (row[0] for row in world.rows("select trade_id from market.trades order by ts"))
    say = ("--reason", "a copy", "--actor", "ann")
    said = job(
        "judge_by_hand", "--subject", "trade", "--id", f"{second}", "--verdict", "rejected", *say
    )
    assert (said.code, said.summary["days_marked"], said.summary["bars_replaced"]) == (0, 1, 1)
    assert closes_at(world, datetime.now(UTC), NOW) == [[10_000], [11_000]]
    revoked = ("--action", "revoked", "--known-at")
    asked = ("revise_trade", "--trade-id", f"{first}", *say, *revoked)
    assert job(*asked, "2024-06-01T00:00:00").code == 2
    assert job(*asked, "2024-06-01T00:00:00Z").code == 0
    # Bars followed both at once, without a run of their own.
    assert closes_at(world, datetime(2024, 5, 9, tzinfo=UTC), NOW) == [[11_000], [11_000]]
    assert closes_at(world, datetime.now(UTC)) == [[]]
