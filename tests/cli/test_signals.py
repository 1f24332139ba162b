"""`pricer signals`: what it prints, and that it trusts no answer it can check itself."""

from typing import Any

from kernel.receipts import digests_of, receipt_hash
from tests.cli.test_pricer import answering, pricer

CONTENTS: dict[str, Any] = {
    "said": {"action": "BUY", "conviction": 0.71, "model_version": "trees-1"},
    "inputs": {"q50": 0.2},
    "snapshot": {"raw": {"bounce": 0.1}},
    "models": {},
}
DIGESTS = digests_of(CONTENTS)
HASH = receipt_hash(DIGESTS)


def answer(contents: dict[str, Any], *, hash_: str | None = HASH) -> dict[str, Any]:
    """As the API tells it; that it claims to be intact proves nothing."""
    return {
        "card_id": "base1-4",
        "grade_code": "psa10",
        "horizon_days": 90,
        "asof_ts": "2026-10-01T00:00:00Z",
        "known_at": "2026-10-01T00:00:00Z",
        "written_at": "2026-10-01T02:10:00Z",
        "heard": True,
        "hash": hash_,
        "intact": True,
        "altered": [],
        "parts": [
            {"name": name, "digest": DIGESTS[name] if hash_ else None, "content": content}
            for name, content in contents.items()
        ],
    }


def receipt(body: dict[str, Any], *more: str) -> tuple[int, str]:
    with answering(200, body) as url:
        return pricer("signals", "receipt", "base1-4", "--grade", "psa10", "--url", url, *more)


def test_a_receipt_is_hashed_again_where_it_is_read() -> None:
    code, said = receipt(answer(CONTENTS), "--hash", HASH)
    assert code == 0
    assert said.splitlines() == [
        "base1-4:psa10  90 d  BUY  conviction 0.71  by trees-1",
        "as of 2026-10-01T00:00:00Z, known 2026-10-01T00:00:00Z",
        *(f"  {name:<9} {DIGESTS[name]}  as it was" for name in CONTENTS),
        f"  receipt   {HASH}  as it was",
    ]


def test_an_altered_part_is_named_whatever_the_answer_claims() -> None:
    code, said = receipt(answer({**CONTENTS, "inputs": {"q50": 0.3}}))
    assert code == 1
    altered = [line.split()[0] for line in said.splitlines() if "ALTERED" in line]
    assert altered == ["inputs"]


def test_another_hash_than_the_one_kept_is_told() -> None:
    code, said = receipt(answer(CONTENTS), "--hash", "0" * 32)
    assert code == 1
    assert f"you kept {'0' * 32}, the receipt says {HASH}" in said


def test_a_signal_without_a_receipt_leaves_with_an_error() -> None:
    code, said = receipt(answer(CONTENTS, hash_=None))
    assert code == 1
    assert "no receipt was kept" in said


RATE = {"n": 120, "days": 12, "value": 0.531, "low": 0.49, "high": 0.572, "over": "cards"}
IC = {"n": 240, "days": 12, "value": 0.12, "low": None, "high": None, "over": None}
NONE = {"n": 0, "days": 0, "value": None, "low": None, "high": None, "over": None}
FIGURES = {"name": "BUY", "hit_rate": RATE, "came_true": RATE, "net_return": NONE, "ic": IC}
EMPTY: dict[str, Any] = {"outcomes": {}}
RECORD: dict[str, Any] = {
    "first_day": "2026-04-08",
    "last_day": "2026-07-01",
    "spans": 12,
    "outcomes": {"no_exit": 30, "scored": 240},
    "overall": FIGURES,
    "by_action": [FIGURES],
    "by_model": [],
    "by_set": [],
    "by_tier": [],
    "reliability": [{"conviction": 0.7, "came_true": RATE}],
    "ic_by_month": [{"month": "2026-04", "ic": IC}],
}


def test_a_track_record_keeps_live_and_replayed_apart_and_shows_n_and_intervals() -> None:
    body = {"as_of": "2026-10-01T00:00:00Z", "horizon_days": 7, "after_days": 7}
    with answering(200, {**body, "live": EMPTY, "replayed": RECORD}) as url:
        code, said = pricer("signals", "track-record", "--horizon", "7", "--url", url)
    assert code == 0
    live, replayed = said.split("replayed: ")
    assert "signals: none yet" in live
    assert "53.1" not in live
    assert "signals: no_exit 30, scored 240" in replayed
    assert "action BUY  53.1 % (49.0 to 57.2 over cards), n 120" in replayed
    assert "0.70  53.1 % (49.0 to 57.2 over cards), n 120" in replayed
    assert "2026-04  +0.120 (no interval), n 240" in replayed
