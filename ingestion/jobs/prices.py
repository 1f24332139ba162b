"""Jobs from a source to daily bars."""

from datetime import UTC, date, datetime
from functools import partial
from pathlib import Path

import click

from ingestion.domain.errors import WrongWindow
from ingestion.jobs.doors import DATE, SOURCE, Doors
from ingestion.ports.unit import Unit
from ingestion.usecases.build_bars import build_bars
from ingestion.usecases.check_divergences import check_divergences
from ingestion.usecases.create_items import create_items as make_items
from ingestion.usecases.ensure_partitions import make_room
from ingestion.usecases.fetch import fetch, window_of
from ingestion.usecases.judge_outliers import judge_outliers
from ingestion.usecases.load_trades import load_trades
from ingestion.usecases.refresh_hot import refresh_hot
from ingestion.usecases.reread import reread
from ingestion.usecases.validate import validate
from kernel.cli import Summary, UtcDay, finish


@click.command("fetch", help="What a source has for a window of days, as received, to raw/.")
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
        with doors.unit() as unit:
            window = window_of(unit, found.mapping.source, since=since, day=day)
        return fetch(
            doors.unit, found, window, path=path, item_map=item_map, now=partial(datetime.now, UTC)
        )

    finish("fetch", work)


@click.command("validate", help="Raw rows to the trusted zone; refused ones to quarantine.")
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


@click.command("load_trades", help="Trusted records to market.trades and reported_prices.")
@SOURCE
@DATE
@click.pass_obj
def load_trades_job(doors: Doors, source: str, day: date) -> None:
    def work() -> Summary:
        name = doors.source(source).mapping.source
        doors.within_unit(lambda unit: {"made": make_room(unit, name, day)})
        return doors.within_unit(lambda unit: load_trades(unit, name, day))

    finish("load_trades", work)


@click.command("reread", help="Run days again of whose products something was learned since.")
@click.option("--limit", type=click.IntRange(1, 1000), default=30, help="run days, a count")
@click.pass_obj
def reread_job(doors: Doors, limit: int) -> None:
    finish("reread", lambda: reread(doors.unit, doors.source, check=doors.check, limit=limit))


@click.command("judge_outliers", help="Verdicts of instruments with new prices.")
@click.pass_obj
def judge_outliers_job(doors: Doors) -> None:
    finish("judge_outliers", lambda: judge_outliers(doors.unit))


@click.command("build_bars", help="Daily bars of judged days.")
@click.pass_obj
def build_bars_job(doors: Doors) -> None:
    def work() -> Summary:
        with doors.unit() as unit:
            built = build_bars(unit)
        doors.series().forget(built.changed)
        return built.summary

    finish("build_bars", work)


@click.command("refresh_hot", help="Newest sales of the cards traded most.")
@SOURCE
@DATE
@click.option("--limit", type=click.IntRange(1, 500), default=50, help="products, a count")
@click.pass_obj
def refresh_hot_job(doors: Doors, source: str, day: date, limit: int) -> None:
    def work() -> Summary:
        now = datetime.now(UTC)
        return refresh_hot(
            doors.unit, source, doors.of_products, day, limit=limit, now=now, check=doors.check
        )

    finish("refresh_hot", work)


@click.command("check_divergences", help="Flag instruments whose prices cannot all be right.")
@click.option(
    "--date", "day", type=UtcDay(), default=None, help="UTC day; default: the newest with a bar"
)
@click.pass_obj
def check_divergences_job(doors: Doors, day: date | None) -> None:
    def check(unit: Unit) -> Summary:
        return check_divergences(unit, day, doors.divergence(), now=datetime.now(UTC))

    finish("check_divergences", lambda: doors.within_unit(check))
