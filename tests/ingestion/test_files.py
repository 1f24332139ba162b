"""Files as they come: kinds, faults that stop a whole file, and rows that stop alone."""

import gzip
from datetime import UTC, date, datetime
from pathlib import Path

import polars as pl
import pytest

from ingestion.adapters.sources.files import FileSource
from ingestion.adapters.sources.format_files import find_format, parse_format, shipped_names
from ingestion.domain.errors import (
    ColumnMissing,
    FileEmpty,
    FileUnreadable,
    FormatRejected,
    SourceUnknown,
    WrongWindow,
)
from ingestion.domain.records import Window

WINDOW = Window(date(2024, 5, 1), date(2024, 5, 1))
HEADER = "card_id,grade,price,sold_at,sale_id\n"
LINE = "base1-4,psa9,19.90,2024-05-01T10:00:00Z,s1\n"


def told(path: Path, mapping: str = "plain_sales") -> pl.DataFrame:
    source = FileSource(find_format(mapping))
    return source.read(source.receipt(WINDOW, path=path, item_map=None)).rows


def write(path: Path, body: str | bytes) -> Path:
    path.write_bytes(body.encode() if isinstance(body, str) else body)
    return path


def test_csv_jsonl_and_parquet_tell_the_same(tmp_path: Path) -> None:
    jsonl = (
        '{"card_id":"base1-4","grade":"psa9","price":19.90,'
        '"sold_at":"2024-05-01T10:00:00Z","sale_id":"s1"}\n'
    )
    table = pl.read_csv(HEADER.encode() + LINE.encode()).with_columns(
        sold_at=pl.lit(datetime(2024, 5, 1, 10, tzinfo=UTC))
    )
    table.write_parquet(tmp_path / "c.parquet")
    files = [
        write(tmp_path / "a.csv", "\ufeff" + HEADER + LINE),
        write(tmp_path / "a.csv.gz", gzip.compress((HEADER + LINE).encode())),
        write(tmp_path / "b.jsonl", jsonl),
        tmp_path / "c.parquet",
    ]
    said = [told(file).select("item", "grade", "id").row(0) for file in files]
    assert set(said) == {("base1-4", "psa9", "s1")}
    prices = [float(told(file).get_column("price")[0]) for file in files]
    assert prices == [19.9] * 4


def test_a_number_of_jsonl_keeps_its_digits(tmp_path: Path) -> None:
    line = '{"card_id":"a","grade":"g","price":1.10,"sold_at":"t","sale_id":123456789012345678}'
    row = told(write(tmp_path / "a.jsonl", line)).row(0, named=True)
    assert (row["price"], row["id"]) == ("1.10", "123456789012345678")


def test_a_ragged_line_is_a_row_of_its_own_with_its_line(tmp_path: Path) -> None:
    rows = told(write(tmp_path / "a.csv", HEADER + LINE + "base1-4,psa9\n" + LINE))
    faults = rows.filter(pl.col("fault").is_not_null()).select("line", "fault", "detail", "raw")
    assert faults.rows() == [
        (3, "malformed_row", "2 cells under 5 columns", '{"cells": ["base1-4", "psa9"]}')
    ]
    assert rows.get_column("line").to_list() == [2, 3, 4]


def test_a_broken_line_of_jsonl_is_a_row_of_its_own(tmp_path: Path) -> None:
    good = '{"card_id":"a","grade":"g","price":1,"sold_at":"t","sale_id":"1"}'
    rows = told(write(tmp_path / "a.jsonl", f"{good}\n{{broken\n[1]\n\n{good}\n"))
    assert rows.get_column("fault").to_list() == [None, "malformed_row", "malformed_row", None]


def test_a_quoted_line_break_does_not_shift_later_lines(tmp_path: Path) -> None:
    body = HEADER + 'base1-4,"psa\n9",1,t,s1\n' + LINE
    assert told(write(tmp_path / "a.csv", body)).get_column("line").to_list() == [3, 4]


def test_a_folder_is_read_file_by_file_in_order(tmp_path: Path) -> None:
    write(tmp_path / "b.csv", HEADER + LINE)
    write(tmp_path / "a.csv", HEADER + LINE + LINE)
    write(tmp_path / "notes.txt", "nothing")
    assert told(tmp_path).get_column("part").to_list() == ["a.csv", "a.csv", "b.csv"]


@pytest.mark.parametrize(
    ("name", "body", "says"),
    [
        ("a.csv", b"", "a.csv has no rows"),
        ("a.csv", HEADER.encode(), "a.csv has no rows"),
        ("a.jsonl", b"\n\n", "a.jsonl has no rows"),
    ],
)
def test_an_empty_file_is_named(tmp_path: Path, name: str, body: bytes, says: str) -> None:
    with pytest.raises(FileEmpty, match=says):
        told(write(tmp_path / name, body))


