"""What the demo does in each world: which catalog, which nights, which day the model is trained."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from stack.errors import StackError

NIGHT = ("dag_ingest_market", "dag_prices_ohlcv", "dag_features_signals")
TRAINING = ("dag_train_models", "dag_features_signals")

# Two years of simulated history; see the simulator for its first day.
SIMULATED_FROM = date(2024, 10, 1)
SIMULATED_TO = date(2026, 9, 30)


class DataMissing(StackError):
    """DATA names a folder without the files the import needs."""

    def __init__(self, folder: Path, missing: list[str]) -> None:
        super().__init__(f"DATA={folder} lacks {', '.join(missing)}; see docs/importing.md")


@dataclass(frozen=True)
class Night:
    """One nightly run of a source: what it ingests and the day its signals speak of."""

    title: str
    source: str
    as_of: date
    conf: Mapping[str, str]


@dataclass(frozen=True)
class Plan:
    """The main job of one world."""

    catalog: Mapping[str, str]
    nights: tuple[Night, ...]
    train_as_of: date | None


def _night(title: str, source: str, as_of: date, **conf: str) -> Night:
    return Night(title, source, as_of, {"source": source, "date": as_of.isoformat(), **conf})


def simulated(repository: Path) -> Plan:
    """Four hundred cards, two years, from the simulated marketplace over HTTP."""
    simulator = repository / "stack" / "simulator"
    return Plan(
        catalog={
            "catalog": str(simulator / "catalog.json"),
            "product_map": str(simulator / "product_map.csv"),
        },
        nights=(
            _night(
                "simulated marketplace",
                "marketplace",
                SIMULATED_TO,
                since=SIMULATED_FROM.isoformat(),
            ),
        ),
        train_as_of=SIMULATED_TO,
    )


# Each source ends on a day of its own; a monthly figure is known at the end of its month.
IMPORTED = (
    ("PSA auction sales", "psa_sales", date(2019, 12, 23), "psa_auction_sales/psa_sales.csv.gz"),
    (
        "daily sales",
        "tcgdex_daily",
        date(2024, 9, 24),
        "tcgdex_daily_sales/daily_sales.csv.gz",
    ),
    (
        "monthly quotes",
        "graded_monthly",
        date(2024, 12, 31),
        "pokemon_graded_monthly/card_market_history.parquet",
    ),
)


def imported(repository: Path, data: Path) -> Plan:
    """Real recorded sales and quotes from a folder. Raises DataMissing."""
    catalog = data / "pokemon_catalog"
    wanted = [catalog, *(data / file for *_, file in IMPORTED)]
    missing = [str(path.relative_to(data)) for path in wanted if not path.exists()]
    if missing:
        raise DataMissing(data, missing)
    return Plan(
        catalog={
            "catalog": str(catalog),
            "product_map": str(repository / "migrations" / "seeds"),
        },
        nights=tuple(
            _night(title, source, as_of, path=str(data / file))
            for title, source, as_of, file in IMPORTED
        ),
        train_as_of=IMPORTED[-1][2],
    )
