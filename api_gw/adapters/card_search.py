"""Card search in PostgreSQL: weighted documents, the vocabulary for spelling, ranking."""

from collections.abc import Iterable, Sequence

from api_gw.adapters.card_rows import SUMMARY_COLUMNS, summary
from api_gw.adapters.database import Database
from api_gw.domain.cards import CardSummary, Close, Found
from api_gw.domain.folding import fold
from api_gw.domain.matching import (
    Knowledge,
    Lexeme,
    Plan,
    Vocabulary,
    interpret,
    words_to_know,
)
from api_gw.domain.query import Query
from api_gw.domain.spelling import Candidate
from kernel.ids import Instrument

# Twelve most similar words are enough to hold the one meant: it is nearly always among three.
# Scalar subqueries, not EXISTS: PostgreSQL would hash the whole vocabulary for a few words.
KNOW_WORDS = """
select asked.word, (select k.cards from market.search_words k where k.word = asked.word) as cards,
  (select k.word from market.search_words k
   where k.word ~>=~ asked.word and k.word ~<~ (asked.word || '~')
   order by k.word using ~<~ limit 1) as completion
from unnest($1::text[]) as asked (word)
"""
KNOW_SIMILAR = """
select asked.word, near.word as known, near.cards
from unnest($1::text[]) as asked (word) cross join lateral (
  select k.word, k.cards from market.search_words k where k.word % asked.word
  order by similarity(k.word, asked.word) desc, k.cards desc limit 12
) as near
"""

# The first part asks how much of the query the card has, by the weights of D, C, B and A; the
# second how much of the card's name is in the query, so that "Charizard" precedes "Dark Charizard".
# Half a word counts in names only: it may begin many artists and sets, which says little.
FIND = f"""
with hits as (
  select k.card_id, k.released, k.set_id, k.position,
    ts_rank('{{0.1, 0.3, 0.9, 1.0}}', k.document, $2::tsquery)
      + ts_rank(k.name_lexemes, $3::tsquery, 2)
      + 0.1 * k.prominence / length(k.name_lexemes) as score
  from market.card_search k
  where k.document @@ $1::tsquery and ($4::text is null or k.set_id = $4)
), page as (
  select *, count(*) over () as total from hits
  order by score desc, released nulls last, set_id, position, card_id offset $5 limit $6
)
select {SUMMARY_COLUMNS}, page.total
from page join market.cards c using (card_id) join market.sets s on s.set_id = c.set_id
order by page.score desc, page.released nulls last, page.set_id, page.position, page.card_id
"""  # noqa: S608 - only our own column list is put in
COUNT = """
select count(*) from market.card_search k
where ($1::text is null or k.document @@ $1::tsquery) and ($2::text is null or k.set_id = $2)
"""
LIST = f"""
select {SUMMARY_COLUMNS}
from market.card_search k
join market.cards c using (card_id) join market.sets s on s.set_id = c.set_id
where $1::text is null or k.set_id = $1
order by k.released desc nulls last, k.set_id, k.position, k.card_id offset $2 limit $3
"""  # noqa: S608 - only our own column list is put in

CLOSES = """
select card_id, grade_code, kind, day, close_cents from market.card_closes
where card_id = any($1) order by card_id, close_cents desc, grade_code
"""
INDEX = "select market.index_card_closes($1, $2)"
INDEXED_AT_ONCE = 100  # instruments; each may have ten years of bars, and a statement 5 s

SET_NAMED = """
select set_id from market.sets where set_id = $1 or market.fold(name) = $2
order by set_id = $1 desc, release_date, set_id limit 1
"""
SETS_LIKE = """
select set_id from market.sets
order by greatest(similarity(market.fold(name), $2), similarity(set_id, $1)) desc, set_id limit 3
"""


