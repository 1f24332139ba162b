"""Backfills: which days they take, that asking twice is one run, and that a killed one goes on."""

from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from ingestion.adapters.sources.files import FileSource
from ingestion.adapters.sources.format_files import find_format
from ingestion.domain.backfill import BackfillRequest, Mode, Run, instruments_in, missing, steps
from ingestion.domain.errors import (
    BackfillIncomplete,
    BackfillRejected,
    BackfillUnknown,
    SourceUnavailable,
)
from ingestion.domain.records import Gathered, Receipt, Window
from ingestion.ports.sources import Source, Told
from ingestion.usecases.backfill import plan_backfill, run_backfill
from ingestion.usecases.screening import unchecked
from tests.ingestion.conftest import Job, World, WriteCsv

NOW = datetime(2024, 6, 1, tzinfo=UTC)
DAY1 = date(2024, 5, 1)
DAYS = [DAY1 + timedelta(days=ahead) for ahead in range(5)]
NAME = "plain_sales"


def asked(
    mode: Mode = "missing",
    *,
    first: date = DAYS[0],
    last: date = DAYS[-1],
    instruments: str = "",
    refetch: bool = False,
    sources: tuple[str, ...] = (NAME,),
) -> BackfillRequest:
    return BackfillRequest(sources, instruments_in(instruments), first, last, mode, refetch)


def run(day: date, *, first: date | None = None, fetched: bool = True, loaded: bool = True) -> Run:
    return Run(NAME, first or day, day, fetched, loaded)


def planned(request: BackfillRequest, *runs: Run) -> list[tuple[int, str]]:
    return [(step.day.day, step.action) for step in steps(request, runs)]


def test_missing_days_are_those_that_no_loaded_run_asked_for() -> None:
    wide = run(DAYS[3], first=DAYS[2])
    assert planned(asked(), run(DAYS[0]), wide) == [(2, "fetch"), (5, "fetch")]


def test_a_fetched_day_that_was_never_loaded_is_missing_and_is_replayed() -> None:
    stopped = run(DAYS[1], loaded=False)
    assert planned(asked(last=DAYS[1]), run(DAYS[0]), stopped) == [(2, "replay")]


def test_failed_days_are_those_that_stopped_half_way_or_failed_in_a_backfill() -> None:
    stopped = run(DAYS[1], loaded=False)
    failed = Run(NAME, DAYS[3], DAYS[3], fetched=False, loaded=False, failed=True)
    assert planned(asked("failed"), run(DAYS[0]), stopped, failed) == [(2, "replay"), (4, "fetch")]


def test_all_days_replays_the_runs_they_came_with_and_asks_for_the_others() -> None:
    wide = run(date(2024, 5, 8), first=DAYS[2])
    assert planned(asked("all"), wide) == [(1, "fetch"), (2, "fetch"), (8, "replay")]
    again = asked("all", refetch=True)
    assert planned(again, wide) == [(day, "fetch") for day in range(1, 6)]


def test_missing_days_are_estimated_by_the_median_night_of_their_source() -> None:
    wide = run(DAYS[3], first=DAYS[2])  # three days are left
    two = asked("all", sources=(NAME, "other"))
    runs = [wide]
    told = missing(steps(two, runs), runs, {NAME: 40.5})
    assert (told.days, told.rows, told.unknown_days) == (3 + 5, round(3 * 40.5), 5)


def test_the_median_night_is_that_of_days_with_rows_of_late(
    world: World, plain_file: WriteCsv
) -> None:
    sales = {"2023-01-01": 9, "2024-05-01": 1, "2024-05-03": 3, "2024-05-04": 2}
    lines = [
        f"base1-4,psa9,100.00,{day}T10:00:{n:02}Z,{day}-{n}"
        for day, count in sales.items()
        for n in range(count)
    ]
    world.ingest(NAME, plain_file("a.csv", lines), DAYS[-1], date(2023, 1, 1))
    with world.unit() as unit:
        assert unit.backfills.median_nights([NAME, "nobody"]) == {NAME: 2.0}


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"sources": ()}, "name a source"),
        ({"first": DAYS[-1], "last": DAYS[0]}, "is after --to"),
        ({"first": date(2000, 1, 1)}, "at most 3660 days"),
        ({"instruments": "base1-4"}, "write card:grade"),
    ],
)
def test_a_senseless_wish_is_refused_with_what_to_say(change: dict[str, object], why: str) -> None:
    with pytest.raises(BackfillRejected, match=why):
        asked(**change)  # type: ignore[arg-type] # of several types on purpose


class Shop:
    """A source that can be asked for any day: one sale of each, until it goes away."""

    def __init__(self, folder: Path, *, away_on: Sequence[date] = ()) -> None:
        self._files = FileSource(find_format(NAME), may_be_empty=True)
        self.folder, self.away_on, self.collected = folder, away_on, list[date]()
        self.mapping, self.may_be_empty = self._files.mapping, True

    def subjects(self, window: Window) -> Sequence[str]:
        return [str(day) for day in window.days()]

    def collect(
        self, window: Window, subjects: Sequence[str], *, path: Path | None, item_map: Path | None
    ) -> Iterator[Gathered]:
        if window.last in self.away_on:
            raise SourceUnavailable(NAME, "HTTP 500")
        self.collected.append(window.last)
        file = self.folder / f"{window.last}.csv"
        lines = [f"base1-4,psa9,100.00,{window.last}T10:00:00Z,s{window.last}"]
        file.write_text("\n".join(["card_id,grade,price,sold_at,sale_id", *lines, ""]))
        yield Gathered(self._files.receipt(window, path=file, item_map=item_map), subjects)

    def read(self, receipt: Receipt) -> Told:
        return self._files.read(receipt)


