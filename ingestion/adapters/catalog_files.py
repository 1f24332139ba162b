"""Reads catalog and product map files: pokemontcg-data JSON, and the CSV with its set file."""

import json
import re
from collections.abc import Iterable, Mapping
from datetime import date
from pathlib import Path
from typing import Any

import polars as pl
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from ingestion.adapters.sources.tables_in_files import read_table
from ingestion.domain.catalog import Card, CardSet, Variant, finish_of
from ingestion.domain.errors import CatalogRejected, ColumnMissing, FileUnreadable
from kernel.ids import CardId, is_card_id

CARD_FILE = re.compile(r".*\.(json|csv|csv\.gz)$")
SET_COLUMNS = ("id", "set_id", "number", "name")
PRODUCT_COLUMNS = (
    "source",
    "product",
    "card_id",
    "grade_code",
    "valid_from",
    "confidence",
    "evidence",
    "actor",
)
VARIANT_COLUMNS = ("catalog_id", "variant", "edition", "finish", "evidence")


class SetRow(BaseModel):
    """A set as pokemontcg-data has it; other keys are ignored."""

    model_config = ConfigDict(frozen=True)

    id: str
    name: str
    series: str | None = None
    printed_total: int | None = Field(None, alias="printedTotal")
    total: int | None = None
    code: str | None = Field(None, alias="ptcgoCode")
    # The source writes --- where it knows no date.
    release_date: str | None = Field(None, alias="releaseDate", pattern=r"^(\d{4}/\d\d/\d\d|---)$")


class CardRow(BaseModel):
    """A card as pokemontcg-data has it; other keys are ignored."""

    model_config = ConfigDict(frozen=True)

    id: str
    name: str
    number: str
    supertype: str | None = None
    subtypes: list[str] = []
    rarity: str | None = None
    artist: str | None = None
    images: Mapping[str, str] = {}
    card_set: SetRow | None = Field(None, alias="set")
    set_id: str | None = None


class CatalogFiles:
    """Catalog and product map as files."""

    def catalog(self, path: Path) -> tuple[list[CardSet], list[Card]]:
        """Sets and cards of a file, or of every card file of a folder.

        A richer file (JSON, with images) wins over the CSV for the same card.
        """
        files = _files(path)
        rows: dict[str, CardRow] = {}
        sets: dict[str, SetRow] = {}
        for file in sorted(files, key=lambda file: (file.suffix == ".json", file.name)):
            found_sets, found_cards = _read(file)
            sets.update({row.id: row for row in found_sets})
            rows.update({row.id: row for row in found_cards})
        if path.is_file() and not all(_set_of(row, sets) for row in rows.values()):
            sets = {row.id: row for file in _set_files(path) for row in _read(file)[0]} | sets
        sets |= {row.card_set.id: row.card_set for row in rows.values() if row.card_set}
        made = {row.id: _card_set(row) for row in sets.values()}
        if not rows and not made:
            raise CatalogRejected(str(path), "it holds neither cards nor sets")
        return list(made.values()), [_card(row, sets, made) for row in rows.values()]

    def product_map(self, path: Path) -> tuple[list[Variant], pl.DataFrame]:
        """Variants and products of a CSV, or of every CSV of a folder, told apart by columns."""
        variants: list[Variant] = []
        products = [pl.DataFrame(schema=dict.fromkeys(PRODUCT_COLUMNS, pl.String))]
        files = sorted(path.glob("*.csv")) if path.is_dir() else [path]
        for file in files:
            table = read_table(file.name, _bytes(file))
            _no_faults(file, table)
            if set(VARIANT_COLUMNS) <= set(table.columns):
                rows = table.select(VARIANT_COLUMNS).iter_rows()
                variants.extend(Variant(*row) for row in rows)
            elif set(PRODUCT_COLUMNS) <= set(table.columns):
                products.append(_products(file, table.select(PRODUCT_COLUMNS)))
            else:
                present = [name for name in table.columns if not name.startswith("#")]
                raise ColumnMissing(file.name, PRODUCT_COLUMNS, present)
        return variants, pl.concat(products)


def _bytes(file: Path) -> bytes:
    try:
        return file.read_bytes()
    except OSError as error:
        raise FileUnreadable(str(file), error.strerror or str(error)) from error


def _files(path: Path) -> list[Path]:
    if not path.is_dir():
        return [path]
    found = [file for file in sorted(path.iterdir()) if CARD_FILE.match(file.name)]
    if not found:
        raise FileUnreadable(str(path), "the folder holds no .json, .csv or .csv.gz")
    return found


def _set_files(path: Path) -> Iterable[Path]:
    """Files beside a card file that name the sets."""
    return sorted(path.parent.glob("sets*.json"))


