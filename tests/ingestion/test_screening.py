"""Every reason for which a row is refused, and what is made of the rows that are not."""

from collections.abc import Mapping
from datetime import UTC, date, datetime

import polars as pl
import pytest

from ingestion.adapters.sources.format_files import find_format
from ingestion.domain.format import Format
from ingestion.domain.identities import LISTED, PRODUCTS, Reference
from ingestion.domain.records import TOLD, UTC_US, Window
from ingestion.domain.screening import Screened, screen

WINDOW = Window(date(2024, 1, 1), date(2024, 12, 31))
REFERENCE = Reference(
    cards=pl.Series(["base1-4", "base1-4~1st", "base1-4~reverse", "base1-2"]),
    grades=frozenset({"raw", "raw-pooled", "raw-lightly-played", "psa9", "psa10", "psa9-oc"}),
    products=pl.DataFrame(
        [
            ("slug-1st", "base1-4~1st", None, datetime(1, 1, 1, tzinfo=UTC), None),
            ("slug-ten", "base1-4", "psa10", datetime(1, 1, 1, tzinfo=UTC), None),
            ("slug-new", "base1-2", None, datetime(2024, 6, 1, tzinfo=UTC), None),
        ],
        schema=dict(list(PRODUCTS.items())[:5]),
        orient="row",
    ).with_columns(
        valid_to=pl.lit(datetime(9999, 1, 1, tzinfo=UTC)),
        known_at=pl.lit(datetime(2024, 1, 1, tzinfo=UTC)),
        by_hand=False,
        by_titles=False,
        evidence=pl.lit("seen"),
        said_at=pl.lit(None, UTC_US),
    ),
    listed=pl.DataFrame(
        [
            ("src-4", "base1-4", "base1"),
            ("src-2a", "base1-2", "base1"),
            ("src-2b", "base1-2", "base1"),
            ("src-0", None, "base1"),
            ("half-58", "base1-58", "base1_5"),
        ],
        schema=LISTED,
        orient="row",
    ),
)


def screened(mapping: str | Format, *rows: Mapping[str, str | None]) -> Screened:
    told = [
        {"fetch": 0, "part": "a.csv", "line": i + 2, "raw": str(row), "meta": "{}", **row}
        for i, row in enumerate(rows)
    ]
    found = find_format(mapping) if isinstance(mapping, str) else mapping
    return screen(pl.DataFrame(told, schema=TOLD), found, REFERENCE, WINDOW)


Row = dict[str, str | None]

SALE: Row = {"item": "base1-4", "grade": "psa9", "price": "120.50", "time": "2024-05-01T10:00:00Z"}


@pytest.mark.parametrize(
    ("fault", "reason"),
    [
        ({"item": None}, "item_missing"),
        ({"item": "base9-9"}, "card_unknown"),
        ({"grade": "mint"}, "grade_unknown"),
        ({"grade": None}, "grade_unknown"),
        ({"price": "free"}, "price_unreadable"),
        ({"price": None}, "price_unreadable"),
        ({"price": "0.001"}, "price_unreadable"),
        ({"price": "-5"}, "price_unreadable"),
        ({"price": "1e12"}, "price_unreadable"),
        ({"price": "nan"}, "price_unreadable"),
        ({"currency": "EUR"}, "currency_unsupported"),
        ({"time": "01.05.2024"}, "time_unreadable"),
        ({"time": "2024-05-01T10:00:00"}, "time_unreadable"),
        ({"time": "2024-02-30T10:00:00Z"}, "time_unreadable"),
        ({"time": "2025-01-01T00:00:00Z"}, "time_outside"),
        ({"time": "1889-01-01T00:00:00Z"}, "time_outside"),
        ({"fault": "malformed_row"}, "malformed_row"),
    ],
)
def test_a_faulty_row_is_refused_for_its_reason_and_the_good_one_goes_in(
    fault: dict[str, str | None], reason: str
) -> None:
    result = screened("plain_sales", SALE, SALE | fault)
    assert result.reasons() == {reason: 1}
    assert result.records.height == 1
    assert result.rejects.get_column("line").to_list() == [3]


def test_prices_become_cents_by_one_rounding() -> None:
    rows = [SALE | {"price": price, "id": price} for price in ("1.005", "1.015", "19.9", "$3")]
    result = screened("plain_sales", *rows)
    by_id = dict(result.records.select("source_sale_id", "price_cents").iter_rows())
    assert by_id == {"1.005": 100, "1.015": 102, "19.9": 1990}
    assert result.reasons() == {"price_unreadable": 1}


def test_a_product_is_mapped_from_the_day_its_mapping_holds() -> None:
    sale: Row = {"item": "slug-new", "grade": "9.0", "price": "10", "id": "1"}
    result = screened(
        "psa_sales",
        sale | {"time": "2024-05-31"},
        sale | {"time": "2024-06-01", "id": "2"},
        sale | {"item": "other", "time": "2024-06-01"},
    )
    assert result.records.get_column("source_sale_id").to_list() == ["2"]
    assert result.reasons() == {"item_unmapped": 2}


