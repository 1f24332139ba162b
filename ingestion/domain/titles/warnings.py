"""Finds the words that say a listing is no single, genuine, English card of the catalog."""

import re
from collections.abc import Sequence
from typing import Literal, NamedTuple

Reason = Literal[
    "lot",
    "proxy",
    "language",
    "not_a_card",
    "grader_unknown",
    "grade_unclear",
    "printing_unknown",
    "conflict",
    "ambiguous",
    "no_card",
]


class Warned(NamedTuple):
    """A reason to refuse and the words that gave it."""

    reason: Reason
    said: str


# The order is the order of telling: of two reasons the first is reported.
PROXY = re.compile(
    r"(?<!not )(?<!not a )(?<!no )(?<!non )\b(?:prox(?:y|ies)|customs?|fan ?art|fan ?made|orica"
    r"|replicas?|repro(?:duction)?s?|re ?prints?|fakes?|counterfeit|hand ?made|novelty|unofficial"
    r"|altered art|hand painted|(?:gold )?metal cards?|gold metal|plastic|digital|3d printed"
    r"|(?:un|non ?)official|home ?made|not (?:real|authentic|genuine))\b"
)
LANGUAGE = re.compile(
    r"(?<!not )(?<!non )\b(?:japan(?:ese)?|jpn?|jap|japanisch\w*|japonais\w*|korean?|kor|chinese"
    r"|china|mandarin|german|germany|deutsche?\w?|karte|edition allemande|francaise?s?|french|vf"
    r"|italian[oa]?|italiane|ita|spanish|espanol\w?|portugu?e?se|portugues|thai(?:land)?"
    r"|indonesian?|russian|dutch|polish|nederlands)\b"
)
NOT_A_CARD = re.compile(
    r"\b(?:boosters?|box(?:es)?"
    r"|etb|trainer box|tins?|blister|bundle box|theme deck|starter deck|battle deck|code ?cards?"
    r"|online code|live code|jumbo|over ?sized?|pins?|badge|coins?|sleeves?|play ?mat|binders?"
    r"|plush\w*|figures?|figurine|stickers?|poster|top ?loaders?|empty|case only|no card|keychain"
    r"|sealed (?:pack|case)s?|packs? sealed|wrapper|dice|puzzle|key ?ring|t ?shirt)\b"
)
LOT = re.compile(
    r"\b(?:lots?|bundles?|play ?sets?|bulk|trio|pair|both|singles|(?:you|u) pick|pick (?:your|from)"
    r"|choose|your choice|(?:complete|master|full) set|set (?:complete|of \d+)|collection of"
    r"|mystery|random|assorted|joblot|wholesale|all \d+|[2-9] ?x|\d\d ?x|(?<!lv )x ?(?:[2-9]|\d\d)"
    r"|\d{2,4} (?:pokemon )?cards|[2-9] (?:pokemon )?cards|\d+ ?\+ (?:pokemon )?cards"
    r"|top and bottom|eeveelutions|starters)\b|\d+ ?\+ pokemon cards|top & bottom|^\([2-9]\)"
)
SPECIAL = re.compile(
    r"\b(?:staff|pre ?-?release|cosmos|cracked ice|master ?ball"
    r"|(?:poke|love|friend|quick|dusk|luxury|great|ultra) ?ball (?:pattern|foil|holo|reverse)"
    r"|energy (?:symbol )?pattern|build ?-?a ?-?bear|toys ?r ?us|misprint|mis ?cut|error"
    r"|(?:league|worlds?|regionals?|nationals?|e3|w|gamestop|eb games|d23|anniversary|halloween"
    r"|pumpkin|snowflake|logo|gray|grey|gold) (?:stamp|stamped|promo stamp)"
    r"|pokemon center (?:exclusive|stamp\w*|promo)|no rarity|no symbol|ghost stamp|winner|trophy"
    r"|signed|autograph\w*|confetti|sheen holo|mirror holo|tinsel)\b"
)
STAMP = re.compile(r"\bstamp(?:ed)?\b")

BEFORE_NAME: Sequence[tuple[Reason, re.Pattern[str]]] = (
    ("proxy", PROXY),
    ("language", LANGUAGE),
    ("not_a_card", NOT_A_CARD),
    ("lot", LOT),
    ("printing_unknown", SPECIAL),
)


def warnings_in(text: str) -> list[Warned]:
    """Every reason the plain text gives, in the order of telling."""
    return [
        Warned(reason, found.group().strip())
        for reason, pattern in BEFORE_NAME
        for found in pattern.finditer(text)
    ]
