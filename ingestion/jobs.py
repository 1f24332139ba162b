"""The batch entry points: `python -m ingestion job <name>`, each one use case."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path

import click
import polars as pl
import structlog

from ingestion.domain.backfill import BackfillRequest, Mode, instruments_in
from ingestion.domain.divergence import DivergenceRule
from ingestion.domain.errors import WrongWindow
from ingestion.domain.facts import Fact
from ingestion.domain.remapping import Remap
from ingestion.ports.announcing import CloseTopic, SeriesCache
from ingestion.ports.by_hand import Turn
from ingestion.ports.catalog import ReferenceFiles
from ingestion.ports.quality import Yardstick
from ingestion.ports.sources import Source
from ingestion.ports.unit import Unit, Units
from ingestion.ports.upkeep import Sweeper
from ingestion.usecases.announce_closes import announce_closes
from ingestion.usecases.archive import archive_months
from ingestion.usecases.backfill import plan_backfill, run_backfill
from ingestion.usecases.build_bars import build_bars
from ingestion.usecases.by_hand import judge_by_hand, revise_trade
from ingestion.usecases.check_divergences import check_divergences
from ingestion.usecases.create_items import create_items as make_items
from ingestion.usecases.ensure_partitions import MONTHS_AHEAD, ensure_partitions, make_room
from ingestion.usecases.fetch import fetch, window_of
from ingestion.usecases.fetch_facts import Plan, fetch_facts
from ingestion.usecases.guard import guard, guard_facts
from ingestion.usecases.judge_outliers import judge_outliers
from ingestion.usecases.load_catalog import load_catalog
from ingestion.usecases.load_product_map import load_product_map
from ingestion.usecases.load_trades import load_trades
from ingestion.usecases.publish_curated import publish_curated
from ingestion.usecases.refresh_catalog import CatalogApi, refresh_catalog
from ingestion.usecases.refresh_hot import OfProducts, refresh_hot
from ingestion.usecases.remap import remap
from ingestion.usecases.sweep import sweep
from ingestion.usecases.validate import validate
from kernel.cli import Moment, Summary, UtcDay, finish
from kernel.days import start_of
from kernel.ids import CardId, GradeCode, Instrument

Work = Callable[[Unit], Summary]

log = structlog.get_logger()


@dataclass(frozen=True)
class Doors:
    """What the composition root gives the jobs; each is opened by the job that needs it."""

    unit: Units
    source: Callable[[str], Source]
    files: ReferenceFiles
    series: Callable[[], SeriesCache]
    yardstick: Callable[[], Yardstick]
    register: Callable[[], Summary]
    sweeper: Callable[[], Sweeper]
    of_products: OfProducts
    keep_months: Callable[[], int]
    divergence: Callable[[], DivergenceRule]
    closes: Callable[[], CloseTopic | None]
    facts: Callable[[str], Sequence[Plan]]
    catalog: Callable[[], CatalogApi]

    def within_unit(self, work: Work) -> Summary:
        """Do the work in one transaction, committed when it ends well."""
        with self.unit() as unit:
            return work(unit)

    def check(self, source: str, day: date, records: pl.DataFrame) -> Summary:
        """Hold records against the contracts of their tables. Raises SuiteFailed."""
        return guard(self.yardstick(), source, day, records, now=datetime.now(UTC))

    def check_facts(self, table: Fact, source: str, day: date, rows: pl.DataFrame) -> Summary:
        """Hold facts against the contract of their table. Raises SuiteFailed."""
        return guard_facts(self.yardstick(), table, source, day, rows)


SOURCE = click.option(
    "--source", required=True, help="marketplace, a shipped format, or a mapping file (.yaml)"
)
DATE = click.option("--date", "day", type=UtcDay(), required=True, help="UTC day of the run")
FROM = click.option("--from", "path", type=click.Path(path_type=Path), required=True)


@click.group(help="Batch jobs of ingestion.")
def jobs() -> None:
    """Each job ends with one line of JSON on stdout and the exit code of its outcome."""


@jobs.command("load_catalog", help="Sets and cards from a file or folder.")
@FROM
@click.pass_obj
def load_catalog_job(doors: Doors, path: Path) -> None:
    def work() -> Summary:
        sets, cards = doors.files.catalog(path)
        return doors.within_unit(lambda unit: load_catalog(unit, sets, cards))

    finish("load_catalog", work)


@jobs.command("refresh_catalog", help="Sets and cards that changed, from the catalog's API.")
@DATE
@click.option("--whole", is_flag=True, help="ask for all cards, whatever was read before")
@click.pass_obj
def refresh_catalog_job(doors: Doors, day: date, whole: bool) -> None:
    def work() -> Summary:
        now = datetime.now(UTC)
        return refresh_catalog(doors.unit, doors.catalog(), day, whole=whole, now=now)

    finish("refresh_catalog", work)


@jobs.command("fetch_facts", help="What is known beside prices: raw/ and its table.")
@click.option(
    "--fact", type=click.Choice(["population", "search_trends", "sentiment"]), required=True
)
@DATE
@click.pass_obj
def fetch_facts_job(doors: Doors, fact: str, day: date) -> None:
    def work() -> Summary:
        now = datetime.now(UTC)
        told = fetch_facts(doors.unit, doors.facts(fact), day, now=now, check=doors.check_facts)
        return {"fact": fact, **told}

    finish("fetch_facts", work)


@jobs.command("load_product_map", help="Card variants and product map from a CSV or folder.")
@FROM
@click.pass_obj
def load_product_map_job(doors: Doors, path: Path) -> None:
    def work() -> Summary:
        variants, products = doors.files.product_map(path)
        return doors.within_unit(lambda unit: load_product_map(unit, variants, products))

    finish("load_product_map", work)


@jobs.command("fetch", help="What a source has for a window of days, as received, to raw/.")
@SOURCE
@DATE
@click.option(
    "--since",
    type=UtcDay(),
    default=None,
    help="first UTC day; default: three days before the last day loaded, at first the day",
)
@click.option("--path", type=click.Path(path_type=Path), default=None, help="file or folder")
@click.option("--map", "item_map", type=click.Path(path_type=Path), default=None, help="id list")
@click.pass_obj
def fetch_job(
    doors: Doors,
    source: str,
    day: date,
    since: date | None,
    path: Path | None,
    item_map: Path | None,
) -> None:
    def work() -> Summary:
        found = doors.source(source)
        # Asking a slow source takes minutes, and a transaction must not idle for so long.
        with doors.unit() as unit:
            window = window_of(unit, found.mapping.source, since=since, day=day)
        now = datetime.now(UTC)
        return doors.within_unit(
            lambda u: fetch(u, found, window, path=path, item_map=item_map, now=now)
        )

    finish("fetch", work)


@jobs.command("validate", help="Raw rows to the trusted zone; refused ones to quarantine.")
@SOURCE
@DATE
@click.option("--create-items", is_flag=True, help="make items nobody knows rows of the catalog")
@click.option("--game", default=None, help="with --create-items: their game, if not the mapping's")
@click.pass_obj
def validate_job(
    doors: Doors, source: str, day: date, create_items: bool, game: str | None
) -> None:
    def work() -> Summary:
        found = doors.source(source)
        if create_items:
            made = make_items(doors.unit, found, day, game=game)
            return {**made, **validate(doors.unit, found, day, check=doors.check)}
        if game is not None:
            raise WrongWindow("--game goes together with --create-items")
        return validate(doors.unit, found, day, check=doors.check)

    finish("validate", work)


@jobs.command("load_trades", help="Trusted records to market.trades and reported_prices.")
@SOURCE
@DATE
@click.pass_obj
def load_trades_job(doors: Doors, source: str, day: date) -> None:
    def work() -> Summary:
        name = doors.source(source).mapping.source
        doors.within_unit(lambda unit: {"made": make_room(unit, name, day)})
        return doors.within_unit(lambda unit: load_trades(unit, name, day))

    finish("load_trades", work)


@jobs.command("judge_outliers", help="Verdicts of instruments with new prices.")
@click.pass_obj
def judge_outliers_job(doors: Doors) -> None:
    finish("judge_outliers", lambda: judge_outliers(doors.unit))


@jobs.command("build_bars", help="Daily bars of judged days.")
@click.pass_obj
def build_bars_job(doors: Doors) -> None:
    def work() -> Summary:
        with doors.unit() as unit:
            built = build_bars(unit)
        doors.series().forget(built.changed)
        return built.summary

    finish("build_bars", work)


ACTOR = click.option("--actor", required=True, help="who says so")
REASON = click.option("--reason", required=True, help="why, in words")


@jobs.command("revise_trade", help="Say that a sale was revoked, or stands again.")
@click.option("--trade-id", type=int, required=True)
@click.option("--action", type=click.Choice(["revoked", "reinstated"]), required=True)
@REASON
@ACTOR
@click.option("--known-at", type=Moment(), default=None, help="since when; default: now")
@click.pass_obj
def revise_trade_job(
    doors: Doors, trade_id: int, action: str, reason: str, actor: str, known_at: datetime | None
) -> None:
    now = datetime.now(UTC)
    turn = Turn(action, known_at or now)

    def revise(unit: Unit) -> Summary:
        return revise_trade(unit, trade_id, turn, reason=reason, actor=actor, now=now)

    finish("revise_trade", lambda: _and_bars(doors, doors.within_unit(revise)))


@jobs.command("judge_by_hand", help="Say that a price is real, or is not; the rule is not asked.")
@click.option("--subject", type=click.Choice(["trade", "report"]), required=True)
@click.option("--id", "key", type=int, required=True, help="trade_id or report_id")
@click.option("--verdict", type=click.Choice(["confirmed", "rejected"]), required=True)
@REASON
@ACTOR
@click.pass_obj
def judge_by_hand_job(
    doors: Doors, subject: str, key: int, verdict: str, reason: str, actor: str
) -> None:
    def judge(unit: Unit) -> Summary:
        now = datetime.now(UTC)
        return judge_by_hand(unit, subject, key, verdict, reason=reason, actor=actor, now=now)

    finish("judge_by_hand", lambda: _and_bars(doors, doors.within_unit(judge)))


def _and_bars(doors: Doors, said: Summary) -> Summary:
    """What a person said, with the instrument's bars following at once, not with the night."""
    only = Instrument(CardId(str(said["card_id"])), GradeCode(str(said["grade_code"])))
    judge_outliers(doors.unit, only)
    with doors.unit() as unit:
        built = build_bars(unit, only)
    doors.series().forget(built.changed)
    bars = ("bars_added", "bars_replaced", "bars_removed")
    return {**said, **{name: built.summary[name] for name in bars}}