@pytest.mark.parametrize(
    ("name", "body", "says"),
    [
        ("a.csv", b"card_id,grade\n\xff\xfe,x\n", "not UTF-8"),
        ("a.csv", HEADER.replace("grade", "price").encode() + LINE.encode(), "repeated column"),
        ("a.csv.gz", b"plain text", "no whole gzip file"),
        ("a.csv.gz", gzip.compress(b"card_id\n" * 999, mtime=0)[:-20], "no whole gzip file"),
        ("a.parquet", b"PAR1 not really", "no parquet file"),
        ("a.jsonl", b"<html>", "no JSON"),
        ("a.xlsx", b"PK", "ends in none of"),
    ],
)
def test_an_unreadable_file_is_named_with_the_reason(
    tmp_path: Path, name: str, body: bytes, says: str
) -> None:
    with pytest.raises(FileUnreadable, match=says) as caught:
        told(write(tmp_path / name, body))
    assert name in str(caught.value)


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(FileUnreadable, match="No such file"):
        told(tmp_path / "gone.csv")


def test_a_missing_column_is_named_beside_those_that_are_there(tmp_path: Path) -> None:
    with pytest.raises(ColumnMissing, match="has no column sold_at; it has card_id, grade, price,"):
        told(write(tmp_path / "a.csv", "card_id,grade,price,sale_id\nbase1-4,psa9,1,s1\n"))


def test_a_file_source_without_a_path_says_so() -> None:
    with pytest.raises(WrongWindow, match="say where with --path"):
        FileSource(find_format("plain_sales")).receipt(WINDOW, path=None, item_map=None)


def test_a_list_of_ids_is_found_beside_the_file_or_given(tmp_path: Path) -> None:
    data = write(tmp_path / "a.csv", "card_id,grade_id,market_price,month\nx,RAW,1,2024-05-01\n")
    source = FileSource(find_format("graded_monthly"))
    with pytest.raises(FileUnreadable, match="give it with --map"):
        source.receipt(WINDOW, path=data, item_map=None)
    beside = write(tmp_path / "card_id_map.csv", "card_id,pokemontcg_id\nx,base1-4\n")
    for item_map in (None, beside):
        receipt = source.receipt(WINDOW, path=data, item_map=item_map)
        assert source.read(receipt).listed.rows() == [("x", "base1-4", None)]


def test_every_shipped_format_can_be_read() -> None:
    assert [find_format(name).source for name in shipped_names()] == shipped_names()


def test_a_user_s_own_mapping_is_read_by_its_path(tmp_path: Path) -> None:
    text = (
        "source: my_shop\nkind: trade\nitem_is: card_id\ntime_is: moment\nzone: UTC\ngrade: raw\n"
        "price_in: cents\ncolumns: {item: Card, price: Cents, time: When}\n"
    )
    mapping = find_format(str(write(tmp_path / "mine.yaml", text)))
    assert (mapping.source, mapping.price_in, mapping.grade) == ("my_shop", "cents", "raw")


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ("kind: gossip", "kind: Input should be 'trade', 'quote' or 'bar'"),
        ("colums: {}", "colums: Extra inputs are not permitted"),
        ("item_is: listed", "item_is: listed goes together with item_map"),
        ("known: column", "known: column goes together with columns.known"),
        ("grade: raw", "not both"),
        ("source: My Shop", "source: String should match pattern"),
        (": [", "it is no YAML"),
    ],
)
def test_a_wrong_mapping_says_what_is_wrong(change: str, says: str) -> None:
    plain = "source: s\nkind: trade\nitem_is: card_id\n"
    columns = "columns: {item: a, price: b, time: c, grade: d}\n"
    kept = "".join(
        f"{line}\n" for line in plain.splitlines() if line.split(":")[0] != change.split(":")[0]
    )
    with pytest.raises(FormatRejected) as caught:
        parse_format("mine.yaml", kept + columns + change + "\n")
    assert says in str(caught.value)
    assert "mine.yaml" in str(caught.value)


def test_a_mapping_may_not_take_a_shipped_name(tmp_path: Path) -> None:
    text = "source: psa_sales\nkind: trade\nitem_is: card_id\ngrade: raw\n"
    columns = "columns: {item: a, price: b, time: c}\n"
    with pytest.raises(FormatRejected, match="taken by a shipped source"):
        find_format(str(write(tmp_path / "mine.yaml", text + columns)))


def test_an_unknown_source_lists_the_known_ones() -> None:
    with pytest.raises(SourceUnknown, match="graded_monthly, marketplace, plain_items, plain_s"):
        find_format("ebuy")


def test_price_columns_of_one_row_become_a_row_each(tmp_path: Path) -> None:
    header = (
        "ID,TCG Price Date,TCG Market Price USD (Normal),TCG Market Price USD (Holofoil),"
        "TCG Market Price USD (Reverse Holofoil)\n"
    )
    body = header + "swsh4-43,2024/05/01,0.25,,1.10\nswsh4-44,2024/05/01,,,\n"
    rows = told(write(tmp_path / "a.csv", body), "pokemontcgio_snapshots")
    said = rows.select("item", "variant", "price", "time").sort("price").rows()
    assert said == [
        ("swsh4-43", "normal", "0.25", "2024/05/01"),
        ("swsh4-43", "reverse", "1.10", "2024/05/01"),
    ]
