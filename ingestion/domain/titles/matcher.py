"""Decides which card and grade a title means. When in doubt it abstains and says why."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass

from ingestion.domain.titles.grade import GradeRead, read_grade
from ingestion.domain.titles.index import CLASSICS, Entry, NameAt, TitleIndex
from ingestion.domain.titles.numbers import Numbers, read_numbers
from ingestion.domain.titles.printing import printing_said
from ingestion.domain.titles.set_names import PROMOS, WIZARDS, Named
from ingestion.domain.titles.warnings import STAMP, Reason, Warned, warnings_in
from ingestion.domain.titles.words import Words, apart, is_asian, plain, words_of

# Words that make another card of a name when they follow it.
MAKES_ANOTHER = frozenset({"v", "vmax", "vstar", "ex", "gx", "break", "lv", "legend", "union"})
SET_BEGINNINGS = frozenset({"ex", "delta"})  # they end names of cards as well
PROMO, OF_WIZARDS = frozenset({"promo", "promos"}), frozenset({"wizards", "wotc"})
NO_GRADE = "no grade can be told from it"
FUZZY_LEAST, FUZZY_LONG = 5, 8  # letters from which a word may be one and two off


@dataclass(frozen=True)
class Match:
    """A card and grade, how sure this is (a share of 1) and what it rests on."""

    card_id: str
    grade_code: str
    confidence: float
    evidence: str


@dataclass(frozen=True)
class Abstention:
    """Why there is no answer."""

    reason: Reason
    detail: str


@dataclass(frozen=True)
class Found:
    """The one card a title names, before its printing is known."""

    entry: Entry
    confidence: float
    evidence: tuple[str, ...]


@dataclass(frozen=True)
class Clues:
    """What a title says, taken apart."""

    words: Words
    numbers: Numbers
    names: Sequence[NameAt]
    spoken: frozenset[Words]  # names that may be meant
    sets: Sequence[Named]
    index: TitleIndex

    def names_entry(self, entry: Entry) -> bool:
        """Whether the card's name stands in the title, and not as a part of a longer one."""
        return not self.spoken.isdisjoint(entry.names)

    def named_sets(self, *, weak: bool) -> frozenset[str]:
        """Ids of the named sets with their galleries, by firm mentions or by weak ones."""
        family = self.index.set_names.family
        ids = {one for named in self.sets if named.weak == weak for one in named.set_ids}
        return frozenset(other for one in ids for other in family.get(one, {one}))


def match_title(title: str, index: TitleIndex) -> Match | Abstention:
    """The card and grade a title says. Pure: the same title and catalog give the same answer."""
    if is_asian(title):
        return Abstention("language", "it is written in an Asian script")
    text = plain(title)
    warned = warnings_in(text)
    grade = read_grade(text)
    found = _find(_clues(grade.rest, index))
    said = _first_warning(warned, found)
    if said is not None:
        return Abstention(said.reason, f"it says {said.said!r}")
    if isinstance(found, Found):
        return _graded(_printed(text, found.entry), found, grade)
    if grade.reason is not None:
        return Abstention(grade.reason, NO_GRADE)
    return found


def _graded(card_id: str | Abstention, found: Found, grade: GradeRead) -> Match | Abstention:
    # A title cut off within its grade still tells that it is another printing: that goes first.
    if isinstance(card_id, Abstention):
        return card_id
    if grade.code is None:
        return Abstention(grade.reason or "grade_unclear", NO_GRADE)
    evidence = "; ".join((*found.evidence, grade.code))
    return Match(card_id, grade.code, round(found.confidence, 3), evidence)


