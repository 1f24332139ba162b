"""Folds names and numbers to what the search compares. The database folds alike; a test says so."""

import re
import unicodedata

SPELLED = {
    "δ": " delta ",
    "α": " alpha ",
    "β": " beta ",
    "γ": " gamma ",
    "★": " star ",
    "☆": " star ",
    "◇": " prism star ",
    "♀": " female ",
    "♂": " male ",
}
SPELLING = str.maketrans(SPELLED)
APOSTROPHES = re.compile("['’]")
NO_WORD = re.compile(r"[^a-z0-9]+")
LEADING_ZEROS = re.compile(r"^([a-z]*)0+(?=[0-9])")


def fold(said: str) -> str:
    """Lower-case ASCII words, one blank between: `Farfetch'd ★` -> `farfetchd star`."""
    spelled = said.lower().translate(SPELLING)
    plain = "".join(c for c in unicodedata.normalize("NFKD", spelled) if not is_accent(c))
    return NO_WORD.sub(" ", APOSTROPHES.sub("", plain)).strip()


def is_accent(character: str) -> bool:
    """Whether this only marks the letter before it."""
    return unicodedata.combining(character) != 0


def fold_number(said: str) -> str:
    """A collector number without its total and its zeros: `020/189` -> `20`."""
    return LEADING_ZEROS.sub(r"\1", NO_WORD.sub("", said.lower().split("/")[0]))
