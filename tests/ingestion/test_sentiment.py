"""What a post says, and which words made its score."""

import pytest

from ingestion.adapters.sources.lexicon_file import shipped_lexicon
from ingestion.domain.sentiment import MIN_SCORE, Lexicon, score

WORDS = Lexicon(
    points={"good": 2.0, "bad": -2.0, "to the moon": 3.0, "moon": 1.0, "🚀": 2.0},
    emphasis={"very": 1.5, "slightly": 0.5},
    negations=frozenset({"not", "isn't"}),
)


def read(text: str) -> list[tuple[str, float]]:
    return [(word.said, word.points) for word in score(text, WORDS).words]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("A good card", [("good", 2.0)]),
        ("what is this card?", []),
        ("not good", [("not .. good", -1.5)]),
        ("it isn’t a good one", [("isn't .. good", -1.5)]),
        ("not bad", [("not .. bad", 1.5)]),
        ("very good", [("very good", 3.0)]),
        ("slightly bad", [("slightly bad", -1.0)]),
        ("not very good", [("not .. very good", -2.25)]),
        ("this is GOOD", [("GOOD", 2.5)]),
        ("THIS IS GOOD", [("good", 2.0)]),
        ("good!!", [("good!!", 2.4)]),
        ("good. Bad!", [("good", 2.0), ("bad!", -2.2)]),
        ("not. good", [("good", 2.0)]),
        ("not what I had hoped of it, good", [("good", 2.0)]),
        ("to the moon 🚀", [("to the moon", 3.0), ("🚀", 2.0)]),
        ("to the shop", []),
    ],
)
def test_each_word_shows_what_it_gave_and_why(text: str, words: list[tuple[str, float]]) -> None:
    assert read(text) == words


def test_a_score_is_the_sum_of_its_words_bent_into_one() -> None:
    assert score("", WORDS).value == 0
    assert score("good", WORDS).value == round(2 / 20**0.5, 4)
    assert score("good and bad", WORDS).value == 0
    assert 0.9 < score("good " * 10, WORDS).value < score("good " * 100, WORDS).value <= 1


# Posts as people write them, and which way they lean.
POSTS = [
    ("Finally pulled my grail, absolutely gorgeous card!!", 1),
    ("Charizard to the moon 🚀🚀 buy now", 1),
    ("This one is so undervalued, great deal at that price", 1),
    ("not bad at all for the price", 1),
    ("Worth every penny, love it", 1),
    ("Overpriced and overhyped, not worth it", -1),
    ("huge regret buying this at the top, price is crashing", -1),
    ("I don't love the new art, kinda boring", -1),
    ("Pretty sure this slab is fake, stay away", -1),
    ("Waste of money. They will reprint it.", -1),
    ("Which set is this from?", 0),
    ("Sent mine to PSA last week", 0),
]


@pytest.mark.parametrize(("text", "leans"), POSTS)
def test_the_shipped_words_tell_which_way_a_post_leans(text: str, leans: int) -> None:
    found = score(text, shipped_lexicon())
    leaning = (found.value > MIN_SCORE) - (found.value < -MIN_SCORE)
    assert leaning == leans, found


def test_the_shipped_words_are_sound() -> None:
    lexicon = shipped_lexicon()
    assert len(lexicon.points) > 100
    assert all(-3 <= points <= 3 and points for points in lexicon.points.values())
    assert all(phrase == phrase.lower() for phrase in lexicon.points)
    assert not lexicon.negations & lexicon.points.keys()