@jobs.command("archive_months", help="Old months to parquet, read back, then detached.")
@DATE
@click.pass_obj
def archive_months_job(doors: Doors, day: date) -> None:
    def work() -> Summary:
        return archive_months(doors.unit, day, keep_months=doors.keep_months())

    finish("archive_months", work)


@jobs.command("vacuum", help="VACUUM ANALYZE of tables that changed.")
@click.pass_obj
def vacuum_job(doors: Doors) -> None:
    finish("vacuum", lambda: sweep(doors.sweeper()))


@jobs.command("announce_closes", help="Instruments whose close changed, to the bus.")
@click.pass_obj
def announce_closes_job(doors: Doors) -> None:
    def work() -> Summary:
        topic = doors.closes()
        if topic is None:
            log.warning("closes.kept", detail="no topic is set up: PRICER_CLOSES_TOPIC_ARN")
            return {"instruments": 0, "messages": 0}
        with doors.unit() as unit:
            summary, stopped = announce_closes(unit, topic)
        if stopped is not None:
            raise stopped
        return summary

    finish("announce_closes", work)


@jobs.command("refresh_hot", help="Newest sales of the cards traded most.")
@SOURCE
@DATE
@click.option("--limit", type=click.IntRange(1, 500), default=50, help="products, a count")
@click.pass_obj
def refresh_hot_job(doors: Doors, source: str, day: date, limit: int) -> None:
    def work() -> Summary:
        now = datetime.now(UTC)
        return refresh_hot(doors.unit, source, doors.of_products, day, limit=limit, now=now)

    finish("refresh_hot", work)


