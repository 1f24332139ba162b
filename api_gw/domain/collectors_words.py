"""What collectors say and the catalog does not: treatments, nicknames, words that mean nothing."""

from collections.abc import Mapping

# Said words -> lexemes a card's document must have. Longer sayings are tried first.
TREATMENTS: Mapping[tuple[str, ...], tuple[str, ...]] = {
    ("special", "illustration", "rare"): ("special", "illustration"),
    ("special", "art", "rare"): ("special", "illustration"),
    ("sir",): ("special", "illustration"),
    ("sar",): ("special", "illustration"),
    ("illustration", "rare"): ("illustration",),
    ("alternate", "art"): ("altart",),
    ("alternative", "art"): ("altart",),
    ("alternate", "full", "art"): ("altart",),
    ("alt", "art"): ("altart",),
    ("alt", "full", "art"): ("altart",),
    ("full", "art"): ("fullart",),
    ("fa",): ("fullart",),
    ("aa",): ("altart",),
    ("gold", "star"): ("goldstar",),
    ("gold", "rare"): ("gold",),
    ("gold",): ("gold",),
    ("secret", "rare"): ("secret",),
    ("rainbow", "rare"): ("rainbow",),
    ("hyper", "rare"): ("hyper",),
    ("1st", "edition"): ("first",),
    ("1st", "ed"): ("first",),
    ("first", "edition"): ("first",),
    ("first", "ed"): ("first",),
    ("1st",): ("first",),
    ("shadowless",): ("shadowless",),
}
LONGEST_SAYING = max(map(len, TREATMENTS))

NICKNAMES: Mapping[str, tuple[str, ...]] = {
    "moonbreon": ("umbreon", "vmax", "215", "evolving", "skies"),
    "zard": ("charizard",),
    "ttar": ("tyranitar",),
}

# Said beside what is meant; looked for only when nothing else is said.
NOISE = frozenset(
    {"a", "and", "card", "cards", "from", "graded", "in", "no", "number"}
    | {"of", "pokemon", "set", "slab", "tcg", "the", "with"}
)
