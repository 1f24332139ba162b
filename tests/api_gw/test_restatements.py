"""Owns what the API tells of a day that was restated: its bars, features and signals."""

import json
from datetime import UTC, date, datetime, timedelta
from itertools import count, pairwise
from typing import Any

import polars as pl
import psycopg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from kernel.db.signals import features_as_of, signals_as_of
from tests.api_gw.arrange import Arrangement, evening
from tests.api_gw.conftest import LAST_DAY, NIGHT, Api

DAY = LAST_DAY
LATER = NIGHT + timedelta(days=3, hours=9)


def told(api: Api, asked: str = "", *, day: date = DAY) -> dict[str, Any]:
    answer = api(f"/restatements?day={day}{asked}")
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


def features(
    market: Arrangement, grade: str, computed_at: datetime, print_: str, version: str = "price-1"
) -> None:
    """A row of features of the last day; `momentum_7` is the length of the fingerprint."""
    values = json.dumps({"momentum_7": len(print_), "drawdown_90": -0.5})
    with psycopg.connect(market.urls.signals_svc) as connection:
        connection.execute(
            "select signals.ensure_month_partitions('features_daily', %s, %s)", (DAY, DAY)
        )
        connection.execute(
            "insert into signals.features_daily (card_id, grade_code, day, feature_version, series,"
            " raw, normalized, recency_days, bars_365, close_cents, fingerprint, computed_at)"
            " values ('base1-4', %s, %s, %s, 'trade', %s, '{}', 0, 40, 400000, %s, %s)",
            (grade, DAY, version, values, print_, computed_at),
        )


def test_a_day_nobody_learned_more_of_is_as_it_was(api: Api) -> None:
    found = told(api)
    assert found == {
        "day": "2026-09-30",
        "since": "2026-10-01T00:00:00Z",
        "until": None,
        "bars": [],
        "bars_total": 0,
        "features": [],
        "signals": [],
        "answers": [],
    }


def test_a_restated_bar_is_told_between_the_moments_that_frame_it(
    market: Arrangement, own_api: Api
) -> None:
    market.replaced_bar("base1-4", "psa10", DAY, 350_000, until=LATER)
    with psycopg.connect(market.urls.ingestion) as connection:
        connection.execute(
            "update market.prices_daily set known_at = %s where day = %s and grade_code = 'psa10'",
            (LATER, DAY),
        )
    [bar] = told(own_api)["bars"]
    assert (bar["change"], bar["before"]["close_cents"], bar["after"]["close_cents"]) == (
        "changed",
        350_000,
        400_000,
    )
    until = (LATER - timedelta(seconds=1)).isoformat().replace("+00:00", "Z")
    assert told(own_api, f"&to={until}")["bars"] == []
    since = LATER.isoformat().replace("+00:00", "Z")
    assert told(own_api, f"&from={since}")["bars"] == []
    assert told(own_api, "&card=base1-2")["bars"] == []
    assert told(own_api, "&grade=psa10")["bars_total"] == 1


def test_a_word_said_again_names_the_model_or_the_features(
    market: Arrangement, own_api: Api
) -> None:
    market.signal(
        "base1-4", "psa10", "SELL", asof=NIGHT, known_at=LATER, model="ewma-2", print_="g"
    )
    [signal] = told(own_api)["signals"]
    assert (signal["horizon_days"], signal["because"]) == (90, "model")
    assert (signal["before"]["action"], signal["after"]["action"]) == ("BUY", "SELL")
    assert signal["after"]["night"] == "2026-09-30"
    with psycopg.connect(market.urls.signals_svc) as connection:
        stood = signals_as_of(connection, as_of=NIGHT, night=DAY)
        stands = signals_as_of(connection, as_of=LATER, night=DAY)
    differ = stands.join(
        stood, on=["card_id", "grade_code", "horizon_days", "fingerprint"], how="anti"
    )
    assert differ.get_column("action").to_list() == ["SELL"]


def test_features_computed_again_name_what_moved_and_why(market: Arrangement, own_api: Api) -> None:
    computed = NIGHT + timedelta(hours=2)
    features(market, "psa10", computed, "ab")
    features(market, "psa10", LATER, "abc")
    features(market, "raw", computed, "x")
    features(market, "raw", LATER, "x", version="price-2")
    assert [(row["grade_code"], row["because"]) for row in told(own_api)["features"]] == [
        ("psa10", "cross_section")
    ]
    [row] = told(own_api)["features"]
    assert row["moved"] == [{"name": "momentum_7", "before": 2.0, "after": 3.0}]
    with psycopg.connect(market.urls.ingestion) as connection:
        connection.execute("select market.ensure_month_partitions('trades', %s)", ([DAY],))
        connection.execute(
            "insert into market.trades (trade_id, ts, card_id, grade_code, source, price_cents,"
            " known_at, loaded_at) values (7, %s, 'base1-4', 'psa10', 'file', 100, %s, %s)",
            (NIGHT - timedelta(days=2), NIGHT - timedelta(days=2), LATER - timedelta(hours=1)),
        )
    [row] = told(own_api)["features"]
    assert (row["because"], row["late_sales"]) == ("late_load", 1)
    with psycopg.connect(market.urls.signals_svc) as connection:
        # The first row of a night is known at its end, whenever it was computed.
        stood = features_as_of(connection, as_of=NIGHT, day=DAY)
        stands = features_as_of(connection, as_of=LATER, day=DAY)
    assert stood.filter(grade_code="psa10").get_column("fingerprint").to_list() == ["ab"]
    assert stands.filter(grade_code="psa10").get_column("fingerprint").to_list() == ["abc"]


