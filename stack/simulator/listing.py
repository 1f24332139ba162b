"""Owns how a sale reads on the marketplace: titles, sellers and the JSON shape of one item."""

from functools import cache
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from stack.simulator.flaws import (
    CURRENCIES,
    NEVER,
    RECLASSIFIED,
    REVOKED,
    UNCHANGED,
    USD_WORTH,
    VARIANTS,
    Flaws,
    listed_cents,
    take_flaws,
)
from stack.simulator.prints import AUCTION, BEST_OFFER, FIXED_PRICE, TITLE_STYLES, Sales, take
from stack.simulator.universe import GRADES, Ints, Product, Universe

TITLE_LIMIT = 80  # characters, the marketplace's own limit
GRADE_WORDS = {"psa8": "PSA 8 NM-MT", "psa9": "PSA 9 MINT", "psa10": "PSA 10 GEM MINT"}
BUYING_OPTIONS = {
    AUCTION: ["AUCTION"],
    FIXED_PRICE: ["FIXED_PRICE"],
    BEST_OFFER: ["FIXED_PRICE", "BEST_OFFER"],
}
SELLER_FIRST = (
    "mint", "vintage", "kanto", "johto", "slab", "holo", "pack", "rare",
    "binder", "coastal", "corner", "lucky", "north", "retro", "silver", "summit",
)  # fmt: skip
SELLER_SECOND = (
    "_cards", "-collectibles", "_tcg", "breaks", "_vault", "_den", ".cards", "_trading",
    "_shop", "hunter", "_attic", "_cellar", "_graded", "_finds", "_sports",
)  # fmt: skip

Titles = NDArray[np.str_]


def titles_of(universe: Universe) -> Titles:
    """Every title there is, by card, grade (along GRADES) and style."""
    return np.array(
        [
            [[_title(card, grade, style) for style in range(TITLE_STYLES)] for grade in GRADES]
            for card in universe.products
        ]
    )


def items_json(
    sales: Sales,
    flaws: Flaws,
    rows: Ints,
    *,
    universe: Universe,
    titles: Titles,
    host: str,
    now: float,
) -> list[dict[str, Any]]:
    """The items at `rows` in the marketplace's JSON shape, as they are told at Unix time `now`.

    `host` ends without a slash.
    """
    page, flawed = take(sales, rows), take_flaws(flaws, rows)
    changed = (flawed.changes != NEVER) & (flawed.changes < now)
    change = np.where(changed, flawed.change, UNCHANGED)
    corrected = change == RECLASSIFIED
    grade = np.where(corrected, page.grade, flawed.first_grade)
    columns = zip(
        page.card.tolist(),
        grade.tolist(),
        titles[page.card, grade, page.style].tolist(),
        page.item.tolist(),
        _moments(page.second),
        _moments(np.where(changed, flawed.changes, flawed.arrives)),
        (change == REVOKED).tolist(),
        listed_cents(page, flawed).tolist(),
        flawed.copies.tolist(),
        flawed.currency.tolist(),
        flawed.converted.tolist(),
        flawed.variant.tolist(),
        page.deal.tolist(),
        page.seller.tolist(),
        page.certificate.tolist(),
        strict=True,
    )
    return [_item(_Sold(*row), universe.products, host) for row in columns]


class _Sold(NamedTuple):
    """One row of the columns, as Python values."""

    card: int
    grade: int
    title: str
    item: int
    sold_at: str
    modified_at: str
    cancelled: bool
    cents: int
    copies: int
    currency: int
    converted: bool
    variant: int
    deal: int
    seller: int
    certificate: int


def _item(sold: _Sold, products: tuple[Product, ...], host: str) -> dict[str, Any]:
    item = {
        "itemId": f"v1|{sold.item}|0",
        "legacyItemId": str(sold.item),
        "epid": products[sold.card].epid,
        "title": _shown_title(sold),
        **_condition(GRADES[sold.grade], sold.certificate),
        "lastSoldDate": sold.sold_at,
        "lastSoldPrice": _price(sold),
        "totalSoldQuantity": sold.copies,
        "itemWebUrl": f"{host}/itm/{sold.item}",
        "seller": _seller(sold.seller),
        "buyingOptions": BUYING_OPTIONS[sold.deal],
        "lastModifiedDate": sold.modified_at,
    }
    return {**item, "saleStatus": "CANCELLED"} if sold.cancelled else item


def _shown_title(sold: _Sold) -> str:
    lot = f"Lot of {sold.copies}" if sold.copies > 1 else ""
    words = " ".join(part for part in (lot, VARIANTS[sold.variant], sold.title) if part)
    return words[:TITLE_LIMIT].rstrip()


def _moments(seconds: Ints) -> list[str]:
    """Unix times as the marketplace writes them: 2025-03-01T17:04:05Z."""
    written: list[str] = np.datetime_as_string(
        seconds.astype("datetime64[s]"), timezone="UTC"
    ).tolist()
    return written


def _price(sold: _Sold) -> dict[str, str]:
    usd = _written(sold.cents)
    if not sold.currency:
        return {"value": usd, "currency": "USD"}
    currency = CURRENCIES[sold.currency]
    foreign = _written(round(sold.cents / float(USD_WORTH[sold.currency])))
    if not sold.converted:
        return {"value": foreign, "currency": currency}
    return {
        "value": usd,
        "currency": "USD",
        "convertedFromValue": foreign,
        "convertedFromCurrency": currency,
    }


def _written(cents: int) -> str:
    return f"{cents // 100}.{cents % 100:02d}"


def _condition(grade: str, certificate: int) -> dict[str, Any]:
    if grade == "raw":
        return {"condition": "Ungraded", "conditionId": "4000"}
    facts = {
        "Professional Grader": "PSA",
        "Grade": grade.removeprefix("psa"),
        "Certification Number": str(certificate),
    }
    return {
        "condition": "Graded",
        "conditionId": "2750",
        "conditionDescriptors": [
            {"name": name, "values": [{"content": content}]} for name, content in facts.items()
        ],
    }


@cache
def _seller(index: int) -> dict[str, Any]:
    first, second = divmod(index, len(SELLER_SECOND))
    name = SELLER_FIRST[first % len(SELLER_FIRST)] + SELLER_SECOND[second]
    # Busy shops have the low indexes, so their score is the high one.
    return {"username": name, "feedbackScore": 48_000 // (index + 1) + 11 * (index % 17)}


def _title(card: Product, grade: str, style: int) -> str:
    slab = GRADE_WORDS.get(grade, "")
    short = " ".join(slab.split()[:2])
    secret = "Secret" if card.number.isdigit() and int(card.number) > card.printed_total else ""
    set_name = "Base Set Unlimited" if card.set_name == "Base" else card.set_name
    full, year = f"{card.number}/{card.printed_total}", str(card.year)
    # fmt: off
    styles = (
        (year, "Pokemon", set_name, f"#{card.number}", card.name, card.suffix, secret, short),
        (card.name, full, set_name, card.rarity, "Pokemon TCG", slab or "NM"),
        (short, card.name, f"#{card.number}", "Pokemon", set_name, year, card.suffix),
        ("Pokemon", set_name, card.name, full, card.rarity, slab or "Near Mint"),
        (card.name, card.suffix, full, "-", set_name, "-", short or "Pack Fresh"),
        (year, card.name.upper(), set_name, card.number, secret, "Pokemon Card", slab),
    )
    # fmt: on
    words = " ".join(part for part in styles[style] if part)
    if len(words) <= TITLE_LIMIT:
        return words
    return " ".join(part for part in styles[style] if part and part != card.rarity)
