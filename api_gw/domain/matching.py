"""Turns a typed search into lexemes a card must have and lexemes that raise it. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import NamedTuple

from api_gw.domain.folding import fold_number
from api_gw.domain.query import Query, is_number_like
from api_gw.domain.spelling import Candidate, meanings

OWNERS_FROM = 4  # letters; shorter words are mechanics and suffixes, and own nothing
WHOLE_WORD_BELOW = 3  # a shorter word inside a query is itself: "v" is not the start of "vmax"


class Lexeme(NamedTuple):
    """A token of the card documents; as a beginning it stands for all that start so."""

    text: str
    beginning: bool = False


@dataclass(frozen=True)
class Knowledge:
    """What the vocabulary says about one word."""

    is_word: bool = False
    is_beginning: bool = False
    similar: tuple[Candidate, ...] = ()


Vocabulary = Mapping[str, Knowledge]


@dataclass(frozen=True)
class Term:
    """One thing looked for: a card has it with any of `found_by`; `raised_by` orders the cards."""

    said: str
    found_by: tuple[Lexeme, ...]
    raised_by: tuple[Lexeme, ...]


@dataclass(frozen=True)
class Plan:
    """A search ready to run: a card should have all terms."""

    terms: tuple[Term, ...]
    corrected: str | None  # the words as understood, where they differ from the ones typed

    @property
    def raised_by(self) -> tuple[Lexeme, ...]:
        """All lexemes that raise a card."""
        return tuple(lexeme for term in self.terms for lexeme in term.raised_by)


def words_to_know(query: Query) -> list[str]:
    """The words to ask the vocabulary about: typed ones, neighbours joined, owners ("rocket's")."""
    words = query.words
    joined = (a + b for a, b in pairwise(words))
    owners = (word + "s" for word in words if len(word) >= OWNERS_FROM)
    return list(dict.fromkeys([*words, *joined, *owners]))


def interpret(query: Query, vocabulary: Vocabulary) -> Plan:
    """Decide what each word means. A word nobody knows is dropped while others remain."""
    words = rejoined(query.words, vocabulary)
    if len(words) == 1 and len(words[0]) == 1 and not query.has_more_than_words:
        # One letter says nothing but where names begin; prominence alone orders them.
        return Plan((Term(words[0], (Lexeme(words[0], beginning=True),), ()),), corrected=None)
    terms = [term_of(word, vocabulary, last=i == len(words) - 1) for i, word in enumerate(words)]
    known = [term for term in terms if term is not None]
    understood = " ".join(term.said for term in known)
    return Plan(
        terms=(*known, *printed_terms(query), *map(treatment_term, query.treatments)),
        corrected=understood if understood != " ".join(query.words) else None,
    )


def rejoined(words: Sequence[str], vocabulary: Vocabulary) -> list[str]:
    """Words split by mistake made whole: "pika chu" -> "pikachu"."""
    whole: list[str] = []
    for word in words:
        joined = whole[-1] + word if whole else ""
        halves_known = all(vocabulary[half].is_word for half in (*whole[-1:], word))
        if joined in vocabulary and vocabulary[joined].is_word and not halves_known:
            whole[-1] = joined
        else:
            whole.append(word)
    return whole


def term_of(word: str, vocabulary: Vocabulary, *, last: bool) -> Term | None:
    """What one word looks for; None if nothing is like it."""
    knowledge = vocabulary[word]
    if is_number_like(word):
        return number_term(word, last=last)
    if knowledge.is_word:
        begins = last or len(word) >= WHOLE_WORD_BELOW
        owner = vocabulary.get(word + "s", Knowledge())
        raised_by = (Lexeme(word), Lexeme(word + "s")) if owner.is_word else (Lexeme(word),)
        return Term(word, (Lexeme(word, begins),), raised_by)
    if knowledge.is_beginning:
        return Term(word, (Lexeme(word, True),), (Lexeme(word, True),))
    meant = tuple(Lexeme(known) for known in meanings(word, knowledge.similar, unfinished=last))
    return Term(meant[0].text, meant, meant) if meant else None


def number_term(word: str, *, last: bool) -> Term:
    """A number may be the collector's number or stand in a name: Porygon2, the set 151."""
    number = f"#{fold_number(word)}"
    return Term(word, (Lexeme(word), Lexeme(number, last)), (Lexeme(word), Lexeme(number)))


def printed_terms(query: Query) -> tuple[Term, ...]:
    """`4/102`: the number and the printed total; totals with letters (TG30) are not kept."""
    if query.printed is None:
        return ()
    said = [f"#{query.printed.number}"]
    if query.printed.total and query.printed.total.isdigit():
        said.append(f"/{query.printed.total}")
    return tuple(Term(text, (Lexeme(text),), (Lexeme(text),)) for text in said)


def treatment_term(lexeme: str) -> Term:
    """A treatment is looked for as it is."""
    return Term(lexeme, (Lexeme(lexeme),), (Lexeme(lexeme),))
