"""What a night tells of why: exact, in plain words, of weeks that are over, the same every time."""

import json
import math
from datetime import date, timedelta
from typing import Any

import numpy as np
import pytest

from kernel.days import end_of
from signals_svc.domain.analogues import NAMED, NEAREST, TRAITS, Library, alike
from signals_svc.domain.classifier_inputs import NAMES
from signals_svc.domain.explanation import moved
from signals_svc.domain.input_words import value_words
from signals_svc.jobs.monitoring import tell_cohorts
from signals_svc.jobs.table import train_baselines, train_classifier
from tests.fixtures.s3 import Lake
from tests.signals_svc.conftest import NOW, Desk
from tests.signals_svc.market_builder import mark, seed_cards, write_bars
from tests.signals_svc.test_training import CARDS, TODAY, planted

INSTRUMENTS = [(card, "raw") for card in CARDS]


@pytest.fixture
def trained(desk: Desk, lake: Lake, monkeypatch: pytest.MonkeyPatch) -> Desk:
    for name, value in lake.environment().items():
        monkeypatch.setenv(name, value)
    seed_cards(desk.urls, CARDS)
    write_bars(desk.urls, planted(share=1.0, seed=3))
    made = desk.renewed()
    train_baselines(made.workshop, TODAY, now=NOW)
    train_classifier(made.workshop, TODAY, now=NOW)
    mark(made.urls, INSTRUMENTS, TODAY)
    made.night()
    return made


def bodies(desk: Desk) -> dict[str, dict[str, Any]]:
    rows = desk.rows(
        "select card_id, body::text as body from signals.explanations where asof_ts = %s"
        " and horizon_days = 90 order by card_id, known_at",
        end_of(TODAY),
    )
    return {str(row["card_id"]): json.loads(str(row["body"])) for row in rows}


def test_a_night_explains_every_forecast_and_its_parts_add_up(trained: Desk) -> None:
    told = bodies(trained)
    assert set(told) == set(CARDS)
    stored = {
        str(row["card_id"]): float(str(row["q50"]))
        for row in trained.rows(
            "select card_id, q50 from signals.forecasts where horizon_days = 90"
            " and model_version like 'trees-%%' and asof_ts = %s",
            end_of(TODAY),
        )
    }
    means = []
    for card, body in told.items():
        part = body["forecast"]
        assert part["told"] is True
        by = sum(one["by"] for one in part["inputs"]) + part["others"]
        means.append((by, stored[card]))
    # What is left after all contributions is the trees' mean in the card's own spread.
    moves, middles = np.array(means).T
    assert np.corrcoef(moves, middles)[0, 1] > 0.99
    assert np.abs(moves - middles).max() < 0.1

    heard = told["m0"]["classifier"]
    assert (heard["told"], heard["model_version"][:5]) == (False, "gbdt-")
    assert sum(heard["chances"].values()) == pytest.approx(1.0, abs=1e-3)
    assert told["m0"]["looked_at"] is None, "no sequence forecaster is there"


def test_a_signal_names_the_two_inputs_that_moved_its_forecast_its_way(trained: Desk) -> None:
    told = bodies(trained)
    rows = trained.rows(
        "select distinct on (card_id) card_id, action, reasons::text as reasons"
        " from signals.signals where horizon_days = 90 and asof_ts = %s"
        " order by card_id, known_at desc, signal_id desc",
        end_of(TODAY),
    )
    acting = [row for row in rows if row["action"] != "HOLD"]
    assert acting, "the swing gives something to act upon"
    for row in acting:
        side = {"BUY": 1, "SELL": -1}[str(row["action"])]
        _, *drivers = json.loads(str(row["reasons"]))
        moved = told[str(row["card_id"])]["forecast"]["inputs"]
        theirs = [one["by"] for one in moved if one["by"] * side > 0]
        assert drivers[0]["value"] == theirs[0]
        assert all(one["value"] * side > 0 for one in drivers)
        assert drivers[0]["words"].endswith("a rise" if side > 0 else "a fall")
        assert len({one["code"] for one in drivers}) == len(drivers) <= 2


def test_cards_that_looked_alike_are_of_weeks_that_are_over_and_no_card_is_its_own(
    trained: Desk,
) -> None:
    for card, body in bodies(trained).items():
        cases = body["alike"]["cases"]
        assert len({case["card_id"] for case in cases}) == NAMED
        assert card not in {case["card_id"] for case in cases}
        for case in cases:
            assert date.fromisoformat(case["day"]) + timedelta(days=90) <= TODAY
        assert [case["apart"] for case in cases] == sorted(case["apart"] for case in cases)
        assert 0.0 <= body["alike"]["risen"] <= 1.0


