"""Turns what a parser or reader expected into words, and guesses what was meant."""

import re
from collections.abc import Iterable
from difflib import get_close_matches

from backtest_engine.dsl.words import WORDS

KEYWORDS = (
    *("UNIVERSE", "LET", "IF", "THEN", "RANK BY", "HOLD", "BUY", "SELL", "ALL", "AND", "OR", "NOT"),
    *("IN", "IN ONE", "OF EQUITY", "AT MOST", "COPIES", "POSITIONS"),
    *("CROSSES ABOVE", "CROSSES BELOW"),
)
SAID = {
    "COMPARES": "a comparison, as >",
    "EQUALS": "=",
    "PLUS": "+",
    "MINUS": "-",
    "TIMES": "*",
    "OVER": "/",
    "COMMA": "a comma",
    "_OPEN": "(",
    "_CLOSE": ")",
    "PERCENT": "a percentage, as 5%",
    "DURATION": "a duration, as 30 days",
    "NUMBER": "a number",
    "NAME": "a word",
    "MEMBER": "a name, as base1",
    "CROSSES": "CROSSES ABOVE",
    "$END": "the end of the line",
}
VALUES = {"NUMBER", "PERCENT", "DURATION", "NAME", "_OPEN"}


def expected_words(allowed: Iterable[str]) -> str:
    """`expected a value or THEN`, in a steady order."""
    names = set(allowed)
    told = []
    if names >= VALUES:
        told = ["a value"]
        names -= VALUES | {"BUY", "SELL", "HOLD", "MINUS", "NOT"}
    told += sorted(SAID.get(name, name.replace("_", " ")) for name in names)
    if not told:
        return "nothing fits"
    return f"expected {' or '.join([', '.join(told[:-1]), told[-1]] if told[1:] else told)}"


def hint_for(found: str, allowed: Iterable[str]) -> str | None:
    """A keyword spelt almost so, among those that would fit."""
    names = {name.replace("_", " ") for name in allowed}
    fitting = [word for word in KEYWORDS if word in names or word.split()[0] in names]
    close = get_close_matches(found.upper(), fitting, n=1, cutoff=0.6) if found else []
    return f"did you mean {close[0]}?" if close else None


def meant(name: str, known: Iterable[str] = ()) -> str | None:
    """The word of the language, or LET, that the name resembles."""
    small = name.lower()
    digits = re.fullmatch(r"([a-z_]+?)_?(\d+)", small)
    if digits and digits[1] in WORDS and WORDS[digits[1]].arguments:
        return f"did you mean {digits[1]}({digits[2]})?"
    close = get_close_matches(small, [*WORDS, *known], n=1, cutoff=0.6)
    if not close:
        return None
    word = WORDS.get(close[0])
    return f"did you mean {word.example if word else close[0]}?"