def _clues(text: str, index: TitleIndex) -> Clues:
    numbers = read_numbers(text)
    words = words_of(numbers.rest)
    sets = index.set_names.mentions(words)
    if not PROMO.isdisjoint(words) and not OF_WIZARDS.isdisjoint(words):
        sets.append(WIZARDS)
    # 151 is a set as well as a number.
    of_sets = {word for named in sets for word in words[max(named.start, 0) : max(named.end, 0)]}
    numbers = numbers._replace(bare=numbers.bare - of_sets)
    firm = [named for named in sets if not named.weak]
    # Latias in EX Trainer Kit Latias is no mention of the card.
    names = [
        at
        for at in index.names_in(words)
        if not any(named.start <= at.start and at.end <= named.end for named in firm)
    ]
    spoken = {at.name for at in names} | {_shortened(at, sets) for at in names}
    return Clues(words, numbers, names, frozenset(spoken), sets, index)


def _shortened(at: NameAt, sets: Sequence[Named]) -> Words:
    """`Flareon EX Unseen Forces` may be Flareon of EX Unseen Forces."""
    shared = any(named.start == at.end - 1 for named in sets)
    return at.name[:-1] if shared and at.name[-1] in SET_BEGINNINGS else at.name


def _first_warning(warned: Sequence[Warned], found: Found | Abstention) -> Warned | None:
    """The first warning whose words are not simply the card's own name."""
    if isinstance(found, Abstention):
        return next(iter(warned), None)
    own = {word for name in found.entry.names for word in name}
    return next((one for one in warned if not own.issuperset(words_of(one.said))), None)


def _find(clues: Clues) -> Found | Abstention:
    numbers = clues.numbers
    if len(numbers.fractions) > 1 or len(numbers.coded) > 1:
        return Abstention("lot", "it has the numbers of several cards")
    if numbers.fractions:
        return _by_fraction(clues)
    if numbers.coded:
        return _by_code(clues)
    return _by_set(clues)


def _by_fraction(clues: Clues) -> Found | Abstention:
    fraction = next(iter(clues.numbers.fractions))
    index = clues.index
    entries = index.by_fraction.get(fraction) or index.by_number.get(fraction.number, ())
    written = "/".join(fraction)
    fitting = _fitting_sets(clues, [one for one in entries if clues.names_entry(one)])
    if not fitting:
        fitting = _classics(clues, fraction.number)
    spelled = bool(fitting)
    if not fitting:
        fitting = _fitting_sets(clues, [one for one in entries if _nearly_named(clues, one)])
    if not fitting:
        if entries:
            there = ", ".join(sorted({f"{one.name} ({one.set_name})" for one in entries})[:3])
            return Abstention(
                "conflict", f"number {written} is {there}, and the title says otherwise"
            )
        return Abstention("no_card", f"no set has a card numbered {written}")
    one = _single(clues, fitting)
    if one is None:
        return Abstention("ambiguous", f"{written} is each of {_ids(fitting)}")
    confidence = 0.97 + 0.02 * _confirmed(clues, one) - 0.04 * (not spelled)
    how = "name" if spelled else "name, misspelled"
    return Found(
        one, confidence, (f"number {written}", f"{how} {one.name}", *_set_said(clues, one))
    )


def _by_code(clues: Clues) -> Found | Abstention:
    code = next(iter(clues.numbers.coded))
    entries = clues.index.by_number.get(code, ())
    fitting = _fitting_sets(clues, [one for one in entries if clues.names_entry(one)])
    if not fitting:
        reason: Reason = "conflict" if entries else "no_card"
        return Abstention(reason, f"number {code} is no card of that name")
    one = _single(clues, fitting)
    if one is None:
        return Abstention("ambiguous", f"{code} is each of {_ids(fitting)}")
    return Found(one, 0.98, (f"number {code}", f"name {one.name}", *_set_said(clues, one)))