def test_the_same_night_again_tells_the_same_and_a_night_before_any_contest_tells_less(
    trained: Desk,
) -> None:
    before = trained.rows("select * from signals.explanations order by 1, 2, 3, 4, known_at")
    mark(trained.urls, INSTRUMENTS, TODAY)
    trained.night()
    again = trained.rows("select * from signals.explanations order by 1, 2, 3, 4, known_at")
    assert again == before
    early = TODAY - timedelta(days=30)
    mark(trained.urls, INSTRUMENTS[:1], early)
    trained.night()
    (row,) = trained.rows(
        "select model_version, body::text as body from signals.explanations where asof_ts = %s",
        end_of(early),
    )
    assert row["model_version"] == "ewma-1"
    assert set(json.loads(str(row["body"])).values()) == {None}, "nothing had been learned by then"


def test_what_moved_least_is_told_as_one_sum() -> None:
    by = np.arange(len(NAMES)) / 100.0
    told = moved(by, np.zeros(len(NAMES), np.float32))
    assert [one["input"] for one in told["inputs"]] == list(NAMES[:-6:-1])
    assert told["others"] + sum(one["by"] for one in told["inputs"]) == pytest.approx(by.sum())


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("x.momentum_180", math.log(0.57), "-43 %"),
        ("z.momentum_180", -1.26, "-1.3 sigma"),
        ("x.drawdown_365", -0.3, "-30 %"),
        ("x.recency_days", 4.0, "4"),
        ("x.momentum_7", math.nan, "not known"),
    ],
)
def test_values_have_their_units(name: str, value: float, words: str) -> None:
    assert value_words(name, value) == words


def test_the_nearest_come_first_and_missing_traits_count_as_what_most_have() -> None:
    rows = NEAREST + 5
    traits = np.zeros((rows, len(TRAITS)), np.float32)
    traits[:, 0] = np.arange(rows)
    library = Library(
        cards=np.array([f"c{row}" for row in range(rows)]),
        grades=np.array(["raw"] * rows),
        days=np.arange(rows),
        traits=traits,
        outcomes=np.where(np.arange(rows) < NEAREST, 0.1, -5.0),
    )
    (found, other) = alike(library, np.zeros((2, len(TRAITS)), np.float32), ["x", "c0"])
    assert found is not None
    assert other is not None
    assert [case.card_id for case in found.cases] == ["c0", "c1", "c2"]
    assert [case.card_id for case in other.cases] == ["c1", "c2", "c3"]
    assert (found.median, found.risen) == (0.1, 1.0)
    few = Library(*(column[:3] for column in library.__dict__.values()))
    assert alike(few, traits[:1], ["x"]) == [None]


def cohorts(desk: Desk) -> list[dict[str, Any]]:
    return desk.rows(
        "select * from signals.cohort_explanations order by set_id, tier, part, known_at"
    )


def test_cohorts_are_means_of_every_card_s_own_contributions(trained: Desk) -> None:
    told = tell_cohorts(trained.workshop, TODAY, now=NOW)
    rows = cohorts(trained)
    assert told["cohorts"] == len({(row["set_id"], row["tier"]) for row in rows})
    assert told["added"] == len(rows)
    assert {row["set_id"] for row in rows} == {f"set{n}" for n in range(len(CARDS) // 10)}
    assert {row["part"] for row in rows} == {"forecast", "classifier"}
    (first,) = [row for row in rows if (row["set_id"], row["part"]) == ("set0", "forecast")]
    mine = [body["forecast"] for card, body in bodies(trained).items() if card in CARDS[:10]]
    assert first["instruments"] == len(mine) == 10
    each = [sum(one["by"] for one in body["inputs"]) + body["others"] for body in mine]
    assert first["body"]["together"] == pytest.approx(float(np.mean(each)), abs=1e-4)
    named = sum(one["by"] for one in first["body"]["inputs"]) + first["body"]["others"]
    assert first["body"]["together"] == pytest.approx(named, abs=1e-4)
    assert all(one["size"] >= abs(one["by"]) - 1e-9 for one in first["body"]["inputs"])


def test_cohorts_told_again_are_added_only_where_they_differ(trained: Desk) -> None:
    first = tell_cohorts(trained.workshop, TODAY, now=NOW)
    assert tell_cohorts(trained.workshop, TODAY, now=NOW)["added"] == 0
    tell_cohorts(trained.workshop, TODAY - timedelta(days=7), now=NOW)
    nights = {row["asof_ts"] for row in cohorts(trained)}
    assert nights == {end_of(TODAY)}, "models of today say nothing of a week ago"
    assert len(cohorts(trained)) == first["added"]
