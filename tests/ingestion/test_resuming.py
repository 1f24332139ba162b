"""A night judges on from a checkpoint: row for row what judging the whole past gives."""

from collections.abc import Sequence
from datetime import date, timedelta

import polars as pl
import psycopg
from hypothesis import event, given, settings
from hypothesis import strategies as st

from ingestion.domain.checkpoints import (
    CHECKPOINTS,
    INSTRUMENT,
    RESUMED,
    resumable,
    sound,
)
from ingestion.domain.verdicts import all_verdicts, judged, missing_verdicts, with_earlier
from ingestion.domain.versions import VERDICTS, VERSIONS
from tests.ingestion.conftest import Rows, World, WriteCsv
from tests.ingestion.test_knowledge import BEGIN, frame, prices, version

NIGHTS = [*range(30, 1200, 90), 1500]
NOTHING = pl.DataFrame(schema=VERDICTS)


@st.composite
def told_by_night(draw: st.DrawFn) -> list[dict[str, object]]:
    """Versions with `told` and `ended_told`, the days on which the store heard of them.

    Levels move now and then, and some sales are heard of long after they could be known.
    """
    rows: list[dict[str, object]] = []
    day, level = 0.0, 1.0
    for key in range(draw(st.integers(30, 130))):
        day += draw(st.sampled_from([0.0, 0.25, 1.0, 3.0, 9.0, 40.0]))
        level *= draw(st.sampled_from([1.0] * 12 + [2.0, 0.5]))
        seller = draw(st.sampled_from([None, "ann", "bob", "cy"]))
        known = day + draw(st.sampled_from([0.0] * 8 + [0.5, 20.0, 60.0]))
        at = day
        for _ in range(draw(st.sampled_from([1] * 12 + [2, 3]))):
            cents = round(draw(prices) * level)
            rows.append(version(key, at, cents, late=known - at, seller=seller))
            rows[-1]["told"] = known + draw(st.sampled_from([0.0] * 8 + [1.0, 100.0]))
            known += draw(st.sampled_from([0.25, 5.0, 50.0]))
            rows[-1]["until"] = BEGIN + timedelta(days=known)
            rows[-1]["ended_told"] = known
            known += draw(st.sampled_from([0.0, 0.0, 7.0]))
            at = min(known, at + draw(st.sampled_from([0.0, 0.0, 1.0])))
        if draw(st.integers(0, 5)):
            rows[-1]["until"] = None
    return rows


def heard_by(rows: list[dict[str, object]], night: float) -> pl.DataFrame:
    """What the store holds then."""
    held = []
    for row in rows:
        if row["told"] <= night:  # type: ignore[operator]  # values of a mixed dict
            open_yet = row["ended_told"] > night  # type: ignore[operator]  # as above
            held.append({**row, "until": None if open_yet else row["until"]})
    return frame([{name: row[name] for name in VERSIONS} for row in held])


def pending_of(before: pl.DataFrame, now: pl.DataFrame) -> pl.DataFrame:
    """The days of whatever came, went or ended."""
    names = list(VERSIONS)
    either = [now.join(before, on=names, how="anti", nulls_equal=True)]
    either.append(before.join(now, on=names, how="anti", nulls_equal=True))
    return pl.concat(either).select(*INSTRUMENT, day=pl.col("ts").dt.date())


