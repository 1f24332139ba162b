"""docs/dsl.md says what the language is: its table of words and its examples."""

import re
from pathlib import Path

import pytest

from backtest_engine.dsl import limits
from backtest_engine.dsl.checking import understand
from backtest_engine.dsl.page import BUY_AND_HOLD, example, table_of_words
from backtest_engine.dsl.words import WORDS, Word

PAGE = (Path(__file__).parents[2] / "docs/dsl.md").read_text(encoding="utf-8")


def test_the_table_of_words_is_that_of_the_language() -> None:
    between = PAGE.partition("compared by a test -->\n")[2].partition("\n<!-- end of words")[0]
    assert between == table_of_words()


@pytest.mark.parametrize("word", WORDS.values(), ids=WORDS)
def test_the_example_of_each_word_makes_sense(word: Word) -> None:
    assert f"`{example(word)}`" in PAGE
    understand(f"{example(word)}\n{BUY_AND_HOLD}")


def test_the_rules_on_the_page_make_sense() -> None:
    found = re.findall(r"```rule\n(.*?)```", PAGE, flags=re.DOTALL)
    assert found
    for text in found:
        understand(text)


def test_the_limits_on_the_page_are_those_of_the_language() -> None:
    for limit in (
        limits.MAX_CHARACTERS,
        limits.MAX_LINES,
        limits.MAX_LINE_CHARACTERS,
        limits.MAX_DEPTH,
        limits.MAX_MEMBERS,
        limits.MAX_WINDOW_DAYS,
    ):
        assert f"{limit:,}" in PAGE.partition("## Limits")[2]