LAST = click.option("--to", "last", type=UtcDay(), required=True, help="last UTC day")
BACKFILL = click.option("--id", "backfill_id", required=True, help="names the backfill")


@jobs.command("plan_backfill", help="What a backfill will do; kept under its id.")
@BACKFILL
@click.option("--sources", default="", help="sources, separated by commas")
@click.option("--instruments", default="", help="card:grade, separated by commas")
@click.option("--from", "first", type=UtcDay(), required=True, help="first UTC day")
@LAST
@click.option("--mode", type=click.Choice(["missing", "failed", "all"]), default="missing")
@click.option("--refetch", default="false", type=bool, help="ask again for what raw/ holds")
@click.option("--dry-run", default="false", type=bool, help="say what it would be, keep nothing")
@click.pass_obj
def plan_backfill_job(
    doors: Doors,
    backfill_id: str,
    sources: str,
    instruments: str,
    first: date,
    last: date,
    mode: Mode,
    refetch: bool,
    dry_run: bool,
) -> None:
    def work() -> Summary:
        names = [doors.source(one).mapping.source for one in sources.split(",") if one]
        asked = BackfillRequest(
            tuple(dict.fromkeys(names)), instruments_in(instruments), first, last, mode, refetch
        )
        return doors.within_unit(lambda u: plan_backfill(u, backfill_id, asked, dry_run=dry_run))

    finish("plan_backfill", work)


