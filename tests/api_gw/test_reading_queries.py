"""Owns how a typed search is understood, before any card is looked at."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from api_gw.domain.folding import fold, fold_number
from api_gw.domain.matching import Knowledge, Lexeme, Plan, interpret, words_to_know
from api_gw.domain.query import PrintedNumber, parse
from api_gw.domain.spelling import Candidate, edits, meanings


@pytest.mark.parametrize(
    ("said", "folded"),
    [
        ("Flabébé", "flabebe"),
        ("Farfetch'd", "farfetchd"),
        ("Mewtwo-GX", "mewtwo gx"),
        ("Nidoran ♀", "nidoran female"),
        ("Charizard ★ δ", "charizard star delta"),
        ("  Mr.  Mime ", "mr mime"),
        ("🙂 ' ; --", ""),
    ],
)
def test_names_fold_to_plain_words(said: str, folded: str) -> None:
    assert fold(said) == folded


@pytest.mark.parametrize(
    ("said", "folded"),
    [("020/189", "20"), ("SWSH020", "swsh20"), ("TG23", "tg23"), ("0", "0"), ("92a", "92a")],
)
def test_numbers_fold_to_what_is_printed_without_zeros(said: str, folded: str) -> None:
    assert fold_number(said) == folded


def test_a_printed_number_leaves_the_words() -> None:
    query = parse("Charizard 004/102 holo")
    assert query.words == ("charizard", "holo")
    assert query.printed == PrintedNumber("4", "102")


@pytest.mark.parametrize("said", ["psa 10", "PSA10", "psa-10"])
def test_a_grade_is_understood_and_left_out(said: str) -> None:
    query = parse(f"charizard {said}")
    assert (query.words, query.grade) == (("charizard",), "psa10")


def test_half_grades_and_no_other_halves() -> None:
    assert parse("mew cgc 9.5").grade == "cgc9.5"
    assert parse("mew psa 11").grade is None


def test_treatments_are_said_in_many_ways() -> None:
    for said in ("alt art", "alternate art", "Alt Full Art", "aa"):
        assert parse(f"umbreon {said}").treatments == ("altart",)
    assert parse("1st editon charizard").treatments == ("first",)
    assert parse("gold star rayquaza").treatments == ("goldstar",)


def test_noise_counts_only_when_nothing_else_is_said() -> None:
    assert parse("base set charizard card").words == ("base", "charizard")
    assert parse("Pokémon").words == ("pokemon",)


def test_nothing_to_look_for_is_empty() -> None:
    assert parse(" ' -- ; ").is_empty


@settings(max_examples=50)
@given(st.text(max_size=120))
def test_no_text_breaks_the_reading(text: str) -> None:
    query = parse(text)
    vocabulary = {word: Knowledge() for word in words_to_know(query)}
    plan = interpret(query, vocabulary)
    for term in plan.terms:
        for lexeme in (*term.found_by, *term.raised_by):
            assert lexeme.text.strip("#/").isalnum()
            assert lexeme.text.isascii()


@pytest.mark.parametrize(
    ("a", "b", "slips"),
    [("mewtow", "mewtwo", 1), ("charzard", "charizard", 1), ("abc", "abc", 0), ("", "ab", 2)],
)
def test_a_swap_of_neighbours_is_one_slip(a: str, b: str, slips: int) -> None:
    assert edits(a, b) == slips


@given(st.text("abc", max_size=6), st.text("abc", max_size=6))
def test_slips_count_the_same_both_ways(a: str, b: str) -> None:
    assert edits(a, b) == edits(b, a)
    assert (edits(a, b) == 0) == (a == b)


def test_the_nearest_word_wins_and_a_far_one_never() -> None:
    near = [Candidate("mew", 60), Candidate("mewtwo", 70), Candidate("mewtwogx", 7)]
    assert meanings("mewtow", near, unfinished=False) == ("mewtwo",)
    assert meanings("mewtow", [Candidate("snorlax", 50)], unfinished=False) == ()


def test_a_misspelt_beginning_finds_the_word_it_begins() -> None:
    near = [Candidate("charizard", 110)]
    assert meanings("charzi", near, unfinished=True) == ("charizard",)


def planned(text: str, **known: Knowledge) -> Plan:
    query = parse(text)
    return interpret(query, {word: known.get(word, Knowledge()) for word in words_to_know(query)})


WORD = Knowledge(is_word=True, is_beginning=True)


def test_a_word_split_in_two_is_made_whole() -> None:
    plan = planned("pika chu", pikachu=WORD)
    assert plan.corrected == "pikachu"


def test_two_known_words_stay_two() -> None:
    plan = planned("mega gengar", mega=WORD, gengar=WORD, megagengar=WORD)
    assert [term.said for term in plan.terms] == ["mega", "gengar"]


def test_an_unknown_word_is_dropped_while_others_remain() -> None:
    plan = planned("charizard xyzzyq", charizard=WORD)
    assert [term.said for term in plan.terms] == ["charizard"]
    assert plan.corrected == "charizard"


def test_a_number_may_be_a_number_or_a_word() -> None:
    [term] = planned("151").terms
    assert term.found_by == (Lexeme("151"), Lexeme("#151", beginning=True))
