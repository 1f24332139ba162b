"""Reads which printing a title says: an edition or a finish, otherwise the default one."""

import re

FIRST_EDITION = re.compile(r"\b(?:1st|first)[ .-]*(?:edition|ed)\b")
NOT_FIRST = re.compile(r"\b(?:not|non|no)[ -]+(?:1st|first)[ .-]*(?:edition|ed)\b")
SHADOWLESS = re.compile(r"\bshadowless\b")
NOT_SHADOWLESS = re.compile(r"\b(?:not|non|no)[ -]+shadowless\b")
REVERSE = re.compile(r"\brev(?:erse)?\b")
NOT_REVERSE = re.compile(r"\b(?:not|non|no)[ -]+(?:a )?rev(?:erse)?\b")


def printing_said(text: str) -> tuple[str, bool]:
    """The word for the printing, and whether two that exclude each other are said."""
    first = FIRST_EDITION.search(NOT_FIRST.sub(" ", text)) is not None
    shadowless = SHADOWLESS.search(NOT_SHADOWLESS.sub(" ", text)) is not None
    reverse = REVERSE.search(NOT_REVERSE.sub(" ", text)) is not None
    if reverse:
        return "reverse", first or shadowless
    # Every first edition of that set is without a shadow.
    return ("1st" if first else "shadowless" if shadowless else "default"), False
