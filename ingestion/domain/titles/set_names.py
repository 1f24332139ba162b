"""How sets are called in titles, and how much it says when one is named."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from ingestion.domain.titles.words import Words, plain, words_of

# Names that also are a series, a Pokémon, a trainer or a word of other cards' names: to read one
# confirms its set, and refutes no other.
WEAK = frozenset(
    {
        "base", "xy", "sun moon", "sword shield", "scarlet violet", "black white", "diamond pearl",
        "platinum", "arceus", "deoxys", "emerald", "dragon", "fossil", "151", "pokemon go", "go",
        "mega evolution", "team rocket", "rocket", "detective pikachu", "delta species",
        "ruby sapphire", "heartgold soulsilver", "hgss", "pokemon rumble", "southern islands",
        "generations", "holon", "power keepers", "sm", "swsh", "sv", "pokemon 151",
        "trainer gallery", "radiant collection", "dragon vault",
    }
)  # fmt: skip
ALIASES: Mapping[str, Sequence[str]] = {
    "base1": ("base set",),
    "base5": ("rocket",),
    "ecard1": ("expedition",),
    "ex4": ("magma vs aqua", "magma aqua"),
    "ex6": ("fire red leaf green",),
    "hgss1": ("hgss", "heart gold soul silver", "heartgold soulsilver base"),
    "hgss2": ("unleashed",),
    "hgss3": ("undaunted",),
    "hgss4": ("triumphant",),
    "bw1": ("black white base set", "black white base", "bw base set"),
    "xy1": ("xy base set", "xy base"),
    "xy8": ("break through",),
    "xy9": ("break point",),
    "sm1": ("sun moon base set", "sun moon base", "sm base set"),
    "swsh1": ("sword shield base set", "sword shield base", "swsh base set"),
    "swsh12pt5": ("galarian gallery",),
    "sv1": ("scarlet violet base set", "scarlet violet base", "sv base set"),
    "sv3pt5": ("pokemon 151", "sv 151", "scarlet violet 151"),
    "cel25c": ("classic collection", "celebrations classic"),
    "pgo": ("pokemon go",),
    "basep": ("wizards black star", "wotc black star", "wizards promo", "wotc promo"),
    "np": ("nintendo black star", "nintendo promo"),
}
ERA_OF_EX = re.compile(r"^ex\d+$")
PROMOS = frozenset(
    {"basep", "np", "dpp", "hsp", "bwp", "xyp", "smp", "swshp", "svp", "mep", "bp", "pop"}
)


class Named(NamedTuple):
    """One mention of a set: the words from `start` to `end`."""

    set_ids: frozenset[str]
    start: int
    end: int
    weak: bool


WIZARDS = Named(frozenset({"basep"}), -1, -1, False)  # a promo, by the company that printed it


@dataclass(frozen=True)
class SetNames:
    """Phrases by their first word, the longest first."""

    phrases: Mapping[str, Sequence[tuple[Words, frozenset[str], bool]]]
    family: Mapping[str, frozenset[str]] = field(default_factory=dict)

    def mentions(self, words: Words) -> list[Named]:
        """Sets the words name; of overlapping phrases the longest one, from the left."""
        found: list[Named] = []
        at = 0
        while at < len(words):
            for phrase, ids, soft in self.phrases.get(words[at], ()):
                end = at + len(phrase)
                if words[at:end] == phrase:
                    text = " ".join(phrase[1:] if soft else phrase)
                    found.append(Named(ids, at, end, text in WEAK))
                    at = end - 1
                    break
            at += 1
        return found


def set_names(sets: Iterable[tuple[str, str, str | None]]) -> SetNames:
    """From (set_id, name, code). Sets of one code are a family: a set and its galleries."""
    phrases: dict[Words, tuple[set[str], bool]] = {}
    codes: dict[str, set[str]] = {}
    for set_id, name, code in sets:
        if code:
            codes.setdefault(code, set()).add(set_id)
        names = {words_of(plain(name)), *(tuple(a.split()) for a in ALIASES.get(set_id, ()))}
        for phrase in names:
            phrases.setdefault(phrase, (set(), False))[0].add(set_id)
            if ERA_OF_EX.match(set_id):
                phrases.setdefault(("ex", *phrase), (set(), True))[0].add(set_id)
    by_first: dict[str, list[tuple[Words, frozenset[str], bool]]] = {}
    for phrase, (ids, soft) in phrases.items():
        by_first.setdefault(phrase[0], []).append((phrase, frozenset(ids), soft))
    for listed in by_first.values():
        listed.sort(key=lambda entry: -len(entry[0]))
    family = {one: frozenset(ids) for ids in codes.values() for one in ids}
    return SetNames(by_first, family)
