"""Which recorded files are imported, in which format, as of which day."""

from dataclasses import dataclass
from datetime import date
from pathlib import Path

from stack.demo.plans import IMPORTED
from stack.errors import StackError


class DataIncomplete(StackError):
    """The folder lacks recorded files."""

    def __init__(self, folder: Path, missing: list[str]) -> None:
        super().__init__(f"{folder} lacks {', '.join(missing)}; see docs/importing.md")


@dataclass(frozen=True)
class Recorded:
    """One file: its format by name, the last day it speaks of, its place in the data folder."""

    title: str
    format: str
    last_day: date
    file: str
    creates_items: bool = False


CATALOG = "pokemon_catalog"
RECORDED = (
    *(Recorded(title, name, day, file) for title, name, day, file in IMPORTED),
    Recorded(
        "catalog snapshots",
        "pokemontcgio_snapshots",
        date(2025, 3, 1),
        "pokemontcgio_snapshots_2025/pkmn_cards_feb_mar_2025.csv.gz",
    ),
    Recorded(
        "StockX sneaker sales",
        "stockx",
        date(2019, 2, 13),
        "stockx_2019/stockx_sales.csv.gz",
        creates_items=True,
    ),
    Recorded(
        "Steam skins, daily",
        "steam",
        date(2023, 12, 31),
        "steam_cs_daily/steam_cs_daily.parquet",
        creates_items=True,
    ),
)


def all_there(data: Path) -> None:
    """Raises DataIncomplete, naming every missing file."""
    wanted = [data / CATALOG, *(data / source.file for source in RECORDED)]
    missing = [str(path.relative_to(data)) for path in wanted if not path.exists()]
    if missing:
        raise DataIncomplete(data, missing)
