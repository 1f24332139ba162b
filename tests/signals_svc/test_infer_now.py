"""POST /internal/infer: for insiders, by what is known now, by who speaks; nothing is stored."""

import json
import os
import subprocess
import sys
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
import pytest
from fastapi.testclient import TestClient

from kernel.days import end_of
from kernel.db.session import job_transaction
from kernel.errors import Rejected
from kernel.ids import CardId, GradeCode, Instrument
from signals_svc.adapters.models import Models
from signals_svc.app import serving_app
from signals_svc.domain.features import FEATURE_VERSION
from signals_svc.domain.past_forecasts import PastForecasts
from signals_svc.domain.weekly import Windows
from signals_svc.http.deps import Serving
from signals_svc.http.turns import Turns
from signals_svc.jobs.table import change_stage, train_baselines
from signals_svc.ports.forecasters import Heard
from signals_svc.ports.models import Classifier, Decision, Family, RegisteredModel, ServingModel
from signals_svc.settings import SignalsSettings
from signals_svc.usecases.infer_now import infer_now
from signals_svc.usecases.kept_models import MOST, KeptModels
from signals_svc.usecases.promote import Asked
from tests.fixtures.s3 import Lake
from tests.signals_svc.conftest import CARDS, LAST_DAY, NOW, Desk
from tests.signals_svc.market_builder import Bar, mark, seed_cards, write_bars
from tests.signals_svc.test_stages import Shelf
from tests.signals_svc.test_training import CARDS as PLANTED
from tests.signals_svc.test_training import TODAY, planted
from tests.signals_svc.trees_to_read import StillContests, register_trees_to_read

TOKEN = "a-token-of-insiders"
PATH = "/internal/infer"


def client(now: datetime) -> TestClient:
    app = serving_app(SignalsSettings())
    serving: Serving = app.state.serving
    app.state.serving = replace(serving, clock=lambda: now)
    made = TestClient(app, raise_server_exceptions=False)
    made.headers["Authorization"] = f"Bearer {TOKEN}"
    return made


def asked(*cards: str, grade: str = "psa10") -> dict[str, Any]:
    return {"instruments": [{"card_id": card, "grade_code": grade} for card in cards]}


@pytest.fixture
def hot(market: Desk, monkeypatch: pytest.MonkeyPatch) -> Desk:
    monkeypatch.setenv("PRICER_ADMIN_TOKEN", TOKEN)
    return market


NOON = datetime.combine(LAST_DAY, datetime.min.time(), UTC) + timedelta(hours=12)


def test_it_says_what_the_night_would_say_and_stores_nothing(hot: Desk) -> None:
    answer = client(NOON).post(PATH, json=asked("card-0", "card-1"))
    assert answer.status_code == 200, answer.text
    signals = answer.json()["signals"]
    assert len(signals) == 6
    for table in ("signals", "forecasts", "explanations", "receipts", "flips", "features_daily"):
        assert hot.rows(f"select from signals.{table}") == [], table
    mark(hot.urls, [(card, "psa10") for card in CARDS], LAST_DAY)
    hot.night()
    said = hot.rows(
        "select card_id, horizon_days, action, conviction::float8 as conviction,"
        " expected_return::float8 as expected_return, price_cents, model_version"
        " from signals.signals where card_id in ('card-0', 'card-1') order by 1, 2"
    )
    names = list(said[0])
    ordered = sorted(signals, key=lambda one: (one["card_id"], one["horizon_days"]))
    assert [{name: one[name] for name in names} for one in ordered] == said


def test_a_sale_of_the_day_that_is_not_over_counts(hot: Desk) -> None:
    today = LAST_DAY + timedelta(days=1)
    noon = NOON + timedelta(days=1)
    write_bars(hot.urls, [Bar("card-0", "psa10", today, 77_700, known_at=noon)])
    (first, *_) = client(noon).post(PATH, json=asked("card-0")).json()["signals"]
    assert first["price_cents"] == 77_700


@pytest.mark.parametrize(
    ("headers", "status"),
    [({"Authorization": ""}, 401), ({"Authorization": "Bearer another-token-here"}, 401)],
)
def test_strangers_are_turned_away(hot: Desk, headers: dict[str, str], status: int) -> None:
    answer = client(NOON).post(PATH, json=asked("card-0"), headers=headers)
    assert answer.status_code == status
    assert answer.headers["content-type"] == "application/problem+json"


