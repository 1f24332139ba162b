"""A sale is believed, then revoked, another is told late: at every moment the API answers with what
was known then, from sales over bars, features and signals to what came of them.
"""

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from kernel.days import end_of
from signals_svc.app import workshop
from signals_svc.jobs.past import score_signals
from signals_svc.jobs.table import build_every_night, infer_every_night
from signals_svc.jobs.workshop import Workshop
from signals_svc.settings import SignalsSettings
from tests.api_gw.conftest import Api, Serving
from tests.fixtures.postgres import DatabaseUrls
from tests.ingestion.conftest import World, WriteCsv, plain_file, world
from tests.ingestion.test_restatements import revise, tell

__all__ = ["plain_file", "world"]
NIGHT = date(2025, 2, 3)
LATE_TOLD = NIGHT + timedelta(days=2)  # a sale of NIGHT - 1
REVOKED = NIGHT + timedelta(days=4)  # the sale of NIGHT
EXIT_REVOKED = NIGHT + timedelta(days=9)  # the sale of NIGHT + 7
CARD = "/cards/base1-4"


def sale(day: date, cents: int, name: str) -> str:
    return f"base1-4,psa9,{cents / 100:.2f},{day}T10:00:00Z,{name}"


@pytest.fixture
def jobs(database: DatabaseUrls, monkeypatch: pytest.MonkeyPatch) -> Workshop:
    monkeypatch.setenv("SIGNALS_SVC_DATABASE_URL", database.signals_svc)
    return workshop(SignalsSettings())


def night(world: World, jobs: Workshop, day: date) -> None:
    """Bars and signals of whatever is waiting, a few hours after the day."""
    now = end_of(day) + timedelta(hours=3)
    world.build()
    build_every_night(jobs, now=now)
    infer_every_night(jobs, now=now)


@pytest.fixture
def told(
    world: World, plain_file: WriteCsv, tmp_path: Path, jobs: Workshop, database: DatabaseUrls
) -> DatabaseUrls:
    """Weekly sales around $100, the last at $125; what is learned comes in as it is learned."""
    weekly = [
        sale(NIGHT - timedelta(weeks=weeks), 10_000 + 300 * (weeks % 3), f"w{weeks}")
        for weeks in range(1, 57)
    ]
    world.ingest("plain_sales", plain_file("a.csv", [*weekly, sale(NIGHT, 12_500, "odd")]), NIGHT)
    night(world, jobs, NIGHT)
    before = NIGHT - timedelta(days=1)
    tell(world, tmp_path, before, "late", 105, at=9, known=end_of(LATE_TOLD) - timedelta(hours=4))
    night(world, jobs, LATE_TOLD)
    revise(world, "odd", "revoked", end_of(REVOKED) - timedelta(hours=6))
    night(world, jobs, REVOKED)
    after = [(1, 10_000), (5, 10_100), (7, 12_000)]
    lines = [sale(NIGHT + timedelta(days=days), cents, f"a{days}") for days, cents in after]
    world.ingest("plain_sales", plain_file("b.csv", lines), NIGHT + timedelta(days=7))
    night(world, jobs, NIGHT + timedelta(days=7))
    score_signals(jobs, NIGHT + timedelta(days=7))
    revise(world, "a7", "revoked", end_of(EXIT_REVOKED) - timedelta(hours=6))
    night(world, jobs, EXIT_REVOKED)
    score_signals(jobs, EXIT_REVOKED)
    return database


def morning(day: date) -> datetime:
    """An hour after the day, before the next one tells anything."""
    return end_of(day) + timedelta(hours=1)


def ask(api: Api, path: str, moment: datetime) -> Mapping[str, Any]:
    joint = "&" if "?" in path else "?"
    answer = api(f"{path}{joint}as_of={moment:%Y-%m-%dT%H:%M:%SZ}")
    assert answer.status_code == 200, answer.text
    found: Mapping[str, Any] = answer.json()
    return found


