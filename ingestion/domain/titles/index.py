"""The catalog as titles need it: cards by number, by set and by the words of their names."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from ingestion.domain.titles.numbers import Fraction, bare_number
from ingestion.domain.titles.set_names import SetNames, set_names
from ingestion.domain.titles.words import Words, name_words

ASIDE = re.compile(r"\s*[(\[].*?[)\]]")
LETTERS = re.compile(r"^[a-z]+")
# Their cards have plain numbers, and titles write the set's name before them: SVP 056.
NUMBERED_BY_SET = ("svp", "mep")
CLASSICS = "cel25c"  # reprints that carry the number of the first printing


class CardFact(NamedTuple):
    """What the catalog says of a card. Sets by the printed total, `102` of 4/102."""

    card_id: str
    name: str
    number: str
    edition: str
    finish: str
    language: str
    set_id: str
    set_name: str
    code: str | None
    printed_total: int | None


@dataclass(frozen=True, slots=True)
class Entry:
    """A catalog card, all its printings together."""

    base: str
    name: str
    names: tuple[Words, ...]  # the whole name first, then shorter ways to write it
    number: str
    set_id: str
    set_name: str
    printings: Mapping[str, str]  # default, 1st, shadowless, reverse ... -> card_id


class NameAt(NamedTuple):
    """A card's name at a place in the words."""

    start: int
    end: int
    name: Words


@dataclass(frozen=True)
class TitleIndex:
    """Read-only; made once a run."""

    by_fraction: Mapping[Fraction, Sequence[Entry]]
    by_number: Mapping[str, Sequence[Entry]]  # of numbers that begin with letters
    by_set: Mapping[str, Sequence[Entry]]
    names: Mapping[str, Sequence[Words]]
    set_names: SetNames

    def names_in(self, words: Words) -> list[NameAt]:
        """Every card name in the words that lies within no longer one."""
        found: list[NameAt] = []
        reach = 0
        for at, word in enumerate(words):
            for name in self.names.get(word, ()):
                end = at + len(name)
                if end > reach and words[at:end] == name:
                    found.append(NameAt(at, end, name))
                    reach = end
                    break
        return found


def title_index(cards: Iterable[CardFact]) -> TitleIndex:
    """The index of all English cards; printings in other languages are not told by titles."""
    bases: dict[str, list[CardFact]] = {}
    for card in cards:
        if card.language == "en":
            bases.setdefault(card.card_id.partition("~")[0], []).append(card)
    entries = [_entry(base, facts) for base, facts in bases.items()]
    totals = {facts[0].set_id: facts[0].printed_total for facts in bases.values()}
    by_fraction: dict[Fraction, list[Entry]] = {}
    by_number: dict[str, list[Entry]] = {}
    by_set: dict[str, list[Entry]] = {}
    names: dict[str, set[Words]] = {}
    for entry in entries:
        by_set.setdefault(entry.set_id, []).append(entry)
        prefix = LETTERS.match(entry.number)
        total = f"{prefix.group() if prefix else ''}{totals[entry.set_id] or ''}"
        by_fraction.setdefault(Fraction(entry.number, total), []).append(entry)
        if prefix:
            by_number.setdefault(entry.number, []).append(entry)
        elif entry.set_id in NUMBERED_BY_SET:
            by_number.setdefault(f"{entry.set_id}{entry.number}", []).append(entry)
        for name in entry.names:
            names.setdefault(name[0], set()).add(name)
    facts = {card.set_id: (card.set_id, card.set_name, card.code) for card in _first(bases)}
    return TitleIndex(
        by_fraction=by_fraction,
        by_number=by_number,
        by_set=by_set,
        names={
            first: sorted(all_, key=lambda name: (-len(name), name))
            for first, all_ in names.items()
        },
        set_names=set_names(facts.values()),
    )


def _first(bases: Mapping[str, Sequence[CardFact]]) -> Iterable[CardFact]:
    return (facts[0] for facts in bases.values())


def _entry(base: str, facts: Sequence[CardFact]) -> Entry:
    first = facts[0]
    whole = name_words(first.name)
    short = name_words(ASIDE.sub("", first.name))
    plainer = tuple(word for word in whole if word not in ("star", "delta"))
    names = tuple(dict.fromkeys(name for name in (whole, short, plainer) if name))
    return Entry(
        base=base,
        name=first.name,
        names=names,
        number=bare_number(first.number),
        set_id=first.set_id,
        set_name=first.set_name,
        printings={_printing(card): card.card_id for card in facts},
    )


def _printing(card: CardFact) -> str:
    """The word for a printing: what follows the id, none for the default one."""
    return card.card_id.partition("~")[2].partition("~")[0] or "default"
