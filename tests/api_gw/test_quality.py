"""Owns what the API tells of the quality of the data: sources, divergences, price confidence."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import psycopg
import pytest

from tests.api_gw.arrange import Arrangement, every
from tests.api_gw.conftest import LAST_DAY, Api, Serving

MOMENT = "2026-10-01T12:00:00Z"


def told(api: Api, asked: str = f"as_of={MOMENT}") -> dict[str, Any]:
    answer = api(f"/quality?{asked}")
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


def loaded(
    market: Arrangement,
    source: str,
    day: date,
    *,
    rows: int = 100,
    refused: int = 0,
    first: date | None = None,
) -> None:
    """A run of a source that was fetched, screened and loaded on the morning after its day."""
    at = datetime(day.year, day.month, day.day, 1, tzinfo=UTC) + timedelta(days=1)
    with psycopg.connect(market.urls.ingestion) as connection:
        for job, read in (("fetch", rows), ("validate", rows), ("load_trades", rows - refused)):
            connection.execute(
                "insert into market.loads (source, day, job, rows_read, rows_written,"
                " rows_quarantined, finished_at, first_day)"
                " values (%s, %s, %s, %s, %s, %s, %s, %s)",
                (source, day, job, read, read, refused, at, first if job == "fetch" else None),
            )


def refused(market: Arrangement, source: str, reason: str, count: int, *, resolved: int) -> None:
    with psycopg.connect(market.urls.ingestion) as connection:
        for n in range(count):
            connection.execute(
                "insert into market.quarantine (quarantine_id, source, raw_key, line, reason, raw,"
                " first_seen_at, resolved_at) values (%s, %s, 'k', 1, %s, '{}', %s, %s)",
                (
                    *(hash((source, reason, n)), source, reason, "2026-09-20T00:00Z"),
                    "2026-09-25T00:00Z" if n < resolved else None,
                ),
            )


def test_a_source_is_told_with_its_coverage_freshness_volume_and_rejects(
    market: Arrangement, own_api: Api
) -> None:
    for back in range(10):
        loaded(market, "ebay", LAST_DAY - timedelta(days=back), rows=100 + back, refused=5)
    refused(market, "ebay", "unknown grade", 3, resolved=1)
    refused(market, "ebay", "lot", 1, resolved=0)
    [source] = told(own_api)["sources"]
    assert source == {
        "source": "ebay",
        "coverage": pytest.approx(10 / 11),
        "days_covered": 10,
        "days_expected": 11,  # the day asked about has no run yet
        "tried_day": "2026-09-30",
        "newest_day": "2026-09-30",
        "age_days": 1,
        "newest_sale_at": None,
        "loaded_at": "2026-10-01T01:00:00Z",
        "rows_newest": 95,
        "rows_usual": 99.5,
        "rows_read": 1045,
        "refused": pytest.approx(50 / 1045),
        "rejects": [
            {
                "reason": "unknown grade",
                "waiting": 2,
                "resolved": 1,
                "newest_refused_at": "2026-09-20T00:00:00Z",
            },
            {
                "reason": "lot",
                "waiting": 1,
                "resolved": 0,
                "newest_refused_at": "2026-09-20T00:00:00Z",
            },
        ],
    }


def test_a_run_that_made_up_for_missed_nights_covers_them(
    market: Arrangement, own_api: Api
) -> None:
    loaded(market, "ebay", LAST_DAY - timedelta(days=9))
    loaded(market, "ebay", LAST_DAY, first=LAST_DAY - timedelta(days=4))
    [source] = told(own_api)["sources"]
    assert (source["days_covered"], source["days_expected"]) == (1 + 5, 11)


def test_a_source_that_stopped_is_old_and_uncovered(market: Arrangement, own_api: Api) -> None:
    loaded(market, "ebay", LAST_DAY - timedelta(days=60))
    [source] = told(own_api)["sources"]
    assert (source["coverage"], source["age_days"], source["rows_usual"]) == (0.0, 61, None)


def test_what_was_loaded_later_is_not_told_of_a_past_moment(
    market: Arrangement, own_api: Api
) -> None:
    loaded(market, "ebay", LAST_DAY - timedelta(days=1))
    loaded(market, "tcgplayer", LAST_DAY)
    refused(market, "ebay", "lot", 2, resolved=1)
    then = told(own_api, "as_of=2026-09-30T12:00:00Z")
    assert [source["source"] for source in then["sources"]] == ["ebay"]
    before = told(own_api, "as_of=2026-09-24T00:00:00Z")
    assert before["sources"] == []
    loaded(market, "ebay", date(2026, 9, 20))
    [source] = told(own_api, "as_of=2026-09-24T00:00:00Z")["sources"]
    assert (source["rejects"][0]["waiting"], source["rejects"][0]["resolved"]) == (2, 0)


def test_a_source_that_never_came_so_far_is_told(market: Arrangement, own_api: Api) -> None:
    at = datetime(2026, 10, 1, 1, tzinfo=UTC)
    with psycopg.connect(market.urls.ingestion) as connection:
        for source, job in (("tcgplayer", "fetch"), ("psa", "fetch_facts")):
            connection.execute(
                "insert into market.loads (source, day, job, rows_read, rows_written,"
                " rows_quarantined, finished_at) values (%s, %s, %s, 7, 7, 0, %s)",
                (source, LAST_DAY, job, at),
            )
    psa, stuck = told(own_api)["sources"]
    assert (psa["source"], psa["newest_day"], psa["rows_newest"]) == ("psa", "2026-09-30", 7)
    assert (stuck["source"], stuck["tried_day"]) == ("tcgplayer", "2026-09-30")
    nothing = ("newest_day", "age_days", "loaded_at", "rows_usual", "refused")
    assert [stuck[name] for name in nothing] == [None] * 5
    assert (stuck["coverage"], stuck["rows_newest"]) == (0.0, 0)


def test_a_price_of_long_ago_is_stale_and_not_absent(market: Arrangement, own_api: Api) -> None:
    old = every(10, last=LAST_DAY - timedelta(days=120), cents=[700] * 5)
    market.bars("base1-2", "psa10", old)
    market.bars("base1-2", "psa10", [(LAST_DAY - timedelta(days=130), 650)], kind="quote")
    # A series beside one that is alive is history, no price that anybody is shown.
    market.bars("base1-4", "raw", old)
    found = told(own_api)
    assert (found["stale_total"], found["confidence_total"]) == (1, 3)
    stale, *others = found["confidence"]
    assert (stale["card_id"], stale["grade_code"], stale["kind"]) == ("base1-2", "psa10", "trade")
    assert (stale["stale"], stale["price_cents"], stale["age_days"]) == (True, 700, 121)
    assert (stale["bars"], stale["volume"], stale["spread"]) == (0, 0, None)
    assert [one["stale"] for one in others] == [False, False]
    before = told(own_api, "as_of=2026-06-30T00:00:00Z&card=base1-2")
    assert [one["stale"] for one in before["confidence"]] == [False, False]


def test_the_least_certain_price_comes_first(market: Arrangement, own_api: Api) -> None:
    wide = every(10, last=LAST_DAY - timedelta(days=5), cents=[1000, 9000] * 4)
    market.bars("base1-2", "psa10", wide)
    steady = every(10, last=LAST_DAY - timedelta(days=5), cents=[1000] * 8)
    market.bars("base1-2", "psa9", steady)
    found = told(own_api)
    order = [(row["card_id"], row["grade_code"]) for row in found["confidence"]]
    assert order == [
        ("base1-4", "raw"),
        ("base1-2", "psa10"),
        ("base1-2", "psa9"),
        ("base1-4", "psa10"),
    ]
    assert found["confidence_total"] == 4
    raw, loose, tight, liquid = found["confidence"]
    assert (raw["kind"], raw["bars"], raw["spread"], raw["volume"]) == ("quote", 3, None, 0)
    assert (loose["spread"], tight["spread"]) == (pytest.approx(8000 / 5000), 0.0)
    assert (tight["age_days"], tight["price_cents"]) == (6, 1000)
    assert (liquid["bars"], liquid["volume"], liquid["price_day"]) == (9, 9, "2026-09-30")
    only = told(own_api, f"as_of={MOMENT}&card=base1-2&grade=psa9&limit=1")
    assert [row["grade_code"] for row in only["confidence"]] == ["psa9"]


def test_a_flagged_instrument_is_told_while_it_is_flagged(
    market: Arrangement, own_api: Api
) -> None:
    for grade, ratio in (("psa10", 2.5), ("raw", 0.2)):
        opened = datetime(2026, 9, 30, tzinfo=UTC)
        market.flag("base1-4", grade, opened=opened, ratio=ratio)
    found = told(own_api)
    assert [(row["grade_code"], row["ratio"]) for row in found["divergences"]] == [
        ("raw", 0.2),
        ("psa10", 2.5),
    ]
    assert found["divergences_total"] == 2
    assert told(own_api, "as_of=2026-09-29T00:00:00Z")["divergences"] == []


def test_an_empty_platform_has_nothing_to_tell(arrange: Arrangement, serving: Serving) -> None:
    found = told(serving(arrange.urls.api_gw), "")
    assert found["sources"] == found["confidence"] == found["divergences"] == []


def test_an_answer_is_tagged_and_wrong_questions_are_problems(api: Api) -> None:
    first = api(f"/quality?as_of={MOMENT}")
    assert api(f"/quality?as_of={MOMENT}", if_none_match=first.headers["etag"]).status_code == 304
    assert api("/quality?limit=0").status_code == 422
    assert api("/quality?card=%27").status_code == 404
    assert api("/quality?as_of=2026-09-30").status_code == 422