def night_read(
    versions: pl.DataFrame, pending: pl.DataFrame, checkpoints: pl.DataFrame
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """As the use case reads: from `since` on where a checkpoint holds."""
    resumed = resumable(pending, checkpoints)
    recent = versions.join(resumed.select(*INSTRUMENT, "since"), on=INSTRUMENT)
    recent = recent.filter(pl.col("ts") >= pl.col("since")).select(list(VERSIONS))
    resumed = sound(resumed, recent)
    return (versions if resumed.is_empty() else recent), resumed


def in_order(stored: pl.DataFrame) -> pl.DataFrame:
    return stored.sort("subject_id", "known_at", maintain_order=True)


@settings(max_examples=25, deadline=None)
@given(rows=told_by_night())
def test_nights_that_go_on_from_a_checkpoint_append_what_judging_all_appends(
    rows: list[dict[str, object]],
) -> None:
    stored, checkpoints = NOTHING, pl.DataFrame(schema=CHECKPOINTS)
    before = frame([])
    for night in NIGHTS:
        versions = heard_by(rows, night)
        pending = pending_of(before, versions)
        before = versions
        if pending.is_empty() or versions.is_empty():
            checkpoints = checkpoints.clear() if not pending.is_empty() else checkpoints
            continue
        read, resumed = night_read(versions, pending, checkpoints)
        event("went on from a checkpoint" if resumed.height else "judged whole")
        wanted, checkpoints = judged(read, resumed, stored)
        missing = missing_verdicts(with_earlier(wanted, stored, resumed), stored)
        whole = missing_verdicts(all_verdicts(versions), stored)
        assert missing.equals(whole)
        # The checkpoint itself is what judging everything leaves.
        _, anew = judged(versions, pl.DataFrame(schema=RESUMED), NOTHING)
        same = [name for name in CHECKPOINTS if name not in ("learned_at", "level")]
        if checkpoints.get_column("cut").equals(anew.get_column("cut")):
            assert checkpoints.select(same).equals(anew.select(same))
        stored = in_order(pl.concat([stored, missing]))


def test_a_steady_series_is_not_read_from_its_beginning() -> None:
    rows = [version(key, key / 2, 10_000) for key in range(2_000)]
    first = frame(rows[:1_990])
    _, checkpoints = judged(first, pl.DataFrame(schema=RESUMED), NOTHING)
    read, resumed = night_read(frame(rows), pending_of(first, frame(rows)), checkpoints)
    assert resumed.height == 1
    # A year and 31 days of the first 995 days, and the five new ones.
    assert read.height == 2 * (365 + 31 + 5) + 2


VERDICTS_TOLD = (
    "select subject_id, event_at, known_at, verdict, rule, fence_low_cents, fence_high_cents"
    " from market.outlier_verdicts order by verdict_id"
)
BEGUN = date(2024, 1, 1)
# The price of each night's five days, of which the first nights are errors and a rise.
NIGHTLY = [[100, 101, 900, 99, 100], [9, 100, 210, 215, 220], [220, 100, 216, 230, 221], [100] * 5]


def told(days: range, dollars: Sequence[int]) -> list[str]:
    """Lines of a file, a sale a day."""
    return [
        f"base1-4,psa9,{price}.00,{BEGUN + timedelta(days=day)}T12:00:00Z,s{day}"
        for day, price in zip(days, dollars, strict=True)
    ]


def lived(world: World, write: WriteCsv, *, resuming: bool) -> tuple[Rows, list[int]]:
    """The verdicts after some nights, and how many sales each judging looked at."""
    world.forget()
    looked: list[int] = []

    def night(number: int, lines: list[str], last: int) -> None:
        path = write(f"{resuming}-{number}.csv", lines)
        world.ingest("plain_sales", path, BEGUN + timedelta(days=last), BEGUN)
        if not resuming:
            with psycopg.connect(world.superuser) as connection:
                connection.execute("truncate market.judged_series")
        looked.append(int(world.build()["judged"]))

    night(0, told(range(800), [100 + day % 7 for day in range(800)]), 800)
    for number, dollars in enumerate(NIGHTLY, start=1):
        days = range(795 + 5 * number, 800 + 5 * number)
        night(number, told(days, dollars), days.stop)
    # Then one that is two years late: it is judged whole, and so is that night alone.
    night(8, [f"base1-4,psa9,900.00,{BEGUN + timedelta(days=9)}T13:00:00Z,late"], 821)
    return world.rows(VERDICTS_TOLD), looked


def test_verdicts_stored_night_by_night_are_those_of_whole_series(
    world: World, plain_file: WriteCsv
) -> None:
    whole, all_sales = lived(world, plain_file, resuming=False)
    stored, looked = lived(world, plain_file, resuming=True)
    assert stored == whole
    assert len(whole) > 4
    assert all_sales == [800, 805, 810, 815, 820, 821]
    assert [count < 410 for count in looked] == [False, True, True, True, True, False]
