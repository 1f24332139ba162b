"""Owns the dirt of a day's sales: what the marketplace tells late, wrong or twice. Pure.

The sales themselves stay honest; flaws stand beside them and show only in what is listed.
"""

from dataclasses import dataclass, fields, replace

import numpy as np

from stack.simulator.prints import DAY_S, FIRST_ITEM, ITEM_BLOCK, Codes, Sales, take
from stack.simulator.settings import Dirt
from stack.simulator.universe import GRADES, Flags, Floats, Ints

# Other money and what one unit of it is worth in USD: invented, constant.
CURRENCIES = ("USD", "EUR", "GBP", "CAD")
USD_WORTH = np.array([1.0, 1.08, 1.27, 0.73])
# Words of another printing in the title, and what such a copy fetches of this card's price.
VARIANTS = ("", "1st Edition", "Reverse Holo", "Japanese")
VARIANT_FACTORS = np.array([1.0, 4.5, 1.4, 0.55])

LATE_DAYS, REVOKED_DAYS, RECLASSIFIED_DAYS = (1, 6), (1, 20), (1, 10)
MOST_COPIES = 8
LOT_DISCOUNT = 0.9  # of a copy's price, where several go at once
SHILL_SALES, SHILL_FACTOR = 3, (1.8, 3.2)
NEVER = 0  # Unix time of a change that does not come
UNCHANGED, REVOKED, RECLASSIFIED = 0, 1, 2


@dataclass(frozen=True)
class Flaws:
    """Columns beside those of Sales. Times are Unix seconds, UTC.

    An item is told from `arrives` on. From `changes` on it is told otherwise: cancelled, or with
    its right grade where it was `first_grade` before.
    """

    arrives: Ints
    changes: Ints
    change: Codes
    first_grade: Codes
    copies: Codes
    currency: Codes
    converted: Flags
    variant: Codes
    repeated: Flags


def no_flaws() -> Flaws:
    """Empty columns of the right types."""
    wide, narrow, flag = np.empty(0, np.int64), np.empty(0, np.int16), np.empty(0, np.bool_)
    return Flaws(wide, wide, narrow, narrow, narrow, narrow, flag, narrow, flag)


def take_flaws(flaws: Flaws, rows: Ints) -> Flaws:
    """The named rows, in the order given."""
    return Flaws(**{field.name: getattr(flaws, field.name)[rows] for field in fields(Flaws)})


def with_shills(sales: Sales, dirt: Dirt, rng: np.random.Generator) -> Sales:
    """The day's sales, some followed by others of one seller at one multiple of the price."""
    struck = np.flatnonzero(rng.random(len(sales.item)) < dirt.shills)
    if not len(struck):
        return sales
    more = take(sales, np.repeat(struck, SHILL_SALES))
    n = len(more.item)
    day = int(sales.second[0]) // DAY_S
    factor = np.repeat(rng.uniform(*SHILL_FACTOR, size=len(struck)), SHILL_SALES)
    later = more.second + rng.integers(60, 3600, size=n)
    number = FIRST_ITEM + (day + 1) * ITEM_BLOCK - 1 - np.arange(n)
    forged = replace(
        more,
        second=np.minimum(later, (day + 1) * DAY_S - 1),
        item=number,
        cents=np.rint(more.cents * factor * rng.uniform(0.98, 1.02, size=n)).astype(np.int64),
        shill=np.ones(n, np.bool_),
    )
    both = Sales(
        **{
            field.name: np.concatenate([getattr(sales, field.name), getattr(forged, field.name)])
            for field in fields(Sales)
        }
    )
    return take(both, np.lexsort((both.item, both.second)))


def draw_flaws(sales: Sales, dirt: Dirt, rng: np.random.Generator) -> Flaws:
    """The flaws of a day's sales; at most one change each, cancelled before corrected."""
    n = len(sales.item)
    late = _hit(n, dirt.late, rng)
    arrives = sales.second + np.where(late, _later(n, LATE_DAYS, rng), 0)
    revoked = _hit(n, dirt.revoked, rng)
    corrected = _hit(n, dirt.reclassified, rng) & ~revoked
    wait = np.where(revoked, _later(n, REVOKED_DAYS, rng), _later(n, RECLASSIFIED_DAYS, rng))
    change = np.select([revoked, corrected], [REVOKED, RECLASSIFIED], UNCHANGED)
    other = (sales.grade + rng.integers(1, len(GRADES), size=n)) % len(GRADES)
    lot = _hit(n, dirt.lots, rng)
    foreign = _hit(n, dirt.currencies, rng)
    variant = _hit(n, dirt.wrong_variants, rng)
    return Flaws(
        arrives=arrives,
        changes=np.where(change == UNCHANGED, NEVER, arrives + wait),
        change=change.astype(np.int16),
        first_grade=np.where(corrected, other, sales.grade).astype(np.int16),
        copies=np.where(lot, rng.integers(2, MOST_COPIES + 1, size=n), 1).astype(np.int16),
        currency=np.where(foreign, rng.integers(1, len(CURRENCIES), size=n), 0).astype(np.int16),
        converted=rng.random(n) < 0.5,
        variant=np.where(variant, rng.integers(1, len(VARIANTS), size=n), 0).astype(np.int16),
        repeated=_hit(n, dirt.duplicates, rng),
    )


def listed_cents(sales: Sales, flaws: Flaws) -> Ints:
    """What stands on the item, in US cents: of all copies, for the copy that really was sold."""
    copies = np.where(flaws.copies > 1, flaws.copies * LOT_DISCOUNT, 1.0)
    cents: Floats = np.rint(sales.cents * copies * VARIANT_FACTORS[flaws.variant])
    return np.maximum(cents, 1).astype(np.int64)


def _hit(n: int, share: float, rng: np.random.Generator) -> Flags:
    flags: Flags = rng.random(n) < share
    return flags


def _later(n: int, days: tuple[int, int], rng: np.random.Generator) -> Ints:
    seconds: Ints = rng.integers(days[0] * DAY_S, days[1] * DAY_S, size=n)
    return seconds
