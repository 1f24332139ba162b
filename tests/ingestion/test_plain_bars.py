"""Bars built in one pass are those built by every moment of knowledge."""

from datetime import UTC, datetime, timedelta

import polars as pl
from hypothesis import given, settings
from hypothesis import strategies as st

from ingestion.domain.bars import bar_versions, kept_spans, versions_by_moment
from ingestion.domain.versions import VERDICTS, VERSIONS

BEGIN = datetime(2024, 1, 1, tzinfo=UTC)


@st.composite
def sales(draw: st.DrawFn) -> pl.DataFrame:
    rows = []
    for key in draw(st.lists(st.integers(-5, 60), min_size=1, max_size=40, unique=True)):
        at = BEGIN + timedelta(hours=draw(st.integers(0, 70)))
        late = timedelta(hours=draw(st.sampled_from([0, 0, 0, 1, 30])))
        card = draw(st.sampled_from(["base1-4", "base1-2"]))
        grade, cents = draw(st.sampled_from(["psa9", "raw"])), draw(st.integers(1, 9)) * 100
        figures = (at, cents, None, None, 1, None, at + late, None)
        rows.append(("trade", "trade", key, card, grade, *figures))
    return pl.DataFrame(rows, schema=VERSIONS, orient="row")


@settings(max_examples=60, deadline=None)
@given(versions=sales(), in_order=st.booleans())
def test_one_pass_gives_the_bars_of_every_moment(versions: pl.DataFrame, in_order: bool) -> None:
    rows = versions.sort("ts", "key") if in_order else versions
    spans = kept_spans(rows, pl.DataFrame(schema=VERDICTS))
    order = ["card_id", "grade_code", "day", "kind", "known_at"]
    assert bar_versions(spans).sort(order).equals(versions_by_moment(spans).sort(order))


def test_days_far_apart_are_built_too() -> None:
    at = [BEGIN, BEGIN.replace(year=1970), BEGIN.replace(year=9000)]
    rows = [
        ("trade", "trade", n, "c", "raw", ts, 100, None, None, 1, None, ts, None)
        for n, ts in enumerate(at)
    ]
    spans = kept_spans(
        pl.DataFrame(rows, schema=VERSIONS, orient="row"), pl.DataFrame(schema=VERDICTS)
    )
    assert bar_versions(spans).height == 3
