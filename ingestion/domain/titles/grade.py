"""Reads the grade a title states, which is not the same as the grade it hopes for."""

import re
from typing import NamedTuple

from ingestion.domain.titles.warnings import Reason


class GradeRead(NamedTuple):
    """The code of the grade or the reason there is none, and the text without what stated it."""

    code: str | None
    reason: Reason | None
    rest: str


KNOWN = r"psa|cgc|bgs|beckett|sgc"
# Companies whose grades the platform has no codes for.
OTHERS = r"ace|tag|gma|hga|mnt|ags|pca|pgs|ksa|egs|ccc|gsg|tgs|aog|rcg|mgc|fcg|bccg|bvg|isa|pcg|cga"
WORDS = (
    r"(?:gem|mint|mt|nm|near|ex|excellent|vg|very|good|gd|poor|pr|fair|fr|pristine|perfect|graded"
    r"|grade|grading|slab|bgs|tcg|\+|-)"
)
NUMBER = r"(10|[1-9](?:\.[05])?)(?![\d./])"
FIRM = re.compile(
    rf"\b({KNOWN})[\s:.-]*(?:{WORDS}[\s+-]*){{0,4}}{NUMBER}"
    r"(?:\s*\(?(oc|mk|st|pd|of|mc)\b\)?)?"
)
REVERSED = re.compile(rf"\b{WORDS}[\s+-]*{NUMBER}\s*-?\s*({KNOWN})\b")
AUTHENTIC = re.compile(r"\b(psa|cgc|bgs|sgc) (?:auth|authentic)\b(?: altered)?")
OTHER_COMPANY = re.compile(
    rf"\b(?:{OTHERS})[\s:.-]*(?:{WORDS}[\s+-]*){{0,4}}{NUMBER}"
    rf"|\b{WORDS}[\s+-]*{NUMBER} (?:{OTHERS})\b|\b(?:ace|tag) grad\w+|\barena club\b"
)
MENTIONED = re.compile(rf"\b(?:{KNOWN})\b")
HOPED_AFTER = re.compile(
    r"\s*(?:\?|or better|worthy|candidates?|contender|potential|ready|quality|hopeful|possible"
    r"|chance|bound|material|cal[ie]ber|maybe|regrade)"
)
HOPED_BEFORE = re.compile(
    r"(?:possible|potential(?:ly)?|could (?:be|grade|get)|maybe|ready for|send (?:it )?to"
    r"|submit to|worthy|not|not a|like|likely|looks|should (?:be|grade|get)|try for|hopeful)"
    r"\s+(?:a |an )?$"
)
UNGRADED = re.compile(
    r"\b(?:ungraded|raw|ready|worthy|potential|candidate|contender|quality|send|submit|grade it"
    r"|to grade|(?:to be|get|never) graded|not (?:psa |cgc |bgs )?graded|grading|possible)\b"
)
GRADED = re.compile(r"\b(?:graded|slab(?:bed)?)\b")
NO_COMPANY = re.compile(rf"\bgraded[\s:-]*(?:{WORDS}[\s+-]*){{0,3}}{NUMBER}")
NUMBER_OF_NOBODY = re.compile(rf"\b(?:mint|mt|pristine|gem)[\s+-]*{NUMBER}")
BLACK_LABEL = re.compile(r"\bblack label\b")
# Numbers that belong to a slab but are no grade: subgrades, certificates, populations.
ASIDE = re.compile(
    r"\bsub(?:s|grades?)?\b[\s:]*(?:(?:10|\d(?:\.5)?)[\s/]*)+|\bcert(?:ificate|ification)?\b[\s#:]*\d*"
    r"|#?\b\d{6,}\b|\bpop(?:ulation)?[\s:]*\d+\b|\b(?:10|\d(?:\.5)?)(?:/(?:10|\d(?:\.5)?)){2,}"
)
CONDITIONS = (
    ("raw-poor", re.compile(r"\b(?:dmg|damaged|poor|creased|destroyed)\b")),
    ("raw-heavily-played", re.compile(r"\bheav(?:y|ily) play(?:ed)?\b|(?<!\d )(?<!\d)\bhp\b")),
    ("raw-lightly-played", re.compile(r"\blight(?:ly)? play(?:ed)?\b|\blp\b")),
    ("raw-played", re.compile(r"\bmoderate(?:ly)? play(?:ed)?\b|\bmp\b|(?<!ly )\bplayed\b")),
)
WELL_KEPT = re.compile(r"\bnm\b|\bnear mint\b|\bmint\b")
UNNAMED_CONDITION = re.compile(r"\bvg\b|\bvery good\b|\bgood condition\b|\bexcellent\b")


def read_grade(text: str) -> GradeRead:
    """The grade of a plain title; without any word of one the card is ungraded."""
    rest = ASIDE.sub(" ", text)
    if OTHER_COMPANY.search(rest):
        return GradeRead(None, "grader_unknown", rest)
    stated, rest = _stated(rest)
    if BLACK_LABEL.search(text):
        return GradeRead(None, "grade_unclear", rest)
    if stated:
        one = stated.pop()
        # PSA gives every half grade but this one.
        unfit = stated or one == "psa9.5"
        return GradeRead(None, "grade_unclear", rest) if unfit else GradeRead(one, None, rest)
    return _ungraded(text, rest)


def _stated(text: str) -> tuple[set[str], str]:
    """Grades said firmly; the text is left without them and without those only hoped for."""
    codes: set[str] = set()
    for pattern in (FIRM, REVERSED, AUTHENTIC, NO_COMPANY):
        for found in reversed(list(pattern.finditer(text))):
            before, after = text[: found.start()], text[found.end() :]
            if not (HOPED_AFTER.match(after) or HOPED_BEFORE.search(before)):
                codes.add(_code(pattern, found))
            text = f"{before} {after.removeprefix('?')}"
    return codes, text


def _code(pattern: re.Pattern[str], found: re.Match[str]) -> str:
    if pattern is AUTHENTIC:
        return f"{found[1]}-authentic"
    if pattern is NO_COMPANY:
        return f"any{float(found[1]):g}"
    company, number = (found[2], found[1]) if pattern is REVERSED else (found[1], found[2])
    code = f"{'bgs' if company == 'beckett' else company}{float(number):g}"
    qualifier = found[3] if pattern is FIRM else None
    return f"{code}-{qualifier}" if qualifier and company == "psa" else code


def _ungraded(text: str, rest: str) -> GradeRead:
    hoped = UNGRADED.search(text) is not None
    claimed = MENTIONED.search(rest) or GRADED.search(rest)
    if (claimed and not hoped) or NUMBER_OF_NOBODY.search(rest):
        return GradeRead(None, "grade_unclear", rest)
    worn = [code for code, pattern in CONDITIONS if pattern.search(text)]
    mixed = len(worn) > 1 or (worn and WELL_KEPT.search(text))
    if mixed or UNNAMED_CONDITION.search(text):
        return GradeRead(None, "grade_unclear", rest)
    return GradeRead(worn[0] if worn else "raw", None, rest)
