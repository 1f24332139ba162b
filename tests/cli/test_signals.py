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