def test_without_a_token_nobody_gets_in(market: Desk) -> None:
    assert client(NOON).post(PATH, json=asked("card-0")).status_code == 403


def test_bad_questions_are_named(hot: Desk) -> None:
    ask = client(NOON)
    assert ask.post(PATH, json=asked("nobody")).status_code == 404
    assert ask.post(PATH, json={"instruments": []}).status_code == 422
    assert ask.post(PATH, json=asked(*("card-0",) * 51)).status_code == 422
    assert ask.post(PATH, json=asked("card-0", grade="PSA 10")).status_code == 422
    assert ask.get("/healthz").json()["status"] == "ok"


def test_a_rollback_is_heard_by_a_process_that_keeps_its_models(
    desk: Desk, lake: Lake, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PRICER_ADMIN_TOKEN", TOKEN)
    for name, value in lake.environment().items():
        monkeypatch.setenv(name, value)
    seed_cards(desk.urls, PLANTED)
    write_bars(desk.urls, planted(share=1.0, seed=3))
    made = desk.renewed()
    trained = train_baselines(made.workshop, TODAY, now=NOW)
    version = str(trained["model_version"])
    noon = datetime.combine(TODAY, datetime.min.time(), UTC) + timedelta(hours=12)
    ask = client(noon)

    def spoke() -> set[str]:
        answer = ask.post(PATH, json=asked("m0", grade="raw"))
        return {one["model_version"] for one in answer.json()["signals"]}

    assert version in spoke()
    assert version in spoke()
    change_stage(made.workshop, version, Asked("retired"), now=NOW)
    assert spoke() == {"ewma-1"}


class Counting(Shelf):
    """Port ClassifierLoader: counts, and refuses one version."""

    def __init__(self) -> None:
        self.opened: list[str] = []

    def load(self, model: ServingModel) -> Any:
        if model.version == "gbdt-0":
            raise Rejected("damaged")
        self.opened.append(model.version)
        return super().load(model)


def test_a_version_is_opened_once_a_damaged_one_every_time_and_few_are_kept(hot: Desk) -> None:
    shelf = Counting()
    kept = KeptModels(hot.workshop.loaders._replace(classifiers=shelf))

    def load(number: int) -> Classifier:
        return kept.load(ServingModel(f"gbdt-{number}", NOW, FEATURE_VERSION, "", "0"))

    assert load(1) is load(1)
    assert shelf.opened == ["gbdt-1"]
    for _ in range(2):
        with pytest.raises(Rejected):
            load(0)
    for number in range(2, MOST + 2):
        load(number)
    load(1)
    assert shelf.opened.count("gbdt-1") == 2


def test_a_run_over_several_nights_opens_a_version_once(hot: Desk) -> None:
    shelf = Counting()
    loaders = hot.workshop.loaders._replace(classifiers=shelf, baselines=StillContests())
    desk = replace(hot, workshop=replace(hot.workshop, loaders=loaders))
    register_trees_to_read()
    spoken_for("gbdt-1", "classifier")
    for back in (1, 0):
        mark(desk.urls, [("card-0", "psa10")], LAST_DAY - timedelta(days=back))
    _, inferred = desk.night()
    assert (inferred["nights"], inferred["model_version"]) == (2, "ewma-1+gbdt-1")
    assert shelf.opened == ["gbdt-1"]


def test_a_card_with_three_sales_is_held_with_a_reason_and_no_number(hot: Desk) -> None:
    seed_cards(hot.urls, ["thin"])
    days = [LAST_DAY - timedelta(days=back) for back in (40, 20, 0)]
    write_bars(hot.urls, [Bar("thin", "psa10", day, 1_000) for day in days])
    answer = client(NOON).post(PATH, json=asked("thin", "unsold"))
    signals = answer.json()["signals"]
    assert [one["horizon_days"] for one in signals] == [7, 30, 90]
    for one in signals:
        assert (one["action"], one["conviction"], one["price_cents"]) == ("HOLD", 0.0, 1_000)
        assert [reason["code"] for reason in one["reasons"]] == ["illiquid"]
        assert {one[name] for name in ("expected_return", "risk", "utility")} == {None}
    assert answer.json()["without_price"] == [{"card_id": "unsold", "grade_code": "psa10"}]


def spoken_for(version: str, family: Family, *, features: str = FEATURE_VERSION) -> None:
    learned_by = end_of(LAST_DAY - timedelta(days=30))
    model = ServingModel(version, learned_by, features, f"{family}/{version}", "0")
    with job_transaction(SignalsSettings().database_url) as connection:
        models = Models(connection)
        models.register(family, RegisteredModel(model, {}), now=NOW)
        models.decide(version, Decision("production", "it may"), now=NOW)


@pytest.mark.parametrize("family", ["classifier", "tft"])
def test_a_model_that_is_gone_is_named_and_one_of_other_features_is_silent(
    hot: Desk, lake: Lake, monkeypatch: pytest.MonkeyPatch, family: Family
) -> None:
    for name, value in lake.environment().items():
        monkeypatch.setenv(name, value)
    spoken_for(f"{family}-1", family, features="older")
    answer = client(NOON).post(PATH, json=asked("card-0"))
    assert {one["model_version"] for one in answer.json()["signals"]} == {"ewma-1"}
    spoken_for(f"{family}-2", family)
    answer = client(NOON).post(PATH, json=asked("card-0"))
    assert answer.status_code == 503
    said = answer.json()["detail"]
    assert f"the artifact of {family}-2 is unusable" in said
    assert "promote another version or train again" in said


@dataclass(frozen=True)
class Reader:
    """A sequence forecaster that says what it reads."""

    version: str
    passed: tuple[int, ...] = (90,)
    past: PastForecasts | None = None

    def hear(self, windows: Windows, horizons: tuple[int, ...], *, looking: bool) -> Heard:
        read = 0.01 * (windows.past.sum(axis=(1, 2)) + windows.fixed.sum(axis=1) + windows.lengths)
        said = read[:, None, None] + np.array([-0.1, 0.0, 0.1])
        return Heard(np.repeat(said, len(horizons), axis=1), lambda _: None)


class Readers:
    """Port ForecasterLoader."""

    def load_forecaster(self, model: ServingModel) -> Reader:
        return Reader(model.version)


def test_a_sequence_forecaster_reads_the_windows_it_reads_at_night(hot: Desk) -> None:
    loaders = hot.workshop.loaders._replace(forecasters=Readers())
    desk = replace(hot, workshop=replace(hot.workshop, loaders=loaders))
    spoken_for("tft-1", "tft")
    wanted = [Instrument(CardId(card), GradeCode("psa10")) for card in CARDS[3:6]]
    with desk.workshop.stores() as stores:
        now = infer_now(stores, wanted, now=NOON, speech=desk.workshop.speech).signals
    mark(desk.urls, [(card, "psa10") for card in CARDS], LAST_DAY)
    desk.night()
    told = desk.rows(
        "select card_id, expected_return::float8 as expected from signals.signals"
        " where model_version = 'tft-1' order by card_id"
    )
    expected = {row["card_id"]: row["expected"] for row in told}
    assert len(expected) == len(CARDS)
    assert len(set(expected.values())) > len(CARDS) / 2
    for one in now:
        if one.horizon_days == 90:
            assert one.expected_return == expected[one.instrument.card_id]


def test_who_waited_for_too_long_is_told_to_come_again(hot: Desk) -> None:
    ask = client(NOON)
    serving: Serving = ask.app.state.serving  # type: ignore[attr-defined] # of FastAPI
    turns = Turns(1, wait_s=0.05)
    ask.app.state.serving = replace(serving, turns=turns)  # type: ignore[attr-defined] # as above
    with turns.one():
        answer = ask.post(PATH, json=asked("card-0"))
        assert (answer.status_code, answer.headers["Retry-After"]) == (503, "5")
        assert ask.get("/healthz").status_code == 200
    assert ask.post(PATH, json=asked("nobody")).status_code == 404, "whose turn fails leaves"
    assert ask.post(PATH, json=asked("card-0")).status_code == 200


HEAVY = ("torch", "lightgbm", "pandas", "sklearn", "onnx", "onnxmltools")
SERVING = """
import json, sys
import signals_svc.app as app
from datetime import UTC, datetime
from kernel.ids import Instrument
infer = app.serving_app(app.SignalsSettings()).state.serving.infer
assert infer([Instrument("card-0", "psa10")], datetime.fromisoformat(sys.argv[1])).signals
print(json.dumps(sorted(sys.modules)))
"""


def test_a_serving_process_loads_no_library_that_trains(hot: Desk) -> None:
    words = [sys.executable, "-c", SERVING, NOON.isoformat()]
    done = subprocess.run(words, capture_output=True, text=True, check=True, env=os.environ)
    assert not set(HEAVY) & set(json.loads(done.stdout.splitlines()[-1]))
