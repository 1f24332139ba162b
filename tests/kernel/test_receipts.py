"""The canonical form of a receipt: the same numbers hash the same, whatever they went through."""

import json
from typing import Any

import pytest

from kernel.receipts import (
    PARTS,
    altered,
    digest_of,
    digest_of_text,
    digests_of,
    receipt_hash,
)

CONTENTS: dict[str, Any] = {
    "said": {"action": "BUY", "conviction": 0.7, "price_cents": 12345, "utility": -0.0},
    "inputs": {"snapshot": "ab", "q50": 1e-06, "previous": None},
    "snapshot": {"raw": {"momentum_30": 0.1, "momentum_7": None}},
    "models": {"trees-1": {"sha256": "00"}},
}


def test_a_part_survives_json_and_a_database_that_knows_no_negative_zero() -> None:
    back = json.loads(json.dumps(CONTENTS))
    back["said"] |= {"utility": 0, "price_cents": 12345.0}
    assert digests_of(back) == digests_of(CONTENTS)


@pytest.mark.parametrize("said", [*CONTENTS.values(), None, [1, -0.0, True], "text", {"1": -0}])
def test_a_part_hashes_the_same_as_text(said: object) -> None:
    assert digest_of_text(json.dumps(said)) == digest_of(said)


def test_order_of_names_is_no_difference_and_true_is_no_number() -> None:
    assert digest_of({"a": 1, "b": 2}) == digest_of({"b": 2, "a": 1})
    assert digest_of({"a": True}) != digest_of({"a": 1})


@pytest.mark.parametrize("part", PARTS)
def test_the_part_that_was_altered_is_named(part: str) -> None:
    digests = digests_of(CONTENTS)
    whole = receipt_hash(digests)
    assert altered(CONTENTS, digests, whole) == []
    other = {**CONTENTS, part: {**CONTENTS[part], "extra": 1}}
    assert altered(other, digests, whole) == [part]
    assert altered({**CONTENTS, part: None}, digests, whole) == [part]
    assert altered(CONTENTS, {**digests, part: "0" * 32}, whole) == [part, "hash"]


def test_a_receipt_written_anew_for_altered_words_is_another_hash() -> None:
    forged = {**CONTENTS, "said": {**CONTENTS["said"], "action": "SELL"}}
    assert receipt_hash(digests_of(forged)) != receipt_hash(digests_of(CONTENTS))