def _by_set(clues: Clues) -> Found | Abstention:
    """By name and set alone, with a number after a # or a bare one where there is one."""
    ids = clues.named_sets(weak=False) or clues.named_sets(weak=True)
    fitting = [
        one
        for each in sorted(ids)
        for one in clues.index.by_set.get(each, ())
        if clues.names_entry(one)
    ]
    if not fitting:
        known = bool(clues.names)
        return Abstention(
            "ambiguous" if known else "no_card",
            "it names a card, but neither its number nor its set" if known else "it names no card",
        )
    numbers = clues.numbers
    if numbers.hashed:
        fitting = [one for one in fitting if one.number in numbers.hashed]
        if not fitting:
            return Abstention("conflict", "its number is no card of that name and set")
    numbered = [one for one in fitting if one.number in numbers.bare] if numbers.bare else []
    fitting = numbered or fitting
    if len(fitting) > 1:
        return Abstention("ambiguous", f"it is each of {_ids(fitting)}")
    if len({at.name for at in clues.names if _in_set(clues, at, ids)}) > 1:
        return Abstention("lot", "it names several cards")
    one = fitting[0]
    sure = bool(numbers.hashed or numbered)
    said = (f"number {one.number}",) if sure else ()
    return Found(one, 0.97 if sure else 0.92, (*said, f"name {one.name}", *_set_said(clues, one)))


def _in_set(clues: Clues, at: NameAt, ids: Collection[str]) -> bool:
    """Whether a name is one of a card of these sets, and not a word of the set's own name."""
    if any(named.start <= at.start and at.end <= named.end for named in clues.sets):
        return False
    return any(at.name in one.names for each in ids for one in clues.index.by_set.get(each, ()))


def _fitting_sets(clues: Clues, entries: Iterable[Entry]) -> list[Entry]:
    """Those that no firmly named set refutes. Promos are sold under the name of a set."""
    firm = clues.named_sets(weak=False)
    return [one for one in entries if not firm or one.set_id in firm or _is_promo(one.set_id)]


def _is_promo(set_id: str) -> bool:
    return set_id.rstrip("0123456789") in PROMOS


def _classics(clues: Clues, number: str) -> list[Entry]:
    """Reprints in Celebrations carry the number of their first printing."""
    if CLASSICS not in clues.named_sets(weak=False):
        return []
    classics = clues.index.by_set.get(CLASSICS, ())
    return [one for one in classics if one.number == number and clues.names_entry(one)]


def _single(clues: Clues, entries: Sequence[Entry]) -> Entry | None:
    if len(entries) == 1:
        return entries[0]
    whole = [one for one in entries if any(at.name == one.names[0] for at in clues.names)]
    told = [one for one in whole or entries if _confirmed(clues, one)] or whole
    return told[0] if len(told) == 1 else None


def _confirmed(clues: Clues, entry: Entry) -> bool:
    return any(entry.set_id in clues.named_sets(weak=weak) for weak in (False, True))


def _set_said(clues: Clues, entry: Entry) -> tuple[str, ...]:
    return (f"set {entry.set_name}",) if _confirmed(clues, entry) else ()


def _ids(entries: Sequence[Entry]) -> str:
    return ", ".join(sorted(one.base for one in entries)[:5])


def _nearly_named(clues: Clues, entry: Entry) -> bool:
    """Whether the name stands in the title with a slip of the pen, and as no other card."""
    words = clues.words
    for name in entry.names:
        for at in range(len(words) - len(name) + 1):
            behind = words[at + len(name)] if at + len(name) < len(words) else ""
            near = all(map(_near, words[at : at + len(name)], name))
            if near and behind not in MAKES_ANOTHER:
                return True
    return False


def _near(word: str, wanted: str) -> bool:
    if word == wanted:
        return True
    if len(wanted) < FUZZY_LEAST or abs(len(word) - len(wanted)) > 2:
        return False
    return apart(word, wanted) <= (2 if len(wanted) >= FUZZY_LONG else 1)


def _printed(text: str, entry: Entry) -> str | Abstention:
    """The card of the edition or finish that is said, otherwise of the default printing."""
    own = entry.names[0]
    printing, contradicts = printing_said(text)
    if STAMP.search(text) and printing == "default" and "stamp" not in own:
        return Abstention("printing_unknown", "it has a stamp that no card of the catalog has")
    if printing in own:  # Reverse Valley is the name of a card
        printing = "default"
    card_id = entry.printings.get(printing)
    if card_id is None or contradicts:
        return Abstention("printing_unknown", f"the catalog has no {printing} of {entry.base}")
    return card_id
