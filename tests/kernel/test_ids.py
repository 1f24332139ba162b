"""Identities are stable, and a variant is part of the card."""

from kernel.ids import card_id, hash64, is_card_id


def test_the_default_printing_keeps_the_catalog_id() -> None:
    assert card_id("base1-4") == "base1-4"


def test_a_variant_and_a_language_follow_a_tilde() -> None:
    assert card_id("base1-4", "1st") == "base1-4~1st"
    assert card_id("base1-4", "1st", "ja") == "base1-4~1st~ja"
    assert card_id("base1-4", language="ja") == "base1-4~default~ja"


def test_card_ids_of_the_catalog_are_recognised_and_rubbish_is_not() -> None:
    assert all(map(is_card_id, ["base1-4", "swsh4.5-72", "ex10-!", "base1-4~1st~ja", "cel25c-4_A"]))
    assert not any(map(is_card_id, ["", "base1 4", "a~B", "x'; drop table", "base1-4~1st~jap"]))


def test_the_hash_is_a_signed_bigint_and_never_changes() -> None:
    # Pinned: every stored trade_id depends on it.
    assert hash64("psa", "392438") == -8017968248416434270
    assert -(2**63) <= hash64("a", None, 1) < 2**63
    assert hash64("ab", "c") != hash64("a", "bc")