def test_the_night_that_first_knew_of_a_restated_bar_answers(
    market: Arrangement, own_api: Api
) -> None:
    with psycopg.connect(market.urls.ingestion) as connection:
        connection.execute("select market.ensure_month_partitions('trades', %s)", ([DAY],))
        connection.execute(
            "insert into market.trades (trade_id, ts, card_id, grade_code, source, price_cents,"
            " known_at) values (7, %s, 'base1-4', 'psa10', 'file', 400000, %s)",
            (NIGHT - timedelta(hours=3), LATER),
        )
        connection.execute(
            "update market.prices_daily set known_at = %s where day = %s and grade_code = 'psa10'",
            (LATER, DAY),
        )
    night = evening(LATER.date())
    market.signal("base1-4", "psa10", "HOLD", asof=night)
    market.signal("base1-4", "psa10", "SELL", asof=night + timedelta(days=1))
    found = told(own_api)
    assert [cause["what"] for cause in found["bars"][0]["causes"]] == ["late_arrival"]
    assert found["bars"][0]["causes"][0]["subject_id"] == "7"
    [answer] = found["answers"]
    assert (answer["because"], answer["before"]["action"], answer["after"]["action"]) == (
        "restated_bar",
        "BUY",
        "HOLD",
    )
    assert datetime.fromisoformat(answer["restated_at"]) == LATER
    assert answer["after"]["night"] == str(LATER.date())


said_later = st.lists(
    st.tuples(
        st.sampled_from(["psa10", "raw"]),
        st.sampled_from([30, 90]),
        st.integers(0, 6),
        st.sampled_from(["a", "b", "c"]),
    ),
    max_size=8,
    unique_by=lambda word: word[:3],
)


@settings(
    max_examples=8,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(words=said_later)
def test_signals_restated_are_the_difference_of_two_readings(
    market: Arrangement, own_api: Api, words: list[tuple[str, int, int, str]]
) -> None:
    day = DAY - timedelta(days=next(nights))
    night = evening(day)
    for grade, horizon, days, print_ in words:
        known = night + timedelta(days=days)
        market.signal(
            "base1-4", grade, "BUY", asof=night, horizon=horizon, known_at=known, print_=print_
        )
    moments = [night, night + timedelta(days=2), night + timedelta(days=5)]
    with psycopg.connect(market.urls.signals_svc) as connection:
        readings = [words_in(signals_as_of(connection, as_of=at, night=day)) for at in moments]
    for place, (stood, stands) in enumerate(pairwise(readings)):
        since, until = (f"{at:%Y-%m-%dT%H:%M:%SZ}" for at in moments[place : place + 2])
        report = told(own_api, f"&from={since}&to={until}", day=day)["signals"]
        assert {(one["grade_code"], one["horizon_days"]) for one in report} == {
            key for key in stood.keys() | stands.keys() if stood.get(key) != stands.get(key)
        }


nights = count(100)  # nights of their own, before the market's


def words_in(frame: pl.DataFrame) -> dict[tuple[str, int], str]:
    """What each instrument and horizon was told, by its fingerprint."""
    return {
        (row["grade_code"], row["horizon_days"]): row["fingerprint"]
        for row in frame.iter_rows(named=True)
    }


def test_an_answer_is_tagged_and_kept(api: Api) -> None:
    first = api(f"/restatements?day={DAY}")
    again = api(f"/restatements?day={DAY}", if_none_match=first.headers["etag"])
    assert again.status_code == 304
    assert "max-age" in first.headers["cache-control"]


@pytest.mark.parametrize(
    ("asked", "status", "words"),
    [
        ("", 422, "day"),
        ("day=2026-02-30", 422, "day"),
        ("day=1066-01-01", 422, "choose a year"),
        ("day=2026-09-30&from=2026-10-02T00:00:00", 422, "from"),
        ("day=2026-09-30&from=2026-10-02T00:00:00Z&to=2026-10-01T00:00:00Z", 422, "is not before"),
        ("day=2026-09-30&to=2026-09-30T00:00:00Z", 422, "is not before"),
        ("day=2026-09-30&card=%27", 404, "no card"),
        ("day=2026-09-30&grade=%C3%A4", 404, "no grade"),
    ],
)
def test_a_wrong_question_is_a_problem_document(
    api: Api, asked: str, status: int, words: str
) -> None:
    answer = api(f"/restatements?{asked}")
    assert answer.status_code == status
    assert answer.headers["content-type"] == "application/problem+json"
    assert words in answer.json()["detail"]


def test_the_database_away_is_said(serving: Any) -> None:
    answer = serving("postgresql://api_gw@127.0.0.1:1/nothing")(f"/restatements?day={DAY}")
    assert answer.status_code == 503


def test_moments_are_utc(api: Api) -> None:
    at = datetime(2026, 10, 1, 2, tzinfo=UTC) + timedelta(hours=2)
    assert told(api, "&from=2026-10-01T06:00:00%2B02:00")["since"] == at.isoformat().replace(
        "+00:00", "Z"
    )