def test_every_answer_is_what_was_known_then(told: DatabaseUrls, serving: Serving) -> None:
    api = serving(told.api_gw)
    history, prices, said = {}, {}, {}
    for day in (NIGHT, LATE_TOLD, REVOKED):
        moment = morning(day)
        bars = ask(api, f"{CARD}/history?grade=psa9&window=10d", moment)["bars"]
        history[day] = {bar["day"]: bar["close_cents"] for bar in bars}
        signal = ask(api, f"{CARD}/signal?grade=psa9", moment)
        why = ask(api, f"{CARD}/signal/explain?grade=psa9", moment)
        receipt = ask(api, f"{CARD}/signal/receipt?grade=psa9", moment)
        frozen = {part["name"]: part["content"] for part in receipt["parts"]}
        assert receipt["intact"], receipt["altered"]
        assert signal["asof_ts"] == why["signal"]["asof_ts"] == receipt["asof_ts"]
        assert signal["price_cents"] == why["signal"]["price_cents"]
        assert signal["price_cents"] == frozen["said"]["price_cents"]
        assert signal["price_cents"] == frozen["snapshot"]["close_cents"]
        prices[day], said[day] = signal["price_cents"], why
        found, *_ = ask(api, "/search?q=charizard%204", moment)["cards"]
        closes = [(close["day"], close["close_cents"]) for close in found["closes"]]
        assert closes == [max(history[day].items())]
    odd, late = NIGHT.isoformat(), (NIGHT - timedelta(days=1)).isoformat()
    assert (history[NIGHT].get(odd), history[NIGHT].get(late)) == (12_500, None)
    assert (history[LATE_TOLD].get(odd), history[LATE_TOLD].get(late)) == (12_500, 10_500)
    assert (history[REVOKED].get(odd), history[REVOKED].get(late)) == (None, 10_500)
    assert prices == {NIGHT: 12_500, LATE_TOLD: 12_500, REVOKED: 10_500}
    assert said[NIGHT]["previous"] is None
    changed = {one["what"]: (one["before"], one["after"]) for one in said[REVOKED]["changed"]}
    assert changed["price"] == ("$125.00", "$105.00")
    fans = {day: [band["middle_cents"] for band in why["fan"]] for day, why in said.items()}
    assert fans[NIGHT] != fans[REVOKED]


def test_a_moment_before_a_revocation_is_answered_the_same_for_ever(
    told: DatabaseUrls, serving: Serving
) -> None:
    """An hour before it was revoked the sale stood, and so it is told after all that came since."""
    api = serving(told.api_gw)
    before = end_of(REVOKED) - timedelta(hours=7)
    path = f"{CARD}/history?grade=psa9&window=10d"
    closes = [
        {bar["day"]: bar["close_cents"] for bar in ask(api, path, moment)["bars"]}
        for moment in (before, before + timedelta(hours=2))
    ]
    assert [one.get(NIGHT.isoformat()) for one in closes] == [12_500, None]


def test_what_came_of_a_signal_is_told_as_it_was_known(
    told: DatabaseUrls, serving: Serving
) -> None:
    """The 7-day HOLD seemed refuted by a rise to $120, which was no sale."""
    api = serving(told.api_gw)
    path = "/signals/track-record?horizon=7"
    records = {
        day: ask(api, path, morning(day))
        for day in (
            NIGHT + timedelta(days=6),
            NIGHT + timedelta(days=7),
            EXIT_REVOKED - timedelta(days=1),
            EXIT_REVOKED,
        )
    }
    rates = [record["replayed"]["overall"]["came_true"] for record in records.values()]
    assert [one["n"] for one in rates] == [0, 1, 1, 1]
    assert [one["value"] for one in rates] == [None, 0.0, 0.0, 1.0]
    assert all(record["live"]["outcomes"] == {} for record in records.values())
