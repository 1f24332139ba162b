"""Tests the matcher of titles on labelled halves, on the whole catalog, and clue by clue."""

import csv
import gzip
import json
from pathlib import Path

import pytest

from ingestion.domain.titles.grade import read_grade
from ingestion.domain.titles.index import CardFact, TitleIndex, title_index
from ingestion.domain.titles.matcher import Abstention, Match, match_title
from ingestion.domain.titles.words import apart, plain
from tests.ingestion.titles import HALVES, excerpt_index, labelled, printings, score
from tests.ingestion.titles.__main__ import main


@pytest.fixture(scope="module")
def index() -> TitleIndex:
    return excerpt_index()


@pytest.fixture(scope="module")
def catalog(shared_data: Path) -> list[CardFact]:
    """Every card of the real catalog."""
    folder = shared_data / "pokemon_catalog"
    sets = {one["id"]: one for one in json.loads((folder / "sets_en.json").read_text("utf-8"))}
    with gzip.open(folder / "cards_en.csv.gz", "rt", encoding="utf-8") as file:
        return [
            CardFact(
                card_id=row["id"],
                name=row["name"],
                number=row["number"],
                edition="unlimited",
                finish="default",
                language="en",
                set_id=row["set_id"],
                set_name=sets[row["set_id"]]["name"],
                code=sets[row["set_id"]].get("ptcgoCode"),
                printed_total=sets[row["set_id"]]["printedTotal"],
            )
            for row in csv.DictReader(file)
        ]


def hold(half: str, index: TitleIndex) -> None:
    """The claims of issue and documents; `python -m tests.ingestion.titles` prints the figures."""
    titles = labelled(half)
    found = score(titles, [match_title(each.title, index) for each in titles])
    assert found.right / found.answered >= 0.99, found.wrong
    assert found.right / found.answerable >= 0.85, found.missed


def test_the_figures_are_printed_with_their_intervals(capsys: pytest.CaptureFixture[str]) -> None:
    main()
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == 1 + 3 * len(HALVES)
    half, name, hits, of, share, low, high = lines[1].split()
    assert (half, name) == ("held_out", "precision")
    assert float(low) <= float(share) == pytest.approx(int(hits) / int(of), abs=1e-4)
    assert float(share) <= float(high)


@pytest.mark.parametrize("half", HALVES)
def test_precision_and_recall_on_labelled_titles(half: str, index: TitleIndex) -> None:
    hold(half, index)


@pytest.mark.parametrize("half", HALVES)
def test_precision_and_recall_among_all_cards(half: str, catalog: list[CardFact]) -> None:
    hold(half, title_index([*catalog, *printings(catalog)]))


def test_labelled_titles_are_as_many_and_as_bad_as_asked() -> None:
    halves = [labelled("held_out"), labelled("tuned")]
    assert all(len(half) >= 200 for half in halves)
    assert sum(bool(each.adversarial) for half in halves for each in half) >= 150
    assert not {each.title for each in halves[0]} & {each.title for each in halves[1]}


def test_no_card_of_the_catalog_is_taken_for_another_one(catalog: list[CardFact]) -> None:
    index = title_index(catalog)
    several = wrong = missed = 0
    for card in catalog[::7]:
        titles = (
            f"2020 Pokemon {card.set_name} #{card.number} {card.name} PSA 10",
            f"{card.name} {card.number}/{card.printed_total} {card.set_name} NM",
            f"{card.name.upper()} {card.number}/{card.printed_total}",
            f"{card.name} {card.set_name} Pokemon card",
        )
        for title in titles:
            answer = match_title(title, index)
            wrong += isinstance(answer, Match) and answer.card_id != card.card_id
            several += isinstance(answer, Abstention) and answer.reason == "ambiguous"
            missed += isinstance(answer, Abstention) and answer.reason != "ambiguous"
    assert wrong == 0
    assert missed < 20
    assert several > 100  # a name and a set alone are often several cards


@pytest.mark.parametrize(
    ("text", "code", "reason"),
    [
        ("PSA 10", "psa10", None),
        ("psa-9 mint", "psa9", None),
        ("GEM MT 10 PSA", "psa10", None),
        ("Beckett 9.5 Gem Mint", "bgs9.5", None),
        ("CGC 9.5 crossover to PSA 10?", "cgc9.5", None),
        ("PSA 8 (OC)", "psa8-oc", None),
        ("graded 9", "any9", None),
        ("PSA 10? pack fresh", "raw", None),
        ("potential PSA 10", "raw", None),
        ("not PSA graded", "raw", None),
        ("heavily played", "raw-heavily-played", None),
        ("120 HP", "raw", None),
        ("PSA", None, "grade_unclear"),
        ("PSA 9 PSA 10", None, "grade_unclear"),
        ("PSA 9.5", None, "grade_unclear"),
        ("mint 10", None, "grade_unclear"),
        ("NM/LP", None, "grade_unclear"),
        ("BGS 10 black label", None, "grade_unclear"),
        ("TAG 10", None, "grader_unknown"),
        ("Tag Team PSA 9", "psa9", None),
        ("subs 9 9 9.5 10 BGS 9", "bgs9", None),
    ],
)
def test_a_grade_stated_is_not_a_grade_hoped_for(
    text: str, code: str | None, reason: str | None
) -> None:
    read = read_grade(plain(text))
    assert (read.code, read.reason) == (code, reason)


def test_a_number_and_a_set_that_contradict_each_other_are_no_card(index: TitleIndex) -> None:
    answer = match_title("PSA 10 Charizard VMAX 020/189 Champion's Path", index)
    assert isinstance(answer, Abstention)
    assert answer.reason == "conflict"
    found = match_title("PSA 10 Charizard VMAX 020/189 Darkness Ablaze", index)
    assert isinstance(found, Match)
    assert (found.card_id, found.grade_code) == ("swsh3-20", "psa10")
    assert "number 20/189" in found.evidence


def test_a_word_of_the_cards_own_name_is_no_warning(index: TitleIndex) -> None:
    assert isinstance(match_title("Fan Art 4/102 Base Set", index), Abstention)
    card = CardFact("x1-1", "Custom Catcher", "1", "unlimited", "default", "en", "x1", "X", None, 9)
    found = match_title("Custom Catcher 1/9 NM", title_index([card]))
    assert isinstance(found, Match)


def test_a_slip_of_the_pen_lowers_confidence(index: TitleIndex) -> None:
    right = match_title("Blastoise 2/102 Base Set", index)
    slip = match_title("Blastiose 2/102 Base Set", index)
    assert isinstance(right, Match)
    assert isinstance(slip, Match)
    assert slip.card_id == right.card_id
    assert slip.confidence < right.confidence


@pytest.mark.parametrize(
    ("one", "other", "steps"),
    [("abc", "abc", 0), ("abc", "acb", 1), ("chansy", "chansey", 1), ("abc", "xyz", 3)],
)
def test_words_are_as_far_apart_as_the_slips_between_them(one: str, other: str, steps: int) -> None:
    assert apart(one, other) == steps
