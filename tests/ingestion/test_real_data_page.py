"""The page about recorded data, written of a few rows that came in as the recorded ones do."""

from collections.abc import Mapping
from datetime import date
from pathlib import Path

import polars as pl
import psycopg
import pytest

from ingestion.adapters.sources.files import FileSource
from ingestion.adapters.sources.format_files import find_format
from ingestion.domain.catalog import Card
from ingestion.usecases.load_catalog import load_catalog
from kernel.ids import CardId
from stack.real_data import figures
from stack.real_data.agreement import TooFewPairs, agreement
from stack.real_data.importing import Imported
from stack.real_data.page import LAST_QUOTES, RISEN, SNAPSHOTS, page, table
from stack.real_data.sources import Recorded
from tests.ingestion.conftest import BASE, World, WriteCsv

RISEN_CARD = "base1-4~1st,psa10"
SALES = [
    *(f"{RISEN_CARD},{18_000 + n}.00,2018-01-0{n}T10:00:00Z,s{n}" for n in range(1, 9)),
    *(f"{RISEN_CARD},{40_000 + n}.00,2018-03-0{n}T10:00:00Z,r{n}" for n in range(1, 4)),
    f"{RISEN_CARD},100.00,2018-04-01T10:00:00Z,cheap",
    "base9-9,psa10,1.00,2018-04-01T10:00:00Z,unknown",
]
SOLD_UNTIL, QUOTED_UNTIL = date(2018, 4, 30), date(2024, 12, 31)
# Dollars by card: the monthly quote; the snapshot's normal and holo prices.
QUOTES: Mapping[str, float] = {"base1-1": 1.0, "base1-2": 12.0, "base1-3": 100.0, "base1-5": 50.0}
LISTED: Mapping[str, tuple[float | None, float | None]] = {
    "base1-1": (1.0, None),
    "base1-2": (10.0, None),
    "base1-3": (None, 8.0),
    "base1-5": (40.0, 60.0),  # in quarantine: which of them the card is, nobody can say
}


@pytest.fixture
def told(world: World, plain_file: WriteCsv, tmp_path: Path) -> list[Imported]:
    with world.unit() as unit:
        number = {card: card.removeprefix("base1-") for card in QUOTES}
        cards = [Card(CardId(card), BASE, f"Card {number[card]}", number[card]) for card in QUOTES]
        load_catalog(unit, [BASE], [card for card in cards if card.number != "2"])
    sold = Recorded("graded sales", "plain_sales", SOLD_UNTIL, "sales.csv")
    done = [imported(world, sold, plain_file("sales.csv", SALES))]
    for source, path in (
        (Recorded("quotes", "graded_monthly", QUOTED_UNTIL, ""), monthly_quotes(tmp_path)),
        (Recorded("lists", "pokemontcgio_snapshots", SNAPSHOTS[-1], ""), snapshots(tmp_path)),
    ):
        done.append(imported(world, source, path))
    return done


def imported(world: World, source: Recorded, path: Path) -> Imported:
    asked = FileSource(find_format(source.format))
    world.fetch(asked, path, source.last_day, None)
    came = world.validate(asked, source.last_day), world.load(asked, source.last_day)
    built = world.build()
    jobs = ("validate", "load_trades", "judge_outliers", "build_bars")
    return Imported(source, 1.0, dict(zip(jobs, (*came, built, built), strict=True)))


def monthly_quotes(folder: Path) -> Path:
    path = folder / "quotes.parquet"
    rows = [(f"own_{card}", "RAW", LAST_QUOTES, usd) for card, usd in QUOTES.items()]
    names = ["card_id", "grade_id", "month", "market_price"]
    quotes = pl.DataFrame(rows, schema=names, orient="row")
    quotes.with_columns(pl.col("month").cast(pl.Datetime("us"))).write_parquet(path)
    listed = {"card_id": [f"own_{card}" for card in QUOTES], "pokemontcg_id": list(QUOTES)}
    pl.DataFrame(listed).write_csv(folder / "card_id_map.csv")
    return path


def snapshots(folder: Path) -> Path:
    path = folder / "lists.csv"
    price = "TCG Market Price USD ({})"
    rows = [
        (card, f"{day:%Y/%m/%d}", normal, None, holo)
        for day in SNAPSHOTS
        for card, (normal, holo) in LISTED.items()
    ]
    kinds = (price.format(kind) for kind in ("Normal", "Reverse Holofoil", "Holofoil"))
    schema = ["ID", "TCG Price Date", *kinds]
    pl.DataFrame(rows, schema=schema, orient="row").write_csv(path)
    return path


def test_like_is_compared_with_like(world: World, told: list[Imported]) -> None:
    with psycopg.connect(world.url) as connection:
        found = agreement(connection, LAST_QUOTES, SNAPSHOTS[0], examples=1)
    assert (found.cards, found.tenfold, found.within_a_quarter) == (3, 1, 2 / 3)
    assert found.median_ratio == pytest.approx(1.2)
    assert found.correlation == pytest.approx(0.8441, abs=1e-4)
    assert found.farthest == [("base1-3", 10_000, 800)]


def test_two_sources_that_share_no_cards_are_not_compared(world: World) -> None:
    with (
        psycopg.connect(world.url) as connection,
        pytest.raises(TooFewPairs, match="only 0 cards have one quote of 2024-12-01"),
    ):
        agreement(connection, LAST_QUOTES, SNAPSHOTS[0], examples=1)


def test_the_rise_tells_which_flagged_sales_stand_again(world: World, told: list[Imported]) -> None:
    with psycopg.connect(world.url, options="-c timezone=UTC") as connection:
        months = figures.rise(connection, *RISEN)
        flagged = figures.flagged(connection, *RISEN)
    assert [row[:3] for row in months] == [
        (date(2018, 1, 1), 8, 0),
        (date(2018, 3, 1), 3, 0),
        (date(2018, 4, 1), 1, 1),
    ]
    stand = [(row[0], row[1], row[-1]) for row in flagged]
    assert stand == [
        (date(2018, 3, 1), 4_000_100, date(2018, 3, 3)),
        (date(2018, 3, 2), 4_000_200, date(2018, 3, 3)),
        (date(2018, 4, 1), 10_000, None),
    ]


def test_the_page_tells_what_came_of_the_rows(world: World, told: list[Imported]) -> None:
    with psycopg.connect(world.url, options="-c timezone=UTC") as connection:
        lines = page(connection, told).splitlines()
    for line in (
        "| graded sales | 2018-04-30 | 13 | 12 | 1 | 1 | 11 | 1 | 1 |",
        "| graded sales | `card_unknown` | the catalog has no such card | 1 |",
        "| 2018-04 | 1 | 1 | $100.00 | $100.00 |",
        "| 2025-02-22 | 3 | 0.844 | 1.20 | 67 % | 1 |",
        "| Card 3 3, Base | `base1-3` | $100.00 | $8.00 |",
    ):
        assert line in lines
    assert any("Of the 3 sales flagged in these months 2 stand again." in line for line in lines)
    outliers = [line for line in lines if line.startswith("| plain_sales | Charizard |")]
    assert [line.split(" | ")[3:5] for line in outliers] == [["2018-04-01", "$100.00"]]
    assert not [line for line in lines if "None" in line]


def test_a_bar_in_a_name_does_not_end_its_cell() -> None:
    assert table(["item"], [["AWP | Redline"]]) == "| item |\n|---|\n| AWP \\| Redline |\n"
