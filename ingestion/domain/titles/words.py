"""Brings titles and card names into one spelling, so that they can be compared word by word."""

import re
import unicodedata
from functools import lru_cache
from itertools import pairwise

Words = tuple[str, ...]

SCRIPT_OF_ASIA = re.compile("[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]")
ACCENTS = re.compile("[\u0300-\u036f'’‘`´]")
# Conditions written with a slash or dash must neither look like numbers nor be torn apart.
NEAR_MINT = re.compile(r"\bnm\s*[-/]\s*(?:m|mt|mint)\b")
LEVEL_X = re.compile(r"\blv\s*\.?\s*x\b")
STAR = "★"
GOLD_STAR = re.compile(r"\bgold star\b")
COMPANY_DOTTED = re.compile(r"\b([a-z])\.([a-z])\.([a-z])\.(?!\w)")
OTHER_SIGNS = re.compile(r"[^a-z0-9/#.+?()&=-]+")
WORD = re.compile(r"[a-z0-9]+")
JOINER = "and"


def is_asian(title: str) -> bool:
    """Whether any sign is Japanese, Chinese or Korean."""
    return not title.isascii() and SCRIPT_OF_ASIA.search(title) is not None


def plain(text: str) -> str:
    """Lower case, without accents, emoji and decoration; numbers and their signs stay."""
    if not text.isascii():
        # One star belongs to a name, as on the card; several are decoration.
        text = text.replace(STAR, " star " if text.count(STAR) == 1 else " ")
        text = unicodedata.normalize("NFKD", text.replace("δ", " delta "))
    text = ACCENTS.sub("", text.lower())
    text = COMPANY_DOTTED.sub(r"\1\2\3 ", text)
    text = NEAR_MINT.sub("nm", text)
    text = LEVEL_X.sub("lv x", text)
    text = GOLD_STAR.sub("star", text)
    return OTHER_SIGNS.sub(" ", text).strip()


def words_of(text: str) -> Words:
    """The words of plain text; what only joins two names is none."""
    found = [word for word in WORD.findall(text) if word != JOINER]
    # A mega is written M before its name on the card, and either way in titles.
    return tuple(
        "mega" if word == "m" and following.isalpha() else word
        for word, following in pairwise([*found, ""])
    )


def name_words(name: str) -> Words:
    """A card's name as words: `M Charizard-EX` is mega charizard ex, a star is the word star."""
    return words_of(plain(name))


@lru_cache(maxsize=65536)
def apart(one: str, other: str) -> int:
    """Letters added, left out, changed or swapped with a neighbour to make one of the other."""
    earlier: list[int] = []
    above = list(range(len(other) + 1))
    for i, letter in enumerate(one):
        row = [i + 1]
        for j, wanted in enumerate(other):
            cost = min(above[j + 1] + 1, row[j] + 1, above[j] + (letter != wanted))
            swapped = i and j and letter == other[j - 1] and one[i - 1] == wanted
            row.append(min(cost, earlier[j - 1] + 1) if swapped else cost)
        earlier, above = above, row
    return above[-1]
