"""Owns the reports that the console script asks the API for, as a user meets them."""

import json
from typing import Any

from tests.cli.test_pricer import answering, pricer

FIGURES = {"open_cents": 1, "high_cents": 1, "low_cents": 1, "close_cents": 11000, "volume": 2}
CAUSE = {
    "what": "revoked",
    "known_at": "2024-05-20T00:00:00Z",
    "subject": "trade",
    "subject_id": "77",
    "actor": "ann",
    "why": "unpaid",
    "before_cents": 11000,
    "after_cents": None,
}
REPORT: dict[str, Any] = {
    "day": "2024-05-01",
    "since": "2024-05-02T00:00:00Z",
    "until": None,
    "bars_total": 2,
    "bars": [
        {
            "card_id": "base1-4",
            "grade_code": "psa9",
            "kind": "trade",
            "change": "vanished",
            "before": FIGURES,
            "after": None,
            "causes": [CAUSE],
            "causes_total": 3,
        }
    ],
    "features": [],
    "signals": [],
    "answers": [
        {
            "card_id": "base1-4",
            "grade_code": "psa9",
            "horizon_days": 90,
            "because": "restated_bar",
            "before": {"action": "BUY", "night": "2024-05-19"},
            "after": None,
        }
    ],
}


def test_a_restatement_is_told_in_lines() -> None:
    with answering(200, REPORT) as url:
        code, said = pricer("restate", "--day", "2024-05-01", "--url", url)
    assert code == 0
    assert said.splitlines() == [
        "2024-05-01  what became known from 2024-05-02T00:00:00Z to now",
        "",
        "bars: 2 restated, the first 1 here",
        "  base1-4:psa9  trade  vanished  close $110.00 -> -  volume 2 -> -",
        "    2024-05-20 00:00  revoked  $110.00 -> -  by ann: unpaid (trade 77)",
        "    and 2 more",
        "",
        "features: 0 computed anew",
        "",
        "signals: 0 of the night said again",
        "",
        "answers: 1 later signals that knew of it",
        "  base1-4:psa9  90 days  BUY (2024-05-19) -> -  restated bar",
    ]


def test_a_refusal_is_told_in_the_api_s_words() -> None:
    with answering(422, {"detail": "day: no such day"}) as url:
        assert pricer("restate", "--day", "x", "--url", url) == (
            1,
            "pricer: the API answers 422: day: no such day\n",
        )


def test_an_api_that_cannot_answer_now_is_worth_a_retry() -> None:
    with answering(503, {"detail": "the database is away"}) as url:
        assert pricer("restate", "--day", "2024-05-01", "--url", url)[0] == 75
    assert pricer("restate", "--day", "2024-05-01", "--url", "http://127.0.0.1:1")[0] == 1
    assert pricer("restate", "--day", "2024-05-01", "--url", "ftp://x")[0] == 2


QUALITY: dict[str, Any] = {
    "day": "2026-10-01",
    "sources": [
        {
            "source": "ebay",
            "days_covered": 10,
            "days_expected": 11,
            "newest_day": "2026-09-30",
            "age_days": 1,
            "rows_newest": 95,
            "rows_usual": 99.5,
            "refused": 0.0478,
            "rejects": [{"reason": "lot", "waiting": 2, "resolved": 1}],
        }
    ],
    "divergences_total": 0,
    "divergences": [],
    "confidence_total": 1,
    "stale_total": 0,
    "confidence": [
        {
            "card_id": "base1-4",
            "grade_code": "psa10",
            "kind": "trade",
            "price_cents": 400_000,
            "bars": 9,
            "spread": None,
            "age_days": 1,
            "stale": False,
        }
    ],
}


def test_the_quality_is_told_in_lines_or_as_it_came() -> None:
    with answering(200, QUALITY) as url:
        code, said = pricer("quality", "--url", url, "--card", "base1-4")
        raw = pricer("quality", "--url", url, "--json")
    assert (code, json.loads(raw[1])) == (0, QUALITY)
    assert said.splitlines() == [
        "2026-10-01  quality of the data",
        "",
        "source  days covered  newest run  age  rows  usual  refused",
        "ebay        10 of 11  2026-09-30  1 d    95    100     4.8%",
        "",
        "refused rows",
        "  ebay  lot  2  waiting  1  resolved",
        "",
        "divergences: 0 instruments are not believed",
        "",
        "confidence: 1 instruments, 0 stale, the least certain first",
        "  instrument     kind       price  bars  spread  age",
        "  base1-4:psa10  trade  $4,000.00     9       -  1 d",
    ]