def _read(file: Path) -> tuple[list[SetRow], list[CardRow]]:
    if file.suffix == ".json":
        try:
            told = json.loads(_bytes(file))
        except ValueError as error:
            raise FileUnreadable(str(file), f"it is no JSON ({error})") from error
        if not isinstance(told, list):
            raise CatalogRejected(str(file), "it is no JSON list of cards or sets")
    else:
        told = _csv_rows(file)
    return _rows_of(str(file), told)


def _rows_of(name: str, told: list[Any]) -> tuple[list[SetRow], list[CardRow]]:
    cards = [row for row in told if isinstance(row, dict) and "number" in row]
    sets = [row for row in told if isinstance(row, dict) and "number" not in row]
    try:
        return (
            [SetRow.model_validate(row) for row in sets],
            [CardRow.model_validate(row) for row in cards],
        )
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(step) for step in first["loc"])
        raise CatalogRejected(name, f"{where}: {first['msg']}: {first['input']!r}") from error


def catalog_of(name: str, told: list[Any]) -> tuple[list[CardSet], list[Card]]:
    """Sets and cards of one list of JSON objects, as pokemontcg-data has them.

    Raises CatalogRejected, naming `name`.
    """
    set_rows, card_rows = _rows_of(name, told)
    sets = {row.id: row for row in set_rows}
    sets |= {row.card_set.id: row.card_set for row in card_rows if row.card_set}
    made = {row.id: _card_set(row) for row in sets.values()}
    return list(made.values()), [_card(row, sets, made) for row in card_rows]


def _csv_rows(file: Path) -> list[dict[str, Any]]:
    table = read_table(file.name, _bytes(file))
    _no_faults(file, table)
    missing = [name for name in SET_COLUMNS if name not in table.columns]
    if missing:
        raise ColumnMissing(file.name, missing, table.columns)
    rows = table.select(name for name in table.columns if not name.startswith("#"))
    return [
        {**row, "subtypes": (row.get("subtypes") or "").split("|") if row.get("subtypes") else []}
        for row in rows.iter_rows(named=True)
    ]


def _no_faults(file: Path, table: pl.DataFrame) -> None:
    faults = table.filter(pl.col("#fault").is_not_null())
    if not faults.is_empty():
        line, why = faults.select("#line", "#detail").row(0)
        raise CatalogRejected(file.name, f"line {line}: {why}")


def _set_of(row: CardRow, sets: Mapping[str, SetRow]) -> SetRow | None:
    """The set a card names; a card that names none has it before the last dash of its id."""
    if row.card_set is not None:
        return row.card_set
    return sets.get(row.set_id or row.id.rpartition("-")[0])


def _card_set(row: SetRow) -> CardSet:
    day = row.release_date
    return CardSet(
        set_id=row.id,
        name=row.name,
        series=row.series,
        release_date=date.fromisoformat(day.replace("/", "-"))
        if day not in (None, "---")
        else None,
        printed_total=row.printed_total,
        total=row.total,
        code=row.code,
    )


def _card(row: CardRow, sets: Mapping[str, SetRow], made: Mapping[str, CardSet]) -> Card:
    found = _set_of(row, sets)
    if found is None:
        raise CatalogRejected(
            row.id, "no set file names its set; put sets_en.json beside the cards"
        )
    if not is_card_id(row.id) or "~" in row.id:
        raise CatalogRejected(row.id, "a catalog id has letters, digits, dot and dash only")
    return Card(
        card_id=CardId(row.id),
        card_set=made[found.id],
        name=row.name,
        number=row.number,
        finish=finish_of(row.id, found.id, row.number),
        rarity=row.rarity,
        supertype=row.supertype,
        subtypes=tuple(row.subtypes),
        artist=row.artist,
        image_small=row.images.get("small"),
        image_large=row.images.get("large"),
    )


def _products(file: Path, table: pl.DataFrame) -> pl.DataFrame:
    needed = ["source", "product", "card_id", "confidence", "evidence", "actor"]
    holes = table.filter(pl.any_horizontal(pl.col(needed).is_null()))
    if not holes.is_empty():
        raise CatalogRejected(file.name, f"{holes.row(0)} leaves one of {', '.join(needed)} empty")
    twice = table.filter(table.select("source", "product", "valid_from").is_duplicated())
    if not twice.is_empty():
        raise CatalogRejected(file.name, f"product {twice.row(0)[1]} is named twice")
    share = pl.col("confidence").cast(pl.Float64, strict=False)
    unfit = table.filter(~share.is_between(0, 1).fill_null(False))
    if not unfit.is_empty():
        raise CatalogRejected(file.name, f"confidence {unfit.row(0)[5]} is not between 0 and 1")
    return table
