"""Reads CSV, JSON, JSONL and parquet, plain or gzipped, as tables of text with line numbers."""

import csv
import gzip
import io
import json
import zlib
from collections.abc import Callable, Sequence

import polars as pl

from ingestion.domain.errors import FileEmpty, FileUnreadable

# Beside a file's own columns, as text with "" as null: where a row stood, what it was, its fault.
PLACE = ("#line", "#raw", "#fault", "#detail")

Rows = Sequence[tuple[int, str, str | None, str | None]]


def read_table(name: str, body: bytes) -> pl.DataFrame:
    """All columns as text, and PLACE. Raises FileUnreadable or FileEmpty, naming the file."""
    plain = name.lower()
    if plain.endswith(".gz"):
        plain = plain.removesuffix(".gz")
        body = _gunzip(name, body)
    read = next((read for end, read in READERS.items() if plain.endswith(end)), None)
    if read is None:
        raise FileUnreadable(name, f"its name ends in none of {', '.join(READERS)} (or those.gz)")
    if not body:
        raise FileEmpty(name)
    table = read(name, body)
    if table.is_empty():
        raise FileEmpty(name)
    return table


def _gunzip(name: str, body: bytes) -> bytes:
    try:
        return gzip.decompress(body)
    except (OSError, EOFError, zlib.error) as error:
        raise FileUnreadable(name, f"it is no whole gzip file ({error})") from error


def _text(name: str, body: bytes) -> str:
    try:
        return body.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise FileUnreadable(name, f"it is not UTF-8 (byte {error.start})") from error


def _csv(name: str, body: bytes) -> pl.DataFrame:
    reader = csv.reader(io.StringIO(_text(name, body), newline=""))
    header: list[str] = []
    good: list[list[str]] = []
    lines: list[int] = []
    bad: list[tuple[int, str, str]] = []
    try:
        header = [cell.strip() for cell in next(reader, [])]
        for row in reader:
            if len(row) == len(header):
                good.append(row)
                lines.append(reader.line_num)
            elif row:
                why = f"{len(row)} cells under {len(header)} columns"
                bad.append((reader.line_num, json.dumps({"cells": row}), why))
    except csv.Error as error:
        raise FileUnreadable(name, f"line {reader.line_num}: {error}") from error
    if len(set(header)) < len(header) or not all(header):
        raise FileUnreadable(name, "its first line has empty or repeated column names")
    cells = list(zip(*good, strict=True)) or [()] * len(header)
    table = pl.DataFrame(
        dict(zip(header, cells, strict=True)), schema=dict.fromkeys(header, pl.String)
    )
    return _placed(table, lines, bad)


def _jsonl(name: str, body: bytes) -> pl.DataFrame:
    good: list[dict[str, str | None]] = []
    lines: list[int] = []
    bad: list[tuple[int, str, str]] = []
    for number, line in enumerate(_text(name, body).splitlines(), start=1):
        if not line.strip():
            continue
        try:
            # Numbers stay as they are written: 19.90 is not 19.9.
            told = json.loads(line, parse_float=str, parse_int=str)
        except ValueError as error:
            bad.append((number, json.dumps({"line": line}), f"no JSON: {error}"))
            continue
        if not isinstance(told, dict):
            bad.append((number, json.dumps({"line": line}), "no JSON object"))
            continue
        good.append({key: _cell(value) for key, value in told.items()})
        lines.append(number)
    if not good and bad:
        raise FileUnreadable(name, f"line {bad[0][0]}: {bad[0][2]}")
    names = list(dict.fromkeys(key for row in good for key in row))
    columns = {key: [row.get(key) for row in good] for key in names}
    return _placed(pl.DataFrame(columns, schema=dict.fromkeys(names, pl.String)), lines, bad)


def _json(name: str, body: bytes) -> pl.DataFrame:
    """A list of objects, or an object with one such list in it, as APIs answer."""
    try:
        told = json.loads(_text(name, body), parse_float=str, parse_int=str)
    except ValueError as error:
        raise FileUnreadable(name, f"it is no JSON ({error})") from error
    lists = [told] if isinstance(told, list) else []
    if isinstance(told, dict):
        # Empty ones beside it, of errors say, are none of rows.
        lists = [value for value in told.values() if isinstance(value, list) and value]
    if isinstance(told, dict) and not lists:
        raise FileEmpty(name)
    if len(lists) != 1 or not all(isinstance(row, dict) for row in lists[0]):
        raise FileUnreadable(name, "it holds no single list of JSON objects")
    rows = [{key: _cell(value) for key, value in row.items()} for row in lists[0]]
    names = list(dict.fromkeys(key for row in rows for key in row))
    columns = {key: [row.get(key) for row in rows] for key in names}
    table = pl.DataFrame(columns, schema=dict.fromkeys(names, pl.String))
    return _placed(table, list(range(1, len(rows) + 1)), [])


def _cell(value: object) -> str | None:
    if value is None or isinstance(value, str):
        return value
    return json.dumps(value)


def _parquet(name: str, body: bytes) -> pl.DataFrame:
    try:
        table = pl.read_parquet(io.BytesIO(body))
    except (pl.exceptions.PolarsError, OSError) as error:
        raise FileUnreadable(name, f"it is no parquet file ({error})") from error
    texts = [_as_text(column, kind) for column, kind in table.schema.items()]
    return _placed(table.select(texts), list(range(1, table.height + 1)), [])


def _as_text(column: str, kind: pl.DataType) -> pl.Expr:
    if isinstance(kind, pl.Datetime):
        moment = pl.col(column)
        if kind.time_zone is not None:
            moment = moment.dt.convert_time_zone("UTC")
        end = "" if kind.time_zone is None else "Z"
        return moment.dt.to_string("%Y-%m-%dT%H:%M:%S%.6f" + end)
    if kind.is_nested():
        return pl.struct(column).struct.json_encode().alias(column)
    return pl.col(column).cast(pl.String)


def _placed(
    table: pl.DataFrame, lines: list[int], bad: Sequence[tuple[int, str, str]]
) -> pl.DataFrame:
    """Blanks become null; rows that could not be read are added with their fault."""
    blank = pl.col(pl.String).str.strip_chars()
    table = table.with_columns(pl.when(blank != "").then(blank).name.keep())
    raw = pl.struct(pl.all()).struct.json_encode() if table.width else pl.lit("{}")
    table = table.with_columns(
        raw.alias("#raw"),
        pl.Series("#line", lines, dtype=pl.Int64),
        pl.lit(None, pl.String).alias("#fault"),
        pl.lit(None, pl.String).alias("#detail"),
    )
    if not bad:
        return table
    faults = pl.DataFrame(
        [(line, raw_row, "malformed_row", why) for line, raw_row, why in bad],
        schema={"#line": pl.Int64, "#raw": pl.String, "#fault": pl.String, "#detail": pl.String},
        orient="row",
    )
    return pl.concat([table, faults], how="diagonal").sort("#line")


READERS: dict[str, Callable[[str, bytes], pl.DataFrame]] = {
    ".csv": _csv,
    ".json": _json,
    ".jsonl": _jsonl,
    ".ndjson": _jsonl,
    ".parquet": _parquet,
}
