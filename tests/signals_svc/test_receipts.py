"""Every signal freezes what it rests on, and whatever is altered or lost later is named."""

from datetime import timedelta
from typing import Any

import psycopg
import pytest

from kernel.days import end_of
from kernel.lake import Lake as LakeStore
from signals_svc.jobs.past import check_receipts
from signals_svc.jobs.table import build_every_night, train_baselines
from signals_svc.usecases.verify_receipts import ReceiptsBroken
from tests.fixtures.s3 import Lake
from tests.signals_svc.conftest import CARDS, LAST_DAY, NOW, Desk
from tests.signals_svc.market_builder import Bar, mark, write_bars
from tests.signals_svc.test_baselines import training
from tests.signals_svc.test_training import TODAY

EVERYTHING = [(card, "psa10") for card in CARDS]
__all__ = ["training"]


@pytest.fixture
def said(market: Desk, lake: Lake, monkeypatch: pytest.MonkeyPatch) -> Desk:
    for name, value in lake.environment().items():
        monkeypatch.setenv(name, value)
    mark(market.urls, EVERYTHING, LAST_DAY)
    made = market.renewed()
    made.night()
    return made


def alter(desk: Desk, statement: str) -> None:
    """By hand, as no login of ours can."""
    with psycopg.connect(desk.urls.superuser) as connection:
        assert connection.execute(statement.encode()).rowcount > 0


def check(desk: Desk, card: str | None = None) -> Any:
    return check_receipts(desk.workshop, LAST_DAY, card)


def broken(desk: Desk) -> set[tuple[str, int, str]]:
    with pytest.raises(ReceiptsBroken) as found:
        check(desk)
    named = ((one.receipt, one.part) for one in found.value.broken)
    return {(one.instrument.card_id, one.horizon_days, part) for one, part in named}


def test_every_signal_has_a_receipt_that_still_fits(said: Desk) -> None:
    assert check(said) == {
        "night": LAST_DAY.isoformat(),
        "signals": 36,
        "artifacts": 0,
        "features_rebuilt": 12,
        "features_differ": 0,
        "told_anew": 0,
        "for_example": [],
    }
    assert check(said, card="card-0")["signals"] == 3
    counted = said.rows(
        "select count(*) as n, count(distinct hash) as hashes from signals.receipts"
    )
    assert counted == [{"n": 36, "hashes": 36}]


@pytest.mark.parametrize(
    ("statement", "part"),
    [
        ("update signals.signals set action = 'SELL'", "said"),
        ("update signals.signals set conviction = conviction + 0.000001", "said"),
        ("update signals.signals set known_at = known_at + interval '1 second'", "said"),
        ("update signals.signals set features = features || '{\"q50\": 0.5}'", "inputs"),
        ("update signals.receipts set hash = said", "hash"),
    ],
)
def test_a_word_that_was_altered_by_hand_is_named(said: Desk, statement: str, part: str) -> None:
    only = " where signal_id = (select signal_id from signals.signals"
    alter(said, f"{statement}{only} where card_id = 'card-0' and horizon_days = 90)")
    assert broken(said) == {("card-0", 90, part)}


def test_features_that_were_altered_or_lost_are_named(said: Desk) -> None:
    where = "where card_id = 'card-0'"
    alter(said, f"update signals.features_daily set raw = raw || '{{\"bounce\": 0.5}}' {where}")
    alter(said, "delete from signals.features_daily where card_id = 'card-1'")
    assert broken(said) == {
        (card, horizon, "snapshot") for card in ("card-0", "card-1") for horizon in (7, 30, 90)
    }


def test_a_model_that_is_registered_otherwise_now_is_named(said: Desk) -> None:
    alter(said, "update signals.models set trained_through = now() where family = 'ewma'")
    assert {part for *_, part in broken(said)} == {"models"}


def test_a_signal_without_a_receipt_is_named(said: Desk) -> None:
    alter(said, "delete from signals.receipts")
    assert len(broken(said)) == 36


def test_prices_of_then_that_are_told_otherwise_now_are_named_and_no_failure(said: Desk) -> None:
    day = LAST_DAY - timedelta(days=3)
    with psycopg.connect(said.urls.ingestion) as connection:
        connection.execute(
            "delete from market.prices_daily where card_id = 'card-3' and day = %s", (day,)
        )
    write_bars(said.urls, [Bar("card-3", "psa10", day, 123)])
    found = check(said)
    assert (found["told_anew"], found["features_differ"]) == (3, 36)
    assert found["for_example"][0].startswith("card-3:psa10 7 d said ")
    # What became known later is no change of what was known then.
    late = Bar(
        "card-4", "psa10", day + timedelta(days=1), 9, known_at=end_of(LAST_DAY).replace(hour=3)
    )
    write_bars(said.urls, [late])
    assert check(said) == found


def test_a_later_word_has_a_receipt_of_its_own_and_the_first_keeps_its(said: Desk) -> None:
    first = said.rows("select signal_id, hash from signals.receipts order by signal_id")
    alter(said, "update market.cards set set_id = 'set1'")  # another cross-section, other features
    mark(said.urls, EVERYTHING, LAST_DAY)
    build_every_night(said.workshop, now=NOW)
    said.night()
    after = said.rows("select signal_id, hash from signals.receipts order by signal_id")
    assert after[: len(first)] == first
    assert check(said)["signals"] == len(after) > len(first)


def test_an_artifact_that_is_not_the_registered_one_is_named(training: Desk, lake: Lake) -> None:
    version = str(train_baselines(training.workshop, TODAY, now=NOW)["model_version"])
    training.night()
    assert check_receipts(training.workshop, TODAY, None)["artifacts"] == 1
    key = f"baseline/{version}.zip"
    LakeStore(lake.bucket_prefix).put("models", key, b"something else")
    with pytest.raises(ReceiptsBroken, match="the artifact of a model") as found:
        check_receipts(training.workshop, TODAY, None)
    assert {one.part for one in found.value.broken} == {"artifact"}
    assert all(version in one.receipt.artifacts for one in found.value.broken)