def test_a_grade_of_the_product_map_beats_what_the_row_says() -> None:
    row: Row = {"item": "slug-ten", "grade": "9.0", "price": "10", "time": "2024-06-01"}
    assert screened("psa_sales", row).records.get_column("grade_code").to_list() == ["psa10"]


def test_numbers_are_grades_of_the_company_and_qualifiers_are_codes_of_their_own() -> None:
    row: Row = {"item": "slug-1st", "price": "10", "time": "2024-06-01"}
    result = screened(
        "psa_sales",
        row | {"grade": "9.0", "id": "1"},
        row | {"grade": "9.0", "qualifier": "(OC)", "id": "2"},
        row | {"grade": "9.0", "qualifier": "scratched", "id": "3"},
        row | {"grade": None, "id": "4"},
    )
    by_id = dict(result.records.select("source_sale_id", "grade_code").iter_rows())
    assert by_id == {"1": "psa9", "2": "psa9-oc"}
    assert result.reasons() == {"grade_unknown": 2}


def test_a_sale_of_which_only_the_day_is_told_is_known_when_the_day_is_over() -> None:
    row: Row = {"item": "slug-1st", "grade": "9.0", "price": "10", "time": "2024-06-01", "id": "1"}
    told = screened("psa_sales", row).records.select("ts", "known_at").row(0)
    assert told == (datetime(2024, 6, 1, tzinfo=UTC), datetime(2024, 6, 2, tzinfo=UTC))


def test_a_sale_with_a_moment_is_known_at_that_moment() -> None:
    told = screened("plain_sales", SALE | {"time": "2024-05-01T12:00:00+02:00"}).records
    moment = datetime(2024, 5, 1, 10, tzinfo=UTC)
    assert told.select("ts", "known_at").row(0) == (moment, moment)


def test_a_monthly_quote_is_known_when_its_month_is_over() -> None:
    row: Row = {
        "item": "src-4",
        "grade": "RAW",
        "price": "10",
        "time": "2024-12-01T00:00:00.000000",
    }
    told = screened("graded_monthly", row).records.select("kind", "ts", "known_at").row(0)
    assert told == (
        "quote",
        datetime(2024, 12, 1, tzinfo=UTC),
        datetime(2025, 1, 1, tzinfo=UTC),
    )


def test_an_id_that_two_items_claim_is_given_to_neither() -> None:
    row: Row = {"grade": "RAW", "price": "10", "time": "2024-05-01"}
    result = screened(
        "graded_monthly",
        *(row | {"item": item} for item in ("src-2a", "src-2b", "src-0", "unlisted", "src-4")),
    )
    assert result.reasons() == {"item_unmapped": 2, "item_ambiguous": 2}
    both = result.rejects.filter(pl.col("reason") == "item_ambiguous").get_column("detail")
    assert set(both) == {"base1-2 is claimed by src-2a and src-2b"}


def test_of_two_sets_that_a_list_gives_to_one_the_set_of_another_name_is_refused() -> None:
    row: Row = {"grade": "RAW", "price": "10", "time": "2024-05-01"}
    result = screened("graded_monthly", row | {"item": "half-58"}, row | {"item": "src-4"})
    assert result.records.get_column("card_id").to_list() == ["base1-4"]
    (detail,) = result.rejects.get_column("detail")
    assert result.reasons() == {"item_ambiguous": 1}
    assert "sets base1 and base1_5 to one set of the catalog, so base1_5 cannot" in detail


BAR: Row = {"item": "base1-4", "variant": "holo", "grade": "good", "price": "5000", "units": "3"}


def test_a_finish_is_another_card_and_a_condition_another_grade() -> None:
    result = screened(
        "tcgdex_daily",
        BAR | {"time": "2024-05-22"},
        BAR | {"time": "2024-05-23"},
        BAR | {"time": "2024-05-23", "variant": "reverse", "grade": "nearmint"},
        BAR | {"time": "2024-05-23", "variant": "glitter"},
    )
    told = result.records.select("card_id", "grade_code", "units").sort(pl.all()).rows()
    assert told == [
        ("base1-4", "raw-lightly-played", 3),
        ("base1-4", "raw-pooled", 3),
        ("base1-4~reverse", "raw", 3),
    ]
    assert result.reasons() == {"variant_unknown": 1}


def test_two_finishes_that_are_one_card_are_both_refused() -> None:
    rows = [BAR | {"time": "2024-05-22", "variant": finish} for finish in ("holo", "normal")]
    assert screened("tcgdex_daily", *rows).reasons() == {"item_ambiguous": 2}


def test_an_average_outside_its_own_range_widens_the_range_and_says_so() -> None:
    row: Row = BAR | {"time": "2024-05-22", "low": "5100", "high": "6000"}
    result = screened("tcgdex_daily", row)
    told = result.records.select("low_cents", "price_cents", "high_cents", "meta").row(0)
    assert told == (5_000, 5_000, 6_000, '{"clamped":true,"product":"base1-4"}')
    assert result.clamped == 1


@pytest.mark.parametrize("units", ["-1", "many", "2.5"])
def test_units_that_are_no_number_are_refused(units: str) -> None:
    result = screened("tcgdex_daily", BAR | {"time": "2024-05-22", "units": units})
    assert result.reasons() == {"units_unreadable": 1}