@jobs.command("run_backfill", help="Do what was planned and is not done yet.")
@BACKFILL
@click.option("--dry-run", default="false", type=bool, help="do nothing")
@click.pass_obj
def run_backfill_job(doors: Doors, backfill_id: str, dry_run: bool) -> None:
    def work() -> Summary:
        if dry_run:
            return {"backfill": backfill_id, "dry_run": True}
        return run_backfill(
            doors.unit, backfill_id, doors.source, check=doors.check, now=datetime.now(UTC)
        )

    finish("run_backfill", work)


@jobs.command("check_divergences", help="Flag instruments whose prices cannot all be right.")
@click.option(
    "--date", "day", type=UtcDay(), default=None, help="UTC day; default: the newest with a bar"
)
@click.pass_obj
def check_divergences_job(doors: Doors, day: date | None) -> None:
    def check(unit: Unit) -> Summary:
        return check_divergences(unit, day, doors.divergence(), now=datetime.now(UTC))

    finish("check_divergences", lambda: doors.within_unit(check))


@jobs.command("remap", help="Say anew which card a product is; past sales and refused rows follow.")
@SOURCE
@click.option("--product", required=True, help="as quarantine and meta call it")
@click.option("--card", "card_id", required=True, help="card_id, as base1-4~1st")
@click.option("--grade", "grade_code", default=None, help="of every sale; default: as each states")
@click.option("--from", "since", type=UtcDay(), required=True, help="first UTC day of sale")
@click.option("--evidence", required=True, help="how one knows, in words")
@ACTOR
@click.pass_obj
def remap_job(
    doors: Doors,
    source: str,
    product: str,
    card_id: str,
    grade_code: str | None,
    since: date,
    evidence: str,
    actor: str,
) -> None:
    def work() -> Summary:
        found = doors.source(source)
        change = Remap(
            source=found.mapping.mapped_as,
            sold_by=found.mapping.source,
            product=product,
            card_id=card_id,
            grade_code=grade_code,
            since=start_of(since),
            evidence=evidence,
            actor=actor,
            known_at=datetime.now(UTC),
        )
        return remap(doors.unit, found, change, check=doors.check)

    finish("remap", work)


@jobs.command("publish_curated", help="Touched months as parquet to curated/.")
@click.pass_obj
def publish_curated_job(doors: Doors) -> None:
    finish("publish_curated", lambda: doors.within_unit(publish_curated))


@jobs.command("register_curated", help="The curated tables and months in the Glue catalog.")
@click.pass_obj
def register_curated_job(doors: Doors) -> None:
    finish("register_curated", doors.register)


@jobs.command("ensure_partitions", help="Month partitions ahead of time.")
@DATE
@click.option("--months-ahead", type=click.IntRange(0, 120), default=MONTHS_AHEAD)
@click.pass_obj
def ensure_partitions_job(doors: Doors, day: date, months_ahead: int) -> None:
    def work() -> Summary:
        return doors.within_unit(lambda u: ensure_partitions(u, day, months_ahead=months_ahead))

    finish("ensure_partitions", work)