def plan(world: World, request: BackfillRequest, *, name: str = "b1", dry: bool = False) -> dict:  # type: ignore[type-arg]
    with world.unit() as unit:
        return dict(plan_backfill(unit, name, request, dry_run=dry))


def carry_out(world: World, source: Source, name: str = "b1") -> dict:  # type: ignore[type-arg]
    return dict(run_backfill(world.unit, name, lambda _: source, check=unchecked, now=NOW))


def test_a_backfill_loads_the_missing_days_and_asking_twice_loads_nothing_more(
    world: World, tmp_path: Path
) -> None:
    shop = Shop(tmp_path)
    assert plan(world, asked())["new"]
    done = carry_out(world, shop)
    assert (done["runs"], done["done"], done["rows_added"]) == (5, 5, 5)
    before = world.digest()
    told = plan(world, asked())
    assert (told["new"], told["days"]) == (False, 0)
    assert carry_out(world, shop)["runs"] == 0
    assert plan(world, asked("all"), name="b2")["to_replay"] == 5
    assert carry_out(world, shop, "b2")["rows_added"] == 0
    assert (world.digest(), shop.collected) == (before, DAYS)


def test_a_dry_run_says_days_and_rows_and_keeps_nothing(world: World, tmp_path: Path) -> None:
    plan(world, asked(last=DAYS[1]))
    carry_out(world, Shop(tmp_path))
    told = plan(world, asked("all", instruments="base1-4:psa9"), name="dry", dry=True)
    assert (told["days"], told["to_fetch"], told["to_replay"]) == (5, 3, 2)
    assert (told["rows_stored"], told["instrument_days"]) == (2, 2)
    assert (told["missing_days"], told["missing_rows_estimated"]) == (3, 3)
    assert told["median_night_rows"] == {NAME: 1}
    assert world.rows("select backfill_id from market.backfills") == [("b1",)]


def test_a_source_that_goes_away_stops_the_run_which_then_goes_on_where_it_stood(
    world: World, tmp_path: Path
) -> None:
    plan(world, asked())
    shop = Shop(tmp_path, away_on=[DAYS[2]])
    with pytest.raises(SourceUnavailable):
        carry_out(world, shop)
    assert len(world.rows("select from market.trades")) == 2
    shop.away_on = ()
    assert carry_out(world, shop)["runs"] == 3
    assert shop.collected == DAYS


def test_a_day_that_fails_for_good_is_named_and_the_others_are_loaded(
    world: World, tmp_path: Path, plain_file: WriteCsv
) -> None:
    source = FileSource(find_format(NAME))
    for day in DAYS[:2]:
        sale = f"base1-4,psa9,100.00,{day}T10:00:00Z,s{day}"
        world.fetch(source, plain_file(f"{day}.csv", [sale]), day, None)
    plan(world, asked(last=DAYS[2]))
    with pytest.raises(BackfillIncomplete, match=r"1 runs of b1 failed.*plain_sales 2024-05-03"):
        carry_out(world, source)
    assert len(world.rows("select from market.trades")) == 2
    told = plan(world, asked("failed"), name="b2")
    assert told["first_days"] == ["2024-05-03"]
    assert carry_out(world, Shop(tmp_path), "b2")["rows_added"] == 1
    assert plan(world, asked("failed"), name="b3")["days"] == 0


def test_instruments_are_built_again_from_what_is_stored(world: World, tmp_path: Path) -> None:
    plan(world, asked(last=DAYS[2]))
    carry_out(world, Shop(tmp_path))
    world.build()
    with world.unit() as unit:
        unit.work.clear("signals", unit.work.pending("signals"))
    only = asked("all", sources=(), instruments="base1-4:psa9,base1-2:raw", first=DAYS[1])
    assert plan(world, only, name="b2")["instrument_days"] == 2
    assert carry_out(world, Shop(tmp_path), "b2")["days_marked"] == 2
    marked = world.rows("select day, as_of from market.dirty where stage = 'bars' order by day")
    assert marked == [(DAYS[1], DAYS[-1]), (DAYS[2], DAYS[-1])]
    world.build()
    missing = asked(sources=(), instruments="base1-4:psa9")
    assert plan(world, missing, name="b3")["instrument_days"] == 0


def test_a_backfill_that_nobody_planned_says_so(world: World, tmp_path: Path) -> None:
    with pytest.raises(BackfillUnknown, match="plan it first"):
        carry_out(world, Shop(tmp_path), "b9")


def test_the_jobs_take_what_the_dag_gives_them(job: Job, plain_file: WriteCsv) -> None:
    job("load_catalog", "--from", "stack/simulator/catalog.json")
    path = plain_file("a.csv", ["base1-4,psa9,100.00,2024-05-01T10:00:00Z,s1"])
    job("fetch", "--source", NAME, "--date", "2024-05-01", "--path", str(path))
    window = ("--from", "2024-05-01", "--to", "2024-05-01", "--mode", "failed")
    options = ("--sources", NAME, *window, "--refetch", "false")
    dry = job("plan_backfill", "--id", "b1", *options, "--dry-run", "true")
    assert (dry.code, dry.summary["days"], dry.summary["new"]) == (0, 1, False)
    assert job("plan_backfill", "--id", "b1", *options, "--dry-run", "false").summary["new"]
    assert job("run_backfill", "--id", "b1").summary["rows_added"] == 1
    wrong = job("plan_backfill", "--id", "b2", "--sources", "ebuy", *window)
    assert (wrong.code, "no source 'ebuy'" in wrong.said) == (1, True)
