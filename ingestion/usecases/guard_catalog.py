"""Holds a catalog that was read anew against what is stored of it, before it is touched."""

from collections.abc import Mapping, Sequence
from datetime import date

import polars as pl

from ingestion.domain.catalog import Card, CardSet
from ingestion.domain.expectations import Nights, suite_for
from ingestion.ports.quality import Yardstick
from ingestion.usecases.guard import told_or_refused
from kernel.suite_report import Suite

SETS = {"set_id": pl.String, "name": pl.String}
PRINTING = ["set_id", "number", "edition", "finish", "language"]
CARDS = {"card_id": pl.String, "name": pl.String} | dict.fromkeys(PRINTING, pl.String)
KNOWN_AS = "known_as"  # the id that the printing has in the catalog as it is stored


def guard_catalog(
    yardstick: Yardstick,
    source: str,
    day: date,
    *,
    sets: Sequence[CardSet],
    cards: Sequence[Card],
    asked: Sequence[str],
) -> Mapping[str, object]:
    """The suites of sets and cards; `asked` are the sets whose cards were asked for.

    Stops a catalog that lost most of what it had, or gives printings other ids. Raises SuiteFailed.
    """
    known = yardstick.baselines.catalog()
    told_sets = pl.DataFrame([(s.set_id, s.name) for s in sets], schema=SETS, orient="row")
    known_cards = known.filter(pl.col("card_id").is_not_null(), pl.col("set_id").is_in(list(asked)))
    names = known_cards.select(*PRINTING, pl.col("card_id").alias(KNOWN_AS))
    told_cards = _frame(cards).join(names, on=PRINTING, how="left", maintain_order="left")
    suites = [
        _suite(yardstick, "sets", source, day, told_sets, known.get_column("set_id").n_unique()),
        _suite(yardstick, "cards", source, day, told_cards, known_cards.height),
    ]
    return told_or_refused(yardstick, source, day, suites)


def _frame(cards: Sequence[Card]) -> pl.DataFrame:
    rows = [
        (c.card_id, c.name, c.card_set.set_id, c.number, c.edition, c.finish, c.language)
        for c in cards
    ]
    return pl.DataFrame(rows, schema=CARDS, orient="row")


def _suite(
    yardstick: Yardstick, table: str, source: str, day: date, frame: pl.DataFrame, known: int
) -> Suite:
    contract = yardstick.contract(table)
    expectations = suite_for(
        contract,
        frame,
        columns=frame.columns,
        source=source,
        day=day,
        nights=Nights([known], day, what="catalog as it is stored"),
    )
    checked = yardstick.run(table, frame, expectations)
    return Suite(table, contract.owner, source, day, frame.height, checked)
