"""What the demo does in each world: which catalog, which nights, which day the model is trained."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

from stack.errors import StackError

INGEST = "dag_ingest_market"
AFTER_INGEST = ("dag_prices_ohlcv", "dag_features_signals")
FACTS = ("dag_pop_trends_sentiment",)
HOT_CARDS = "dag_hot_cards"
TRAINING = ("dag_train_models", "dag_features_signals")
REPLAY = ("dag_replay",)
REPLAYED_WEEKS = 26

# Two years of simulated history; see the simulator for its first day.
SIMULATED_FROM = date(2024, 10, 1)
SIMULATED_TO = date(2026, 9, 30)

# The second source is asked for the days on which sources are compared, and no more: it is asked
# product by product, which takes a call for every 25 sales since.
COMPARED_DAYS = 30


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
    ingest: str = INGEST

    @property
    def stage(self) -> str:
        """What the main job calls it."""
        return f"{self.title}, night of {self.as_of}"

    @property
    def chain(self) -> tuple[str, ...]:
        """The DAGs that follow each other."""
        return (self.ingest, *AFTER_INGEST)


@dataclass(frozen=True)
class Plan:
    """The main job of one world."""

    catalog: Mapping[str, str]
    nights: tuple[Night, ...]
    train_as_of: date | None
    facts_as_of: date | None = None
    replay_to: date | None = None
    notes: tuple[str, ...] = ()  # what is left out, and why


def _night(title: str, source: str, as_of: date, *, ingest: str = INGEST, **conf: str) -> Night:
    told = {"source": source, "date": as_of.isoformat(), **conf}
    return Night(title, source, as_of, told, ingest)


def simulated(repository: Path, *, today: date) -> Plan:
    """Four hundred cards, two years, from the simulated marketplace over HTTP; then a month of a
    second source, which the first is compared with, and the facts.

    Facts are of yesterday: what people write is told of the newest days alone.
    """
    simulator = repository / "stack" / "simulator"
    compared_from = SIMULATED_TO - timedelta(days=COMPARED_DAYS - 1)
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
            _night(
                f"simulated TCGplayer, {COMPARED_DAYS} days",
                "tcgplayer",
                SIMULATED_TO,
                ingest="dag_ingest_tcgplayer",
                since=compared_from.isoformat(),
            ),
        ),
        train_as_of=SIMULATED_TO,
        facts_as_of=today - timedelta(days=1),
        replay_to=SIMULATED_TO,
        notes=(
            "Left out: TCGplayer's market prices. They are prices of now, and this night is over;"
            " dag_ingest_tcgplayer_prices asks for them at 01:20 UTC.",
            "Left out too: the sequence forecaster's training, two minutes more."
            " dag_train_forecaster does it monthly.",
        ),
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
        replay_to=IMPORTED[-1][2],
    )
