"""The source `files`: a file, or a folder of them, read through a column mapping."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import polars as pl

from ingestion.adapters.sources.tables_in_files import READERS, read_table
from ingestion.domain.errors import ColumnMissing, FileUnreadable, WrongWindow
from ingestion.domain.format import Format, ItemMap
from ingestion.domain.identities import LISTED
from ingestion.domain.records import TOLD, Gathered, RawPart, Receipt, Window
from ingestion.ports.sources import Told

DATA, MAP = "data", "map"


@dataclass(frozen=True)
class FileSource:
    """Prices in files. Everything is read and checked before anything is handed on."""

    mapping: Format
    may_be_empty: bool = False

    def subjects(self, window: Window) -> Sequence[str]:
        """None: files are read as a whole."""
        return ()

    def collect(
        self, window: Window, subjects: Sequence[str], *, path: Path | None, item_map: Path | None
    ) -> Iterator[Gathered]:
        """The files at `path` as they are, in one piece.

        Raises FileUnreadable, FileEmpty, ColumnMissing.
        """
        yield Gathered(self.receipt(window, path=path, item_map=item_map))

    def receipt(self, window: Window, *, path: Path | None, item_map: Path | None) -> Receipt:
        """The files at `path`. Raises as `collect`."""
        if path is None:
            raise WrongWindow(f"{self.mapping.source} reads files: say where with --path")
        listed = self._map_beside(path, item_map)
        parts = [RawPart(file.name, DATA, _bytes(file)) for file in _data_files(path, listed)]
        if listed is not None:
            parts.append(RawPart(listed.name, MAP, _bytes(listed)))
        receipt = Receipt(self.mapping.source, window, parts)
        self.read(receipt)
        return receipt

    def read(self, receipt: Receipt) -> Told:
        """Rows as told, and the list that joins items to catalog ids where there is one."""
        tables = [
            _told(part.name, read_table(part.name, part.body), self.mapping, receipt.window)
            for part in receipt.parts
            if part.role == DATA
        ]
        listed = pl.DataFrame(schema=LISTED)
        for part in receipt.parts:
            if part.role == MAP and self.mapping.item_map is not None:
                listed = _listed(part, self.mapping.item_map)
        return Told(rows=pl.concat(tables), listed=listed)

    def _map_beside(self, path: Path, given: Path | None) -> Path | None:
        wanted = self.mapping.item_map
        if wanted is None:
            return None
        folder = path if path.is_dir() else path.parent
        found = given or folder / wanted.file
        if not found.is_file():
            raise FileUnreadable(str(found), "it lists the catalog ids; give it with --map")
        return found


def _bytes(file: Path) -> bytes:
    try:
        return file.read_bytes()
    except OSError as error:
        raise FileUnreadable(str(file), error.strerror or str(error)) from error


def _data_files(path: Path, listed: Path | None) -> Sequence[Path]:
    if not path.is_dir():
        return [path]
    ends = tuple(end + gz for end in READERS for gz in ("", ".gz"))
    found = [
        file
        for file in sorted(path.iterdir())
        if file.is_file() and file.name.lower().endswith(ends)
    ]
    data = [file for file in found if listed is None or not file.samefile(listed)]
    if not data:
        raise FileUnreadable(str(path), f"the folder holds no file ending in {', '.join(ends)}")
    return data


def _told(name: str, table: pl.DataFrame, mapping: Format, window: Window) -> pl.DataFrame:
    present = [column for column in table.columns if not column.startswith("#")]
    missing = [column for column in mapping.needed_columns() if column not in present]
    if missing:
        raise ColumnMissing(name, missing, present)
    if mapping.unpivot:
        table = _unpivoted(table, mapping)
    if mapping.split is not None:
        table = table.with_columns(_split(mapping))
    if mapping.rows_without_price == "none":
        priced = pl.col(mapping.columns.price).is_not_null()
        table = table.filter(priced | pl.col("#fault").is_not_null())
    named = mapping.columns.model_dump()
    meaning = [
        pl.col(named[column]).alias(column)
        if named.get(column) is not None
        else pl.lit(None, pl.String).alias(column)
        for column in TOLD
        if column not in ("item", "time", "fetch", "part", "line", "raw", "fault", "detail", "meta")
    ]
    # A file without a time of its own speaks of the day the run is for.
    told_at = mapping.columns.time
    time = pl.lit(str(window.last)) if told_at is None else pl.col(told_at)
    meta = pl.struct(mapping.keep).struct.json_encode() if mapping.keep else pl.lit("{}")
    return table.select(
        pl.lit(None).alias("fetch"),
        pl.lit(name).alias("part"),
        pl.col("#line").alias("line"),
        pl.col("#raw").alias("raw"),
        pl.col("#fault").alias("fault"),
        pl.col("#detail").alias("detail"),
        *meaning,
        _item(mapping).alias("item"),
        time.alias("time"),
        meta.alias("meta"),
    ).select(pl.col(column).cast(kind) for column, kind in TOLD.items())


def _unpivoted(table: pl.DataFrame, mapping: Format) -> pl.DataFrame:
    price, variant = mapping.columns.price, mapping.columns.variant
    rest = [name for name in table.columns if name not in mapping.unpivot]
    long = table.unpivot(list(mapping.unpivot), index=rest, variable_name=variant, value_name=price)
    return long.with_columns(pl.col(str(variant)).replace_strict(mapping.unpivot))


def _item(mapping: Format) -> pl.Expr:
    item = pl.col(mapping.columns.item)
    if mapping.item_with is None:
        return item
    return pl.concat_str(item, pl.col(mapping.item_with.column), separator=mapping.item_with.by)


def _split(mapping: Format) -> list[pl.Expr]:
    assert mapping.split is not None  # noqa: S101 (the caller has looked)
    halves = pl.col(mapping.split.column).str.splitn(mapping.split.by, 2)
    return [
        halves.struct.field(f"field_{at}").alias(name) for at, name in enumerate(mapping.split.into)
    ]


def _listed(part: RawPart, wanted: ItemMap) -> pl.DataFrame:
    table = read_table(part.name, part.body)
    missing = [name for name in (wanted.item, wanted.card) if name not in table.columns]
    if missing:
        raise ColumnMissing(part.name, missing, table.columns)
    rows = table.filter(pl.col("#fault").is_null())
    set_in_item = (
        pl.col(wanted.item).str.extract(wanted.set_in_item)
        if wanted.set_in_item
        else pl.lit(None, pl.String)
    )
    told = rows.select(item=wanted.item, card=wanted.card, item_set=set_in_item)
    return told.drop_nulls("item")