class PostgresCardSearch:
    """The CardSearch port on PostgreSQL."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def find(self, query: Query, *, set_id: str | None, offset: int, limit: int) -> Found:
        """A page of cards; if no card has everything, those that have some of it."""
        if query.is_empty:
            return await self._listed(set_id, offset=offset, limit=limit)
        plan = interpret(query, await self._vocabulary(words_to_know(query)))
        if not plan.terms:
            return Found(cards=(), total=0)
        found = await self._run(plan, " & ", set_id=set_id, offset=offset, limit=limit)
        if found.total or len(plan.terms) < 2:
            return found
        return await self._run(plan, " | ", set_id=set_id, offset=offset, limit=limit)

    async def set_named(self, said: str) -> str | None:
        """The set whose id or name this is; of several with one name the first."""
        rows = await self._database.fetch(SET_NAMED, said, fold(said))
        return rows[0]["set_id"] if rows else None

    async def sets_like(self, said: str) -> list[str]:
        """Up to three sets that are like it."""
        rows = await self._database.fetch(SETS_LIKE, said, fold(said))
        return [row["set_id"] for row in rows]

    async def index(self, changed: Sequence[Instrument]) -> int:
        """Show the closes these instruments have now; needs a login that may write."""
        wanted = sorted(set(changed))
        entries = 0
        for begin in range(0, len(wanted), INDEXED_AT_ONCE):
            cards, grades = zip(*wanted[begin : begin + INDEXED_AT_ONCE], strict=True)
            rows = await self._database.fetch(INDEX, list(cards), list(grades))
            entries += rows[0][0]
        return entries

    async def _closes(self, cards: Sequence[CardSummary]) -> dict[str, tuple[Close, ...]]:
        found: dict[str, tuple[Close, ...]] = {}
        if cards:
            for row in await self._database.fetch(CLOSES, [card.card_id for card in cards]):
                card_id, *close = row
                found[card_id] = (*found.get(card_id, ()), Close(*close))
        return found

    async def _vocabulary(self, words: Sequence[str]) -> Vocabulary:
        if not words:
            return {}
        rows = await self._database.fetch(KNOW_WORDS, words)
        unknown = [row["word"] for row in rows if row["completion"] is None]
        similar: dict[str, list[Candidate]] = {word: [] for word in unknown}
        if unknown:
            for row in await self._database.fetch(KNOW_SIMILAR, unknown):
                similar[row["word"]].append(Candidate(row["known"], row["cards"]))
        return {
            row["word"]: Knowledge(
                is_word=row["cards"] is not None,
                is_beginning=row["completion"] is not None,
                similar=tuple(similar.get(row["word"], ())),
            )
            for row in rows
        }

    async def _run(
        self, plan: Plan, joint: str, *, set_id: str | None, offset: int, limit: int
    ) -> Found:
        needed = joint.join(f"({any_of(map(sought, term.found_by))})" for term in plan.terms)
        whole = any_of(sought(lexeme) for lexeme in plan.raised_by if not lexeme.beginning)
        named = any_of(map(sought, plan.raised_by))
        rows = await self._database.fetch(FIND, needed, whole, named, set_id, offset, limit)
        if rows:
            total = rows[0]["total"]
        elif offset:
            total = (await self._database.fetch(COUNT, needed, set_id))[0]["count"]
        else:
            total = 0
        cards = tuple(summary(row) for row in rows)
        closes = await self._closes(cards)
        all_of = joint == " & "
        return Found(cards, total, plan.corrected, matched_all=all_of, closes=closes)

    async def _listed(self, set_id: str | None, *, offset: int, limit: int) -> Found:
        rows = await self._database.fetch(LIST, set_id, offset, limit)
        total = (await self._database.fetch(COUNT, None, set_id))[0]["count"]
        cards = tuple(summary(row) for row in rows)
        return Found(cards, total, closes=await self._closes(cards))


def any_of(operands: Iterable[str]) -> str:
    """A tsquery of alternatives."""
    return " | ".join(operands)


def sought(lexeme: Lexeme) -> str:
    """An operand that finds. A lexeme holds only letters, digits, # and /: quoting is safe.

    Beginnings of one or two letters are looked for in names only: half the catalog has them else.
    """
    if not lexeme.beginning:
        return f"'{lexeme.text}'"
    in_names = len(lexeme.text) <= 2 and lexeme.text.isalpha()
    return f"'{lexeme.text}':*{'A' if in_names else ''}"
