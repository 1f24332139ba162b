"""How far a source was read, and what the next run asks for."""

from datetime import date, timedelta

import pytest

from ingestion.adapters.sources.files import FileSource
from ingestion.adapters.sources.format_files import find_format
from ingestion.domain.cursors import OVERLAP, moved, window
from ingestion.domain.errors import SourceUnavailable, WrongWindow
from ingestion.domain.records import Window
from ingestion.usecases.fetch import window_of
from tests.ingestion.conftest import World, WriteCsv
from tests.ingestion.test_marketplace import Shop, item, shop, source

__all__ = ["shop"]  # the fixture

DAY = date(2024, 10, 10)


def ago(days: int) -> date:
    return DAY - timedelta(days=days)


def asked(
    *,
    since: date | None = None,
    read: date | None = None,
    loaded: date | None = None,
    first: date | None = None,
) -> date:
    found = window(DAY, since=since, read_through=read, loaded=loaded, first_asked=first)
    assert found.last == DAY
    return found.first


def test_the_first_run_asks_for_its_day_alone() -> None:
    assert asked() == DAY


def test_a_run_goes_on_where_the_last_one_stopped_and_reads_the_last_days_again() -> None:
    assert asked(read=ago(1), loaded=ago(1)) == ago(1) - OVERLAP == ago(4)
    assert asked(read=ago(9), loaded=ago(9)) == ago(12)


def test_what_was_read_and_not_loaded_is_read_again() -> None:
    assert asked(read=ago(1), loaded=ago(7)) == ago(10)
    assert asked(read=ago(1), first=ago(30)) == ago(30)


def test_a_rerun_of_a_day_that_was_read_asks_what_it_asked_before() -> None:
    assert asked(read=DAY, loaded=ago(1)) == ago(4)
    assert asked(read=DAY + timedelta(days=20), loaded=ago(1)) == ago(4)


def test_since_is_taken_at_its_word() -> None:
    assert asked(since=ago(100), read=ago(1), loaded=ago(1)) == ago(100)
    with pytest.raises(WrongWindow, match="is after"):
        asked(since=DAY + timedelta(days=1))


@pytest.mark.parametrize(
    ("first", "last", "stands"),
    [
        (9, 0, DAY),  # reads some days again
        (4, 0, DAY),  # begins the day after
        (3, 0, None),  # leaves a gap: the next run shall begin before it
        (90, 80, None),  # a backfill of old days
    ],
)
def test_the_cursor_moves_only_over_days_that_were_read(
    first: int, last: int, stands: date | None
) -> None:
    assert moved(ago(5), Window(ago(first), ago(last))) == stands
    assert moved(None, Window(ago(first), ago(last))) == ago(last)


def position(world: World) -> list[tuple[str, str]]:
    rows = world.rows(
        "select source, position from market.source_cursors where stream = '' order by 1"
    )
    return [(str(source), str(position)) for source, position in rows]


def test_the_cursor_is_written_with_the_ledger_of_the_raw_parts(world: World, shop: Shop) -> None:
    shop.items = [item(1)]
    world.ingest(source(shop), None, DAY)
    assert position(world) == [("marketplace", str(DAY))]
    later = DAY + timedelta(days=2)
    with world.unit() as unit:
        window = window_of(unit, "marketplace", since=None, day=later)
    assert window == Window(DAY - OVERLAP, later)
    with pytest.raises(SourceUnavailable):
        world.fetch(source(shop, url="http://127.0.0.1:9"), None, later, window.first)
    assert position(world) == [("marketplace", str(DAY))], "what failed was not read"
    world.fetch(source(shop), None, later, window.first)
    assert position(world) == [("marketplace", str(later))]
    with world.unit() as unit:
        again = window_of(unit, "marketplace", since=None, day=later + timedelta(days=1))
    assert again.first == DAY - OVERLAP, "it was read, but not loaded yet"


def test_a_late_sale_is_found_by_the_overlap(world: World, shop: Shop) -> None:
    shop.items = [item(1)]
    world.ingest(source(shop), None, DAY)
    shop.items = [item(1), item(2, lastSoldDate=f"{ago(1)}T10:00:00Z")]
    later = DAY + timedelta(days=1)
    with world.unit() as unit:
        window = window_of(unit, "marketplace", since=None, day=later)
    world.fetch(source(shop), None, later, window.first)
    said = sorted(asked["filter"] for asked in shop.asked[-5:])
    days = [f"lastSoldDate:[{ago(n)}T00:00:00Z..{ago(n - 1)}T00:00:00Z]" for n in range(3, -2, -1)]
    assert said == days


def test_files_have_no_cursor(world: World, plain_file: WriteCsv) -> None:
    path = plain_file("a.csv", ["base1-4,raw,10.00,2024-10-01T10:00:00Z,1"])
    world.fetch(FileSource(find_format("plain_sales")), path, DAY, None)
    assert position(world) == []
