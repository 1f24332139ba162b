"""How far two sources agree on ungraded cards: the monthly quotes and the catalog's snapshots."""

import math
import statistics
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import NamedTuple

import psycopg

from stack.errors import StackError

# Like for like: the same printing, ungraded, the quote of that month against the figure of that
# day, flagged or not. A card for which either source tells several figures of the day (a normal and
# a holo one under one number) is left out, since nobody can say which of them the other one means.
PAIRS = """
with told as (
  select card_id, source, min(price_cents) as cents
  from market.reported_prices
  where kind = 'quote' and grade_code = 'raw'
    and (source, day) in (('graded_monthly', %s), ('pokemontcgio_snapshots', %s))
  group by card_id, source having count(*) = 1
)
select card_id, quoted.cents, listed.cents
from told quoted join told listed using (card_id)
where quoted.source = 'graded_monthly' and listed.source = 'pokemontcgio_snapshots'
order by abs(ln(quoted.cents::float8 / listed.cents)) desc, card_id
"""
NAMES = """
select c.card_id, c.name, c.number, s.name
from market.cards c join market.sets s using (set_id) where c.card_id = any(%s)
"""
A_QUARTER = math.log(1.25)
ANOTHER_CARD = math.log(10)  # ungraded copies of one printing do not differ so much in two months
FEWEST = 3  # below, a correlation says nothing


class TooFewPairs(StackError):
    """Two sources that hardly speak of the same cards."""

    def __init__(self, month: date, day: date, cards: int) -> None:
        super().__init__(
            f"only {cards} cards have one quote of {month} and one snapshot price of {day};"
            f" {FEWEST} are needed: are both files the recorded ones?"
        )


class Pair(NamedTuple):
    """What both say of one card, in cents."""

    card_id: str
    quoted: int
    listed: int

    @property
    def gap(self) -> float:
        """Log of the ratio."""
        return math.log(self.quoted / self.listed)


@dataclass(frozen=True)
class Agreement:
    """Two sources' prices of the same cards: correlation of logs, and the middle of the ratios."""

    day: date
    cards: int
    correlation: float
    median_ratio: float
    within_a_quarter: float
    tenfold: int
    farthest: Sequence[Pair]


def agreement(
    connection: psycopg.Connection, month: date, day: date, *, examples: int
) -> Agreement:
    """Monthly quotes of a month against the snapshot of a day. Raises TooFewPairs."""
    pairs = [Pair(*row) for row in connection.execute(PAIRS, [month, day]).fetchall()]
    if len(pairs) < FEWEST:
        raise TooFewPairs(month, day, len(pairs))
    gaps = [pair.gap for pair in pairs]
    return Agreement(
        day=day,
        cards=len(pairs),
        correlation=statistics.correlation(
            [math.log(pair.quoted) for pair in pairs], [math.log(pair.listed) for pair in pairs]
        ),
        median_ratio=math.exp(statistics.median(gaps)),
        within_a_quarter=sum(abs(gap) < A_QUARTER for gap in gaps) / len(pairs),
        tenfold=sum(abs(gap) > ANOTHER_CARD for gap in gaps),
        farthest=pairs[:examples],
    )


def named(connection: psycopg.Connection, cards: Sequence[str]) -> dict[str, str]:
    """`Hippopotas 79, Astral Radiance` of each card."""
    rows = connection.execute(NAMES, [list(cards)]).fetchall()
    return {card: f"{name} {number}, {set_name}" for card, name, number, set_name in rows}
